//! Damages whole segments and opens them: bits flipped, words replaced, blocks copied, cut off, added.
//!
//! Real segments (stopped cleanly, crashed, crashed within a transaction, within a resume, with handles about to
//! wrap; every container filled) are copied, damaged and attached. Each case must end in a typed error or in an
//! attach, after which everything is read, changed and read again through the safe API, stopped and opened once
//! more. Never in a panic, a hang, a death, two `&mut` of one value, or a reference to bytes that are no value of their
//! type: the [`judge`] looks at the bytes behind each reference.
//!
//! ```text
//! segment-fuzz [--cases N] [--seconds N] [--seed N] [--jobs N]     200,000 cases unless told
//! segment-fuzz --case NUMBER [--seed N]                            one case, with what it does
//! segment-fuzz --in-process …                                      without child processes, for valgrind
//! segment-fuzz --plant …                                           damages behind the attach: must be found
//! ```
//! Exit status: 0 no violation, 1 violations, 2 the fuzz itself failed. All memory is memfds: nothing stays behind.
//!
//! With AddressSanitizer (`--target` keeps it out of build scripts), and under valgrind, which cannot map the
//! default base and does not know what system calls write that rustix makes by itself, but what libc's do. 2,000
//! cases take valgrind about a minute:
//! ```text
//! RUSTFLAGS=-Zsanitizer=address cargo +nightly run --release -p resume-core --bin segment-fuzz \
//!     --target x86_64-unknown-linux-gnu --target-dir target/asan -- --cases 1000000
//! RUSTFLAGS=--cfg=rustix_use_libc cargo build --release -p resume-core --bin segment-fuzz --target-dir target/valgrind
//! valgrind --error-exitcode=9 target/valgrind/release/segment-fuzz --in-process --base 0x20000000000 --cases 2000
//! ```

#[path = "../torture/mod.rs"]
mod torture;

mod damage;
mod image;
mod judge;
mod places;
mod supervisor;

use std::process::ExitCode;
use std::time::Duration;

use resume_core::segment::BASE_DEFAULT;

const USAGE: &str = "usage: segment-fuzz [--in-process] [--plant] [--case NUMBER] [--cases N] [--seconds N] [--seed N] \
                     [--jobs N] [--base ADDRESS]";

/// What is to be run.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) base: u64,
    /// Numbers of the first case, and of the one behind the last.
    pub(crate) first: u64,
    pub(crate) end: u64,
    pub(crate) time_max: Duration,
    pub(crate) jobs: u64,
    pub(crate) in_process: bool,
    /// Damage behind the back of the attach, which the judge has to notice.
    pub(crate) plant: bool,
    /// One case, told.
    pub(crate) tell: bool,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let done = match args.first().map(String::as_str) {
        Some("worker") => plan(&args[2..]).and_then(|plan| supervisor::work(&args[1], &plan)),
        _ => plan(&args).and_then(|plan| supervisor::run(&plan)),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(what) => {
            eprintln!("segment-fuzz: {what}");
            ExitCode::from(2)
        }
    }
}

fn plan(args: &[String]) -> Result<Plan, String> {
    let mut plan = Plan {
        seed: 1,
        base: BASE_DEFAULT,
        first: 0,
        end: 0,
        time_max: Duration::MAX,
        jobs: 2,
        in_process: false,
        plant: false,
        tell: false,
    };
    let (mut cases, mut words) = (None, args.iter());
    while let Some(option) = words.next() {
        if option == "--in-process" || option == "--plant" {
            plan.in_process |= option == "--in-process";
            plan.plant |= option == "--plant";
            continue;
        }
        let number = words.next().and_then(|word| match word.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => word.parse().ok(),
        });
        let number = number.ok_or_else(|| format!("{option} takes a number\n{USAGE}"))?;
        match option.as_str() {
            "--case" => (plan.first, cases, plan.in_process, plan.tell) = (number, Some(1), true, true),
            "--cases" => cases = Some(number),
            "--first" => plan.first = number,
            "--seconds" => plan.time_max = Duration::from_secs(number),
            "--seed" => plan.seed = number,
            "--jobs" if (1..=64).contains(&number) => plan.jobs = number,
            "--base" => plan.base = number,
            _ => return Err(format!("cannot do {option} {number}\n{USAGE}")),
        }
    }
    let all = if plan.time_max == Duration::MAX { 200_000 } else { u64::MAX };
    plan.end = plan.first.saturating_add(cases.unwrap_or(all));
    Ok(plan)
}
