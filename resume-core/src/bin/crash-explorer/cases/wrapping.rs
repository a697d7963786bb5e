//! Slots and nodes whose generations are about to wrap: they are retired, never given out under an old handle.

use std::collections::HashSet;

use resume_core::ShmInstant;
use resume_core::ShmSafe;
use resume_core::container::{OrderedMap, StaticList, TICK, Timers};
use resume_core::event::EventQueue;
use resume_core::pool::{Handle, Pool};

use super::words::{node_is_linked, retired, set, slot_is_occupied, wrap};
use super::{Item, expect};
use crate::explore::{Case, Operation, Subject};

const CAPACITY: usize = 5;

type Slots = Pool<Item, CAPACITY>;
type List = StaticList<Item, CAPACITY>;
type Clock = Timers<Item, CAPACITY, 4>;
type Map = OrderedMap<u64, Item, CAPACITY>;
type Queue = EventQueue<Item, 4>;

/// What the work after a recovery needs of a container with handles.
struct Handled<S> {
    is_occupied: fn(u32) -> bool,
    live: fn(&S) -> Vec<Handle<Item>>,
    insert: fn(&mut S) -> Option<Handle<Item>>,
    remove: fn(&mut S, Handle<Item>) -> Option<Item>,
    contains: fn(&S, Handle<Item>) -> bool,
}

/// Fills up and empties, until every generation is used up: no handle comes twice, nothing leaks but what is
/// retired.
fn use_up<S: ShmSafe>(state: &mut S, ops: &Handled<S>) -> Result<(), String> {
    let mut seen: HashSet<Handle<Item>> = (ops.live)(state).into_iter().collect();
    for _ in 0..3 {
        let (live, lost) = ((ops.live)(state), retired(state, ops.is_occupied));
        let mut added = Vec::new();
        while let Some(handle) = (ops.insert)(state) {
            expect(seen.insert(handle), || format!("{handle:?} is given out again"))?;
            added.push(handle);
        }
        expect(live.len() + added.len() + lost == CAPACITY, || {
            format!("{} live + {} new + {lost} retired of {CAPACITY}", live.len(), added.len())
        })?;
        for handle in live.into_iter().chain(added) {
            expect((ops.remove)(state, handle).is_some(), || format!("{handle:?} cannot be removed"))?;
        }
        expect(!seen.iter().any(|handle| (ops.contains)(state, *handle)), || {
            "an old handle names something".into()
        })?;
    }
    let lost = retired(state, ops.is_occupied);
    expect((ops.insert)(state).is_some() == (lost < CAPACITY), || {
        format!("{lost} retired, but there is room")
    })
}

const SLOTS: Handled<Slots> = Handled {
    is_occupied: slot_is_occupied,
    live: |p| p.iter().map(|(handle, _)| handle).collect(),
    insert: |p| p.insert(Item::new(9)).ok(),
    remove: |p, handle| p.remove(handle),
    contains: |p, handle| p.contains(handle),
};

const LIST: Handled<List> = Handled {
    is_occupied: node_is_linked,
    live: |l| l.entries().map(|(handle, _)| handle).collect(),
    insert: |l| l.push_back(Item::new(9)).ok(),
    remove: |l, handle| l.remove(handle),
    contains: |l, handle| l.contains(handle),
};

const CLOCK: Handled<Clock> = Handled {
    is_occupied: node_is_linked,
    live: |t| t.iter().map(|(handle, _, _)| handle).collect(),
    insert: |t| t.schedule(at(13), Item::new(9)).ok(),
    remove: |t, handle| t.cancel(handle),
    contains: |t, handle| t.contains(handle),
};

fn at(tick: u64) -> ShmInstant {
    ShmInstant::from_nanos(TICK.as_nanos() * tick + 5)
}

/// As many as `len`, of which `removed` are gone again.
fn fill<S>(state: &mut S, ops: &Handled<S>, len: usize, removed: usize) {
    for _ in 0..len {
        let _ = (ops.insert)(state);
    }
    for handle in (ops.live)(state).into_iter().take(removed) {
        let _ = (ops.remove)(state, handle);
    }
}

fn first(handles: Vec<Handle<Item>>) -> Handle<Item> {
    handles.first().copied().unwrap_or(Handle::NULL)
}

fn slots() -> Vec<Case> {
    Subject::<Slots> {
        name: "pool, wrapping",
        starts: vec![
            ("full", |p| {
                fill(p, &SLOTS, CAPACITY, 0);
                wrap(p, slot_is_occupied);
            }),
            ("half, some free", |p| {
                fill(p, &SLOTS, 4, 2);
                wrap(p, slot_is_occupied);
            }),
        ],
        operations: vec![
            Operation::atomic("insert", |p| _ = p.insert(Item::new(7))),
            Operation::atomic("reserve+drop", |p| _ = p.reserve()),
            Operation::atomic("reserve+commit", |p| _ = p.reserve().map(|r| r.commit(Item::new(7)))),
            Operation::atomic("remove", |p| _ = p.remove(first((SLOTS.live)(p)))),
            Operation::atomic("clear", |p| p.clear()),
        ],
        contents: |p| format!("{} {p:?}", p.len()),
        work_on: |p| use_up(p, &SLOTS),
    }
    .cases()
}

