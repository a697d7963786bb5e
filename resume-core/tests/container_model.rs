//! The containers against the standard library's, over random sequences, at two capacities, with a recovery
//! thrown in at random.
#![allow(clippy::unwrap_used, reason = "a failure ends the test")]

mod container_support;

use std::collections::{BTreeMap, HashMap, VecDeque};

use container_support::Arena;
use proptest::prelude::*;
use resume_core::container::{InsertError, RemoveError, StaticMap, StaticString, StaticVec};
use resume_core::event::EventQueue;
use resume_core::pool::{Handle, Pool};

/// Cases per property: `PROPTEST_CASES` overrides it.
fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(150);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

#[derive(Debug, Clone)]
enum VecOp {
    Push(u64),
    Pop,
    Insert(usize, u64),
    Remove(usize),
    SwapRemove(usize),
    Set(usize, u64),
    Truncate(usize),
    Extend(Vec<u64>),
    Retain(u64),
    Recover,
}

fn vec_op() -> impl Strategy<Value = VecOp> {
    prop_oneof![
        6 => any::<u64>().prop_map(VecOp::Push),
        2 => Just(VecOp::Pop),
        2 => (0..40_usize, any::<u64>()).prop_map(|(i, v)| VecOp::Insert(i, v)),
        2 => (0..40_usize).prop_map(VecOp::Remove),
        2 => (0..40_usize).prop_map(VecOp::SwapRemove),
        2 => (0..40_usize, any::<u64>()).prop_map(|(i, v)| VecOp::Set(i, v)),
        1 => (0..40_usize).prop_map(VecOp::Truncate),
        1 => prop::collection::vec(any::<u64>(), 0..6).prop_map(VecOp::Extend),
        1 => (2..5_u64).prop_map(VecOp::Retain),
        1 => Just(VecOp::Recover),
    ]
}

fn vec_agrees<const N: usize>(ops: &[VecOp]) {
    let mut arena = Arena::new::<StaticVec<u64, N>>();
    let mut model: Vec<u64> = Vec::new();
    for op in ops {
        if matches!(op, VecOp::Recover) {
            arena.recover::<StaticVec<u64, N>>();
        }
        arena.with(|vec: &mut StaticVec<u64, N>| {
            match op.clone() {
                VecOp::Push(v) => match vec.push(v) {
                    Ok(()) => model.push(v),
                    Err(full) => assert!(model.len() == N && full.into_inner() == v),
                },
                VecOp::Pop => assert_eq!(vec.pop(), model.pop()),
                VecOp::Insert(i, v) => match vec.insert(i, v) {
                    Ok(()) => model.insert(i, v),
                    Err(InsertError::OutOfBounds { .. }) => assert!(i > model.len()),
                    Err(error) => assert!(model.len() == N, "{error}"),
                },
                VecOp::Remove(i) => match vec.remove(i) {
                    Ok(v) => assert_eq!(v, model.remove(i)),
                    Err(RemoveError::OutOfBounds { .. }) => assert!(i >= model.len()),
                    Err(error) => panic!("{error}"),
                },
                VecOp::SwapRemove(i) => match vec.swap_remove(i) {
                    Ok(v) => assert_eq!(v, model.swap_remove(i)),
                    Err(_) => assert!(i >= model.len()),
                },
                VecOp::Set(i, v) => match vec.set(i, v) {
                    Ok(old) => assert_eq!(old, std::mem::replace(&mut model[i], v)),
                    Err(_) => assert!(i >= model.len()),
                },
                VecOp::Truncate(len) => {
                    vec.truncate(len);
                    model.truncate(len);
                }
                VecOp::Extend(more) => match vec.extend_from_slice(&more) {
                    Ok(()) => model.extend(more),
                    Err(_) => assert!(model.len() + more.len() > N),
                },
                VecOp::Retain(by) => {
                    let before = model.len();
                    model.retain(|v| v % by != 0);
                    assert_eq!(vec.retain(|v| v % by != 0), Ok(before - model.len()));
                }
                VecOp::Recover => {}
            }
            assert_eq!(vec.as_slice(), model);
        });
    }
}

#[derive(Debug, Clone)]
enum MapOp {
    Insert(u16, u64),
    Remove(u16),
    Get(u16),
    Change(u16, u64),
    Retain(u16),
    Clear,
    Recover,
}

fn map_op() -> impl Strategy<Value = MapOp> {
    prop_oneof![
        30 => (0..90_u16, any::<u64>()).prop_map(|(k, v)| MapOp::Insert(k, v)),
        24 => (0..90_u16).prop_map(MapOp::Remove),
        10 => (0..90_u16).prop_map(MapOp::Get),
        5 => (0..90_u16, any::<u64>()).prop_map(|(k, v)| MapOp::Change(k, v)),
        1 => (2..6_u16).prop_map(MapOp::Retain),
        1 => Just(MapOp::Clear),
        2 => Just(MapOp::Recover),
    ]
}

