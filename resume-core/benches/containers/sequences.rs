//! Vectors, strings, rings, queues, versioned values.

use std::collections::VecDeque;
use std::hint::black_box;

use resume_core::container::{Ring, StaticString, StaticVec, Versioned};
use resume_core::event::EventQueue;

use crate::compare::Kind::{Mutation, Read};
use crate::compare::Table;
use crate::support::{Random, Shared, Unit, repeats};

const SAMPLE: usize = 1 << 18;

pub(crate) fn vecs<const N: usize>(table: &mut Table) {
    if !table.wants("vec") {
        return;
    }
    let mut random = Random(2);
    let order: Vec<usize> = (0..N.min(SAMPLE)).map(|_| random.below(N)).collect();
    let (times, ops) = (repeats(order.len()), order.len() * repeats(order.len()));
    let mut shared = Shared::new::<StaticVec<u64, N>>();
    shared.with(|ours: &mut StaticVec<u64, N>| {
        let mut peer = Vec::with_capacity(N);
        let row = |what| ("vec", what, N);
        for i in 0..N as u64 {
            ours.push(i).unwrap();
            peer.push(i);
        }
        table.compare(
            Read,
            row("get at random"),
            "Vec",
            ops,
            (
                || (0..times).for_each(|_| order.iter().for_each(|i| _ = black_box(ours.get(*i)))),
                || (0..times).for_each(|_| order.iter().for_each(|i| _ = black_box(peer.get(*i)))),
            ),
        );
        table.compare(
            Read,
            row("sum of random elements"),
            "Vec",
            ops,
            (
                || {
                    (0..times).for_each(|_| {
                        _ = black_box(order.iter().filter_map(|i| ours.get(*i)).sum::<u64>());
                    });
                },
                || {
                    (0..times).for_each(|_| {
                        _ = black_box(order.iter().filter_map(|i| peer.get(*i)).sum::<u64>());
                    });
                },
            ),
        );
        table.compare(
            Mutation,
            row("set at random"),
            "Vec",
            ops,
            (
                || {
                    (0..times as u64).for_each(|value| {
                        order.iter().for_each(|i| _ = black_box(ours.set(*i, value).unwrap()));
                    });
                },
                || {
                    (0..times as u64).for_each(|value| {
                        order.iter().for_each(|i| _ = black_box(std::mem::replace(&mut peer[*i], value)));
                    });
                },
            ),
        );
        if table.large {
            return;
        }
        let times = repeats(N);
        table.compare(
            Read,
            row("iterate"),
            "Vec",
            N * times,
            (
                || (0..times).for_each(|_| _ = black_box(ours.iter().sum::<u64>())),
                || {
                    (0..times).for_each(|_| _ = black_box(peer.iter().sum::<u64>()));
                },
            ),
        );
        table.compare(
            Mutation,
            row("pop all + push all"),
            "Vec",
            N * times * 2,
            (
                || {
                    for _ in 0..times {
                        while let Some(value) = ours.pop() {
                            black_box(value);
                        }
                        (0..N as u64).for_each(|i| ours.push(black_box(i)).unwrap());
                    }
                },
                || {
                    for _ in 0..times {
                        while let Some(value) = peer.pop() {
                            black_box(value);
                        }
                        (0..N as u64).for_each(|i| peer.push(black_box(i)));
                    }
                },
            ),
        );
        table.compare(
            Mutation,
            row("clear + extend by 16"),
            "Vec",
            N * times / 16,
            (
                || {
                    for _ in 0..times {
                        ours.clear();
                        (0..N / 16).for_each(|_| ours.extend_from_slice(black_box(&[7; 16])).unwrap());
                    }
                },
                || {
                    for _ in 0..times {
                        peer.clear();
                        (0..N / 16).for_each(|_| peer.extend_from_slice(black_box(&[7; 16])));
                    }
                },
            ),
        );
    });
}

