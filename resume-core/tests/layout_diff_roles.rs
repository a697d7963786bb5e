//! What a change of each container means for live state: its capacity, and its elements.
#![allow(dead_code, reason = "looked at as types")]

use resume_core::ShmSafe;
use resume_core::container::{
    BitSet, OrderedMap, Ring, StaticList, StaticMap, StaticSet, StaticString, StaticVec, Timers, Versioned,
};
use resume_core::event::{EventQueue, Quarantine};
use resume_core::layout::encode::{record, record_bytes};
use resume_core::layout::{Class, Diff, Layout, Reason, decode, diff};
use resume_core::pool::Pool;

use Class::{Appended, Fatal, Identical, Migratable, Renamed};

#[derive(ShmSafe)]
#[repr(C)]
#[shm(id = "World")]
struct World<T> {
    #[shm(transient)]
    before: u64,
    state: T,
}

macro_rules! layout {
    ($ty:ty) => {{
        const BYTES: usize = record_bytes(<World<$ty>>::DESC);
        const RECORD: [u8; BYTES] = record::<BYTES>(<World<$ty>>::DESC);
        decode(&RECORD).expect("written by the encoder")
    }};
}

fn changes(old: &Layout, new: &Layout) -> (Class, Vec<(String, Reason, Class)>, Diff) {
    let diff = diff(old, new);
    // The root's name has its argument in it.
    let path = |path: &str| format!("World.state{}", path.split_once(">.state").expect("the field").1);
    let all = diff.changes.iter().map(|c| (path(&c.path), c.reason, c.class)).collect();
    (diff.class, all, diff)
}

macro_rules! assert_change {
    ($old:ty => $new:ty, $($path:literal $reason:ident $class:ident),+) => {
        let (class, found, diff) = changes(&layout!($old), &layout!($new));
        let expected = vec![$(($path.to_owned(), Reason::$reason, $class)),+];
        assert_eq!(found, expected, "{diff:#}");
        assert_eq!(class, [$($class),+].into_iter().max().unwrap_or(Identical), "{diff:#}");
    };
}

#[test]
fn where_places_do_not_depend_on_the_capacity_growth_moves_nothing_inside() {
    macro_rules! both_ways {
        ($small:ty, $large:ty) => {
            assert_change!($small => $large, "World.state" CapacityChanged Migratable);
            assert_change!($large => $small, "World.state" CapacityChanged Fatal);
        };
    }
    both_ways!(StaticVec<u32, 8>, StaticVec<u32, 9>);
    both_ways!(StaticString<8>, StaticString<9>);
    both_ways!(Pool<u32, 8>, Pool<u32, 9>);
    both_ways!(StaticList<u32, 8>, StaticList<u32, 9>);
    both_ways!(OrderedMap<u32, u32, 8>, OrderedMap<u32, u32, 9>);
    both_ways!(BitSet<1>, BitSet<2>);
    both_ways!(Timers<u32, 8, 64>, Timers<u32, 9, 64>);
    both_ways!([u32; 8], [u32; 9]);
}

#[test]
fn where_places_are_computed_growth_moves_every_element() {
    macro_rules! both_ways {
        ($small:ty, $large:ty) => {
            assert_change!($small => $large, "World.state" PlacesChanged Migratable);
            assert_change!($large => $small, "World.state" PlacesChanged Fatal);
        };
    }
    both_ways!(StaticMap<u32, u32, 16>, StaticMap<u32, u32, 32>);
    both_ways!(StaticSet<u32, 16>, StaticSet<u32, 32>);
    both_ways!(StaticSet<u8, 16>, StaticSet<u8, 32>);
    both_ways!(Ring<u32, 8>, Ring<u32, 9>);
    both_ways!(EventQueue<u32, 8>, EventQueue<u32, 9>);
    // Of timers, the buckets: no number of them is too small.
    assert_change!(Timers<u32, 8, 64> => Timers<u32, 8, 128>, "World.state" PlacesChanged Migratable);
    assert_change!(Timers<u32, 8, 128> => Timers<u32, 8, 64>, "World.state" PlacesChanged Migratable);
    assert_change!(
        Timers<u32, 8, 64> => Timers<u32, 7, 128>,
        "World.state" CapacityChanged Fatal, "World.state" PlacesChanged Migratable
    );
    let text = diff(&layout!(Timers<u32, 8, 64>), &layout!(Timers<u32, 8, 128>)).to_string();
    assert!(text.contains("64 → 128 buckets"), "{text}");
}

#[test]
fn quarantine_and_versioned_are_compared_by_what_they_hold() {
    let (class, found, diff) = changes(&layout!(Quarantine<u32, 8>), &layout!(Quarantine<u32, 9>));
    assert_eq!(class, Migratable, "{diff:#}");
    assert_eq!(found.len(), 1, "{diff:#}");
    assert_change!(Versioned<u32> => Versioned<u64>, "World.state[]" TypeChanged Migratable);
}

mod v1 {
    #[derive(resume_core::ShmSafe, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
    #[repr(C)]
    pub(crate) struct Item {
        id: u32,
        #[shm(reserved)]
        spare: [u8; 8],
    }
}

mod appended {
    #[derive(resume_core::ShmSafe, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
    #[repr(C)]
    pub(crate) struct Item {
        id: u32,
        gems: u32,
        #[shm(reserved)]
        spare: [u8; 4],
    }
}

