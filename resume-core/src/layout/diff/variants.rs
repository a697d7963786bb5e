//! Variants of an enum: matched by name, their numbers explained by what came or went before them.

use std::collections::HashMap;

use super::super::model::{Shape, Type, Variant};
use super::fields::{Outcome, natural_align};
use super::pair::{Item, Note, Pairs};
use super::rules::side_of;
use super::{Class, Reason, Side};

impl Pairs<'_> {
    pub(super) fn enums(
        &mut self,
        items: &mut Vec<Item>,
        (a, variants_a): (&Type, &[Variant]),
        (b, variants_b): (&Type, &[Variant]),
    ) {
        let mut outcome = Outcome::default();
        if let (Shape::Enum { tag: tag_a, .. }, Shape::Enum { tag: tag_b, .. }) = (&a.shape, &b.shape)
            && tag_a != tag_b
        {
            let note = Note::new("", Reason::TagChanged, Class::Migratable);
            let side = |ty, tag: &super::super::desc::Prim| {
                Some(Side { ty: format!("{tag:?}").to_lowercase(), size: tag.size(), ..side_of(ty) })
            };
            items.push(Item::Note(note.sides(side(a, tag_a), side(b, tag_b))));
            outcome.explained = true;
        }
        let old_of_new = self.match_variants(variants_a, variants_b);
        let new_of_old: HashMap<usize, usize> = old_of_new.iter().map(|(j, i)| (*i, *j)).collect();
        for (_, old) in variants_a.iter().enumerate().filter(|(i, _)| !new_of_old.contains_key(i)) {
            let note = Note::new(&format!(".{}", old.name), Reason::VariantRemoved, Class::Fatal);
            items.push(Item::Note(note.sides(Some(side(a, old)), None)));
            outcome.explained = true;
        }
        let in_place = (a.size, a.align) == (b.size, b.align)
            && old_of_new.iter().all(|(j, i)| variants_b[*j].discriminant == variants_a[*i].discriminant);
        for (j, new) in variants_b.iter().enumerate() {
            let at = format!(".{}", new.name);
            let Some(&i) = old_of_new.get(&j) else {
                let taken = variants_a.iter().any(|old| old.discriminant == new.discriminant);
                let class = if in_place && !taken { Class::Appended } else { Class::Migratable };
                let note = Note::new(&at, Reason::VariantAdded, class);
                items.push(Item::Note(note.sides(None, Some(side(b, new)))));
                outcome.explained = true;
                continue;
            };
            let old = &variants_a[i];
            let sides = |note: Note| note.sides(Some(side(a, old)), Some(side(b, new)));
            if old.name != new.name {
                items.push(Item::Note(sides(Note::new(
                    &at,
                    Reason::VariantRenamedSuspected,
                    Class::Migratable,
                ))));
            }
            if old.discriminant != new.discriminant {
                let note = sides(Note::new(&at, Reason::DiscriminantChanged, Class::Migratable));
                let consequence = follows(&old_of_new, &new_of_old, variants_a, variants_b, (i, j));
                items.push(Item::Note(Note { consequence, ..note }));
            }
            self.fields(items, &mut outcome, Some(&at), &old.fields, &new.fields);
        }
        let order: Vec<usize> = (0..variants_b.len()).filter_map(|j| old_of_new.get(&j).copied()).collect();
        if in_place && !order.is_sorted() {
            let note = Note::new("", Reason::VariantsReordered, Class::Renamed);
            items.push(Item::Note(note.sides(Some(side_of(a)), Some(side_of(b)))));
        }
        self.owner(items, outcome, (a, natural_align(self.old, a)), (b, natural_align(self.new, b)));
    }

    /// New index to old: by name, else by discriminant and types of the fields.
    fn match_variants(&self, variants_a: &[Variant], variants_b: &[Variant]) -> HashMap<usize, usize> {
        let by_name: HashMap<&str, usize> =
            variants_a.iter().enumerate().map(|(i, v)| (v.name.as_str(), i)).collect();
        let new_names: HashMap<&str, usize> =
            variants_b.iter().enumerate().map(|(j, v)| (v.name.as_str(), j)).collect();
        let gone: HashMap<i128, usize> = variants_a
            .iter()
            .enumerate()
            .filter(|(_, v)| !new_names.contains_key(v.name.as_str()))
            .map(|(i, v)| (v.discriminant, i))
            .collect();
        let same_fields = |i: usize, j: usize| {
            let (old, new) = (&variants_a[i].fields, &variants_b[j].fields);
            old.len() == new.len()
                && old
                    .iter()
                    .zip(new)
                    .all(|(a, b)| a.name == b.name && self.old.ty(a.ty).name == self.new.ty(b.ty).name)
        };
        let matched = |(j, v): (usize, &Variant)| {
            let same_name = by_name.get(v.name.as_str()).copied();
            let renamed = || gone.get(&v.discriminant).copied().filter(|i| same_fields(*i, j));
            same_name.or_else(renamed).map(|i| (j, i))
        };
        variants_b.iter().enumerate().filter_map(matched).collect()
    }
}

/// Whether a number changed only because variants before it came or went: counted from the variant
/// before, it is what it was.
fn follows(
    old_of_new: &HashMap<usize, usize>,
    new_of_old: &HashMap<usize, usize>,
    variants_a: &[Variant],
    variants_b: &[Variant],
    (i, j): (usize, usize),
) -> bool {
    let implicit = |variants: &[Variant], at: usize| match at.checked_sub(1) {
        None => variants[at].discriminant == 0,
        Some(before) => variants[before].discriminant.checked_add(1) == Some(variants[at].discriminant),
    };
    let edited_before =
        (0..j).any(|k| !old_of_new.contains_key(&k)) || (0..i).any(|k| !new_of_old.contains_key(&k));
    let in_order = (0..j).filter_map(|k| old_of_new.get(&k)).all(|k| *k < i);
    edited_before && in_order && implicit(variants_a, i) && implicit(variants_b, j)
}

fn side(owner: &Type, variant: &Variant) -> Side {
    Side { name: variant.name.clone(), discriminant: Some(variant.discriminant), ..side_of(owner) }
}