fn list() -> Vec<Case> {
    Subject::<List> {
        name: "list, wrapping",
        starts: vec![
            ("full", |l| {
                fill(l, &LIST, CAPACITY, 0);
                wrap(l, node_is_linked);
            }),
            ("half, some free", |l| {
                fill(l, &LIST, 4, 2);
                wrap(l, node_is_linked);
            }),
        ],
        operations: vec![
            Operation::atomic("push_back", |l| _ = l.push_back(Item::new(7))),
            Operation::atomic("push_front", |l| _ = l.push_front(Item::new(7))),
            Operation::atomic("remove", |l| _ = l.remove(first((LIST.live)(l)))),
            Operation::atomic("clear", |l| l.clear()),
        ],
        contents: |l| format!("{} {l:?}", l.len()),
        work_on: |l| use_up(l, &LIST),
    }
    .cases()
}

fn clock() -> Vec<Case> {
    Subject::<Clock> {
        name: "timers, wrapping",
        starts: vec![
            ("full", |t| {
                fill(t, &CLOCK, CAPACITY, 0);
                wrap(t, node_is_linked);
            }),
            ("half, some free", |t| {
                fill(t, &CLOCK, 4, 2);
                wrap(t, node_is_linked);
            }),
        ],
        operations: vec![
            Operation::atomic("schedule", |t| _ = t.schedule(at(14), Item::new(7))),
            Operation::atomic("cancel", |t| _ = t.cancel(first((CLOCK.live)(t)))),
            Operation::atomic("pop_due", |t| _ = t.pop_due(at(20))),
            Operation::atomic("reschedule", |t| _ = t.reschedule(first((CLOCK.live)(t)), at(14))),
            Operation::atomic("clear", |t| t.clear()),
        ],
        contents: |t| format!("{} {t:?}", t.len()),
        work_on: |t| use_up(t, &CLOCK),
    }
    .cases()
}

fn map() -> Vec<Case> {
    fn add(m: &mut Map, keys: core::ops::Range<u64>) {
        keys.for_each(|key| _ = m.insert(key, Item::new(key)));
    }
    Subject::<Map> {
        name: "ordered_map, wrapping",
        starts: vec![
            ("full", |m| {
                add(m, 0..5);
                wrap(m, node_is_linked);
            }),
            ("half, some free", |m| {
                add(m, 0..4);
                (0..2).for_each(|key| _ = m.remove(&key));
                wrap(m, node_is_linked);
            }),
        ],
        operations: vec![
            Operation::atomic("insert", |m| _ = m.insert(77, Item::new(7))),
            Operation::atomic("remove", |m| _ = m.remove(&3)),
            Operation::atomic("pop_first", |m| _ = m.pop_first()),
            Operation::atomic("clear", |m| m.clear()),
        ],
        contents: |m| format!("{} {m:?}", m.len()),
        work_on: |m| {
            for round in 0..3 {
                let (live, lost) = (m.len(), retired(m, node_is_linked));
                let added = (0..9).filter(|i| m.insert(100 + i, Item::new(round)).is_ok()).count();
                expect(live + added + lost == CAPACITY, || format!("{live} + {added} + {lost} retired"))?;
                while m.pop_last().is_some() {}
                expect(m.is_empty(), || "popped all, but not empty".into())?;
            }
            Ok(())
        },
    }
    .cases()
}

/// The largest number that an event can have.
const NUMBER_MAX: u64 = u64::MAX >> 1;

fn queue() -> Vec<Case> {
    Subject::<Queue> {
        name: "queue, wrapping",
        starts: vec![
            ("three before the last number", |q| {
                set(q, "tail", NUMBER_MAX - 3);
                set(q, "cursor", (NUMBER_MAX - 3) << 1);
                let _ = q.push(Item::new(1));
            }),
            ("all numbers used up", |q| {
                set(q, "tail", NUMBER_MAX - 2);
                set(q, "cursor", (NUMBER_MAX - 2) << 1);
                (0..2).for_each(|i| _ = q.push(Item::new(i)));
                let _ = q.skip();
            }),
        ],
        operations: vec![
            Operation::atomic("push", |q| _ = q.push(Item::new(7))),
            Operation::atomic("begin", |q| _ = q.begin()),
            Operation::atomic("skip", |q| _ = q.skip()),
            Operation::in_parts(
                "begin+finish",
                |q| {
                    if let Some(event) = q.begin() {
                        q.finish(event);
                    }
                },
                |q, between| {
                    let _ = q.begin();
                    between(q);
                },
            ),
        ],
        contents: |q| format!("{} {q:?}", q.len()),
        work_on: |q| {
            let _ = q.clear_in_flight();
            let mut last = None;
            for _ in 0..9 {
                let id = q.push(Item::new(9)).ok();
                expect(id.is_none() || id > last, || format!("{id:?} comes behind {last:?}"))?;
                last = id.or(last);
                let before = q.len();
                if let Some(event) = q.begin() {
                    q.finish(event);
                    expect(q.len() + 1 == before, || "an event that was finished is still there".into())?;
                }
            }
            expect(q.is_empty() && q.push(Item::new(9)).is_err(), || "numbers without an end".into())
        },
    }
    .cases()
}

pub(super) fn cases() -> Vec<Case> {
    [slots(), list(), clock(), map(), queue()].into_iter().flatten().collect()
}
