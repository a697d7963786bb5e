//! Descriptors of the fields of a struct or a variant from their names and places, by the number of fields.
//!
//! One call describes all fields of a type, because to the compiler a call costs more than a field; the names come in
//! one text, with commas between, because a literal costs too. The functions are written out, not made by a macro: a
//! refusal shows their signature, and of a macro it would show all.

use super::FieldOf;
use crate::layout::{FieldDesc, Found};

/// Bytes from `start` to `place`.
///
/// # Safety
/// Both are in one allocation, `place` not below `start`.
const unsafe fn distance(start: *const u8, place: *const u8) -> u64 {
    // SAFETY: by the contract.
    unsafe { place.offset_from(start) as u64 }
}

/// Names one after another, from a text with commas between.
pub(super) struct Names(pub(super) &'static str);

impl Names {
    pub(super) const fn next(&mut self) -> &'static str {
        let (all, mut end) = (self.0, 0);
        while end < all.len() && all.as_bytes()[end] != b',' {
            end += 1;
        }
        self.0 = if end < all.len() { all.split_at(end + 1).1 } else { "" };
        all.split_at(end).0
    }
}

/// The descriptors of fields; their names and places are the caller's.
macro_rules! describe {
    ($variant:ident, $at:ident, $names:ident, $($field:ident: $ty:ident),*) => {{
        let (at, mut names) = ($at as *const u8, Names($names));
        let (mut list, mut count) = ([Found::FILLER; Found::FEW], 0);
        $(
            // SAFETY: a field is in the allocation of its value, and not below its start.
            let offset = unsafe { distance(at, $field as *const u8) };
            list[count] = FieldDesc { name: names.next(), offset, ty: $ty::DESC };
            count += 1;
        )*
        Found::Few { variant: $variant, count, list }
    }};
}

/// No fields.
pub const fn fields0(variant: usize) -> Found {
    Found::Few { variant, count: 0, list: [Found::FILLER; Found::FEW] }
}

/// Describes 1 field.
///
/// # Safety
/// The places are of fields of the value at `at`.
pub const unsafe fn fields1<Owner: ?Sized, F0: FieldOf<Owner>>(
    variant: usize,
    at: *const Owner,
    names: &'static str,
    f0: *const F0,
) -> Found {
    describe!(variant, at, names, f0: F0)
}

/// Describes 2 fields.
///
/// # Safety
/// The places are of fields of the value at `at`.
pub const unsafe fn fields2<Owner: ?Sized, F0: FieldOf<Owner>, F1: FieldOf<Owner>>(
    variant: usize,
    at: *const Owner,
    names: &'static str,
    f0: *const F0,
    f1: *const F1,
) -> Found {
    describe!(variant, at, names, f0: F0, f1: F1)
}

/// Describes 3 fields.
///
/// # Safety
/// The places are of fields of the value at `at`.
pub const unsafe fn fields3<Owner: ?Sized, F0: FieldOf<Owner>, F1: FieldOf<Owner>, F2: FieldOf<Owner>>(
    variant: usize,
    at: *const Owner,
    names: &'static str,
    f0: *const F0,
    f1: *const F1,
    f2: *const F2,
) -> Found {
    describe!(variant, at, names, f0: F0, f1: F1, f2: F2)
}

/// Describes 4 fields.
///
/// # Safety
/// The places are of fields of the value at `at`.
pub const unsafe fn fields4<
    Owner: ?Sized,
    F0: FieldOf<Owner>,
    F1: FieldOf<Owner>,
    F2: FieldOf<Owner>,
    F3: FieldOf<Owner>,
>(
    variant: usize,
    at: *const Owner,
    names: &'static str,
    f0: *const F0,
    f1: *const F1,
    f2: *const F2,
    f3: *const F3,
) -> Found {
    describe!(variant, at, names, f0: F0, f1: F1, f2: F2, f3: F3)
}

