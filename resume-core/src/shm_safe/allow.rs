//! The built-in members of the allowlist.

use core::cell::Cell;
use core::marker::PhantomData;
use core::num::NonZero;
use core::sync::atomic;

use super::ShmSafe;
use crate::layout::{FieldDesc, Ident, IdentArg, Kind, Prim, TypeDesc};

macro_rules! scalars {
    ($($ty:ty, $name:literal, $prim:ident, $non_zero:literal, $why:literal;)*) => {$(
        // SAFETY: the language fixes size, alignment and validity of this primitive, or documents that it
        // is laid out as that primitive; it holds no address and has no drop glue. Validity: $why.
        unsafe impl ShmSafe for $ty {
            const ID: &'static Ident = &Ident::new($name, &[]);
            const DESC: &'static TypeDesc = &TypeDesc::new(
                Self::ID,
                Kind::Scalar { prim: Prim::$prim, non_zero: $non_zero },
                size_of::<Self>(),
                align_of::<Self>(),
            );
        }
    )*};
}

scalars! {
    u8, "u8", U8, false, "any bits";
    u16, "u16", U16, false, "any bits";
    u32, "u32", U32, false, "any bits";
    u64, "u64", U64, false, "any bits";
    u128, "u128", U128, false, "any bits";
    i8, "i8", I8, false, "any bits";
    i16, "i16", I16, false, "any bits";
    i32, "i32", I32, false, "any bits";
    i64, "i64", I64, false, "any bits";
    i128, "i128", I128, false, "any bits";
    f32, "f32", F32, false, "any bits";
    f64, "f64", F64, false, "any bits";
    bool, "bool", Bool, false, "0 or 1";
    char, "char", Char, false, "Unicode scalar value";
    NonZero<u8>, "NonZeroU8", U8, true, "not 0";
    NonZero<u16>, "NonZeroU16", U16, true, "not 0";
    NonZero<u32>, "NonZeroU32", U32, true, "not 0";
    NonZero<u64>, "NonZeroU64", U64, true, "not 0";
    NonZero<u128>, "NonZeroU128", U128, true, "not 0";
    NonZero<i8>, "NonZeroI8", I8, true, "not 0";
    NonZero<i16>, "NonZeroI16", I16, true, "not 0";
    NonZero<i32>, "NonZeroI32", I32, true, "not 0";
    NonZero<i64>, "NonZeroI64", I64, true, "not 0";
    NonZero<i128>, "NonZeroI128", I128, true, "not 0";
    Option<NonZero<u8>>, "Option<NonZeroU8>", U8, false, "any bits; None is 0, guaranteed by core::num";
    Option<NonZero<u16>>, "Option<NonZeroU16>", U16, false, "any bits; None is 0";
    Option<NonZero<u32>>, "Option<NonZeroU32>", U32, false, "any bits; None is 0";
    Option<NonZero<u64>>, "Option<NonZeroU64>", U64, false, "any bits; None is 0";
    Option<NonZero<u128>>, "Option<NonZeroU128>", U128, false, "any bits; None is 0";
    Option<NonZero<i8>>, "Option<NonZeroI8>", I8, false, "any bits; None is 0";
    Option<NonZero<i16>>, "Option<NonZeroI16>", I16, false, "any bits; None is 0";
    Option<NonZero<i32>>, "Option<NonZeroI32>", I32, false, "any bits; None is 0";
    Option<NonZero<i64>>, "Option<NonZeroI64>", I64, false, "any bits; None is 0";
    Option<NonZero<i128>>, "Option<NonZeroI128>", I128, false, "any bits; None is 0";
    atomic::AtomicU8, "AtomicU8", U8, false, "any bits";
    atomic::AtomicU16, "AtomicU16", U16, false, "any bits";
    atomic::AtomicU32, "AtomicU32", U32, false, "any bits";
    atomic::AtomicU64, "AtomicU64", U64, false, "any bits";
    atomic::AtomicI8, "AtomicI8", I8, false, "any bits";
    atomic::AtomicI16, "AtomicI16", I16, false, "any bits";
    atomic::AtomicI32, "AtomicI32", I32, false, "any bits";
    atomic::AtomicI64, "AtomicI64", I64, false, "any bits";
    atomic::AtomicBool, "AtomicBool", Bool, false, "0 or 1";
}

// SAFETY: `()` has size 0 and alignment 1.
unsafe impl ShmSafe for () {
    const ID: &'static Ident = &Ident::new("()", &[]);
    const DESC: &'static TypeDesc = &TypeDesc::c_struct(Self::ID, &[], 0, 1);
}

// SAFETY: size 0 and alignment 1 for every `T`. `T: ShmSafe` refuses a marker for an address, such as
// `PhantomData<&U>`: it would say that the owner holds one.
unsafe impl<T: ShmSafe> ShmSafe for PhantomData<T> {
    const ID: &'static Ident = &Ident::new("PhantomData", &[IdentArg::Type(T::ID)]);
    const DESC: &'static TypeDesc = &TypeDesc::c_struct(Self::ID, &[], 0, 1);
}

// SAFETY: `Cell<T>` is `repr(transparent)` over `UnsafeCell<T>`, which is over `T` (core::cell documents
// the same memory layout); it adds no validity and no drop glue of its own.
unsafe impl<T: ShmSafe> ShmSafe for Cell<T> {
    const ID: &'static Ident = &Ident::new("Cell", &[IdentArg::Type(T::ID)]);
    const DESC: &'static TypeDesc = &TypeDesc::c_struct(
        Self::ID,
        &[FieldDesc { name: "0", offset: 0, ty: T::DESC }],
        size_of::<Self>(),
        align_of::<Self>(),
    );
}

macro_rules! wrappers {
    ($($ty:ident, $name:literal;)*) => {$(
        // SAFETY: core::num guarantees the same layout and ABI as `T`, and adds no validity; there is no drop
        // glue but that of `T`, which has none.
        unsafe impl<T: ShmSafe> ShmSafe for core::num::$ty<T> {
            const ID: &'static Ident = &Ident::new($name, &[IdentArg::Type(T::ID)]);
            const DESC: &'static TypeDesc = &TypeDesc::c_struct(
                Self::ID,
                &[FieldDesc { name: "0", offset: 0, ty: T::DESC }],
                size_of::<Self>(),
                align_of::<Self>(),
            );
        }
    )*};
}

wrappers! {
    Wrapping, "Wrapping";
    Saturating, "Saturating";
}

// SAFETY: the language lays an array out as its elements one behind the other, with their stride the
// element's size.
unsafe impl<T: ShmSafe, const N: usize> ShmSafe for [T; N] {
    const ID: &'static Ident = &Ident::new("[]", &[IdentArg::Type(T::ID), IdentArg::Const(N as i128)]);
    const DESC: &'static TypeDesc = &TypeDesc::new(
        Self::ID,
        Kind::Array { elem: T::DESC, len: N as u64 },
        size_of::<Self>(),
        align_of::<Self>(),
    );
}
