//! The descriptors of derived structs.
use core::marker::PhantomData;
use core::mem::offset_of;

use resume_core::ShmSafe;
use resume_core::layout::{FieldDesc, Kind, TypeDesc};

fn fields(desc: &'static TypeDesc) -> &'static [FieldDesc] {
    match desc.kind {
        Kind::Struct { fields } => fields,
        _ => panic!("{} is no struct", desc.id),
    }
}

fn offsets(desc: &'static TypeDesc) -> Vec<(&'static str, usize)> {
    fields(desc).iter().map(|f| (f.name, f.offset as usize)).collect()
}

#[derive(ShmSafe)]
#[repr(C)]
struct Named {
    a: u8,
    b: u32,
    r#type: u16,
    c: [u64; 3],
    d: u8,
}

#[test]
fn a_named_struct_has_its_real_offsets() {
    let expected = [
        ("a", offset_of!(Named, a)),
        ("b", offset_of!(Named, b)),
        ("type", offset_of!(Named, r#type)),
        ("c", offset_of!(Named, c)),
        ("d", offset_of!(Named, d)),
    ];
    assert_eq!(offsets(Named::DESC), expected);
    assert_eq!((Named::DESC.size, Named::DESC.align), (48, 8));
    assert_eq!(Named::ID.to_string(), "Named");
}

#[derive(ShmSafe)]
#[repr(C, align(64))]
struct Aligned(u8, u64);

#[derive(ShmSafe)]
#[repr(C)]
struct Unit;

#[derive(ShmSafe)]
#[repr(transparent)]
struct Wrapper<T>(PhantomData<T>, u64, ());

#[test]
fn tuple_unit_and_transparent_structs_are_described() {
    assert_eq!(offsets(Aligned::DESC), [("0", 0), ("1", 8)]);
    assert_eq!((Aligned::DESC.size, Aligned::DESC.align), (64, 64));
    assert_eq!((Unit::DESC.size, Unit::DESC.align), (0, 1));
    assert!(fields(Unit::DESC).is_empty());
    assert_eq!((Wrapper::<Unit>::DESC.size, Wrapper::<Unit>::DESC.align), (8, 8));
    assert_eq!(Wrapper::<Unit>::ID.to_string(), "Wrapper<Unit>");
}
