//! One bot: a connection, its books, and what it does after the server is gone.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use resume_core::pool::Handle;
use rustix::time::{ClockId, clock_gettime};

use super::ledger::Ledger;
use super::mix;
use super::tally::Tally;
use super::timing::Down;
use crate::protocol::{Report, Request, Response};
use crate::random::Random;
use crate::state::{Command, Player, Skill, WINDOW};
use crate::wire::{Frames, put_frame};

/// Whoever waits has a deadline (R9): a server that is there answers within this time.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the bots of one process share.
#[derive(Default)]
pub(super) struct Shared {
    server: Mutex<Server>,
    server_changed: Condvar,
    /// Ends the game: settle what is open, compare a last time.
    pub finish: AtomicBool,
    /// The next bot that reads it casts the skill with the planted bug.
    pub curse: AtomicBool,
    /// Verdicts that came, of any kind.
    pub settled: AtomicU64,
    players: Mutex<Vec<Handle<Player>>>,
}

/// Where the server is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Server {
    /// Counts the servers; the first is 1.
    pub life: u64,
    /// Its port on this machine.
    pub port: u16,
}

impl Shared {
    /// There is a new server.
    pub(super) fn announce(&self, server: Server) {
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = server;
        self.server_changed.notify_all();
    }

    /// Waits for a server after number `life`.
    fn next_server(&self, life: u64) -> Server {
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        let found = self.server_changed.wait_while(server, |server| server.life <= life);
        *found.unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a player to those that the others deal with, and gives all but that one.
    fn others(&self, own: Handle<Player>) -> Vec<Handle<Player>> {
        let mut players = self.players.lock().unwrap_or_else(PoisonError::into_inner);
        if !players.contains(&own) {
            players.push(own);
        }
        players.iter().copied().filter(|player| *player != own).collect()
    }
}

/// What a bot tells its process.
pub(super) enum News {
    /// The books were compared with the state of that life's server.
    Compared {
        /// Which bot.
        bot: usize,
        /// Which server.
        life: u64,
        /// All that this bot has found so far.
        tally: Tally,
        /// Whether this was the last time.
        last: bool,
    },
    /// The bot cannot go on.
    Trouble(String),
}

/// One bot.
pub(super) struct Bot {
    /// Its number within the process.
    pub number: usize,
    /// Its player's name.
    pub name: String,
    /// What it does is drawn from here.
    pub random: Random,
    /// What it shares with the others.
    pub shared: Arc<Shared>,
    /// Its books.
    pub ledger: Ledger,
}

/// What a bot is about to do with its connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Get the verdicts that are outstanding.
    Settling,
    /// Wait for the state's own report, asked for at this time.
    Comparing { asked_ns: u64 },
    /// Play.
    Playing,
}

impl Bot {
    /// Plays against one server after the other, until told to finish.
    pub(super) fn run(mut self, mut tell: impl FnMut(News)) {
        let mut server = Server::default();
        let mut lost_at_ns = None;
        loop {
            server = self.shared.next_server(server.life);
            match self.play(server, lost_at_ns, &mut tell) {
                Ok(()) => return,
                Err(error) if is_death(&error) => lost_at_ns = Some(boot_clock_ns()),
                Err(error) => return tell(News::Trouble(format!("{}: {error}", self.name))),
            }
        }
    }

