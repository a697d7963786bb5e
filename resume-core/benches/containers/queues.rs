//! Rings, event queues, versioned values.

use std::collections::VecDeque;
use std::hint::black_box;

use resume_core::container::{Ring, Versioned};
use resume_core::event::EventQueue;

use crate::compare::Kind::{Mutation, Read};
use crate::compare::Table;
use crate::support::{Random, Shared, repeats};

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
