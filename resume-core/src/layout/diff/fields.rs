//! Fields of a struct or of a variant: matched by name, then told apart into edits and what they entail.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::super::model::{Field, Layout, Shape, Type};
use super::pair::{Item, Note, Pairs};
use super::rules::is_wrapper;
use super::{Class, Reason, Side};

/// What the fields of one owner (of all variants, for an enum) say about its offsets and size.
#[derive(Default)]
pub(super) struct Outcome {
    /// An edit here or a part of another size explains offsets and sizes that differ.
    pub(super) explained: bool,
    /// Fields that start elsewhere although they did not move among their neighbours.
    shifted: Vec<Note>,
}

impl Pairs<'_> {
    pub(super) fn structs(
        &mut self,
        items: &mut Vec<Item>,
        (a, fields_a): (&Type, &[Field]),
        (b, fields_b): (&Type, &[Field]),
    ) {
        let mut outcome = Outcome::default();
        let prefix = if is_wrapper(a) && is_wrapper(b) { None } else { Some("") };
        self.fields(items, &mut outcome, prefix, fields_a, fields_b);
        self.owner(items, outcome, (a, natural_align(self.old, a)), (b, natural_align(self.new, b)));
    }

    /// The owner's own size and alignment, once all its parts were compared.
    pub(super) fn owner(
        &self,
        items: &mut Vec<Item>,
        mut outcome: Outcome,
        (a, natural_a): (&Type, u64),
        (b, natural_b): (&Type, u64),
    ) {
        let sides = |note: Note| {
            let (old, new) = (super::rules::side_of(a), super::rules::side_of(b));
            note.sides(Some(old), Some(new))
        };
        if !outcome.shifted.is_empty() || (a.size, a.align) != (b.size, b.align) {
            // What was added took more than reserved space.
            for item in items.iter_mut() {
                if let Item::Note(note @ Note { class: Class::Appended, .. }) = item {
                    note.class = Class::Migratable;
                }
            }
        }
        let asked = |align, natural| if align > natural { align } else { 0 };
        if asked(a.align, natural_a) != asked(b.align, natural_b) {
            items.push(Item::Note(sides(Note::new("", Reason::AlignChanged, Class::Migratable))));
            outcome.explained = true;
        }
        for mut note in outcome.shifted {
            if !outcome.explained {
                note.reason = Reason::PaddingMoved;
                outcome.explained = true;
            } else {
                note.consequence = true;
            }
            items.push(Item::Note(note));
        }
        if a.size != b.size {
            let note = sides(Note::new("", Reason::SizeChanged, Class::Migratable));
            items.push(Item::Note(Note { consequence: outcome.explained, ..note }));
        }
    }

    /// `prefix` stands before the fields' names: of a variant, its name; `None` for a wrapper, whose
    /// field is not named in paths.
    pub(super) fn fields(
        &mut self,
        items: &mut Vec<Item>,
        outcome: &mut Outcome,
        prefix: Option<&str>,
        fields_a: &[Field],
        fields_b: &[Field],
    ) {
        let segment = |name: &str| prefix.map(|p| format!("{p}.{name}")).unwrap_or_default();
        let (layout_a, layout_b) = (self.old, self.new);
        let matching = Matching::of(layout_a, layout_b, fields_a, fields_b);
        let added: Vec<&Field> = matching.added.iter().map(|&j| &fields_b[j]).collect();
        let filled = |old: &Field| added.iter().any(|new| fills(layout_b, new, layout_a, old));
        outcome.explained |= matching.is_edited();
        for old in matching.removed.iter().map(|&i| &fields_a[i]) {
            let note = Note::new(&segment(&old.name), Reason::FieldRemoved, Class::Migratable);
            let note = note.sides(Some(side(layout_a, old)), None);
            items.push(Item::Note(Note { consequence: filled(old), ..note }));
        }
        for (j, new) in fields_b.iter().enumerate() {
            let at = segment(&new.name);
            let Some(&i) = matching.old_of_new.get(&j) else {
                let fills = fields_a.iter().any(|old| fills(layout_b, new, layout_a, old));
                let in_place = fills && starts_as_zero(layout_b, new);
                let class = if in_place { Class::Appended } else { Class::Migratable };
                let note = Note::new(&at, Reason::FieldAdded, class);
                items.push(Item::Note(note.sides(None, Some(side(layout_b, new)))));
                continue;
            };
            let old = &fields_a[i];
            let (ty_a, ty_b) = (layout_a.ty(old.ty), layout_b.ty(new.ty));
            let note = |reason, class| {
                Note::new(&at, reason, class).sides(Some(side(layout_a, old)), Some(side(layout_b, new)))
            };
            outcome.explained |= (ty_a.size, ty_a.align) != (ty_b.size, ty_b.align);
            if matching.reserved.contains(&j) && ty_a.size != ty_b.size {
                let mut removed = matching.removed.iter().map(|&k| &fields_a[k]);
                let given_back = removed.any(|field| within(layout_a, field, layout_b, new));
                let note = note(Reason::ReservedChanged, Class::Migratable);
                items.push(Item::Note(Note { consequence: filled(old) || given_back, ..note }));
                continue;
            }
            match matching.moves.get(&j) {
                Some(Move::Swapped { with, first: true }) => {
                    let partner = Some(segment(&fields_b[*with].name));
                    items
                        .push(Item::Note(Note { partner, ..note(Reason::FieldsSwapped, Class::Migratable) }));
                }
                Some(Move::Swapped { first: false, .. }) => {}
                Some(Move::Moved) => items.push(Item::Note(note(Reason::FieldMoved, Class::Migratable))),
                None if old.offset != new.offset => {
                    outcome.shifted.push(note(Reason::FieldShifted, Class::Migratable));
                }
                None => {}
            }
            if old.name != new.name {
                let (reason, class) = match new.marks.renamed_from.as_deref() == Some(&old.name) {
                    true => (Reason::FieldRenamed, Class::Renamed),
                    false => (Reason::FieldRenamedSuspected, Class::Migratable),
                };
                items.push(Item::Note(note(reason, class)));
            }
            let pair = self.pair(old.ty, new.ty);
            let place = |f: &Field| (f.name.clone(), f.offset);
            items.push(Item::Into { segment: at, pair, old: place(old), new: place(new) });
        }
    }
}

