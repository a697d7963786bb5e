//! Containers whose bytes were damaged: told by path, or worked around, never followed.
#![allow(clippy::unwrap_used, reason = "a failure ends the test")]

mod container_support;

use container_support::Arena;
use proptest::prelude::*;
use resume_core::ShmSafe;
use resume_core::container::{StaticMap, StaticString, StaticVec};
use resume_core::event::EventQueue;
use resume_core::pool::{Handle, Pool};

/// Offset of slot `index`'s word in a `Pool<u64, N>`.
fn word_at(index: usize) -> usize {
    16 + 16 * index
}

fn set_word(arena: &mut Arena, index: usize, generation: u32, low: u32) {
    let word = u64::from(generation) << 32 | u64::from(low);
    arena.root_bytes()[word_at(index)..word_at(index) + 8].copy_from_slice(&word.to_le_bytes());
}

#[test]
fn a_slot_whose_generation_is_used_up_is_retired() {
    let mut arena = Arena::new::<Pool<u64, 2>>();
    set_word(&mut arena, 0, u32::MAX - 1, 0);
    let last = arena.with(|pool: &mut Pool<u64, 2>| {
        let last = pool.insert(1).unwrap();
        assert_eq!((last.index(), last.generation()), (0, u32::MAX));
        assert_eq!(pool.remove(last), Some(1));
        assert_eq!(pool.insert(2).unwrap().index(), 1);
        assert!(pool.is_full() && pool.insert(3).is_err() && pool.reserve().is_err());
        last
    });
    arena.recover::<Pool<u64, 2>>();
    arena.with(|pool: &mut Pool<u64, 2>| {
        assert!(pool.is_full() && pool.insert(3).is_err() && pool.get(last).is_none());
        pool.clear();
        assert!(pool.insert(4).is_ok() && pool.insert(5).is_err());
    });
}

#[test]
fn what_only_the_stack_owned_is_free_after_a_crash() {
    let mut arena = Arena::new::<Pool<u64, 3>>();
    let handle = arena.with(|pool: &mut Pool<u64, 3>| {
        pool.insert(1).unwrap();
        let slot = pool.reserve().unwrap();
        let handle = slot.handle();
        std::mem::forget(slot);
        assert_eq!(pool.len(), 1);
        handle
    });
    let rebuild = arena.recover::<Pool<u64, 3>>();
    assert_eq!((rebuild.reserved_freed, rebuild.slots_visited), (1, 2));
    arena.with(|pool: &mut Pool<u64, 3>| {
        assert!(!pool.contains(handle));
        assert_ne!(pool.insert(2).unwrap(), handle);
        assert!(pool.insert(3).is_ok() && pool.insert(4).is_err());
    });
    assert_eq!(arena.recover::<Pool<u64, 3>>().reserved_freed, 0);
}

#[derive(ShmSafe, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Player {
    alive: bool,
    level: u32,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Root {
    players: Pool<Player, 4>,
    names: StaticVec<StaticString<8>, 4>,
    by_name: StaticMap<u64, bool, 16>,
    events: EventQueue<bool, 4>,
}

#[test]
fn damaged_values_are_told_by_path() {
    let start = || {
        let mut arena = Arena::new::<Root>();
        arena.with(|root: &mut Root| {
            for level in 0..3 {
                root.players.insert(Player { alive: true, level }).unwrap();
                root.names.push(StaticString::try_from("abc").unwrap()).unwrap();
                root.events.push(true).unwrap();
            }
            root.by_name.insert(5, true).unwrap();
        });
        assert_eq!(arena.check::<Root>(), []);
        arena
    };
    let players = 16;
    let names = std::mem::offset_of!(Root, names) + 4;
    let map = std::mem::offset_of!(Root, by_name);
    let full = {
        let mut arena = start();
        let control = arena.root_bytes()[map + 16..map + 32].to_vec();
        control.iter().position(|c| *c >= 128).unwrap()
    };
    let events = std::mem::offset_of!(Root, events);
    let damages = [
        (players + 16 + 8, 2, ".players[1].alive"),
        (8, 9, ".players"),
        (12, 7, ".players"),
        (names - 4, 5, ".names"),
        (names + 12, 9, ".names[1]"),
        (names + 2 * 12 + 4, 0xff, ".names[2]"),
        (map + 16 + (full + 1) % 16, 3, ".by_name"),
        (map + 48 + full * 16 + 8, 2, ".by_name"),
        (map + 8, 2, ".by_name"),
        (events + 16 + 2, 2, ".events[2]"),
        (events, 9, ".events"),
        (events + 8, 8, ".events"),
    ];
    for (at, byte, path) in damages {
        let mut arena = start();
        arena.root_bytes()[at] = byte;
        let problems = arena.check::<Root>();
        assert!(problems.iter().any(|p| p.path.starts_with(path)), "{at} = {byte}: {problems:?}");
        assert!(problems.iter().all(|p| p.what.contains("expected")), "{problems:?}");
    }
    // Bytes of what does not exist do not matter.
    let mut arena = start();
    arena.root_bytes()[players + 3 * 16 + 8] = 2;
    assert_eq!(arena.check::<Root>(), []);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Counts, links and `fresh` are not trusted with memory, nor are states that no operation leaves.
    #[test]
    fn a_pool_with_damaged_words_never_leads_outside(
        head in prop_oneof![0..6_u32, any::<u32>()],
        fresh in prop_oneof![0..6_u32, any::<u32>()],
        len in any::<u32>(),
        words in prop::collection::vec((prop_oneof![0..3_u32, any::<u32>()], prop_oneof![0..6_u32, any::<u32>()]), 4),
        ops in prop::collection::vec((0..6_u8, any::<u32>(), any::<u32>()), 0..30),
    ) {
        type P = Pool<u64, 4>;
        let mut arena = Arena::new::<P>();
        for (at, word) in [(0, len), (4, head), (8, fresh)] {
            arena.root_bytes()[at..at + 4].copy_from_slice(&word.to_le_bytes());
        }
        for (index, (generation, low)) in words.iter().enumerate() {
            set_word(&mut arena, index, *generation, *low);
        }
        let mut handles: Vec<Handle<u64>> = vec![Handle::NULL];
        arena.with(|pool: &mut P| {
            for (op, a, _) in &ops {
                let known = handles[*a as usize % handles.len()];
                match op {
                    0 | 1 => handles.extend(pool.insert(7)),
                    2 => handles.extend(pool.reserve().map(|slot| slot.commit(7))),
                    3 => drop(pool.remove(known)),
                    4 => pool.clear(),
                    _ => handles.extend(pool.iter().map(|(handle, _)| handle)),
                }
                let _ = (pool.get(known), pool.len(), pool.is_full());
            }
        });
        if !arena.check::<P>().is_empty() {
            prop_assert!(fresh > 4);
            return Ok(());
        }
        arena.recover::<P>();
        let (walked, len) = arena.with(|pool: &mut P| (pool.iter().count(), pool.len()));
        prop_assert_eq!(walked, len);
    }
}
