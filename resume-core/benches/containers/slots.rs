//! Pools and bit sets.

use std::hint::black_box;

use fixedbitset::FixedBitSet;
use resume_core::container::BitSet;
use resume_core::pool::{Handle, Pool};
use slab::Slab;
use slotmap::{DefaultKey, SlotMap};

use crate::compare::Kind::{Mutation, Read, Shown};
use crate::compare::Table;
use crate::support::{Random, Shared, Unit, repeats};

const SAMPLE: usize = 1 << 17;

/// Objects of 64 bytes, three quarters of the slots in use, visited in random order.
pub(crate) fn pools<const N: usize>(table: &mut Table) {
    if !table.wants("pool") {
        return;
    }
    let live = N * 3 / 4;
    let mut order = Random(3).order(live);
    order.truncate(SAMPLE);
    let mut shared = Shared::new::<Pool<Unit, N>>();
    shared.with(|ours: &mut Pool<Unit, N>| {
        let mut handles: Vec<Handle<Unit>> =
            (0..live as u64).map(|i| ours.insert(Unit::new(i)).unwrap()).collect();
        against_slotmap(table, ours, &mut handles, &order);
        against_slab(table, ours, &mut handles, &order);
    });
}

fn get<const N: usize>(pool: &Pool<Unit, N>, handles: &[Handle<Unit>]) -> u64 {
    handles.iter().filter_map(|handle| pool.get(*handle)).fold(0, |a, unit| a ^ unit.0[3])
}

fn churn<const N: usize>(pool: &mut Pool<Unit, N>, handles: &mut [Handle<Unit>], order: &[usize]) {
    for &i in order {
        black_box(pool.remove(handles[i]).is_some());
        handles[i] = pool.insert(Unit::new(1)).unwrap();
    }
}

fn against_slotmap<const N: usize>(
    table: &mut Table,
    ours: &mut Pool<Unit, N>,
    handles: &mut [Handle<Unit>],
    order: &[usize],
) {
    let mut peer: SlotMap<DefaultKey, Unit> = SlotMap::with_capacity(N);
    let mut keys: Vec<DefaultKey> = (0..handles.len()).map(|i| peer.insert(Unit::new(i as u64))).collect();
    let (times, row) = (repeats(order.len()), |what| ("pool", what, handles.len()));
    let shuffled: Vec<_> = order.iter().map(|i| handles[*i]).collect();
    let shuffled_keys: Vec<_> = order.iter().map(|i| keys[*i]).collect();
    table.compare(
        Read,
        row("get"),
        "slotmap",
        order.len() * times,
        (
            || (0..times).for_each(|_| _ = black_box(get(ours, &shuffled))),
            || {
                for _ in 0..times {
                    let units = shuffled_keys.iter().filter_map(|key| peer.get(*key));
                    black_box(units.fold(0, |a, unit| a ^ unit.0[3]));
                }
            },
        ),
    );
    let iterate = row("iterate");
    table.compare(
        Mutation,
        row("remove + insert"),
        "slotmap",
        order.len() * 2,
        (
            || churn(ours, handles, order),
            || {
                for &i in order {
                    black_box(peer.remove(keys[i]).is_some());
                    keys[i] = peer.insert(Unit::new(1));
                }
            },
        ),
    );
    table.compare(
        Read,
        iterate,
        "slotmap",
        iterate.2,
        (
            || _ = black_box(ours.iter().map(|(_, unit)| unit.0[0]).sum::<u64>()),
            || {
                black_box(peer.iter().map(|(_, unit)| unit.0[0]).sum::<u64>());
            },
        ),
    );
}

/// `slab` has no generations: a stale key leads to whatever is there now.
fn against_slab<const N: usize>(
    table: &mut Table,
    ours: &mut Pool<Unit, N>,
    handles: &mut [Handle<Unit>],
    order: &[usize],
) {
    let mut peer: Slab<Unit> = Slab::with_capacity(N);
    let mut keys: Vec<usize> = (0..handles.len()).map(|i| peer.insert(Unit::new(i as u64))).collect();
    let (times, row) = (repeats(order.len()), |what| ("pool", what, handles.len()));
    let shuffled: Vec<_> = order.iter().map(|i| handles[*i]).collect();
    let shuffled_keys: Vec<_> = order.iter().map(|i| keys[*i]).collect();
    table.compare(
        Shown,
        row("get"),
        "slab (no generations)",
        order.len() * times,
        (
            || (0..times).for_each(|_| _ = black_box(get(ours, &shuffled))),
            || {
                for _ in 0..times {
                    let units = shuffled_keys.iter().filter_map(|key| peer.get(*key));
                    black_box(units.fold(0, |a, unit| a ^ unit.0[3]));
                }
            },
        ),
    );
    table.compare(
        Shown,
        row("remove + insert"),
        "slab (no generations)",
        order.len() * 2,
        (
            || churn(ours, handles, order),
            || {
                for &i in order {
                    black_box(peer.try_remove(keys[i]).is_some());
                    keys[i] = peer.insert(Unit::new(1));
                }
            },
        ),
    );
}

/// Numbers below 64 × `W`, half of them in the set.
pub(crate) fn bit_sets<const W: usize>(table: &mut Table) {
    if !table.wants("bit set") {
        return;
    }
    let order = Random(7).order(BitSet::<W>::CAPACITY);
    let mut shared = Shared::new::<BitSet<W>>();
    shared.with(|ours: &mut BitSet<W>| {
        let mut peer = FixedBitSet::with_capacity(BitSet::<W>::CAPACITY);
        for &number in &order[..order.len() / 2] {
            ours.insert(number).unwrap();
            peer.insert(number);
        }
        let row = |what| ("bit set", what, order.len());
        table.compare(
            Read,
            row("contains"),
            "fixedbitset",
            order.len(),
            (
                || _ = black_box(order.iter().filter(|number| ours.contains(**number)).count()),
                || {
                    black_box(order.iter().filter(|number| peer.contains(**number)).count());
                },
            ),
        );
        table.compare(
            Read,
            row("iterate"),
            "fixedbitset",
            order.len() / 2,
            (
                || _ = black_box(ours.iter().sum::<usize>()),
                || {
                    black_box(peer.ones().sum::<usize>());
                },
            ),
        );
        table.compare(
            Read,
            row("count"),
            "fixedbitset",
            W,
            (|| _ = black_box(ours.len()), || _ = black_box(peer.count_ones(..))),
        );
        table.compare(
            Mutation,
            row("insert + remove"),
            "fixedbitset",
            order.len() * 2,
            (
                || {
                    order.iter().for_each(|number| _ = black_box(ours.insert(*number).unwrap()));
                    order.iter().for_each(|number| _ = black_box(ours.remove(*number)));
                },
                || {
                    order.iter().for_each(|number| _ = black_box(peer.put(*number)));
                    for number in &order {
                        // `remove` does not tell whether it was there; ours does.
                        black_box(peer.contains(*number));
                        peer.remove(*number);
                    }
                },
            ),
        );
        let mut other = Box::new(BitSet::<W>::new());
        let mut peers_other = FixedBitSet::with_capacity(BitSet::<W>::CAPACITY);
        for &number in &order[order.len() / 3..] {
            other.insert(number).unwrap();
            peers_other.insert(number);
        }
        table.compare(
            Mutation,
            row("union"),
            "fixedbitset",
            W,
            (|| ours.union_with(black_box(&other)).unwrap(), || peer.union_with(black_box(&peers_other))),
        );
    });
}
