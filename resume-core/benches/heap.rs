//! The heap and its owners against `Vec` and `String` on the system allocator, one run, ratios of the fastest
//! rounds.
//!
//! ```text
//! cargo bench -p resume-core --bench heap            2,000 live blocks: in cache
//! cargo bench -p resume-core --bench heap -- large   and a million of them
//! cargo bench -p resume-core --bench heap -- push    rows with `push` in their name
//! ```
//! Ours run with the journal of a segment active, as in a server. Rounds of the two sides alternate, so that
//! a change of the machine's speed hits both. Sizes are random, from 16 bytes to 512, small ones more often.

#![allow(clippy::unwrap_used, clippy::unit_arg, unused_must_use, dropping_copy_types, reason = "a benchmark")]

#[path = "../tests/container_support/mod.rs"]
mod container_support;
#[path = "../tests/support/random.rs"]
#[allow(dead_code, reason = "a part of it")]
mod random;

use std::hint::black_box;
use std::time::Instant;

use container_support::Arena;
use random::Random;
use resume_core::ShmSafe;
use resume_core::heap::{Heap, HeapString, HeapVec};
use resume_core::transaction::transaction;

const ROUNDS: usize = 15;

fn args() -> impl Iterator<Item = String> {
    std::env::args().skip(1).filter(|arg| !arg.starts_with("--"))
}

/// Whether a row is asked for.
fn wants(name: &str) -> bool {
    let mut filters = args().filter(|arg| arg != "large").peekable();
    filters.peek().is_none() || filters.any(|filter| name.contains(&filter))
}

/// Times both sides in turn, and shows the fastest round of each: what other processes do to this machine only ever
/// adds. Each call does `ops` operations.
fn compare<S>(name: &str, ops: usize, state: &mut S, ours: impl Fn(&mut S), theirs: impl Fn(&mut S)) {
    if !wants(name) {
        return;
    }
    let (mut our_ns, mut their_ns) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        ours(state);
        our_ns = our_ns.min(start.elapsed().as_nanos() as f64 / ops as f64);
        let start = Instant::now();
        theirs(state);
        their_ns = their_ns.min(start.elapsed().as_nanos() as f64 / ops as f64);
    }
    println!("{name:44} {our_ns:8.2} ns  system {their_ns:8.2} ns  ratio {:5.2}", our_ns / their_ns);
}

#[derive(ShmSafe)]
#[repr(C)]
struct Root<const BYTES: usize, const LIVE: usize> {
    heap: Heap<BYTES>,
    blocks: [HeapVec<u8>; LIVE],
    text: HeapString,
    numbers: HeapVec<u64>,
}

/// Which blocks are replaced by what sizes, in order.
fn plan(random: &mut Random, live: usize, ops: usize) -> Vec<(usize, usize)> {
    let size = |random: &mut Random| 16 + (random.below(23) * random.below(23));
    (0..ops).map(|_| (random.below(live), size(random))).collect()
}

fn blocks<const BYTES: usize, const LIVE: usize>(ops: usize) {
    let mut random = Random::new(7);
    let plan = plan(&mut random, LIVE, ops);
    let mut arena = Arena::with_journal::<Root<BYTES, LIVE>>(1 << 20);
    arena.with(|ours: &mut Root<BYTES, LIVE>| {
        let mut peers: Vec<Vec<u8>> = (0..LIVE).map(|_| Vec::new()).collect();
        for (i, peer) in peers.iter_mut().enumerate() {
            let bytes = plan[i % ops].1;
            *peer = Vec::with_capacity(bytes);
            peer.push(1);
            ours.blocks[i].reserve(&mut ours.heap, bytes).unwrap();
            ours.blocks[i].push(&mut ours.heap, 1).unwrap();
        }
        let mut both = (ours, peers);
        let name = |what: &str| format!("{what} ({LIVE} live)");
        compare(
            &name("free + alloc, random sizes and order"),
            ops,
            &mut both,
            |(ours, _)| {
                for &(i, bytes) in &plan {
                    ours.blocks[i].free(&mut ours.heap);
                    ours.blocks[i].reserve(&mut ours.heap, bytes);
                    ours.blocks[i].push(&mut ours.heap, 1);
                }
            },
            |(_, peers)| {
                for &(i, bytes) in &plan {
                    peers[i] = Vec::new();
                    peers[i].reserve_exact(bytes);
                    peers[i].push(black_box(1));
                }
            },
        );
        compare(
            &name("read through the owner, random order"),
            ops,
            &mut both,
            |(ours, _)| {
                let sum = plan.iter().map(|&(i, _)| u64::from(ours.blocks[i].as_slice(&ours.heap)[0]));
                black_box(sum.sum::<u64>());
            },
            |(_, peers)| {
                black_box(plan.iter().map(|&(i, _)| u64::from(peers[i][0])).sum::<u64>());
            },
        );
        if !wants("fragmentation") {
            return;
        }
        println!(
            "{:44} {:8} KiB used, {} KiB high water",
            name("fragmentation after that"),
            both.0.heap.used_bytes() >> 10,
            both.0.heap.high_water_bytes() >> 10
        );
    });
}

