//! The look at what a rollback brought back within a living process.
//!
//! A rollback restores the places that a transaction saved. Safe code can have changed, by plain assignment, what
//! these places are a part of: the variant of an enum whose payload was edited, or a container that was swapped for
//! another behind an operation on it. Then old bytes and new ones stand together, and they may be no value, to
//! which there must be no reference. After a crash the check of the attach finds that; here it is this.
//!
//! ```text
//! part := the outermost enum, scalar or container that a changed byte lies in,
//!         but of a container's element that one, as long as the words that say which elements exist are unchanged
//! each part is checked, with what is derived in it, as after a clean stop
//! an element that does not pass may not exist: then the container around it decides
//! where there are owners of heap blocks in one, all of the state is checked: an owner does not say where its block is
//! ```
//! All that was not changed is as safe code left it: valid. What is valid of a part depends on its own bytes
//! alone, but for owners. So a state whose touched parts pass is valid.

use core::ops::Range;
use core::ptr;
use std::collections::BTreeMap;

use super::{Checker, Problem, Rebuild, is_transient};
use crate::layout::{FieldDesc, Kind, Role, TypeDesc};

/// Something to be checked.
#[derive(Clone, Copy)]
struct Part {
    start: usize,
    ty: &'static TypeDesc,
}

/// Parts, each once, with the container that decides where it does not pass.
type Parts = BTreeMap<(usize, *const TypeDesc), (Part, Option<Part>)>;

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
        add(Part { start: 0, ty }, range, None, &mut parts);
    }
    if parts.values().any(|(part, _)| has_owners(part.ty)) {
        let mut checker = Checker::after_clean_stop();
        // SAFETY: forwarded.
        let derived = unsafe { passes(&mut checker, ty, at) }?;
        if !checker.take_heaps().are_whole() {
            let what = "expected the heap that the transaction changed, found another one in its place";
            return Err(vec![Problem { path: String::new(), what: what.to_owned() }]);
        }
        if !derived {
            for (part, outer) in parts.values() {
                // SAFETY: forwarded; parts lie within the value.
                unsafe { rebuild(outer.unwrap_or(*part), at) };
            }
        }
        return Ok(());
    }
    // One for all: it keeps what it has made of their types.
    let mut checker = Checker::after_clean_stop();
    for (part, outer) in parts.into_values() {
        // SAFETY: forwarded; a part lies within the value, aligned.
        let mut passed = unsafe { check(&mut checker, part, at) };
        if let (Err(_), Some(outer)) = (&passed, outer) {
            // SAFETY: as above.
            passed = unsafe { check(&mut checker, outer, at) };
        }
        passed?;
    }
    Ok(())
}

