//! The pass behind the check: derived data anew from truth.

use core::ops::Range;

use super::base::write_field;
use super::present::{pays, present_elements};
use super::{find_variant, is_transient, read_prim};
use crate::layout::{FieldDesc, Kind, TypeDesc};

/// The pass that rebuilds derived data from truth, and counts what it did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Rebuild {
    /// Pool slots that only the crashed stack owned and that are free again.
    pub reserved_freed: u64,
    /// Slots read to rebuild counts, free lists and indices.
    pub slots_visited: u64,
    /// Transient fields that are in their base state again.
    pub transient_reset: u64,
}

impl Rebuild {
    /// Rebuilds what is derived within one value.
    ///
    /// # Safety
    /// `at` is aligned for `ty`, readable and writable for `ty.size` bytes, the bytes passed
    /// [`Checker::value`](super::Checker::value), and nobody else uses them meanwhile.
    pub unsafe fn value(&mut self, ty: &TypeDesc, at: *mut u8) {
        if !ty.rebuilds || ty.size == 0 {
            return;
        }
        match ty.kind {
            Kind::Scalar { .. } | Kind::Handle { .. } => {}
            Kind::Array { elem, len } => {
                let (stride, len) = (elem.size as usize, len as usize);
                let mut rebuild = |part: Range<usize>| {
                    for i in part {
                        // SAFETY: element `i` lies within the array, which the caller vouches for.
                        unsafe { self.value(elem, at.wrapping_add(i * stride)) };
                    }
                };
                if pays(stride * len) {
                    // Zero bytes have nothing derived in them, and nothing transient.
                    present_elements(at, stride, len).into_iter().for_each(rebuild);
                } else {
                    rebuild(0..len);
                }
            }
            // SAFETY: forwarded; the fields lie within the struct.
            Kind::Struct { fields } => unsafe { self.fields((ty, 0), fields, at) },
            Kind::Enum { tag, variants } => {
                // SAFETY: the tag is at offset 0 of the enum, which the caller vouches for.
                let bits = unsafe { read_prim(tag, at) };
                if let Some((i, v)) = find_variant(tag, bits, variants) {
                    // SAFETY: forwarded; the variant's fields lie within the enum.
                    unsafe { self.fields((ty, i), v.fields, at) };
                }
            }
            // SAFETY: the ops belong to the container that this descriptor was made for, and the caller
            // vouches for its bytes.
            Kind::Container { ops, .. } => unsafe { (ops.rebuild)(at, self) },
        }
    }

    /// Resets transient fields; each has a base state, which [`TypeDesc::with_marks`] asserts.
    ///
    /// # Safety
    /// As [`value`](Self::value), for the owner of `fields`, or of those of its variant.
    unsafe fn fields(
        &mut self,
        (owner, variant): (&TypeDesc, usize),
        fields: &'static [FieldDesc],
        at: *mut u8,
    ) {
        for (i, field) in fields.iter().enumerate() {
            let at = at.wrapping_add(field.offset as usize);
            if is_transient(owner, variant, i) {
                // SAFETY: the field's bytes lie within its owner, which the caller lets us write.
                unsafe { core::ptr::write_bytes(at, 0, field.ty.size as usize) };
                // SAFETY: as above; the bytes are zero now.
                unsafe { write_field((owner, variant), i, field, at) };
                self.transient_reset += 1;
            } else {
                // SAFETY: a field lies within its owner, aligned, by the descriptor's own assertions.
                unsafe { self.value(field.ty, at) };
            }
        }
    }
}