mod renamed {
    #[derive(resume_core::ShmSafe, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
    #[repr(C)]
    pub(crate) struct Item {
        #[shm(renamed_from = "id")]
        kind: u32,
        #[shm(reserved)]
        spare: [u8; 8],
    }
}

mod narrowed {
    #[derive(resume_core::ShmSafe, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
    #[repr(C)]
    pub(crate) struct Item {
        id: u16,
        #[shm(reserved)]
        spare: [u8; 8],
    }
}

/// `$container!(T)` with each version of an element, at `$path`.
macro_rules! element {
    ($path:literal, $container:ident) => {
        for (new, expected) in [
            (layout!($container!(appended::Item)), ("gems", Reason::FieldAdded, Appended)),
            (layout!($container!(renamed::Item)), ("kind", Reason::FieldRenamed, Renamed)),
            (layout!($container!(narrowed::Item)), ("id", Reason::TypeChanged, Fatal)),
        ] {
            let (class, found, diff) = changes(&layout!($container!(v1::Item)), &new);
            let (name, reason, worst) = expected;
            assert_eq!(found, [(format!("{}.{name}", $path), reason, worst)], "{diff:#}");
            assert_eq!(class, worst, "{diff:#}");
        }
    };
}

#[test]
fn a_change_of_the_element_is_found_in_every_container() {
    macro_rules! vec { ($t:ty) => { StaticVec<$t, 4> }; }
    element!("World.state[]", vec);
    macro_rules! pool { ($t:ty) => { Pool<$t, 4> }; }
    element!("World.state[]", pool);
    macro_rules! list { ($t:ty) => { StaticList<$t, 4> }; }
    element!("World.state[]", list);
    macro_rules! ring { ($t:ty) => { Ring<$t, 4> }; }
    element!("World.state[]", ring);
    macro_rules! queue { ($t:ty) => { EventQueue<$t, 4> }; }
    element!("World.state[]", queue);
    macro_rules! timers { ($t:ty) => { Timers<$t, 4, 64> }; }
    element!("World.state[]", timers);
    macro_rules! versioned { ($t:ty) => { Versioned<$t> }; }
    element!("World.state[]", versioned);
    macro_rules! map { ($t:ty) => { StaticMap<u64, $t, 16> }; }
    element!("World.state[].value", map);
    macro_rules! ordered { ($t:ty) => { OrderedMap<u64, $t, 16> }; }
    element!("World.state[].value", ordered);
    macro_rules! ordered_key { ($t:ty) => { OrderedMap<$t, u64, 16> }; }
    element!("World.state[].key", ordered_key);
    macro_rules! nested { ($t:ty) => { StaticVec<StaticMap<u32, Ring<$t, 4>, 16>, 2> }; }
    element!("World.state[][].value[]", nested);
}

#[test]
fn a_field_in_reserved_space_of_a_key_loses_the_entries() {
    assert_change!(
        StaticMap<v1::Item, u32, 16> => StaticMap<appended::Item, u32, 16>,
        "World.state[].key.gems" FieldAdded Appended, "World.state" KeysHashedAnew Migratable
    );
    assert_change!(
        StaticSet<v1::Item, 16> => StaticSet<appended::Item, 16>,
        "World.state[].gems" FieldAdded Appended, "World.state" KeysHashedAnew Migratable
    );
    // One level down, and beside a value of the same type.
    assert_change!(
        StaticMap<[v1::Item; 2], v1::Item, 16> => StaticMap<[appended::Item; 2], appended::Item, 16>,
        "World.state[].key[].gems" FieldAdded Appended, "World.state" KeysHashedAnew Migratable
    );
    // Only the value: the keys are found.
    assert_change!(
        StaticMap<u32, v1::Item, 16> => StaticMap<u32, appended::Item, 16>,
        "World.state[].value.gems" FieldAdded Appended
    );
    // Names are not hashed.
    assert_change!(
        StaticSet<v1::Item, 16> => StaticSet<renamed::Item, 16>,
        "World.state[].kind" FieldRenamed Renamed
    );
}

#[test]
fn a_container_of_another_kind_is_another_type() {
    assert_change!(StaticVec<u32, 8> => Ring<u32, 8>, "World.state" TypeChanged Fatal);
    assert_change!(StaticMap<u32, u32, 16> => OrderedMap<u32, u32, 16>, "World.state" TypeChanged Fatal);
    assert_change!(StaticSet<u32, 16> => StaticMap<u32, u32, 16>, "World.state" TypeChanged Fatal);
}

/// The parts of a container that hold bytes are no elements, though they may be of the elements' type.
#[test]
fn control_bytes_are_no_elements() {
    let elements = |layout: &Layout| -> Vec<(&str, u64)> {
        let state = layout.types().iter().find(|ty| ty.name.starts_with("Static")).expect("the container");
        layout.elements(state).iter().map(|e| (e.segment, e.len)).collect()
    };
    assert_eq!(elements(&layout!(StaticMap<u8, u8, 64>)), [("[].key", 64), ("[].value", 64)]);
    assert_eq!(elements(&layout!(StaticSet<u8, 32>)), [("[]", 32)]);
    assert_eq!(elements(&layout!(StaticVec<u8, 4>)), [("[]", 4)]);
    assert_eq!(elements(&layout!(StaticString<4>)), []);
}
