//! Known-bad variants of the containers that are made of links, words and copies: each does what one of the real
//! ones does, with one mistake.

use core::sync::atomic::{AtomicU64, Ordering, compiler_fence};

use resume_core::ShmSafe;

use crate::cases::{Item, expect};
use crate::explore::{Case, Operation, Subject};

const PLACES: usize = 4;

/// The insides of a list, a ring, a set of bits, a versioned value, timers and a map; sorted chains are lists.
#[derive(ShmSafe)]
#[repr(C)]
struct Bad {
    head: AtomicU64,
    next: [AtomicU64; PLACES],
    nodes: [Item; PLACES],
    first: AtomicU64,
    len: AtomicU64,
    ring: [Item; PLACES],
    bits: [AtomicU64; 3],
    state: AtomicU64,
    copies: [Item; 2],
    due: AtomicU64,
    bucket: AtomicU64,
    control: [AtomicU64; PLACES],
    keys: [Item; PLACES],
    count: AtomicU64,
}

/// A store that the compiler keeps where it is.
fn put(word: &AtomicU64, value: u64) {
    compiler_fence(Ordering::SeqCst);
    word.store(value, Ordering::Release);
    compiler_fence(Ordering::SeqCst);
}

fn get(word: &AtomicU64) -> u64 {
    word.load(Ordering::Relaxed)
}

impl Bad {
    fn list(&self) -> Vec<Item> {
        let mut link = get(&self.head);
        let mut items = Vec::new();
        while let Some(at) = link.checked_sub(1).filter(|at| (*at as usize) < PLACES && items.len() < 9) {
            items.push(self.nodes[at as usize]);
            link = get(&self.next[at as usize]);
        }
        items
    }

    fn entries(&self) -> Vec<Item> {
        let full = (0..PLACES).filter(|at| get(&self.control[*at]) == 1);
        full.map(|at| self.keys[at]).collect()
    }

    fn ring(&self) -> Vec<Item> {
        (0..get(&self.len)).map(|i| self.ring[(get(&self.first) + i) as usize % PLACES]).collect()
    }
}

fn contents(bad: &Bad) -> String {
    let bits: Vec<u64> = bad.bits.iter().map(get).collect();
    let value = bad.copies[get(&bad.state) as usize % 2];
    let (due, bucket) = (get(&bad.due), get(&bad.bucket));
    format!("{:?} {:?} {bits:?} {value:?} {due} in {bucket} {:?}", bad.list(), bad.ring(), bad.entries())
}

/// What derived data promises; here nothing rebuilds it.
fn work_on(bad: &mut Bad) -> Result<(), String> {
    let (count, entries) = (get(&bad.count), bad.entries().len() as u64);
    expect(count == entries, || format!("{count} counted, but {entries} there"))?;
    let (due, bucket) = (get(&bad.due), get(&bad.bucket));
    expect(due % 4 == bucket, || format!("due at {due}, but in bucket {bucket}"))
}

fn start(bad: &mut Bad) {
    for at in 0..3 {
        bad.nodes[at] = Item::new(at as u64);
        put(&bad.next[at], if at < 2 { at as u64 + 2 } else { 0 });
        bad.ring[at] = Item::new(at as u64);
        bad.copies[at % 2] = Item::new(at as u64);
    }
    put(&bad.head, 1);
    put(&bad.len, 3);
    (bad.keys[0], bad.keys[1]) = (Item::new(1), Item::new(2));
    put(&bad.control[0], 1);
    put(&bad.count, 1);
    put(&bad.due, 6);
    put(&bad.bucket, 2);
}

/// The variants.
pub(crate) fn all() -> Vec<Case> {
    Subject::<Bad> {
        name: "bad",
        starts: vec![("three", start)],
        operations: vec![
            Operation::atomic("list: linked before the value is written", |bad| {
                put(&bad.next[3], get(&bad.head));
                put(&bad.head, 4);
                bad.nodes[3] = Item::new(7);
            }),
            Operation::atomic("list: linked before it leads on", |bad| {
                bad.nodes[3] = Item::new(7);
                put(&bad.head, 4);
                put(&bad.next[3], 1);
            }),
            Operation::atomic("list: a move that is two steps", |bad| {
                put(&bad.head, 2);
                put(&bad.next[2], 1);
                put(&bad.next[0], 0);
            }),
            Operation::atomic("ordered map: replaced by a removal and an insert", |bad| {
                put(&bad.next[0], 3);
                bad.nodes[3] = Item::new(7);
                put(&bad.next[3], 3);
                put(&bad.next[0], 4);
            }),
            Operation::atomic("ordered map: a value overwritten in place", |bad| bad.nodes[1] = Item::new(7)),
            Operation::atomic("ring: front and length are two words", |bad| {
                put(&bad.first, 1);
                put(&bad.len, 2);
            }),
            Operation::atomic("ring: evicts and then overwrites", |bad| {
                bad.ring[3] = Item::new(7);
                put(&bad.len, 4);
                bad.ring[0] = Item::new(8);
                put(&bad.first, 1);
            }),
            Operation::atomic("bit set: a union word by word", |bad| {
                bad.bits.iter().for_each(|word| put(word, get(word) | 0xf0));
            }),
            Operation::atomic("versioned: the version before the copy", |bad| {
                put(&bad.state, 1);
                bad.copies[1] = Item::new(7);
            }),
            Operation::atomic("versioned: the copy that is in use", |bad| bad.copies[0] = Item::new(7)),
            Operation::atomic("timers: the deadline before the bucket", |bad| {
                put(&bad.due, 9);
                put(&bad.bucket, 1);
            }),
            Operation::atomic("timers: popped, and then the effect", |bad| {
                put(&bad.head, 2);
                put(&bad.state, 1);
            }),
            Operation::atomic("map: full before the entry is written", |bad| {
                put(&bad.count, 2);
                put(&bad.control[2], 1);
                bad.keys[2] = Item::new(7);
            }),
            Operation::atomic("map: a count that nobody rebuilds", |bad| {
                bad.keys[2] = Item::new(7);
                put(&bad.control[2], 1);
                put(&bad.count, 2);
            }),
            Operation::atomic("map: a clean-up that removes and inserts", |bad| {
                let entry = bad.keys[0];
                put(&bad.control[0], 0);
                bad.keys[3] = entry;
                put(&bad.control[3], 1);
            }),
            Operation::atomic("set: cleared entry by entry, no phase", |bad| {
                put(&bad.control[1], 1);
                put(&bad.count, 2);
                (0..PLACES).for_each(|at| put(&bad.control[at], 0));
                put(&bad.count, 0);
            }),
        ],
        contents,
        work_on,
    }
    .cases()
}
