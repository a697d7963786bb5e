//! Which cache lines of a type a drawing shows: those where something changed, and some around them.

use std::collections::BTreeSet;

use resume_core::layout::human::{bytes, count};

/// Bytes of a row.
pub(super) const LINE: u64 = 64;

/// A type of at most so many lines is shown whole, but for the inside of its arrays.
const WHOLE: u64 = 28;

/// How many lines are shown at most.
const LINES_MAX: usize = 120;

/// A part of a type, or padding.
pub(super) struct Cell {
    pub(super) start: u64,
    pub(super) bytes: u64,
    /// The index of its part in the map; `None` for padding and tags.
    pub(super) part: Option<usize>,
    /// `+`, `⇄`, …; nothing for what is as it was.
    pub(super) sign: &'static str,
    pub(super) name: String,
    pub(super) ty: String,
    /// Its look, a class of the style.
    pub(super) look: String,
    /// What a pointer shows.
    pub(super) title: String,
    /// Something changed here.
    pub(super) told: bool,
}

impl Cell {
    pub(super) fn end(&self) -> u64 {
        self.start + self.bytes
    }

    /// What stands in the box.
    pub(super) fn label(&self) -> String {
        if self.sign.is_empty() { self.name.clone() } else { format!("{} {}", self.sign, self.name) }
    }

    fn lines(&self) -> (u64, u64) {
        (self.start / LINE, (self.end() - 1) / LINE)
    }
}

/// A row of the drawing.
pub(super) enum Row {
    /// The line with this number.
    Line(u64),
    /// Lines that are not shown.
    Gap(String),
}

/// The rows for `cells`, which have bytes and are in order.
pub(super) fn rows(cells: &[Cell], size: u64) -> Vec<Row> {
    let lines = size.div_ceil(LINE);
    let mut shown: BTreeSet<u64> = BTreeSet::new();
    let around = if lines <= WHOLE { WHOLE } else { 1 };
    shown.extend([0, lines.saturating_sub(1)]);
    for cell in cells.iter().filter(|cell| cell.told || lines <= WHOLE) {
        let (first, last) = cell.lines();
        for edge in [first, last] {
            let (from, to) = (edge.saturating_sub(around), (edge + around).min(lines - 1));
            shown.extend(from..=to);
        }
        if shown.len() > LINES_MAX {
            break;
        }
    }
    // Of an array's inside there is nothing to see.
    for cell in cells {
        let (first, last) = cell.lines();
        if last - first >= 4 {
            let inside = first + 2..last;
            shown.retain(|line| !inside.contains(line));
        }
    }
    let (mut rows, mut next) = (Vec::new(), 0);
    for line in shown.into_iter().take(LINES_MAX).filter(|line| *line < lines) {
        gap(&mut rows, cells, next, line);
        rows.push(Row::Line(line));
        next = line + 1;
    }
    gap(&mut rows, cells, next, lines);
    rows
}

fn gap(rows: &mut Vec<Row>, cells: &[Cell], from: u64, to: u64) {
    match to.saturating_sub(from) {
        0 => {}
        // A gap takes a row itself.
        1 => rows.push(Row::Line(from)),
        lines => {
            let covered = cells.iter().filter(|cell| cell.start < to * LINE && cell.end() > from * LINE);
            let names: Vec<&str> =
                covered.map(|cell| cell.name.as_str()).filter(|name| !name.is_empty()).collect();
            let of = match names.as_slice() {
                [] => String::new(),
                [only] => format!(" of {only}"),
                [first, last] => format!(" of {first} and {last}"),
                [first, between @ .., last] => {
                    format!(" of {first}, {} more and {last}", count(between.len() as u64))
                }
            };
            rows.push(Row::Gap(format!("{} lines{of}, {}", count(lines), bytes(lines.saturating_mul(LINE)))));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(name: &str, start: u64, bytes: u64, told: bool) -> Cell {
        let (name, look) = (name.to_owned(), String::new());
        let (ty, title) = (String::new(), String::new());
        Cell { start, bytes, part: None, sign: "", name, ty, look, title, told }
    }

    #[test]
    fn a_gap_says_what_is_in_it() {
        let of = |fields: &[(&str, u64)]| {
            let mut cells = vec![cell("changed", 0, 64, true)];
            for (name, lines) in fields {
                let start = cells.last().map_or(0, Cell::end);
                cells.push(cell(name, start, lines * LINE, false));
            }
            let size = cells.last().map_or(0, Cell::end);
            rows(&cells, size).into_iter().find_map(|row| match row {
                Row::Gap(text) => Some(text),
                Row::Line(_) => None,
            })
        };
        assert_eq!(of(&[("a", 3)]), None, "a type of few lines is shown whole");
        assert_eq!(of(&[("a", 100)]).as_deref(), Some("98 lines of a, 6,272 B"));
        assert_eq!(of(&[("a", 20), ("b", 20)]).as_deref(), Some("38 lines of a and b, 2,432 B"));
        let many = of(&[("a", 3), ("b", 30), ("", 1), ("c", 3), ("d", 30)]);
        assert_eq!(many.as_deref(), Some("65 lines of a, 2 more and d, 4,160 B"));
    }
}
