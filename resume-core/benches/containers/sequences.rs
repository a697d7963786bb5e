//! Vectors and strings.

use std::hint::black_box;

use resume_core::container::{StaticString, StaticVec};

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
