//! What a drawing of a changed type needs: which old part is which new part, and what happened to it.

use std::collections::HashMap;

use super::pair::{Item, Note, Pairs};
use super::{Class, Reason};

/// A struct or an enum in which something changed or shifted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TypeMap {
    /// The first path that leads to it.
    pub path: String,
    /// The index of the type in the old layout.
    pub old: usize,
    /// The index of the type in the new layout.
    pub new: usize,
    /// Its fields and variants, those that are as they were included.
    pub parts: Vec<Part>,
}

/// A field or a variant of a [`TypeMap`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part {
    /// What stands behind the map's path: `.hp`, `.Walking`, `.Walking.to`.
    pub segment: String,
    /// Where it was.
    pub old: Option<Place>,
    /// Where it is.
    pub new: Option<Place>,
    /// What somebody did to it, or to the array or container that it is.
    pub change: Option<(Reason, Class)>,
    /// It starts elsewhere, or ends elsewhere, because something else changed.
    pub shifted: bool,
    /// Something inside it changed.
    pub inside: bool,
}

/// A name and an offset from the start of the owner.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The field's or variant's name.
    pub name: String,
    /// Bytes.
    pub offset: u64,
}

fn place((name, offset): &(String, u64)) -> Place {
    Place { name: name.clone(), offset: *offset }
}

/// The map of a pair; nothing when all that changed is further inside.
pub(super) fn map_of(compared: &Pairs<'_>, dirty: &[bool], index: usize, path: &str) -> Option<TypeMap> {
    let pair = &compared.pairs[index];
    let mut parts: Vec<Part> = Vec::new();
    let mut at: HashMap<&str, usize> = HashMap::new();
    let mut partners: Vec<(&str, Class)> = Vec::new();
    for item in &pair.items {
        let segment = match item {
            Item::Note(note) => note.segment.as_str(),
            Item::Into { segment, .. } => segment.as_str(),
        };
        if segment.is_empty() {
            continue;
        }
        let at = *at.entry(segment).or_insert_with(|| {
            let segment = segment.to_owned();
            parts.push(Part { segment, old: None, new: None, change: None, shifted: false, inside: false });
            parts.len() - 1
        });
        let part = &mut parts[at];
        match item {
            Item::Note(note) => {
                let side = |side: &super::Side| Place { name: side.name.clone(), offset: side.offset };
                part.old = part.old.take().or(note.old.as_ref().map(side));
                part.new = part.new.take().or(note.new.as_ref().map(side));
                part.note(note);
                partners.extend(note.partner.as_deref().map(|partner| (partner, note.class)));
            }
            Item::Into { pair, old, new, .. } => {
                (part.old, part.new) = (Some(place(old)), Some(place(new)));
                part.inside = dirty[*pair];
                for note in notes_of_unnamed(compared, *pair) {
                    part.note(note);
                }
            }
        }
    }
    for (partner, class) in partners {
        if let Some(at) = at.get(partner) {
            parts[*at].change.get_or_insert((Reason::FieldsSwapped, class));
        }
    }
    let own = pair.items.iter().any(|item| matches!(item, Item::Note(note) if note.segment.is_empty()));
    let told = own || parts.iter().any(|part| part.change.is_some() || part.shifted);
    told.then(|| TypeMap { path: path.to_owned(), old: pair.old, new: pair.new, parts })
}

impl Part {
    fn note(&mut self, note: &Note) {
        if note.consequence {
            self.shifted = true;
        } else if self.change.is_none_or(|(_, class)| class < note.class) {
            self.change = Some((note.reason, note.class));
        }
    }
}

/// What is noted about a field's own type where that is written out at the field: an array of containers,
/// a scalar. Follows elements down to the next struct or enum, through as many levels as a layout has.
fn notes_of_unnamed<'a>(compared: &'a Pairs<'_>, index: usize) -> Vec<&'a Note> {
    let (mut notes, mut open) = (Vec::new(), vec![index]);
    let mut levels = 0;
    while let Some(index) = open.pop() {
        let pair = &compared.pairs[index];
        levels += 1;
        if levels > super::super::DEPTH_MAX {
            break;
        }
        let own = |item: &'a Item| match item {
            Item::Note(note) if note.segment.is_empty() => Some(note),
            _ => None,
        };
        // The size of a named type is drawn with that type, and shows here as a shift.
        notes.extend(pair.items.iter().filter_map(own).filter(|note| !pair.named || note.consequence));
        if !pair.named {
            open.extend(pair.items.iter().filter_map(|item| match item {
                Item::Into { pair, .. } => Some(*pair),
                Item::Note(_) => None,
            }));
        }
    }
    notes
}