fn map_agrees<const N: usize>(ops: &[MapOp]) {
    type M<const N: usize> = StaticMap<u16, u64, N>;
    let mut arena = Arena::new::<M<N>>();
    let mut model: HashMap<u16, u64> = HashMap::new();
    for op in ops {
        if matches!(op, MapOp::Recover) {
            arena.recover::<M<N>>();
        }
        arena.with(|map: &mut M<N>| {
            match *op {
                MapOp::Insert(k, v) => match map.insert(k, v) {
                    Ok(old) => assert_eq!(old, model.insert(k, v)),
                    Err(error) => {
                        assert!(!model.contains_key(&k) && model.len() == M::<N>::CAPACITY);
                        assert_eq!(error.into_inner(), (k, v));
                    }
                },
                MapOp::Remove(k) => assert_eq!(map.remove(&k), model.remove(&k)),
                MapOp::Get(k) => assert_eq!(map.get(&k), model.get(&k)),
                MapOp::Change(k, v) => {
                    assert_eq!(
                        map.get_mut(&k).map(|at| std::mem::replace(at, v)),
                        model.get_mut(&k).map(|at| std::mem::replace(at, v))
                    );
                }
                MapOp::Retain(by) => {
                    let before = model.len();
                    model.retain(|k, _| k % by != 0);
                    assert_eq!(map.retain(|k, _| k % by != 0), Ok(before - model.len()));
                }
                MapOp::Clear => {
                    map.clear();
                    model.clear();
                }
                MapOp::Recover => {}
            }
            assert_eq!(map.len(), model.len());
        });
    }
    arena.with(|map: &mut M<N>| {
        let all: BTreeMap<u16, u64> = map.iter().map(|(k, v)| (*k, *v)).collect();
        assert_eq!(all, model.iter().map(|(k, v)| (*k, *v)).collect());
        assert!((0..90).all(|k| map.contains_key(&k) == model.contains_key(&k)));
    });
}

#[derive(Debug, Clone)]
enum PoolOp {
    Insert(u64),
    Reserve(Option<u64>),
    Remove(usize),
    RemoveStale(usize),
    Change(usize, u64),
    Clear,
    Recover,
}

fn pool_op() -> impl Strategy<Value = PoolOp> {
    prop_oneof![
        20 => any::<u64>().prop_map(PoolOp::Insert),
        6 => any::<Option<u64>>().prop_map(PoolOp::Reserve),
        14 => any::<usize>().prop_map(PoolOp::Remove),
        4 => any::<usize>().prop_map(PoolOp::RemoveStale),
        4 => (any::<usize>(), any::<u64>()).prop_map(|(i, v)| PoolOp::Change(i, v)),
        1 => Just(PoolOp::Clear),
        2 => Just(PoolOp::Recover),
    ]
}

fn pool_agrees<const N: usize>(ops: &[PoolOp]) {
    let mut arena = Arena::new::<Pool<u64, N>>();
    let mut live: Vec<(Handle<u64>, u64)> = Vec::new();
    let mut dead: Vec<Handle<u64>> = vec![Handle::NULL];
    for op in ops {
        if matches!(op, PoolOp::Recover) {
            arena.recover::<Pool<u64, N>>();
        }
        arena.with(|pool: &mut Pool<u64, N>| {
            match *op {
                PoolOp::Insert(v) => match pool.insert(v) {
                    Ok(handle) => live.push((handle, v)),
                    Err(full) => assert!(live.len() == N && full.into_inner() == v),
                },
                PoolOp::Reserve(v) => match (pool.reserve(), v) {
                    (Ok(slot), Some(v)) => live.push((slot.commit(v), v)),
                    (Ok(slot), None) => dead.push(slot.handle()),
                    (Err(_), _) => assert_eq!(live.len(), N),
                },
                PoolOp::Remove(i) if !live.is_empty() => {
                    let (handle, v) = live.swap_remove(i % live.len());
                    assert_eq!(pool.remove(handle), Some(v));
                    dead.push(handle);
                }
                PoolOp::RemoveStale(i) => assert_eq!(pool.remove(dead[i % dead.len()]), None),
                PoolOp::Change(i, v) if !live.is_empty() => {
                    let i = i % live.len();
                    let at = pool.get_mut(live[i].0).unwrap();
                    assert_eq!(std::mem::replace(at, v), live[i].1);
                    live[i].1 = v;
                }
                PoolOp::Clear => {
                    pool.clear();
                    dead.extend(live.drain(..).map(|(handle, _)| handle));
                }
                PoolOp::Remove(_) | PoolOp::Change(..) | PoolOp::Recover => {}
            }
            assert_eq!((pool.len(), pool.is_full()), (live.len(), live.len() == N));
            assert!(live.iter().all(|(handle, v)| pool.get(*handle) == Some(v)));
            assert!(dead.iter().all(|handle| !pool.contains(*handle)));
            let mut walked: Vec<_> = pool.iter().map(|(handle, v)| (handle, *v)).collect();
            walked.sort();
            let mut expected = live.clone();
            expected.sort();
            assert_eq!(walked, expected);
        });
    }
}

