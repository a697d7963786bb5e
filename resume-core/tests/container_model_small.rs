//! Ring, set, bit set and versioned value against the standard library's, over random sequences, at two
//! capacities, with a recovery thrown in at random.
#![allow(clippy::unwrap_used, reason = "a failure ends the test")]

mod container_support;

use std::collections::{BTreeSet, VecDeque};

use container_support::Arena;
use proptest::prelude::*;
use resume_core::container::{BitSet, InsertError, Ring, StaticSet, Versioned};

/// Cases per property: `PROPTEST_CASES` overrides it.
fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(150);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

#[derive(Debug, Clone)]
enum RingOp {
    PushBack(u64),
    PushFront(u64),
    PushEvicting(u64),
    PopBack,
    PopFront,
    Truncate(usize),
    Set(usize, u64),
    Recover,
}

fn ring_op() -> impl Strategy<Value = RingOp> {
    prop_oneof![
        6 => any::<u64>().prop_map(RingOp::PushBack),
        4 => any::<u64>().prop_map(RingOp::PushFront),
        3 => any::<u64>().prop_map(RingOp::PushEvicting),
        3 => Just(RingOp::PopBack),
        5 => Just(RingOp::PopFront),
        1 => (0..12_usize).prop_map(RingOp::Truncate),
        3 => (0..12_usize, any::<u64>()).prop_map(|(i, v)| RingOp::Set(i, v)),
        1 => Just(RingOp::Recover),
    ]
}

fn ring_agrees<const N: usize>(ops: &[RingOp]) {
    let mut arena = Arena::new::<Ring<u64, N>>();
    let mut model: VecDeque<u64> = VecDeque::new();
    for op in ops {
        if matches!(op, RingOp::Recover) {
            arena.recover::<Ring<u64, N>>();
        }
        arena.with(|ring: &mut Ring<u64, N>| {
            match *op {
                RingOp::PushBack(v) => match ring.push_back(v) {
                    Ok(()) => model.push_back(v),
                    Err(full) => assert!(model.len() == N && full.into_inner() == v),
                },
                RingOp::PushFront(v) => match ring.push_front(v) {
                    Ok(()) => model.push_front(v),
                    Err(full) => assert!(model.len() == N && full.into_inner() == v),
                },
                RingOp::PushEvicting(v) => {
                    let evicted = if model.len() == N { model.pop_front() } else { None };
                    model.push_back(v);
                    assert_eq!(ring.push_back_evicting(v), Ok(evicted));
                }
                RingOp::PopBack => assert_eq!(ring.pop_back(), model.pop_back()),
                RingOp::PopFront => assert_eq!(ring.pop_front(), model.pop_front()),
                RingOp::Truncate(len) => {
                    ring.truncate(len);
                    model.truncate(len);
                }
                RingOp::Set(i, v) => match ring.set(i, v) {
                    Ok(old) => assert_eq!(old, std::mem::replace(&mut model[i], v)),
                    Err(InsertError::OutOfBounds { len, .. }) => assert!(len == model.len() && i >= len),
                    Err(error) => panic!("{error}"),
                },
                RingOp::Recover => {}
            }
            assert!(ring.iter().eq(&model) && ring.iter().rev().eq(model.iter().rev()));
            assert_eq!((ring.len(), ring.front(), ring.back()), (model.len(), model.front(), model.back()));
            assert!((0..=N).all(|i| ring.get(i) == model.get(i)));
        });
    }
}

/// What is done with a number: 0 to 5 add, 6 to 9 remove, else something with all.
type SetOp = (u8, u16);

fn set_op() -> impl Strategy<Value = SetOp> {
    (0..13_u8, 0..160_u16)
}

fn set_agrees<const N: usize>(ops: &[SetOp]) {
    let mut arena = Arena::new::<StaticSet<u16, N>>();
    let mut model = BTreeSet::new();
    for &(op, value) in ops {
        arena.with(|set: &mut StaticSet<u16, N>| {
            match op {
                0..=5 => match set.insert(value) {
                    Ok(new) => assert_eq!(new, model.insert(value)),
                    Err(full) => assert!(model.len() == set.capacity() && full.into_inner() == value),
                },
                6..=9 => assert_eq!(set.remove(&value), model.remove(&value)),
                10 if value < 40 => {
                    model.retain(|v| v % 3 != 0);
                    set.retain(|v| v % 3 != 0).unwrap();
                }
                11 if value < 10 => {
                    model.clear();
                    set.clear();
                }
                _ => {}
            }
            assert_eq!(set.iter().copied().collect::<BTreeSet<_>>(), model);
            assert!((0..160).all(|v| set.contains(&v) == model.contains(&v)) && set.len() == model.len());
        });
        if op == 12 {
            arena.recover::<StaticSet<u16, N>>();
        }
    }
}

