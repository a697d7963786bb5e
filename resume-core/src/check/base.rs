//! The pass before a segment is first used: base states are written where they are not zero.
//!
//! It runs while the segment's state says Creating, before the start hook, on bytes that are all zero. A death in it
//! leaves what any other death of a create leaves: the next open starts over from zero bytes.

use super::write_prim;
use crate::ShmSafe;
use crate::layout::{Base, FieldDesc, Kind, TypeDesc};

/// Puts a value into its base state; see [`Base`]. Touches only the bytes that do not start as zero.
///
/// # Safety
/// `at` is aligned for `ty` and writable for `ty.size` bytes, all of them are zero, nobody else uses them, and
/// `ty` has a base state.
pub unsafe fn write_base(ty: &TypeDesc, at: *mut u8) {
    match (ty.base, ty.kind) {
        (Base::Zero | Base::None, _) => {}
        (_, Kind::Array { elem, len }) => {
            for i in 0..len {
                // SAFETY: element `i` lies within the array, which the caller vouches for.
                unsafe { write_base(elem, at.wrapping_add((i * elem.size) as usize)) };
            }
        }
        // SAFETY: forwarded; the fields lie within the struct.
        (_, Kind::Struct { fields }) => unsafe { write_fields((ty, 0), fields, at) },
        (Base::Variant(variant), Kind::Enum { tag, variants }) => {
            let base = &variants[variant];
            // SAFETY: the tag is at offset 0 of the enum, which the caller vouches for.
            unsafe { write_prim(tag, at, base.discriminant) };
            // SAFETY: forwarded; the variant's fields lie within the enum.
            unsafe { write_fields((ty, variant), base.fields, at) };
        }
        // Neither is ever anything but zero.
        (Base::Parts | Base::Variant(_), _) => {}
    }
}

/// # Safety
/// As [`write_base`], for the owner of `fields`, or of those of its variant.
unsafe fn write_fields((owner, variant): (&TypeDesc, usize), fields: &'static [FieldDesc], at: *mut u8) {
    for (i, field) in fields.iter().enumerate() {
        // SAFETY: a field lies within its owner, aligned, by the descriptor's own assertions.
        unsafe { write_field((owner, variant), i, field, at.wrapping_add(field.offset as usize)) };
    }
}

/// Puts one field, which lies at `at`, into its base state.
///
/// # Safety
/// As [`write_base`], for the field.
pub(super) unsafe fn write_field(
    (owner, variant): (&TypeDesc, usize),
    index: usize,
    field: &FieldDesc,
    at: *mut u8,
) {
    match owner.mark(variant, index).and_then(|mark| mark.default) {
        // SAFETY: the writer was made for this field, and the caller vouches for its bytes.
        Some(default) => unsafe { default.write(at) },
        // SAFETY: forwarded.
        None => unsafe { write_base(field.ty, at) },
    }
}

/// A value in its base state, as a fresh segment has it: for an element that is filled in later (create it in a
/// base state, and only then run complex logic).
///
/// By value: what is too large for the stack is better a part of the root. A type without a base state does not
/// compile here.
///
/// ```
/// use resume_core::{ShmSafe, base_state};
///
/// #[derive(ShmSafe)]
/// #[repr(u8)]
/// enum Phase {
///     #[shm(default)]
///     Lobby = 1,
///     Running = 2,
/// }
///
/// #[derive(ShmSafe)]
/// #[repr(C)]
/// struct Round {
///     phase: Phase,
///     #[shm(default = 30)]
///     seconds: u32,
///     kills: [u32; 8],
/// }
///
/// let round = base_state::<Round>();
/// assert!(matches!(round.phase, Phase::Lobby));
/// assert_eq!((round.seconds, round.kills), (30, [0; 8]));
/// ```
///
/// ```compile_fail,E0080
/// resume_core::base_state::<core::num::NonZero<u32>>();
/// ```
pub fn base_state<T: ShmSafe>() -> T {
    const { assert!(T::DESC.base.exists(), "base_state: the type has no base state") };
    let mut value = core::mem::MaybeUninit::<T>::zeroed();
    // SAFETY: the bytes are zero, aligned, ours alone, and those of a `T`, whose base state exists.
    unsafe { write_base(T::DESC, value.as_mut_ptr().cast()) };
    // SAFETY: a base state is a valid value: zero where zero is one, else written just now. That `DESC` is true
    // of `T` is the contract of `ShmSafe`.
    unsafe { value.assume_init() }
}
