//! When two derived types have one identity, and when they do not.
use resume_core::ShmSafe;
use resume_core::layout::encode::{record, record_bytes};
use resume_core::layout::{IdentArg, TypeDesc};

/// Declares each type in a module of its own, so that all can have one name, and gives their descriptors.
macro_rules! descs {
    ($($module:ident { $($item:tt)* })*) => {{
        $(mod $module {
            #![allow(dead_code, unreachable_pub)]
            use resume_core::ShmSafe;
            $($item)*
        })*
        [$(<$module::Player as ShmSafe>::DESC),*]
    }};
}

#[track_caller]
fn same(a: &TypeDesc, b: &TypeDesc) {
    assert_eq!((a.layout, a.schema, a.id), (b.layout, b.schema, b.id));
}

#[test]
fn one_struct_in_two_modules_is_one_type() {
    let [a, b] = descs! {
        here { #[derive(ShmSafe)] #[repr(C)] pub struct Player { level: u32, gold: u64 } }
        there { #[repr(C)] #[derive(Clone, ShmSafe)] pub struct Player { pub level: u32, pub(super) gold: u64 } }
    };
    same(a, b);
}

#[test]
fn swapped_fields_of_one_type_change_the_schema_only() {
    let [a, b] = descs! {
        before { #[derive(ShmSafe)] #[repr(C)] pub struct Player { level: u32, hp: u32 } }
        after { #[derive(ShmSafe)] #[repr(C)] pub struct Player { hp: u32, level: u32 } }
    };
    assert_eq!(a.layout, b.layout);
    assert_ne!(a.schema, b.schema);
}

#[test]
fn swapped_fields_of_different_types_change_both() {
    let [a, b] = descs! {
        before { #[derive(ShmSafe)] #[repr(C)] pub struct Player { level: u32, hp: f32 } }
        after { #[derive(ShmSafe)] #[repr(C)] pub struct Player { hp: f32, level: u32 } }
    };
    assert_ne!(a.layout, b.layout);
    assert_ne!(a.schema, b.schema);
}

#[test]
fn another_name_changes_the_schema_only_and_an_id_keeps_it() {
    #[derive(ShmSafe)]
    #[repr(C)]
    struct Hero {
        level: u32,
    }
    #[derive(ShmSafe)]
    #[repr(C)]
    #[shm(id = "Player")]
    struct Champion {
        level: u32,
    }
    let [player] = descs! { player { #[derive(ShmSafe)] #[repr(C)] pub struct Player { level: u32 } } };
    assert_eq!(player.layout, Hero::DESC.layout);
    assert_ne!(player.schema, Hero::DESC.schema);
    same(player, Champion::DESC);
}

#[test]
fn a_nested_change_reaches_the_root() {
    let [a, b, c] = descs! {
        plain {
            #[derive(ShmSafe)] #[repr(C)] pub struct Player { slots: [Slot; 3] }
            #[derive(ShmSafe)] #[repr(C)] pub struct Slot { item: u32, count: u32 }
        }
        renamed {
            #[derive(ShmSafe)] #[repr(C)] pub struct Player { slots: [Slot; 3] }
            #[derive(ShmSafe)] #[repr(C)] pub struct Slot { item: u32, amount: u32 }
        }
        widened {
            #[derive(ShmSafe)] #[repr(C)] pub struct Player { slots: [Slot; 3] }
            #[derive(ShmSafe)] #[repr(C)] pub struct Slot { item: u32, count: u64 }
        }
    };
    assert_eq!(a.layout, b.layout);
    assert_ne!(a.schema, b.schema);
    assert_ne!(a.layout, c.layout);
}

#[test]
fn an_opted_in_usize_is_no_u64() {
    let [a, b] = descs! {
        word { #[derive(ShmSafe)] #[repr(C)] pub struct Player { #[shm(allow_usize)] items: usize } }
        fixed { #[derive(ShmSafe)] #[repr(C)] pub struct Player { items: u64 } }
    };
    assert_eq!(a.layout, b.layout);
    assert_ne!(a.schema, b.schema);
}

#[test]
fn variants_count_by_name_discriminant_and_fields() {
    let [a, renamed, renumbered, tagged, wide, grown] = descs! {
        plain { #[derive(ShmSafe)] #[repr(u8)] pub enum Player { Idle = 0, Hit(u8) = 1 } }
        renamed { #[derive(ShmSafe)] #[repr(u8)] pub enum Player { Free = 0, Hit(u8) = 1 } }
        renumbered { #[derive(ShmSafe)] #[repr(u8)] pub enum Player { Idle = 0, Hit(u8) = 2 } }
        tagged { #[derive(ShmSafe)] #[repr(C, u8)] pub enum Player { Idle = 0, Hit(u8) = 1 } }
        wide { #[derive(ShmSafe)] #[repr(u16)] pub enum Player { Idle = 0, Hit(u8) = 1 } }
        grown { #[derive(ShmSafe)] #[repr(u8)] pub enum Player { Idle = 0, Hit(u8) = 1, Say = 2 } }
    };
    assert_eq!(a.layout, renamed.layout);
    assert_ne!(a.schema, renamed.schema);
    for other in [renumbered, wide, grown] {
        assert_ne!(a.layout, other.layout);
        assert_ne!(a.schema, other.schema);
    }
    // One byte of payload behind one byte of tag is at offset 1 in both representations.
    same(a, tagged);
}

#[derive(ShmSafe)]
#[repr(C)]
struct Slot<T, const N: usize> {
    value: [T; N],
}

#[test]
fn generic_arguments_are_part_of_the_name() {
    let [a, b, c] = [Slot::<u32, 2>::DESC, Slot::<u32, 3>::DESC, Slot::<f32, 2>::DESC];
    assert_eq!(a.id.to_string(), "Slot<u32, 2>");
    assert_eq!(Slot::<Slot<u8, 1>, 4>::ID.to_string(), "Slot<Slot<u8, 1>, 4>");
    assert!(matches!(a.id.args, [IdentArg::Type(id), IdentArg::Const(2)] if id.name == "u32"));
    assert_ne!(a.layout, b.layout);
    assert_ne!(a.schema, b.schema);
    assert_ne!(a.schema, c.schema);
}

#[test]
fn a_derived_root_has_a_record() {
    #[derive(ShmSafe)]
    #[repr(C)]
    struct Root {
        slots: [Slot<u32, 2>; 4],
        state: State,
    }
    #[derive(ShmSafe)]
    #[repr(C, u8)]
    #[allow(dead_code)]
    enum State {
        Idle,
        Busy { since: u64 },
    }
    static RECORD: [u8; record_bytes(Root::DESC)] = record(Root::DESC);
    let text = String::from_utf8_lossy(&RECORD);
    for name in ["Root", "Slot<u32, 2>", "State", "Busy", "since"] {
        assert!(text.contains(name), "{name}");
    }
}

#[test]
fn properties_follow_from_the_parts() {
    #[derive(ShmSafe)]
    #[repr(u8)]
    #[allow(dead_code)]
    enum FromOne {
        A = 1,
    }
    #[derive(ShmSafe)]
    #[repr(C)]
    struct Holder<T>(u8, T);

    assert!(Holder::<u32>::DESC.plain && Holder::<u32>::DESC.zero_valid);
    assert!(!Holder::<bool>::DESC.plain && Holder::<bool>::DESC.zero_valid);
    assert!(!Holder::<FromOne>::DESC.plain && !Holder::<FromOne>::DESC.zero_valid);
    assert!(!Holder::<core::num::NonZeroU32>::DESC.zero_valid);
}
