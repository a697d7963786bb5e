//! `OrderedMap`.

use std::collections::BTreeMap;

use resume_core::container::OrderedMap;

use super::{Item, expect};
use crate::explore::{Case, Operation, Subject};

const CAPACITY: usize = 24;

type Map = OrderedMap<u64, Item, CAPACITY>;

/// Keys 0, 10, 20, … in an order that is not theirs.
fn fill(m: &mut Map, len: u64) {
    for i in 0..len {
        let key = i * 7 % CAPACITY as u64 * 10;
        let _ = m.insert(key, Item::new(key));
    }
}

/// What `change` makes of the entries.
fn after(m: &Map, change: impl FnOnce(&mut BTreeMap<u64, Item>)) -> String {
    let mut model: BTreeMap<u64, Item> = m.iter().map(|(k, v)| (*k, *v)).collect();
    change(&mut model);
    format!("{} {model:?}", model.len())
}

fn insert(model: &mut BTreeMap<u64, Item>, key: u64) {
    if model.len() < CAPACITY || model.contains_key(&key) {
        model.insert(key, Item::new(7));
    }
}

fn work_on(m: &mut Map) -> Result<(), String> {
    let keys: Vec<u64> = m.keys().copied().collect();
    expect(keys.is_sorted(), || format!("not in order: {keys:?}"))?;
    expect(keys.len() == m.len(), || format!("len {}, but {} entries", m.len(), keys.len()))?;
    expect(keys.iter().rev().eq(m.keys().rev()), || format!("{keys:?} are others from the end"))?;
    expect(keys.iter().all(|k| m.contains_key(k)), || "iterates over what it does not find".into())?;
    let added = (0..1_000).map(|i| i * 10 + 5).take_while(|&k| m.insert(k, Item::new(k)).is_ok()).count();
    let present = keys.iter().filter(|&k| k % 10 == 5).count();
    let fit = m.len();
    expect(fit == CAPACITY && added + keys.len() >= fit, || format!("{fit} fit, {present} were there"))?;
    for key in keys {
        expect(m.remove(&key).is_some(), || format!("{key} is there but cannot be removed"))?;
    }
    while m.pop_last().is_some() {}
    expect((m.is_empty(), m.len()) == (true, 0), || "removed all, but not empty".into())
}

pub(super) fn cases() -> Vec<Case> {
    Subject::<Map> {
        name: "ordered_map",
        starts: vec![
            ("empty", |_| {}),
            ("one", |m| fill(m, 1)),
            ("half", |m| fill(m, CAPACITY as u64 / 2)),
            ("nearly full", |m| fill(m, CAPACITY as u64 - 1)),
            ("full", |m| fill(m, CAPACITY as u64)),
            ("after removals", |m| {
                fill(m, CAPACITY as u64);
                (0..CAPACITY as u64).step_by(3).for_each(|k| _ = m.remove(&(k * 10)));
                fill(m, 4);
            }),
            ("emptied, after many rounds", |m| {
                for _ in 0..3 {
                    fill(m, CAPACITY as u64);
                    while m.pop_first().is_some() {}
                }
            }),
        ],
        operations: vec![
            Operation::modelled(
                "insert(new)",
                |m| _ = m.insert(75, Item::new(7)),
                |m| after(m, |model| insert(model, 75)),
            ),
            Operation::modelled(
                "insert(replace)",
                |m| _ = m.insert(70, Item::new(7)),
                |m| after(m, |model| insert(model, 70)),
            ),
            Operation::modelled("remove", |m| _ = m.remove(&70), |m| after(m, |model| _ = model.remove(&70))),
            Operation::modelled(
                "pop_first",
                |m| _ = m.pop_first(),
                |m| after(m, |model| _ = model.pop_first()),
            ),
            Operation::modelled("pop_last", |m| _ = m.pop_last(), |m| after(m, |model| _ = model.pop_last())),
            Operation::modelled("clear", |m| m.clear(), |m| after(m, |model| model.clear())),
        ],
        contents: |m| format!("{} {:?}", m.len(), m),
        work_on,
    }
    .cases()
}
