//! `StaticList`.

use resume_core::container::StaticList;
use resume_core::pool::Handle;

use super::{Item, expect};
use crate::explore::{Case, Operation, Subject};

const CAPACITY: usize = 5;

type Items = StaticList<Item, CAPACITY>;

fn fill(l: &mut Items, len: u64) {
    for i in 0..len {
        let _ = l.push_back(Item::new(100 + i));
    }
}

fn handle(l: &Items, at: usize) -> Handle<Item> {
    l.entries().nth(at).map_or(Handle::NULL, |(handle, _)| handle)
}

/// What `change` makes of the elements.
fn after(l: &Items, change: impl FnOnce(&mut Vec<Item>)) -> String {
    let mut model: Vec<Item> = l.iter().copied().collect();
    change(&mut model);
    format!("{} {model:?}", model.len())
}

fn insert(model: &mut Vec<Item>, at: usize) {
    if model.len() < CAPACITY {
        model.insert(at, Item::new(7));
    }
}

fn work_on(l: &mut Items) -> Result<(), String> {
    let (len, forward) = (l.len(), l.iter().copied().collect::<Vec<_>>());
    let mut backward: Vec<_> = l.iter().rev().copied().collect();
    backward.reverse();
    expect(forward == backward, || format!("{forward:?} is {backward:?} from the end"))?;
    let mut pushed = 0;
    while l.push_back(Item::new(900 + pushed)).is_ok() {
        pushed += 1;
    }
    expect(len + pushed as usize == CAPACITY, || format!("{len} + {pushed} pushed is not {CAPACITY}"))?;
    let removed = l.remove(handle(l, 2));
    expect(removed.is_some() && l.push_front(Item::new(1)).is_ok(), || "no place after a removal".into())?;
    for _ in 0..CAPACITY {
        let item = l.pop_back();
        expect(item.is_some_and(|item| item == Item::new(item.value)), || format!("popped {item:?}"))?;
    }
    expect(l.is_empty() && l.last().is_none(), || "popped all, but not empty".into())
}

pub(super) fn cases() -> Vec<Case> {
    Subject::<Items> {
        name: "list",
        starts: vec![
            ("empty", |_| {}),
            ("one", |l| fill(l, 1)),
            ("nearly full", |l| fill(l, CAPACITY as u64 - 1)),
            ("full", |l| fill(l, CAPACITY as u64)),
            ("out of order, after removals", |l| {
                fill(l, 5);
                let _ = l.remove(handle(l, 1));
                let _ = l.remove(handle(l, 2));
                let _ = l.push_front(Item::new(50));
                let _ = l.remove(handle(l, 1));
            }),
            ("emptied", |l| {
                fill(l, 5);
                l.clear();
            }),
        ],
        operations: vec![
            Operation::modelled(
                "push_back",
                |l| _ = l.push_back(Item::new(7)),
                |l| after(l, |m| insert(m, m.len())),
            ),
            Operation::modelled(
                "push_front",
                |l| _ = l.push_front(Item::new(7)),
                |l| after(l, |m| insert(m, 0)),
            ),
            Operation::modelled(
                "insert_after(1)",
                |l| _ = l.insert_after(handle(l, 1), Item::new(7)),
                |l| {
                    after(l, |m| {
                        if m.len() > 1 {
                            insert(m, 2)
                        }
                    })
                },
            ),
            Operation::modelled(
                "insert_before(1)",
                |l| _ = l.insert_before(handle(l, 1), Item::new(7)),
                |l| {
                    after(l, |m| {
                        if m.len() > 1 {
                            insert(m, 1)
                        }
                    })
                },
            ),
            Operation::modelled("pop_back", |l| _ = l.pop_back(), |l| after(l, |m| _ = m.pop())),
            Operation::modelled(
                "pop_front",
                |l| _ = l.pop_front(),
                |l| after(l, |m| _ = (!m.is_empty()).then(|| m.remove(0))),
            ),
            Operation::modelled(
                "remove(1)",
                |l| _ = l.remove(handle(l, 1)),
                |l| after(l, |m| _ = (m.len() > 1).then(|| m.remove(1))),
            ),
            Operation::modelled(
                "set(1)",
                |l| _ = l.set(handle(l, 1), Item::new(7)),
                |l| after(l, |m| m.iter_mut().skip(1).take(1).for_each(|item| *item = Item::new(7))),
            ),
            Operation::modelled("clear", |l| l.clear(), |l| after(l, |m| m.clear())),
        ],
        contents: |l| format!("{} {:?}", l.len(), l),
        work_on,
    }
    .cases()
}
