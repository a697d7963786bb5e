//! The look at what a rollback brought back within a living process.
//!
//! A rollback restores the places that a transaction saved. Safe code can have changed, by plain assignment, what
//! these places are a part of: the variant of an enum whose payload was edited, or a container that was swapped for
//! another behind an operation on it. Then old bytes and new ones stand together, and they may be no value, to
//! which there must be no reference. After a crash the check of the attach finds that; here it is this.
//!
//! ```text
//! part := the outermost enum, container or scalar that a restored place lies in
//! each part is checked, with what is derived in it, as after a clean stop
//! where there are owners of heap blocks in one, all of the state is checked: an owner does not say where its block is
//! ```
//! All that was not restored is as safe code left it: valid. What is valid of a part depends on its own bytes
//! alone, but for owners. So a state whose touched parts pass is valid.

use core::ops::Range;
use std::collections::BTreeMap;

use super::{Checker, Problem, Rebuild, is_transient};
use crate::layout::{FieldDesc, Kind, Role, TypeDesc};

/// The parts by where they start; no two of them overlap.
type Parts = BTreeMap<usize, &'static TypeDesc>;

/// Whether the value of `ty` at `at` is valid, of which `restored` was restored and all else is as it was left.
/// Where only what is derived is not, that is made anew.
///
/// # Safety
/// `at` is aligned for `ty`, readable and writable for `ty.size` bytes, nobody else uses them, and no reference into
/// them is used later that was made before.
pub(crate) unsafe fn undone(
    ty: &'static TypeDesc,
    at: *mut u8,
    restored: &[Range<usize>],
) -> Result<(), Vec<Problem>> {
    let mut parts = Parts::new();
    for range in restored {
        add(ty, 0, range, &mut parts);
    }
    if parts.values().any(|part| has_owners(part)) {
        let mut checker = Checker::after_clean_stop();
        // SAFETY: forwarded.
        let derived = unsafe { passes(&mut checker, ty, at) }?;
        if !checker.take_heaps().are_whole() {
            let what = "expected the heap that the transaction changed, found another one in its place";
            return Err(vec![Problem { path: String::new(), what: what.to_owned() }]);
        }
        if !derived {
            // SAFETY: forwarded; the parts lie within the value.
            parts.iter().for_each(|(start, part)| unsafe { rebuild(part, at.wrapping_add(*start)) });
        }
        return Ok(());
    }
    for (start, part) in parts {
        let at = at.wrapping_add(start);
        // SAFETY: forwarded; a part lies within the value, aligned.
        if !unsafe { passes(&mut Checker::after_clean_stop(), part, at) }? {
            // SAFETY: as above; it passed.
            unsafe { rebuild(part, at) };
        }
    }
    Ok(())
}

/// Checks a value, transient fields too. Whether what is derived in it is right.
///
/// # Safety
/// As [`undone`].
unsafe fn passes(checker: &mut Checker, ty: &'static TypeDesc, at: *mut u8) -> Result<bool, Vec<Problem>> {
    // What padding holds is of no account, but it has to be read: behind this the compiler cannot know that
    // nobody wrote it.
    let at = core::hint::black_box(at).cast_const();
    if ty.transient {
        checker.transient_too = true;
        // SAFETY: forwarded.
        unsafe { checker.walk(ty, at) };
    } else {
        // SAFETY: forwarded.
        unsafe { checker.value(ty, at) };
    }
    match core::mem::take(&mut checker.problems) {
        problems if problems.is_empty() => Ok(!checker.needs_rebuild()),
        problems => Err(problems),
    }
}

/// # Safety
/// As [`undone`]; the bytes passed.
unsafe fn rebuild(ty: &TypeDesc, at: *mut u8) {
    // SAFETY: forwarded.
    unsafe { Rebuild::default().in_process(ty, at) };
}

/// Adds the parts of a value of `ty` at `start` that `range` touches.
fn add(ty: &'static TypeDesc, start: usize, range: &Range<usize>, parts: &mut Parts) {
    let end = start + ty.size as usize;
    if ty.plain || range.start >= end || range.end <= start {
        return;
    }
    match ty.kind {
        Kind::Handle { .. } => {}
        Kind::Scalar { .. } | Kind::Enum { .. } | Kind::Container { .. } => _ = parts.insert(start, ty),
        Kind::Struct { fields } => fields.iter().enumerate().for_each(|(i, field)| {
            let start = start + field.offset as usize;
            if is_transient(ty, 0, i) && start < range.end && range.start < start + field.ty.size as usize {
                parts.insert(start, field.ty);
            } else {
                add(field.ty, start, range, parts);
            }
        }),
        Kind::Array { elem, .. } => {
            let stride = (elem.size as usize).max(1);
            let first = range.start.saturating_sub(start) / stride;
            let last = (range.end.min(end) - start).div_ceil(stride);
            (first..last).for_each(|index| add(elem, start + index * stride, range, parts));
        }
    }
}

/// Whether there may be heaps or owners of blocks in a type.
fn has_owners(ty: &TypeDesc) -> bool {
    let among = |fields: &'static [FieldDesc]| fields.iter().any(|field| has_owners(field.ty));
    match ty.kind {
        Kind::Scalar { .. } | Kind::Handle { .. } => false,
        Kind::Array { elem, .. } => has_owners(elem),
        Kind::Struct { fields } => among(fields),
        Kind::Enum { variants, .. } => variants.iter().any(|variant| among(variant.fields)),
        Kind::Container { role, fields, .. } => {
            matches!(role, Role::Heap | Role::HeapVec | Role::HeapString | Role::HeapSlice) || among(fields)
        }
    }
}
