//! List, ordered map and timers against the standard library's, over random sequences, at two capacities, with
//! a recovery thrown in at random.
#![allow(clippy::unwrap_used, reason = "a failure ends the test")]

mod container_support;

use std::collections::BTreeMap;

use container_support::Arena;
use proptest::prelude::*;
use resume_core::ShmInstant;
use resume_core::container::{InsertError, OrderedMap, StaticList, TICK, Timers};
use resume_core::pool::Handle;

/// Cases per property: `PROPTEST_CASES` overrides it.
fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(150);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

#[derive(Debug, Clone)]
enum ListOp {
    PushBack(u64),
    PushFront(u64),
    InsertAfter(usize, u64),
    InsertBefore(usize, u64),
    Remove(usize),
    RemoveStale(usize),
    PopBack,
    PopFront,
    Set(usize, u64),
    Double,
    Clear,
    Recover,
}

fn list_op() -> impl Strategy<Value = ListOp> {
    prop_oneof![
        6 => any::<u64>().prop_map(ListOp::PushBack),
        4 => any::<u64>().prop_map(ListOp::PushFront),
        4 => (any::<usize>(), any::<u64>()).prop_map(|(i, v)| ListOp::InsertAfter(i, v)),
        4 => (any::<usize>(), any::<u64>()).prop_map(|(i, v)| ListOp::InsertBefore(i, v)),
        6 => any::<usize>().prop_map(ListOp::Remove),
        2 => any::<usize>().prop_map(ListOp::RemoveStale),
        2 => Just(ListOp::PopBack),
        2 => Just(ListOp::PopFront),
        2 => (any::<usize>(), any::<u64>()).prop_map(|(i, v)| ListOp::Set(i, v)),
        1 => Just(ListOp::Double),
        1 => Just(ListOp::Clear),
        2 => Just(ListOp::Recover),
    ]
}

type Named = (Handle<u64>, u64);

/// Puts what an insert gave into the model, or finds that it had to fail.
fn inserted(
    model: &mut Vec<Named>,
    at: usize,
    v: u64,
    capacity: usize,
    got: Result<Handle<u64>, InsertError<u64>>,
) {
    match got {
        Ok(handle) => model.insert(at, (handle, v)),
        Err(error) => assert!(model.len() == capacity && error.into_inner() == v),
    }
}

fn list_agrees<const N: usize>(ops: &[ListOp]) {
    let mut arena = Arena::new::<StaticList<u64, N>>();
    let mut model: Vec<Named> = Vec::new();
    let mut dead: Vec<Handle<u64>> = vec![Handle::NULL];
    for op in ops {
        if matches!(op, ListOp::Recover) {
            arena.recover::<StaticList<u64, N>>();
        }
        arena.with(|list: &mut StaticList<u64, N>| {
            let len = model.len();
            match *op {
                ListOp::PushBack(v) => inserted(&mut model, len, v, N, list.push_back(v).map_err(Into::into)),
                ListOp::PushFront(v) => inserted(&mut model, 0, v, N, list.push_front(v).map_err(Into::into)),
                ListOp::InsertAfter(i, v) if len > 0 => {
                    let got = list.insert_after(model[i % len].0, v);
                    inserted(&mut model, i % len + 1, v, N, got);
                }
                ListOp::InsertBefore(i, v) if len > 0 => {
                    let got = list.insert_before(model[i % len].0, v);
                    inserted(&mut model, i % len, v, N, got);
                }
                ListOp::Remove(i) if len > 0 => {
                    let (handle, v) = model.remove(i % len);
                    assert_eq!(list.remove(handle), Some(v));
                    dead.push(handle);
                }
                ListOp::RemoveStale(i) => {
                    let stale = dead[i % dead.len()];
                    assert_eq!((list.remove(stale), list.next(stale), list.prev(stale)), (None, None, None));
                    assert_eq!(list.insert_after(stale, 1), Err(InsertError::NoSuchPlace(1)));
                    assert_eq!(list.insert_before(stale, 1), Err(InsertError::NoSuchPlace(1)));
                }
                ListOp::PopBack => assert_eq!(list.pop_back(), model.pop().map(|(_, v)| v)),
                ListOp::PopFront if len > 0 => assert_eq!(list.pop_front(), Some(model.remove(0).1)),
                ListOp::PopFront => assert_eq!(list.pop_front(), None),
                ListOp::Set(i, v) if len > 0 => {
                    let old = std::mem::replace(&mut model[i % len].1, v);
                    assert_eq!(list.set(model[i % len].0, v), Ok(old));
                }
                ListOp::Double => {
                    list.iter_mut().for_each(|v| *v = v.wrapping_mul(2));
                    model.iter_mut().for_each(|(_, v)| *v = v.wrapping_mul(2));
                }
                ListOp::Clear => {
                    list.clear();
                    dead.extend(model.drain(..).map(|(handle, _)| handle));
                }
                _ => {}
            }
            assert_eq!(list.entries().map(|(h, v)| (h, *v)).collect::<Vec<_>>(), model);
            assert!(list.iter().rev().eq(model.iter().rev().map(|(_, v)| v)));
            assert_eq!((list.len(), list.is_full()), (model.len(), model.len() == N));
            for (i, (handle, v)) in model.iter().enumerate() {
                assert_eq!(list.get(*handle), Some(v));
                assert_eq!(list.next(*handle), model.get(i + 1).map(|(h, _)| *h));
                assert_eq!(list.prev(*handle), i.checked_sub(1).map(|i| model[i].0));
            }
        });
    }
}

