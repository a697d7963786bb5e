//! Transactions against libpmemobj's, on the same tmpfs, in the same run, interleaved.
//!
//! ```text
//! apt-get install libpmemobj-dev
//! cargo bench -p resume-core --bench containers_journal
//! ```
//! Each transaction snapshots some places of a root in shared memory and changes them. The other side is a C program
//! beside this file, which the benchmark compiles with `cc` and drives over a pipe; it runs three times:
//!
//! - as it is: tmpfs is not persistent memory, so libpmemobj makes an `msync` for each flush;
//! - `PMEM_IS_PMEM_FORCE=1`: it flushes cache lines instead, which is what it was made for;
//! - and `PMEM_NO_FLUSH=1` besides: it flushes nothing, and then promises what ours does: to survive the process, not the
//!   machine.
//!
//! The goal is held against the faster of the last two.

#![allow(clippy::unwrap_used, reason = "a benchmark")]

#[path = "containers/support.rs"]
#[allow(dead_code, reason = "this benchmark uses a part")]
mod support;

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::time::Instant;

use resume_core::ShmSafe;
use resume_core::transaction::transaction;
use support::Shared;

const ROUNDS: usize = 30;
const PLACES: usize = 1024;
const GOAL: f64 = 10.0;

#[derive(ShmSafe)]
#[repr(C)]
struct Root {
    places: [[u64; 8]; PLACES],
}

/// The other side, waiting for work.
struct Peer {
    child: Child,
    orders: ChildStdin,
    times: BufReader<ChildStdout>,
    fastest_ns: f64,
}

impl Peer {
    fn start(program: &PathBuf, number: usize, settings: &[(&str, &str)]) -> Result<Self, String> {
        let pool = format!("/dev/shm/resume-bench-{}-{number}", std::process::id());
        let mut child = Command::new(program)
            .arg(&pool)
            .env_remove("PMEM_IS_PMEM_FORCE")
            .env_remove("PMEM_NO_FLUSH")
            .envs(settings.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| format!("{}: {e}", program.display()))?;
        let (orders, times) = (child.stdin.take(), child.stdout.take());
        let (Some(orders), Some(times)) = (orders, times) else { return Err("no pipes".into()) };
        Ok(Self { child, orders, times: BufReader::new(times), fastest_ns: f64::INFINITY })
    }

    /// Nanoseconds for each of `count` transactions; the fastest so far is kept.
    fn run(&mut self, fields: usize, bytes: usize, count: usize) -> Result<(), String> {
        let dead = |e: &dyn std::fmt::Display| format!("the libpmemobj program ended: {e}");
        writeln!(self.orders, "{fields} {bytes} {count}").map_err(|e| dead(&e))?;
        let mut line = String::new();
        self.times.read_line(&mut line).map_err(|e| dead(&e))?;
        let ns: f64 = line.trim().parse().map_err(|e| dead(&e))?;
        self.fastest_ns = self.fastest_ns.min(ns / count as f64);
        Ok(())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

fn compile() -> Result<PathBuf, String> {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/containers_journal.c");
    let program = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("containers_journal_peer");
    let how = "install a C compiler and libpmemobj: apt-get install gcc libpmemobj-dev";
    let compiled = Command::new("cc")
        .args(["-O2", "-o"])
        .arg(&program)
        .args([source, "-lpmemobj"])
        .output()
        .map_err(|e| format!("expected a C compiler named `cc`, found none ({e}); {how}"))?;
    if compiled.status.success() {
        return Ok(program);
    }
    Err(format!("{}\n{source} does not compile; {how}", String::from_utf8_lossy(&compiled.stderr)))
}

/// The places of a transaction: the same numbers as on the other side.
struct Places(u64);

impl Places {
    fn next(&mut self) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % PLACES
    }
}

fn ours(root: &mut Root, places: &mut Places, fields: usize, bytes: usize, count: usize) -> f64 {
    let start = Instant::now();
    for i in 0..count as u64 {
        let done: Result<(), _> = transaction(root, |root, tx| {
            for _ in 0..fields {
                let place = &mut root.places[places.next()];
                match bytes {
                    8 => tx.set(&mut place[0], i),
                    _ => tx.set(place, [i; 8]),
                }
            }
            Ok::<_, ()>(())
        });
        done.unwrap();
    }
    start.elapsed().as_nanos() as f64 / count as f64
}

fn compare(root: &mut Root, peers: &mut [Peer; 3]) -> Result<(), String> {
    let mut places = Places(1);
    let mut ratios = Vec::new();
    println!("transaction of            ours ns   as it is (ratio)    FORCE (ratio)   NO_FLUSH (ratio)");
    for fields in [1, 4, 16] {
        for bytes in [8, 64] {
            let count = 4000 / fields;
            let mut fastest = f64::INFINITY;
            for peer in peers.iter_mut() {
                peer.fastest_ns = f64::INFINITY;
            }
            for _ in 0..ROUNDS {
                fastest = fastest.min(ours(root, &mut places, fields, bytes, count));
                for peer in peers.iter_mut() {
                    peer.run(fields, bytes, count)?;
                }
            }
            print!("{fields:3} places of {bytes:2} bytes {fastest:11.1}");
            for peer in peers.iter() {
                print!(" {:10.1} ({:5.1})", peer.fastest_ns, peer.fastest_ns / fastest);
            }
            println!();
            ratios.push(peers[1].fastest_ns.min(peers[2].fastest_ns) / fastest);
        }
    }
    ratios.sort_by(f64::total_cmp);
    let (least, median) = (ratios[0], f64::midpoint(ratios[2], ratios[3]));
    let met = median >= GOAL;
    println!(
        "against the faster of FORCE and NO_FLUSH: median {median:.1} times faster, least {least:.1}; goal {GOAL} {}",
        if met { "met" } else { "missed" }
    );
    Ok(())
}

fn run() -> Result<(), String> {
    let program = compile()?;
    let force = ("PMEM_IS_PMEM_FORCE", "1");
    let mut peers = [
        Peer::start(&program, 0, &[])?,
        Peer::start(&program, 1, &[force])?,
        Peer::start(&program, 2, &[force, ("PMEM_NO_FLUSH", "1")])?,
    ];
    let mut shared = Shared::new::<Root>();
    shared.with(|root: &mut Root| compare(root, &mut peers))
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(what) => {
            eprintln!("containers_journal: {what}");
            ExitCode::FAILURE
        }
    }
}
