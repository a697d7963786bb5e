//! What safe code can do to containers: keys that lie or panic, extreme arguments and capacities, handles of others,
//! owners that are forgotten. None of it may panic by itself, hang, or leave a state that an attach would refuse.
//!
//! ```text
//! RUSTFLAGS=-Zsanitizer=address cargo +nightly test -p resume-core --target x86_64-unknown-linux-gnu \
//!     --test attacks_containers
//! ```
#![allow(clippy::unwrap_used, reason = "a failure ends the test")]

mod container_support;
#[path = "support/random.rs"]
#[allow(dead_code, reason = "a part of it")]
mod random;

use core::cell::Cell;
use core::cmp::Ordering;
use core::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use container_support::Arena;
use random::Random;
use resume_core::container::{
    BitSet, InsertError, OrderedMap, Ring, StaticList, StaticMap, StaticSet, StaticString, StaticVec, Timers,
    Versioned,
};
use resume_core::event::EventQueue;
use resume_core::pool::{Handle, Pool};
use resume_core::transaction::transaction;
use resume_core::{ShmInstant, ShmSafe};

/// How keys behave: as they should; all alike; at random; as they should, or with a panic now and then.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Mood {
    Honest,
    Alike,
    Random,
    Panics,
}

const MOODS: [Mood; 4] = [Mood::Honest, Mood::Alike, Mood::Random, Mood::Panics];

thread_local! {
    static MOOD: Cell<Mood> = const { Cell::new(Mood::Honest) };
    static DICE: Cell<u64> = const { Cell::new(1) };
}

fn dice() -> u64 {
    DICE.set(DICE.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    DICE.get() >> 33
}

fn mood(honest: u64) -> u64 {
    match MOOD.get() {
        Mood::Honest => honest,
        Mood::Alike => 7,
        Mood::Random => dice() % 24,
        Mood::Panics if dice().is_multiple_of(6) => resume_unwind(Box::new("the key's bug")),
        Mood::Panics => honest,
    }
}

#[derive(ShmSafe, Debug, Clone, Copy)]
#[repr(C)]
struct Key {
    number: u64,
    /// Shows a key that was never written.
    whole: bool,
}

impl Key {
    fn now(&self) -> u64 {
        assert!(self.whole, "a key that does not exist");
        mood(self.number)
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.now());
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.now() == other.now()
    }
}

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        self.now().cmp(&other.now())
    }
}

#[derive(ShmSafe)]
#[repr(C)]
struct Hostile {
    map: StaticMap<Key, char, 16>,
    large: StaticMap<Key, char, 64>,
    set: StaticSet<Key, 16>,
    ordered: OrderedMap<Key, char, 12>,
}

fn hostile_step(root: &mut Hostile, random: &mut Random) {
    let key = Key { number: random.below(24) as u64, whole: true };
    match random.below(16) {
        0..=2 => _ = root.map.insert(key, 'm'),
        3 | 4 => _ = root.large.insert(key, 'l'),
        5 => _ = root.set.insert(key),
        6..=8 => _ = root.ordered.insert(key, 'o'),
        9 => _ = root.map.remove(&key),
        10 => _ = (root.large.remove(&key), root.set.remove(&key)),
        11 => _ = root.ordered.remove(&key),
        12 => _ = (root.ordered.pop_last(), root.ordered.pop_first()),
        13 => {
            root.map.clean_up();
            root.large.clean_up();
        }
        14 => {
            let other = Key { number: random.below(24) as u64, whole: true };
            assert!(root.ordered.range(key..=other).count() <= 12);
            assert!(root.ordered.range(other..).count() <= 12);
        }
        _ => {
            let _ = root.map.retain(|key, _| key.now() % 3 != 0);
            let _ = root.large.get_mut(&key).map(|value| *value = 'L');
            let _ = root.ordered.get_mut(&key).map(|value| *value = 'O');
        }
    }
}

/// Keys whose `Hash`, `Eq` and `Ord` lie or panic make nonsense of a map, and nothing worse.
#[test]
fn keys_that_lie_or_panic_do_no_harm() {
    for first in MOODS {
        let mut arena = Arena::new::<Hostile>();
        let mut random = Random::new(first as u64 + 1);
        for round in 0..1_500 {
            arena.with(|root: &mut Hostile| {
                MOOD.set(if random.below(3) == 0 { MOODS[random.below(4)] } else { first });
                let _ = catch_unwind(AssertUnwindSafe(|| {
                    if random.below(8) == 0 {
                        let keep = random.below(2) == 0;
                        let _ = transaction(root, |root, _| {
                            (0..4).for_each(|_| hostile_step(root, &mut random));
                            if keep { Ok(()) } else { Err(()) }
                        });
                    } else {
                        hostile_step(root, &mut random);
                    }
                }));
                MOOD.set(Mood::Honest);
                assert!(root.map.iter().all(|(key, value)| key.whole && *value == 'm'));
                assert!(root.large.iter().all(|(key, value)| key.whole && matches!(value, 'l' | 'L')));
                assert!(root.set.iter().all(|key| key.whole));
                assert_eq!(root.map.iter().count(), root.map.len());
                let values: Vec<char> = root.ordered.values().copied().collect();
                assert_eq!(
                    (values.len(), root.ordered.values().rev().count()),
                    (root.ordered.len(), values.len())
                );
                root.ordered.values_mut().for_each(|value| *value = 'o');
            });
            assert_eq!(arena.check::<Hostile>(), [], "{first:?}, round {round}");
        }
        arena.recover::<Hostile>();
    }
}