fn growth() {
    type R = Root<{ 4 << 20 }, 1>;
    const N: usize = 10_000;
    let mut arena = Arena::with_journal::<R>(1 << 20);
    arena.with(|ours: &mut R| {
        let mut both = (ours, Vec::<u64>::new(), String::new());
        compare(
            "vec: 10,000 x push from empty",
            N,
            &mut both,
            |(ours, ..)| {
                (0..N as u64).for_each(|n| drop(black_box(ours.numbers.push(&mut ours.heap, n).is_ok())));
                ours.numbers.free(&mut ours.heap);
            },
            |(_, vec, _)| {
                (0..N as u64).for_each(|n| vec.push(black_box(n)));
                *vec = Vec::new();
            },
        );
        compare(
            "vec: 10,000 x push with room",
            N,
            &mut both,
            |(ours, ..)| {
                ours.numbers.clear(&mut ours.heap);
                (0..N as u64).for_each(|n| drop(black_box(ours.numbers.push(&mut ours.heap, n).is_ok())));
            },
            |(_, vec, _)| {
                vec.clear();
                (0..N as u64).for_each(|n| vec.push(black_box(n)));
            },
        );
        compare(
            "vec: get, each of 10,000 by index",
            N,
            &mut both,
            |(ours, ..)| {
                let sum = (0..N).filter_map(|i| ours.numbers.get(&ours.heap, black_box(i)));
                black_box(sum.fold(0, |a: u64, b| a ^ b));
            },
            |(_, vec, _)| {
                black_box((0..N).filter_map(|i| vec.get(black_box(i))).fold(0, |a: u64, b| a ^ b));
            },
        );
        compare(
            "vec: sum of the slice of 10,000",
            N,
            &mut both,
            |(ours, ..)| drop(black_box(ours.numbers.iter(&ours.heap).sum::<u64>())),
            |(_, vec, _)| drop(black_box(vec.iter().sum::<u64>())),
        );
        compare(
            "string: 1,000 x push_str of 9 bytes",
            1_000,
            &mut both,
            |(ours, ..)| {
                (0..1_000).for_each(|_| drop(ours.text.push_str(&mut ours.heap, black_box("a message"))));
                ours.text.free(&mut ours.heap);
            },
            |(_, _, string)| {
                (0..1_000).for_each(|_| string.push_str(black_box("a message")));
                *string = String::new();
            },
        );
        compare(
            "string: new of 20 bytes + free",
            1_000,
            &mut both,
            |(ours, ..)| {
                for _ in 0..1_000 {
                    ours.text.push_str(&mut ours.heap, black_box("twenty bytes of text"));
                    ours.text.free(&mut ours.heap);
                }
            },
            |(_, _, string)| {
                for _ in 0..1_000 {
                    string.push_str(black_box("twenty bytes of text"));
                    *string = black_box(String::new());
                }
            },
        );
        compare(
            "string: new + free, each in a transaction",
            1_000,
            &mut both,
            |(ours, ..)| {
                for _ in 0..1_000 {
                    transaction(*ours, |ours, _| {
                        ours.text.push_str(&mut ours.heap, black_box("twenty bytes of text"))?;
                        ours.text.free(&mut ours.heap)
                    })
                    .unwrap();
                }
            },
            |(_, _, string)| {
                for _ in 0..1_000 {
                    string.push_str(black_box("twenty bytes of text"));
                    *string = black_box(String::new());
                }
            },
        );
    });
}

/// Pushes that do not wait for each other: to another vector each time.
fn in_turn() {
    const VECS: usize = 1_000;
    type R = Root<{ 1 << 20 }, VECS>;
    let mut arena = Arena::with_journal::<R>(1 << 20);
    arena.with(|ours: &mut R| {
        let vecs: Vec<_> = (0..VECS).map(|_| Vec::<u8>::with_capacity(16)).collect();
        let mut both = (ours, vecs);
        both.0.blocks.iter_mut().for_each(|block| block.reserve(&mut both.0.heap, 16).unwrap());
        compare(
            "vec: push with room, 1,000 vecs in turn",
            16 * VECS,
            &mut both,
            |(ours, _)| {
                ours.blocks.iter_mut().for_each(|block| block.clear(&mut ours.heap));
                for n in 0..16 {
                    ours.blocks.iter_mut().for_each(|b| drop(black_box(b.push(&mut ours.heap, n).is_ok())));
                }
            },
            |(_, vecs)| {
                vecs.iter_mut().for_each(Vec::clear);
                for n in 0..16 {
                    vecs.iter_mut().for_each(|vec| vec.push(black_box(n)));
                }
            },
        );
    });
}

/// What an attach after a crash does with the blocks.
fn recovery<const BYTES: usize, const LIVE: usize>() {
    if !wants("attach") {
        return;
    }
    let mut arena = Arena::new::<Root<BYTES, LIVE>>();
    arena.with(|root: &mut Root<BYTES, LIVE>| {
        for block in &mut root.blocks {
            block.push(&mut root.heap, 1).unwrap();
        }
    });
    let mut fastest = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        arena.recover::<Root<BYTES, LIVE>>();
        fastest = fastest.min(start.elapsed().as_secs_f64());
    }
    let rate = LIVE as f64 / fastest / 1e6;
    println!(
        "attach: check and rebuild of {LIVE} owners     {:8.2} ms  {rate:.1} million a second",
        fastest * 1e3
    );
}

fn main() {
    blocks::<{ 1 << 20 }, 2_000>(200_000);
    growth();
    in_turn();
    recovery::<{ 64 << 20 }, 1_000_000>();
    if args().any(|arg| arg == "large") {
        blocks::<{ 512 << 20 }, 1_000_000>(2_000_000);
    }
}
