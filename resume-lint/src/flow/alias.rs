//! Looks through references: which place a reference points to, where that is the same on all paths.
//!
//! A local that is assigned once, with a reference to a place, stands for that place. Locals assigned twice (a
//! reference that is reseated in a loop) stand for themselves: then two names of one place are not recognised, and a
//! lint may miss something, but never reports what is not there.

use std::collections::HashMap;

use crate::mir::{Body, Callee, Operand, Place, Proj, Rvalue, StatementKind, TerminatorKind, Ty};

use super::{Path, State, Taken};
use crate::names;

/// References may be chained; a chain this long is a cycle of our own making.
const CHAIN_MAX: usize = 32;

/// What each reference of a body points to.
#[derive(Debug, Default)]
pub(crate) struct Aliases {
    pointees: HashMap<u32, Place>,
}

impl Aliases {
    /// Collects the single assignments of a body.
    pub(crate) fn of(body: &Body) -> Aliases {
        let mut writes: HashMap<u32, u32> = HashMap::new();
        let mut pointees = HashMap::new();
        let mut note = |dest: &Place, pointee: Option<Place>| {
            if dest.proj.is_empty() {
                *writes.entry(dest.local).or_default() += 1;
                if let Some(pointee) = pointee {
                    pointees.insert(dest.local, pointee);
                }
            }
        };
        for block in &body.blocks {
            for statement in &block.statements {
                if let StatementKind::Assign(dest, value) = &statement.kind {
                    note(dest, pointee_of_rvalue(body, value));
                }
            }
            if let TerminatorKind::Call(call) = &block.terminator.kind {
                note(&call.dest, pointee_of_call(body, &call.callee, &call.args, &call.dest));
            }
        }
        pointees.retain(|local, _| writes.get(local) == Some(&1) && *local as usize > body.args);
        Aliases { pointees }
    }

    /// The path of a place, references looked through.
    pub(crate) fn path(&self, place: &Place) -> Path {
        Path::of(&self.resolve(place))
    }

    /// What is in a place; where that is gone, because the reference was taken from a temporary that is dead by now,
    /// what the reference itself was noted to carry.
    pub(crate) fn read(&self, state: &State, place: &Place) -> Taken {
        let there = state.read(&self.path(place));
        if there.is_empty() { state.read(&Path::of(place)) } else { there }
    }

    /// The path of what an operand of reference type points to.
    pub(crate) fn pointee(&self, operand: &Operand) -> Option<Path> {
        let mut place = operand.place()?.clone();
        place.proj.push(Proj::Deref);
        Some(self.path(&place))
    }

    /// A place with the references it goes through replaced by what they point to.
    pub(crate) fn resolve(&self, place: &Place) -> Place {
        let mut place = place.clone();
        for _ in 0..CHAIN_MAX {
            let Some(Proj::Deref) = place.proj.first() else { break };
            let Some(pointee) = self.pointees.get(&place.local) else { break };
            let mut proj = pointee.proj.clone();
            proj.extend_from_slice(&place.proj[1..]);
            place = Place { local: pointee.local, proj };
        }
        place
    }
}

fn is_pointer(ty: &Ty) -> bool {
    matches!(ty, Ty::Ref { .. } | Ty::Ptr(_))
}

fn deref(place: &Place) -> Place {
    let mut pointee = place.clone();
    pointee.proj.push(Proj::Deref);
    pointee
}

fn pointee_of_rvalue(body: &Body, value: &Rvalue) -> Option<Place> {
    match value {
        Rvalue::Ref { place, .. } => Some(place.clone()),
        Rvalue::Use(operand) | Rvalue::Cast { operand, .. } => {
            let place = operand.place()?;
            if let Some(boxed) = box_of_pointer(body, place) {
                return Some(deref(&boxed));
            }
            is_pointer(&body.place_ty(place)).then(|| deref(place))
        }
        _ => None,
    }
}

/// MIR dereferences a box through its pointer field: `((_5.0: Unique<T>).0: NonNull<T>)` gives `_5`.
fn box_of_pointer(body: &Body, place: &Place) -> Option<Place> {
    let len = place.proj.len();
    let [.., Proj::Field(0, unique), Proj::Field(0, _)] = place.proj.as_slice() else { return None };
    let is_unique = unique.path().is_some_and(|path| path.ends_with("ptr::Unique"));
    let boxed = Place { local: place.local, proj: place.proj[..len - 2].to_vec() };
    let is_box = body.place_ty(&boxed).path().is_some_and(|path| path.ends_with("boxed::Box"));
    (is_unique && is_box).then_some(boxed)
}

/// Calls that lead from one reference to another into the same value.
fn pointee_of_call(body: &Body, callee: &Callee, args: &[Operand], dest: &Place) -> Option<Place> {
    const INTO_THE_SAME: &[&str] =
        &["deref", "deref_mut", "as_ref", "as_mut", "borrow", "borrow_mut", "index", "index_mut", "edit"];
    let Callee::Path(path) = callee else { return None };
    let target = names::target(path);
    if !is_pointer(&body.place_ty(dest)) || !INTO_THE_SAME.contains(&target.method()) {
        return None;
    }
    // `Tx::edit(&tx, place)` gives the place back.
    let arg = if target.method() == "edit" { args.get(1)? } else { args.first()? };
    let arg = arg.place()?;
    is_pointer(&body.place_ty(arg)).then(|| deref(arg))
}
