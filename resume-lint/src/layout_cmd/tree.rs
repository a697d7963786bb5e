//! A layout for people: the tree of its parts, then where the bytes are.
//!
//! Each struct and enum is shown at the first place that leads to it. Offsets count from the start of the
//! enclosing type, as the source declares it.

use std::collections::HashSet;

use resume_core::layout::human::{bytes, count};
use resume_core::layout::names::{base, readable};
use resume_core::layout::{Element, Field, Layout, Marks, Prim, Role, Shape, Type, Variant, hex};

use super::space;

/// A row that would be wider puts its note below.
const WIDTH: usize = 100;

/// Bytes of a cache line.
const LINE: u64 = 64;

/// Between a row's text and its note.
const GAP: usize = 3;

/// The whole text.
pub(super) fn render(layout: &Layout) -> String {
    let root = layout.root();
    let mut tree = Tree { layout, rows: Vec::new(), shown: HashSet::from([0]) };
    tree.body(root, 0);
    let wide = |of: fn(&Row) -> &str| tree.rows.iter().map(|row| of(row).len()).max().unwrap_or(0).max(6);
    let (offset_width, size_width) = (wide(|row| &row.offset), wide(|row| &row.size));
    let mut out = format!(
        "{}: {}, alignment {}\nlayout {}\nschema {}\n\n{:>offset_width$}  {:>size_width$}  field (offsets count from \
         the enclosing type)\n",
        readable(&root.name),
        exact(root.size),
        root.align,
        hex(root.layout),
        hex(root.schema),
        "offset",
        "size",
    );
    // The offset, the size and the gaps behind them stand before the text.
    let left = offset_width + size_width + 4;
    let fits = |row: &&Row| left + row.text_width() + GAP + row.note.chars().count() <= WIDTH;
    let with_note = tree.rows.iter().filter(|row| !row.note.is_empty());
    let note_column = with_note.filter(fits).map(Row::text_width).max().unwrap_or(0) + GAP;
    for row in &tree.rows {
        let indent = "  ".repeat(row.level);
        out += &format!("{:>offset_width$}  {:>size_width$}  {indent}{}", row.offset, row.size, row.text);
        if !row.note.is_empty() {
            // In its column, or as far left of it as the width asks.
            let column = note_column.min(WIDTH.saturating_sub(left + row.note.chars().count()));
            if column >= row.text_width() + GAP - 1 {
                out += &" ".repeat(column - row.text_width());
            } else {
                out.push('\n');
                out += &" ".repeat(left + indent.len() + 2);
            }
            out += &row.note;
        }
        out.push('\n');
    }
    out + &space::render(layout)
}

/// `5.6 MiB (5,920,000 B)`, or bytes only where that is all there is to say.
fn exact(number: u64) -> String {
    let (rounded, whole) = (bytes(number), format!("{} B", count(number)));
    if rounded == whole { whole } else { format!("{rounded} ({whole})") }
}

struct Row {
    level: usize,
    offset: String,
    size: String,
    text: String,
    note: String,
}

impl Row {
    fn text_width(&self) -> usize {
        2 * self.level + self.text.chars().count()
    }
}

struct Tree<'a> {
    layout: &'a Layout,
    rows: Vec<Row>,
    /// Types whose parts were shown.
    shown: HashSet<usize>,
}