#[derive(ShmSafe)]
#[repr(C)]
struct Tiny {
    vec0: StaticVec<bool, 0>,
    vec1: StaticVec<bool, 1>,
    text0: StaticString<0>,
    list0: StaticList<bool, 0>,
    list1: StaticList<bool, 1>,
    pool0: Pool<bool, 0>,
    pool1: Pool<bool, 1>,
    map0: OrderedMap<u8, bool, 0>,
    ring1: Ring<bool, 1>,
    timers0: Timers<bool, 0, 1>,
    timers1: Timers<bool, 1, 1>,
    bits0: BitSet<0>,
    queue1: EventQueue<bool, 1>,
    units: StaticVec<(), { u32::MAX as usize }>,
    unit_pool: Pool<(), 3>,
    unit_list: StaticList<(), 3>,
    unit_ring: Ring<(), 3>,
    unit_map: StaticMap<(), (), 16>,
    unit: Versioned<()>,
}

#[test]
fn capacities_of_none_and_one_and_elements_of_no_bytes() {
    let mut arena = Arena::new::<Tiny>();
    let now = ShmInstant::from_nanos(u64::MAX);
    for aborts in [true, false, true] {
        arena.with(|root: &mut Tiny| {
            let outcome = transaction(root, |root, _| {
                assert!(root.vec0.push(true).is_err() && root.vec0.insert(0, true).is_err());
                assert!(root.vec0.remove(0).is_err() && root.vec0.pop().is_none() && root.vec0.is_full());
                assert!(root.text0.push('a').is_err() && root.text0.push_str("").is_ok());
                assert!(root.text0.assign("").is_ok() && root.text0.assign("a").is_err());
                assert!(root.list0.push_back(true).is_err() && root.list0.push_front(true).is_err());
                assert!(root.pool0.insert(true).is_err() && root.pool0.reserve().is_err());
                assert!(root.map0.insert(1, true).is_err() && root.map0.pop_last().is_none());
                assert!(root.timers0.schedule(now, true).is_err() && root.timers0.pop_due(now).is_none());
                assert!(root.bits0.insert(0).is_err() && !root.bits0.remove(usize::MAX));
                for round in 0..3 {
                    root.vec1.insert(0, true).unwrap();
                    assert_eq!((root.vec1.push(true).is_err(), root.vec1.swap_remove(0)), (true, Ok(true)));
                    let handle = root.list1.push_front(true).unwrap();
                    assert!(matches!(root.list1.insert_after(handle, true), Err(InsertError::Full(true))));
                    assert_eq!(root.list1.pop_back(), Some(true));
                    let reserved = root.pool1.reserve().unwrap();
                    let handle = reserved.commit(true);
                    assert!(root.pool1.reserve().is_err() && root.pool1.is_full());
                    assert_eq!((root.pool1.remove(handle), root.pool1.remove(handle)), (Some(true), None));
                    assert_eq!(root.ring1.push_back_evicting(round == 0).unwrap().is_some(), round > 0);
                    let timer = root.timers1.schedule(now, true).unwrap();
                    assert_eq!(root.timers1.reschedule(timer, ShmInstant::from_nanos(0)), Ok(true));
                    assert_eq!(root.timers1.pop_due(ShmInstant::from_nanos(0)), Some(true));
                    root.queue1.push(true).unwrap();
                    assert!(root.queue1.push(true).is_err());
                    root.queue1.skip().unwrap();
                    root.units.extend_from_slice(&[(); 1000]).unwrap();
                    root.units.insert(3, ()).unwrap();
                    root.units.remove(3).unwrap();
                    root.units.set(5, ()).unwrap();
                    assert_eq!(root.units.retain(|()| true), Ok(0));
                    let unit = root.unit_pool.insert(()).unwrap();
                    let node = root.unit_list.push_back(()).unwrap();
                    root.unit_ring.push_front(()).unwrap();
                    root.unit_map.insert((), ()).unwrap();
                    root.unit.set(());
                    assert!(root.unit_pool.contains(unit) && root.unit_list.contains(node));
                }
                root.units.truncate(round_len(root.units.len()));
                root.ring1.clear();
                root.unit_pool.clear();
                root.unit_list.clear();
                root.unit_ring.clear();
                if aborts { Err(()) } else { Ok(()) }
            });
            assert_eq!(outcome.is_err(), aborts);
        });
        assert_eq!(arena.check::<Tiny>(), []);
        arena.recover::<Tiny>();
    }
}

