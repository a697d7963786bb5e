//! Cases in child processes that may die or hang, and their totals.

use core::ptr::NonNull;
use core::sync::atomic::{AtomicU64, Ordering};
use std::fs::{File, OpenOptions};
use std::io::{IsTerminal, Write};
use std::os::fd::AsRawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{MemfdFlags, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap};

use crate::Plan;
use crate::damage::damage;
use crate::image::{self, Image};
use crate::judge::{Verdict, judge, opens};
use crate::torture::Random;

/// A case that takes longer hangs; a whole run under a sanitizer is far below that.
const PATIENCE: Duration = Duration::from_secs(30);

/// A worker that finds so much is stopped.
const VIOLATIONS_TOLD: u64 = 10;

/// Words that a worker and the supervisor share.
#[derive(Clone, Copy)]
enum Word {
    /// The case that runs, + 1.
    Case,
    Cases,
    Flips,
    Refused,
    Attached,
    Violations,
}

const WORDS: usize = 6;

/// # Invariants
/// A shared mapping of [`WORDS`] words, which is never unmapped.
#[derive(Clone, Copy)]
struct Board(NonNull<AtomicU64>);

impl Board {
    fn map(file: &File) -> Result<Self, String> {
        let (bytes, prot) = (WORDS * 8, ProtFlags::READ | ProtFlags::WRITE);
        // SAFETY: a new mapping at an address of the kernel's choice aliases nothing of this process.
        let at = unsafe { mmap(core::ptr::null_mut(), bytes, prot, MapFlags::SHARED, file, 0) };
        let at = at.map_err(|e| format!("cannot map a board: {e}"))?;
        NonNull::new(at.cast()).map(Self).ok_or_else(|| "cannot map a board".to_owned())
    }

    fn word(&self, word: Word) -> &AtomicU64 {
        let at = self.0.as_ptr().wrapping_add(word as usize);
        // SAFETY: the mapping has a word for each of `Word`; atomics may be shared with another process.
        unsafe { &*at }
    }

    fn get(&self, word: Word) -> u64 {
        self.word(word).load(Ordering::Relaxed)
    }

    fn add(&self, word: Word, count: u64) {
        self.word(word).fetch_add(count, Ordering::Relaxed);
    }
}

fn new_board() -> Result<(File, Board), String> {
    let file = File::from(memfd_create("board", MemfdFlags::CLOEXEC).map_err(|e| format!("memfd: {e}"))?);
    file.set_len(WORDS as u64 * 8).map_err(|e| format!("memfd: {e}"))?;
    let board = Board::map(&file)?;
    Ok((file, board))
}

/// The entry of a child process.
pub(crate) fn work(board: &str, plan: &Plan) -> Result<bool, String> {
    let death = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
    death.map_err(|e| format!("PR_SET_PDEATHSIG: {e}"))?;
    let file = OpenOptions::new().read(true).write(true).open(board).map_err(|e| format!("{board}: {e}"))?;
    run_cases(&Board::map(&file)?, plan)
}

/// Every `jobs`-th case from the first on.
fn run_cases(board: &Board, plan: &Plan) -> Result<bool, String> {
    let images = image::all(plan.base, plan.seed)?;
    for image in &images {
        opens(&image.bytes).map_err(|what| format!("a good segment ({}): {what}", image.what))?;
    }
    // What panics is told with its case.
    std::panic::set_hook(Box::new(|_| {}));
    let began = Instant::now();
    let before = board.get(Word::Violations);
    let mut number = plan.first;
    while number < plan.end && began.elapsed() < plan.time_max {
        board.word(Word::Case).store(number + 1, Ordering::Relaxed);
        run_case(board, plan, &images, number)?;
        if board.get(Word::Violations) > VIOLATIONS_TOLD {
            break;
        }
        number += plan.jobs;
    }
    Ok(board.get(Word::Violations) == before)
}

fn run_case(board: &Board, plan: &Plan, images: &[Image], number: u64) -> Result<(), String> {
    let mut random = Random::at(plan.seed, number);
    let (image, damaged) = damage(images, &mut random);
    let describe = || {
        let done: Vec<String> = damaged.done.iter().map(ToString::to_string).collect();
        format!("case {number} ({}): {}", images[image].what, done.join("; "))
    };
    if plan.tell {
        println!("{}", describe());
    }
    board.add(Word::Cases, 1);
    board.add(Word::Flips, damaged.done.len() as u64);
    let judged = catch_unwind(AssertUnwindSafe(|| judge(&damaged.bytes, &mut random, plan.plant)));
    let what = match judged {
        Ok(Ok(Verdict::Refused(error))) => {
            if plan.tell {
                println!("refused: {error}");
            }
            board.add(Word::Refused, 1);
            return Ok(());
        }
        Ok(Ok(Verdict::Attached)) => {
            if plan.tell {
                println!("attached, and used without harm");
            }
            board.add(Word::Attached, 1);
            return Ok(());
        }
        Ok(Err(what)) => what,
        Err(payload) => {
            let text = payload.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
            format!("a panic: {}", text.unwrap_or("without a message"))
        }
    };
    board.add(Word::Violations, 1);
    println!(
        "VIOLATION {}\n    {what}\n    again: segment-fuzz --seed {} --case {number}",
        describe(),
        plan.seed
    );
    Ok(())
}

