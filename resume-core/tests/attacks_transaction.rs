//! What safe code can do within a transaction that is rolled back: no value that is not valid may be left.
#![allow(clippy::unwrap_used, reason = "a failure ends the test")]

mod container_support;

use core::mem::offset_of;

use container_support::Arena;
use resume_core::container::{StaticList, StaticVec};
use resume_core::heap::{Heap, HeapVec};
use resume_core::pool::Pool;
use resume_core::transaction::{TransactionError, transaction};
use resume_core::{ShmSafe, Tx};

#[derive(ShmSafe)]
#[repr(C, u8)]
enum Payload {
    Number(u64),
    Flags([bool; 8]),
}

#[derive(ShmSafe)]
#[repr(C)]
struct Unit {
    #[shm(transient)]
    seen: Payload,
    health: u64,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Root {
    payload: Payload,
    left: StaticVec<bool, 8>,
    right: StaticVec<bool, 8>,
    list: StaticList<bool, 4>,
    other: StaticList<bool, 4>,
    pool: Pool<Unit, 4>,
    heap: Heap<1024>,
    bytes: HeapVec<u8>,
}

/// Runs the test of this name once more in a process of its own, as the one that does it; gives how it ended and what
/// it said.
fn in_a_child(test: &str, f: impl FnOnce()) -> Option<(Option<i32>, String)> {
    const CHILD: &str = "RESUME_ATTACK_CHILD";
    if std::env::var_os(CHILD).is_some() {
        f();
        return None;
    }
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    let output = command.args([test, "--exact", "--nocapture"]).env(CHILD, "1").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Some((std::os::unix::process::ExitStatusExt::signal(&output.status), said))
}

/// What is done in a transaction that is undone: it ends the process, and says where.
fn undone_ends_the_process(test: &str, path: &str, f: impl FnOnce(&mut Root, &Tx)) {
    let ended = in_a_child(test, || {
        let mut arena = Arena::new::<Root>();
        // What containers do not cover need not be valid.
        arena.root_bytes()[offset_of!(Root, right)..][4..12].fill(0xee);
        arena.root_bytes()[offset_of!(Root, other)..][40..].iter_mut().take(8).for_each(|b| *b = 0xee);
        arena.with(|root: &mut Root| {
            root.left.extend_from_slice(&[true; 5]).unwrap();
            for flag in [true, false, true] {
                root.list.push_back(flag).unwrap();
            }
            root.bytes.extend_from_slice(&mut root.heap, &[7; 40]).unwrap();
            // What no transaction touches, and thus no rollback brings into another heap.
            let _behind = HeapVec::<u8>::from_slice(&mut root.heap, &[7; 200]).unwrap();
            root.pool.insert(Unit { seen: Payload::Number(0), health: 1 }).unwrap();
            let _ = transaction(root, |root, tx| {
                f(root, tx);
                Err::<(), _>(())
            });
        });
        println!("it lives");
    });
    let Some((signal, said)) = ended else { return };
    assert_eq!(signal, Some(libc::SIGABRT), "{said}");
    assert!(said.contains("left no valid Root") && said.contains(path), "{said}");
}

#[test]
fn a_rollback_into_another_variant_is_never_seen() {
    undone_ends_the_process(
        "a_rollback_into_another_variant_is_never_seen",
        "[0]: expected a bool",
        |root, tx| {
            if let Payload::Number(number) = &mut root.payload {
                *number = u64::MAX;
                tx.set(number, 7);
            }
            root.payload = Payload::Flags([true; 8]);
        },
    );
}

#[test]
fn a_rollback_into_another_variant_of_a_transient_field_is_never_seen() {
    let test = "a_rollback_into_another_variant_of_a_transient_field_is_never_seen";
    undone_ends_the_process(test, "[0].seen.Flags.0[0]: expected a bool", |root, tx| {
        let (_, unit) = root.pool.iter_mut().next().unwrap();
        if let Payload::Number(number) = &mut unit.seen {
            *number = u64::MAX;
            tx.set(number, 7);
        }
        unit.seen = Payload::Flags([true; 8]);
    });
}

#[test]
fn a_rollback_into_a_swapped_vec_is_never_seen() {
    undone_ends_the_process(
        "a_rollback_into_a_swapped_vec_is_never_seen",
        "[0]: expected a bool",
        |root, _| {
            root.left.pop();
            core::mem::swap(&mut root.left, &mut root.right);
        },
    );
}

#[test]
fn a_rollback_into_a_swapped_list_is_never_seen() {
    undone_ends_the_process("a_rollback_into_a_swapped_list_is_never_seen", "expected", |root, _| {
        root.list.pop_front();
        core::mem::swap(&mut root.list, &mut root.other);
    });
}

#[test]
fn a_rollback_into_another_heap_is_never_seen() {
    undone_ends_the_process("a_rollback_into_another_heap_is_never_seen", "expected", |root, _| {
        root.bytes.extend_from_slice(&mut root.heap, &[8; 100]).unwrap();
        root.heap = Heap::new();
    });
}

#[test]
fn what_is_assigned_after_it_was_edited_is_undone() {
    let mut arena = Arena::new::<Root>();
    arena.with(|root: &mut Root| {
        root.payload = Payload::Number(u64::MAX);
        root.left.push(true).unwrap();
        root.pool.insert(Unit { seen: Payload::Flags([true; 8]), health: 1 }).unwrap();
        let aborted = transaction(root, |root, tx| {
            if let Payload::Number(number) = &mut root.payload {
                tx.set(number, 7);
            }
            tx.set(&mut root.payload, Payload::Flags([true; 8]));
            tx.edit(&mut root.left);
            tx.edit(&mut root.right);
            root.left.pop();
            core::mem::swap(&mut root.left, &mut root.right);
            tx.edit(&mut root.heap);
            root.heap = Heap::new();
            root.bytes.push(&mut root.heap, 1).map_err(|_| ())?;
            let (_, unit) = root.pool.iter_mut().next().ok_or(())?;
            tx.set(&mut unit.health, 2);
            Err::<(), _>(())
        });
        assert!(aborted.is_err());
        assert!(matches!(root.payload, Payload::Number(u64::MAX)));
        assert_eq!((&root.left[..], root.right.len(), root.heap.blocks()), (&[true][..], 0, 0));
        let (_, unit) = root.pool.iter().next().unwrap();
        // A live transient field is not reset.
        assert!(matches!(unit.seen, Payload::Flags([true, ..])) && unit.health == 1);
        // What was assigned and is valid stays, as documented.
        let _ = transaction(root, |root, tx| {
            if let Payload::Number(number) = &mut root.payload {
                *number = 0;
                tx.set(number, 7);
            }
            root.payload = Payload::Flags([true; 8]);
            Err::<(), _>(())
        });
        assert!(matches!(root.payload, Payload::Flags([false, ..])));
    });
    assert_eq!(arena.check::<Root>(), []);
}

/// A stale owner in the state reads as empty; a rollback beside it is none of its business.
#[test]
fn a_rollback_beside_a_stale_owner_goes_on() {
    let mut arena = Arena::new::<Root>();
    arena.with(|root: &mut Root| {
        root.bytes.extend_from_slice(&mut root.heap, &[7; 40]).unwrap();
        let mut copy = None;
        let _ = transaction(root, |root, _| {
            copy = Some(root.bytes.take());
            Err::<(), _>(())
        });
        copy.unwrap().free(&mut root.heap).unwrap();
        for _ in 0..2 {
            let aborted = transaction(root, |root, _| {
                let bytes = HeapVec::from_slice(&mut root.heap, &[1_u8; 9]).unwrap();
                Err::<(), _>(bytes.len(&root.heap))
            });
            assert_eq!(aborted, Err(TransactionError::Aborted(9)));
            assert_eq!((root.bytes.as_slice(&root.heap), root.heap.blocks()), (&[0_u8; 0][..], 0));
        }
        let _ = root.bytes.replace(HeapVec::new()).unwrap();
    });
    assert_eq!(arena.check::<Root>(), []);
}
