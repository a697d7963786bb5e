//! Lists and ordered maps.

use std::collections::{BTreeMap, LinkedList};
use std::hint::black_box;

use resume_core::container::{OrderedMap, StaticList};
use resume_core::pool::Handle;
use slab::Slab;

use crate::compare::Kind::{Mutation, Read};
use crate::compare::Table;
use crate::support::{Random, Shared};

const SAMPLE: usize = 1 << 17;

/// A doubly linked list in a slab: what a careful program has on the heap.
struct SlabList {
    nodes: Slab<SlabNode>,
    first: usize,
    last: usize,
}

struct SlabNode {
    value: u64,
    next: usize,
    prev: usize,
}

const NONE: usize = usize::MAX;

impl SlabList {
    fn with_capacity(capacity: usize) -> Self {
        Self { nodes: Slab::with_capacity(capacity), first: NONE, last: NONE }
    }

    fn push_back(&mut self, value: u64) -> usize {
        let key = self.nodes.insert(SlabNode { value, next: NONE, prev: self.last });
        match self.nodes.get_mut(self.last) {
            Some(last) => last.next = key,
            None => self.first = key,
        }
        self.last = key;
        key
    }

    fn remove(&mut self, key: usize) -> Option<u64> {
        let node = self.nodes.try_remove(key)?;
        match self.nodes.get_mut(node.prev) {
            Some(prev) => prev.next = node.next,
            None => self.first = node.next,
        }
        match self.nodes.get_mut(node.next) {
            Some(next) => next.prev = node.prev,
            None => self.last = node.prev,
        }
        Some(node.value)
    }

    fn pop_front(&mut self) -> Option<u64> {
        self.remove(self.first)
    }

    fn iter(&self) -> impl Iterator<Item = u64> {
        let mut at = self.first;
        std::iter::from_fn(move || {
            let node = self.nodes.get(at)?;
            at = node.next;
            Some(node.value)
        })
    }
}

pub(crate) fn lists<const N: usize>(table: &mut Table) {
    if !table.wants("list") {
        return;
    }
    let live = N * 3 / 4;
    let mut order = Random(4).order(live);
    let mut shared = Shared::new::<StaticList<u64, N>>();
    shared.with(|ours: &mut StaticList<u64, N>| {
        let mut peer = SlabList::with_capacity(N);
        let mut std_peer = LinkedList::new();
        let mut handles: Vec<Handle<u64>> = (0..live as u64).map(|i| ours.push_back(i).unwrap()).collect();
        let mut keys: Vec<usize> = (0..live as u64).map(|i| peer.push_back(i)).collect();
        std_peer.extend(0..live as u64);
        order.truncate(SAMPLE);
        let row = |what| ("list", what, live);
        let sample = order.len();
        table.compare(
            Mutation,
            row("remove + push_back"),
            "list in a slab",
            sample * 2,
            (
                || {
                    for &i in &order {
                        black_box(ours.remove(handles[i]));
                        handles[i] = ours.push_back(i as u64).unwrap();
                    }
                },
                || {
                    for &i in &order {
                        black_box(peer.remove(keys[i]));
                        keys[i] = peer.push_back(i as u64);
                    }
                },
            ),
        );
        let rotate = |ours: &mut StaticList<u64, N>| {
            for _ in 0..sample {
                let value = ours.pop_front().unwrap();
                black_box(ours.push_back(black_box(value)).unwrap());
            }
        };
        table.compare(
            Read,
            row("get by handle"),
            "list in a slab",
            sample,
            (
                || _ = black_box(order.iter().filter_map(|i| ours.get(handles[*i])).sum::<u64>()),
                || {
                    black_box(
                        order.iter().filter_map(|i| peer.nodes.get(keys[*i])).map(|n| n.value).sum::<u64>(),
                    );
                },
            ),
        );
        let what = "iterate, shuffled";
        let iterate = |ours: &StaticList<u64, N>| _ = black_box(ours.iter().sum::<u64>());
        table.compare(
            Read,
            row(what),
            "list in a slab",
            live,
            (|| iterate(ours), || _ = black_box(peer.iter().sum::<u64>())),
        );
        table.compare(
            Mutation,
            row("pop_front + push_back"),
            "list in a slab",
            sample * 2,
            (
                || rotate(ours),
                || {
                    for _ in 0..sample {
                        let value = peer.pop_front().unwrap();
                        black_box(peer.push_back(black_box(value)));
                    }
                },
            ),
        );
        table.compare(
            Mutation,
            row("pop_front + push_back"),
            "LinkedList",
            sample * 2,
            (
                || rotate(ours),
                || {
                    for _ in 0..sample {
                        let value = std_peer.pop_front().unwrap();
                        std_peer.push_back(black_box(value));
                    }
                },
            ),
        );
        ours.clear();
        (0..live as u64).for_each(|i| _ = ours.push_back(i).unwrap());
        table.compare(
            Read,
            row("iterate"),
            "LinkedList",
            live,
            (|| iterate(ours), || _ = black_box(std_peer.iter().sum::<u64>())),
        );
    });
}

