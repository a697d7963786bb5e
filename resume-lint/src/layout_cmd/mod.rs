//! `cargo resume layout` and `cargo resume diff`.
//!
//! A *side* is anything that holds a layout: an executable, a saved layout, a lock file, a segment ([`side`]).
//! [`tree`] prints one for people, [`json`] for tools, [`lock`] for review. Differences are printed by
//! `resume_core::layout::Diff` for people, by [`diff_json`] for tools and by [`html`] with maps of the memory.
//! [`gate`] and [`policy`] decide which of them pass; [`check`] keeps the lock file.
//!
//! Exit status 2 is trouble with the tool or its input, never a difference: a deploy script must not take
//! a mistyped path for a decision.

mod check;
mod diff_json;
mod elf;
mod gate;
mod html;
mod json;
mod lock;
mod order;
mod policy;
mod reasons;
mod side;
mod space;
mod tree;

#[cfg(test)]
#[path = "../../../resume-core/tests/support/random.rs"]
mod random;
#[cfg(test)]
#[path = "../../../resume-core/tests/support/schema.rs"]
mod schema;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use gate::{Gate, GateArgs, Verdict};
use resume_core::layout::{Diff, Reason, diff};

/// Arguments of `cargo resume layout`.
#[derive(Debug, Args)]
#[command(after_long_help = LAYOUT_HELP)]
pub(crate) struct LayoutArgs {
    /// An executable or library, a saved layout (JSON), a lock file, or a segment: `/name`, `shm:/name` or its file
    side: String,
    /// What to print
    #[arg(long, value_enum, default_value_t = LayoutFormat::Text, conflicts_with = "check")]
    format: LayoutFormat,
    /// Compare with this lock file; the exit status is that of `diff`
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,
    /// Write the lock file instead
    #[arg(long, requires = "check", conflicts_with_all = ["allow", "policy"])]
    bless: bool,
    #[command(flatten)]
    gate: GateArgs,
    /// With --check: list every change, and what follows from each
    #[arg(long, short, requires = "check")]
    verbose: bool,
    /// Which root, where an executable has several
    #[arg(long, value_name = "NAME")]
    root: Option<String>,
}

/// Arguments of `cargo resume diff`.
#[derive(Debug, Args)]
#[command(after_long_help = DIFF_HELP)]
pub(crate) struct DiffArgs {
    /// What wrote the state: an executable, a saved layout (JSON), a lock file or a segment (`/name`, `shm:/name`)
    old: String,
    /// What is to take it over
    new: String,
    /// What to print
    #[arg(long, value_enum, default_value_t = DiffFormat::Text)]
    format: DiffFormat,
    /// Write the report into this file instead of printing it
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    gate: GateArgs,
    /// List every change, and what follows from each (fields that shift, types that grow)
    #[arg(long, short)]
    verbose: bool,
    /// Which root, where an executable has several
    #[arg(long, value_name = "NAME")]
    root: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LayoutFormat {
    /// For people
    Text,
    /// For tools; `format` and `version` in it tell which schema
    Json,
    /// As a lock file
    Lock,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DiffFormat {
    /// For people
    Text,
    /// For tools; `format` and `version` in it tell which schema
    Json,
    /// For people, with maps of the memory; one file that needs nothing else
    Html,
}

const LAYOUT_HELP: &str = "\
Nothing is run: the layout of an executable is in its ELF section `.resume.layout`, also when it is stripped.
Save a layout with `--format json` or as a lock file; both commands read it back.

A lock file is committed, so that a pull request shows what changes in memory:
  cargo resume layout target/release/server --check resume-layout.lock --bless   writes it
  cargo resume layout target/release/server --check resume-layout.lock           is the gate of a pipeline

Exit status: 0 printed, or the lock file agrees (or --allow, --policy let the changes pass); 1 renamed or
appended, 3 migratable, 4 fatal (as `diff`); 2 trouble (no such file, no layout in it, damaged).";

const DIFF_HELP: &str = "\
Classes, from harmless to worst:
  identical   the same bytes with the same meaning
  renamed     the same bytes, some names differ, and the source declares it
  appended    old bytes are where they were, new fields took reserved space
  migratable  old values must move or be converted, each has a place; or a suspected rename
  fatal       old values may have no counterpart

Exit status:
  0  identical, or --allow or --policy let all changes pass
  1  renamed or appended
  2  trouble: no such file, no layout in it, damaged, wrong usage
  3  migratable
  4  fatal
With --policy it is that of the worst change which does not pass. `cargo resume explain policy` shows a policy,
`cargo resume explain CODE` a reason code.";

/// Trouble with the tool or its input.
const TROUBLE: u8 = 2;

/// Runs `cargo resume layout`.
pub(crate) fn run_layout(args: &LayoutArgs) -> ExitCode {
    if args.check.is_none() && (args.gate.allow.is_some() || args.gate.policy.is_some()) {
        eprintln!("error: expected --check beside --allow or --policy: without it nothing is compared");
        return ExitCode::from(TROUBLE);
    }
    let gate = match Gate::of(&args.gate) {
        Ok(gate) => gate,
        Err(e) => return trouble(&e),
    };
    let layout = match side::read(&args.side, args.root.as_deref()) {
        Ok(layout) => layout,
        Err(e) => return trouble(&e),
    };
    let checked = match (&args.check, args.bless) {
        (Some(path), true) => check::bless(&layout, path, args.verbose),
        (Some(path), false) => check::check(&layout, path, &gate, args.verbose),
        (None, _) => {
            let text = match args.format {
                LayoutFormat::Text => tree::render(&layout),
                LayoutFormat::Json => json::write(&layout),
                LayoutFormat::Lock => lock::write(&layout),
            };
            return print(&text, 0);
        }
    };
    match checked {
        Ok(outcome) => print(&outcome.text, outcome.status),
        Err(e) => trouble(&e),
    }
}

/// Runs `cargo resume diff`.
pub(crate) fn run_diff(args: &DiffArgs) -> ExitCode {
    let gate = match Gate::of(&args.gate) {
        Ok(gate) => gate,
        Err(e) => return trouble(&e),
    };
    let root = args.root.as_deref();
    let (old, new) = match (side::read(&args.old, root), side::read(&args.new, root)) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(e), Ok(_)) | (Ok(_), Err(e)) => return trouble(&e),
        (Err(old), Err(new)) => {
            trouble(&old);
            return trouble(&new);
        }
    };
    let found = diff(&old, &new);
    let verdict = gate.judge(&found);
    let text = match args.format {
        DiffFormat::Json => diff_json::write(&found, &verdict),
        DiffFormat::Html => {
            html::write(&html::Sides::new(&args.old, &old, &args.new, &new), &found, &verdict)
        }
        DiffFormat::Text => text_of(&found, args.verbose) + &notes(&verdict),
    };
    let Some(path) = &args.output else { return print(&text, verdict.status()) };
    match check::write_atomically(path, &text) {
        Ok(()) => ExitCode::from(verdict.status()),
        Err(e) => trouble(&e),
    }
}

