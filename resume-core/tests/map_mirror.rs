//! The control bytes of a map that stand twice: what an attach makes of a damaged copy.

#[allow(dead_code)]
mod container_support;

use container_support::Arena;
use resume_core::ShmSafe;
use resume_core::check::Checker;
use resume_core::container::StaticMap;

type Map = StaticMap<u64, bool, 32>;

/// Control bytes stand behind 16 bytes of counts, their mirror behind them.
const MIRROR: usize = 16 + 32;

fn filled() -> Arena {
    let mut arena = Arena::new::<Map>();
    arena.with(|map: &mut Map| (0..20).for_each(|key| _ = map.insert(key, true).unwrap()));
    arena
}

/// Whether an attach after a clean stop makes derived data anew.
fn needs_rebuild(arena: &mut Arena) -> bool {
    let at = arena.root_bytes().as_ptr();
    let mut checker = Checker::after_clean_stop();
    // SAFETY: the root's bytes are owned by the arena, aligned, and nobody writes them meanwhile.
    unsafe { checker.value(Map::DESC, at) };
    let needed = checker.needs_rebuild();
    assert_eq!(checker.finish().0, []);
    needed
}

#[test]
fn a_mirror_that_was_damaged_after_a_clean_stop_is_made_anew() {
    let mut arena = filled();
    assert!(!needs_rebuild(&mut arena));
    arena.root_bytes()[MIRROR + 5] ^= 0x40;
    assert!(needs_rebuild(&mut arena));
    arena.recover::<Map>();
    assert!(!needs_rebuild(&mut arena));
}

#[test]
fn a_mirror_that_a_crash_left_behind_is_made_anew() {
    for index in 0..16 {
        let mut arena = filled();
        let before = arena.root_bytes().to_vec();
        arena.root_bytes()[MIRROR + index] = if index % 2 == 0 { 0 } else { 0xff };
        arena.recover::<Map>();
        assert_eq!(arena.root_bytes(), before);
        arena.with(|map: &mut Map| {
            assert!((0..20).all(|key| map.get(&key) == Some(&true)));
            assert!((20..200).all(|key| !map.contains_key(&key)));
        });
    }
}
