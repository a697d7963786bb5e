//! Transactions: all or nothing, whatever ends them.
#![allow(clippy::unwrap_used, reason = "a failure ends the test")]

mod container_support;

use std::panic::{AssertUnwindSafe, catch_unwind};

use container_support::Arena;
use resume_core::container::{StaticMap, StaticString, StaticVec};
use resume_core::event::EventQueue;
use resume_core::pool::Pool;
use resume_core::transaction::{TransactionError, transaction};
use resume_core::{ShmSafe, Tx};

#[derive(ShmSafe)]
#[repr(C)]
struct Root {
    gold: [u64; 2],
    vec: StaticVec<u64, 8>,
    name: StaticString<16>,
    map: StaticMap<u64, u64, 32>,
    pool: Pool<[u64; 100], 8>,
    queue: EventQueue<u64, 4>,
    inner: Inner,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Inner {
    count: u64,
}

fn start() -> Arena {
    let mut arena = Arena::new::<Root>();
    arena.with(|root: &mut Root| {
        root.gold = [10, 20];
        for i in 0..5 {
            root.vec.push(i).unwrap();
            root.map.insert(i, i).unwrap();
            root.pool.insert([i; 100]).unwrap();
        }
        root.queue.push(1).unwrap();
        root.name.assign("start").unwrap();
    });
    arena
}

/// Everything that can be changed, removals before insertions in the same places.
fn change(root: &mut Root, tx: &Tx) {
    tx.edit(&mut root.gold)[0] = 99;
    tx.set(&mut root.inner.count, 5);
    root.vec.pop();
    root.vec.push(77).unwrap();
    root.vec.remove(0).unwrap();
    root.vec.insert(2, 78).unwrap();
    root.vec.truncate(3);
    root.vec.extend_from_slice(&[1, 2, 3]).unwrap();
    root.vec.retain(|v| *v != 2).unwrap();
    root.name.push_str(" and on").unwrap();
    root.name.clear();
    root.name.push_str("new").unwrap();
    root.map.remove(&1);
    root.map.insert(100, 100).unwrap();
    root.map.insert(2, 22).unwrap();
    root.map.retain(|k, _| *k != 3).unwrap();
    root.map.clear();
    root.map.insert(7, 7).unwrap();
    let first = root.pool.iter().next().unwrap().0;
    root.pool.remove(first);
    root.pool.insert([9; 100]).unwrap();
    drop(root.pool.reserve());
    root.pool.reserve().unwrap().commit([8; 100]);
    root.queue.skip();
    root.queue.push(2).unwrap();
}

#[test]
fn a_commit_keeps_all_and_empties_the_log() {
    let mut arena = start();
    arena.with(|root: &mut Root| {
        transaction(root, |root, tx| {
            change(root, tx);
            Ok::<_, ()>(())
        })
        .unwrap();
        assert_eq!((root.gold, root.inner.count, &*root.name), ([99, 20], 5, "new"));
        assert_eq!((root.map.len(), root.pool.len(), root.queue.peek()), (1, 6, Some(&2)));
    });
    assert_eq!(arena.rollback().unwrap().entries, 0);
}

#[test]
fn an_error_brings_back_every_byte() {
    let mut arena = start();
    let before = arena.root_bytes().to_vec();
    arena.with(|root: &mut Root| {
        let aborted = transaction(root, |root, tx| {
            change(root, tx);
            Err::<(), _>("no")
        });
        assert_eq!(aborted, Err(TransactionError::Aborted("no")));
    });
    assert_eq!(arena.root_bytes(), before);
}

#[test]
fn a_panic_brings_back_every_byte_and_goes_on() {
    let mut arena = start();
    let before = arena.root_bytes().to_vec();
    arena.with(|root: &mut Root| {
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            transaction(root, |root, tx| -> Result<(), ()> {
                change(root, tx);
                std::panic::resume_unwind(Box::new("the skill's bug"))
            })
        }));
        assert_eq!(panicked.unwrap_err().downcast_ref(), Some(&"the skill's bug"));
        assert_eq!(transaction(root, |_, _| Ok::<_, ()>(3)), Ok(3));
    });
    assert_eq!(arena.root_bytes(), before);
}

#[test]
fn a_full_journal_brings_back_every_byte() {
    let mut arena = start();
    let before = arena.root_bytes().to_vec();
    arena.with(|root: &mut Root| {
        let full = transaction(root, |root, tx| -> Result<(), ()> {
            loop {
                change(root, tx);
                root.pool.clear();
                root.map.insert(1, 1).unwrap();
                root.vec.clear();
                root.vec.extend_from_slice(&[1, 2, 3, 4, 5]).unwrap();
                root.pool.insert([1; 100]).unwrap();
            }
        });
        assert!(matches!(full, Err(TransactionError::JournalFull(_))), "{full:?}");
    });
    assert_eq!(arena.root_bytes(), before);
}