fn text_of(found: &Diff, verbose: bool) -> String {
    if verbose { format!("{found:#}") } else { found.to_string() }
}

/// How a policy decided, a line each.
fn notes(verdict: &Verdict) -> String {
    verdict.notes.iter().map(|note| format!("{note}\n")).collect()
}

/// Pages that are no reason's: a name, what it is about, and the source that it is taken from.
const PAGES: [(&str, &str, &str); 4] = [
    ("policy", "file of --policy", include_str!("policy.rs")),
    ("lock-file", "file of --check", include_str!("lock/mod.rs")),
    ("layout-json", "output of layout", include_str!("json.rs")),
    ("diff-json", "output of diff", include_str!("diff_json.rs")),
];

/// The page of a reason code in a diff or of a file format, if `name` is one.
pub(crate) fn explain(name: &str) -> Option<String> {
    let page = PAGES.iter().find(|page| page.0 == name);
    page.map(|page| crate::lints::page_of(page.2)).or_else(|| reasons::page(name))
}

/// All names that [`explain`] knows, with what they belong to.
pub(crate) fn pages() -> impl Iterator<Item = (&'static str, &'static str)> {
    Reason::ALL.iter().map(|reason| (reason.code(), "diff")).chain(PAGES.map(|page| (page.0, page.1)))
}

fn print(text: &str, status: u8) -> ExitCode {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::from(status),
        // The reader (`| head`) has seen enough; the answer is in the status all the same.
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::from(status),
        Err(e) => {
            eprintln!("error: the output could not be written: {e}");
            ExitCode::from(TROUBLE)
        }
    }
}

fn trouble(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("error: {error}");
    ExitCode::from(TROUBLE)
}

/// How many inputs a fuzz loop tries; `RESUME_FUZZ_INPUTS` says otherwise. Ten million for every reader:
///
/// ```sh
/// RESUME_FUZZ_INPUTS=10000000 cargo test --release -p resume-lint --bin cargo-resume damage
/// RESUME_FUZZ_INPUTS=10000000 cargo test --release -p resume-core --test layout_decode
/// ```
///
/// What they find becomes a file in `tests/regressions/`.
#[cfg(test)]
fn fuzz_inputs(usual: u64) -> u64 {
    std::env::var("RESUME_FUZZ_INPUTS").ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}

/// A text with a few bytes changed, lost or doubled.
#[cfg(test)]
fn damaged_text(random: &mut random::Random, text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=random.below(3) {
        if bytes.is_empty() {
            break;
        }
        let at = random.below(bytes.len());
        match random.below(7) {
            0 => bytes[at] = random.next() as u8,
            1 => drop(bytes.remove(at)),
            2 => bytes[at] = b'0' + random.below(10) as u8,
            3 => bytes[at] = b" \n\"\\[]<>,:;=-{}"[random.below(15)],
            4 => drop(bytes.splice(at..at, random.edge().to_string().into_bytes())),
            5 => {
                let from = random.below(bytes.len());
                let copied: Vec<u8> = bytes.iter().copied().skip(from).take(random.below(200)).collect();
                bytes.splice(at..at, copied);
            }
            _ => bytes.truncate(at.max(1)),
        }
    }
    bytes
}
