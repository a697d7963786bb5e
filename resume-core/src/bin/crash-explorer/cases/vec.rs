//! `StaticVec`.

use resume_core::container::StaticVec;

use super::{Item, expect};
use crate::explore::{Case, Operation, Subject};

const CAPACITY: usize = 6;

type Subject6 = StaticVec<Item, CAPACITY>;

fn fill(v: &mut Subject6, len: u64) {
    for i in 0..len {
        let _ = v.push(Item::new(100 + i));
    }
}

/// Fills up and empties: exactly the capacity fits.
pub(super) fn work_on(v: &mut Subject6) -> Result<(), String> {
    let len = v.len();
    expect(v.iter().count() == len, || format!("len {len}, but {} elements", v.iter().count()))?;
    let mut pushed = 0;
    while v.push(Item::new(900 + pushed)).is_ok() {
        pushed += 1;
    }
    expect(len + pushed as usize == CAPACITY, || format!("{len} + {pushed} pushed is not {CAPACITY}"))?;
    while let Some(item) = v.pop() {
        let whole = item == Item::new(item_value(item));
        expect(whole, || format!("popped {item:?}"))?;
    }
    expect(v.is_empty(), || "popped all, but not empty".into())
}

fn item_value(item: Item) -> u64 {
    item.value
}

pub(super) fn cases() -> Vec<Case> {
    Subject {
        name: "vec",
        starts: vec![
            ("empty", |_| {}),
            ("one", |v| fill(v, 1)),
            ("some", |v| fill(v, 4)),
            ("nearly full", |v| fill(v, CAPACITY as u64 - 1)),
            ("full", |v| fill(v, CAPACITY as u64)),
            ("emptied", |v| {
                fill(v, CAPACITY as u64);
                v.clear();
            }),
        ],
        operations: vec![
            Operation::atomic("push", |v| {
                let _ = v.push(Item::new(7));
            }),
            Operation::atomic("pop", |v| {
                let _ = v.pop();
            }),
            Operation::atomic("insert(1)", |v| {
                let _ = v.insert(1, Item::new(7));
            }),
            Operation::atomic("remove(0)", |v| {
                let _ = v.remove(0);
            }),
            Operation::atomic("swap_remove(0)", |v| {
                let _ = v.swap_remove(0);
            }),
            Operation::atomic("retain(even)", |v| {
                let _ = v.retain(|item| item.value % 2 == 0);
            }),
            Operation::atomic("truncate(2)", |v| v.truncate(2)),
            Operation::atomic("clear", |v| v.clear()),
            Operation::atomic("set(0)", |v| {
                let _ = v.set(0, Item::new(7));
            }),
            Operation::atomic("extend_from_slice(2)", |v| {
                let _ = v.extend_from_slice(&[Item::new(7), Item::new(8)]);
            }),
            Operation::atomic("retain(even)", |v| {
                let _ = v.retain(|item| item.value % 2 == 0);
            }),
        ],
        contents: |v| format!("{:?}", v.as_slice()),
        work_on,
    }
    .cases()
}