#[derive(Debug, Clone)]
enum MapOp {
    Insert(u16, u64),
    Remove(u16),
    PopFirst,
    PopLast,
    Change(u16, u64),
    Range(u16, u16),
    Clear,
    Recover,
}

fn map_op() -> impl Strategy<Value = MapOp> {
    prop_oneof![
        30 => (0..90_u16, any::<u64>()).prop_map(|(k, v)| MapOp::Insert(k, v)),
        20 => (0..90_u16).prop_map(MapOp::Remove),
        2 => Just(MapOp::PopFirst),
        2 => Just(MapOp::PopLast),
        4 => (0..90_u16, any::<u64>()).prop_map(|(k, v)| MapOp::Change(k, v)),
        6 => (0..90_u16, 0..90_u16).prop_map(|(a, b)| MapOp::Range(a, b)),
        1 => Just(MapOp::Clear),
        3 => Just(MapOp::Recover),
    ]
}

fn ranges_agree<const N: usize>(map: &OrderedMap<u16, u64, N>, model: &BTreeMap<u16, u64>, a: u16, b: u16) {
    assert!(map.range(a..).eq(model.range(a..)) && map.range(..b).eq(model.range(..b)));
    assert!(map.range::<u16>(..).eq(model) && map.range(..=b).eq(model.range(..=b)));
    if a < b {
        assert!(map.range(a..b).eq(model.range(a..b)) && map.range(a..=b).eq(model.range(a..=b)));
    } else {
        assert_eq!(map.range(a..b).count(), 0);
    }
}

fn ordered_agrees<const N: usize>(ops: &[MapOp]) {
    type M<const N: usize> = OrderedMap<u16, u64, N>;
    let mut arena = Arena::new::<M<N>>();
    let mut model: BTreeMap<u16, u64> = BTreeMap::new();
    for op in ops {
        if matches!(op, MapOp::Recover) {
            arena.recover::<M<N>>();
        }
        arena.with(|map: &mut M<N>| {
            match *op {
                MapOp::Insert(k, v) => match map.insert(k, v) {
                    Ok(old) => assert_eq!(old, model.insert(k, v)),
                    Err(error) => {
                        assert!(!model.contains_key(&k) && model.len() == N);
                        assert_eq!(error.into_inner(), (k, v));
                    }
                },
                MapOp::Remove(k) => assert_eq!(map.remove(&k), model.remove(&k)),
                MapOp::PopFirst => assert_eq!(map.pop_first(), model.pop_first()),
                MapOp::PopLast => assert_eq!(map.pop_last(), model.pop_last()),
                MapOp::Change(k, v) => {
                    let old = model.get_mut(&k).map(|at| std::mem::replace(at, v));
                    assert_eq!(map.get_mut(&k).map(|at| std::mem::replace(at, v)), old);
                }
                MapOp::Range(a, b) => ranges_agree(map, &model, a, b),
                MapOp::Clear => {
                    map.clear();
                    model.clear();
                }
                MapOp::Recover => {}
            }
            assert!(map.iter().eq(&model) && map.iter().rev().eq(model.iter().rev()));
            assert_eq!(map.len(), model.len());
            assert_eq!(map.first_key_value(), model.first_key_value());
            assert_eq!(map.last_key_value(), model.last_key_value());
            if matches!(op, MapOp::Recover | MapOp::Range(..)) {
                assert!((0..90).all(|k| map.get(&k) == model.get(&k)));
            }
        });
    }
}

#[derive(Debug, Clone)]
enum TimerOp {
    Schedule(u64, u64),
    Cancel(usize),
    Reschedule(usize, u64),
    Stale(usize),
    Advance(u64),
    Back(u64),
    Clear,
    Recover,
}

/// Quarters of ticks from now.
fn timer_op() -> impl Strategy<Value = TimerOp> {
    prop_oneof![
        12 => (0..100_u64, any::<u64>()).prop_map(|(d, v)| TimerOp::Schedule(d, v)),
        4 => any::<usize>().prop_map(TimerOp::Cancel),
        6 => (any::<usize>(), 0..100_u64).prop_map(|(i, d)| TimerOp::Reschedule(i, d)),
        1 => any::<usize>().prop_map(TimerOp::Stale),
        8 => (0..30_u64).prop_map(TimerOp::Advance),
        1 => (0..50_u64).prop_map(TimerOp::Back),
        1 => Just(TimerOp::Clear),
        2 => Just(TimerOp::Recover),
    ]
}

