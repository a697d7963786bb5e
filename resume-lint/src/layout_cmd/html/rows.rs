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
            let at = cells.partition_point(|cell| cell.end() <= from * LINE);
            let all_of = cells.get(at).filter(|cell| cell.start <= from * LINE && cell.end() >= to * LINE);
            let of = all_of.map(|cell| format!(" of {}", cell.name)).unwrap_or_default();
            rows.push(Row::Gap(format!("{} lines{of}, {}", count(lines), bytes(lines.saturating_mul(LINE)))));
        }
    }
}
