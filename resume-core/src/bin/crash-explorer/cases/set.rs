//! `StaticSet`. Its table is the map's, which has more cases.

use std::collections::BTreeSet;

use resume_core::container::StaticSet;

use super::{Item, expect};
use crate::explore::{Case, Operation, Subject};

type Items = StaticSet<Item, 16>;

fn fill(s: &mut Items, keys: core::ops::Range<u64>) {
    for key in keys {
        let _ = s.insert(Item::new(key));
    }
}

fn after(s: &Items, change: impl FnOnce(&mut BTreeSet<Item>)) -> String {
    let mut model: BTreeSet<Item> = s.iter().copied().collect();
    change(&mut model);
    format!("{} {model:?}", model.len())
}

fn work_on(s: &mut Items) -> Result<(), String> {
    let values: Vec<Item> = s.iter().copied().collect();
    expect(values.len() == s.len(), || format!("len {}, but {} values", s.len(), values.len()))?;
    expect(values.iter().all(|v| s.contains(v)), || "iterates over what it does not find".into())?;
    let added = (900..2_000).take_while(|&v| s.insert(Item::new(v)).is_ok()).count();
    let fit = values.len() + added;
    expect(fit == Items::CAPACITY, || format!("{fit} fit, capacity {}", Items::CAPACITY))?;
    expect(values.iter().all(|v| s.remove(v)), || "cannot remove what is there".into())
}

pub(super) fn cases() -> Vec<Case> {
    Subject::<Items> {
        name: "set",
        starts: vec![
            ("empty", |_| {}),
            ("one", |s| fill(s, 5..6)),
            ("nearly full", |s| fill(s, 0..Items::CAPACITY as u64 - 1)),
            ("full", |s| fill(s, 0..Items::CAPACITY as u64)),
            ("tombstones", |s| {
                for round in 0..6 {
                    let keys = round * 30..round * 30 + Items::CAPACITY as u64;
                    fill(s, keys.clone());
                    keys.for_each(|key| _ = s.remove(&Item::new(key)));
                }
                fill(s, 0..8);
            }),
        ],
        operations: vec![
            Operation::modelled(
                "insert(new)",
                |s| _ = s.insert(Item::new(77)),
                |s| after(s, |m| _ = m.len() < Items::CAPACITY && m.insert(Item::new(77))),
            ),
            Operation::modelled(
                "insert(again)",
                |s| _ = s.insert(Item::new(5)),
                |s| after(s, |m| _ = m.insert(Item::new(5))),
            ),
            Operation::modelled(
                "remove",
                |s| _ = s.remove(&Item::new(5)),
                |s| after(s, |m| _ = m.remove(&Item::new(5))),
            ),
            Operation::modelled(
                "retain(even)",
                |s| _ = s.retain(|item| item.value % 2 == 0),
                |s| after(s, |m| m.retain(|item| item.value % 2 == 0)),
            ),
            Operation::modelled("clear", |s| s.clear(), |s| after(s, |m| m.clear())),
        ],
        contents: |s| {
            let values: BTreeSet<&Item> = s.iter().collect();
            format!("{} {values:?}", s.len())
        },
        work_on,
    }
    .cases()
}