/// Elements of 64 bytes: where they are replaced or moved, the undo log is needed.
pub(crate) fn units<const N: usize>(table: &mut Table) {
    if !table.wants("vec of 64 B") {
        return;
    }
    let order = Random(11).order(N / 2);
    let mut shared = Shared::new::<StaticVec<Unit, N>>();
    shared.with(|ours: &mut StaticVec<Unit, N>| {
        let mut peer = Vec::with_capacity(N);
        for i in 0..N as u64 / 2 {
            ours.push(Unit::new(i)).unwrap();
            peer.push(Unit::new(i));
        }
        let row = |what| ("vec of 64 B", what, N / 2);
        table.compare(
            Mutation,
            row("set at random"),
            "Vec",
            order.len(),
            (
                || order.iter().for_each(|i| _ = black_box(ours.set(*i, Unit::new(3)).unwrap())),
                || {
                    order.iter().for_each(|i| _ = black_box(std::mem::replace(&mut peer[*i], Unit::new(3))));
                },
            ),
        );
        table.compare(
            Mutation,
            row("swap_remove + push"),
            "Vec",
            order.len() * 2,
            (
                || {
                    for &i in &order {
                        black_box(ours.swap_remove(i).unwrap());
                        ours.push(Unit::new(4)).unwrap();
                    }
                },
                || {
                    for &i in &order {
                        black_box(peer.swap_remove(i));
                        peer.push(Unit::new(4));
                    }
                },
            ),
        );
        ours.truncate(32);
        peer.truncate(32);
        table.compare(
            Mutation,
            ("vec of 64 B", "insert(8) + remove(8)", 32),
            "Vec",
            2000,
            (
                || {
                    for i in 0..1000 {
                        ours.insert(8, Unit::new(i)).unwrap();
                        black_box(ours.remove(8).unwrap());
                    }
                },
                || {
                    for i in 0..1000 {
                        peer.insert(8, Unit::new(i));
                        black_box(peer.remove(8));
                    }
                },
            ),
        );
    });
}

pub(crate) fn strings(table: &mut Table) {
    const N: usize = 64;
    if !table.wants("string") {
        return;
    }
    const WORDS: [&str; 8] = ["a", "player", "Zürich", "x42", "the quick brown fox", "π", "done", ""];
    let mut shared = Shared::new::<[StaticString<N>; 64]>();
    shared.with(|ours: &mut [StaticString<N>; 64]| {
        let mut peer = vec![String::with_capacity(N); 64];
        let row = |what| ("string", what, 64);
        let texts: Vec<String> = (0..64).map(|i| format!("{}{}{i}", WORDS[i % 8], WORDS[i % 5])).collect();
        table.compare(
            Mutation,
            row("clear + push_str × 3"),
            "String",
            64 * 100,
            (
                || {
                    for i in 0..100 {
                        for string in ours.iter_mut() {
                            string.clear();
                            (0..3).for_each(|k| string.push_str(black_box(WORDS[(i + k) % 8])).unwrap());
                        }
                    }
                },
                || {
                    for i in 0..100 {
                        for string in &mut peer {
                            string.clear();
                            (0..3).for_each(|k| string.push_str(black_box(WORDS[(i + k) % 8])));
                        }
                    }
                },
            ),
        );
        table.compare(
            Mutation,
            row("push + pop"),
            "String",
            64 * 200,
            (
                || {
                    for string in ours.iter_mut() {
                        (0..100).for_each(|_| {
                            string.push(black_box('é')).unwrap();
                            black_box(string.pop());
                        });
                    }
                },
                || {
                    for string in &mut peer {
                        (0..100).for_each(|_| {
                            string.push(black_box('é'));
                            black_box(string.pop());
                        });
                    }
                },
            ),
        );
        table.compare(
            Mutation,
            row("assign"),
            "String",
            64 * 100,
            (
                || {
                    for i in 0..100 {
                        for (string, text) in ours.iter_mut().zip(texts[i % 32..].iter().cycle()) {
                            string.assign(text).unwrap();
                        }
                    }
                },
                || {
                    for i in 0..100 {
                        for (string, text) in peer.iter_mut().zip(texts[i % 32..].iter().cycle()) {
                            text.clone_into(string);
                        }
                    }
                },
            ),
        );
        let found = |texts: &mut dyn Iterator<Item = &str>| texts.filter(|text| *text == "player42").count();
        table.compare(
            Read,
            row("compare"),
            "String",
            64 * 100,
            (
                || (0..100).for_each(|_| _ = black_box(found(&mut ours.iter().map(|s| s.as_str())))),
                || (0..100).for_each(|_| _ = black_box(found(&mut peer.iter().map(|s| s.as_str())))),
            ),
        );
        let chars = |texts: &mut dyn Iterator<Item = &str>| texts.map(|t| t.chars().count()).sum::<usize>();
        table.compare(
            Read,
            row("count characters"),
            "String",
            64 * 100,
            (
                || (0..100).for_each(|_| _ = black_box(chars(&mut ours.iter().map(|s| s.as_str())))),
                || (0..100).for_each(|_| _ = black_box(chars(&mut peer.iter().map(|s| s.as_str())))),
            ),
        );
    });
}