/// A child process; dropped, it is killed and waited for.
struct Worker {
    child: Child,
    plan: Plan,
    case: u64,
    seen: Instant,
    over: bool,
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn start(plan: &Plan, board: &File) -> Result<Worker, String> {
    let exe = std::env::current_exe().map_err(|e| format!("who am I: {e}"))?;
    let mut command = Command::new(exe);
    command.args(["worker", &format!("/proc/{}/fd/{}", std::process::id(), board.as_raw_fd())]);
    let cases = plan.end - plan.first;
    for (option, value) in [
        ("--first", plan.first),
        ("--cases", cases),
        ("--seed", plan.seed),
        ("--jobs", plan.jobs),
        ("--base", plan.base),
    ] {
        command.args([option, &value.to_string()]);
    }
    if plan.plant {
        command.arg("--plant");
    }
    if plan.time_max != Duration::MAX {
        command.args(["--seconds", &plan.time_max.as_secs().max(1).to_string()]);
    }
    let child = command.stdin(Stdio::null()).spawn().map_err(|e| format!("cannot start a worker: {e}"))?;
    Ok(Worker { child, plan: plan.clone(), case: 0, seen: Instant::now(), over: false })
}

/// Runs all cases. Tells whether there was no violation.
pub(crate) fn run(plan: &Plan) -> Result<bool, String> {
    let began = Instant::now();
    if plan.in_process {
        let (_file, board) = new_board()?;
        run_cases(&board, &Plan { jobs: 1, ..plan.clone() })?;
        print(&[board], &began);
        return Ok(board.get(Word::Violations) == 0);
    }
    let boards = (0..plan.jobs).map(|_| new_board()).collect::<Result<Vec<_>, _>>()?;
    let all: Vec<Board> = boards.iter().map(|(_, board)| *board).collect();
    let mut workers = Vec::new();
    for (job, (file, _)) in (0..).zip(&boards) {
        workers.push(start(&Plan { first: plan.first + job, ..plan.clone() }, file)?);
    }
    let mut shown = Instant::now();
    while workers.iter().any(|worker| !worker.over) {
        std::thread::sleep(Duration::from_millis(20));
        for (worker, (file, board)) in workers.iter_mut().zip(&boards) {
            attend(worker, file, board, &began)?;
        }
        let often = std::io::stderr().is_terminal();
        if shown.elapsed() > Duration::from_secs(if often { 1 } else { 30 }) {
            shown = Instant::now();
            let line = totals(&all, &began);
            let mut err = std::io::stderr().lock();
            let _ = if often { write!(err, "\r\x1b[K{line}") } else { writeln!(err, "{line}") };
            let _ = err.flush();
        }
    }
    print(&all, &began);
    Ok(all.iter().all(|board| board.get(Word::Violations) == 0))
}

/// Looks whether a worker lives and goes on; starts it again behind the case that it died of.
fn attend(worker: &mut Worker, file: &File, board: &Board, began: &Instant) -> Result<(), String> {
    if worker.over {
        return Ok(());
    }
    let case = board.get(Word::Case);
    if case != worker.case {
        (worker.case, worker.seen) = (case, Instant::now());
    }
    let ended = worker.child.try_wait().map_err(|e| format!("wait: {e}"))?;
    let what = match ended {
        None if worker.seen.elapsed() < PATIENCE => return Ok(()),
        None => format!("hangs: {PATIENCE:?} and no end"),
        Some(status) if matches!(status.code(), Some(0 | 1)) => {
            worker.over = true;
            return Ok(());
        }
        Some(status) if case == 0 || status.code() == Some(2) => {
            return Err(format!("a worker could not begin: {status}"));
        }
        Some(status) => format!("the process died: {status}"),
    };
    let (number, plan) = (case - 1, &worker.plan);
    println!("VIOLATION case {number} {what}\n    again: segment-fuzz --seed {} --case {number}", plan.seed);
    board.add(Word::Violations, 1);
    let time_max = plan.time_max.saturating_sub(began.elapsed());
    let next = Plan { first: number + plan.jobs, time_max, ..plan.clone() };
    if next.first >= next.end || time_max.is_zero() || board.get(Word::Violations) > VIOLATIONS_TOLD {
        worker.over = true;
        return Ok(());
    }
    *worker = start(&next, file)?;
    Ok(())
}

fn totals(boards: &[Board], began: &Instant) -> String {
    let sum = |word| boards.iter().map(|board| board.get(word)).sum::<u64>();
    format!(
        "cases={} flips={} refused={} attached={} seconds={} violations={}",
        sum(Word::Cases),
        sum(Word::Flips),
        sum(Word::Refused),
        sum(Word::Attached),
        began.elapsed().as_secs(),
        sum(Word::Violations)
    )
}

fn print(boards: &[Board], began: &Instant) {
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[K");
    }
    println!("{}", totals(boards, began));
}