/// `new` lies within the bytes of `old`, which was kept for it.
fn fills(layout_b: &Layout, new: &Field, layout_a: &Layout, old: &Field) -> bool {
    old.marks.reserved && within(layout_b, new, layout_a, old)
}

/// Zero bytes are what a fresh value of the field is, so that old state reads as if the field had always been there.
/// (Of an enum that starts as a marked variant zero is no value.)
fn starts_as_zero(layout: &Layout, field: &Field) -> bool {
    let mut open = vec![(field.ty, field.marks.default)];
    let mut seen = std::collections::HashSet::new();
    while let Some((ty, default)) = open.pop() {
        if default || !layout.ty(ty).zero_valid {
            return false;
        }
        let fields: Box<dyn Iterator<Item = &Field>> = match &layout.ty(ty).shape {
            _ if !seen.insert(ty) => continue,
            Shape::Array { elem, .. } => {
                open.push((*elem, false));
                continue;
            }
            Shape::Struct { fields } => Box::new(fields.iter()),
            Shape::Enum { variants, .. } => {
                Box::new(variants.iter().filter(|v| v.discriminant == 0).flat_map(|v| &v.fields))
            }
            Shape::Scalar { .. } | Shape::Container { .. } | Shape::Handle { .. } => continue,
        };
        open.extend(fields.map(|f| (f.ty, f.marks.default)));
    }
    true
}

