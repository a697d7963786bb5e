//! The undo log against damage, lack of room and other addresses.
#![allow(clippy::unwrap_used, reason = "a failure ends the test")]

mod container_support;

use container_support::Arena;
use proptest::prelude::*;
use resume_core::ShmSafe;
use resume_core::container::{InsertError, RemoveError, StaticVec};
use resume_core::journal::{JournalDamaged, bytes_min, rollback};

#[derive(ShmSafe)]
#[repr(C)]
struct Root {
    before: u64,
    vec: StaticVec<u64, 1000>,
    after: u64,
}

/// An arena whose log holds one entry: the 8 bytes of `before`, which have changed since.
fn crashed() -> Arena {
    let mut arena = Arena::with_journal::<Root>(4096);
    let bytes = arena.bytes();
    bytes[4096..4104].copy_from_slice(&77_u64.to_le_bytes());
    bytes[0..8].copy_from_slice(&24_u64.to_le_bytes());
    bytes[16..24].copy_from_slice(&5_u64.to_le_bytes());
    bytes[24..32].copy_from_slice(&4096_u64.to_le_bytes());
    bytes[32..40].copy_from_slice(&8_u64.to_le_bytes());
    arena
}

#[test]
fn restores_a_copy_at_another_address() {
    let arena = crashed();
    let (mut one, mut two) = (arena.copy(), arena.copy());
    for copy in [&mut one, &mut two] {
        let done = copy.rollback().unwrap();
        assert_eq!((done.entries, done.bytes), (1, 8));
        assert_eq!(copy.with(|root: &mut Root| root.before), 5);
        assert_eq!(copy.rollback().unwrap().entries, 0);
    }
}

#[test]
fn refuses_a_damaged_log_and_changes_nothing() {
    let word = |arena: &mut Arena, at: usize, value: u64| {
        arena.bytes()[at..at + 8].copy_from_slice(&value.to_le_bytes());
    };
    let segment_bytes = crashed().bytes_len() as u64;
    let damages: [(usize, u64); 10] = [
        (0, 25),                 // not a multiple of 8
        (0, 4096),               // longer than the journal
        (0, !7),                 //
        (0, 8),                  // too short for an entry
        (24, segment_bytes - 7), // behind the segment
        (24, u64::MAX - 3),      // an overflow
        (24, 0),                 // the journal itself
        (24, 4090),              // its last bytes
        (32, 0),                 // nothing saved
        (32, 1 << 40),           // more than there is
    ];
    for (at, value) in damages {
        let mut arena = crashed();
        word(&mut arena, at, value);
        let before = arena.bytes().to_vec();
        let damaged = arena.rollback().unwrap_err();
        assert!(!damaged.to_string().is_empty());
        assert_eq!(arena.bytes(), before, "{damaged}");
    }
}

#[test]
fn refuses_a_journal_outside_the_segment() {
    let mut bytes = [0_u64; 8];
    let at = bytes.as_mut_ptr().cast();
    for (offset, len) in [(0, 65), (64, 8), (usize::MAX, 64), (0, 8), (4, 32)] {
        // SAFETY: the 64 bytes are a local array.
        let refused = unsafe { rollback(at, 64, offset, len) };
        assert!(matches!(refused, Err(JournalDamaged::Place { .. })), "{offset} {len}");
    }
}

#[test]
fn what_does_not_fit_is_refused_before_the_first_change() {
    let mut arena = Arena::with_journal::<Root>(bytes_min());
    arena.with(|root: &mut Root| {
        while root.vec.push(root.vec.len() as u64).is_ok() {
            if root.vec.len() == 900 {
                break;
            }
        }
        let Err(InsertError::JournalFull(7, full)) = root.vec.insert(0, 7) else { panic!("it fits") };
        assert!(full.needed > full.free, "{full}");
        assert!(matches!(root.vec.remove(0), Err(RemoveError::JournalFull(_))));
        assert!(root.vec.retain(|_| false).is_err());
        assert!(root.vec.iter().copied().eq(0..900));
        assert_eq!(root.vec.insert(899, 7), Ok(()));
        assert_eq!((root.vec.len(), root.vec[899], root.vec[900]), (901, 7, 899));
        assert_eq!((root.before, root.after), (0, 0));
    });
    assert_eq!(arena.rollback().unwrap().entries, 0);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_give_an_error_or_a_rollback(
        used in prop_oneof![0..104_u64, any::<u64>()],
        log in prop::collection::vec(prop_oneof![Just(0_u8), Just(8), any::<u8>()], 96),
    ) {
        let mut arena = Arena::with_journal::<[u64; 64]>(512);
        arena.bytes()[0..8].copy_from_slice(&used.to_le_bytes());
        arena.bytes()[16..112].copy_from_slice(&log);
        let before = arena.bytes().to_vec();
        match arena.rollback() {
            Ok(_) => prop_assert_eq!(&arena.bytes()[..8], [0; 8]),
            Err(_) => prop_assert_eq!(arena.bytes(), before),
        }
    }
}