/// Checks a part of the value at `at`, and makes anew what is derived in it if that is all that is not right.
///
/// # Safety
/// As [`undone`].
unsafe fn check(checker: &mut Checker, part: Part, at: *mut u8) -> Result<(), Vec<Problem>> {
    // SAFETY: forwarded.
    if !unsafe { passes(checker, part.ty, at.wrapping_add(part.start)) }? {
        // SAFETY: forwarded; it passed.
        unsafe { rebuild(part, at) };
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
    checker.derived_is_off = false;
    (checker.transient_too, checker.stale_too) = (ty.transient, true);
    if ty.transient {
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
/// As [`undone`]; the part passed.
unsafe fn rebuild(part: Part, at: *mut u8) {
    // SAFETY: forwarded.
    unsafe { Rebuild::default().in_process(part.ty, at.wrapping_add(part.start)) };
}

fn touches(part: Part, range: &Range<usize>) -> bool {
    range.start < part.start + part.ty.size as usize && part.start < range.end
}

/// Adds the parts of a value that `range` touches; `outer` is the outermost container that it is an element of.
fn add(part: Part, range: &Range<usize>, outer: Option<Part>, parts: &mut Parts) {
    if part.ty.plain || !touches(part, range) {
        return;
    }
    let Part { start, ty } = part;
    let mut add_whole = |part: Part| _ = parts.insert((part.start, ptr::from_ref(part.ty)), (part, outer));
    match ty.kind {
        Kind::Handle { .. } => {}
        Kind::Scalar { .. } | Kind::Enum { .. } => add_whole(part),
        Kind::Struct { fields } => {
            for (i, field) in fields.iter().enumerate() {
                let part = Part { start: start + field.offset as usize, ty: field.ty };
                if !is_transient(ty, 0, i) {
                    add(part, range, outer, parts);
                } else if touches(part, range) {
                    parts.insert((part.start, ptr::from_ref(part.ty)), (part, outer));
                }
            }
        }
        Kind::Array { elem, .. } => {
            elements(part, elem, range).for_each(|elem| add(elem, range, outer, parts))
        }
        Kind::Container { role, fields, .. } => {
            let mut inner = Parts::new();
            match add_elements(role, fields, start, range, outer.or(Some(part)), &mut inner) {
                Some(()) => parts.append(&mut inner),
                None => add_whole(part),
            }
        }
    }
}

/// The elements of an array that `range` touches.
fn elements(
    array: Part,
    elem: &'static TypeDesc,
    range: &Range<usize>,
) -> impl Iterator<Item = Part> + use<> {
    let (start, stride) = (array.start, (elem.size as usize).max(1));
    let first = range.start.saturating_sub(start) / stride;
    let end = range.end.min(start + array.ty.size as usize).saturating_sub(start).div_ceil(stride);
    (first..end).map(move |index| Part { start: start + index * stride, ty: elem })
}

/// Adds the elements of a container that `range` touches; `None` where it touches what tells which elements exist, or
/// how they are linked.
fn add_elements(
    role: Role,
    fields: &'static [FieldDesc],
    start: usize,
    range: &Range<usize>,
    outer: Option<Part>,
    parts: &mut Parts,
) -> Option<()> {
    for field in fields {
        let array = Part { start: start + field.offset as usize, ty: field.ty };
        if !touches(array, range) {
            continue;
        }
        match (role, field.name, field.ty.kind) {
            // Derived, and looked at by the pool before it is followed.
            (Role::Pool, "len" | "head", _) => {}
            (Role::Vec, "elements", Kind::Array { elem, .. })
            | (Role::Ring, "elements", Kind::Array { elem, .. })
            | (Role::EventQueue, "ring", Kind::Array { elem, .. })
            | (Role::Versioned, "copies", Kind::Array { elem, .. }) => {
                elements(array, elem, range).for_each(|elem| add(elem, range, outer, parts));
            }
            (Role::Map | Role::Set, "buckets", Kind::Array { elem, .. })
            | (Role::List | Role::Timers | Role::OrderedMap, "nodes", Kind::Array { elem, .. })
            | (Role::Pool, "slots", Kind::Array { elem, .. }) => {
                for element in elements(array, elem, range) {
                    add_values(role, element, range, outer, parts)?;
                }
            }
            _ => return None,
        }
    }
    Some(())
}

/// Adds key and value of a slot, node or bucket, where `range` touches nothing else of it. The word of a pool's slot is
/// about that slot alone: it may have been occupied again, so the value is looked at.
fn add_values(
    role: Role,
    element: Part,
    range: &Range<usize>,
    outer: Option<Part>,
    parts: &mut Parts,
) -> Option<()> {
    let Kind::Struct { fields } = element.ty.kind else { return None };
    let part_of = |field: &FieldDesc| Part { start: element.start + field.offset as usize, ty: field.ty };
    for field in fields.iter().filter(|field| touches(part_of(field), range)) {
        match field.name {
            "key" | "value" => add(part_of(field), range, outer, parts),
            "word" if role == Role::Pool => {
                let value = part_of(fields.iter().find(|field| field.name == "value")?);
                let whole = value.start..value.start + value.ty.size as usize;
                add(value, &whole, outer, parts);
            }
            _ => return None,
        }
    }
    Some(())
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
