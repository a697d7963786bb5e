//! `Ring`.

use std::collections::VecDeque;

use resume_core::container::Ring;

use super::{Item, expect};
use crate::explore::{Case, Operation, Subject};

const CAPACITY: usize = 5;

type Items = Ring<Item, CAPACITY>;

fn fill(r: &mut Items, len: u64) {
    for i in 0..len {
        let _ = r.push_back(Item::new(100 + i));
    }
}

/// What `change` makes of the elements.
fn after(r: &Items, change: impl FnOnce(&mut VecDeque<Item>)) -> String {
    let mut model: VecDeque<Item> = r.iter().copied().collect();
    change(&mut model);
    format!("{model:?}")
}

fn work_on(r: &mut Items) -> Result<(), String> {
    let len = r.len();
    expect(r.iter().count() == len, || format!("len {len}, but {} elements", r.iter().count()))?;
    let mut pushed = 0;
    while r.push_front(Item::new(900 + pushed)).is_ok() {
        pushed += 1;
    }
    expect(len + pushed as usize == CAPACITY, || format!("{len} + {pushed} pushed is not {CAPACITY}"))?;
    while let Some(item) = r.pop_back() {
        expect(item == Item::new(item.value), || format!("popped {item:?}"))?;
    }
    expect(r.is_empty(), || "popped all, but not empty".into())
}

pub(super) fn cases() -> Vec<Case> {
    Subject::<Items> {
        name: "ring",
        starts: vec![
            ("empty", |_| {}),
            ("one", |r| fill(r, 1)),
            ("nearly full", |r| fill(r, CAPACITY as u64 - 1)),
            ("full", |r| fill(r, CAPACITY as u64)),
            ("wrapped", |r| {
                fill(r, 4);
                for _ in 0..3 {
                    let _ = r.pop_front();
                }
                fill(r, 3);
            }),
            ("emptied, after many rounds", |r| {
                for _ in 0..7 {
                    fill(r, 3);
                    while r.pop_front().is_some() {}
                }
            }),
            ("wrapped at the front", |r| _ = r.push_front(Item::new(3))),
        ],
        operations: vec![
            Operation::modelled(
                "push_back",
                |r| _ = r.push_back(Item::new(7)),
                |r| {
                    after(r, |m| {
                        if m.len() < CAPACITY {
                            m.push_back(Item::new(7))
                        }
                    })
                },
            ),
            Operation::modelled(
                "push_front",
                |r| _ = r.push_front(Item::new(7)),
                |r| {
                    after(r, |m| {
                        if m.len() < CAPACITY {
                            m.push_front(Item::new(7))
                        }
                    })
                },
            ),
            Operation::modelled("pop_back", |r| _ = r.pop_back(), |r| after(r, |m| _ = m.pop_back())),
            Operation::modelled("pop_front", |r| _ = r.pop_front(), |r| after(r, |m| _ = m.pop_front())),
            Operation::modelled(
                "push_back_evicting",
                |r| _ = r.push_back_evicting(Item::new(7)),
                |r| {
                    after(r, |m| {
                        m.push_back(Item::new(7));
                        if m.len() > CAPACITY {
                            m.pop_front();
                        }
                    })
                },
            ),
            Operation::modelled("truncate(2)", |r| r.truncate(2), |r| after(r, |m| m.truncate(2))),
            Operation::modelled("clear", |r| r.clear(), |r| after(r, |m| m.clear())),
            Operation::modelled(
                "set(1)",
                |r| _ = r.set(1, Item::new(7)),
                |r| after(r, |m| m.iter_mut().skip(1).take(1).for_each(|item| *item = Item::new(7))),
            ),
        ],
        contents: |r| format!("{r:?}"),
        work_on,
    }
    .cases()
}
