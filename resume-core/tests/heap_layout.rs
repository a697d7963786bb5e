//! Heaps and their owners in records: read back, shown by element, compared by path.
#![allow(clippy::unwrap_used, reason = "a failing helper fails its test")]
#![allow(dead_code, reason = "described, never built")]

use resume_core::ShmSafe;
use resume_core::layout::encode::{record, record_bytes};
use resume_core::layout::{Layout, Role, Shape, decode, diff};

macro_rules! world {
    ($module:ident, $bytes:literal, $($field:ident: $ty:ty),*) => {
        mod $module {
            use resume_core::ShmSafe;
            use resume_core::heap::{Heap, HeapSlice, HeapString, HeapVec};

            #[derive(ShmSafe)]
            #[repr(C)]
            pub(super) struct World {
                heap: Heap<$bytes>,
                players: HeapVec<Player>,
                tiles: HeapSlice<u16>,
            }

            #[derive(ShmSafe)]
            #[repr(C)]
            struct Player { name: HeapString, $($field: $ty),* }
        }
    };
}

world!(old, 4096, hp: u32);
world!(added, 4096, hp: u32, mana: u32);
world!(swapped, 4096, hp: i32);
world!(larger, 8192, hp: u32);

fn layout<const BYTES: usize>(record: [u8; BYTES]) -> Layout {
    decode(&record).unwrap()
}

macro_rules! layout_of {
    ($module:ident) => {
        layout(record::<{ record_bytes($module::World::DESC) }>($module::World::DESC))
    };
}

#[test]
fn roles_and_elements_are_read_back() {
    let layout = layout_of!(old);
    assert_eq!(layout.root().layout, old::World::DESC.layout);
    let role = |name: &str| match &layout.types().iter().find(|ty| ty.name == name).unwrap().shape {
        Shape::Container { role, capacity, .. } => (*role, *capacity),
        other => panic!("{name}: {other:?}"),
    };
    assert_eq!(role("Heap<4096>"), (Role::Heap, 4096));
    assert_eq!(role("HeapVec<Player>"), (Role::HeapVec, 0));
    assert_eq!(role("HeapString"), (Role::HeapString, 0));
    assert_eq!(role("HeapSlice<u16>"), (Role::HeapSlice, 0));
    let owner = layout.types().iter().find(|ty| ty.name == "HeapVec<Player>").unwrap();
    assert_eq!((owner.size, owner.align, owner.plain, owner.rebuilds), (16, 8, false, true));
    let elements = layout.elements(owner);
    assert_eq!((elements.len(), elements[0].segment, elements[0].len), (1, "[]", 0));
    assert_eq!(layout.ty(elements[0].ty).name, "Player");
}

#[test]
fn a_change_of_an_element_has_its_path() {
    let old = layout_of!(old);
    for (new, expected) in [
        (layout_of!(added), "World.players[].mana"),
        (layout_of!(swapped), "World.players[].hp"),
        (layout_of!(larger), "World.heap"),
    ] {
        let diff = diff(&old, &new);
        let paths: Vec<_> = diff.changes.iter().map(|change| change.path.as_str()).collect();
        assert_eq!(paths, [expected], "{diff}");
        assert_ne!((old.root().layout, old.root().schema), (new.root().layout, new.root().schema));
    }
    assert!(diff(&old, &layout_of!(old)).is_identical());
}
