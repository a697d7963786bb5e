//! The course of the demo.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use resume_core::segment;

use super::Args;
use super::census;
use super::child::{Process, Said, Speaker, end_in_words};
use super::report::{Progress, Row, conclusion};
use crate::bot::{Tally, boot_clock_ns};
use crate::fields::Line;
use crate::random::Random;
use crate::server::{Ready, SPAWNED_AT};

/// Whoever waits has a deadline (R9). Far beyond what anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);
/// Bot processes; the bots are spread over them.
const CREWS: u64 = 4;
/// How long a server lives under load before it is killed.
const LIFE_MS: std::ops::Range<u64> = 100..600;
/// After one kill in so many, the next server is killed while it comes up.
const RESUMES_PER_KILL: u64 = 4;
/// How long a server may have been coming up by then: from before its `main` to after its first tick.
const COMING_UP_US: u64 = 5_000;

/// Why the demo could not be carried through.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DemoError {
    /// The user has interrupted it.
    #[error("interrupted; servers, bots and shared memory are cleaned up")]
    Interrupted,
    /// Something did not happen in time.
    #[error("waited too long for {0}")]
    TimedOut(String),
    /// A server or a bot process ended by itself.
    #[error("{who} ended by itself: {how}")]
    Ended {
        /// Who.
        who: String,
        /// How.
        how: String,
    },
    /// A bot cannot go on.
    #[error("a bot is in trouble: {0}")]
    Trouble(String),
    /// The system refuses something.
    #[error(transparent)]
    System(#[from] io::Error),
}

/// A run of the demo.
pub(super) struct Demo {
    args: Args,
    segment: String,
    random: Random,
    seed: u64,
    interrupted: Arc<AtomicBool>,
    said: (Sender<Said>, Receiver<Said>),
    progress: Progress,
    server: Option<Process>,
    /// What a new server has said.
    ready: Option<Ready>,
    /// Counts the servers; the first is 1.
    life: u64,
    crews: Vec<Crew>,
    /// All that the bots had found when the last row was closed, or at the end.
    found: Tally,
    /// Servers killed.
    kills: u64,
    rows: Vec<Row>,
    /// What was found besides: each is a reason to fail.
    violations: Vec<String>,
}

struct Crew {
    process: Process,
    tally: Tally,
    compared_life: u64,
    finished: bool,
    settled: u64,
}

impl Demo {
    /// Nothing started yet.
    pub(super) fn new(args: &Args, interrupted: Arc<AtomicBool>) -> Self {
        let seed = args.seed.unwrap_or_else(boot_clock_ns);
        let unique = format!("/scene-crash-demo-{}-{:x}", std::process::id(), boot_clock_ns());
        Self {
            args: args.clone(),
            segment: args.segment.clone().unwrap_or(unique),
            random: Random::new(seed, u64::MAX),
            seed,
            interrupted,
            said: channel(),
            progress: Progress::new(),
            server: None,
            ready: None,
            life: 0,
            crews: Vec::new(),
            found: Tally::default(),
            kills: 0,
            rows: Vec::new(),
            violations: Vec::new(),
        }
    }

    /// Plays it through.
    ///
    /// # Errors
    /// It cannot be carried through.
    pub(super) fn play(&mut self) -> Result<(), DemoError> {
        self.progress.note(&format!(
            "crash-demo: {} kills, {} bots in {} processes, seed {}, segment {}",
            self.args.kills,
            self.args.bots,
            CREWS.min(self.args.bots),
            self.seed,
            self.segment
        ));
        let mut ready = self.start_server()?;
        self.start_crews()?;
        self.settle_in(&ready)?;
        for kill in 1..=self.args.kills {
            self.let_play(kill)?;
            let mut death = self.kill_server()?;
            self.kills += 1;
            if self.random.below(RESUMES_PER_KILL) == 0 {
                death = self.kill_resume()?;
            }
            ready = self.next_life(death)?;
            if kill == self.args.kills.div_ceil(2) {
                ready = self.trip_the_planted_bug()?;
            }
        }
        self.finish(&ready)
    }

    /// Starts a server and waits until it serves.
    fn start_server(&mut self) -> Result<Ready, DemoError> {
        self.launch_server()?;
        self.wait_for("the server to serve", |demo| demo.ready.take())
    }

    fn launch_server(&mut self) -> Result<(), DemoError> {
        self.life += 1;
        let mut arguments = ["serve", "--ephemeral", "--segment", &self.segment].map(str::to_owned).to_vec();
        if let Some(sabotage) = self.args.sabotage {
            let name = clap::ValueEnum::to_possible_value(&sabotage);
            arguments.push("--sabotage".to_owned());
            arguments.extend(name.map(|name| name.get_name().to_owned()));
        }
        let speaker = Speaker::Server(self.life);
        // Read last: what it takes to start a process counts.
        let environment = [(SPAWNED_AT, boot_clock_ns().to_string())];
        self.server = Some(Process::start(speaker, &arguments, &environment, self.said.0.clone())?);
        Ok(())
    }

