//! `StaticMap`.

use resume_core::container::StaticMap;

use super::{Item, expect};
use crate::explore::{Case, Operation, Subject};

type Map = StaticMap<u64, Item, 32>;

fn fill(m: &mut Map, keys: core::ops::Range<u64>) {
    for key in keys {
        let _ = m.insert(key, Item::new(key));
    }
}

/// The keys the fill states use start at 0; 5 is in most of them, 1000 in none.
fn contents(m: &Map) -> String {
    let mut entries: Vec<_> = m.iter().map(|(k, v)| format!("{k}: {v:?}")).collect();
    entries.sort();
    format!("{} {{{}}}", m.len(), entries.join(", "))
}

fn work_on(m: &mut Map) -> Result<(), String> {
    let keys: Vec<u64> = m.keys().copied().collect();
    expect(keys.len() == m.len(), || format!("len {}, but {} entries", m.len(), keys.len()))?;
    for key in &keys {
        expect(m.contains_key(key), || format!("iterates over {key} but does not find it"))?;
    }
    let mut added = 0;
    while added < 1_000 && m.insert(10_000 + added, Item::new(added)).is_ok() {
        added += 1;
    }
    let (len, capacity) = (keys.len() + added as usize, m.capacity());
    expect(len == capacity, || format!("{} + {added} entries fit, capacity {capacity}", keys.len()))?;
    for key in keys.into_iter().chain(10_000..10_000 + added) {
        expect(m.remove(&key).is_some(), || format!("{key} is there but cannot be removed"))?;
    }
    expect(m.is_empty() && m.iter().next().is_none(), || "removed all, but not empty".into())
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = item_cases();
    cases.extend(number_cases());
    cases
}

/// A map of numbers, whose values are replaced with one store, and which is large enough to be cleaned up.
type Numbers = StaticMap<u64, u64, 64>;

/// Churns a map of `len` entries until an insert is about to clean up.
fn churn(m: &mut Numbers, len: u64) {
    let _ = m.insert(5, 5);
    for key in 1_000..100_000 {
        let _ = m.insert(key, key);
        if m.len() as u64 == len {
            let _ = m.remove(&(key + 2 - len));
        }
        if m.deleted() > Numbers::CAPACITY / 14 {
            return;
        }
    }
}

fn number_cases() -> Vec<Case> {
    Subject::<Numbers> {
        name: "map of numbers",
        starts: vec![
            ("one", |m| _ = m.insert(5, 5)),
            ("churned, half full", |m| churn(m, 40)),
            ("churned, nearly full", |m| churn(m, Numbers::CAPACITY as u64)),
        ],
        operations: vec![
            Operation::atomic("insert(new)", |m| _ = m.insert(1_000_000, 7)),
            Operation::atomic("insert(replace)", |m| _ = m.insert(5, 7)),
            Operation::atomic("remove", |m| _ = m.remove(&5)),
            Operation::atomic("clean_up", |m| m.clean_up()),
            Operation::atomic("clear", |m| m.clear()),
        ],
        contents: |m| {
            let mut entries: Vec<_> = m.iter().collect();
            entries.sort();
            format!("{} {entries:?}", m.len())
        },
        work_on: |m| {
            let keys: Vec<u64> = m.keys().copied().collect();
            expect(keys.iter().all(|k| m.contains_key(k)), || "iterates over what it does not find".into())?;
            let mut added = 0;
            while added < 1_000 && m.insert(10_000 + added, added).is_ok() {
                added += 1;
            }
            let (len, capacity) = (keys.len() + added as usize, m.capacity());
            expect(len == capacity, || format!("{} + {added} entries fit, capacity {capacity}", keys.len()))
        },
    }
    .cases()
}

fn item_cases() -> Vec<Case> {
    Subject::<Map> {
        name: "map",
        starts: vec![
            ("empty", |_| {}),
            ("one", |m| fill(m, 5..6)),
            ("half", |m| fill(m, 0..14)),
            ("nearly full", |m| fill(m, 0..m_capacity() - 1)),
            ("full", |m| fill(m, 0..m_capacity())),
            ("tombstones", |m| {
                for round in 0..6 {
                    fill(m, round * 30..round * 30 + m_capacity());
                    for key in round * 30..round * 30 + m_capacity() {
                        let _ = m.remove(&key);
                    }
                }
                fill(m, 0..8);
            }),
            ("full with tombstones", |m| {
                fill(m, 100..100 + m_capacity());
                for key in 100..100 + m_capacity() / 2 {
                    let _ = m.remove(&key);
                }
                fill(m, 0..m_capacity() / 2);
            }),
        ],
        operations: vec![
            Operation::atomic("insert(new)", |m| {
                let _ = m.insert(1_000, Item::new(7));
            }),
            Operation::atomic("insert(replace)", |m| {
                let _ = m.insert(5, Item::new(7));
            }),
            Operation::atomic("remove(there)", |m| {
                let _ = m.remove(&5);
            }),
            Operation::atomic("remove(absent)", |m| {
                let _ = m.remove(&1_000);
            }),
            Operation::atomic("clear", |m| m.clear()),
            Operation::atomic("retain(even)", |m| {
                let _ = m.retain(|k, _| k % 2 == 0);
            }),
        ],
        contents,
        work_on,
    }
    .cases()
}

fn m_capacity() -> u64 {
    Map::CAPACITY as u64
}
