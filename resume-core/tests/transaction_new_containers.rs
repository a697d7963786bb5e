//! Transactions over the sets, rings, lists and timers: an abort takes back everything, a commit keeps it.
#![allow(clippy::unwrap_used, reason = "a failure ends the test")]

mod container_support;

use container_support::Arena;
use proptest::prelude::*;
use resume_core::container::{BitSet, OrderedMap, Ring, StaticList, StaticSet, TICK, Timers, Versioned};
use resume_core::transaction::transaction;
use resume_core::{ShmInstant, ShmSafe, Tx};

#[derive(ShmSafe)]
#[repr(C)]
struct Root {
    count: u64,
    set: StaticSet<u64, 16>,
    bits: BitSet<2>,
    ring: Ring<[u64; 3], 5>,
    list: StaticList<[u64; 3], 6>,
    ordered: OrderedMap<u64, [u64; 3], 12>,
    timers: Timers<u64, 6, 4>,
    versioned: Versioned<[u64; 3]>,
}

fn at(tick: u64) -> ShmInstant {
    ShmInstant::from_nanos(TICK.as_nanos() * tick)
}

fn contents(root: &Root) -> String {
    let mut set: Vec<_> = root.set.iter().collect();
    set.sort();
    let mut timers: Vec<_> = root.timers.iter().collect();
    timers.sort();
    let list: Vec<_> = root.list.entries().collect();
    let back: Vec<_> = root.list.iter().rev().collect();
    let lens = [root.set.len(), root.bits.len(), root.ring.len(), root.list.len(), root.ordered.len()];
    format!(
        "{} {set:?} {:?} {:?} {list:?} {back:?} {:?} {:?} {timers:?} {:?} {lens:?} {}",
        root.count,
        root.bits,
        root.ring,
        root.ordered,
        root.ordered.iter().rev().collect::<Vec<_>>(),
        root.versioned,
        root.timers.len(),
    )
}

/// One change, by number; what does not fit is left out.
fn change(root: &mut Root, tx: &Tx, op: u8, v: u64) {
    let wide = [v, !v, v * 3];
    let handle = root.list.entries().nth(v as usize % 6).map(|(handle, _)| handle).unwrap_or_default();
    let timer = root.timers.iter().nth(v as usize % 6).map(|(handle, ..)| handle).unwrap_or_default();
    match op {
        0 => _ = root.set.insert(v),
        1 => _ = root.set.remove(&v),
        2 => root.set.clear(),
        3 => _ = root.bits.toggle(v as usize),
        4 => root.bits.clear(),
        5 => _ = root.ring.push_back(wide),
        6 => _ = root.ring.push_back_evicting(wide),
        7 => _ = root.ring.pop_front(),
        8 => _ = root.ring.push_front(wide),
        9 => _ = root.list.push_back(wide),
        10 => _ = root.list.insert_before(handle, wide),
        11 => _ = root.list.remove(handle),
        12 => root.list.clear(),
        13 => _ = root.list.set(handle, wide),
        14 | 15 => _ = root.ordered.insert(v % 20, wide),
        16 => _ = root.ordered.remove(&(v % 20)),
        17 => _ = root.ordered.pop_last(),
        18 => root.ordered.clear(),
        19 | 20 => _ = root.timers.schedule(at(v), v),
        21 => _ = root.timers.cancel(timer),
        22 => _ = root.timers.reschedule(timer, at(v)),
        23 => _ = root.timers.pop_due(at(v)),
        24 => root.timers.clear(),
        25 | 26 => root.versioned.set(wide),
        27 => _ = root.versioned.clear(),
        _ => tx.update(&mut root.count, |count| count + v),
    }
}

/// After any outcome everything that is derived still fits.
fn goes_on(root: &mut Root) {
    while root.list.push_front([1; 3]).is_ok() {}
    while root.ring.push_front([1; 3]).is_ok() {}
    while root.timers.schedule(at(2), 1).is_ok() {}
    for key in 100..200 {
        _ = root.ordered.insert(key, [1; 3]);
        _ = root.set.insert(key);
    }
    assert_eq!((root.list.iter().rev().count(), root.ring.len(), root.timers.iter().count()), (6, 5, 6));
    assert_eq!((root.ordered.iter().rev().count(), root.set.iter().count()), (12, 14));
    assert!(root.ordered.keys().is_sorted());
    assert!((0..6).all(|_| root.timers.pop_due(at(500)).is_some()));
    assert!((0..6).all(|_| root.list.pop_back().is_some()) && root.list.is_empty());
    assert!((0..12).all(|_| root.ordered.pop_first().is_some()) && root.ordered.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_abort_takes_back_everything(
        before in prop::collection::vec((0..29_u8, 0..130_u64), 0..40),
        inside in prop::collection::vec((0..29_u8, 0..130_u64), 0..40),
    ) {
        let mut arena = Arena::new::<Root>();
        arena.with(|root: &mut Root| {
            let run = |root: &mut Root, ops: &[(u8, u64)], keep: bool| transaction(root, |root, tx| {
                ops.iter().for_each(|&(op, v)| change(root, tx, op, v));
                if keep { Ok(()) } else { Err(()) }
            });
            run(root, &before, true).unwrap();
            let was = contents(root);
            run(root, &inside, false).unwrap_err();
            assert_eq!(contents(root), was);
            run(root, &inside, true).unwrap();
        });
        let is = arena.with(|root: &mut Root| contents(root));
        let mut copy = arena.copy();
        copy.recover::<Root>();
        assert_eq!(copy.with(|root: &mut Root| contents(root)), is);
        copy.with(goes_on);
        arena.with(goes_on);
    }
}