    /// Starts the bots.
    fn start_crews(&mut self) -> Result<(), DemoError> {
        let crews = CREWS.min(self.args.bots);
        for crew in 0..crews {
            let (first, end) = (self.args.bots * crew / crews, self.args.bots * (crew + 1) / crews);
            let arguments = [
                "bot".to_owned(),
                format!("--first={first}"),
                format!("--count={}", end - first),
                format!("--seed={}", self.seed),
            ];
            let process = Process::start(Speaker::Crew(crew as usize), &arguments, &[], self.said.0.clone())?;
            self.crews.push(Crew {
                process,
                tally: Tally::default(),
                compared_life: 0,
                finished: false,
                settled: 0,
            });
        }
        Ok(())
    }

    /// Tells the bots where the server is, waits until all have compared their books, counts the world.
    fn settle_in(&mut self, ready: &Ready) -> Result<(), DemoError> {
        let life = self.life;
        for crew in &mut self.crews {
            crew.process.order(format_args!("server life={life} port={}", ready.port))?;
        }
        self.wait_for("the bots to compare their books", |demo| {
            demo.crews.iter().all(|crew| crew.compared_life >= life).then_some(())
        })?;
        self.count_the_world(ready)
    }

    fn count_the_world(&mut self, ready: &Ready) -> Result<(), DemoError> {
        let found = census::ask(ready.port)?.violations();
        self.violations.extend(found.into_iter().map(|what| format!("server {}: {what}", self.life)));
        Ok(())
    }

    /// Lets the bots play for a random time.
    fn let_play(&mut self, kill: u64) -> Result<(), DemoError> {
        let life_ms = LIFE_MS.start + self.random.below(LIFE_MS.end - LIFE_MS.start);
        let micros = self.random.below(1_000);
        let until = Instant::now() + Duration::from_micros(life_ms * 1_000 + micros);
        while Instant::now() < until {
            self.listen(until.saturating_duration_since(Instant::now()))?;
            self.expect_server_alive()?;
            let settled: u64 = self.crews.iter().map(|crew| crew.settled).sum();
            self.progress.live(&format!("kill {kill} of {}: {settled} commands settled", self.args.kills));
        }
        Ok(())
    }

    fn expect_server_alive(&mut self) -> Result<(), DemoError> {
        match self.server.as_mut().map(Process::ended).transpose()?.flatten() {
            Some(status) => Err(DemoError::Ended { who: "the server".into(), how: end_in_words(status) }),
            None => Ok(()),
        }
    }

    fn kill_server(&mut self) -> Result<String, DemoError> {
        let Some(mut server) = self.server.take() else { return Ok("not running".into()) };
        let status = server.kill()?;
        if status.signal() != Some(9) {
            return Err(DemoError::Ended { who: "the server".into(), how: end_in_words(status) });
        }
        Ok(end_in_words(status))
    }

    /// Kills the next server while it comes up: a resume must survive that, too. Such a kill comes on top of
    /// those that were asked for.
    fn kill_resume(&mut self) -> Result<String, DemoError> {
        self.launch_server()?;
        thread::sleep(Duration::from_micros(self.random.below(COMING_UP_US)));
        Ok(format!("{}, resume too", self.kill_server()?))
    }

    /// Starts the next server after a death, and closes a row of the table.
    fn next_life(&mut self, death: String) -> Result<Ready, DemoError> {
        let ready = self.start_server()?;
        if ready.outcome != "resumed-after-crash" {
            let life = self.life;
            self.violations.push(format!("server {life} says {}, not resumed-after-crash", ready.outcome));
        }
        self.settle_in(&ready)?;
        let (now, before) = (self.tally(), self.found);
        let tally = Tally {
            acked: now.acked - before.acked,
            lost: now.lost - before.lost,
            duplicated: now.duplicated - before.duplicated,
            ..now
        };
        self.found = now;
        self.progress.step(&format!(
            "{death} no. {}: first tick after {} us, {} acked so far, lost {}, duplicated {}",
            self.rows.len() + 1,
            ready.first_tick_us.unwrap_or(0),
            now.acked,
            now.lost,
            now.duplicated
        ));
        self.rows.push(Row { death, ready: ready.clone(), tally });
        Ok(ready)
    }

    /// What all bots have found so far.
    fn tally(&self) -> Tally {
        self.crews.iter().fold(Tally::default(), |sum, crew| sum.plus(crew.tally))
    }

