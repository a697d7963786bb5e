//! The words of slots and nodes, found by the descriptor: to start where a generation is about to wrap, which no
//! sequence of operations reaches.

use resume_core::ShmSafe;
use resume_core::layout::{FieldDesc, Kind, TypeDesc};

/// Calls `f` with each number called `name` in a state.
fn each_word<S: ShmSafe>(state: &mut S, name: &str, f: &mut dyn FnMut(&mut u64)) {
    each(S::DESC, core::ptr::from_mut(state).cast(), name, f);
}

fn each(ty: &TypeDesc, at: *mut u8, name: &str, f: &mut dyn FnMut(&mut u64)) {
    match ty.kind {
        Kind::Array { elem, len } => {
            (0..len).for_each(|i| each(elem, at.wrapping_add((i * elem.size) as usize), name, f));
        }
        Kind::Struct { fields } | Kind::Container { fields, .. } => {
            fields.iter().for_each(|field| each_field(field, at, name, f));
        }
        _ => {}
    }
}

fn each_field(field: &FieldDesc, at: *mut u8, name: &str, f: &mut dyn FnMut(&mut u64)) {
    let at = at.wrapping_add(field.offset as usize);
    if field.name == name && field.ty.size == 8 {
        // SAFETY: a field lies within the state that `each_word` borrowed exclusively, aligned for its 8 bytes,
        // which are a number of which every bit pattern is valid.
        f(unsafe { &mut *at.cast() });
    } else {
        each(field.ty, at, name, f);
    }
}

/// Makes the generations of slots and nodes the last one, where `is_occupied` says of a word's low half that there
/// is a value, and the last but one elsewhere and in every third.
pub(super) fn wrap<S: ShmSafe>(state: &mut S, is_occupied: fn(u32) -> bool) {
    let mut number = 0;
    each_word(state, "word", &mut |word| {
        let last = is_occupied(*word as u32) && number % 3 != 2;
        number += 1;
        if *word != 0 {
            let generation = u32::MAX - u32::from(!last);
            *word = u64::from(generation) << 32 | u64::from(*word as u32);
        }
    });
}

/// Slots or nodes that will never hold a value again.
pub(super) fn retired<S: ShmSafe>(state: &mut S, is_occupied: fn(u32) -> bool) -> usize {
    let mut count = 0;
    each_word(state, "word", &mut |word| {
        count += usize::from(*word >> 32 == u64::from(u32::MAX) && !is_occupied(*word as u32));
    });
    count
}

/// Sets a number of a container.
pub(super) fn set<S: ShmSafe>(state: &mut S, name: &str, value: u64) {
    each_word(state, name, &mut |word| *word = value);
}

/// Of a pool's slot: the tag of an occupied one.
pub(super) fn slot_is_occupied(low: u32) -> bool {
    low >> 30 == 2
}

/// Of a node: that it is linked.
pub(super) fn node_is_linked(low: u32) -> bool {
    low & 1 == 1
}
