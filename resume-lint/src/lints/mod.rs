//! The lints. Each is one file: its page (What it does / Why / Example / Use instead), its declaration and its pass.
//!
//! Neighbours: [`crate::program`] is what a pass looks at, [`crate::report`] prints what it finds.

mod address_in_state;
mod execute_before_mark;
mod owner_held_across_call;
mod owner_types;

use crate::mir::Span;
use crate::program::Program;

pub(crate) use address_in_state::{Known as KnownAddresses, summarise};
pub(crate) use execute_before_mark::marking;
pub(crate) use owner_types::holds_owner;

/// A lint's declaration.
pub(crate) struct Lint {
    /// Reads after "allow".
    pub(crate) name: &'static str,
    /// The convention it keeps.
    pub(crate) convention: &'static str,
    /// Its page: the module's documentation.
    pub(crate) page: &'static str,
    pub(crate) check: fn(&Program) -> Vec<Finding>,
}

/// All lints, by name.
pub(crate) static LINTS: &[Lint] =
    &[address_in_state::LINT, execute_before_mark::LINT, owner_held_across_call::LINT];

/// The lint of that name.
pub(crate) fn find(name: &str) -> Option<&'static Lint> {
    LINTS.iter().find(|lint| lint.name == name)
}

/// A span and what to say there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) span: Span,
    pub(crate) text: String,
}

/// One thing found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) lint: &'static str,
    pub(crate) message: String,
    pub(crate) primary: Label,
    pub(crate) others: Vec<Label>,
    pub(crate) notes: Vec<String>,
    pub(crate) help: String,
}

/// Takes the page out of a lint's source: the `//!` lines at its top.
pub(crate) fn page_of(source: &str) -> String {
    let lines = source.lines().take_while(|line| line.starts_with("//!"));
    lines.map(|line| line.trim_start_matches("//!").strip_prefix(' ').unwrap_or_default()).fold(
        String::new(),
        |mut page, line| {
            page.push_str(line);
            page.push('\n');
            page
        },
    )
}
