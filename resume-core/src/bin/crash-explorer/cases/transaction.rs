//! Transactions over several containers, committed, aborted, nested.

use resume_core::container::{StaticMap, StaticString, StaticVec};
use resume_core::event::EventQueue;
use resume_core::pool::Pool;
use resume_core::{ShmSafe, transaction};

use super::{Item, expect};
use crate::explore::{Case, Operation, Subject};

/// A root with one of everything.
#[derive(ShmSafe)]
#[repr(C)]
struct World {
    gold: [u64; 4],
    items: StaticVec<Item, 6>,
    name: StaticString<24>,
    index: StaticMap<u64, Item, 16>,
    players: Pool<Item, 4>,
    events: EventQueue<Item, 4>,
}

fn begin(w: &mut World) {
    w.gold = [50, 60, 70, 80];
    for i in 0..3 {
        let _ = w.items.push(Item::new(i));
        let _ = w.index.insert(i, Item::new(i));
        let _ = w.players.insert(Item::new(i));
        let _ = w.events.push(Item::new(i));
    }
    let _ = w.name.push_str("before");
}

fn contents(w: &World) -> String {
    let mut index: Vec<_> = w.index.iter().collect();
    index.sort_by_key(|(k, _)| **k);
    let players: Vec<_> = w.players.iter().collect();
    let events: Vec<_> = w.events.iter().collect();
    format!(
        "{:?} {:?} {:?} {index:?} {players:?} {:?} {events:?}",
        w.gold,
        w.items.as_slice(),
        w.name.as_str(),
        w.events.in_flight(),
    )
}

fn change_all(w: &mut World, tx: &resume_core::Tx) {
    let [from, _, to, _] = tx.edit(&mut w.gold);
    *from -= 20;
    *to += 20;
    let _ = w.items.swap_remove(0);
    let _ = w.items.push(Item::new(7));
    let _ = w.items.insert(1, Item::new(8));
    let _ = w.name.assign("after the change");
    let _ = w.index.insert(9, Item::new(9));
    let _ = w.index.insert(1, Item::new(11));
    let _ = w.index.remove(&2);
    let first = w.players.iter().next().map(|(h, _)| h);
    let _ = first.and_then(|h| w.players.remove(h));
    let _ = w.players.insert(Item::new(7));
    // The second push goes into the place of the skipped event.
    let _ = w.events.skip();
    let _ = w.events.push(Item::new(7));
    let _ = w.events.push(Item::new(8));
    let _ = w.name.pop();
    w.name.clear();
    let _ = w.name.push_str("written over");
    let _ = w.items.retain(|item| item.value != 1);
    let _ = w.items.extend_from_slice(&[Item::new(5); 2]);
}

fn work_on(w: &mut World) -> Result<(), String> {
    let _ = w.events.clear_in_flight();
    expect(w.gold.iter().sum::<u64>() == 260, || format!("gold is not conserved: {:?}", w.gold))?;
    let done = transaction(w, |w, tx| {
        change_all(w, tx);
        Ok::<_, ()>(())
    });
    expect(done.is_ok(), || "a transaction after the recovery fails".into())?;
    let mut slots = w.players.len();
    while w.players.insert(Item::new(1)).is_ok() {
        slots += 1;
    }
    expect(slots == 4, || format!("{slots} of 4 slots can be used"))?;
    for key in [0, 1, 9] {
        expect(w.index.remove(&key).is_some(), || format!("{key} is not in the map"))?;
    }
    Ok(())
}

pub(super) fn cases() -> Vec<Case> {
    Subject::<World> {
        name: "transaction",
        starts: vec![("a world", begin)],
        operations: vec![
            Operation::atomic("commit", |w| {
                let _ = transaction(w, |w, tx| {
                    change_all(w, tx);
                    Ok::<_, ()>(())
                });
            }),
            Operation::atomic("abort", |w| {
                let _ = transaction(w, |w, tx| {
                    change_all(w, tx);
                    Err::<(), _>(())
                });
            }),
            Operation::atomic("nested, inner aborts", |w| {
                let _ = transaction(w, |w, tx| {
                    tx.set(&mut w.gold[1], 55);
                    tx.set(&mut w.gold[3], 85);
                    let _ = transaction(w, |w, tx| {
                        change_all(w, tx);
                        Err::<(), _>(())
                    });
                    w.items.clear();
                    Ok::<_, ()>(())
                });
            }),
            Operation::in_parts(
                "begin, then handle and finish",
                |w| {
                    if let Some(event) = w.events.begin() {
                        let _ = transaction(w, move |w, tx| {
                            change_all(w, tx);
                            w.events.finish(event);
                            Ok::<_, ()>(())
                        });
                    }
                },
                |w, between| {
                    let _ = w.events.begin();
                    between(w);
                },
            ),
        ],
        contents,
        work_on,
    }
    .cases()
}