pub(crate) fn ordered<const N: usize>(table: &mut Table) {
    if !table.wants("ordered map") {
        return;
    }
    let live = N * 3 / 4;
    let mut random = Random(5);
    let keys = random.keys(live);
    let mut order = keys.clone();
    random.shuffle(&mut order);
    order.truncate(SAMPLE);
    let absent = random.keys(order.len());
    let mut shared = Shared::new::<OrderedMap<u64, u64, N>>();
    shared.with(|ours: &mut OrderedMap<u64, u64, N>| {
        let mut peer = BTreeMap::new();
        for &key in &keys {
            ours.insert(key, key).unwrap();
            peer.insert(key, key);
        }
        let row = |what| ("ordered map", what, live);
        let sample = order.len();
        table.compare(
            Read,
            row("get hit"),
            "BTreeMap",
            sample,
            (
                || _ = black_box(order.iter().filter_map(|key| ours.get(key)).fold(0, |a, b| a ^ b)),
                || {
                    black_box(order.iter().filter_map(|key| peer.get(key)).fold(0, |a, b| a ^ b));
                },
            ),
        );
        table.compare(
            Read,
            row("range, 10 from a key"),
            "BTreeMap",
            sample * 10,
            (
                || {
                    for key in &order {
                        black_box(ours.range(*key..).take(10).map(|(_, value)| value).sum::<u64>());
                    }
                },
                || {
                    for key in &order {
                        black_box(peer.range(*key..).take(10).map(|(_, value)| value).sum::<u64>());
                    }
                },
            ),
        );
        table.compare(
            Read,
            row("iterate"),
            "BTreeMap",
            live,
            (|| _ = black_box(ours.values().sum::<u64>()), || _ = black_box(peer.values().sum::<u64>())),
        );
        table.compare(
            Mutation,
            row("insert, replaces"),
            "BTreeMap",
            sample,
            (
                || order.iter().for_each(|key| _ = black_box(ours.insert(*key, 1).unwrap())),
                || {
                    order.iter().for_each(|key| _ = black_box(peer.insert(*key, 1)));
                },
            ),
        );
        table.compare(
            Mutation,
            row("remove + insert"),
            "BTreeMap",
            sample * 4,
            (
                || {
                    for (old, new) in [(&order, &absent), (&absent, &order)] {
                        for (old, new) in old.iter().zip(new) {
                            black_box(ours.remove(old));
                            black_box(ours.insert(*new, 1).unwrap());
                        }
                    }
                },
                || {
                    for (old, new) in [(&order, &absent), (&absent, &order)] {
                        for (old, new) in old.iter().zip(new) {
                            black_box(peer.remove(old));
                            black_box(peer.insert(*new, 1));
                        }
                    }
                },
            ),
        );
        if !table.large {
            table.compare(
                Mutation,
                row("pop_first + insert"),
                "BTreeMap",
                sample * 2,
                (
                    || {
                        for _ in 0..sample {
                            let (key, value) = ours.pop_first().unwrap();
                            black_box(ours.insert(key.wrapping_mul(0x9e37_79b9), value).unwrap());
                        }
                    },
                    || {
                        for _ in 0..sample {
                            let (key, value) = peer.pop_first().unwrap();
                            black_box(peer.insert(key.wrapping_mul(0x9e37_79b9), value));
                        }
                    },
                ),
            );
        }
    });
}