pub(crate) fn rings<const N: usize>(table: &mut Table) {
    if !table.wants("ring") {
        return;
    }
    let order = Random(12).order(N / 2);
    let mut shared = Shared::new::<Ring<u64, N>>();
    shared.with(|ours: &mut Ring<u64, N>| {
        let mut peer = VecDeque::with_capacity(N);
        for i in 0..N as u64 / 2 {
            ours.push_back(i).unwrap();
            peer.push_back(i);
        }
        let times = repeats(N / 2);
        let row = |what| ("ring", what, N / 2);
        table.compare(
            Mutation,
            row("pop_front + push_back"),
            "VecDeque",
            100_000,
            (
                || {
                    for i in 0..50_000 {
                        black_box(ours.pop_front());
                        ours.push_back(black_box(i)).unwrap();
                    }
                },
                || {
                    for i in 0..50_000 {
                        black_box(peer.pop_front());
                        peer.push_back(black_box(i));
                    }
                },
            ),
        );
        table.compare(
            Read,
            row("get at random"),
            "VecDeque",
            order.len() * times,
            (
                || (0..times).for_each(|_| order.iter().for_each(|i| _ = black_box(ours.get(*i)))),
                || (0..times).for_each(|_| order.iter().for_each(|i| _ = black_box(peer.get(*i)))),
            ),
        );
        table.compare(
            Read,
            row("iterate"),
            "VecDeque",
            N / 2 * times,
            (
                || (0..times).for_each(|_| _ = black_box(ours.iter().sum::<u64>())),
                || {
                    (0..times).for_each(|_| _ = black_box(peer.iter().sum::<u64>()));
                },
            ),
        );
        table.compare(
            Mutation,
            row("set at random"),
            "VecDeque",
            order.len() * times,
            (
                || {
                    (0..times as u64).for_each(|value| {
                        order.iter().for_each(|i| _ = black_box(ours.set(*i, value).unwrap()));
                    });
                },
                || {
                    (0..times as u64).for_each(|value| {
                        order.iter().for_each(|i| _ = black_box(std::mem::replace(&mut peer[*i], value)));
                    });
                },
            ),
        );
    });
}

pub(crate) fn queues<const N: usize>(table: &mut Table) {
    if !table.wants("queue") {
        return;
    }
    let mut shared = Shared::new::<EventQueue<[u64; 4], N>>();
    shared.with(|ours: &mut EventQueue<[u64; 4], N>| {
        let mut peer: VecDeque<[u64; 4]> = VecDeque::with_capacity(N);
        table.compare(
            Mutation,
            ("queue", "push + begin + finish", N),
            "VecDeque",
            N * 50,
            (
                || {
                    for _ in 0..50 {
                        (0..N as u64).for_each(|i| _ = black_box(ours.push([i; 4]).is_ok()));
                        while let Some(event) = ours.begin() {
                            black_box(*event);
                            ours.finish(event);
                        }
                    }
                },
                || {
                    for _ in 0..50 {
                        (0..N as u64).for_each(|i| peer.push_back(black_box([i; 4])));
                        while let Some(event) = peer.pop_front() {
                            black_box(event);
                        }
                    }
                },
            ),
        );
    });
}

/// Against a plain value that is overwritten.
pub(crate) fn versioned(table: &mut Table) {
    if !table.wants("versioned") {
        return;
    }
    let mut shared = Shared::new::<[Versioned<[u64; 16]>; 64]>();
    shared.with(|ours: &mut [Versioned<[u64; 16]>; 64]| {
        let mut peer = vec![Some([0_u64; 16]); 64];
        ours.iter_mut().for_each(|value| value.set([0; 16]));
        let row = |what| ("versioned of 128 B", what, 64);
        table.compare(
            Mutation,
            row("set"),
            "Vec of Option",
            64 * 100,
            (
                || (0..100).for_each(|i| ours.iter_mut().for_each(|value| value.set(black_box([i; 16])))),
                || (0..100).for_each(|i| peer.iter_mut().for_each(|value| *value = Some(black_box([i; 16])))),
            ),
        );
        table.compare(
            Read,
            row("get"),
            "Vec of Option",
            64 * 100,
            (
                || {
                    (0..100).for_each(|_| {
                        let values = ours.iter().filter_map(Versioned::get);
                        _ = black_box(values.map(|value| value[7]).sum::<u64>());
                    });
                },
                || {
                    (0..100).for_each(|_| {
                        let values = peer.iter().filter_map(Option::as_ref);
                        _ = black_box(values.map(|value| value[7]).sum::<u64>());
                    });
                },
            ),
        );
    });
}
