//! The heap's owners against `Vec` and `String`, over random sequences, at two capacities, with crashes, clean
//! stops and aborted transactions thrown in at random.
#![allow(clippy::unwrap_used, reason = "a failure ends the test")]

mod container_support;
#[path = "support/random.rs"]
#[allow(dead_code, reason = "a part of it")]
mod random;

use container_support::Arena;
use proptest::prelude::*;
use resume_core::ShmSafe;
use resume_core::container::StaticMap;
use resume_core::heap::{Heap, HeapError, HeapSlice, HeapString, HeapVec};
use resume_core::transaction::transaction;

/// Cases per property: `PROPTEST_CASES` overrides it.
fn config() -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(40);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

const OWNERS: usize = 6;

#[derive(ShmSafe)]
#[repr(C)]
struct Root<const B: usize> {
    heap: Heap<B>,
    numbers: [HeapVec<u64>; OWNERS],
    texts: [HeapString; OWNERS],
    rooms: HeapVec<Room>,
    by_id: StaticMap<u16, HeapString, 16>,
    slices: [HeapSlice<u16>; 2],
}

#[derive(ShmSafe)]
#[repr(C)]
struct Room {
    id: u32,
    name: HeapString,
    open: HeapVec<bool>,
}

#[derive(Debug, Clone, Default, PartialEq)]
struct Model {
    numbers: [Vec<u64>; OWNERS],
    texts: [String; OWNERS],
    rooms: Vec<(u32, String, Vec<bool>)>,
    by_id: std::collections::BTreeMap<u16, String>,
    slices: [Vec<u16>; 2],
}

#[derive(Debug, Clone)]
enum Op {
    Push(usize, u64),
    Extend(usize, Vec<u64>),
    Pop(usize),
    Insert(usize, usize, u64),
    Remove(usize, usize),
    SwapRemove(usize, usize),
    Set(usize, usize, u64),
    Retain(usize, u64),
    Truncate(usize, usize),
    Reserve(usize, usize),
    Shrink(usize),
    Free(usize),
    TextPush(usize, String),
    TextAssign(usize, String),
    TextPop(usize),
    TextTruncate(usize, usize),
    TextFree(usize),
    RoomAdd(u32, String),
    RoomName(usize, String),
    RoomOpen(usize, bool),
    RoomRemove(usize),
    Name(u16, String),
    Unname(u16),
    Slice(usize, Vec<u16>),
    /// Changes all and is aborted.
    Aborted(u64),
    /// Owners that are forgotten.
    Leak(usize),
    Recover,
}

fn text() -> impl Strategy<Value = String> {
    "[a-zäß€]{0,40}"
}

fn op() -> impl Strategy<Value = Op> {
    let owner = 0..OWNERS;
    prop_oneof![
        8 => (owner.clone(), any::<u64>()).prop_map(|(o, v)| Op::Push(o, v)),
        3 => (owner.clone(), prop::collection::vec(any::<u64>(), 0..20)).prop_map(|(o, v)| Op::Extend(o, v)),
        3 => owner.clone().prop_map(Op::Pop),
        2 => (owner.clone(), 0..20_usize, any::<u64>()).prop_map(|(o, i, v)| Op::Insert(o, i, v)),
        2 => (owner.clone(), 0..20_usize).prop_map(|(o, i)| Op::Remove(o, i)),
        2 => (owner.clone(), 0..20_usize).prop_map(|(o, i)| Op::SwapRemove(o, i)),
        2 => (owner.clone(), 0..20_usize, any::<u64>()).prop_map(|(o, i, v)| Op::Set(o, i, v)),
        1 => (owner.clone(), 2..5_u64).prop_map(|(o, by)| Op::Retain(o, by)),
        1 => (owner.clone(), 0..20_usize).prop_map(|(o, len)| Op::Truncate(o, len)),
        1 => (owner.clone(), 0..60_usize).prop_map(|(o, more)| Op::Reserve(o, more)),
        1 => owner.clone().prop_map(Op::Shrink),
        3 => owner.clone().prop_map(Op::Free),
        4 => (owner.clone(), text()).prop_map(|(o, t)| Op::TextPush(o, t)),
        2 => (owner.clone(), text()).prop_map(|(o, t)| Op::TextAssign(o, t)),
        1 => owner.clone().prop_map(Op::TextPop),
        1 => (owner.clone(), 0..30_usize).prop_map(|(o, len)| Op::TextTruncate(o, len)),
        2 => owner.prop_map(Op::TextFree),
        2 => (any::<u32>(), text()).prop_map(|(id, t)| Op::RoomAdd(id, t)),
        2 => (0..6_usize, text()).prop_map(|(i, t)| Op::RoomName(i, t)),
        2 => (0..6_usize, any::<bool>()).prop_map(|(i, b)| Op::RoomOpen(i, b)),
        1 => (0..6_usize).prop_map(Op::RoomRemove),
        2 => (0..20_u16, text()).prop_map(|(id, t)| Op::Name(id, t)),
        2 => (0..20_u16).prop_map(Op::Unname),
        1 => (0..2_usize, prop::collection::vec(any::<u16>(), 0..30)).prop_map(|(o, v)| Op::Slice(o, v)),
        1 => any::<u64>().prop_map(Op::Aborted),
        1 => (1..200_usize).prop_map(Op::Leak),
        2 => Just(Op::Recover),
    ]
}