/// The bytes of one field lie within those of another.
fn within(layout: &Layout, field: &Field, of: &Layout, outer: &Field) -> bool {
    field.offset >= outer.offset
        && field.offset + layout.ty(field.ty).size <= outer.offset + of.ty(outer.ty).size
}

pub(super) fn side(layout: &Layout, field: &Field) -> Side {
    let ty = layout.ty(field.ty);
    Side { name: field.name.clone(), offset: field.offset, ..super::rules::side_of(ty) }
}

/// The alignment that a type has because of its parts.
pub(super) fn natural_align(layout: &Layout, ty: &Type) -> u64 {
    let of_parts = ty.shape.parts().map(|part| layout.ty(part).align).max().unwrap_or(1);
    match &ty.shape {
        Shape::Enum { tag, .. } => of_parts.max(tag.size()),
        _ => of_parts,
    }
}

enum Move {
    Swapped { with: usize, first: bool },
    Moved,
}

/// Which old field each new field is, and how it got to its place.
#[derive(Default)]
struct Matching {
    /// By index; a new field that is not in it was added.
    old_of_new: HashMap<usize, usize>,
    /// New fields that were not there.
    added: Vec<usize>,
    /// Old fields that are gone.
    removed: Vec<usize>,
    /// By index of the new field.
    moves: HashMap<usize, Move>,
    /// New fields that are space for later ones on both sides.
    reserved: Vec<usize>,
}

impl Matching {
    fn of(old: &Layout, new: &Layout, fields_a: &[Field], fields_b: &[Field]) -> Self {
        let by_name: HashMap<&str, usize> =
            fields_a.iter().enumerate().map(|(i, f)| (f.name.as_str(), i)).collect();
        let mut this = Self::default();
        for (j, field) in fields_b.iter().enumerate() {
            if let Some(&i) = by_name.get(field.name.as_str()) {
                this.old_of_new.insert(j, i);
                if fields_a[i].marks.reserved && field.marks.reserved {
                    this.reserved.push(j);
                }
            }
        }
        let mut taken: std::collections::HashSet<usize> = this.old_of_new.values().copied().collect();
        for (j, field) in fields_b.iter().enumerate() {
            let declared = field.marks.renamed_from.as_deref().and_then(|name| by_name.get(name));
            if let (None, Some(&i)) = (this.old_of_new.get(&j), declared)
                && taken.insert(i)
            {
                this.old_of_new.insert(j, i);
            }
        }
        // The order is that of those whose names stayed or were declared; a suspected rename never moves.
        this.find_moves(fields_b.len());
        this.find_renames((old, fields_a), (new, fields_b));
        let kept: std::collections::HashSet<usize> = this.old_of_new.values().copied().collect();
        this.added = (0..fields_b.len()).filter(|j| !this.old_of_new.contains_key(j)).collect();
        this.removed = (0..fields_a.len()).filter(|i| !kept.contains(i)).collect();
        this
    }

    /// Somebody added, removed or moved a field.
    fn is_edited(&self) -> bool {
        !(self.added.is_empty() && self.removed.is_empty() && self.moves.is_empty())
    }

    /// A field gone and one of the same type new, between the same neighbours.
    fn find_renames(&mut self, (old, fields_a): (&Layout, &[Field]), (new, fields_b): (&Layout, &[Field])) {
        let kept: HashMap<usize, usize> = self.old_of_new.iter().map(|(j, i)| (*i, *j)).collect();
        // Gaps are told apart by the kept field before them, counted by its index in the old layout.
        let mut gone: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
        let mut before = None;
        for i in 0..fields_a.len() {
            if kept.contains_key(&i) {
                before = Some(i);
            } else {
                gone.entry(before).or_default().push(i);
            }
        }
        let mut before = None;
        let mut arrived: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
        for j in 0..fields_b.len() {
            match self.old_of_new.get(&j) {
                Some(i) => before = Some(*i),
                None => arrived.entry(before).or_default().push(j),
            }
        }
        for (gap, gone) in gone {
            let arrived = arrived.get(&gap).map(Vec::as_slice).unwrap_or_default();
            let mut rest = arrived.iter();
            for i in gone {
                let name = &old.ty(fields_a[i].ty).name;
                let mut ahead = rest.clone();
                if let Some(&j) = ahead.find(|j| new.ty(fields_b[**j].ty).name == *name) {
                    self.old_of_new.insert(j, i);
                    rest = ahead;
                }
            }
        }
    }