fn bits_agree<const W: usize>(ops: &[SetOp]) {
    let mut arena = Arena::new::<BitSet<W>>();
    let mut model = BTreeSet::new();
    let other: BTreeSet<usize> = (0..W * 64).step_by(3).collect();
    let mut theirs = BitSet::<W>::new();
    other.iter().for_each(|&n| _ = theirs.insert(n));
    for &(op, number) in ops {
        let number = usize::from(number);
        arena.with(|set: &mut BitSet<W>| {
            match op {
                0..=5 => match set.insert(number) {
                    Ok(new) => assert_eq!(new, model.insert(number)),
                    Err(_) => assert!(number >= set.capacity()),
                },
                6..=7 => assert_eq!(set.remove(number), model.remove(&number)),
                8 => match set.toggle(number) {
                    Ok(now) => assert_eq!(now, !model.remove(&number) && model.insert(number)),
                    Err(_) => assert!(number >= set.capacity()),
                },
                9 => {
                    set.union_with(&theirs).unwrap();
                    model.extend(&other);
                }
                10 => {
                    set.intersect_with(&theirs).unwrap();
                    model.retain(|n| other.contains(n));
                }
                11 if number < 80 => {
                    set.difference_with(&theirs).unwrap();
                    model.retain(|n| !other.contains(n));
                }
                11 => {
                    set.clear();
                    model.clear();
                }
                _ => {}
            }
            assert!(set.iter().eq(model.iter().copied()) && set.len() == model.len());
            assert!((0..W * 64 + 9).all(|n| set.contains(n) == model.contains(&n)));
        });
        if op == 12 {
            arena.recover::<BitSet<W>>();
        }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn ring_is_a_deque(ops in prop::collection::vec(ring_op(), 0..120)) {
        ring_agrees::<1>(&ops);
        ring_agrees::<10>(&ops);
    }

    #[test]
    fn set_is_a_set(ops in prop::collection::vec(set_op(), 0..300)) {
        set_agrees::<16>(&ops);
        set_agrees::<128>(&ops);
    }

    #[test]
    fn bit_set_is_a_set(ops in prop::collection::vec(set_op(), 0..120)) {
        bits_agree::<1>(&ops);
        bits_agree::<3>(&ops);
    }

    #[test]
    fn versioned_is_an_option(ops in prop::collection::vec((0..5_u8, any::<[u64; 5]>()), 0..40)) {
        let mut arena = Arena::new::<Versioned<[u64; 5]>>();
        let mut model: Option<[u64; 5]> = None;
        for (op, value) in ops {
            arena.with(|v: &mut Versioned<[u64; 5]>| {
                let before = v.version();
                let changed = match op {
                    0 | 1 => {
                        v.set(value);
                        model = Some(value);
                        true
                    }
                    2 => {
                        model = model.map(|old| old.map(|x| x.wrapping_add(1)));
                        v.update(|old| old.map(|x| x.wrapping_add(1)))
                    }
                    3 => {
                        model = None;
                        v.clear()
                    }
                    _ => false,
                };
                assert_eq!((v.get(), v.version()), (model.as_ref(), before + u64::from(changed)));
            });
            arena.recover::<Versioned<[u64; 5]>>();
        }
    }
}

#[test]
fn damaged_words_are_told_by_path_and_do_not_panic() {
    let mut arena = Arena::new::<Ring<bool, 4>>();
    arena.with(|ring: &mut Ring<bool, 4>| (0..3).for_each(|_| ring.push_back(true).unwrap()));
    arena.root_bytes()[9] = 7;
    assert_eq!(arena.check::<Ring<bool, 4>>()[0].path, "[1]");
    arena.root_bytes()[..8].fill(0xff);
    assert!(arena.check::<Ring<bool, 4>>()[0].what.contains("found 4294967295 and 4294967295"));

    let mut arena = Arena::new::<BitSet<1>>();
    arena.root_bytes()[0] = 9;
    assert!(arena.check::<BitSet<1>>()[0].what.contains("found 9"));

    let mut arena = Arena::new::<Versioned<char>>();
    arena.with(|v: &mut Versioned<char>| v.set('a'));
    arena.root_bytes()[8..].fill(0xff);
    assert_eq!(arena.check::<Versioned<char>>()[0].path, ".value");
}