    /// Plays until told to finish. A server that dies is an error of the connection.
    fn play(
        &mut self,
        server: Server,
        lost_at_ns: Option<u64>,
        tell: &mut impl FnMut(News),
    ) -> io::Result<()> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, server.port));
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut frames = Frames::new(stream.try_clone()?);
        let mut outgoing = Vec::new();
        put_frame(&Request::Join { name: self.name.clone() }, &mut outgoing);

        let (mut own, mut down, mut phase) = (Handle::NULL, None, Phase::Settling);
        loop {
            if phase == Phase::Playing && self.shared.finish.load(Ordering::Relaxed) {
                phase = Phase::Settling;
            }
            if !own.is_null() {
                phase = self.act(phase, own, &mut outgoing);
            }
            stream.write_all(&outgoing)?;
            outgoing.clear();
            let responses = frames.read_batch::<Response>()?;
            if responses.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let now_ns = boot_clock_ns();
            for response in responses {
                match response {
                    Response::Welcome { player, settled } => {
                        own = player;
                        down = lost_at_ns.map(|from_ns| Down { from_ns, to_ns: now_ns });
                        phase = self.come_back(settled, &mut outgoing);
                    }
                    Response::Settled { sequence, verdict } => {
                        self.ledger.told(sequence, verdict, now_ns);
                        self.shared.settled.fetch_add(1, Ordering::Relaxed);
                    }
                    Response::Inspected { report } => {
                        let Phase::Comparing { asked_ns } = phase else { continue };
                        let last = self.shared.finish.load(Ordering::Relaxed);
                        self.compare(&report, asked_ns, down, server.life, last, tell);
                        if last {
                            return Ok(());
                        }
                        phase = Phase::Playing;
                    }
                    Response::Noticed { .. } | Response::Counted { .. } => {}
                    Response::Rejected { reason } => return Err(io::Error::other(reason)),
                }
            }
        }
    }

    /// Repeats what is open; or, if the server has forgotten what it acknowledged, asks what it knows.
    fn come_back(&mut self, settled: u64, outgoing: &mut Vec<u8>) -> Phase {
        if self.ledger.agrees(settled) {
            self.ledger.unsettled().for_each(|request| put_frame(&request, outgoing));
            Phase::Settling
        } else {
            put_frame(&Request::Inspect, outgoing);
            Phase::Comparing { asked_ns: boot_clock_ns() }
        }
    }

    /// Asks for what comes next.
    fn act(&mut self, phase: Phase, own: Handle<Player>, outgoing: &mut Vec<u8>) -> Phase {
        match phase {
            Phase::Settling if self.ledger.is_settled() => {
                put_frame(&Request::Inspect, outgoing);
                Phase::Comparing { asked_ns: boot_clock_ns() }
            }
            // Half a window at a time: fewer and larger writes.
            Phase::Playing if self.ledger.room() >= WINDOW / 2 => {
                self.ask(own, outgoing);
                phase
            }
            waiting => waiting,
        }
    }

    /// Fills the window with commands.
    fn ask(&mut self, own: Handle<Player>, outgoing: &mut Vec<u8>) {
        let others = self.shared.others(own);
        let now_ns = boot_clock_ns();
        while self.ledger.room() > 0 {
            let mut command = mix::choose(&mut self.random, &others, self.ledger.buffs_at(now_ns));
            if let Some(&target) = others.first()
                && self.shared.curse.swap(false, Ordering::Relaxed)
            {
                command = Command::Cast { skill: Skill::Curse, target };
            }
            put_frame(&self.ledger.issue(command, now_ns), outgoing);
        }
    }

    fn compare(
        &mut self,
        report: &Report,
        asked_ns: u64,
        down: Option<Down>,
        life: u64,
        last: bool,
        tell: &mut impl FnMut(News),
    ) {
        self.ledger.compare(report, asked_ns, down);
        tell(News::Compared { bot: self.number, life, tally: self.ledger.tally(), last });
    }
}

/// Whether the error is what a client sees when the server dies. A server that is there and does not
/// answer is something else.
fn is_death(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset, UnexpectedEof};
    matches!(
        error.kind(),
        BrokenPipe | ConnectionAborted | ConnectionRefused | ConnectionReset | UnexpectedEof
    )
}

/// The clock that the state's deadlines are on, read without the help of the runtime that is on trial.
pub fn boot_clock_ns() -> u64 {
    let now = clock_gettime(ClockId::Boottime);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}
