//! The live progress line and the table at the end.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::explore::{Case, Explored, Violation};

/// One line on standard error, rewritten in place on a terminal and repeated now and then elsewhere.
pub(crate) struct Progress {
    cases: usize,
    done: usize,
    points: u64,
    violations: usize,
    terminal: bool,
    last_shown: Option<Instant>,
}

impl Progress {
    pub(crate) fn new(cases: usize) -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self { cases, done: 0, points: 0, violations: 0, terminal, last_shown: None }
    }

    pub(crate) fn show(&mut self, case: &Case, explored: &Explored) {
        self.done += 1;
        self.points += explored.points();
        self.violations += explored.violations.len();
        let every = Duration::from_millis(if self.terminal { 100 } else { 10_000 });
        if self.last_shown.is_some_and(|shown| shown.elapsed() < every) {
            return;
        }
        self.last_shown = Some(Instant::now());
        let line = format!(
            "{}/{} cases, {} crash points, {} violations: {} from {}",
            self.done, self.cases, self.points, self.violations, case.operation, case.start
        );
        let mut err = std::io::stderr().lock();
        // A closed standard error is no reason to stop exploring.
        let _ = if self.terminal { write!(err, "\r\x1b[K{line}") } else { writeln!(err, "{line}") };
        let _ = err.flush();
    }

    pub(crate) fn clear(&self) {
        if self.terminal {
            eprint!("\r\x1b[K");
        }
    }
}

impl Explored {
    /// Crash points tried, in the operation and in recoveries.
    pub(crate) fn points(&self) -> u64 {
        self.instructions + self.recovery_instructions
    }
}

#[derive(Default)]
struct Row {
    starts: u64,
    instructions: u64,
    recovery_instructions: u64,
    images: u64,
    violations: usize,
}

/// Results by operation.
#[derive(Default)]
pub(crate) struct Table {
    rows: BTreeMap<String, Row>,
    violations: Vec<Violation>,
}

impl Table {
    pub(crate) fn add(&mut self, case: &Case, explored: Explored) {
        let row = self.rows.entry(case.operation.clone()).or_default();
        row.starts += 1;
        row.instructions += explored.instructions;
        row.recovery_instructions += explored.recovery_instructions;
        row.images += explored.images;
        row.violations += explored.violations.len();
        self.violations.extend(explored.violations);
    }

    pub(crate) fn violations(&self) -> usize {
        self.violations.len()
    }

    /// Prints violations, the table, and a last line for scripts.
    pub(crate) fn print(&self) {
        for v in &self.violations {
            println!(
                "VIOLATION {} from `{}`, step {}, at {}\n    {}\n",
                v.operation, v.start, v.step, v.location, v.what
            );
            println!(
                "    again: crash-explorer --all {}\n",
                v.operation.split(' ').next().unwrap_or_default()
            );
        }
        let width = self.rows.keys().map(String::len).max().unwrap_or(0).max("operation".len());
        println!(
            "{:width$} {:>6} {:>12} {:>12} {:>9} {:>10}",
            "operation", "starts", "instructions", "in recovery", "images", "violations"
        );
        for (operation, r) in &self.rows {
            println!(
                "{operation:width$} {:>6} {:>12} {:>12} {:>9} {:>10}",
                r.starts, r.instructions, r.recovery_instructions, r.images, r.violations
            );
        }
        let points: u64 = self.rows.values().map(|r| r.instructions + r.recovery_instructions).sum();
        println!("operations={} crash_points={points} violations={}", self.rows.len(), self.violations.len());
    }
}