/// Whether it was done. A heap that has no room may refuse; nothing has changed then.
fn done<T: std::fmt::Debug>(result: Result<T, HeapError>) -> bool {
    match result {
        Ok(_) => true,
        Err(HeapError::Full { .. } | HeapError::OutOfBounds { .. }) => false,
        Err(error) => panic!("{error}"),
    }
}

fn numbers_step<const B: usize>(root: &mut Root<B>, model: &mut Model, op: Op) {
    let heap = &mut root.heap;
    match op {
        Op::Push(o, v) => match root.numbers[o].push(heap, v) {
            Ok(()) => model.numbers[o].push(v),
            Err(error) => assert_eq!(error.into_inner(), v),
        },
        Op::Extend(o, v) => {
            if done(root.numbers[o].extend_from_slice(heap, &v)) {
                model.numbers[o].extend(v);
            }
        }
        Op::Pop(o) => assert_eq!(root.numbers[o].pop(heap), model.numbers[o].pop()),
        Op::Insert(o, i, v) => match root.numbers[o].insert(heap, i, v) {
            Ok(()) => model.numbers[o].insert(i, v),
            Err(HeapError::OutOfBounds { len, .. }) => {
                assert!(i > model.numbers[o].len() && len == model.numbers[o].len());
            }
            Err(error) => assert!(matches!(error, HeapError::Full { .. }), "{error}"),
        },
        Op::Remove(o, i) => match root.numbers[o].remove(heap, i) {
            Ok(v) => assert_eq!(v, model.numbers[o].remove(i)),
            Err(_) => assert!(i >= model.numbers[o].len()),
        },
        Op::SwapRemove(o, i) => match root.numbers[o].swap_remove(heap, i) {
            Ok(v) => assert_eq!(v, model.numbers[o].swap_remove(i)),
            Err(_) => assert!(i >= model.numbers[o].len()),
        },
        Op::Set(o, i, v) => match root.numbers[o].set(heap, i, v) {
            Ok(old) => assert_eq!(old, std::mem::replace(&mut model.numbers[o][i], v)),
            Err(_) => assert!(i >= model.numbers[o].len()),
        },
        Op::Retain(o, by) => {
            let before = model.numbers[o].len();
            model.numbers[o].retain(|v| v % by != 0);
            let removed = root.numbers[o].retain(heap, |v| v % by != 0).unwrap();
            assert_eq!(removed, before - model.numbers[o].len());
        }
        Op::Truncate(o, len) => {
            root.numbers[o].truncate(heap, len);
            model.numbers[o].truncate(len);
        }
        Op::Reserve(o, more) => {
            if done(root.numbers[o].reserve(heap, more)) {
                assert!(root.numbers[o].capacity(heap) >= model.numbers[o].len() + more);
            }
        }
        Op::Shrink(o) => root.numbers[o].shrink_to_fit(heap),
        Op::Free(o) => {
            root.numbers[o].free(heap).unwrap();
            model.numbers[o].clear();
        }
        other => texts_step(root, model, other),
    }
}

