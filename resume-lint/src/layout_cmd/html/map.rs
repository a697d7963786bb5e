//! The bytes of one type, old and new side by side, as SVG.
//!
//! A row is a cache line. Parts are boxes, placed by byte; ribbons between the sides lead from what was
//! changed to what it is now.

use std::collections::HashMap;

use resume_core::layout::human::count;
use resume_core::layout::names::readable;
use resume_core::layout::{Field, Layout, Part, Prim, Reason, Shape, Type, TypeMap, Variant};

use super::rows::{Cell, LINE, Row, rows};
use super::{Text, put, sign};

const SIDE: f64 = 544.0;
const OLD_X: f64 = 66.0;
const NEW_X: f64 = OLD_X + SIDE + 124.0;
const WIDTH: f64 = NEW_X + SIDE + 4.0;
const TOP: f64 = 46.0;
const ROW: f64 = 30.0;
const ROW_BOX: f64 = 25.0;
const GAP_ROW: f64 = 22.0;
/// What a row takes more for names that do not fit their boxes.
const CALLOUT: f64 = 15.0;
/// How wide a character of a label is.
const CHAR: f64 = 6.3;

/// What all drawings of a page share.
pub(super) fn patterns(out: &mut String) {
    out.push_str(
        "<svg width=\"0\" height=\"0\" aria-hidden=\"true\" class=\"defs\"><defs><pattern id=\"hatch\" width=\"6\" height=\"6\" \
         patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><line x1=\"0\" y1=\"0\" x2=\"0\" y2=\"6\" \
         class=\"hatchline\"/></pattern></defs></svg>\n",
    );
}

/// The drawing of a struct, or those of an enum's variants.
pub(super) fn draw(out: &mut String, old: &Layout, new: &Layout, map: &TypeMap, at: usize) {
    let (a, b) = (old.ty(map.old), new.ty(map.new));
    match (&a.shape, &b.shape) {
        (Shape::Struct { fields: fields_a }, Shape::Struct { fields: fields_b }) => {
            let old = Side { layout: old, ty: a, fields: fields_a, tag: None, letter: 'o', prefix: "" };
            let new = Side { layout: new, ty: b, fields: fields_b, tag: None, letter: 'n', prefix: "" };
            pair(out, Some(&old), Some(&new), map, at);
        }
        (Shape::Enum { tag: tag_a, variants: all_a }, Shape::Enum { tag: tag_b, variants: all_b }) => {
            variants(out, (old, a, *tag_a, all_a), (new, b, *tag_b, all_b), map, at);
        }
        _ => {}
    }
}

type Enum<'a> = (&'a Layout, &'a Type, Prim, &'a [Variant]);

fn variants(out: &mut String, a: Enum<'_>, b: Enum<'_>, map: &TypeMap, at: usize) {
    let told = |part: &&Part| part.change.is_some() || part.shifted || part.inside;
    let of = |name: &str| {
        let own = format!(".{name}");
        let inside = format!(".{name}.");
        let mut parts = map.parts.iter().filter(told);
        parts.any(move |part| part.segment == own || part.segment.starts_with(&inside))
    };
    let noted: HashMap<&str, &Part> =
        map.parts.iter().filter_map(|part| Some((part.segment.strip_prefix('.')?, part))).collect();
    let mut unchanged = 0;
    for v in b.3 {
        if !of(&v.name) {
            unchanged += 1;
            continue;
        }
        let part = noted.get(v.name.as_str());
        let was = match part {
            Some(part) => part.old.as_ref().map(|place| place.name.as_str()),
            None => Some(v.name.as_str()),
        };
        let before = was.and_then(|name| a.3.iter().find(|v| v.name == name));
        variant(out, before.map(|v| (a, v)), Some((b, v)), map, at);
    }
    for v in a.3 {
        let removed = noted.get(v.name.as_str()).is_some_and(|part| part.new.is_none());
        if removed {
            variant(out, Some((a, v)), None, map, at);
        }
    }
    let variants = if unchanged == 1 { "variant" } else { "variants" };
    if unchanged > 0 {
        put!(out, "<p class=\"variant\">{} {variants} as before</p>\n", count(unchanged));
    }
}