/// Describes 5 fields.
///
/// # Safety
/// The places are of fields of the value at `at`.
#[expect(clippy::too_many_arguments, reason = "generated calls")]
pub const unsafe fn fields5<
    Owner: ?Sized,
    F0: FieldOf<Owner>,
    F1: FieldOf<Owner>,
    F2: FieldOf<Owner>,
    F3: FieldOf<Owner>,
    F4: FieldOf<Owner>,
>(
    variant: usize,
    at: *const Owner,
    names: &'static str,
    f0: *const F0,
    f1: *const F1,
    f2: *const F2,
    f3: *const F3,
    f4: *const F4,
) -> Found {
    describe!(variant, at, names, f0: F0, f1: F1, f2: F2, f3: F3, f4: F4)
}

/// Describes 6 fields.
///
/// # Safety
/// The places are of fields of the value at `at`.
#[expect(clippy::too_many_arguments, reason = "generated calls")]
pub const unsafe fn fields6<
    Owner: ?Sized,
    F0: FieldOf<Owner>,
    F1: FieldOf<Owner>,
    F2: FieldOf<Owner>,
    F3: FieldOf<Owner>,
    F4: FieldOf<Owner>,
    F5: FieldOf<Owner>,
>(
    variant: usize,
    at: *const Owner,
    names: &'static str,
    f0: *const F0,
    f1: *const F1,
    f2: *const F2,
    f3: *const F3,
    f4: *const F4,
    f5: *const F5,
) -> Found {
    describe!(variant, at, names, f0: F0, f1: F1, f2: F2, f3: F3, f4: F4, f5: F5)
}

/// Describes 7 fields.
///
/// # Safety
/// The places are of fields of the value at `at`.
#[expect(clippy::too_many_arguments, reason = "generated calls")]
pub const unsafe fn fields7<
    Owner: ?Sized,
    F0: FieldOf<Owner>,
    F1: FieldOf<Owner>,
    F2: FieldOf<Owner>,
    F3: FieldOf<Owner>,
    F4: FieldOf<Owner>,
    F5: FieldOf<Owner>,
    F6: FieldOf<Owner>,
>(
    variant: usize,
    at: *const Owner,
    names: &'static str,
    f0: *const F0,
    f1: *const F1,
    f2: *const F2,
    f3: *const F3,
    f4: *const F4,
    f5: *const F5,
    f6: *const F6,
) -> Found {
    describe!(variant, at, names, f0: F0, f1: F1, f2: F2, f3: F3, f4: F4, f5: F5, f6: F6)
}

/// Describes 8 fields.
///
/// # Safety
/// The places are of fields of the value at `at`.
#[expect(clippy::too_many_arguments, reason = "generated calls")]
pub const unsafe fn fields8<
    Owner: ?Sized,
    F0: FieldOf<Owner>,
    F1: FieldOf<Owner>,
    F2: FieldOf<Owner>,
    F3: FieldOf<Owner>,
    F4: FieldOf<Owner>,
    F5: FieldOf<Owner>,
    F6: FieldOf<Owner>,
    F7: FieldOf<Owner>,
>(
    variant: usize,
    at: *const Owner,
    names: &'static str,
    f0: *const F0,
    f1: *const F1,
    f2: *const F2,
    f3: *const F3,
    f4: *const F4,
    f5: *const F5,
    f6: *const F6,
    f7: *const F7,
) -> Found {
    describe!(variant, at, names, f0: F0, f1: F1, f2: F2, f3: F3, f4: F4, f5: F5, f6: F6, f7: F7)
}

/// Describes 9 fields.
///
/// # Safety
/// The places are of fields of the value at `at`.
#[expect(clippy::too_many_arguments, reason = "generated calls")]
pub const unsafe fn fields9<
    Owner: ?Sized,
    F0: FieldOf<Owner>,
    F1: FieldOf<Owner>,
    F2: FieldOf<Owner>,
    F3: FieldOf<Owner>,
    F4: FieldOf<Owner>,
    F5: FieldOf<Owner>,
    F6: FieldOf<Owner>,
    F7: FieldOf<Owner>,
    F8: FieldOf<Owner>,