impl Tree<'_> {
    fn row(&mut self, level: usize, offset: Option<u64>, size: Option<u64>, text: String, note: String) {
        let offset = offset.map(count).unwrap_or_default();
        let size = size.map(bytes).unwrap_or_default();
        self.rows.push(Row { level, offset, size, text, note });
    }

    /// A part and what is inside it. Recurses along parts, whose depth a layout bounds.
    fn part(&mut self, level: usize, label: &str, offset: u64, ty: usize) {
        let of = self.layout.ty(ty);
        let inside = self.inside(of);
        let again = inside && !self.shown.insert(ty);
        let note = if again { "shown above".to_owned() } else { self.note(of) };
        let text = format!("{label}: {}", readable(&of.name));
        self.row(level, Some(offset), Some(of.size), text, note);
        if inside && !again {
            self.body(of, level + 1);
        }
    }

    /// Whether a type has parts of its own to show.
    fn inside(&self, ty: &Type) -> bool {
        match &ty.shape {
            Shape::Struct { fields } if base(&ty.name) == "Cell" => {
                fields.iter().any(|f| self.inside(self.layout.ty(f.ty)))
            }
            Shape::Struct { fields } => !fields.is_empty(),
            Shape::Enum { variants, .. } => one_line(variants).is_none(),
            Shape::Array { .. } | Shape::Container { .. } => {
                let elements = self.layout.elements(ty);
                let keyed = elements.len() > 1;
                elements.iter().any(|e| keyed || self.inside(self.layout.ty(e.ty)))
            }
            _ => false,
        }
    }

    fn body(&mut self, ty: &Type, level: usize) {
        match &ty.shape {
            Shape::Struct { fields } => self.fields(fields, level, 0, ty.size),
            Shape::Enum { tag, variants } => {
                self.row(
                    level,
                    Some(0),
                    Some(tag.size()),
                    format!("(tag {})", prim_name(*tag)),
                    String::new(),
                );
                for variant in variants {
                    let text = format!("{} = {}", variant.name, variant.discriminant);
                    self.row(level, None, None, text, String::new());
                    for field in &variant.fields {
                        let rows = self.rows.len();
                        self.part(level + 1, &field.name, field.offset, field.ty);
                        self.marks(rows, &field.marks);
                    }
                }
            }
            Shape::Array { .. } | Shape::Container { .. } => {
                for Element { segment, ty, offset, .. } in self.layout.elements(ty) {
                    self.part(level, segment, offset, ty);
                }
            }
            _ => {}
        }
    }

    /// Fields, the padding between them and behind them, and where cache lines begin.
    fn fields(&mut self, fields: &[Field], level: usize, start: u64, size: u64) {
        let mut end = start;
        let mut line = 0;
        for field in fields {
            let bytes = self.layout.ty(field.ty).size;
            if bytes > 0 && field.offset > end {
                self.row(level, Some(end), Some(field.offset - end), "(padding)".into(), String::new());
            }
            // Lines count from the start of the type, which is that of a line where its alignment says so.
            if bytes > 0 && field.offset / LINE > line {
                line = field.offset / LINE;
                self.row(level, None, None, format!("── cache line {} ──", count(line)), String::new());
            }
            let rows = self.rows.len();
            self.part(level, &field.name, field.offset, field.ty);
            self.marks(rows, &field.marks);
            let straddles = bytes > 0 && field.offset / LINE != (field.offset + bytes - 1) / LINE;
            if straddles && bytes <= LINE && self.rows[rows].note.is_empty() {
                self.rows[rows].note = "in two cache lines".to_owned();
            }
            end = end.max(field.offset + bytes);
        }
        if size > end {
            self.row(level, Some(end), Some(size - end), "(padding)".into(), String::new());
        }
    }

    /// Adds what the author of a field declared to its row.
    fn marks(&mut self, row: usize, marks: &Marks) {
        let all = [(marks.reserved, "reserved"), (marks.transient, "transient"), (marks.default, "default")];
        let mut words: Vec<&str> = all.into_iter().filter_map(|(is, word)| is.then_some(word)).collect();
        let note = std::mem::take(&mut self.rows[row].note);
        words.extend((!note.is_empty()).then_some(note.as_str()));
        self.rows[row].note = words.join(", ");
    }

    /// What stands beside a part.
    fn note(&self, ty: &Type) -> String {
        match &ty.shape {
            Shape::Enum { tag, variants } => match one_line(variants) {
                Some(list) => format!("{}: {list}", prim_name(*tag)),
                None => String::new(),
            },
            Shape::Container { role: Role::BitSet, capacity, .. } => format!("{} bits", count(*capacity)),
            Shape::Array { .. } | Shape::Container { .. } => match self.layout.elements(ty).first() {
                Some(element) => {
                    let total = bytes(element.stride.saturating_mul(element.len));
                    format!("{} × {} = {total}", count(element.len), bytes(element.stride))
                }
                None => String::new(),
            },
            _ => String::new(),
        }
    }
}

/// The variants of an enum without fields, if they fit a line.
fn one_line(variants: &[Variant]) -> Option<String> {
    if variants.iter().any(|v| !v.fields.is_empty()) {
        return None;
    }
    let mut next = 0;
    let mut list = String::new();
    for variant in variants {
        let comma = if list.is_empty() { "" } else { ", " };
        list.push_str(comma);
        list.push_str(&variant.name);
        if variant.discriminant != next {
            list.push_str(&format!(" = {}", variant.discriminant));
        }
        next = variant.discriminant.saturating_add(1);
        if list.len() > WIDTH / 2 {
            return None;
        }
    }
    Some(list)
}

fn prim_name(prim: Prim) -> String {
    format!("{prim:?}").to_lowercase()
}
