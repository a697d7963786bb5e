//! Maps and sets.

use std::collections::HashMap as StdMap;
use std::hash::BuildHasher;
use std::hint::black_box;

use hashbrown::{HashMap, HashSet};
use resume_core::container::hash::FixedState;
use resume_core::container::{StaticMap, StaticSet};

use crate::compare::Kind::{Mutation, Read, Shown};
use crate::compare::Table;
use crate::support::{Random, Shared, Unit, repeats};

/// Operations of one round in a map that no cache holds.
const SAMPLE: usize = 1 << 18;

type Peer<S> = HashMap<u64, u64, S>;

fn peer_of<S: BuildHasher + Default>(keys: &[u64], capacity: usize) -> Peer<S> {
    let mut peer = HashMap::with_capacity_and_hasher(capacity, S::default());
    peer.extend(keys.iter().map(|&key| (key, key)));
    peer
}

fn get<const N: usize>(map: &StaticMap<u64, u64, N>, keys: &[u64]) -> u64 {
    keys.iter().filter_map(|key| map.get(key)).fold(0, |a, b| a ^ b)
}

fn peer_get<S: BuildHasher>(map: &Peer<S>, keys: &[u64]) -> u64 {
    keys.iter().filter_map(|key| map.get(key)).fold(0, |a, b| a ^ b)
}

fn replace<const N: usize>(map: &mut StaticMap<u64, u64, N>, keys: &[u64], value: u64) {
    for key in keys {
        black_box(map.insert(*key, value).unwrap());
    }
}

fn peer_replace<S: BuildHasher>(map: &mut Peer<S>, keys: &[u64], value: u64) {
    for key in keys {
        black_box(map.insert(*key, value));
    }
}

fn churn<const N: usize>(map: &mut StaticMap<u64, u64, N>, old: &[u64], new: &[u64]) {
    for (old, new) in old.iter().zip(new) {
        black_box(map.remove(old));
        black_box(map.insert(*new, 1).unwrap());
    }
}

fn peer_churn<S: BuildHasher>(map: &mut Peer<S>, old: &[u64], new: &[u64]) {
    for (old, new) in old.iter().zip(new) {
        black_box(map.remove(old));
        black_box(map.insert(*new, 1));
    }
}

/// `u64` to `u64`, three quarters full, random keys in random order.
pub(crate) fn maps<const N: usize>(table: &mut Table) {
    if !table.wants("map") {
        return;
    }
    let entries = StaticMap::<u64, u64, N>::CAPACITY * 3 / 4;
    let mut random = Random(1);
    let keys = random.keys(entries);
    let mut order = keys.clone();
    random.shuffle(&mut order);
    order.truncate(SAMPLE);
    let absent = random.keys(order.len());
    let mut shared = Shared::new::<StaticMap<u64, u64, N>>();
    shared.with(|ours: &mut StaticMap<u64, u64, N>| {
        for &key in &keys {
            ours.insert(key, key).unwrap();
        }
        against::<N, FixedState>(table, ours, "hashbrown, our hasher", &keys, &order, &absent);
        against::<N, hashbrown::DefaultHashBuilder>(
            table,
            ours,
            "hashbrown, foldhash",
            &keys,
            &order,
            &absent,
        );
        if !table.large {
            slower_peer(table, ours, &keys, &order);
            ours.clear();
            half_full::<N, FixedState>(table, ours, "hashbrown, our hasher");
            half_full::<N, hashbrown::DefaultHashBuilder>(table, ours, "hashbrown, foldhash");
        }
    });
}

/// A map that is more than half full when it runs out of empty buckets is doubled by `hashbrown`; so this is the comparison
/// of equal memory, and the one of three quarters is against a peer of twice the size.
fn half_full<const N: usize, S: BuildHasher + Default>(
    table: &mut Table,
    ours: &mut StaticMap<u64, u64, N>,
    name: &str,
) {
    let entries = StaticMap::<u64, u64, N>::CAPACITY * 7 / 16;
    let mut random = Random(13);
    let (keys, absent) = (random.keys(entries), random.keys(entries));
    let mut peer = peer_of::<S>(&keys, StaticMap::<u64, u64, N>::CAPACITY);
    ours.clear();
    replace(ours, &keys, 1);
    table.compare(
        Mutation,
        ("map", "remove + insert, half full", entries),
        name,
        entries * 4,
        (
            || {
                churn(ours, &keys, &absent);
                churn(ours, &absent, &keys);
            },
            || {
                peer_churn(&mut peer, &keys, &absent);
                peer_churn(&mut peer, &absent, &keys);
            },
        ),
    );
}

