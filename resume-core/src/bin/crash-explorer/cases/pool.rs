//! `Pool`, `Handle` and `Reserved`.

use resume_core::pool::Pool;

use super::{Item, expect};
use crate::explore::{Case, Operation, Subject};

const CAPACITY: usize = 5;

type Pool5 = Pool<Item, CAPACITY>;

fn fill(p: &mut Pool5, len: u64) {
    for i in 0..len {
        let _ = p.insert(Item::new(100 + i));
    }
}

fn contents(p: &Pool5) -> String {
    let entries: Vec<_> = p.iter().map(|(h, item)| format!("{h:?}: {item:?}")).collect();
    format!("{} {{{}}}", p.len(), entries.join(", "))
}

/// Live handles work; filling up takes exactly the free slots; old handles stay dead.
fn work_on(p: &mut Pool5) -> Result<(), String> {
    let live: Vec<_> = p.iter().map(|(h, _)| h).collect();
    expect(live.len() == p.len(), || format!("len {}, but {} slots", p.len(), live.len()))?;
    for handle in &live {
        expect(p.get(*handle).is_some(), || format!("iterates over {handle:?} but does not find it"))?;
    }
    let mut added = Vec::new();
    while let Ok(handle) = p.insert(Item::new(900)) {
        expect(!live.contains(&handle), || format!("gave {handle:?} out twice"))?;
        added.push(handle);
    }
    expect(live.len() + added.len() == CAPACITY, || {
        format!("a slot leaked: {} live + {} new of {CAPACITY}", live.len(), added.len())
    })?;
    for handle in live.into_iter().chain(added) {
        expect(p.remove(handle).is_some(), || format!("{handle:?} cannot be removed"))?;
        expect(p.get(handle).is_none(), || format!("{handle:?} lives on after its removal"))?;
    }
    expect(p.is_empty(), || "removed all, but not empty".into())
}

pub(super) fn cases() -> Vec<Case> {
    Subject::<Pool5> {
        name: "pool",
        starts: vec![
            ("empty", |_| {}),
            ("one", |p| fill(p, 1)),
            ("nearly full", |p| fill(p, CAPACITY as u64 - 1)),
            ("full", |p| fill(p, CAPACITY as u64)),
            ("after removals", |p| {
                for _ in 0..3 {
                    fill(p, CAPACITY as u64);
                    let handles: Vec<_> = p.iter().map(|(h, _)| h).collect();
                    for h in handles.into_iter().skip(1) {
                        let _ = p.remove(h);
                    }
                }
            }),
            ("a slot reserved and forgotten", |p| {
                fill(p, 2);
                core::mem::forget(p.reserve());
            }),
        ],
        operations: vec![
            Operation::atomic("insert", |p| {
                let _ = p.insert(Item::new(7));
            }),
            Operation::atomic("reserve+drop", |p| {
                let _ = p.reserve();
            }),
            Operation::atomic("reserve+commit", |p| {
                let _ = p.reserve().map(|r| r.commit(Item::new(7)));
            }),
            Operation::atomic("remove(first)", |p| {
                let first = p.iter().next().map(|(h, _)| h);
                let _ = first.and_then(|h| p.remove(h));
            }),
            Operation::atomic("remove(last)", |p| {
                let last = p.iter().last().map(|(h, _)| h);
                let _ = last.and_then(|h| p.remove(h));
            }),
            Operation::atomic("clear", |p| p.clear()),
        ],
        contents,
        work_on,
    }
    .cases()
}
