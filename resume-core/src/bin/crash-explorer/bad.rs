//! Known-bad variants: what a container must not do. The self-test demands that each is caught.
//!
//! Each is a small vector whose length is its truth, with one of the mistakes that review overlooks.

use core::sync::atomic::{AtomicU64, Ordering, compiler_fence};

use resume_core::{ShmSafe, transaction};

use crate::cases::{Item, expect, heap};
use crate::explore::{Case, Operation, Subject};

const CAPACITY: usize = 4;

/// A vector and the list of what is in it, kept by hand.
#[derive(ShmSafe)]
#[repr(C)]
struct Bad {
    /// Truth: how many elements exist.
    len: AtomicU64,
    /// Treated as truth by the variants that count twice.
    count: AtomicU64,
    items: [Item; CAPACITY],
    /// A queue's marks: events started and effects done.
    started: AtomicU64,
    effects: AtomicU64,
}

impl Bad {
    fn len(&self) -> usize {
        (self.len.load(Ordering::Relaxed) as usize).min(CAPACITY)
    }

    fn commit_len(&mut self, len: usize) {
        compiler_fence(Ordering::SeqCst);
        self.len.store(len as u64, Ordering::Release);
        self.count.store(len as u64, Ordering::Release);
        compiler_fence(Ordering::SeqCst);
    }

    fn good_push(&mut self, value: u64) {
        let len = self.len();
        if len < CAPACITY {
            self.items[len] = Item::new(value);
            self.commit_len(len + 1);
        }
    }
}

fn contents(bad: &Bad) -> String {
    format!("{:?} effects {}", &bad.items[..bad.len()], bad.effects.load(Ordering::Relaxed))
}

fn work_on(bad: &mut Bad) -> Result<(), String> {
    let (len, count) = (bad.len() as u64, bad.count.load(Ordering::Relaxed));
    // Between the two stores of `commit_len` the count lags; only variants that trust it fail here.
    expect(count <= len, || format!("{count} counted, but {len} there"))?;
    let (started, effects) = (bad.started.load(Ordering::Relaxed), bad.effects.load(Ordering::Relaxed));
    expect(effects <= started, || format!("{effects} effects of {started} started events: one runs again"))
}

fn start(bad: &mut Bad) {
    for value in 1..=3 {
        bad.good_push(value);
    }
}

/// The variants.
pub(crate) fn all() -> Vec<Case> {
    let mut cases = Subject::<Bad> {
        name: "bad",
        starts: vec![("three", start)],
        operations: vec![
            Operation::atomic("commit store before the data", |bad| {
                let len = bad.len();
                bad.commit_len(len + 1);
                bad.items[len] = Item::new(7);
            }),
            Operation::atomic("count before the data, count is truth", |bad| {
                let len = bad.len();
                bad.count.store(len as u64 + 1, Ordering::Release);
                compiler_fence(Ordering::SeqCst);
                bad.items[len] = Item::new(7);
                bad.commit_len(len + 1);
            }),
            Operation::atomic("several stores without the journal", |bad| {
                let last = bad.items[bad.len() - 1];
                bad.items[0] = last;
                let len = bad.len();
                bad.commit_len(len - 1);
            }),
            Operation::atomic("missing fence: the compiler may commit first", |bad| {
                // What reordering by the compiler would make of a push whose commit store is a plain one.
                let len = bad.len();
                *bad.len.get_mut() = len as u64 + 1;
                *bad.count.get_mut() = len as u64 + 1;
                compiler_fence(Ordering::SeqCst);
                bad.items[len] = Item::new(7);
            }),
            Operation::atomic("execute before mark", |bad| {
                bad.effects.fetch_add(1, Ordering::Relaxed);
                compiler_fence(Ordering::SeqCst);
                bad.started.fetch_add(1, Ordering::Release);
            }),
            Operation::atomic("a store that the transaction was not told of", |bad| {
                let _ = transaction(bad, |bad, tx| {
                    *tx.edit(&mut bad.items[0]) = Item::new(7);
                    bad.items[1] = Item::new(8);
                    Ok::<_, ()>(())
                });
            }),
            Operation::atomic("overwrite in place", |bad| bad.items[1] = Item::new(7)),
        ],
        contents,
        work_on,
    }
    .cases();
    cases.extend(heap::bad());
    cases
}
