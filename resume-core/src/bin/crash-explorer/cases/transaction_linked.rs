//! Transactions over the containers that are made of chains and rings.

use resume_core::container::{BitSet, OrderedMap, Ring, StaticList, StaticSet, TICK, Timers, Versioned};
use resume_core::event::{EventId, Quarantine};
use resume_core::pool::Handle;
use resume_core::{ShmInstant, ShmSafe, transaction};

use super::{Item, expect};
use crate::explore::{Case, Operation, Subject};

/// A root with one of each.
#[derive(ShmSafe)]
#[repr(C)]
struct World {
    gold: [u64; 2],
    list: StaticList<Item, 5>,
    ordered: OrderedMap<u64, Item, 8>,
    ring: Ring<Item, 4>,
    bits: BitSet<2>,
    versioned: Versioned<Item>,
    timers: Timers<Item, 5, 4>,
    set: StaticSet<u64, 16>,
    quarantine: Quarantine<Item, 3>,
}

fn at(tick: u64) -> ShmInstant {
    ShmInstant::from_nanos(TICK.as_nanos() * tick + 5)
}

fn begin(w: &mut World) {
    w.gold = [50, 60];
    for i in 0..3 {
        let _ = w.list.push_back(Item::new(i));
        let _ = w.ordered.insert(i * 10, Item::new(i));
        let _ = w.ring.push_back(Item::new(i));
        let _ = w.bits.insert(i as usize * 30);
        let _ = w.timers.schedule(at(10 + i), Item::new(i));
        let _ = w.set.insert(i);
    }
    w.versioned.set(Item::new(1));
    let _ = w.quarantine.add(EventId(4), Item::new(4), at(1));
}

fn begin_used(w: &mut World) {
    begin(w);
    for _ in 0..2 {
        change_all(w);
    }
}

fn contents(w: &World) -> String {
    let mut timers: Vec<_> = w.timers.iter().map(|(_, at, item)| (at, *item)).collect();
    timers.sort();
    let mut set: Vec<_> = w.set.iter().collect();
    set.sort();
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {timers:?} {set:?} {:?}",
        w.gold, w.list, w.ordered, w.ring, w.bits, w.versioned, w.quarantine
    )
}

fn change_all(w: &mut World) {
    let second = w.list.entries().nth(1).map_or(Handle::NULL, |(handle, _)| handle);
    let _ = w.list.insert_before(second, Item::new(7));
    let _ = w.list.remove(second);
    let _ = w.list.pop_front();
    let _ = w.list.push_front(Item::new(8));
    let _ = w.ordered.insert(15, Item::new(7));
    let _ = w.ordered.insert(10, Item::new(8));
    let _ = w.ordered.remove(&20);
    let _ = w.ordered.pop_first();
    let _ = w.ring.pop_front();
    let _ = w.ring.push_back(Item::new(7));
    let _ = w.ring.push_back_evicting(Item::new(8));
    let _ = w.ring.push_back_evicting(Item::new(9));
    let _ = w.bits.toggle(30);
    let _ = w.bits.insert(64);
    w.versioned.set(Item::new(7));
    w.versioned.update(|item| Item::new(item.value + 1));
    let first = w.timers.iter().map(|(handle, _, _)| handle).next().unwrap_or(Handle::NULL);
    let _ = w.timers.reschedule(first, at(17));
    let _ = w.timers.pop_due(at(11));
    let _ = w.timers.schedule(at(12), Item::new(9));
    let _ = w.set.remove(&1);
    let _ = w.set.insert(9);
    let _ = w.quarantine.add(EventId(4), Item::new(4), at(2));
    let _ = w.quarantine.add(EventId(5), Item::new(5), at(2));
}

fn clear_all(w: &mut World) {
    w.list.clear();
    w.ordered.clear();
    w.ring.clear();
    w.bits.clear();
    w.versioned.clear();
    w.timers.clear();
    w.set.clear();
    let _ = w.quarantine.release(EventId(4));
    // What was freed in the transaction is used again in it.
    let _ = w.list.push_back(Item::new(6));
    let _ = w.ordered.insert(6, Item::new(6));
    let _ = w.timers.schedule(at(6), Item::new(6));
}

/// Fills up each container to its end, and empties it.
fn work_on(w: &mut World) -> Result<(), String> {
    expect(w.gold.iter().sum::<u64>() == 110, || format!("gold is not conserved: {:?}", w.gold))?;
    let mut backward: Vec<_> = w.list.iter().rev().copied().collect();
    backward.reverse();
    expect(w.list.iter().eq(&backward), || "the list is another one from its end".into())?;
    let done = transaction(w, |w, _| {
        change_all(w);
        Ok::<_, ()>(())
    });
    expect(done.is_ok(), || "a transaction after the recovery fails".into())?;
    let item = Item::new(3);
    while w.list.push_back(item).is_ok() {}
    while w.timers.schedule(at(13), item).is_ok() {}
    while w.ring.push_front(item).is_ok() {}
    for key in 100..120 {
        let _ = (w.ordered.insert(key, item), w.set.insert(key), w.quarantine.add(EventId(key), item, at(3)));
    }
    let full = [
        ("list", w.list.iter().count(), 5),
        ("timers", w.timers.iter().count(), 5),
        ("ring", w.ring.iter().count(), 4),
        ("ordered map", w.ordered.iter().count(), 8),
        ("set", w.set.iter().count(), 14),
        ("quarantine", w.quarantine.iter().count(), 3),
    ];
    for (name, found, capacity) in full {
        expect(found == capacity, || format!("{name}: {found} of {capacity} places can be used"))?;
    }
    expect(w.list.len() == 5 && w.timers.len() == 5 && w.ordered.len() == 8, || "a count is off".into())?;
    let popped = (0..9).filter(|_| w.timers.pop_due(at(40)).is_some()).count();
    expect(popped == 5, || format!("{popped} of 5 timers were due"))
}

pub(super) fn cases() -> Vec<Case> {
    Subject::<World> {
        name: "transaction, linked",
        starts: vec![("a world", begin), ("after changes", begin_used)],
        operations: vec![
            Operation::atomic("commit", |w| {
                let _ = transaction(w, |w, tx| {
                    tx.set(&mut w.gold[0], 40);
                    tx.set(&mut w.gold[1], 70);
                    change_all(w);
                    Ok::<_, ()>(())
                });
            }),
            Operation::atomic("abort", |w| {
                let _ = transaction(w, |w, _| {
                    change_all(w);
                    Err::<(), _>(())
                });
            }),
            Operation::atomic("clear all, abort", |w| {
                let _ = transaction(w, |w, _| {
                    change_all(w);
                    clear_all(w);
                    Err::<(), _>(())
                });
            }),
            Operation::atomic("nested, inner aborts", |w| {
                let _ = transaction(w, |w, _| {
                    let _ = w.list.pop_back();
                    let _ = w.ordered.pop_last();
                    let _ = transaction(w, |w, _| {
                        clear_all(w);
                        Err::<(), _>(())
                    });
                    let _ = w.timers.pop_due(at(10));
                    Ok::<_, ()>(())
                });
            }),
        ],
        contents,
        work_on,
    }
    .cases()
}