    /// Listens until something is so.
    fn wait_for<T>(&mut self, what: &str, is_so: impl Fn(&mut Self) -> Option<T>) -> Result<T, DemoError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = is_so(self) {
                return Ok(found);
            }
            if Instant::now() > deadline {
                return Err(DemoError::TimedOut(what.to_owned()));
            }
            self.listen(Duration::from_millis(20))?;
            self.expect_server_alive()?;
        }
    }

    /// Takes one line of a child, if one comes within `patience`, which need not be fully used.
    fn listen(&mut self, patience: Duration) -> Result<(), DemoError> {
        if self.interrupted.load(Ordering::Relaxed) {
            return Err(DemoError::Interrupted);
        }
        let (speaker, said) = match self.said.1.recv_timeout(patience.min(Duration::from_millis(20))) {
            Ok(said) => said,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return Ok(()),
        };
        match (speaker, said) {
            (Speaker::Server(life), Some(text)) if life == self.life => self.ready = Ready::parse(&text),
            // What a server says before it dies, and that it says no more, is known from its end.
            (Speaker::Server(_), _) => {}
            (Speaker::Crew(crew), Some(text)) => self.hear_crew(crew, &text)?,
            (Speaker::Crew(crew), None) => {
                let how = "it closed its output".to_owned();
                return Err(DemoError::Ended { who: format!("bot process {crew}"), how });
            }
        }
        Ok(())
    }

    fn hear_crew(&mut self, crew: usize, text: &str) -> Result<(), DemoError> {
        let Some(crew) = self.crews.get_mut(crew) else { return Ok(()) };
        let line = Line::parse(text);
        match line.word {
            "progress" => crew.settled = line.number("settled").unwrap_or(0),
            "compared" | "finished" => {
                crew.tally = Tally::parse(&line).unwrap_or(crew.tally);
                crew.compared_life = line.number("life").unwrap_or(crew.compared_life);
                crew.finished |= line.word == "finished";
            }
            _ => return Err(DemoError::Trouble(text.to_owned())),
        }
        Ok(())
    }

    /// Has a bot send the command whose handler always crashes. The server dies of it once, not again.
    fn trip_the_planted_bug(&mut self) -> Result<Ready, DemoError> {
        if let Some(crew) = self.crews.first_mut() {
            crew.process.order(format_args!("curse"))?;
        }
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.server.as_mut().map(Process::ended).transpose()?.flatten() {
                break status;
            }
            if Instant::now() > deadline {
                return Err(DemoError::TimedOut("the planted bug to crash the server".into()));
            }
            self.listen(Duration::from_millis(5))?;
        };
        self.server = None;
        let ready = self.next_life(format!("{}, planted", end_in_words(status)))?;
        if self.tally().curses != 1 {
            self.violations.push("the command with the planted bug was not quarantined".into());
        }
        Ok(ready)
    }

    /// Lets the bots settle and compare a last time.
    fn finish(&mut self, ready: &Ready) -> Result<(), DemoError> {
        for crew in &mut self.crews {
            crew.process.order(format_args!("finish"))?;
        }
        self.wait_for("the bots to finish", |demo| {
            demo.crews.iter().all(|crew| crew.finished).then_some(())
        })?;
        self.count_the_world(ready)?;
        let tally = self.tally();
        self.found = tally;
        let mut must = |holds: bool, what: String| {
            if !holds {
                self.violations.push(what);
            }
        };
        must(tally.wrong == 0, format!("{} effects or verdicts contradict what was said", tally.wrong));
        must(tally.mistimed == 0, format!("{} buffs ended early or late", tally.mistimed));
        let short = self.args.kills < 10;
        must(short || tally.expired > 0, "no buff ended: nothing was shown about buffs".into());
        let deaths = self.rows.len() as u64;
        must(
            tally.quarantined <= deaths,
            format!("{} commands set aside by {deaths} crashes", tally.quarantined),
        );
        Ok(())
    }

    /// Ends all children and removes the segment. To be called whatever happened.
    ///
    /// # Errors
    /// Something is left behind.
    pub(super) fn clean_up(&mut self) -> Result<(), DemoError> {
        self.progress.clear();
        let crews: Vec<_> = self.crews.drain(..).map(|crew| crew.process.finish()).collect();
        let server = self.server.take().map(Process::finish).transpose();
        // An ephemeral server removes its segment; one that was just killed could not.
        let left = segment::remove(&self.segment).map_err(io::Error::other)?;
        crews.into_iter().collect::<Result<Vec<_>, _>>()?;
        if server?.is_some_and(|status| status.success()) && left {
            self.violations.push(format!("the server left {} behind", self.segment));
        }
        Ok(())
    }

    /// What was played so far, and whether all of it is as it must be.
    pub(super) fn conclude(&self) -> (String, bool) {
        let text = conclusion(&self.rows, self.kills, self.found, &self.violations);
        (text, self.found.lost == 0 && self.found.duplicated == 0 && self.violations.is_empty())
    }
}
