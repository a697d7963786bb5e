//! `Versioned`.

use resume_core::container::Versioned;

use super::words::set;
use super::{Item, expect};
use crate::explore::{Case, Operation, Subject};

type One = Versioned<Item>;

/// How many versions there are.
const VERSIONS: u64 = 1 << 63;

fn next_version(v: &One) -> u64 {
    (v.version() + 1) % VERSIONS
}

fn work_on(v: &mut One) -> Result<(), String> {
    let before = v.version();
    for i in 0..3 {
        v.set(Item::new(i));
        expect(v.get() == Some(&Item::new(i)), || format!("set {i}, got {:?}", v.get()))?;
    }
    expect(v.version() == (before + 3) % VERSIONS, || format!("version {before} + 3 is {}", v.version()))?;
    expect(v.clear() && v.get().is_none(), || "cleared, but there is a value".into())
}

pub(super) fn cases() -> Vec<Case> {
    Subject::<One> {
        name: "versioned",
        starts: vec![
            ("none", |_| {}),
            ("set", |v| v.set(Item::new(1))),
            ("set twice", |v| (1..3).for_each(|i| v.set(Item::new(i)))),
            ("the last version", |v| {
                v.set(Item::new(1));
                set(v, "state", u64::MAX - 2);
                v.set(Item::new(2));
            }),
            ("cleared", |v| {
                v.set(Item::new(1));
                v.clear();
            }),
        ],
        operations: vec![
            Operation::modelled(
                "set",
                |v| v.set(Item::new(7)),
                |v| format!("{} {:?}", next_version(v), Some(Item::new(7))),
            ),
            Operation::modelled(
                "update",
                |v| _ = v.update(|item| Item::new(item.value + 1)),
                |v| match v.get() {
                    Some(item) => format!("{} {:?}", next_version(v), Some(Item::new(item.value + 1))),
                    None => format!("{} None", v.version()),
                },
            ),
            Operation::modelled(
                "clear",
                |v| _ = v.clear(),
                |v| format!("{} None", if v.is_set() { next_version(v) } else { v.version() }),
            ),
        ],
        contents: |v| format!("{} {:?}", v.version(), v.get()),
        work_on,
    }
    .cases()
}
