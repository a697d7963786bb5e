//! Containers: what they hold is compared, how they hold it must be the same.
//!
//! Of a container's parts, an array whose elements have the type of a generic argument holds its elements.
//! Where the elements stand in entries (a pool's slots, a map's buckets), it is the entries' fields of
//! such a type. Everything else is inner structure, which no user wrote: it may only grow with the
//! capacity. So paths say `players[].hp`, whatever the pool is made of.

use super::super::desc::Role;
use super::super::model::{Field, Layout, Shape, Type};
use super::super::names::args;
use super::pair::{Item, Pairs};
use super::rules;
use super::{Class, Reason};

impl Pairs<'_> {
    /// A pair of containers of one role.
    pub(super) fn containers(&mut self, a: &Type, b: &Type) -> Vec<Item> {
        let (
            Shape::Container { role, capacity: capacity_a, fields: fields_a },
            Shape::Container { capacity: capacity_b, fields: fields_b, .. },
        ) = (&a.shape, &b.shape)
        else {
            return Vec::new();
        };
        let mut items: Vec<_> = rules::capacity(a, b, *capacity_a, *capacity_b).into_iter().collect();
        let sides = Sides { role: *role, args_a: args(&a.name), args_b: args(&b.name) };
        let mut same_format = fields_a.len() == fields_b.len() && other_args_agree(self, a, b);
        for (field_a, field_b) in fields_a.iter().zip(fields_b) {
            same_format &= field_a.name == field_b.name;
            let (ty_a, ty_b) = (self.old.ty(field_a.ty), self.new.ty(field_b.ty));
            same_format &= match (&ty_a.shape, &ty_b.shape) {
                // The buckets of timers are a number of their own. A deadline says which bucket its timer is in, so
                // fewer of them lose nothing.
                (Shape::Array { elem: elem_a, len: len_a }, Shape::Array { elem: elem_b, len: len_b })
                    if *role == Role::Timers && field_b.name == BUCKETS_OF_TIMERS =>
                {
                    if len_a != len_b {
                        let (a, b) = ((a, *len_a), (b, *len_b));
                        let note = rules::counts(Reason::PlacesChanged, Class::Migratable, a, b);
                        items.push(Item::Note(note));
                    }
                    self.old.ty(*elem_a).layout == self.new.ty(*elem_b).layout
                }
                (Shape::Array { elem: elem_a, len: len_a }, Shape::Array { elem: elem_b, len: len_b }) => {
                    let grown = capacity_a != capacity_b || len_a == len_b;
                    self.elements(&mut items, &sides, *elem_a, *elem_b) && grown
                }
                _ => ty_a.layout == ty_b.layout,
            };
        }
        if !same_format {
            items.push(Item::Note(rules::note_of(Reason::ContainerFormatChanged, Class::Fatal, a, b)));
        }
        items
    }

    /// Whether a value is equal to its old self is not enough for a key: its hash decides where it is looked for, and
    /// a derived hash takes every field. So a field that took reserved space, harmless elsewhere, loses entries here.
    /// (An ordered map keeps its order: the new field is zero in all old keys.)
    pub(super) fn settle_keys(&mut self) {
        for index in 0..self.pairs.len() {
            let (a, b) = (self.old.ty(self.pairs[index].old), self.new.ty(self.pairs[index].new));
            let key_segment = match (&a.shape, &b.shape) {
                (Shape::Container { role: a, .. }, Shape::Container { role: b, .. }) if a != b => continue,
                (Shape::Container { role: Role::Map, .. }, _) => "[].key",
                (Shape::Container { role: Role::Set, .. }, _) => "[]",
                _ => continue,
            };
            let keys: Vec<usize> = self.pairs[index]
                .items
                .iter()
                .filter_map(|item| match item {
                    Item::Into { segment, pair, .. } if segment == key_segment => Some(*pair),
                    _ => None,
                })
                .collect();
            if keys.into_iter().any(|key| self.takes_reserved_space(key)) {
                let note = rules::note_of(Reason::KeysHashedAnew, Class::Migratable, a, b);
                self.pairs[index].items.push(Item::Note(note));
            }
        }
    }

    /// Whether some part below a pair gained a field in reserved space.
    fn takes_reserved_space(&self, pair: usize) -> bool {
        let (mut open, mut seen) = (vec![pair], std::collections::HashSet::from([pair]));
        while let Some(pair) = open.pop() {
            for item in &self.pairs[pair].items {
                match item {
                    Item::Note(note) if note.reason == Reason::FieldAdded => return true,
                    Item::Note(_) => {}
                    Item::Into { pair, .. } => {
                        if seen.insert(*pair) {
                            open.push(*pair);
                        }
                    }
                }
            }
        }
        false
    }

    /// The elements of one of a container's arrays. Whether what is not an element is the same.
    fn elements(&mut self, items: &mut Vec<Item>, sides: &Sides<'_>, elem_a: usize, elem_b: usize) -> bool {
        let (a, b) = (self.old.ty(elem_a), self.new.ty(elem_b));
        if sides.is_element(&a.name, &b.name) && sides.role != Role::String {
            items.push(self.elem_pair("[]".into(), elem_a, elem_b));
            return true;
        }
        let (Shape::Struct { fields: fields_a }, Shape::Struct { fields: fields_b }) = (&a.shape, &b.shape)
        else {
            return a.layout == b.layout;
        };
        let mut same = fields_a.len() == fields_b.len();
        for (field_a, field_b) in fields_a.iter().zip(fields_b) {
            same &= field_a.name == field_b.name;
            let (ty_a, ty_b) = (self.old.ty(field_a.ty), self.new.ty(field_b.ty));
            if sides.is_element(&ty_a.name, &ty_b.name) {
                let segment = match sides.role {
                    Role::Map | Role::OrderedMap => format!("[].{}", field_b.name),
                    _ => "[]".to_owned(),
                };
                items.push(self.elem_pair(segment, field_a.ty, field_b.ty));
            } else {
                same &= ty_a.layout == ty_b.layout;
            }
        }
        same
    }
}

