//! The boxes of one side of a drawing: its parts, and the padding between them.

use std::collections::HashMap;

use resume_core::layout::human::count;
use resume_core::layout::names::readable;
use resume_core::layout::{Field, Layout, Part, Prim, Reason, Type, TypeMap};

use super::rows::Cell;
use super::sign;

/// One side of a drawing.
pub(super) struct Side<'a> {
    pub(super) layout: &'a Layout,
    pub(super) ty: &'a Type,
    pub(super) fields: &'a [Field],
    pub(super) tag: Option<Prim>,
    /// `o` or `n`, in anchors.
    pub(super) letter: char,
    /// Stands before the fields' names in the map's segments.
    pub(super) prefix: &'a str,
}

impl Side<'_> {
    pub(super) fn cells(&self, map: &TypeMap) -> Vec<Cell> {
        let is_old = self.letter == 'o';
        let mut parts: HashMap<&str, usize> = HashMap::new();
        for (at, part) in map.parts.iter().enumerate() {
            let place = if is_old { part.old.as_ref() } else { part.new.as_ref() };
            let inside = part.segment.strip_prefix(self.prefix).and_then(|rest| rest.strip_prefix('.'));
            if let (Some(place), Some(inside)) = (place, inside)
                && !inside.contains('.')
            {
                parts.insert(&place.name, at);
            }
        }
        let mut cells = Vec::new();
        let mut end = 0;
        if let Some(tag) = self.tag {
            let ty = format!("{tag:?}").to_lowercase();
            cells.push(plain(0, tag.size(), "tag", &ty, "field"));
            end = tag.size();
        }
        for field in self.fields {
            let ty = self.layout.ty(field.ty);
            if ty.size == 0 {
                continue;
            }
            if field.offset > end {
                cells.push(plain(end, field.offset - end, "", "", "pad"));
            }
            let part = parts.get(field.name.as_str()).map(|at| (*at, &map.parts[*at]));
            cells.push(cell(field, ty, part, is_old));
            end = field.offset + ty.size;
        }
        if self.ty.size > end {
            cells.push(plain(end, self.ty.size - end, "", "", "pad"));
        }
        cells
    }
}

fn plain(start: u64, bytes: u64, label: &str, ty: &str, look: &str) -> Cell {
    let what = if label.is_empty() { "padding" } else { label };
    let title = format!("{what}, {} B at offset {}", count(bytes), count(start));
    let (name, ty, look) = (label.to_owned(), ty.to_owned(), look.to_owned());
    Cell { start, bytes, part: None, sign: "", name, ty, look, title, told: false }
}

fn cell(field: &Field, ty: &Type, part: Option<(usize, &Part)>, is_old: bool) -> Cell {
    let name = readable(&ty.name);
    let mut title = format!("{}: {name}, {} B at offset {}", field.name, count(ty.size), count(field.offset));
    let (mut look, mut mark, mut told) = ("field".to_owned(), "", false);
    if let Some((_, part)) = part {
        if let Some((reason, class)) = part.change {
            // A sign beside the colour: not everybody tells colours apart.
            mark = sign(reason);
            let kind = match reason {
                Reason::FieldAdded => "added",
                Reason::FieldRemoved => "removed",
                _ => "edited",
            };
            look = format!("field {kind} {class}");
            title += &format!("\n{} ({class})", reason.code());
            told = true;
        } else if part.inside {
            look = "field inside".to_owned();
            title += "\nchanged inside";
            told = true;
        }
        if part.shifted {
            look += " shifted";
        }
        let other = if is_old { &part.new } else { &part.old };
        if let Some(other) = other.as_ref().filter(|other| other.offset != field.offset) {
            let which = if is_old { "now" } else { "was" };
            title += &format!("\n{which} at offset {}", count(other.offset));
        }
    }
    let part = part.map(|(at, _)| at);
    Cell {
        start: field.offset,
        bytes: ty.size,
        part,
        sign: mark,
        name: field.name.clone(),
        ty: name,
        look,
        title,
        told,
    }
}
