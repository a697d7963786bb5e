//! Containers against their heap peers, one run, ratios of the fastest rounds.
//!
//! ```text
//! cargo bench -p resume-core --bench containers            in-cache sizes
//! cargo bench -p resume-core --bench containers -- large   and a working set of some 150 MiB
//! ```
//! Ours run with the journal of a segment active, as in a server. Rounds of the two sides alternate, so that
//! a change of the machine's speed hits both.

#![allow(clippy::unwrap_used, clippy::unit_arg, dropping_copy_types, reason = "a benchmark")]

#[path = "../tests/container_support/mod.rs"]
mod container_support;

use std::collections::VecDeque;
use std::hint::black_box;
use std::time::Instant;

use container_support::Arena;
use hashbrown::HashMap;
use resume_core::ShmSafe;
use resume_core::container::hash::FixedState;
use resume_core::container::{StaticMap, StaticVec};
use resume_core::event::EventQueue;
use resume_core::pool::{Handle, Pool};
use slotmap::{DefaultKey, SlotMap};

const ROUNDS: usize = 15;

/// Random numbers that are the same in each run (splitmix64, Steele, Lea, Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn keys(&mut self, count: usize) -> Vec<u64> {
        (0..count).map(|_| self.next()).collect()
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, (self.next() % (i as u64 + 1)) as usize);
        }
    }
}

/// The fastest round: what other processes do to this machine only ever adds.
fn fastest(times: &[f64]) -> f64 {
    times.iter().copied().fold(f64::INFINITY, f64::min)
}

/// Times both sides in turn; each call does `ops` operations.
fn compare(name: &str, peer: &str, ops: usize, mut ours: impl FnMut(), mut theirs: impl FnMut()) {
    let (mut our_ns, mut their_ns) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let start = Instant::now();
        ours();
        our_ns.push(start.elapsed().as_nanos() as f64 / ops as f64);
        let start = Instant::now();
        theirs();
        their_ns.push(start.elapsed().as_nanos() as f64 / ops as f64);
    }
    let (ours, theirs) = (fastest(&our_ns), fastest(&their_ns));
    println!("{name:34} {ours:8.2} ns  {peer:22} {theirs:8.2} ns  ratio {:5.2}", ours / theirs);
}