/// The part of [`Timers`](crate::container::Timers) with the first timer of each bucket.
const BUCKETS_OF_TIMERS: &str = "heads";

struct Sides<'a> {
    role: Role,
    args_a: Vec<&'a str>,
    args_b: Vec<&'a str>,
}

impl Sides<'_> {
    /// Both are the same generic argument of their container.
    fn is_element(&self, a: &str, b: &str) -> bool {
        self.args_a.iter().zip(&self.args_b).any(|(arg_a, arg_b)| (*arg_a, *arg_b) == (a, b))
    }
}

/// Arguments that are neither elements nor numbers, such as a map's hasher, decide how the container works.
fn other_args_agree(pairs: &Pairs<'_>, a: &Type, b: &Type) -> bool {
    fn others<'t>(layout: &Layout, ty: &'t Type) -> Vec<&'t str> {
        let Shape::Container { fields, .. } = &ty.shape else { return Vec::new() };
        let parts = |shape: &Shape| shape.parts().collect::<Vec<_>>();
        let entry = |field: &Field| match layout.ty(field.ty).shape {
            Shape::Array { elem, .. } => {
                let inside = match &layout.ty(elem).shape {
                    shape @ Shape::Struct { .. } => parts(shape),
                    _ => Vec::new(),
                };
                [vec![elem], inside].concat()
            }
            _ => Vec::new(),
        };
        let elements: std::collections::HashSet<&str> =
            fields.iter().flat_map(entry).map(|ty| layout.ty(ty).name.as_str()).collect();
        let is_other = |arg: &&str| !elements.contains(*arg) && arg.parse::<i128>().is_err();
        args(&ty.name).into_iter().filter(is_other).collect()
    }
    others(pairs.old, a) == others(pairs.new, b)
}
