//! A process full of bots: real clients, each with its own books.
//!
//! Orders come as lines on stdin: `server life=L port=P`, `curse`, `finish`; a closed stdin ends the
//! process. Lines on stdout: `progress settled=N`, `compared life=L …` when all bots have compared their books
//! with that server's state, `finished …`, `trouble …`.

use std::io::{self, BufRead, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

mod client;
mod ledger;
mod mix;
mod tally;
mod timing;

pub use client::boot_clock_ns;
pub use tally::Tally;
pub use timing::TOLERANCE_NS;

use self::client::{Bot, News, Server, Shared};
use crate::fields::Line;
use crate::random::Random;

/// How often progress is told.
const PROGRESS: Duration = Duration::from_millis(50);

/// What `bot` is told.
#[derive(clap::Args, Debug, Clone)]
pub struct Args {
    /// Number of the first bot
    #[arg(long, default_value_t = 0)]
    pub first: u64,
    /// How many bots
    #[arg(long, default_value_t = 8)]
    pub count: u64,
    /// What the bots do is drawn from this number
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

enum Message {
    Order(String),
    OrdersEnd,
    News(News),
}

/// Plays until stdin closes.
///
/// # Errors
/// The system is out of threads, or nobody reads stdout.
pub fn play(args: &Args) -> io::Result<()> {
    let shared = Arc::new(Shared::default());
    let (sender, messages) = channel();
    for number in 0..args.count {
        let id = args.first + number;
        let bot = Bot {
            number: number as usize,
            name: format!("bot-{id}"),
            random: Random::new(args.seed, id),
            shared: Arc::clone(&shared),
            ledger: ledger::Ledger::default(),
        };
        let sender = sender.clone();
        // The process ends when nobody listens any more; until then there is nothing to do about it.
        let tell = move |news| drop(sender.send(Message::News(news)));
        thread::Builder::new().spawn(move || bot.run(tell))?;
    }
    take_orders(sender)?;

    let mut latest = vec![(0, Tally::default(), false); args.count as usize];
    let (mut told_life, mut told_last) = (0, false);
    loop {
        match messages.recv_timeout(PROGRESS) {
            Ok(Message::Order(order)) => obey(&order, &shared),
            Ok(Message::OrdersEnd) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
            Ok(Message::News(News::Trouble(what))) => say(format_args!("trouble {what}"))?,
            Ok(Message::News(News::Compared { bot, life, tally, last })) => latest[bot] = (life, tally, last),
            Err(RecvTimeoutError::Timeout) => {
                say(format_args!("progress settled={}", shared.settled.load(Ordering::Relaxed)))?;
            }
        }
        let tally = latest.iter().fold(Tally::default(), |sum, (_, tally, _)| sum.plus(*tally));
        let life = latest.iter().map(|(life, ..)| *life).min().unwrap_or(0);
        if life > told_life {
            told_life = life;
            say(format_args!("compared life={life} {tally}"))?;
        }
        if !told_last && latest.iter().all(|(.., last)| *last) {
            told_last = true;
            say(format_args!("finished {tally}"))?;
        }
    }
}

fn take_orders(sender: Sender<Message>) -> io::Result<()> {
    let read = move || {
        for order in io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(Message::Order(order)).is_err() {
                return;
            }
        }
        let _ = sender.send(Message::OrdersEnd);
    };
    thread::Builder::new().spawn(read).map(drop)
}

fn obey(order: &str, shared: &Shared) {
    let line = Line::parse(order);
    match line.word {
        "server" => {
            let port = line.number("port").and_then(|port| port.try_into().ok());
            if let (Some(life), Some(port)) = (line.number("life"), port) {
                shared.announce(Server { life, port });
            }
        }
        "curse" => shared.curse.store(true, Ordering::Relaxed),
        "finish" => shared.finish.store(true, Ordering::Relaxed),
        _ => eprintln!("bot: expected an order (server, curse, finish), found {order:?}"),
    }
}

fn say(line: std::fmt::Arguments<'_>) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}