fn round_len(len: usize) -> usize {
    len / 2000 * 1000
}

#[derive(ShmSafe)]
#[repr(C)]
struct Places {
    pool: Pool<bool, 3>,
    list: StaticList<bool, 3>,
    timers: Timers<bool, 3, 2>,
    vec: StaticVec<u16, 4>,
    ring: Ring<u16, 4>,
    text: StaticString<8>,
    bits: BitSet<1>,
}

#[test]
fn extreme_arguments_are_refused() {
    let mut arena = Arena::new::<Places>();
    arena.with(|root: &mut Places| {
        root.vec.extend_from_slice(&[1, 2, 3]).unwrap();
        root.ring.push_back(1).unwrap();
        root.text.push_str("aß€").unwrap();
        for far in
            [usize::MAX, usize::MAX - 1, usize::MAX / 2, u32::MAX as usize, 1 << 32, (1 << 32) + 1, 64, 4]
        {
            assert!(root.vec.insert(far, 0).is_err() && root.vec.remove(far).is_err());
            assert!(
                root.vec.swap_remove(far).is_err()
                    && root.vec.set(far, 0).is_err()
                    && root.vec.get(far).is_none()
            );
            assert!(
                root.ring.get(far).is_none()
                    && root.ring.get_mut(far).is_none()
                    && root.ring.set(far, 0).is_err()
            );
            root.vec.truncate(far);
            root.ring.truncate(far);
            if far >= 64 {
                assert!(root.bits.insert(far).is_err() && root.bits.toggle(far).is_err());
                assert!(!root.bits.remove(far) && !root.bits.contains(far));
                root.text.truncate(far);
            }
        }
        assert_eq!((&root.vec[..], root.ring.len(), &*root.text), (&[1, 2, 3][..], 1, "aß€"));
        root.text.truncate(2);
        assert_eq!(&*root.text, "a");
    });
}

/// Handles are numbers that clients send: any of them finds what it names, or nothing.
#[test]
fn any_number_is_a_handle_of_something_or_of_nothing() {
    let mut arena = Arena::new::<Places>();
    let mut random = Random::new(3);
    for round in 0..2_000 {
        arena.with(|root: &mut Places| {
            let known: Vec<u64> = (root.pool.iter().map(|(handle, _)| handle.to_bits()))
                .chain(root.list.entries().map(|(handle, _)| handle.to_bits()))
                .chain(root.timers.iter().map(|(handle, ..)| handle.to_bits()))
                .collect();
            let mut bits = match known.get(random.below(known.len().max(1))) {
                Some(bits) if random.below(3) != 0 => *bits,
                _ => (random.below(5) as u64) << 32 | random.below(5) as u64,
            };
            if random.below(4) == 0 {
                bits ^= 1 << random.below(64);
            }
            let handle = Handle::from_bits(bits);
            let (now, value) = (ShmInstant::from_nanos(random.below(1 << 28) as u64), random.below(2) == 0);
            match random.below(12) {
                0 => _ = root.pool.insert(value),
                1 => _ = root.pool.reserve().map(core::mem::forget),
                2 => _ = root.pool.remove(handle),
                3 => _ = (root.list.insert_after(handle, value), root.list.insert_before(handle, value)),
                4 => _ = (root.list.push_back(value), root.list.next(handle), root.list.prev(handle)),
                5 => _ = (root.list.set(handle, value), root.list.remove(handle)),
                6 => _ = root.timers.schedule(now, value),
                7 => _ = (root.timers.reschedule(handle, now), root.timers.deadline(handle)),
                8 => _ = (root.timers.cancel(handle), root.timers.find_due(now)),
                9 => _ = (root.pool.get_mut(handle).is_some(), root.timers.get_mut(handle).is_some()),
                10 if round % 40 == 0 => root.pool.clear(),
                _ => {
                    root.pool.iter_mut().for_each(|(_, value)| *value = !*value);
                    root.list.iter_mut().for_each(|value| *value = !*value);
                }
            }
            for value in root.pool.iter().map(|(_, value)| value).chain(&root.list) {
                // SAFETY: a bool is one initialised byte.
                assert!(unsafe { core::ptr::from_ref(value).cast::<u8>().read_volatile() } <= 1);
            }
        });
        assert_eq!(arena.check::<Places>(), [], "round {round}");
    }
}