fn instant(quarters: u64) -> ShmInstant {
    ShmInstant::from_nanos(quarters * (TICK.as_nanos() / 4))
}

fn timers_agree<const N: usize, const B: usize>(ops: &[TimerOp]) {
    let mut arena = Arena::new::<Timers<u64, N, B>>();
    // Deadlines with their values, by handle.
    let mut model: Vec<(Handle<u64>, u64, u64)> = Vec::new();
    let mut dead = vec![Handle::NULL];
    let (mut now, mut asked) = (1_000, 1_000);
    for op in ops {
        if matches!(op, TimerOp::Recover) {
            arena.recover::<Timers<u64, N, B>>();
        }
        arena.with(|timers: &mut Timers<u64, N, B>| {
            let len = model.len();
            match *op {
                TimerOp::Schedule(d, v) => match timers.schedule(instant(now + d), v) {
                    Ok(handle) => model.push((handle, now + d, v)),
                    Err(full) => assert!(len == N && full.into_inner() == v),
                },
                TimerOp::Cancel(i) if len > 0 => {
                    let (handle, _, v) = model.swap_remove(i % len);
                    assert_eq!(timers.cancel(handle), Some(v));
                    dead.push(handle);
                }
                TimerOp::Reschedule(i, d) if len > 0 => {
                    model[i % len].1 = now + d;
                    assert_eq!(timers.reschedule(model[i % len].0, instant(now + d)), Ok(true));
                }
                TimerOp::Stale(i) => {
                    let stale = dead[i % dead.len()];
                    assert_eq!((timers.cancel(stale), timers.deadline(stale)), (None, None));
                    assert_eq!(timers.reschedule(stale, instant(now)), Ok(false));
                }
                TimerOp::Advance(quarters) => {
                    now += quarters;
                    // Who asks once in a turn of the wheel gets them in the order of their ticks.
                    let first = model.iter().map(|(_, due, _)| due / 4).min().unwrap_or(now / 4);
                    let in_order = now / 4 < first.min(asked / 4) + B as u64;
                    asked = now;
                    let mut last_tick = 0;
                    while let Some(handle) = timers.find_due(instant(now)) {
                        let at = model.iter().position(|(h, ..)| *h == handle).unwrap();
                        let (_, due, v) = model.swap_remove(at);
                        assert!(due <= now && (!in_order || due / 4 >= last_tick), "{due} at {now}");
                        last_tick = due / 4;
                        assert_eq!(timers.cancel(handle), Some(v));
                        dead.push(handle);
                    }
                    assert!(model.iter().all(|(_, due, _)| *due > now));
                }
                TimerOp::Back(quarters) => {
                    now = now.saturating_sub(quarters);
                    asked = asked.min(now);
                }
                TimerOp::Clear => {
                    timers.clear();
                    dead.extend(model.drain(..).map(|(handle, ..)| handle));
                }
                _ => {}
            }
            let mut all: Vec<_> = timers.iter().map(|(h, at, v)| (h, at, *v)).collect();
            all.sort();
            let mut expected: Vec<_> = model.iter().map(|(h, due, v)| (*h, instant(*due), *v)).collect();
            expected.sort();
            assert_eq!(all, expected);
            assert_eq!(timers.len(), model.len());
            assert!(expected.iter().all(|(h, at, _)| timers.deadline(*h) == Some(*at)));
        });
    }
}

#[test]
fn damaged_links_are_told_and_do_not_hang() {
    let mut arena = Arena::new::<StaticList<bool, 3>>();
    arena.with(|list: &mut StaticList<bool, 3>| (0..3).for_each(|_| _ = list.push_back(true).unwrap()));
    let good = arena.root_bytes().to_vec();
    let mut told = 0;
    for at in 0..good.len() {
        for bit in 0..8 {
            arena.root_bytes().copy_from_slice(&good);
            arena.root_bytes()[at] ^= 1 << bit;
            let problems = arena.check::<StaticList<bool, 3>>();
            told += usize::from(!problems.is_empty());
            if problems.is_empty() {
                arena.recover::<StaticList<bool, 3>>();
            }
            if problems.is_empty() {
                arena.with(|list: &mut StaticList<bool, 3>| {
                    assert!(list.iter().count() <= 3 && list.iter_mut().count() <= 3);
                    while list.push_back(false).is_ok() {}
                    while list.pop_front().is_some() {}
                    assert!(list.is_empty());
                });
            }
        }
    }
    assert!(told > 100, "{told} flips were told");
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn list_is_a_list(ops in prop::collection::vec(list_op(), 0..120)) {
        list_agrees::<1>(&ops);
        list_agrees::<12>(&ops);
    }

    #[test]
    fn ordered_map_is_a_btree_map(ops in prop::collection::vec(map_op(), 0..250)) {
        ordered_agrees::<3>(&ops);
        ordered_agrees::<64>(&ops);
    }

    #[test]
    fn timers_expire_when_they_are_due(ops in prop::collection::vec(timer_op(), 0..120)) {
        timers_agree::<4, 1>(&ops);
        timers_agree::<40, 8>(&ops);
    }
}