fn variant(
    out: &mut String,
    a: Option<(Enum<'_>, &Variant)>,
    b: Option<(Enum<'_>, &Variant)>,
    map: &TypeMap,
    at: usize,
) {
    let Some(named) = b.or(a).map(|(_, v)| v.name.as_str()) else { return };
    let number = |side: Option<(Enum<'_>, &Variant)>| match side {
        Some((_, v)) => format!("{} = {}", v.name, v.discriminant),
        None => "—".to_owned(),
    };
    let own = format!(".{named}");
    let part_at = map.parts.iter().position(|part| part.segment == own);
    let id = |side| part_at.map(|part| format!(" id=\"m{at}{side}{part}\"")).unwrap_or_default();
    let told = part_at
        .and_then(|at| map.parts[at].change)
        .map(|(reason, class)| format!(" <span class=\"badge {class}\">{}</span>", reason.code()));
    put!(
        out,
        "<p class=\"variant\"><code{}>{}</code> → <code{}>{}</code>{}</p>\n",
        id('o'),
        Text(number(a)),
        id('n'),
        Text(number(b)),
        told.unwrap_or_default()
    );
    if a.into_iter().chain(b).all(|(_, v)| v.fields.is_empty()) {
        return;
    }
    let prefix = format!(".{named}");
    let old = a.map(|((layout, ty, tag, _), v)| Side {
        layout,
        ty,
        fields: &v.fields,
        tag: Some(tag),
        letter: 'o',
        prefix: &prefix,
    });
    let new = b.map(|((layout, ty, tag, _), v)| Side {
        layout,
        ty,
        fields: &v.fields,
        tag: Some(tag),
        letter: 'n',
        prefix: &prefix,
    });
    pair(out, old.as_ref(), new.as_ref(), map, at);
}

/// One side of a drawing.
struct Side<'a> {
    layout: &'a Layout,
    ty: &'a Type,
    fields: &'a [Field],
    tag: Option<Prim>,
    /// `o` or `n`, in anchors.
    letter: char,
    /// Stands before the fields' names in the map's segments.
    prefix: &'a str,
}

impl Side<'_> {
    fn cells(&self, map: &TypeMap) -> Vec<Cell> {
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

/// Where a part's box is, for ribbons.
type Boxes = HashMap<usize, f64>;

fn pair(out: &mut String, old: Option<&Side<'_>>, new: Option<&Side<'_>>, map: &TypeMap, at: usize) {
    // What is smaller than a line takes the whole width, for its names.
    let bytes_max = old.into_iter().chain(new).map(|side| side.ty.size).max().unwrap_or(LINE);
    let columns = [8, 16, 32].into_iter().find(|columns| bytes_max <= *columns).unwrap_or(LINE);
    let byte = SIDE / columns as f64;
    let prepared =
        [(old, OLD_X), (new, NEW_X)].map(|(side, x)| side.map(|side| Drawn::new(side, x, byte, map)));
    let tallest = prepared.iter().flatten().map(Drawn::height).fold(ROW, f64::max);
    let total = TOP + tallest + 4.0;
    put!(
        out,
        "<svg class=\"bytes\" viewBox=\"0 0 {WIDTH} {total}\" role=\"img\" aria-label=\"memory of {}, old and new\">\n",
        Text(&map.path)
    );
    // A link needs a box on the other side that is drawn.
    let boxes = prepared.each_ref().map(|side| side.as_ref().map(Drawn::boxes).unwrap_or_default());
    ribbons(out, &boxes[0], &boxes[1], map);
    for (which, side) in prepared.iter().enumerate() {
        if let Some(side) = side {
            side.draw(out, &boxes[1 - which], at);
        }
    }
    out.push_str("</svg>\n");
}

fn of_line(cells: &[Cell], line: u64) -> impl Iterator<Item = &Cell> {
    let first = cells.partition_point(|cell| cell.end() <= line * LINE);
    cells[first..].iter().take_while(move |cell| cell.start < (line + 1) * LINE)
}

fn ribbons(out: &mut String, old: &Boxes, new: &Boxes, map: &TypeMap) {
    let (from, to) = (OLD_X + SIDE, NEW_X - 62.0);
    let middle = (from + to) / 2.0;
    for (at, part) in map.parts.iter().enumerate() {
        let (Some(y), Some(end)) = (old.get(&at), new.get(&at)) else { continue };
        let moved = part.old.as_ref().map(|p| p.offset) != part.new.as_ref().map(|p| p.offset);
        let look = match part.change {
            Some((_, class)) => format!("ribbon {class}"),
            None if moved => "ribbon".to_owned(),
            None => continue,
        };
        put!(
            out,
            "<path class=\"{look}\" d=\"M{from} {y:.1}C{middle} {y:.1} {middle} {end:.1} {to} {end:.1}\"/>\n"
        );
    }
}

/// A side with its boxes and rows.
struct Drawn<'a> {
    side: &'a Side<'a>,
    x: f64,
    byte: f64,
    cells: Vec<Cell>,
    rows: Vec<Row>,
}

impl<'a> Drawn<'a> {
    fn new(side: &'a Side<'a>, x: f64, byte: f64, map: &TypeMap) -> Self {
        let cells = side.cells(map);
        let rows = rows(&cells, side.ty.size);
        Self { side, x, byte, cells, rows }
    }

    fn height(&self) -> f64 {
        self.rows.iter().map(|row| self.row_height(row)).sum()
    }

    fn row_height(&self, row: &Row) -> f64 {
        match row {
            Row::Gap(_) => GAP_ROW,
            Row::Line(line) if self.callouts(*line).next().is_some() => ROW + CALLOUT,
            Row::Line(_) => ROW,
        }
    }

    /// Changed parts of a line whose names do not fit their boxes.
    fn callouts(&self, line: u64) -> impl Iterator<Item = &Cell> {
        let too_narrow = move |cell: &&Cell| {
            let width = cell.bytes.min(LINE) as f64 * self.byte;
            let starts_here = cell.start / LINE == line;
            starts_here && !cell.sign.is_empty() && cell.label().chars().count() > room_of(width)
        };
        of_line(&self.cells, line).filter(too_narrow)
    }

    /// The parts that are shown, with the height at which a ribbon reaches them.
    fn boxes(&self) -> Boxes {
        let mut boxes = Boxes::new();
        let mut y = TOP;
        for row in &self.rows {
            if let Row::Line(line) = row {
                for cell in of_line(&self.cells, *line) {
                    // Within a row the boxes from left to right are reached from top to bottom.
                    let across = cell.start.saturating_sub(line * LINE) as f64 * self.byte / SIDE;
                    if let Some(part) = cell.part {
                        boxes.entry(part).or_insert(y + 3.0 + across * (ROW_BOX - 6.0));
                    }
                }
            }
            y += self.row_height(row);
        }
        boxes
    }

    fn draw(&self, out: &mut String, other: &Boxes, map: usize) {
        let Self { side, x, byte, cells, .. } = self;
        let which = if side.letter == 'o' { "old" } else { "new" };
        put!(
            out,
            "<text class=\"side\" x=\"{x}\" y=\"14\">{which}: {} <tspan class=\"dim\">{} B, alignment {}</tspan></text>\n",
            Text(readable(&side.ty.name)),
            count(side.ty.size),
            side.ty.align
        );
        let columns = (SIDE / byte).round() as usize;
        for column in (0..columns).step_by((columns / 8).max(1)) {
            let at = x + column as f64 * byte + 2.0;
            put!(out, "<text class=\"ruler\" x=\"{at:.1}\" y=\"{:.1}\">{column}</text>\n", TOP - 8.0);
        }
        let mut labelled = vec![false; cells.len()];
        let mut anchored = std::collections::HashSet::new();
        let (mut y, mut after_gap) = (TOP, false);
        for row in &self.rows {
            match row {
                Row::Gap(text) => {
                    let (x, y) = (x + SIDE / 2.0, y + GAP_ROW - 10.0);
                    put!(out, "<text class=\"gap\" x=\"{x:.1}\" y=\"{y:.1}\">⋯ {} ⋯</text>\n", Text(text));
                }
                Row::Line(line) => {
                    let (left, base) = (x - 6.0, y + ROW_BOX / 2.0 + 4.0);
                    put!(
                        out,
                        "<text class=\"offset\" x=\"{left:.1}\" y=\"{base:.1}\">{}</text>\n",
                        count(line * LINE)
                    );
                    let first = cells.partition_point(|cell| cell.end() <= line * LINE);
                    for (i, cell) in of_line(cells, *line).enumerate() {
                        let id = cell.part.filter(|part| anchored.insert(*part));
                        let anchor = Anchor { side: side.letter, map, id, linked: linked(cell, other) };
                        let fragment = Fragment { cell, x: *x, y, byte: *byte, line: *line };
                        let again = after_gap && i == 0;
                        labelled[first + i] |= fragment.draw(out, labelled[first + i], again, anchor);
                    }
                    self.draw_callouts(out, *line, y);
                }
            }
            after_gap = matches!(row, Row::Gap(_));
            y += self.row_height(row);
        }
    }

    fn draw_callouts(&self, out: &mut String, line: u64, y: f64) {
        let mut free = self.x;
        for cell in self.callouts(line) {
            let text = cell.label();
            let width = text.chars().count() as f64 * CHAR;
            let wanted = self.x + (cell.start - line * LINE) as f64 * self.byte + 1.0;
            let x = wanted.min(self.x + SIDE - width).max(free);
            free = x + width + 10.0;
            put!(
                out,
                "<text class=\"callout\" x=\"{x:.1}\" y=\"{:.1}\">{}</text>\n",
                y + ROW_BOX + 12.0,
                Text(text)
            );
        }
    }
}

/// How many characters a box of this width holds.
fn room_of(width: f64) -> usize {
    ((width - 8.0) / CHAR).max(0.0) as usize
}

fn linked(cell: &Cell, other: &Boxes) -> Option<usize> {
    cell.part.filter(|part| other.contains_key(part))
}

struct Anchor {
    side: char,
    map: usize,
    /// The part, in its first box.
    id: Option<usize>,
    /// The part, where the other side shows it.
    linked: Option<usize>,
}

/// The box of a part in one line.
struct Fragment<'a> {
    cell: &'a Cell,
    x: f64,
    y: f64,
    byte: f64,
    line: u64,
}