fn texts_step<const B: usize>(root: &mut Root<B>, model: &mut Model, op: Op) {
    let heap = &mut root.heap;
    match op {
        Op::TextPush(o, t) => {
            if done(root.texts[o].push_str(heap, &t)) {
                model.texts[o].push_str(&t);
            }
        }
        Op::TextAssign(o, t) => {
            if done(root.texts[o].assign(heap, &t)) {
                model.texts[o] = t;
            }
        }
        Op::TextPop(o) => assert_eq!(root.texts[o].pop(heap), model.texts[o].pop()),
        Op::TextTruncate(o, len) => {
            root.texts[o].truncate(heap, len);
            model.texts[o].truncate(model.texts[o].floor_char_boundary(len));
        }
        Op::TextFree(o) => {
            root.texts[o].free(heap).unwrap();
            model.texts[o].clear();
        }
        Op::Name(id, t) => {
            let Ok(name) = HeapString::from_str(heap, &t) else { return };
            match root.by_id.insert(id, name) {
                Ok(old) => {
                    assert_eq!(old.is_some(), model.by_id.insert(id, t).is_some());
                    old.into_iter().for_each(|mut old| old.free(heap).unwrap());
                }
                Err(error) => error.into_inner().1.free(heap).unwrap(),
            }
        }
        Op::Unname(id) => {
            let name = root.by_id.remove(&id);
            assert_eq!(name.is_some(), model.by_id.remove(&id).is_some());
            name.into_iter().for_each(|mut name| name.free(heap).unwrap());
        }
        Op::Slice(o, values) => {
            let Ok(slice) = HeapSlice::from_slice(heap, &values) else { return };
            root.slices[o].replace(slice).unwrap().free(heap).unwrap();
            model.slices[o] = values;
        }
        Op::Leak(bytes) => _ = HeapVec::<u8>::with_capacity(heap, bytes),
        other => rooms_step(root, model, other),
    }
}

fn rooms_step<const B: usize>(root: &mut Root<B>, model: &mut Model, op: Op) {
    let heap = &mut root.heap;
    match op {
        Op::RoomAdd(id, t) => {
            let Ok(name) = HeapString::from_str(heap, &t) else { return };
            match root.rooms.push(heap, Room { id, name, open: HeapVec::new() }) {
                Ok(()) => model.rooms.push((id, t, Vec::new())),
                Err(error) => error.into_inner().name.free(heap).unwrap(),
            }
        }
        Op::RoomName(i, t) => match root.rooms.at(heap, i) {
            Some(room) => {
                let mut name = room.project(|room| &mut room.name);
                if done(name.assign(&t)) {
                    model.rooms[i].1 = t;
                }
                assert_eq!(name.as_str(), model.rooms[i].1);
            }
            None => assert!(i >= model.rooms.len()),
        },
        Op::RoomOpen(i, open) => {
            if let Some(room) = root.rooms.at(heap, i)
                && room.project(|room| &mut room.open).push(open).is_ok()
            {
                model.rooms[i].2.push(open);
            }
        }
        Op::RoomRemove(i) => match root.rooms.remove(heap, i) {
            Ok(mut room) => {
                assert_eq!(room.id, model.rooms.remove(i).0);
                room.name.free(heap).unwrap();
                room.open.free(heap).unwrap();
            }
            Err(_) => assert!(i >= model.rooms.len()),
        },
        other => unreachable!("{other:?}"),
    }
}

fn contents<const B: usize>(root: &Root<B>) -> Model {
    let heap = &root.heap;
    Model {
        numbers: core::array::from_fn(|o| root.numbers[o].as_slice(heap).to_vec()),
        texts: core::array::from_fn(|o| root.texts[o].as_str(heap).to_owned()),
        rooms: root
            .rooms
            .iter(heap)
            .map(|r| (r.id, r.name.as_str(heap).to_owned(), r.open.as_slice(heap).to_vec()))
            .collect(),
        by_id: root.by_id.iter().map(|(id, name)| (*id, name.as_str(heap).to_owned())).collect(),
        slices: core::array::from_fn(|o| root.slices[o].as_slice(heap).to_vec()),
    }
}

