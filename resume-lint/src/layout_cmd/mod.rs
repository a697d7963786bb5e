//! `cargo resume layout` and `cargo resume diff`.
//!
//! A *side* is anything that holds a layout: an executable, a saved layout, a live segment ([`side`]).
//! [`tree`] prints one for people, [`json`] for tools; [`diff_json`] prints differences for tools, and
//! `resume_core::layout::Diff` prints them for people itself.
//!
//! Exit status 2 is trouble with the tool or its input, never a difference: a deploy script must not take
//! a mistyped path for a decision.

mod diff_json;
mod elf;
mod json;
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
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use resume_core::layout::{Class, Reason, diff};

/// Arguments of `cargo resume layout`.
#[derive(Debug, Args)]
#[command(after_long_help = LAYOUT_HELP)]
pub(crate) struct LayoutArgs {
    /// An executable, a saved layout (JSON), or a live segment: `/name` or `shm:/name`
    side: String,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Which root, where an executable has several
    #[arg(long, value_name = "NAME")]
    root: Option<String>,
}

/// Arguments of `cargo resume diff`.
#[derive(Debug, Args)]
#[command(after_long_help = DIFF_HELP)]
pub(crate) struct DiffArgs {
    /// What wrote the state: an executable, a saved layout (JSON), or a live segment (`/name`, `shm:/name`)
    old: String,
    /// What is to take it over
    new: String,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Exit with 0 for differences up to this class
    #[arg(long, value_enum, value_name = "CLASS")]
    allow: Option<Allow>,
    /// List every change, and what follows from each (fields that shift, types that grow)
    #[arg(long, short)]
    verbose: bool,
    /// Which root, where an executable has several
    #[arg(long, value_name = "NAME")]
    root: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For tools; `format` and `version` in it tell which schema
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Allow {
    /// Names only: the bytes are the same
    Renamed,
    /// New fields in space that was reserved
    Appended,
    /// Old state must be converted
    Migratable,
}

impl Allow {
    fn class(self) -> Class {
        match self {
            Self::Renamed => Class::Renamed,
            Self::Appended => Class::Appended,
            Self::Migratable => Class::Migratable,
        }
    }
}

const LAYOUT_HELP: &str = "\
Nothing is run: the layout of an executable is in its ELF section `.resume.layout`, also when it is stripped.
Save a layout with `--format json`; both commands read it back.

Exit status: 0 printed, 2 trouble (no such file, no layout in it, damaged).";

const DIFF_HELP: &str = "\
Classes, from harmless to worst:
  identical   the same bytes with the same meaning
  renamed     the same bytes, some names differ
  appended    old bytes are where they were, new fields took reserved space
  migratable  old values must move or be converted, each has a place
  fatal       old values may have no counterpart

Exit status:
  0  identical, or not worse than --allow
  1  renamed or appended
  2  trouble: no such file, no layout in it, damaged, wrong usage
  3  migratable
  4  fatal";

/// Trouble with the tool or its input.
const TROUBLE: u8 = 2;

/// Runs `cargo resume layout`.
pub(crate) fn run_layout(args: &LayoutArgs) -> ExitCode {
    let layout = match side::read(&args.side, args.root.as_deref()) {
        Ok(layout) => layout,
        Err(e) => return trouble(&e),
    };
    let text = match args.format {
        Format::Text => tree::render(&layout),
        Format::Json => json::write(&layout),
    };
    print(&text, 0)
}

/// Runs `cargo resume diff`.
pub(crate) fn run_diff(args: &DiffArgs) -> ExitCode {
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
    let text = match (args.format, args.verbose) {
        (Format::Json, _) => diff_json::write(&found),
        (Format::Text, true) => format!("{found:#}"),
        (Format::Text, false) => found.to_string(),
    };
    print(&text, status(found.class, args.allow))
}

/// What a reason code in a diff means, if `code` is one.
pub(crate) fn explain(code: &str) -> Option<String> {
    let reason = Reason::ALL.iter().find(|reason| reason.code() == code)?;
    Some(format!("{code}: {}\n", reason.meaning()))
}

/// All reason codes, for a list.
pub(crate) fn reasons() -> impl Iterator<Item = &'static str> {
    Reason::ALL.iter().map(|reason| reason.code())
}

fn status(class: Class, allow: Option<Allow>) -> u8 {
    match class {
        Class::Identical => 0,
        class if allow.is_some_and(|allow| class <= allow.class()) => 0,
        Class::Renamed | Class::Appended => 1,
        Class::Migratable => 3,
        _ => 4,
    }
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

fn trouble(error: &side::SideError) -> ExitCode {
    eprintln!("error: {error}");
    ExitCode::from(TROUBLE)
}