impl Fragment<'_> {
    /// Draws it, and tells whether it got the label. `again`: the label may stand further up.
    fn draw(&self, out: &mut String, labelled: bool, again: bool, anchor: Anchor) -> bool {
        let Self { cell, x, y, byte, line } = self;
        let start = cell.start.max(line * LINE) - line * LINE;
        let end = cell.end().min((line + 1) * LINE) - line * LINE;
        let (left, width) = (x + start as f64 * byte, (end - start) as f64 * byte);
        let id = anchor.id.map(|part| format!(" id=\"m{}{}{part}\"", anchor.map, anchor.side));
        let id = id.unwrap_or_default();
        if let Some(part) = anchor.linked {
            let other = if anchor.side == 'o' { 'n' } else { 'o' };
            put!(out, "<a{id} href=\"#m{}{other}{part}\">", anchor.map);
        } else {
            put!(out, "<g{id}>");
        }
        put!(
            out,
            "<rect class=\"{}\" x=\"{:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{ROW_BOX}\" rx=\"3\"><title>{}</title></rect>",
            cell.look,
            left + 0.5,
            (width - 1.0).max(1.0),
            Text(&cell.title)
        );
        let (text, room) = (cell.label(), room_of(width));
        let needed = text.chars().count();
        let more_below = cell.end() > (line + 1) * LINE;
        // A long part that starts at the end of a line is named in the next one; a changed one that is
        // narrow, below its box.
        let fits = needed <= room || !more_below && cell.sign.is_empty() && room >= 3;
        let label = !labelled && fits && !text.is_empty();
        let base = y + ROW_BOX / 2.0 + 4.0;
        if label {
            put!(
                out,
                "<text class=\"label\" x=\"{:.1}\" y=\"{base:.1}\">{}",
                left + 4.5,
                Text(cut(&text, room))
            );
            if needed + 2 + cell.ty.chars().count() <= room {
                put!(out, "<tspan class=\"dim\">: {}</tspan>", Text(&cell.ty));
            }
            out.push_str("</text>");
        } else if again && labelled && cell.name.chars().count() + 2 <= room {
            put!(
                out,
                "<text class=\"label\" x=\"{:.1}\" y=\"{base:.1}\"><tspan class=\"dim\">… {}</tspan></text>",
                left + 4.5,
                Text(&cell.name)
            );
        }
        out.push_str(if anchor.linked.is_some() { "</a>\n" } else { "</g>\n" });
        label
    }
}

/// At most so many characters.
fn cut(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    text.chars().take(room.saturating_sub(1)).chain(['…']).collect()
}
