//! Descriptors of the fields of a struct or a variant from their names and places, by the number of fields.
//!
//! One call describes all fields of a type, because to the compiler a call costs more than a field. The functions are
//! written out, not made by a macro: a refusal shows their signature, and of a macro it would show all.

use super::FieldOf;
use crate::layout::FieldDesc;

/// Bytes from `start` to `place`.
///
/// # Safety
/// Both are in one allocation, `place` not below `start`.
const unsafe fn distance(start: *const u8, place: *const u8) -> u64 {
    // SAFETY: by the contract.
    unsafe { place.offset_from(start) as u64 }
}

/// The descriptors of fields; their names and places are the caller's.
macro_rules! describe {
    ($at:ident, $names:ident, $($field:ident: $ty:ident $i:tt),*) => {{
        let at = $at as *const u8;
        [$({
            // SAFETY: a field is in the allocation of its value, and not below its start.
            let offset = unsafe { distance(at, $field as *const u8) };
            FieldDesc { name: $names[$i], offset, ty: $ty::DESC }
        }),*]
    }};
}

/// Describes 1 field.
///
/// # Safety
/// The places are of fields of the value at `at`.
pub const unsafe fn fields1<Owner: ?Sized, F0: FieldOf<Owner>>(
    at: *const Owner,
    names: [&'static str; 1],
    f0: *const F0,
) -> [FieldDesc; 1] {
    describe!(at, names, f0: F0 0)
}

/// Describes 2 fields.
///
/// # Safety
/// The places are of fields of the value at `at`.
pub const unsafe fn fields2<Owner: ?Sized, F0: FieldOf<Owner>, F1: FieldOf<Owner>>(
    at: *const Owner,
    names: [&'static str; 2],
    f0: *const F0,
    f1: *const F1,
) -> [FieldDesc; 2] {
    describe!(at, names, f0: F0 0, f1: F1 1)
}

/// Describes 3 fields.
///
/// # Safety
/// The places are of fields of the value at `at`.
pub const unsafe fn fields3<Owner: ?Sized, F0: FieldOf<Owner>, F1: FieldOf<Owner>, F2: FieldOf<Owner>>(
    at: *const Owner,
    names: [&'static str; 3],
    f0: *const F0,
    f1: *const F1,
    f2: *const F2,
) -> [FieldDesc; 3] {
    describe!(at, names, f0: F0 0, f1: F1 1, f2: F2 2)
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
    at: *const Owner,
    names: [&'static str; 4],
    f0: *const F0,
    f1: *const F1,
    f2: *const F2,
    f3: *const F3,
) -> [FieldDesc; 4] {
    describe!(at, names, f0: F0 0, f1: F1 1, f2: F2 2, f3: F3 3)
}

/// Describes 5 fields.
///
/// # Safety
/// The places are of fields of the value at `at`.
pub const unsafe fn fields5<
    Owner: ?Sized,
    F0: FieldOf<Owner>,
    F1: FieldOf<Owner>,
    F2: FieldOf<Owner>,
    F3: FieldOf<Owner>,
    F4: FieldOf<Owner>,
>(
    at: *const Owner,
    names: [&'static str; 5],
    f0: *const F0,
    f1: *const F1,
    f2: *const F2,
    f3: *const F3,
    f4: *const F4,
) -> [FieldDesc; 5] {
    describe!(at, names, f0: F0 0, f1: F1 1, f2: F2 2, f3: F3 3, f4: F4 4)
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
    at: *const Owner,
    names: [&'static str; 6],
    f0: *const F0,
    f1: *const F1,
    f2: *const F2,
    f3: *const F3,
    f4: *const F4,
    f5: *const F5,
) -> [FieldDesc; 6] {
    describe!(at, names, f0: F0 0, f1: F1 1, f2: F2 2, f3: F3 3, f4: F4 4, f5: F5 5)
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
    at: *const Owner,
    names: [&'static str; 7],
    f0: *const F0,
    f1: *const F1,
    f2: *const F2,
    f3: *const F3,
    f4: *const F4,
    f5: *const F5,
    f6: *const F6,
) -> [FieldDesc; 7] {
    describe!(at, names, f0: F0 0, f1: F1 1, f2: F2 2, f3: F3 3, f4: F4 4, f5: F5 5, f6: F6 6)
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
    at: *const Owner,
    names: [&'static str; 8],
    f0: *const F0,
    f1: *const F1,
    f2: *const F2,
    f3: *const F3,
    f4: *const F4,
    f5: *const F5,
    f6: *const F6,
    f7: *const F7,
) -> [FieldDesc; 8] {
    describe!(at, names, f0: F0 0, f1: F1 1, f2: F2 2, f3: F3 3, f4: F4 4, f5: F5 5, f6: F6 6, f7: F7 7)
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
    at: *const Owner,
    names: [&'static str; 9],
    f0: *const F0,
    f1: *const F1,
    f2: *const F2,
    f3: *const F3,
    f4: *const F4,
    f5: *const F5,
    f6: *const F6,
    f7: *const F7,
    f8: *const F8,
) -> [FieldDesc; 9] {
    describe!(at, names, f0: F0 0, f1: F1 1, f2: F2 2, f3: F3 3, f4: F4 4, f5: F5 5, f6: F6 6, f7: F7 7, f8: F8 8)
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
    at: *const Owner,
    names: [&'static str; 10],
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
) -> [FieldDesc; 10] {
    describe!(at, names, f0: F0 0, f1: F1 1, f2: F2 2, f3: F3 3, f4: F4 4, f5: F5 5, f6: F6 6, f7: F7 7, f8: F8 8, f9: F9 9)
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
    at: *const Owner,
    names: [&'static str; 11],
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
) -> [FieldDesc; 11] {
    describe!(at, names, f0: F0 0, f1: F1 1, f2: F2 2, f3: F3 3, f4: F4 4, f5: F5 5, f6: F6 6, f7: F7 7, f8: F8 8, f9: F9 9, f10: F10 10)
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
    at: *const Owner,
    names: [&'static str; 12],
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
) -> [FieldDesc; 12] {
    describe!(at, names, f0: F0 0, f1: F1 1, f2: F2 2, f3: F3 3, f4: F4 4, f5: F5 5, f6: F6 6, f7: F7 7, f8: F8 8, f9: F9 9, f10: F10 10, f11: F11 11)
}