    /// Two fields in each other's place are swapped; of the others, the fewest that explain the order
    /// have moved: all that are not in a longest run that kept its order.
    fn find_moves(&mut self, fields_b: usize) {
        let news: Vec<usize> = (0..fields_b).filter(|j| self.old_of_new.contains_key(j)).collect();
        let mut olds: Vec<usize> = news.iter().map(|j| self.old_of_new[j]).collect();
        let ranks: HashMap<usize, usize> = {
            let mut sorted = olds.clone();
            sorted.sort_unstable();
            sorted.into_iter().enumerate().map(|(rank, i)| (i, rank)).collect()
        };
        for i in &mut olds {
            *i = ranks[i];
        }
        let mut rest = Vec::new();
        for (position, &rank) in olds.iter().enumerate() {
            if rank != position && olds[rank] == position {
                let swap = Move::Swapped { with: news[rank], first: position < rank };
                self.moves.insert(news[position], swap);
            } else {
                rest.push((rank, news[position]));
            }
        }
        self.find_moves_of_rest(&rest);
    }

    /// `rest` holds old rank and new index of each field, in the new order.
    fn find_moves_of_rest(&mut self, rest: &[(usize, usize)]) {
        let kept = longest_increasing(&rest.iter().map(|(rank, _)| *rank).collect::<Vec<_>>());
        // Gaps between kept fields tell places apart without regard to what else moved.
        let mut moved: Vec<(usize, usize, usize)> = Vec::new();
        let (mut at_kept, mut waiting) = (0, HashMap::<(usize, usize), VecDeque<usize>>::new());
        for (at, &(rank, j)) in rest.iter().enumerate() {
            if kept.get(at_kept) == Some(&at) {
                at_kept += 1;
                continue;
            }
            let gap_old = kept.partition_point(|k| rest[*k].0 < rank);
            moved.push((j, gap_old, at_kept));
        }
        for &(j, from, to) in &moved {
            if let Some(with) = waiting.get_mut(&(to, from)).and_then(VecDeque::pop_front) {
                self.swapped(with, j);
            } else {
                waiting.entry((from, to)).or_default().push_back(j);
            }
        }
        for (j, from, to) in moved {
            let crossed = rest[kept[from.min(to).min(kept.len() - 1)]].1;
            if self.moves.contains_key(&j) {
                continue;
            }
            if from.abs_diff(to) == 1 && !self.moves.contains_key(&crossed) {
                self.swapped(j.min(crossed), j.max(crossed));
            } else {
                self.moves.insert(j, Move::Moved);
            }
        }
    }

    fn swapped(&mut self, first: usize, second: usize) {
        self.moves.insert(first, Move::Swapped { with: second, first: true });
        self.moves.insert(second, Move::Swapped { with: first, first: false });
    }
}

/// The positions of a longest increasing run in `values`, in order (patience sorting).
fn longest_increasing(values: &[usize]) -> Vec<usize> {
    let mut tails: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(values.len());
    for (at, value) in values.iter().enumerate() {
        let pile = tails.partition_point(|tail| values[*tail] < *value);
        before.push(pile.checked_sub(1).map(|p| tails[p]));
        if pile == tails.len() {
            tails.push(at);
        } else {
            tails[pile] = at;
        }
    }
    let mut run: Vec<usize> = core::iter::successors(tails.last().copied(), |at| before[*at]).collect();
    run.reverse();
    run
}