fn maps<const N: usize>() {
    type Ours<const N: usize> = StaticMap<u64, u64, N>;
    let entries = Ours::<N>::CAPACITY * 3 / 4;
    let repeat = (200_000 / entries).max(1);
    let mut random = Random(1);
    let keys = random.keys(entries);
    let absent = random.keys(entries);
    let mut order = keys.clone();
    random.shuffle(&mut order);
    let mut arena = Arena::new::<Ours<N>>();
    arena.with(|ours: &mut Ours<N>| {
        let mut peer: HashMap<u64, u64, FixedState> =
            HashMap::with_capacity_and_hasher(Ours::<N>::CAPACITY, FixedState);
        let mut default: HashMap<u64, u64> = HashMap::with_capacity(Ours::<N>::CAPACITY);
        for &key in &keys {
            let _ = ours.insert(key, key);
            peer.insert(key, key);
            default.insert(key, key);
        }
        let ops = entries * repeat;
        let label = |what: &str| format!("map {what} ({entries})");
        let get = |ours: &Ours<N>, keys: &[u64]| {
            for _ in 0..repeat {
                black_box(keys.iter().filter_map(|key| ours.get(key)).fold(0, |a: u64, b| a ^ b));
            }
        };
        let peer_get = |peer: &HashMap<u64, u64, FixedState>, keys: &[u64]| {
            for _ in 0..repeat {
                black_box(keys.iter().filter_map(|key| peer.get(key)).fold(0, |a: u64, b| a ^ b));
            }
        };
        let same = "hashbrown, our hasher";
        compare(&label("get hit"), same, ops, || get(ours, &order), || peer_get(&peer, &order));
        compare(
            &label("get hit"),
            "hashbrown, foldhash",
            ops,
            || get(ours, &order),
            || {
                for _ in 0..repeat {
                    black_box(order.iter().filter_map(|key| default.get(key)).fold(0, |a: u64, b| a ^ b));
                }
            },
        );
        compare(&label("get miss"), same, ops, || get(ours, &absent), || peer_get(&peer, &absent));
        compare(
            &label("iterate"),
            same,
            ops,
            || (0..repeat).for_each(|_| drop(black_box(ours.values().sum::<u64>() as u8))),
            || (0..repeat).for_each(|_| drop(black_box(peer.values().sum::<u64>() as u8))),
        );
        let mut replace = |value: u64| {
            for key in &order {
                black_box(ours.insert(*key, value).ok().flatten());
            }
        };
        compare(
            &label("insert, replaces"),
            same,
            ops,
            || (0..repeat as u64).for_each(&mut replace),
            || {
                for value in 0..repeat as u64 {
                    for key in &order {
                        black_box(peer.insert(*key, value));
                    }
                }
            },
        );
        compare(
            &label("remove + insert"),
            same,
            ops * 2,
            || {
                for _ in 0..repeat {
                    for (old, new) in order.iter().zip(&absent) {
                        black_box(ours.remove(old));
                        black_box(ours.insert(*new, 1).ok().flatten());
                    }
                    for (old, new) in absent.iter().zip(&order) {
                        black_box(ours.remove(old));
                        black_box(ours.insert(*new, 1).ok().flatten());
                    }
                }
            },
            || {
                for _ in 0..repeat {
                    for (old, new) in order.iter().zip(&absent) {
                        black_box(peer.remove(old));
                        black_box(peer.insert(*new, 1));
                    }
                    for (old, new) in absent.iter().zip(&order) {
                        black_box(peer.remove(old));
                        black_box(peer.insert(*new, 1));
                    }
                }
            },
        );
        compare(
            &label("fill + clear"),
            same,
            ops,
            || {
                for _ in 0..repeat {
                    ours.clear();
                    for key in &keys {
                        black_box(ours.insert(*key, 1).ok().flatten());
                    }
                }
            },
            || {
                for _ in 0..repeat {
                    peer.clear();
                    for key in &keys {
                        black_box(peer.insert(*key, 1));
                    }
                }
            },
        );
    });
}

fn vecs<const N: usize>() {
    let repeat = (400_000 / N).max(1);
    let mut random = Random(2);
    let mut order: Vec<usize> = (0..N).collect();
    random.shuffle(&mut order);
    let mut arena = Arena::new::<StaticVec<u64, N>>();
    arena.with(|ours: &mut StaticVec<u64, N>| {
        let mut peer = Vec::with_capacity(N);
        let ops = N * repeat;
        let label = |what: &str| format!("vec {what} ({N})");
        compare(
            &label("push + pop"),
            "Vec",
            ops * 2,
            || {
                for _ in 0..repeat {
                    (0..N as u64).for_each(|i| drop(black_box(ours.push(i).is_ok())));
                    while let Some(value) = ours.pop() {
                        black_box(value);
                    }
                }
            },
            || {
                for _ in 0..repeat {
                    (0..N as u64).for_each(|i| black_box(peer.push(i)));
                    while let Some(value) = peer.pop() {
                        black_box(value);
                    }
                }
            },
        );
        for i in 0..N as u64 {
            let _ = ours.push(i);
            peer.push(i);
        }
        compare(
            &label("get at random"),
            "Vec",
            ops,
            || (0..repeat).for_each(|_| order.iter().for_each(|i| drop(black_box(ours.get(*i).copied())))),
            || (0..repeat).for_each(|_| order.iter().for_each(|i| drop(black_box(peer.get(*i).copied())))),
        );
        compare(
            &label("iterate"),
            "Vec",
            ops,
            || (0..repeat).for_each(|_| drop(black_box(ours.iter().sum::<u64>() as u8))),
            || (0..repeat).for_each(|_| drop(black_box(peer.iter().sum::<u64>() as u8))),
        );
        compare(
            &label("set"),
            "Vec",
            ops,
            || (0..repeat).for_each(|_| order.iter().for_each(|i| drop(black_box(ours.set(*i, 1).is_ok())))),
            || {
                (0..repeat).for_each(|_| {
                    order.iter().for_each(|i| drop(black_box(std::mem::replace(&mut peer[*i], 1))))
                });
            },
        );
    });
}

