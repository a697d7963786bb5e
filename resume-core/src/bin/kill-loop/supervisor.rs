//! The process that kills, and compares what is left with the model.

use core::sync::atomic::{AtomicBool, Ordering};
use std::io::{IsTerminal, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use resume_core::root::Outcome;
use resume_core::segment::{Memfd, OpenError};
use resume_core::{Options, Resumed};

use crate::log::{Log, Phase, Word, now_ns};
use crate::segment::{Kind, Segment, shared, sweep};
use crate::torture::{Env, Model, Op, Random, World, memfd};

/// When the loop ends, and what its numbers are made of.
pub(crate) struct Plan {
    pub(crate) kills_max: u64,
    pub(crate) time_max: Duration,
    pub(crate) seed: u64,
    /// Whether the worker does something that is not whole.
    pub(crate) plant: bool,
    /// Kinds of memory, one segment of each in turn; not empty.
    pub(crate) kinds: Vec<Kind>,
}

/// Kills after which a new segment is made, of the next kind of memory: so that a run of a few seconds comes to each.
const KILLS_PER_SEGMENT: u64 = 50;

/// Operations on each copy after the comparison.
const OPS_AFTER: u64 = 30;

/// The longest that a live worker works.
const LIVE_MAX_NS: u64 = 1_000_000;

/// About how long a clean stop takes.
const STOP_NS: u64 = 12_000;

/// A worker that does nothing for so long hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// A violation is told in full so often.
const VIOLATIONS_TOLD: u64 = 5;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

extern "C" fn interrupted(_: libc::c_int) {
    INTERRUPTED.store(true, Ordering::Relaxed);
}

/// Kills until the plan is met. Tells whether there was no violation.
pub(crate) fn run(plan: &Plan) -> Result<bool, String> {
    for signal in [libc::SIGINT, libc::SIGTERM] {
        let handler = interrupted as extern "C" fn(libc::c_int);
        // SAFETY: the handler stores to an atomic, which a handler may do.
        unsafe { libc::signal(signal, handler as libc::sighandler_t) };
    }
    sweep();
    let began = Instant::now();
    let mut totals = Totals::default();
    let mut random = Random::new(plan.seed);
    let mut last_shown = Instant::now();
    let over = |totals: &Totals| {
        totals.kills >= plan.kills_max
            || began.elapsed() >= plan.time_max
            || INTERRUPTED.load(Ordering::Relaxed)
    };
    while !over(&totals) {
        let kind = plan.kinds[(totals.segments % plan.kinds.len() as u64) as usize];
        let mut life = Life::new(kind, random.next(), plan.plant)?;
        totals.segments += 1;
        totals.by_kind[kind as usize] -= totals.kills as i64;
        let until = totals.kills.saturating_add(KILLS_PER_SEGMENT);
        while totals.kills < until && !over(&totals) {
            life.round(&mut random, &mut totals)?;
            if last_shown.elapsed() > Duration::from_secs(if show_often() { 1 } else { 10 }) {
                last_shown = Instant::now();
                totals.show(&began);
            }
        }
        totals.by_kind[kind as usize] += totals.kills as i64;
    }
    totals.print(&began);
    Ok(totals.violations == 0)
}

fn show_often() -> bool {
    std::io::stderr().is_terminal()
}

/// What happened so far.
#[derive(Default)]
struct Totals {
    segments: u64,
    kills: u64,
    before_open: u64,
    in_create: u64,
    in_attach: u64,
    in_recovery: u64,
    live: u64,
    in_stop: u64,
    stops: u64,
    operations: u64,
    /// Kills that left the operation in flight undone, done.
    undone: u64,
    done: u64,
    rolled_back: u64,
    violations: u64,
    /// Kills on each kind of memory.
    by_kind: [i64; Kind::ALL.len()],
}

impl Totals {
    fn show(&self, began: &Instant) {
        let line = format!(
            "{} s: {} kills, {} in attach, {} operations, {} violations",
            began.elapsed().as_secs(),
            self.kills,
            self.in_attach,
            self.operations,
            self.violations
        );
        let mut err = std::io::stderr().lock();
        let _ = if show_often() { write!(err, "\r\x1b[K{line}") } else { writeln!(err, "{line}") };
        let _ = err.flush();
    }

    fn print(&self, began: &Instant) {
        if show_often() {
            eprint!("\r\x1b[K");
        }
        println!("killed before the open    {:>10}", self.before_open);
        println!("killed in create          {:>10}", self.in_create);
        println!(
            "killed in attach          {:>10}   {} of them after a crash",
            self.in_attach, self.in_recovery
        );
        println!(
            "killed live               {:>10}   {} with entries in the journal",
            self.live, self.rolled_back
        );
        println!("killed in a clean stop    {:>10}", self.in_stop);
        println!("stopped cleanly           {:>10}", self.stops);
        println!("operation in flight       {:>10}   undone, {} done", self.undone, self.done);
        for kind in Kind::ALL {
            println!("kills on {:<16} {:>10}", kind.name(), self.by_kind[kind as usize]);
        }
        println!(
            "kills={} in_attach={} segments={} operations={} seconds={} violations={}",
            self.kills,
            self.in_attach,
            self.segments,
            self.operations,
            began.elapsed().as_secs(),
            self.violations
        );
    }

    fn violation(&mut self, life: &Life, what: &str) {
        self.violations += 1;
        if self.violations <= VIOLATIONS_TOLD {
            println!("VIOLATION after {} kills, at operation {}: {what}", self.kills, life.next);
        }
    }
}

/// One segment from its create on, and the model of its contents.
struct Life {
    segment: Segment,
    log: Log,
    log_path: String,
    seed: u64,
    /// Number of the operation that the next worker starts with.
    next: u64,
    model: Model,
    /// Whether a worker has had it live: then it exists.
    exists: bool,
    /// Whether the last that had it live was killed, and no resume got to live since.
    crashed: bool,
    /// What a live worker that was killed had counted, if it had begun anything.
    last_running: Option<u64>,
    /// When the last worker was started, and how long after that an open begins and ends, about.
    started_ns: u64,
    open_ns: (u64, u64),
}

/// Where a header has its state.
const STATE: core::ops::Range<usize> = 512..520;

impl Life {
    fn new(kind: Kind, seed: u64, plant: bool) -> Result<Self, String> {
        let fd = memfd("kill-loop-log", &[0; Log::BYTES])?;
        let log = Log::map(&fd).map_err(|e| format!("cannot map the log: {e}"))?;
        let log_path = shared(&fd);
        // The path stays good as long as the descriptor is open: with the mapping it is kept for life.
        core::mem::forget(fd);
        let segment = Segment::new(kind)?;
        log.set(Word::Seed, seed);
        log.set(Word::Plant, u64::from(plant));
        Ok(Self {
            segment,
            log,
            log_path,
            seed,
            next: 0,
            model: Model::new(),
            exists: false,
            crashed: false,
            last_running: None,
            started_ns: 0,
            open_ns: (600_000, 1_200_000),
        })
    }

    /// One worker: started, killed at a random moment, what it left compared.
    fn round(&mut self, random: &mut Random, totals: &mut Totals) -> Result<(), String> {
        let stop_before = if random.one_in(4) { self.next + random.below(2_000) } else { u64::MAX };
        self.log.set(Word::First, self.next);
        self.log.set(Word::Done, self.next);
        self.log.set(Word::StopBefore, stop_before);
        self.log.set_phase(Phase::Exec);
        let (status, phase) = self.start_and_kill(random)?;
        let done = self.log.get(Word::Done);
        let killed = status.signal() == Some(libc::SIGKILL);
        if killed {
            totals.kills += 1;
        }
        match phase {
            _ if !killed && status.success() => totals.stops += 1,
            _ if !killed => {
                totals.violation(self, &format!("a worker ended with {status}: see its message above"));
            }
            Phase::Exec => totals.before_open += 1,
            Phase::Open if !self.exists => totals.in_create += 1,
            Phase::Open => {
                totals.in_attach += 1;
                totals.in_recovery += u64::from(self.crashed);
            }
            Phase::Live => totals.live += 1,
            Phase::Stop => totals.in_stop += 1,
        }
        if matches!(phase, Phase::Live | Phase::Stop) {
            (self.exists, self.crashed) = (true, killed);
            self.last_running = (done > self.next && phase == Phase::Live).then_some(done);
            let measured = (self.log.get(Word::OpenBegan), self.log.get(Word::OpenEnded));
            self.learn(measured);
        }
        totals.operations += done - self.next;
        for number in self.next..done {
            self.model.apply(&Op::at(self.seed, number));
        }
        self.next = done;
        self.compare(totals, stop_before)
    }

    /// Keeps in mind how long after its start a worker opens, for the next kill.
    fn learn(&mut self, (began, ended): (u64, u64)) {
        let started = self.started_ns;
        let sample = (began.saturating_sub(started), ended.saturating_sub(started));
        self.open_ns = ((self.open_ns.0 * 7 + sample.0) / 8, (self.open_ns.1 * 7 + sample.1) / 8);
    }

    /// A moment to kill at.
    fn aim(&self, random: &mut Random) -> Aim {
        let (began, ended) = self.open_ns;
        let open = ended.saturating_sub(began) + 50_000;
        let stops = self.log.get(Word::StopBefore) != u64::MAX;
        match random.below(10) {
            0..=7 if !self.exists => Aim { phase: Phase::Open, ns: random.below(open) },
            0 => Aim { phase: Phase::Exec, ns: random.below(began) },
            1 => Aim { phase: Phase::Exec, ns: random.below(ended + LIVE_MAX_NS) },
            2..=4 => Aim { phase: Phase::Open, ns: random.below(open) },
            5..=7 if stops => Aim { phase: Phase::Stop, ns: random.below(STOP_NS) },
            5 | 6 => Aim { phase: Phase::Open, ns: random.below(open) },
            _ => Aim { phase: Phase::Live, ns: random.below(LIVE_MAX_NS) },
        }
    }

    fn start_and_kill(&mut self, random: &mut Random) -> Result<(ExitStatus, Phase), String> {
        let exe = std::env::current_exe().map_err(|e| format!("who am I: {e}"))?;
        let started = now_ns();
        self.started_ns = started;
        let mut command = Command::new(exe);
        command.args(["worker", &self.log_path]).args(self.segment.arguments());
        let child = command.stdin(Stdio::null()).spawn();
        let mut worker = Worker(child.map_err(|e| format!("cannot start a worker: {e}"))?);
        let aim = self.aim(random);
        wait(&mut worker, |_| self.log.phase() >= aim.phase)?;
        let until = now_ns() + aim.ns;
        wait(&mut worker, |now| now >= until)?;
        // One that stops by itself is let go to the end now and then, so that the next attach is a clean one.
        if self.log.get(Word::StopBefore) != u64::MAX && aim.phase != Phase::Stop && random.one_in(2) {
            worker.wait_for_end()?;
        }
        let status = worker.kill()?;
        Ok((status, self.log.phase()))
    }

    /// Resumes a copy, and finds out whether the operation in flight was done.
    fn compare(&mut self, totals: &mut Totals, stop_before: u64) -> Result<(), String> {
        let bytes = self.segment.bytes()?.filter(|bytes| !bytes.is_empty());
        let Some(bytes) = bytes else {
            if self.exists {
                totals.violation(self, "the segment is gone");
            }
            return Ok(());
        };
        if self.log.phase() == Phase::Open && bytes[STATE].starts_with(b"LIVE") {
            // Killed behind the last store of the open: nothing ran since.
            self.last_running = None;
        }
        let copy = Options::memfd(Memfd::from_fd(memfd("kill-loop-copy", &bytes)?));
        let mut env = Env::default();
        let mut opened = match copy.resumes_failed_max(u64::MAX).attach::<World>(&mut env) {
            Ok(opened) => opened,
            Err(OpenError::NotFound { .. }) if !self.exists => return Ok(()),
            Err(error) => {
                totals.violation(self, &format!("the attach fails: {error}"));
                return Err("the segment cannot be resumed, so there is nothing to go on with".to_owned());
            }
        };
        self.exists = true;
        if let Err(what) = self.check_recorder(&opened.outcome, &env, totals) {
            totals.violation(self, &what);
        }
        let mut after = self.model.clone();
        after.apply(&Op::at(self.seed, self.next));
        let found = opened.live.with(|world, _| Model::of(world));
        match found {
            Ok(found) if found == self.model => totals.undone += u64::from(found != after),
            Ok(found) if found == after && self.next < stop_before => {
                totals.done += 1;
                (self.model, self.next) = (after, self.next + 1);
            }
            Ok(found) => {
                let what = format!(
                    "neither before nor after {:?}:\n  found  {found:?}\n  before {:?}\n  after  {after:?}",
                    Op::at(self.seed, self.next),
                    self.model
                );
                totals.violation(self, &what);
                (self.model, self.next) = (found, self.next + 1);
            }
            Err(what) => totals.violation(self, &what),
        }
        let mut model = self.model.clone();
        let found = opened.live.with(|world, _| {
            for number in 0..OPS_AFTER {
                let op = Op::at(!self.seed, (1 << 50) + self.next * OPS_AFTER + number);
                op.apply(world, &mut env);
                model.apply(&op);
            }
            Model::of(world)
        });
        if found.as_ref() != Ok(&model) {
            let what = format!("goes on wrongly:\n  found    {found:?}\n  expected {model:?}");
            totals.violation(self, &what);
        }
        Ok(())
    }

    /// What ran at the crash is the last operation that was counted, or the one behind it.
    fn check_recorder(&self, outcome: &Outcome, env: &Env, totals: &mut Totals) -> Result<(), String> {
        let (Outcome::ResumedAfterCrash(crash), Some(Resumed::AfterCrash(_))) = (outcome, &env.resumed)
        else {
            return Ok(());
        };
        totals.rolled_back += u64::from(crash.rolled_back.entries > 0);
        let (Some(done), true) = (self.last_running, self.crashed) else { return Ok(()) };
        let is_last = |event| event == done || event + 1 == done;
        match crash.running {
            Some(running) if running.handler == 1 && is_last(running.event) => Ok(()),
            other => Err(format!("{done} operations were done, and the flight recorder says {other:?}")),
        }
    }
}

/// So long after a worker has come to a phase.
struct Aim {
    phase: Phase,
    ns: u64,
}

/// Waits, to the microsecond, until it is time or the worker has ended.
fn wait(worker: &mut Worker, is_time: impl Fn(u64) -> bool) -> Result<(), String> {
    let began = now_ns();
    let mut looked = began;
    while !is_time(now_ns()) {
        core::hint::spin_loop();
        if now_ns() - looked > 200_000 {
            looked = now_ns();
            if worker.0.try_wait().map_err(|e| format!("wait: {e}"))?.is_some() {
                return Ok(());
            }
            if looked - began > PATIENCE.as_nanos() as u64 {
                return Err(format!("a worker hangs: {PATIENCE:?} in one phase"));
            }
        }
    }
    Ok(())
}

/// A process; dropped, it is killed and waited for.
struct Worker(Child);

impl Worker {
    fn kill(&mut self) -> Result<ExitStatus, String> {
        self.0.kill().map_err(|e| format!("kill: {e}"))?;
        self.0.wait().map_err(|e| format!("wait: {e}"))
    }

    fn wait_for_end(&mut self) -> Result<(), String> {
        let began = Instant::now();
        while self.0.try_wait().map_err(|e| format!("wait: {e}"))?.is_none() {
            if began.elapsed() > PATIENCE {
                return Err(format!("a worker did not come to its end in {PATIENCE:?}"));
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        Ok(())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
