//! Pairs of an old and a new type: each is compared once, whatever the number of paths to it.
//!
//! The outcome of a pair is a list of [`Item`]s: what changed here, and which pairs of parts to look
//! into. Pairs wait in a list instead of recursing. A pair of types with different names costs work that
//! no honest input needs much of, so it draws on a budget proportional to the input.

use std::collections::{HashMap, HashSet};

use super::super::model::{Field, Layout, Shape, Type, Variant};
use super::super::names::base;
use super::rules::{self, is_wrapper};
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
    /// What it costs to look at each type.
    old_costs: Vec<usize>,
    new_costs: Vec<usize>,
    budget: usize,
}

/// How many items the pairs of differently named types may cost, per item of the input.
const BUDGET_FACTOR: usize = 32;

impl<'a> Pairs<'a> {
    pub(super) fn compare(old: &'a Layout, new: &'a Layout) -> Self {
        fn names(layout: &Layout) -> HashMap<&str, usize> {
            layout.types().iter().enumerate().map(|(i, ty)| (ty.name.as_str(), i)).collect()
        }
        let costs = |layout: &Layout| -> Vec<_> {
            layout.types().iter().map(|ty| 1 + ty.shape.parts().count()).collect()
        };
        let (old_costs, new_costs) = (costs(old), costs(new));
        let input: usize = old_costs.iter().chain(&new_costs).sum();
        let mut pairs = Self {
            old,
            new,
            pairs: Vec::new(),
            index: HashMap::new(),
            old_names: names(old),
            new_names: names(new),
            renamed: HashSet::new(),
            old_costs,
            new_costs,
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
        pairs.settle_keys();
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

    /// What the pair is about, and whether its types are named.
    fn items(&mut self, old: usize, new: usize) -> (Vec<Item>, bool) {
        let (a, b) = (self.old.ty(old), self.new.ty(new));
        if a.name != b.name && !self.afford(self.old_costs[old] + self.new_costs[new]) {
            return (self.strangers(a, b), false);
        }
        match (&a.shape, &b.shape) {
            (
                Shape::Scalar { prim: prim_a, non_zero: non_zero_a },
                Shape::Scalar { prim: prim_b, non_zero: non_zero_b },
            ) => {
                let mut items: Vec<_> = rules::align(a, b).into_iter().collect();
                if (&a.name, prim_a, non_zero_a) != (&b.name, prim_b, non_zero_b) {
                    let class = rules::scalar_class((*prim_a, *non_zero_a), (*prim_b, *non_zero_b));
                    items.push(Item::Note(rules::note_of(Reason::TypeChanged, class, a, b)));
                }
                (items, false)
            }
            (Shape::Handle { target: target_a }, Shape::Handle { target: target_b }) => {
                let mut items: Vec<_> = rules::align(a, b).into_iter().collect();
                if base(target_a) != base(target_b) {
                    let note = rules::note_of(Reason::HandleTargetChanged, Class::Fatal, a, b);
                    items.push(Item::Note(note));
                }
                (items, false)
            }
            (Shape::Array { elem: elem_a, len: len_a }, Shape::Array { elem: elem_b, len: len_b }) => {
                let mut items: Vec<_> = rules::capacity(a, b, *len_a, *len_b).into_iter().collect();
                items.push(self.elem_pair("[]".into(), *elem_a, *elem_b));
                (items, false)
            }
            (Shape::Container { role: role_a, .. }, Shape::Container { role: role_b, .. })
                if role_a == role_b =>
            {
                (self.containers(a, b), false)
            }
            (Shape::Struct { fields: fields_a }, Shape::Struct { fields: fields_b }) => {
                let names = |fields: &'a [Field]| fields.iter().map(|f| f.name.as_str()).collect();
                let Some(mut items) = self.kinship(a, b, names(fields_a), names(fields_b)) else {
                    return (self.strangers(a, b), false);
                };
                self.structs(&mut items, (a, fields_a), (b, fields_b));
                (items, !is_wrapper(a))
            }
            (Shape::Enum { variants: variants_a, .. }, Shape::Enum { variants: variants_b, .. }) => {
                let names = |variants: &'a [Variant]| variants.iter().map(|v| v.name.as_str()).collect();
                let Some(mut items) = self.kinship(a, b, names(variants_a), names(variants_b)) else {
                    return (self.strangers(a, b), false);
                };
                self.enums(&mut items, (a, variants_a), (b, variants_b));
                (items, true)
            }
            _ => (self.strangers(a, b), false),
        }
    }

    /// Takes the cost of a pair of differently named types; those of one name pair up once only.
    fn afford(&mut self, cost: usize) -> bool {
        let left = self.budget.checked_sub(cost);
        self.budget = left.unwrap_or(0);
        left.is_some()
    }

    /// Types that have nothing to do with each other, except that one may wrap the other.
    fn strangers(&self, a: &Type, b: &Type) -> Vec<Item> {
        let wrapped = rules::wraps(self.new, b, a) || rules::wraps(self.old, a, b) && a.size == b.size;
        let class = if wrapped { Class::Migratable } else { Class::Fatal };
        vec![Item::Note(rules::note_of(Reason::TypeChanged, class, a, b))]
    }

    /// Whether two structs (or enums) are versions of one type: `None` for strangers, else what the
    /// names alone tell.
    fn kinship(&mut self, a: &Type, b: &Type, parts_a: Vec<&str>, parts_b: Vec<&str>) -> Option<Vec<Item>> {
        if base(&a.name) == base(&b.name) {
            return Some(Vec::new());
        }
        if b.renamed_from.as_deref() == Some(base(&a.name)) {
            self.renamed.insert((a.name.clone(), b.name.clone()));
            return Some(vec![Item::Note(rules::note_of(Reason::TypeRenamed, Class::Renamed, a, b))]);
        }
        // Both names exist on one side: a field went from one known type to another.
        if self.new_names.contains_key(a.name.as_str()) || self.old_names.contains_key(b.name.as_str()) {
            return None;
        }
        let known: HashSet<_> = parts_a.iter().collect();
        let shared = parts_b.iter().filter(|name| known.contains(name)).count();
        if shared * 2 < parts_a.len().max(parts_b.len()) {
            return None;
        }
        self.renamed.insert((a.name.clone(), b.name.clone()));
        Some(vec![Item::Note(rules::note_of(Reason::TypeRenamedSuspected, Class::Migratable, a, b))])
    }

    /// Whether two names differ by declared renames only, also where those stand as generic arguments.
    pub(super) fn is_declared(&self, old: &str, new: &str) -> bool {
        let between = |c: char| !c.is_alphanumeric() && c != '_';
        let same = |(a, b): (&str, &str)| {
            let (old, new) = (a.trim_end_matches(between), b.trim_end_matches(between));
            let renamed = |ty: &Type| ty.renamed_from.as_deref() == Some(old) && base(&ty.name) == new;
            a == b || self.new.types().iter().any(renamed) && a[old.len()..] == b[new.len()..]
        };
        let (mut a, mut b) = (old.split_inclusive(between), new.split_inclusive(between));
        let all_same = a.by_ref().zip(b.by_ref()).all(same);
        all_same && old.split_inclusive(between).count() == new.split_inclusive(between).count()
    }

    pub(super) fn elem_pair(&mut self, segment: String, old: usize, new: usize) -> Item {
        let pair = self.pair(old, new);
        let name = |layout: &Layout, ty: usize| (layout.ty(ty).name.clone(), 0);
        Item::Into { segment, pair, old: name(self.old, old), new: name(self.new, new) }
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
                if let Item::Note(note @ Note { reason: Reason::HandleTargetChanged, .. }) = item {
                    note.consequence = true;
                    note.class = Class::Renamed;
                }
            }
        }
    }
}
