//! `EventQueue`.

use resume_core::ShmInstant;
use resume_core::event::{EventId, EventQueue, Quarantine};

use super::{Item, expect};
use crate::explore::{Case, Operation, Subject};

const CAPACITY: usize = 4;

type Queue = EventQueue<Item, CAPACITY>;

fn fill(q: &mut Queue, len: u64) {
    for i in 0..len {
        let _ = q.push(Item::new(100 + i));
    }
}

fn contents(q: &Queue) -> String {
    let waiting: Vec<_> = q.iter().map(|(id, e)| format!("{id:?} {e:?}")).collect();
    format!("in flight {:?}, waiting {waiting:?}", q.in_flight())
}

fn work_on(q: &mut Queue) -> Result<(), String> {
    let _ = q.clear_in_flight();
    let len = q.len();
    let mut pushed = 0;
    while q.push(Item::new(900 + pushed)).is_ok() {
        pushed += 1;
    }
    expect(len + pushed as usize == CAPACITY, || format!("{len} + {pushed} events is not {CAPACITY}"))?;
    let mut last = None;
    while let Some(event) = q.begin() {
        expect(last < Some(event.id()), || format!("{:?} comes again or out of order", event.id()))?;
        last = Some(event.id());
        q.finish(event);
    }
    expect(q.is_empty() && q.in_flight().is_none(), || "handled all, but not empty".into())
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = queue_cases();
    cases.extend(quarantine_cases());
    cases
}

const NOW: ShmInstant = ShmInstant::from_nanos(9);

type Prison = Quarantine<Item, 3>;

fn quarantine_cases() -> Vec<Case> {
    Subject::<Prison> {
        name: "quarantine",
        starts: vec![
            ("empty", |_| {}),
            ("one", |q| _ = q.add(EventId(1), Item::new(1), NOW)),
            ("full", |q| (0..3).for_each(|id| _ = q.add(EventId(id), Item::new(id), NOW))),
        ],
        operations: vec![
            Operation::atomic("add", |q| _ = q.add(EventId(7), Item::new(7), NOW)),
            Operation::atomic("add again", |q| _ = q.add(EventId(1), Item::new(1), NOW)),
            Operation::atomic("release", |q| _ = q.release(EventId(1))),
        ],
        contents: |q| format!("{q:?}"),
        work_on: |q| {
            let ids: Vec<_> = q.iter().map(|entry| entry.id).collect();
            expect(ids.len() == q.len(), || format!("len {}, but {ids:?}", q.len()))?;
            let released = ids.into_iter().filter_map(|id| q.release(id)).count();
            expect(q.is_empty(), || format!("released {released}, but not empty"))?;
            let added = (0..9).filter(|&id| q.add(EventId(id), Item::new(id), NOW).is_ok()).count();
            expect(added == 3, || format!("{added} of 3 fit"))
        },
    }
    .cases()
}

fn queue_cases() -> Vec<Case> {
    Subject::<Queue> {
        name: "queue",
        starts: vec![
            ("empty", |_| {}),
            ("one", |q| fill(q, 1)),
            ("nearly full", |q| fill(q, CAPACITY as u64 - 1)),
            ("full", |q| fill(q, CAPACITY as u64)),
            ("wrapped", |q| {
                for _ in 0..3 {
                    fill(q, 3);
                    while q.skip().is_some() {}
                }
                fill(q, 2);
            }),
        ],
        operations: vec![
            Operation::atomic("push", |q| {
                let _ = q.push(Item::new(7));
            }),
            Operation::atomic("begin", |q| {
                let _ = q.begin();
            }),
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
            Operation::atomic("skip", |q| {
                let _ = q.skip();
            }),
            Operation::in_parts(
                "begin+clear_in_flight",
                |q| {
                    let _ = q.begin();
                    let _ = q.clear_in_flight();
                },
                |q, between| {
                    let _ = q.begin();
                    between(q);
                },
            ),
        ],
        contents,
        work_on,
    }
    .cases()
}