/// Blocks that owners have.
fn owned<const B: usize>(root: &Root<B>) -> usize {
    let heap = &root.heap;
    let rooms = root
        .rooms
        .iter(heap)
        .map(|r| usize::from(r.name.is_allocated()) + usize::from(r.open.is_allocated()));
    root.numbers.iter().filter(|v| v.is_allocated()).count()
        + root.texts.iter().filter(|t| t.is_allocated()).count()
        + usize::from(root.rooms.is_allocated())
        + rooms.sum::<usize>()
        + root.by_id.iter().filter(|(_, name)| name.is_allocated()).count()
        + root.slices.iter().filter(|s| !s.is_empty(heap)).count()
}

fn free_all<const B: usize>(root: &mut Root<B>) {
    let heap = &mut root.heap;
    root.numbers.iter_mut().for_each(|v| v.free(heap).unwrap());
    root.texts.iter_mut().for_each(|t| t.free(heap).unwrap());
    while let Some(mut room) = root.rooms.pop(heap) {
        room.name.free(heap).unwrap();
        room.open.free(heap).unwrap();
    }
    root.rooms.free(heap).unwrap();
    root.by_id.iter_mut().for_each(|(_, name)| name.free(heap).unwrap());
    root.slices.iter_mut().for_each(|s| s.free(heap).unwrap());
}

fn agrees<const B: usize>(ops: &[Op]) {
    let mut arena = Arena::new::<Root<B>>();
    let (mut model, mut leaked) = (Model::default(), 0);
    for op in ops {
        match op.clone() {
            Op::Recover => {
                let rebuild = arena.recover::<Root<B>>();
                assert_eq!(rebuild.heap_blocks_freed, leaked as u64);
                leaked = 0;
            }
            Op::Aborted(v) => arena.with(|root: &mut Root<B>| {
                let before = (root.heap.blocks(), root.heap.used_bytes(), root.heap.high_water_bytes());
                let aborted = transaction(root, |root, _| {
                    let mut scratch = model.clone();
                    for (o, op) in ops.iter().take(12).enumerate() {
                        if !matches!(op, Op::Recover | Op::Aborted(_)) {
                            numbers_step(root, &mut scratch, op.clone());
                        }
                        let _ = root.numbers[o % OWNERS].push(&mut root.heap, v);
                        scratch.numbers = contents(root).numbers;
                    }
                    if v % 2 == 0 {
                        free_all(root);
                    }
                    Err::<(), _>(v)
                });
                assert!(aborted.is_err());
                assert_eq!(
                    before,
                    (root.heap.blocks(), root.heap.used_bytes(), root.heap.high_water_bytes())
                );
            }),
            op => arena.with(|root: &mut Root<B>| {
                let before = root.heap.blocks();
                let is_leak = matches!(op, Op::Leak(_));
                numbers_step(root, &mut model, op);
                leaked += if is_leak { root.heap.blocks() - before } else { 0 };
            }),
        }
        arena.with(|root: &mut Root<B>| {
            assert_eq!(contents(root), model);
            assert_eq!(root.heap.blocks(), owned(root) + leaked);
        });
    }
    arena.recover::<Root<B>>();
    arena.with(|root: &mut Root<B>| {
        assert_eq!(contents(root), model);
        free_all(root);
        assert_eq!((root.heap.blocks(), root.heap.used_bytes(), root.heap.high_water_bytes()), (0, 0, 0));
    });
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn owners_agree_with_std_in_a_small_heap(ops in prop::collection::vec(op(), 0..150)) {
        agrees::<2048>(&ops);
    }

    #[test]
    fn owners_agree_with_std_in_a_large_heap(ops in prop::collection::vec(op(), 0..250)) {
        agrees::<65536>(&ops);
    }
}

/// Four fifths of the heap in use, sizes and order at random: what is free stays in pieces that are large enough.
#[test]
fn a_heap_in_use_for_long_does_not_fall_apart() {
    const BYTES: usize = 256 << 10;
    #[derive(ShmSafe)]
    #[repr(C)]
    struct Busy {
        heap: Heap<BYTES>,
        blocks: [HeapVec<u8>; 1024],
    }
    let mut arena = Arena::new::<Busy>();
    arena.with(|busy: &mut Busy| {
        let mut random = random::Random::new(5);
        let (mut steps, mut full) = (0, 0);
        while steps < 100_000 {
            let block = &mut busy.blocks[random.below(1024)];
            block.free(&mut busy.heap).unwrap();
            let bytes = 1 + random.below(31) * random.below(31);
            if busy.heap.used_bytes() + bytes < BYTES / 5 * 4 {
                full += usize::from(block.reserve(&mut busy.heap, bytes).is_err());
                steps += 1;
            }
        }
        assert_eq!(full, 0, "{:?}", busy.heap);
        assert!(busy.heap.used_bytes() > BYTES / 4 * 3, "{:?}", busy.heap);
        busy.blocks.iter_mut().for_each(|block| block.free(&mut busy.heap).unwrap());
        assert_eq!((busy.heap.blocks(), busy.heap.used_bytes(), busy.heap.high_water_bytes()), (0, 0, 0));
    });
}