fn against<const N: usize, S: BuildHasher + Default>(
    table: &mut Table,
    ours: &mut StaticMap<u64, u64, N>,
    name: &str,
    keys: &[u64],
    order: &[u64],
    absent: &[u64],
) {
    let mut peer = peer_of::<S>(keys, StaticMap::<u64, u64, N>::CAPACITY);
    let ops = order.len() * repeats(order.len());
    let times = 0..repeats(order.len()) as u64;
    let row = |what| ("map", what, keys.len());
    let each = |f: &mut dyn FnMut(u64)| times.clone().for_each(f);
    table.compare(
        Read,
        row("get hit"),
        name,
        ops,
        (
            || each(&mut |_| _ = black_box(get(ours, order))),
            || {
                each(&mut |_| _ = black_box(peer_get(&peer, order)));
            },
        ),
    );
    table.compare(
        Read,
        row("get miss"),
        name,
        ops,
        (
            || each(&mut |_| _ = black_box(get(ours, absent))),
            || {
                each(&mut |_| _ = black_box(peer_get(&peer, absent)));
            },
        ),
    );
    table.compare(
        Mutation,
        row("insert, replaces"),
        name,
        ops,
        (|| each(&mut |i| replace(ours, order, i)), || each(&mut |i| peer_replace(&mut peer, order, i))),
    );
    table.compare(
        Mutation,
        row("remove + insert"),
        name,
        ops * 4,
        (
            || {
                each(&mut |_| {
                    churn(ours, order, absent);
                    churn(ours, absent, order);
                });
            },
            || {
                each(&mut |_| {
                    peer_churn(&mut peer, order, absent);
                    peer_churn(&mut peer, absent, order);
                });
            },
        ),
    );
    if table.large {
        return;
    }
    table.compare(
        Read,
        row("iterate"),
        name,
        ops,
        (
            || each(&mut |_| _ = black_box(ours.values().sum::<u64>())),
            || {
                each(&mut |_| _ = black_box(peer.values().sum::<u64>()));
            },
        ),
    );
    table.compare(
        Mutation,
        row("clear + fill"),
        name,
        ops,
        (
            || {
                each(&mut |i| {
                    ours.clear();
                    replace(ours, keys, i);
                });
            },
            || {
                each(&mut |i| {
                    peer.clear();
                    peer_replace(&mut peer, keys, i);
                });
            },
        ),
    );
}

/// `std`'s map hashes with SipHash: what most programs have, and no yardstick for a table.
fn slower_peer<const N: usize>(
    table: &mut Table,
    ours: &mut StaticMap<u64, u64, N>,
    keys: &[u64],
    order: &[u64],
) {
    let mut peer: StdMap<u64, u64> = StdMap::with_capacity(StaticMap::<u64, u64, N>::CAPACITY);
    peer.extend(keys.iter().map(|&key| (key, key)));
    let ops = order.len();
    table.compare(
        Shown,
        ("map", "get hit", keys.len()),
        "std HashMap, SipHash",
        ops,
        (
            || _ = black_box(get(ours, order)),
            || {
                black_box(order.iter().filter_map(|key| peer.get(key)).fold(0, |a, b| a ^ b));
            },
        ),
    );
    table.compare(
        Shown,
        ("map", "insert, replaces", keys.len()),
        "std HashMap, SipHash",
        ops,
        (
            || replace(ours, order, 1),
            || {
                order.iter().for_each(|key| _ = black_box(peer.insert(*key, 1)));
            },
        ),
    );
}