#[derive(Debug, Clone)]
enum QueueOp {
    Push(u64),
    BeginFinish,
    BeginClear,
    Skip,
    Recover,
}

fn queue_op() -> impl Strategy<Value = QueueOp> {
    prop_oneof![
        8 => any::<u64>().prop_map(QueueOp::Push),
        3 => Just(QueueOp::BeginFinish),
        2 => Just(QueueOp::BeginClear),
        2 => Just(QueueOp::Skip),
        1 => Just(QueueOp::Recover),
    ]
}

fn queue_agrees<const N: usize>(ops: &[QueueOp]) {
    let mut arena = Arena::new::<EventQueue<u64, N>>();
    let mut model: VecDeque<u64> = VecDeque::new();
    let mut started = 0;
    for op in ops {
        if matches!(op, QueueOp::Recover) {
            arena.recover::<EventQueue<u64, N>>();
        }
        arena.with(|queue: &mut EventQueue<u64, N>| {
            match *op {
                QueueOp::Push(v) => match queue.push(v) {
                    Ok(id) => {
                        assert_eq!(id.0, started + model.len() as u64);
                        model.push_back(v);
                    }
                    Err(full) => assert!(model.len() == N && full.into_inner() == v),
                },
                QueueOp::BeginFinish | QueueOp::BeginClear => {
                    let expected = model.pop_front();
                    let event = queue.begin();
                    assert_eq!(event.as_deref().copied(), expected);
                    let Some(event) = event else { return };
                    assert_eq!(event.id().0, started);
                    started += 1;
                    assert_eq!(queue.in_flight(), Some((event.id(), &*event)));
                    assert!(queue.begin().is_none() && queue.skip().is_none());
                    if matches!(op, QueueOp::BeginClear) {
                        assert_eq!(queue.clear_in_flight(), Some((event.id(), *event)));
                    }
                    queue.finish(event);
                    assert_eq!(queue.in_flight(), None);
                }
                QueueOp::Skip => {
                    let expected = model.pop_front();
                    started += u64::from(expected.is_some());
                    assert_eq!(queue.skip(), expected);
                }
                QueueOp::Recover => {}
            }
            assert_eq!(queue.peek(), model.front());
            assert!(queue.iter().map(|(_, v)| v).eq(&model));
        });
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn vec_is_a_vec(ops in prop::collection::vec(vec_op(), 0..120)) {
        vec_agrees::<5>(&ops);
        vec_agrees::<32>(&ops);
    }

    #[test]
    fn map_is_a_hash_map(ops in prop::collection::vec(map_op(), 0..600)) {
        map_agrees::<16>(&ops);
        map_agrees::<64>(&ops);
    }

    #[test]
    fn pool_is_a_map_by_handle(ops in prop::collection::vec(pool_op(), 0..120)) {
        pool_agrees::<3>(&ops);
        pool_agrees::<20>(&ops);
    }

    #[test]
    fn queue_is_a_deque(ops in prop::collection::vec(queue_op(), 0..120)) {
        queue_agrees::<1>(&ops);
        queue_agrees::<7>(&ops);
    }

    #[test]
    fn string_is_a_string(texts in prop::collection::vec(("\\PC{0,12}", 0..5_u8, 0..30_usize), 0..60)) {
        let mut arena = Arena::new::<StaticString<24>>();
        let mut model = String::new();
        for (text, op, at) in &texts {
            arena.with(|string: &mut StaticString<24>| {
                match op {
                    0 | 1 => match string.push_str(text) {
                        Ok(()) => model.push_str(text),
                        Err(_) => assert!(model.len() + text.len() > 24),
                    },
                    2 => match string.assign(text) {
                        Ok(()) => model.clone_from(text),
                        Err(_) => assert!(text.len() > 24),
                    },
                    3 => assert_eq!(string.pop(), model.pop()),
                    _ => {
                        string.truncate(*at);
                        model.truncate(model.floor_char_boundary(*at));
                    }
                }
                assert_eq!(string.as_str(), model);
            });
            arena.recover::<StaticString<24>>();
        }
    }
}
