//! What the demo shows: progress while it runs, the table, the last line.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};
use std::time::Instant;

use crate::bot::Tally;
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

/// The table of all deaths.
pub(super) fn table(rows: &[Row]) -> String {
    let header = [
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
    let mut cells = vec![header.map(str::to_owned)];
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
    let widths: Vec<_> =
        (0..header.len()).map(|i| cells.iter().map(|row| row[i].len()).max().unwrap_or(0)).collect();
    let mut out = String::new();
    for row in cells {
        for (i, (cell, width)) in row.iter().zip(&widths).enumerate() {
            // Words to the left, numbers to the right.
            let _ = match i {
                1 | 2 => write!(out, "{cell:<width$}  "),
                _ => write!(out, "{cell:>width$}  "),
            };
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
    }
    out
}

/// The value that 99 % of the samples do not exceed (nearest rank).
pub(super) fn p99(mut samples: Vec<u64>) -> Option<u64> {
    samples.sort_unstable();
    let rank = (samples.len() * 99).div_ceil(100);
    samples.get(rank.checked_sub(1)?).copied()
}

/// Progress on stderr: one line that is written over on a terminal, some lines elsewhere.
pub(super) struct Progress {
    terminal: bool,
    start: Instant,
    shown: bool,
}

impl Progress {
    /// Nothing shown yet.
    pub(super) fn new() -> Self {
        Self { terminal: io::stderr().is_terminal(), start: Instant::now(), shown: false }
    }

    /// Something went on: shown on a terminal only.
    pub(super) fn live(&mut self, text: &str) {
        if self.terminal {
            self.show(&format!("\r\x1b[K{:6.1} s  {text}", self.start.elapsed().as_secs_f64()));
            self.shown = true;
        }
    }

    /// A step was done: shown everywhere.
    pub(super) fn step(&mut self, text: &str) {
        if self.terminal {
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
