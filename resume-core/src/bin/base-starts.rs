//! Starts a process again and again, each mapping a segment of 1 GiB at the default base, and counts how
//! often something was in the way.
//!
//! ```text
//! base-starts [--starts 2000] [--rnd-bits 28,32]
//! ```
//!
//! `--rnd-bits` sets `vm.mmap_rnd_bits`, as root, for the time of the run. A supervisor that ignores
//! signals puts the old value back, however the run ends.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode, Stdio};

use resume_core::ShmSafe;
use resume_core::root::{Context, OpenError, Options, Resumed, Root};
use resume_core::segment::{self, BASE_DEFAULT};

const RND_BITS: &str = "/proc/sys/vm/mmap_rnd_bits";
const BYTES: u64 = 1 << 30;

/// Far more than a page: what is near the base counts too.
#[derive(ShmSafe)]
#[repr(C)]
struct State {
    words: [u64; (BYTES / 8) as usize],
}

resume_core::root!(State);

impl Root for State {
    type Env = ();
    fn start(&mut self, (): &mut (), _: &Context) {}
    fn resume(&mut self, (): &mut (), _: &Context, _: &Resumed) {}
    fn tick(&mut self, (): &mut (), _: &Context) {}
}

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        ["start", name] => start(name),
        ["run", starts, name] => default_signals().and_then(|()| run(starts, name)),
        options => supervise(options),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("base-starts: {error}");
            ExitCode::from(2)
        }
    }
}

fn rnd_bits() -> Outcome<String> {
    Ok(fs::read_to_string(RND_BITS)?.trim().to_owned())
}

/// Puts the value back that it found.
struct Restore(String);

impl Drop for Restore {
    fn drop(&mut self) {
        if let Err(error) = fs::write(RND_BITS, &self.0) {
            eprintln!("base-starts: {RND_BITS} was {} and could not be put back: {error}", self.0);
        }
    }
}

/// Removes the segment at the end.
struct Segment(String);

impl Drop for Segment {
    fn drop(&mut self) {
        if let Err(error) = segment::remove(&self.0) {
            eprintln!("base-starts: {error}");
        }
    }
}

/// Runs once for each number of bits; whether there was no collision.
fn supervise(options: &[&str]) -> Outcome<bool> {
    let (mut starts, mut bits) = ("2000", Vec::new());
    for pair in options.chunks(2) {
        match pair {
            ["--starts", count] => starts = count,
            ["--rnd-bits", list] => bits = list.split(',').collect(),
            other => return Err(format!("expected --starts N or --rnd-bits A,B, found {other:?}").into()),
        }
    }
    let segment = Segment(format!("/resume-base-{}", std::process::id()));
    let worker = || -> Outcome<bool> {
        let status = Command::new("/proc/self/exe").args(["run", starts, &segment.0]).status()?;
        match status.signal() {
            Some(signal) => Err(format!("the run was ended by signal {signal}").into()),
            None if status.code() == Some(2) => Err("the run failed".into()),
            None => Ok(status.success()),
        }
    };
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        // SAFETY: ignoring a signal installs no handler.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
    if bits.is_empty() {
        return worker();
    }
    let _restore = Restore(rnd_bits()?);
    let mut free = true;
    for bits in bits {
        fs::write(RND_BITS, bits)
            .map_err(|e| format!("cannot write {bits} to {RND_BITS} (run as root): {e}"))?;
        free &= worker()?;
    }
    Ok(free)
}

/// The worker ends by signals, and with its supervisor.
fn default_signals() -> Outcome<()> {
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        // SAFETY: the default action installs no handler.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    Ok(())
}

fn run(starts: &str, name: &str) -> Outcome<bool> {
    let starts: u32 = starts.parse()?;
    let (mut collisions, mut below, mut above) = (0, 0u64, u64::MAX);
    for _ in 0..starts {
        let mut child =
            Command::new("/proc/self/exe").args(["start", name]).stdout(Stdio::piped()).spawn()?;
        let out = child.stdout.take().ok_or("no output")?;
        let line = BufReader::new(out).lines().next().unwrap_or_else(|| Ok(String::new()))?;
        let status = child.wait()?;
        match status.code() {
            Some(0) => {
                let (low, high) = line.split_once(' ').ok_or("a start said nothing")?;
                below = below.max(low.parse()?);
                above = above.min(high.parse()?);
            }
            Some(1) => {
                println!("collision: {line}");
                collisions += 1;
            }
            _ => return Err(format!("a start ended with {status}").into()),
        }
    }
    println!("nearest below {below:#x}, base {BASE_DEFAULT:#x}, nearest above {above:#x}");
    println!("starts={starts} collisions={collisions} rnd_bits={}", rnd_bits()?);
    Ok(collisions == 0)
}

/// One start: maps the segment, and says where its neighbours are.
fn start(name: &str) -> Outcome<bool> {
    let options = Options::new(name).reserve(false);
    let opened = match options.open_or_create::<State>(&mut ()) {
        Ok(opened) => opened,
        Err(OpenError::AddressTaken { conflict, .. }) => {
            println!("{conflict}");
            return Ok(false);
        }
        Err(error) => return Err(error.into()),
    };
    let (mut below, mut above) = (0, u64::MAX);
    for line in fs::read_to_string("/proc/self/maps")?.lines() {
        let range = line.split(' ').next().and_then(|range| range.split_once('-'));
        let (from, to) = range.ok_or("unknown format of /proc/self/maps")?;
        let (from, to) = (u64::from_str_radix(from, 16)?, u64::from_str_radix(to, 16)?);
        if to <= BASE_DEFAULT {
            below = below.max(to);
        } else if from > BASE_DEFAULT {
            above = above.min(from);
        }
    }
    println!("{below} {above}");
    opened.live.stop();
    Ok(true)
}
