//! Pairs of an old and a new type: each is compared once, whatever the number of paths to it.
//!
//! The outcome of a pair is a list of [`Item`]s: what changed here, and which pairs of parts to look
//! into. Pairs wait in a list instead of recursing. A pair of types with different names costs work that
//! no honest input needs much of, so it draws on a budget proportional to the input.

use std::collections::{HashMap, HashSet};

use super::super::desc::{Prim, Role};
use super::super::model::{Field, Layout, Shape, Type};
use super::{Class, Reason, Side};

/// What the comparison of a pair found, in order of declaration.
pub(super) enum Item {
    /// A difference at `segment` below the pair's own path.
    Note(Note),
    /// The pair of a part.
    Into { segment: String, pair: usize, old: (String, u64), new: (String, u64) },
}

/// A difference; the report adds the path.
pub(super) struct Note {
    pub(super) segment: String,
    /// The other field of a swap, as a segment.
    pub(super) partner: Option<String>,
    pub(super) reason: Reason,
    pub(super) class: Class,
    pub(super) old: Option<Side>,
    pub(super) new: Option<Side>,
    pub(super) consequence: bool,
}

impl Note {
    pub(super) fn new(segment: &str, reason: Reason, class: Class) -> Self {
        Self {
            segment: segment.to_owned(),
            partner: None,
            reason,
            class,
            old: None,
            new: None,
            consequence: false,
        }
    }

    pub(super) fn sides(self, old: Option<Side>, new: Option<Side>) -> Self {
        Self { old, new, ..self }
    }
}

/// A compared pair.
pub(super) struct Pair {
    pub(super) old: usize,
    pub(super) new: usize,
    pub(super) items: Vec<Item>,
    /// A struct or an enum: its definition stands at one place in the source, so it is reported once. An
    /// array, container or scalar is written out at each field, and so reported at each.
    pub(super) named: bool,
}

/// All pairs reached from the roots; the pair of the roots is the first.
pub(super) struct Pairs<'a> {
    pub(super) old: &'a Layout,
    pub(super) new: &'a Layout,
    pub(super) pairs: Vec<Pair>,
    index: HashMap<(usize, usize), usize>,
    old_names: HashMap<&'a str, usize>,
    new_names: HashMap<&'a str, usize>,
    /// Old and new names of types taken for renamed.
    renamed: HashSet<(String, String)>,
    budget: usize,
}

/// How many items the pairs of differently named types may cost, per item of the input.
const BUDGET_FACTOR: usize = 32;

impl<'a> Pairs<'a> {
    pub(super) fn compare(old: &'a Layout, new: &'a Layout) -> Self {
        fn names(layout: &Layout) -> HashMap<&str, usize> {
            layout.types().iter().enumerate().map(|(i, ty)| (ty.name.as_str(), i)).collect()
        }
        let items =
            |layout: &Layout| layout.types().iter().map(|ty| 1 + ty.shape.parts().count()).sum::<usize>();
        let input: usize = [old, new].into_iter().map(items).sum::<usize>();
        let mut pairs = Self {
            old,
            new,
            pairs: Vec::new(),
            index: HashMap::new(),
            old_names: names(old),
            new_names: names(new),
            renamed: HashSet::new(),
            budget: input.saturating_mul(BUDGET_FACTOR),
        };
        pairs.pair(0, 0);
        let mut next = 0;
        while next < pairs.pairs.len() {
            let (old, new) = (pairs.pairs[next].old, pairs.pairs[next].new);
            let (items, named) = pairs.items(old, new);
            pairs.pairs[next].items = items;
            pairs.pairs[next].named = named;
            next += 1;
        }
        pairs.settle_handles();
        pairs
    }

    /// The index of a pair, which is compared later if it is new.
    pub(super) fn pair(&mut self, old: usize, new: usize) -> usize {
        let next = self.pairs.len();
        let index = *self.index.entry((old, new)).or_insert(next);
        if index == next {
            self.pairs.push(Pair { old, new, items: Vec::new(), named: false });
        }
        index
    }