/// A value of a game object's size.
#[derive(ShmSafe, Clone, Copy)]
#[repr(C)]
struct Unit([u64; 8]);

fn pools<const N: usize>() {
    let live = N * 3 / 4;
    let repeat = (200_000 / live).max(1);
    let mut random = Random(3);
    let mut arena = Arena::new::<Pool<Unit, N>>();
    arena.with(|ours: &mut Pool<Unit, N>| {
        let mut peer: SlotMap<DefaultKey, Unit> = SlotMap::with_capacity(N);
        let mut handles: Vec<Handle<Unit>> = Vec::new();
        let mut keys: Vec<DefaultKey> = Vec::new();
        for i in 0..live as u64 {
            handles.extend(ours.insert(Unit([i; 8])));
            keys.push(peer.insert(Unit([i; 8])));
        }
        let mut order: Vec<usize> = (0..live).collect();
        random.shuffle(&mut order);
        let ops = live * repeat;
        let label = |what: &str| format!("pool {what} ({live})");
        let shuffled: Vec<_> = order.iter().map(|i| handles[*i]).collect();
        let shuffled_keys: Vec<_> = order.iter().map(|i| keys[*i]).collect();
        compare(
            &label("get"),
            "slotmap",
            ops,
            || {
                for _ in 0..repeat {
                    black_box(shuffled.iter().filter_map(|h| ours.get(*h)).fold(0, |a, u| a ^ u.0[3]));
                }
            },
            || {
                for _ in 0..repeat {
                    black_box(shuffled_keys.iter().filter_map(|k| peer.get(*k)).fold(0, |a, u| a ^ u.0[3]));
                }
            },
        );
        compare(
            &label("remove + insert"),
            "slotmap",
            ops * 2,
            || {
                for _ in 0..repeat {
                    for &i in &order {
                        black_box(ours.remove(handles[i]).is_some());
                        if let Ok(handle) = ours.insert(Unit([1; 8])) {
                            handles[i] = handle;
                        }
                    }
                }
            },
            || {
                for _ in 0..repeat {
                    for &i in &order {
                        black_box(peer.remove(keys[i]).is_some());
                        keys[i] = peer.insert(Unit([1; 8]));
                    }
                }
            },
        );
        compare(
            &label("iterate"),
            "slotmap",
            ops,
            || (0..repeat).for_each(|_| drop(black_box(ours.iter().map(|(_, u)| u.0[0]).sum::<u64>() as u8))),
            || (0..repeat).for_each(|_| drop(black_box(peer.iter().map(|(_, u)| u.0[0]).sum::<u64>() as u8))),
        );
    });
}

fn queues() {
    const N: usize = 1024;
    let repeat = 200;
    let mut arena = Arena::new::<EventQueue<[u64; 4], N>>();
    arena.with(|ours: &mut EventQueue<[u64; 4], N>| {
        let mut peer: VecDeque<[u64; 4]> = VecDeque::with_capacity(N);
        compare(
            "queue push + begin + finish",
            "VecDeque",
            N * repeat,
            || {
                for _ in 0..repeat {
                    (0..N as u64).for_each(|i| drop(black_box(ours.push([i; 4]).is_ok())));
                    while let Some(event) = ours.begin() {
                        black_box(*event);
                        ours.finish(event);
                    }
                }
            },
            || {
                for _ in 0..repeat {
                    (0..N as u64).for_each(|i| peer.push_back(black_box([i; 4])));
                    while let Some(event) = peer.pop_front() {
                        black_box(event);
                    }
                }
            },
        );
    });
}

fn main() {
    maps::<1024>();
    maps::<16384>();
    vecs::<1024>();
    vecs::<65536>();
    pools::<1024>();
    pools::<16384>();
    queues();
    if std::env::args().any(|arg| arg == "large") {
        maps::<{ 1 << 23 }>();
        pools::<{ 1 << 21 }>();
    }
}
