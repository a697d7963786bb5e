//! `Heap` and its owners: alone, in a map, and within elements of each other.

use resume_core::container::StaticMap;
use resume_core::heap::{Heap, HeapError, HeapSlice, HeapString, HeapVec};
use resume_core::{ShmSafe, transaction};

use super::{Item, expect};
use crate::explore::{Case, Operation, Subject};

const BYTES: usize = 1024;

#[derive(ShmSafe)]
#[repr(C)]
struct Room {
    id: u64,
    name: HeapString,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Root {
    heap: Heap<BYTES>,
    items: HeapVec<Item>,
    text: HeapString,
    names: StaticMap<u16, HeapString, 16>,
    rooms: HeapVec<Room>,
    tiles: HeapSlice<u16>,
}

fn contents(root: &Root) -> String {
    let heap = &root.heap;
    let mut names: Vec<_> = root.names.iter().map(|(id, name)| (id, name.as_str(heap))).collect();
    names.sort_unstable();
    let rooms: Vec<_> = root.rooms.iter(heap).map(|room| (room.id, room.name.as_str(heap))).collect();
    let (items, tiles) = (root.items.as_slice(heap), root.tiles.as_slice(heap));
    format!("{items:?} {:?} {names:?} {rooms:?} {tiles:?}", root.text.as_str(heap))
}

fn owned(root: &Root) -> usize {
    let allocated = [root.items.is_allocated(), root.text.is_allocated(), root.rooms.is_allocated()];
    let names = root.names.iter().filter(|(_, name)| name.is_allocated()).count();
    let rooms = root.rooms.iter(&root.heap).filter(|room| room.name.is_allocated()).count();
    let tiles = usize::from(!root.tiles.is_empty(&root.heap));
    allocated.iter().filter(|allocated| **allocated).count() + names + rooms + tiles
}

/// Counts blocks, fills the heap up, looks whether that changed anything, and frees all.
fn work_on(root: &mut Root) -> Result<(), String> {
    let (blocks, owned) = (root.heap.blocks(), owned(root));
    expect(blocks == owned, || format!("{blocks} blocks, but {owned} owners"))?;
    let before = contents(root);
    let mut fillers = Vec::new();
    for bytes in [200, 48, 16] {
        while let Ok(mut filler) = HeapVec::<u8>::with_capacity(&mut root.heap, bytes) {
            let room = filler.capacity(&root.heap);
            filler.extend_from_slice(&mut root.heap, &vec![0xff; room]).map_err(|e| e.to_string())?;
            fillers.push(filler);
        }
    }
    let after = contents(root);
    expect(before == after, || format!("filling up made {before}\n      into {after}"))?;
    let fail = |error: HeapError| error.to_string();
    for mut filler in fillers {
        filler.free(&mut root.heap).map_err(fail)?;
    }
    root.items.free(&mut root.heap).map_err(fail)?;
    root.text.free(&mut root.heap).map_err(fail)?;
    root.tiles.free(&mut root.heap).map_err(fail)?;
    root.names.iter_mut().try_for_each(|(_, name)| name.free(&mut root.heap)).map_err(fail)?;
    while let Some(mut room) = root.rooms.pop(&mut root.heap) {
        room.name.free(&mut root.heap).map_err(fail)?;
    }
    root.rooms.free(&mut root.heap).map_err(fail)?;
    let left = (root.heap.blocks(), root.heap.used_bytes(), root.heap.high_water_bytes());
    expect(left == (0, 0, 0), || format!("freed all, but {left:?} blocks, bytes, high water are left"))
}

fn some(root: &mut Root) {
    for i in 0..2 {
        let _ = root.items.push(&mut root.heap, Item::new(100 + i));
    }
    let _ = root.text.push_str(&mut root.heap, "some text");
    for (id, name) in [(1, "Ada"), (2, "Grace")] {
        name_one(root, id, name);
        if let Ok(name) = HeapString::from_str(&mut root.heap, name) {
            let _ = root.rooms.push(&mut root.heap, Room { id: id.into(), name });
        }
    }
    if let Ok(tiles) = HeapSlice::from_slice(&mut root.heap, &[1, 2, 3]) {
        let _ = root.tiles.replace(tiles);
    }
}

/// Free blocks between those that are not, on both sides of most.
fn in_pieces(root: &mut Root) {
    let mut pieces = Vec::new();
    for i in 0..14 {
        pieces.extend(HeapVec::<u8>::with_capacity(&mut root.heap, 16 * (i % 3 + 1)));
        if i == 5 {
            some(root);
        }
    }
    for (_, piece) in pieces.iter_mut().enumerate().filter(|(i, _)| i % 3 != 1) {
        let _ = piece.free(&mut root.heap);
    }
}

fn nearly_full(root: &mut Root) {
    some(root);
    while root.heap.used_bytes() + 64 <= BYTES && HeapVec::<u8>::with_capacity(&mut root.heap, 16).is_ok() {}
}

fn name_one(root: &mut Root, id: u16, text: &str) {
    let Ok(name) = HeapString::from_str(&mut root.heap, text) else { return };
    let old = match root.names.insert(id, name) {
        Ok(old) => old,
        Err(error) => Some(error.into_inner().1),
    };
    if let Some(mut old) = old {
        let _ = old.free(&mut root.heap);
    }
}

fn of_items() -> Vec<Operation<Root>> {
    vec![
        Operation::modelled(
            "vec.push",
            |r| _ = r.items.push(&mut r.heap, Item::new(7)),
            |r| {
                let mut items = r.items.as_slice(&r.heap).to_vec();
                items.push(Item::new(7));
                let all = contents(r);
                let (_, rest) = all.split_at(format!("{:?}", r.items.as_slice(&r.heap)).len());
                format!("{items:?}{rest}")
            },
        ),
        Operation::atomic("vec.push(grows)", |r| {
            r.items.shrink_to_fit(&mut r.heap);
            let _ = r.items.push(&mut r.heap, Item::new(7));
        }),
        Operation::atomic("vec.extend", |r| {
            let _ = r.items.extend_from_slice(&mut r.heap, &[Item::new(7), Item::new(8), Item::new(9)]);
        }),
        Operation::atomic("vec.pop", |r| _ = r.items.pop(&mut r.heap)),
        Operation::atomic("vec.set(0)", |r| _ = r.items.set(&mut r.heap, 0, Item::new(7))),
        Operation::atomic("vec.insert(0)", |r| _ = r.items.insert(&mut r.heap, 0, Item::new(7))),
        Operation::atomic("vec.remove(0)", |r| _ = r.items.remove(&mut r.heap, 0)),
        Operation::atomic("vec.swap_remove(0)", |r| _ = r.items.swap_remove(&mut r.heap, 0)),
        Operation::atomic("vec.retain", |r| {
            let mut keep = false;
            let _ = r.items.retain(&mut r.heap, |_| !std::mem::replace(&mut keep, true));
        }),
        Operation::atomic("vec.clear", |r| r.items.clear(&mut r.heap)),
        Operation::atomic("vec.reserve", |r| _ = r.items.reserve(&mut r.heap, 4)),
        Operation::atomic("vec.shrink_to_fit", |r| r.items.shrink_to_fit(&mut r.heap)),
        Operation::atomic("vec.free", |r| _ = r.items.free(&mut r.heap)),
        Operation::atomic("vec.take", |r| {
            let mut taken = r.items.take();
            let _ = taken.free(&mut r.heap);
        }),
        Operation::atomic("vec.replace", |r| {
            let Ok(new) = HeapVec::from_slice(&mut r.heap, &[Item::new(7)]) else { return };
            let (Ok(mut old) | Err(mut old)) = r.items.replace(new).map_err(HeapError::into_inner);
            let _ = old.free(&mut r.heap);
        }),
    ]
}

fn of_others() -> Vec<Operation<Root>> {
    vec![
        Operation::atomic("string.push", |r| _ = r.text.push(&mut r.heap, '€')),
        Operation::atomic("string.push_str", |r| {
            let _ = r.text.push_str(&mut r.heap, " and more of it than there was");
        }),
        Operation::atomic("string.pop", |r| _ = r.text.pop(&mut r.heap)),
        Operation::atomic("string.assign", |r| {
            let _ = r.text.assign(&mut r.heap, "other text, which is longer than the old");
        }),
        Operation::atomic("string.free", |r| _ = r.text.free(&mut r.heap)),
        Operation::atomic("slice.set", |r| _ = r.tiles.set(&mut r.heap, 1, 7)),
        Operation::atomic("slice.from_fn", |r| {
            let Ok(tiles) = HeapSlice::from_fn(&mut r.heap, 9, |i| i as u16) else { return };
            let (Ok(mut old) | Err(mut old)) = r.tiles.replace(tiles).map_err(HeapError::into_inner);
            let _ = old.free(&mut r.heap);
        }),
        Operation::atomic("into a map", |r| name_one(r, 3, "Barbara Liskov")),
        Operation::atomic("into a map, replacing", |r| name_one(r, 1, "Ada Lovelace of Ockham Park")),
        Operation::atomic("out of a map", |r| {
            if let Some(mut name) = r.names.remove(&1) {
                let _ = name.free(&mut r.heap);
            }
        }),
        Operation::atomic("nested push", |r| {
            let Ok(name) = HeapString::from_str(&mut r.heap, "the third room") else { return };
            if let Err(error) = r.rooms.push(&mut r.heap, Room { id: 3, name }) {
                let _ = error.into_inner().name.free(&mut r.heap);
            }
        }),
        Operation::atomic("nested push_str", |r| {
            if let Some(room) = r.rooms.at(&mut r.heap, 0) {
                let _ = room.project(|room| &mut room.name).push_str(" and her engine, which grows");
            }
        }),
        Operation::atomic("nested remove", |r| {
            if let Ok(mut room) = r.rooms.remove(&mut r.heap, 0) {
                let _ = room.name.free(&mut r.heap);
            }
        }),
        Operation::atomic("leak", |r| _ = HeapVec::<u8>::with_capacity(&mut r.heap, 40)),
    ]
}

fn of_transactions() -> Vec<Operation<Root>> {
    vec![
        Operation::atomic("transaction", |r| {
            let _ = transaction(r, |r, _| {
                let _ = r.items.push(&mut r.heap, Item::new(7));
                let _ = r.text.free(&mut r.heap);
                name_one(r, 4, "reuses what the text had");
                let _ = r.items.push(&mut r.heap, Item::new(8));
                Ok::<_, ()>(())
            });
        }),
        Operation::atomic("transaction, aborted", |r| {
            let _ = transaction(r, |r, _| {
                let _ = r.items.free(&mut r.heap);
                name_one(r, 1, "reuses what the items had");
                let _ = r.text.push_str(&mut r.heap, " and more of it than there was");
                Err::<(), _>(())
            });
        }),
        Operation::atomic("transaction, aborted; then blocks of the same sizes", |r| {
            let _ = transaction(r, |r, _| {
                let _ = r.text.free(&mut r.heap);
                let _ = r.rooms.pop(&mut r.heap).map(|mut room| room.name.free(&mut r.heap));
                name_one(r, 4, "as the text");
                Err::<(), _>(())
            });
            name_one(r, 5, "as the text");
        }),
    ]
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Subject::<Root> {
        name: "heap",
        starts: vec![
            ("empty", |_| {}),
            ("some", some),
            ("in pieces", in_pieces),
            ("nearly full", nearly_full),
        ],
        operations: of_items().into_iter().chain(of_others()).collect(),
        contents,
        // A start may hold leaked blocks; where the explorer looks, a recovery has freed them.
        work_on,
    }
    .cases();
    let of_transactions = Subject::<Root> {
        name: "heap",
        starts: vec![("in pieces", in_pieces)],
        operations: of_transactions(),
        contents,
        work_on,
    };
    cases.extend(of_transactions.cases());
    cases
}

/// Known-bad: what a program, or the heap itself, must not do with a block. Copies of owners are made by hand, as
/// only damage and rollbacks make them.
pub(crate) fn bad() -> Vec<Case> {
    fn copy_of(text: &HeapString) -> HeapString {
        // SAFETY: borrowed, thus valid; an owner has no drop glue, and a second one is no danger to memory (see
        // `resume_core::heap`): that it is noticed is what the case is for.
        unsafe { core::ptr::read(text) }
    }
    /// The words and the blocks of a heap, as bytes.
    type Bytes = [u8; size_of::<Heap<BYTES>>()];
    fn bytes_of(heap: &mut Heap<BYTES>) -> &mut Bytes {
        // SAFETY: a heap is words and initialised bytes, of which every pattern is valid; borrowed as the heap is.
        unsafe { &mut *core::ptr::from_mut(heap).cast() }
    }
    Subject::<Root> {
        name: "bad heap",
        starts: vec![("some", some)],
        operations: vec![
            Operation::atomic("free what an owner still names", |r| {
                let _ = copy_of(&r.text).free(&mut r.heap);
                let _ = r.text.take();
            }),
            Operation::atomic("a second owner before the first is empty", |r| {
                let copy = copy_of(&r.text);
                let _ = r.names.insert(9, copy);
                let _ = r.text.take();
            }),
            Operation::atomic("growth by hand: the old block goes first", |r| {
                let text = format!("{} and more", r.text.as_str(&r.heap));
                let _ = r.text.free(&mut r.heap);
                let _ = r.text.push_str(&mut r.heap, &text);
            }),
            // A list alone would do no harm: what it names is not parked any more, and is not handed out.
            Operation::atomic("an abort that forgets quick lists and headers", |r| {
                let mut forgotten = None;
                let _ = transaction(r, |r, _| {
                    let _ = r.text.free(&mut r.heap);
                    forgotten = Some(*bytes_of(&mut r.heap));
                    Err::<(), _>(())
                });
                if let Some(forgotten) = forgotten {
                    *bytes_of(&mut r.heap) = forgotten;
                }
                name_one(r, 5, "as the text");
            }),
            Operation::atomic("elements in place, several stores", |r| {
                r.items.as_mut_slice(&mut r.heap)[0] = Item::new(7);
            }),
        ],
        contents,
        work_on,
    }
    .cases()
}
