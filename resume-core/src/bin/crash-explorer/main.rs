//! Proof that containers are whole at every machine instruction.
//!
//! For each public mutating operation, from each of several start states, a child process is single-stepped
//! through the operation; at every instruction a copy of its memory is recovered as an attach after a crash
//! would, and compared with the model ([`mod@explore`]).
//!
//! ```text
//! crash-explorer --quick            a minute: release or debug, every operation, few recoveries
//! crash-explorer --all              every operation and every recovery
//! crash-explorer --all map::        operations whose name contains `map::`
//! crash-explorer --self-test        known-bad variants, each of which must be caught
//! ```
//! `cargo run -p resume-core --bin crash-explorer -- --quick` explores what the debug build makes of the same
//! operations: several times the instructions, some minutes.
//!
//!
//! Exit status: 0 no violation, 1 violations (for `--self-test`: a bad variant was missed), 2 bad usage or
//! the machine refused (no `ptrace`, no memory).

mod bad;
mod bad_linked;
mod cases;
mod explore;
mod region;
mod report;
mod step;

use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use explore::{Case, Explored, explore};
use report::{Progress, Table};

const USAGE: &str = "usage: crash-explorer (--quick | --all | --self-test) [--jobs N] [FILTER]";

/// Children that are stepped at a time, unless told.
const JOBS_DEFAULT: usize = 2;

struct Args {
    mode: Mode,
    jobs: usize,
    filter: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Quick,
    All,
    SelfTest,
}

impl Mode {
    /// Of how many images one recovery is stepped through.
    fn recovery_every(self) -> u64 {
        match self {
            Mode::Quick | Mode::SelfTest => 64,
            Mode::All => 1,
        }
    }
}

fn main() -> ExitCode {
    let args = match parse(std::env::args().skip(1)) {
        Ok(args) => args,
        Err(what) => {
            eprintln!("crash-explorer: {what}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let result = match args.mode {
        Mode::SelfTest => self_test(&args),
        Mode::Quick | Mode::All => explore_all(&args),
    };
    result.unwrap_or_else(|what| {
        eprintln!("crash-explorer: {what}");
        ExitCode::from(2)
    })
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Args, String> {
    let (mut mode, mut jobs, mut filter) = (None, JOBS_DEFAULT, None);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--quick" => mode = Some(Mode::Quick),
            "--all" => mode = Some(Mode::All),
            "--self-test" => mode = Some(Mode::SelfTest),
            "--jobs" => {
                jobs = words
                    .next()
                    .and_then(|n| n.parse().ok())
                    .filter(|n| (1..=64).contains(n))
                    .ok_or("--jobs takes a number from 1 to 64")?;
            }
            option if option.starts_with('-') => return Err(format!("unknown option {option}")),
            text if filter.is_none() => filter = Some(text.to_string()),
            text => return Err(format!("one filter at most, found a second: {text}")),
        }
    }
    let mode = mode.ok_or("expected one of --quick, --all, --self-test")?;
    Ok(Args { mode, jobs, filter: filter.unwrap_or_default() })
}

/// Explores every case whose operation contains the filter.
fn explore_all(args: &Args) -> Result<ExitCode, String> {
    let cases: Vec<Case> =
        cases::all().into_iter().filter(|case| case.operation.contains(&args.filter)).collect();
    if cases.is_empty() {
        return Err(format!("no operation contains `{}`", args.filter));
    }
    let mut table = Table::default();
    let mut progress = Progress::new(cases.len());
    for_each_explored(&cases, args, |case, explored| {
        progress.show(case, &explored);
        table.add(case, explored);
        Ok(())
    })?;
    progress.clear();
    table.print();
    Ok(if table.violations() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Explores known-bad variants; each must give a violation from some start state.
fn self_test(args: &Args) -> Result<ExitCode, String> {
    let cases: Vec<Case> = bad::all()
        .into_iter()
        .chain(bad_linked::all())
        .filter(|case| case.operation.contains(&args.filter))
        .collect();
    let mut caught = std::collections::BTreeMap::new();
    for_each_explored(&cases, args, |case, explored| {
        let entry = caught.entry(case.operation.clone()).or_insert((0, None));
        entry.0 += explored.instructions;
        entry.1 = entry.1.take().or(explored.violations.into_iter().next());
        Ok(())
    })?;
    let mut missed = 0;
    for (operation, (instructions, violation)) in &caught {
        match violation {
            Some(v) => println!("caught  {operation} at step {} of {instructions}: {}", v.step, v.what),
            None => {
                missed += 1;
                println!("MISSED  {operation}: {instructions} crash points, no violation");
            }
        }
    }
    println!("bad_variants={} caught={} missed={missed}", caught.len(), caught.len() - missed);
    Ok(if missed == 0 && !caught.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Explores `cases` with `args.jobs` threads, each tracing its own children, and hands over the results as
/// they come.
fn for_each_explored(
    cases: &[Case],
    args: &Args,
    mut each: impl FnMut(&Case, Explored) -> Result<(), String>,
) -> Result<(), String> {
    let next = AtomicUsize::new(0);
    let (send, receive) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..args.jobs {
            let (send, next) = (send.clone(), &next);
            scope.spawn(move || {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let explored = explore(case, args.mode.recovery_every());
                    let failed = explored.is_err();
                    if send.send((case, explored)).is_err() || failed {
                        break;
                    }
                }
            });
        }
        drop(send);
        for (case, explored) in receive {
            let explored = explored.map_err(|e| format!("{} from `{}`: {e}", case.operation, case.start))?;
            each(case, explored)?;
        }
        Ok(())
    })
}
