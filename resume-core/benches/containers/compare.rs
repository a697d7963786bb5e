//! Times two sides in turn and keeps a table.

use std::time::Instant;

/// What a row's ratio is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Read,
    Mutation,
    /// Shown and in no median: a peer that is not the fastest of its kind, or a row that is another's twin.
    Shown,
}

impl Kind {
    /// What the ratio's median may be.
    fn goal(self) -> f64 {
        match self {
            Kind::Read => 1.05,
            Kind::Mutation | Kind::Shown => 1.25,
        }
    }
}

struct Row {
    container: &'static str,
    kind: Kind,
    large: bool,
    ratio: f64,
}

/// All that was measured.
pub(crate) struct Table {
    filter: String,
    rounds: usize,
    /// Rows are of the working set that no cache holds.
    pub(crate) large: bool,
    rows: Vec<Row>,
}

/// The fastest round: what other processes do to this machine only ever adds.
fn fastest(times: &[f64]) -> f64 {
    times.iter().copied().fold(f64::INFINITY, f64::min)
}

fn median(mut ratios: Vec<f64>) -> f64 {
    ratios.sort_by(f64::total_cmp);
    match ratios.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => ratios[n / 2],
        n => f64::midpoint(ratios[n / 2 - 1], ratios[n / 2]),
    }
}

impl Table {
    pub(crate) fn new(filter: String, rounds: usize) -> Self {
        println!(
            "{:40} {:>8}   {:23} {:>10} {:>7}  kind, goal",
            "operation (elements)", "ours ns", "peer", "peer ns", "ratio"
        );
        Self { filter, rounds, large: false, rows: Vec::new() }
    }

    /// Whether anything of a container is asked for.
    pub(crate) fn wants(&self, container: &str) -> bool {
        container.contains(&self.filter)
    }

    /// Times both sides in turn, `rounds` times; each call does `ops` operations.
    pub(crate) fn compare(
        &mut self,
        kind: Kind,
        (container, what, elements): (&'static str, &str, usize),
        peer: &str,
        ops: usize,
        (mut ours, mut theirs): (impl FnMut(), impl FnMut()),
    ) {
        let (mut our_ns, mut their_ns) = (Vec::new(), Vec::new());
        for _ in 0..self.rounds {
            let start = Instant::now();
            ours();
            our_ns.push(start.elapsed().as_nanos() as f64 / ops as f64);
            let start = Instant::now();
            theirs();
            their_ns.push(start.elapsed().as_nanos() as f64 / ops as f64);
        }
        let (ours, theirs) = (fastest(&our_ns), fastest(&their_ns));
        let ratio = ours / theirs;
        let label = format!("{container} {what} ({elements})");
        let verdict = match kind {
            Kind::Shown => "shown only".to_string(),
            _ if ratio <= kind.goal() => format!("{kind:?}"),
            _ => format!("{kind:?}, above {}", kind.goal()),
        };
        println!("{label:40} {ours:8.2}   {peer:23} {theirs:10.2} {ratio:7.2}  {verdict}");
        self.rows.push(Row { container, kind, large: self.large, ratio });
    }

    fn summary(&self, what: &str, rows: impl Fn(&Row) -> bool) {
        for kind in [Kind::Read, Kind::Mutation] {
            let ratios: Vec<f64> =
                self.rows.iter().filter(|r| r.kind == kind && rows(r)).map(|r| r.ratio).collect();
            if ratios.is_empty() {
                continue;
            }
            let (count, worst) = (ratios.len(), ratios.iter().copied().fold(0.0, f64::max));
            let median = median(ratios);
            let goal = kind.goal();
            let met = if median <= goal { "met" } else { "missed" };
            let kind = format!("{kind:?}s").to_lowercase();
            println!(
                "{what:18} {kind:9} rows {count:3}  median {median:5.2}  worst {worst:6.2}  goal {goal:4.2} {met}"
            );
        }
    }

    /// The medians: of each container, and of all.
    pub(crate) fn print_medians(&self) {
        println!();
        let mut containers: Vec<_> = self.rows.iter().map(|row| row.container).collect();
        containers.dedup();
        containers.sort_unstable();
        containers.dedup();
        for container in containers {
            self.summary(container, |row| row.container == container);
        }
        println!();
        self.summary("in cache", |row| !row.large);
        self.summary("large", |row| row.large);
        self.summary("all", |_| true);
    }
}