>(
    variant: usize,
    at: *const Owner,
    names: &'static str,
    f0: *const F0,
    f1: *const F1,
    f2: *const F2,
    f3: *const F3,
    f4: *const F4,
    f5: *const F5,
    f6: *const F6,
    f7: *const F7,
    f8: *const F8,
) -> Found {
    describe!(variant, at, names, f0: F0, f1: F1, f2: F2, f3: F3, f4: F4, f5: F5, f6: F6, f7: F7, f8: F8)
}

/// Describes 10 fields.
///
/// # Safety
/// The places are of fields of the value at `at`.
#[expect(clippy::too_many_arguments, reason = "generated calls")]
pub const unsafe fn fields10<
    Owner: ?Sized,
    F0: FieldOf<Owner>,
    F1: FieldOf<Owner>,
    F2: FieldOf<Owner>,
    F3: FieldOf<Owner>,
    F4: FieldOf<Owner>,
    F5: FieldOf<Owner>,
    F6: FieldOf<Owner>,
    F7: FieldOf<Owner>,
    F8: FieldOf<Owner>,
    F9: FieldOf<Owner>,
>(
    variant: usize,
    at: *const Owner,
    names: &'static str,
    f0: *const F0,
    f1: *const F1,
    f2: *const F2,
    f3: *const F3,
    f4: *const F4,
    f5: *const F5,
    f6: *const F6,
    f7: *const F7,
    f8: *const F8,
    f9: *const F9,
) -> Found {
    describe!(variant, at, names, f0: F0, f1: F1, f2: F2, f3: F3, f4: F4, f5: F5, f6: F6, f7: F7, f8: F8, f9: F9)
}

/// Describes 11 fields.
///
/// # Safety
/// The places are of fields of the value at `at`.
#[expect(clippy::too_many_arguments, reason = "generated calls")]
pub const unsafe fn fields11<
    Owner: ?Sized,
    F0: FieldOf<Owner>,
    F1: FieldOf<Owner>,
    F2: FieldOf<Owner>,
    F3: FieldOf<Owner>,
    F4: FieldOf<Owner>,
    F5: FieldOf<Owner>,
    F6: FieldOf<Owner>,
    F7: FieldOf<Owner>,
    F8: FieldOf<Owner>,
    F9: FieldOf<Owner>,
    F10: FieldOf<Owner>,
>(
    variant: usize,
    at: *const Owner,
    names: &'static str,
    f0: *const F0,
    f1: *const F1,
    f2: *const F2,
    f3: *const F3,
    f4: *const F4,
    f5: *const F5,
    f6: *const F6,
    f7: *const F7,
    f8: *const F8,
    f9: *const F9,
    f10: *const F10,
) -> Found {
    describe!(variant, at, names, f0: F0, f1: F1, f2: F2, f3: F3, f4: F4, f5: F5, f6: F6, f7: F7, f8: F8, f9: F9, f10: F10)
}

/// Describes 12 fields.
///
/// # Safety
/// The places are of fields of the value at `at`.
#[expect(clippy::too_many_arguments, reason = "generated calls")]
pub const unsafe fn fields12<
    Owner: ?Sized,
    F0: FieldOf<Owner>,
    F1: FieldOf<Owner>,
    F2: FieldOf<Owner>,
    F3: FieldOf<Owner>,
    F4: FieldOf<Owner>,
    F5: FieldOf<Owner>,
    F6: FieldOf<Owner>,
    F7: FieldOf<Owner>,
    F8: FieldOf<Owner>,
    F9: FieldOf<Owner>,
    F10: FieldOf<Owner>,
    F11: FieldOf<Owner>,
>(
    variant: usize,
    at: *const Owner,
    names: &'static str,
    f0: *const F0,
    f1: *const F1,
    f2: *const F2,
    f3: *const F3,
    f4: *const F4,
    f5: *const F5,
    f6: *const F6,
    f7: *const F7,
    f8: *const F8,
    f9: *const F9,
    f10: *const F10,
    f11: *const F11,
) -> Found {
    describe!(variant, at, names, f0: F0, f1: F1, f2: F2, f3: F3, f4: F4, f5: F5, f6: F6, f7: F7, f8: F8, f9: F9, f10: F10, f11: F11)
}