    fn items(&mut self, old: usize, new: usize) -> (Vec<Item>, bool) {
        let (a, b) = (self.old.ty(old), self.new.ty(new));
        match (&a.shape, &b.shape) {
            (
                Shape::Scalar { prim: prim_a, non_zero: non_zero_a },
                Shape::Scalar { prim: prim_b, non_zero: non_zero_b },
            ) => {
                if (&a.name, prim_a, non_zero_a) == (&b.name, prim_b, non_zero_b) {
                    return (Vec::new(), false);
                }
                let class = scalar_class((*prim_a, *non_zero_a), (*prim_b, *non_zero_b));
                (type_changed(a, b, class), false)
            }
            (Shape::Handle { target: target_a }, Shape::Handle { target: target_b }) => {
                let mut items = Vec::new();
                if base(target_a) != base(target_b) {
                    let note = Note::new("", Reason::HandleTargetChanged, Class::Fatal);
                    items.push(Item::Note(note.sides(Some(side_of(a)), Some(side_of(b)))));
                }
                (items, false)
            }
            (Shape::Array { elem: elem_a, len: len_a }, Shape::Array { elem: elem_b, len: len_b }) => {
                let mut items: Vec<_> = capacity(a, b, *len_a, *len_b).into_iter().collect();
                items.push(self.elem_pair("[]".into(), *elem_a, *elem_b));
                (items, false)
            }
            (
                Shape::Container { role: role_a, capacity: capacity_a, fields: fields_a },
                Shape::Container { role: role_b, capacity: capacity_b, fields: fields_b },
            ) if role_a == role_b => {
                let mut items: Vec<_> = capacity(a, b, *capacity_a, *capacity_b).into_iter().collect();
                let grows = capacity_a != capacity_b;
                self.container(&mut items, *role_a, grows, (a, fields_a), (b, fields_b));
                (items, false)
            }
            (Shape::Struct { fields: fields_a }, Shape::Struct { fields: fields_b }) => {
                let names = |fields: &'a [Field]| fields.iter().map(|f| f.name.as_str()).collect::<Vec<_>>();
                match self.kinship(a, b, &names(fields_a), &names(fields_b)) {
                    None => (type_changed(a, b, Class::Fatal), false),
                    Some(mut items) => {
                        self.structs(&mut items, (a, fields_a), (b, fields_b));
                        (items, !is_wrapper(a))
                    }
                }
            }
            (Shape::Enum { variants: variants_a, .. }, Shape::Enum { variants: variants_b, .. }) => {
                let a_names: Vec<_> = variants_a.iter().map(|v| v.name.as_str()).collect();
                let b_names: Vec<_> = variants_b.iter().map(|v| v.name.as_str()).collect();
                match self.kinship(a, b, &a_names, &b_names) {
                    None => (type_changed(a, b, Class::Fatal), false),
                    Some(mut items) => {
                        self.enums(&mut items, (a, variants_a), (b, variants_b));
                        (items, true)
                    }
                }
            }
            _ => {
                let wraps = |outer: &Layout, ty: &Type, inner: &Type| match &ty.shape {
                    Shape::Struct { fields } => {
                        fields.len() == 1
                            && ty.size == inner.size
                            && outer.ty(fields[0].ty).name == inner.name
                    }
                    Shape::Enum { variants, .. } => {
                        base(&ty.name) == "ShmOption"
                            && variants
                                .iter()
                                .flat_map(|v| &v.fields)
                                .all(|f| outer.ty(f.ty).name == inner.name)
                    }
                    _ => false,
                };
                let class = if wraps(self.new, b, a) || wraps(self.old, a, b) && a.size == b.size {
                    Class::Migratable
                } else {
                    Class::Fatal
                };
                (type_changed(a, b, class), false)
            }
        }
    }

    /// Whether two structs (or enums) are versions of one type: `None` for strangers, else what the
    /// names alone tell.
    fn kinship(&mut self, a: &Type, b: &Type, parts_a: &[&str], parts_b: &[&str]) -> Option<Vec<Item>> {
        if base(&a.name) == base(&b.name) {
            return Some(Vec::new());
        }
        // Both names exist on one side: a field went from one known type to another.
        if self.new_names.contains_key(a.name.as_str()) || self.old_names.contains_key(b.name.as_str()) {
            return None;
        }
        let cost = parts_a.len() + parts_b.len();
        self.budget = self.budget.checked_sub(cost + 1)?;
        let known: HashSet<_> = parts_a.iter().collect();
        let shared = parts_b.iter().filter(|name| known.contains(name)).count();
        if shared * 2 < parts_a.len().max(parts_b.len()) {
            return None;
        }
        self.renamed.insert((a.name.clone(), b.name.clone()));
        let note = Note::new("", Reason::TypeRenamed, Class::Renamed);
        Some(vec![Item::Note(note.sides(Some(side_of(a)), Some(side_of(b))))])
    }

    pub(super) fn elem_pair(&mut self, segment: String, old: usize, new: usize) -> Item {
        let pair = self.pair(old, new);
        let name = |layout: &Layout, ty: usize| (layout.ty(ty).name.clone(), 0);
        Item::Into { segment, pair, old: name(self.old, old), new: name(self.new, new) }
    }

