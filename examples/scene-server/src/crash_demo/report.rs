//! What the demo shows: progress while it runs, the table, the last line.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};
use std::time::{Duration, Instant};

use crate::bot::{TOLERANCE_NS, Tally};
use crate::server::Ready;

/// A death and the life after it.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// How the server died.
    pub death: String,
    /// What the next one found.
    pub ready: Ready,
    /// What the bots found in the life that ended and on return to the next.
    pub tally: Tally,
}

/// What was broken once is seen broken again by every later count; the first ones tell.
const VIOLATIONS_SHOWN: usize = 10;

/// The table of all deaths, what else was found, and the last line.
pub(super) fn conclusion(rows: &[Row], kills: u64, found: Tally, violations: &[String]) -> String {
    let mut text = table(rows, found);
    let mut line = |line: std::fmt::Arguments<'_>| {
        // Writing to a `String` does not fail.
        let _ = writeln!(text, "{line}");
    };
    line(format_args!(
        "exec to first tick: from before spawn() here to the end of the first tick there, on the boot clock"
    ));
    line(format_args!(
        "commands: {} applied, {} refused by the rules, {} set aside, {} of them planted",
        found.acked, found.refused, found.quarantined, found.curses
    ));
    line(format_args!(
        "buffs: {} ended, {} of them while no server was there, {} mistimed (tolerance {} ms), latest {} us",
        found.expired,
        found.expired_while_down,
        found.mistimed,
        TOLERANCE_NS / 1_000_000,
        found.late_us_max
    ));
    violations.iter().take(VIOLATIONS_SHOWN).for_each(|what| line(format_args!("VIOLATION: {what}")));
    if let Some(more) = violations.len().checked_sub(VIOLATIONS_SHOWN).filter(|more| *more > 0) {
        line(format_args!("VIOLATION: {more} more like these"));
    }
    let p99_us = p99(rows.iter().filter_map(|row| row.ready.first_tick_us).collect()).unwrap_or(0);
    let Tally { acked, lost, duplicated, .. } = found;
    line(format_args!(
        "kills={kills} acked={acked} lost={lost} duplicated={duplicated} exec_to_first_tick_p99_us={p99_us}"
    ));
    text
}

const COLUMNS: [&str; 9] = [
    "crash",
    "death",
    "handler",
    "event",
    "rolled back",
    "exec to first tick",
    "acked",
    "lost",
    "duplicated",
];

/// A line for each death, and one for what came after the last.
fn table(rows: &[Row], found: Tally) -> String {
    let mut cells = vec![COLUMNS.map(str::to_owned)];
    for (number, Row { death, ready, tally }) in rows.iter().enumerate() {
        let (handler, event) = match &ready.running {
            Some((handler, event)) => (handler.clone(), event.to_string()),
            None => ("idle".to_owned(), "-".to_owned()),
        };
        cells.push([
            (number + 1).to_string(),
            death.clone(),
            handler,
            event,
            if ready.rolled_back { "yes" } else { "-" }.to_owned(),
            ready.first_tick_us.map_or("-".to_owned(), |us| format!("{us} us")),
            tally.acked.to_string(),
            tally.lost.to_string(),
            tally.duplicated.to_string(),
        ]);
    }
    let rest =
        |of: fn(&Tally) -> u64| (of(&found) - rows.iter().map(|row| of(&row.tally)).sum::<u64>()).to_string();
    let dash = || "-".to_owned();
    let end = "none, end of run".to_owned();
    cells.push([
        dash(),
        end,
        dash(),
        dash(),
        dash(),
        dash(),
        rest(|t| t.acked),
        rest(|t| t.lost),
        rest(|t| t.duplicated),
    ]);
    align(&cells)
}

/// Sets cells in columns: words to the left, numbers to the right.
fn align(cells: &[[String; COLUMNS.len()]]) -> String {
    let width = |column: usize| cells.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths: [usize; COLUMNS.len()] = std::array::from_fn(width);
    let mut text = String::new();
    for row in cells {
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            let _ = match column {
                1 | 2 => write!(text, "{cell:<width$}  "),
                _ => write!(text, "{cell:>width$}  "),
            };
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

/// The value that 99 % of the samples do not exceed (nearest rank).
pub(super) fn p99(mut samples: Vec<u64>) -> Option<u64> {
    samples.sort_unstable();
    let rank = (samples.len() * 99).div_ceil(100);
    samples.get(rank.checked_sub(1)?).copied()
}

/// How often the live line changes.
const LIVE_EVERY: Duration = Duration::from_millis(100);

/// Progress on stderr: one line that is written over on a terminal, some lines elsewhere.
pub(super) struct Progress {
    terminal: bool,
    start: Instant,
    shown: bool,
    /// The live line is due again.
    due: Instant,
}

impl Progress {
    /// Nothing shown yet.
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self { terminal: io::stderr().is_terminal(), start: now, shown: false, due: now }
    }

    /// Something went on: shown on a terminal only.
    pub(super) fn live(&mut self, text: &str) {
        if self.terminal && Instant::now() >= self.due {
            self.due = Instant::now() + LIVE_EVERY;
            self.show(&format!("\r\x1b[K{:6.1} s  {text}", self.start.elapsed().as_secs_f64()));
            self.shown = true;
        }
    }

    /// A step was done: shown everywhere.
    pub(super) fn step(&mut self, text: &str) {
        if self.terminal {
            self.due = self.start;
            self.live(text);
        } else {
            self.show(&format!("{:6.1} s  {text}\n", self.start.elapsed().as_secs_f64()));
        }
    }

    /// Something to keep: on a line of its own.
    pub(super) fn note(&mut self, text: &str) {
        self.clear();
        self.show(&format!("{text}\n"));
    }

    /// Takes the live line away.
    pub(super) fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            self.show("\r\x1b[K");
        }
    }

    fn show(&self, text: &str) {
        // Progress that nobody can see is no reason to stop.
        let _ = io::stderr().write_all(text.as_bytes());
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p99_is_the_nearest_rank() {
        assert_eq!(p99(vec![]), None);
        assert_eq!(p99(vec![7]), Some(7));
        assert_eq!(p99((1..=20).rev().collect()), Some(20));
        assert_eq!(p99((1..=200).collect()), Some(198));
    }
}
