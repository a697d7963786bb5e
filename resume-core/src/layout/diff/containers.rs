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