    /// A container's elements; its inner structure may differ only as the capacity explains.
    fn container(
        &mut self,
        items: &mut Vec<Item>,
        role: Role,
        other_capacity: bool,
        (a, fields_a): (&Type, &[Field]),
        (b, fields_b): (&Type, &[Field]),
    ) {
        let mut same_format = fields_a.len() == fields_b.len();
        for (i, (field_a, field_b)) in fields_a.iter().zip(fields_b).enumerate() {
            same_format &= field_a.name == field_b.name;
            let (ty_a, ty_b) = (self.old.ty(field_a.ty), self.new.ty(field_b.ty));
            let segments = (
                element_segment(self.old, role, a, fields_a, i),
                element_segment(self.new, role, b, fields_b, i),
            );
            match (segments, &ty_a.shape, &ty_b.shape) {
                (
                    (Some(segment), Some(other)),
                    Shape::Array { elem: elem_a, .. },
                    Shape::Array { elem: elem_b, .. },
                ) if segment == other => {
                    items.push(self.elem_pair(segment, *elem_a, *elem_b));
                }
                (_, Shape::Array { elem: elem_a, len: len_a }, Shape::Array { elem: elem_b, len: len_b }) => {
                    let same_elem = self.old.ty(*elem_a).layout == self.new.ty(*elem_b).layout;
                    same_format &= same_elem && (len_a == len_b || other_capacity);
                }
                _ => same_format &= ty_a.layout == ty_b.layout,
            }
        }
        if !same_format {
            let note = Note::new("", Reason::ContainerFormatChanged, Class::Fatal);
            items.push(Item::Note(note.sides(Some(side_of(a)), Some(side_of(b)))));
        }
    }

    /// A handle to a type that was only renamed follows from that.
    fn settle_handles(&mut self) {
        for index in 0..self.pairs.len() {
            let (a, b) = (self.old.ty(self.pairs[index].old), self.new.ty(self.pairs[index].new));
            let (Shape::Handle { target: a }, Shape::Handle { target: b }) = (&a.shape, &b.shape) else {
                continue;
            };
            if !self.renamed.contains(&(a.clone(), b.clone())) {
                continue;
            }
            for item in &mut self.pairs[index].items {
                if let Item::Note(note) = item {
                    note.consequence = true;
                    note.class = Class::Renamed;
                }
            }
        }
    }
}

/// The path segment of a container's part, if that holds the elements.
fn element_segment(
    layout: &Layout,
    role: Role,
    container: &Type,
    fields: &[Field],
    index: usize,
) -> Option<String> {
    let element = |field: &Field| match &layout.ty(field.ty).shape {
        Shape::Array { elem, .. } => {
            let name = layout.ty(*elem).name.as_str();
            args(&container.name).contains(&name).then_some(())
        }
        _ => None,
    };
    element(&fields[index])?;
    match role {
        Role::String => None,
        Role::Map if fields[index].name.contains("key") => Some("[].key".into()),
        Role::Map if fields[index].name.contains("val") => Some("[].value".into()),
        _ => Some("[]".into()),
    }
}

/// A type's name without its generic arguments.
pub(super) fn base(name: &str) -> &str {
    name.split_once('<').map_or(name, |(base, _)| base)
}

/// The generic arguments in a type's name, outermost level.
pub(super) fn args(name: &str) -> Vec<&str> {
    let Some(inside) = name.split_once('<').and_then(|(_, rest)| rest.strip_suffix('>')) else {
        return Vec::new();
    };
    let (mut args, mut start, mut depth) = (Vec::new(), 0, 0i64);
    for (at, c) in inside.char_indices() {
        match c {
            '<' => depth += 1,
            '>' => depth -= 1,
            ',' if depth == 0 => {
                args.push(inside[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    args.push(inside[start..].trim());
    args
}

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

fn type_changed(a: &Type, b: &Type, class: Class) -> Vec<Item> {
    let note = Note::new("", Reason::TypeChanged, class);
    vec![Item::Note(note.sides(Some(side_of(a)), Some(side_of(b))))]
}

fn capacity(a: &Type, b: &Type, count_a: u64, count_b: u64) -> Option<Item> {
    if count_a == count_b {
        return None;
    }
    let class = if count_b > count_a { Class::Migratable } else { Class::Fatal };
    let side = |ty, count| Some(Side { count: Some(count), ..side_of(ty) });
    let note = Note::new("", Reason::CapacityChanged, class);
    Some(Item::Note(note.sides(side(a, count_a), side(b, count_b))))
}

/// What it takes to read an old scalar as a new one.
fn scalar_class((a, non_zero_a): (Prim, bool), (b, non_zero_b): (Prim, bool)) -> Class {
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
