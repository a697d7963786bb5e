//! Kills a process that changes everything a segment can hold, at random microseconds, again and again.
//!
//! A worker, a real process on a real segment, does one operation after the other on a root with one of
//! every container, transactions among them, and counts in a shared word what it has done. The supervisor kills it at a
//! random moment from its exec on: before it attaches, within attach, resume and recovery, while it works, while
//! it stops. What is left is copied, and the copy resumed:
//!
//! ```text
//! contents(copy) = model after the counted operations, or after one more      -- all or nothing, nothing else
//! the flight recorder names the last operation
//! thirty more operations on copy and model                                    -- and they are still equal
//! ```
//! The worker that comes next attaches the original, as the dead one left it.
//!
//! ```text
//! kill-loop [--kills N] [--seconds N] [--seed N]     10,000 kills unless told; whatever limit is met first
//! kill-loop --backend posix|system-v|memfd …         on one kind of shared memory only
//! kill-loop --plant …                                the worker does one thing that is not whole: must be found
//! ```
//! On a POSIX segment, a System V segment and a memfd in turn, each made anew every 50 kills, so that create is
//! killed too and a run shares its time among them. Exit status: 0 no violation, 1 violations, 2 the loop itself
//! failed. Nothing stays behind: the segment is removed at the end, after an error and on SIGINT and SIGTERM; one whose
//! supervisor was killed, by the next run.

#[path = "../torture/mod.rs"]
mod torture;

mod log;
mod segment;
mod supervisor;
mod worker;

use std::process::ExitCode;
use std::time::Duration;

use segment::Kind;
use supervisor::Plan;

const USAGE: &str =
    "usage: kill-loop [--plant] [--backend posix|system-v|memfd] [--kills N] [--seconds N] [--seed N]";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        ["worker", log, kind, place] => worker::work(log, kind, place).map(|()| true),
        options => plan(options).and_then(|plan| supervisor::run(&plan)),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(what) => {
            eprintln!("kill-loop: {what}");
            ExitCode::from(2)
        }
    }
}

fn plan(mut options: &[&str]) -> Result<Plan, String> {
    let (mut kills, mut seconds, mut seed) = (None, None, 1);
    let mut kinds = Kind::ALL.to_vec();
    let plant = options.first() == Some(&"--plant");
    if plant {
        options = &options[1..];
    }
    while let [option, number, rest @ ..] = options {
        options = rest;
        if *option == "--backend" {
            kinds.retain(|kind| kind.name() == *number);
            if kinds.is_empty() {
                return Err(format!("{option} takes posix, system-v or memfd, once\n{USAGE}"));
            }
            continue;
        }
        let number: u64 = number.parse().map_err(|_| format!("{option} takes a number\n{USAGE}"))?;
        match *option {
            "--kills" => kills = Some(number),
            "--seconds" => seconds = Some(Duration::from_secs(number)),
            "--seed" => seed = number,
            _ => return Err(format!("unknown option {option}\n{USAGE}")),
        }
    }
    if !options.is_empty() {
        return Err(USAGE.to_owned());
    }
    let kills_max = kills.unwrap_or(if seconds.is_some() { u64::MAX } else { 10_000 });
    Ok(Plan { kills_max, time_max: seconds.unwrap_or(Duration::MAX), seed, plant, kinds })
}
