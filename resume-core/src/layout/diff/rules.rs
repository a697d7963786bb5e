//! Rules that need to know only the two types: names, scalars, capacities.

use super::super::desc::{Prim, Role};
use super::super::model::{Layout, Shape, Type};
use super::super::names::base;
use super::pair::{Item, Note};
use super::{Class, Reason, Side};

/// A wrapper that the source does not write out in a path: `Cell`.
pub(super) fn is_wrapper(ty: &Type) -> bool {
    base(&ty.name) == "Cell"
}

pub(super) fn side_of(ty: &Type) -> Side {
    Side {
        name: ty.name.clone(),
        ty: ty.name.clone(),
        offset: 0,
        size: ty.size,
        count: None,
        discriminant: None,
    }
}

/// A note about the pair itself.
pub(super) fn note_of(reason: Reason, class: Class, a: &Type, b: &Type) -> Note {
    Note::new("", reason, class).sides(Some(side_of(a)), Some(side_of(b)))
}

/// The same primitive on another kind of machine: where its size does not decide its alignment.
pub(super) fn align(a: &Type, b: &Type) -> Option<Item> {
    let differs = a.size == b.size && a.align != b.align;
    differs.then(|| Item::Note(note_of(Reason::AlignChanged, Class::Migratable, a, b)))
}

/// `outer` is nothing but `inner` under another name, or an option of it.
pub(super) fn wraps(layout: &Layout, outer: &Type, inner: &Type) -> bool {
    match &outer.shape {
        Shape::Struct { fields } => {
            fields.len() == 1 && outer.size == inner.size && layout.ty(fields[0].ty).name == inner.name
        }
        Shape::Enum { variants, .. } => {
            let mut fields = variants.iter().flat_map(|v| &v.fields);
            base(&outer.name) == "ShmOption" && fields.all(|f| layout.ty(f.ty).name == inner.name)
        }
        _ => false,
    }
}

pub(super) fn capacity(a: &Type, b: &Type, count_a: u64, count_b: u64) -> Option<Item> {
    if count_a == count_b {
        return None;
    }
    let class = if count_b > count_a { Class::Migratable } else { Class::Fatal };
    let reason = if computes_places(b) { Reason::PlacesChanged } else { Reason::CapacityChanged };
    Some(Item::Note(counts(reason, class, (a, count_a), (b, count_b))))
}

/// A note about a number that both sides have.
pub(super) fn counts(reason: Reason, class: Class, a: (&Type, u64), b: (&Type, u64)) -> Note {
    let side = |(ty, count)| Some(Side { count: Some(count), ..side_of(ty) });
    Note::new("", reason, class).sides(side(a), side(b))
}

/// Where an element is depends on the capacity: by its hash, or by counting around. Elsewhere (vectors, pools, lists,
/// ordered maps, bit sets) element `n` is element `n` whatever the capacity, and handles stay true.
fn computes_places(ty: &Type) -> bool {
    matches!(ty.shape, Shape::Container { role: Role::Map | Role::Set | Role::Ring | Role::EventQueue, .. })
}

/// What it takes to read an old scalar as a new one.
pub(super) fn scalar_class((a, non_zero_a): (Prim, bool), (b, non_zero_b): (Prim, bool)) -> Class {
    if non_zero_b && !non_zero_a {
        return Class::Fatal;
    }
    if a == b {
        // `u32` and `AtomicU32`, or a number that may now be 0: the same bytes with the same meaning.
        return Class::Renamed;
    }
    /// Kind and value bits.
    fn of(prim: Prim) -> (char, u64) {
        match prim {
            Prim::Bool => ('u', 1),
            Prim::Char => ('c', 21),
            Prim::F32 | Prim::F64 => ('f', prim.size() * 8),
            Prim::U8 | Prim::U16 | Prim::U32 | Prim::U64 | Prim::U128 => ('u', prim.size() * 8),
            Prim::I8 | Prim::I16 | Prim::I32 | Prim::I64 | Prim::I128 => ('i', prim.size() * 8 - 1),
        }
    }
    let fits = match (of(a), of(b)) {
        (('c', _), ('u' | 'i', bits)) => bits >= 21,
        (('u', from), ('u' | 'i', to)) => b != Prim::Bool && to >= from,
        (('i', from), ('i', to)) => to >= from,
        (('f', from), ('f', to)) => to >= from,
        _ => false,
    };
    if fits { Class::Migratable } else { Class::Fatal }
}
