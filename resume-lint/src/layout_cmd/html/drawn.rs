//! One side of a drawing as SVG: a row for each cache line that is shown, a box for each part in it.

use std::collections::HashMap;

use resume_core::layout::TypeMap;
use resume_core::layout::human::count;
use resume_core::layout::names::readable;

use super::cells::Side;
use super::rows::{Cell, LINE, Row, rows};
use super::{Text, put};

pub(super) const SIDE: f64 = 544.0;
/// Room for the offsets beside a drawing: those of a root of 99 GiB.
pub(super) const OFFSETS: f64 = 98.0;
pub(super) const OLD_X: f64 = OFFSETS;
pub(super) const TOP: f64 = 46.0;
pub(super) const ROW: f64 = 30.0;
const ROW_BOX: f64 = 25.0;
const GAP_ROW: f64 = 22.0;
/// What a row takes more for names that do not fit their boxes.
const CALLOUT: f64 = 15.0;
/// How wide a character of a label is.
const CHAR: f64 = 6.3;

/// Where a part's box is, for ribbons.
pub(super) type Boxes = HashMap<usize, f64>;

fn of_line(cells: &[Cell], line: u64) -> impl Iterator<Item = &Cell> {
    let first = cells.partition_point(|cell| cell.end() <= line * LINE);
    cells[first..].iter().take_while(move |cell| cell.start < (line + 1) * LINE)
}

/// A side with its boxes and rows.
pub(super) struct Drawn<'a> {
    side: &'a Side<'a>,
    x: f64,
    byte: f64,
    cells: Vec<Cell>,
    rows: Vec<Row>,
}

impl<'a> Drawn<'a> {
    pub(super) fn new(side: &'a Side<'a>, x: f64, byte: f64, map: &TypeMap) -> Self {
        let cells = side.cells(map);
        let rows = rows(&cells, side.ty.size);
        Self { side, x, byte, cells, rows }
    }

    pub(super) fn height(&self) -> f64 {
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
    pub(super) fn boxes(&self) -> Boxes {
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

    pub(super) fn draw(&self, out: &mut String, other: &Boxes, map: usize) {
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