/// Values of 64 bytes, half full: a replacement needs the undo log.
pub(crate) fn units<const N: usize>(table: &mut Table) {
    if !table.wants("map of 64 B") {
        return;
    }
    let entries = StaticMap::<u64, Unit, N>::CAPACITY * 7 / 16;
    let mut random = Random(9);
    let keys = random.keys(entries);
    let absent = random.keys(entries);
    let mut shared = Shared::new::<StaticMap<u64, Unit, N>>();
    shared.with(|ours: &mut StaticMap<u64, Unit, N>| {
        let mut peer: HashMap<u64, Unit, FixedState> =
            HashMap::with_capacity_and_hasher(N / 8 * 7, FixedState);
        for &key in &keys {
            ours.insert(key, Unit::new(key)).unwrap();
            peer.insert(key, Unit::new(key));
        }
        let row = |what| ("map of 64 B", what, entries);
        let name = "hashbrown, our hasher";
        table.compare(
            Read,
            row("get hit"),
            name,
            entries,
            (
                || _ = black_box(keys.iter().filter_map(|k| ours.get(k)).fold(0, |a, u| a ^ u.0[3])),
                || _ = black_box(keys.iter().filter_map(|k| peer.get(k)).fold(0, |a, u| a ^ u.0[3])),
            ),
        );
        table.compare(
            Mutation,
            row("insert, replaces"),
            name,
            entries,
            (
                || keys.iter().for_each(|k| _ = black_box(ours.insert(*k, Unit::new(1)).unwrap())),
                || {
                    keys.iter().for_each(|k| _ = black_box(peer.insert(*k, Unit::new(1))));
                },
            ),
        );
        table.compare(
            Mutation,
            row("remove + insert"),
            name,
            entries * 4,
            (
                || {
                    for (old, new) in [(&keys, &absent), (&absent, &keys)] {
                        for (old, new) in old.iter().zip(new) {
                            black_box(ours.remove(old));
                            black_box(ours.insert(*new, Unit::new(2)).unwrap());
                        }
                    }
                },
                || {
                    for (old, new) in [(&keys, &absent), (&absent, &keys)] {
                        for (old, new) in old.iter().zip(new) {
                            black_box(peer.remove(old));
                            black_box(peer.insert(*new, Unit::new(2)));
                        }
                    }
                },
            ),
        );
    });
}

/// Half full.
pub(crate) fn sets<const N: usize>(table: &mut Table) {
    if !table.wants("set") {
        return;
    }
    let entries = StaticSet::<u64, N>::CAPACITY * 7 / 16;
    let mut random = Random(10);
    let keys = random.keys(entries);
    let absent = random.keys(entries);
    let mut shared = Shared::new::<StaticSet<u64, N>>();
    shared.with(|ours: &mut StaticSet<u64, N>| {
        let mut peer: HashSet<u64, FixedState> = HashSet::with_capacity_and_hasher(N / 8 * 7, FixedState);
        for &key in &keys {
            ours.insert(key).unwrap();
            peer.insert(key);
        }
        let row = |what| ("set", what, entries);
        let name = "hashbrown, our hasher";
        for (what, keys) in [("contains, there", &keys), ("contains, absent", &absent)] {
            table.compare(
                Read,
                row(what),
                name,
                entries,
                (
                    || _ = black_box(keys.iter().filter(|key| ours.contains(*key)).count()),
                    || {
                        black_box(keys.iter().filter(|key| peer.contains(*key)).count());
                    },
                ),
            );
        }
        table.compare(
            Mutation,
            row("remove + insert"),
            name,
            entries * 4,
            (
                || {
                    for (old, new) in [(&keys, &absent), (&absent, &keys)] {
                        for (old, new) in old.iter().zip(new) {
                            black_box(ours.remove(old));
                            black_box(ours.insert(*new).unwrap());
                        }
                    }
                },
                || {
                    for (old, new) in [(&keys, &absent), (&absent, &keys)] {
                        for (old, new) in old.iter().zip(new) {
                            black_box(peer.remove(old));
                            black_box(peer.insert(*new));
                        }
                    }
                },
            ),
        );
    });
}