#[test]
fn a_full_journal_cannot_be_caught_away() {
    let mut arena = start();
    let before = arena.root_bytes().to_vec();
    arena.with(|root: &mut Root| {
        let full = transaction(root, |root, tx| -> Result<(), ()> {
            let _ = catch_unwind(AssertUnwindSafe(|| {
                loop {
                    tx.set(&mut root.inner.count, 1);
                }
            }));
            Ok(())
        });
        assert!(matches!(full, Err(TransactionError::JournalFull(_))), "{full:?}");
    });
    assert_eq!(arena.root_bytes(), before);
}

#[test]
fn a_reserved_slot_is_freed_while_a_full_journal_unwinds() {
    let mut arena = start();
    let before = arena.root_bytes().to_vec();
    arena.with(|root: &mut Root| {
        let full = transaction(root, |root, tx| -> Result<(), ()> {
            let Root { pool, gold, .. } = root;
            let _slot = pool.reserve();
            loop {
                tx.edit(gold);
            }
        });
        assert!(matches!(full, Err(TransactionError::JournalFull(_))), "{full:?}");
    });
    assert_eq!(arena.root_bytes(), before);
}

#[test]
fn an_inner_transaction_is_a_savepoint() {
    let mut arena = start();
    arena.with(|root: &mut Root| {
        transaction(root, |root, tx| {
            tx.set(&mut root.gold[1], 21);
            let inner = transaction(root, |root, tx| {
                tx.set(&mut root.gold[1], 22);
                change(root, tx);
                Err::<(), _>("inner")
            });
            assert_eq!(inner, Err(TransactionError::Aborted("inner")));
            assert_eq!((root.gold, root.vec.len()), ([10, 21], 5));
            transaction(root, |root, tx| {
                tx.set(&mut root.inner.count, 6);
                Ok::<_, ()>(())
            })
            .unwrap();
            Ok::<_, ()>(())
        })
        .unwrap();
        assert_eq!((root.gold, root.inner.count), ([10, 21], 6));

        let outer = transaction(root, |root, _| {
            transaction(root, |root, tx| {
                tx.set(&mut root.inner.count, 7);
                Ok::<_, ()>(())
            })
            .unwrap();
            Err::<(), _>("outer")
        });
        assert_eq!(outer, Err(TransactionError::Aborted("outer")));
        assert_eq!(root.inner.count, 6);
    });
}

#[test]
fn only_the_whole_root_is_taken() {
    let mut arena = start();
    arena.with(|root: &mut Root| {
        let part = transaction(&mut root.inner, |_, _| Ok::<_, ()>(()));
        assert!(matches!(part, Err(TransactionError::NotTheRoot { .. })));
        let first_field = transaction(&mut root.gold, |_, _| Ok::<_, ()>(()));
        assert!(matches!(first_field, Err(TransactionError::NotTheRoot { .. })));
    });
    let without_a_segment = transaction(&mut [0_u64; 2], |_, _| Ok::<_, ()>(()));
    assert!(matches!(without_a_segment, Err(TransactionError::NotTheRoot { .. })));
}

#[test]
fn what_is_not_in_the_segment_is_left_alone() {
    let mut arena = start();
    let mut tries = 0_u64;
    let mut on_the_heap = Box::new(StaticVec::<u64, 4>::new());
    arena.with(|root: &mut Root| {
        let aborted = transaction(root, |_, tx| {
            *tx.edit(&mut tries) += 1;
            on_the_heap.push(1).unwrap();
            Err::<(), _>(())
        });
        assert_eq!(aborted, Err(TransactionError::Aborted(())));
    });
    assert_eq!((tries, on_the_heap.len()), (1, 1));
}

#[test]
fn finishing_an_event_commits_with_its_effects() {
    let mut arena = start();
    arena.with(|root: &mut Root| {
        let event = root.queue.begin().unwrap();
        let id = event.id();
        let aborted = transaction(root, move |root, tx| {
            tx.set(&mut root.inner.count, 1);
            root.queue.finish(event);
            Err::<(), _>(())
        });
        assert!(aborted.is_err());
        assert_eq!((root.inner.count, root.queue.in_flight()), (0, Some((id, &1))));
    });
}