/// One block as large as the heap; then none.
#[test]
fn the_whole_heap_is_one_block_if_asked_for() {
    let mut heap = Heap::<1024>::new();
    let mut all = HeapVec::<u8>::with_capacity(&mut heap, 1024 - 16).unwrap();
    assert!(matches!(HeapVec::<u8>::with_capacity(&mut heap, 1), Err(HeapError::Full { bytes: 1, .. })));
    assert!(matches!(all.reserve(&mut heap, 1024 - 15), Err(HeapError::Full { .. })));
    assert!(matches!(all.reserve(&mut heap, usize::MAX), Err(HeapError::Full { .. })));
    all.free(&mut heap).unwrap();
    for bytes in [1024 - 15, usize::MAX, usize::MAX / 16, 1 << 34] {
        let error = HeapVec::<u8>::with_capacity(&mut heap, bytes).unwrap_err();
        assert!(error.to_string().contains("no free block"), "{error}");
        assert!(HeapVec::<u64>::with_capacity(&mut heap, bytes).is_err());
    }
    assert_eq!(heap.blocks(), 0);
}

/// Blocks that were freed are kept for the next ones of their size, and given back when only that helps.
#[test]
fn what_is_kept_for_reuse_is_there_for_a_large_block_too() {
    const BLOCKS: usize = 16;
    #[derive(ShmSafe)]
    #[repr(C)]
    struct Kept {
        heap: Heap<1024>,
        blocks: [HeapVec<u8>; BLOCKS],
        large: HeapVec<u8>,
    }
    let mut arena = Arena::new::<Kept>();
    arena.with(|kept: &mut Kept| {
        for (i, block) in kept.blocks.iter_mut().enumerate() {
            block.extend_from_slice(&mut kept.heap, &[i as u8; 48]).unwrap();
        }
        assert_eq!(kept.heap.used_bytes(), 1024);
        let places = |kept: &Kept| kept.blocks.each_ref().map(|b| b.as_slice(&kept.heap).as_ptr());
        let before = (places(kept), kept.heap.used_bytes(), kept.heap.blocks(), kept.heap.high_water_bytes());
        for commits in [false, true] {
            let outcome = transaction(kept, |kept, _| {
                // The last one freed is the first one used.
                kept.blocks[3].free(&mut kept.heap).unwrap();
                kept.blocks[5].free(&mut kept.heap).unwrap();
                kept.large.extend_from_slice(&mut kept.heap, &[0xff; 48]).unwrap();
                assert_eq!(kept.large.as_slice(&kept.heap).as_ptr(), before.0[5]);
                kept.large.free(&mut kept.heap).unwrap();
                for block in &mut kept.blocks[..BLOCKS - 1] {
                    block.free(&mut kept.heap).unwrap();
                }
                kept.large.reserve(&mut kept.heap, 15 * 64 - 16).unwrap();
                assert!(kept.large.reserve(&mut kept.heap, 15 * 64).is_err());
                if commits { Ok(()) } else { Err(()) }
            });
            assert_eq!(outcome.is_ok(), commits);
            if !commits {
                let now =
                    (places(kept), kept.heap.used_bytes(), kept.heap.blocks(), kept.heap.high_water_bytes());
                assert_eq!(before, now);
                assert!(kept.blocks.iter().enumerate().all(|(i, b)| b.as_slice(&kept.heap) == [i as u8; 48]));
            }
        }
        assert_eq!(kept.heap.blocks(), 2);
        assert_eq!(kept.blocks[BLOCKS - 1].as_slice(&kept.heap), [15; 48]);
    });
    assert_eq!(arena.recover::<Kept>().heap_blocks_freed, 0);
}
