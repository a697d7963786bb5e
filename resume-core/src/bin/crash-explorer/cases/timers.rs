//! `Timers`.

use resume_core::ShmInstant;
use resume_core::container::{TICK, Timers};
use resume_core::pool::Handle;

use super::{Item, expect};
use crate::explore::{Case, Operation, Subject};

const CAPACITY: usize = 6;

type Items = Timers<Item, CAPACITY, 4>;

/// An instant in the middle of a tick.
fn at(tick: u64) -> ShmInstant {
    ShmInstant::from_nanos(TICK.as_nanos() * tick + 5)
}

/// Deadlines in two ticks and in two turns of the wheel.
fn fill(t: &mut Items, len: u64) {
    for i in 0..len {
        let _ = t.schedule(at(10 + i % 2 * 4 + i / 4), Item::new(100 + i));
    }
}

fn handle(t: &Items, value: u64) -> Handle<Item> {
    t.iter().find(|(_, _, item)| **item == Item::new(value)).map_or(Handle::NULL, |(handle, _, _)| handle)
}

type Model = Vec<(ShmInstant, Item)>;

fn show(mut model: Model) -> String {
    model.sort();
    format!("{} {model:?}", model.len())
}

fn all(t: &Items) -> Model {
    t.iter().map(|(_, at, item)| (at, *item)).collect()
}

/// What `change` makes of the timers.
fn after(t: &Items, change: impl FnOnce(&mut Model)) -> String {
    let mut model = all(t);
    change(&mut model);
    show(model)
}

fn move_to(model: &mut Model, tick: u64) {
    model.iter_mut().filter(|(_, item)| *item == Item::new(100)).for_each(|(due, _)| *due = at(tick));
}

fn work_on(t: &mut Items) -> Result<(), String> {
    let len = t.len();
    let mut added = 0;
    while t.schedule(at(9 + added), Item::new(900 + added)).is_ok() {
        added += 1;
    }
    expect(len + added as usize == CAPACITY, || format!("{len} + {added} timers is not {CAPACITY}"))?;
    let mut left = all(t);
    for tick in 0..30 {
        while let Some(item) = t.pop_due(at(tick)) {
            let found = left.iter().position(|(due, of)| *of == item && *due <= at(tick));
            expect(found.is_some(), || format!("{item:?} popped at {tick}, of {left:?}"))?;
            left.swap_remove(found.unwrap_or_default());
        }
        let late = left.iter().find(|(due, _)| *due <= at(tick));
        expect(late.is_none(), || format!("{late:?} was not popped at {tick}"))?;
    }
    expect((t.is_empty(), t.len()) == (true, 0), || "popped all, but not empty".into())
}

pub(super) fn cases() -> Vec<Case> {
    Subject::<Items> {
        name: "timers",
        starts: vec![
            ("empty", |_| {}),
            ("one", |t| fill(t, 1)),
            ("nearly full", |t| fill(t, CAPACITY as u64 - 1)),
            ("full", |t| fill(t, CAPACITY as u64)),
            ("after removals", |t| {
                fill(t, CAPACITY as u64);
                for value in [101, 103] {
                    let _ = t.cancel(handle(t, value));
                }
                let _ = t.pop_due(at(11));
                let _ = t.schedule(at(11), Item::new(106));
            }),
            ("emptied, after many rounds", |t| {
                for _ in 0..4 {
                    fill(t, CAPACITY as u64);
                    while t.pop_due(at(30)).is_some() {}
                }
            }),
        ],
        operations: vec![
            Operation::modelled(
                "schedule",
                |t| _ = t.schedule(at(14), Item::new(7)),
                |t| {
                    after(t, |m| {
                        if m.len() < CAPACITY {
                            m.push((at(14), Item::new(7)))
                        }
                    })
                },
            ),
            Operation::modelled(
                "schedule(in the past)",
                |t| _ = t.schedule(at(1), Item::new(7)),
                |t| {
                    after(t, |m| {
                        if m.len() < CAPACITY {
                            m.push((at(1), Item::new(7)))
                        }
                    })
                },
            ),
            Operation::modelled(
                "cancel",
                |t| _ = t.cancel(handle(t, 100)),
                |t| after(t, |m| m.retain(|(_, item)| *item != Item::new(100))),
            ),
            Operation::modelled(
                "reschedule",
                |t| _ = t.reschedule(handle(t, 100), at(13)),
                |t| after(t, |m| move_to(m, 13)),
            ),
            Operation::modelled(
                "reschedule(same bucket)",
                |t| _ = t.reschedule(handle(t, 100), at(18)),
                |t| after(t, |m| move_to(m, 18)),
            ),
            Operation::atomic("pop_due", |t| _ = t.pop_due(at(12))),
            Operation::modelled("find_due", |t| _ = t.find_due(at(12)), |t| after(t, |_| {})),
            Operation::modelled("clear", |t| t.clear(), |t| after(t, |m| m.clear())),
        ],
        contents: |t| {
            let model = all(t);
            if t.len() == model.len() { show(model) } else { format!("len {}, but {model:?}", t.len()) }
        },
        work_on,
    }
    .cases()
}
