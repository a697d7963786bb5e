//! What is known of one compiled crate: written beside its metadata, read when a crate that uses it is analysed, and
//! by the front for the summary. Cargo's cache keeps both or neither, because the file stands next to the `.rmeta`
//! and a crate is only fresh while its wrapper, which is named after the tool's content, is the same.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Facts of one crate.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Facts {
    /// The tool that wrote them.
    pub(crate) tool: String,
    pub(crate) krate: String,
    pub(crate) functions: usize,
    pub(crate) findings: usize,
    /// Why the crate could not be analysed.
    pub(crate) not_analysed: Option<String>,
    /// Canonical paths of state types.
    pub(crate) state_types: BTreeSet<String>,
    /// Exported names, with the crate in front, and what they stand for.
    pub(crate) exports: BTreeMap<String, String>,
    /// Canonical paths of types that hold an owner by value.
    pub(crate) owner_types: BTreeSet<String>,
    pub(crate) functions_known: BTreeMap<String, FnFacts>,
}

/// What callers need to know of a function.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FnFacts {
    /// Why it is complex logic; `None` for a simple leaf.
    pub(crate) complex: Option<String>,
    /// It may give back an address made in it.
    pub(crate) returns_address: bool,
    /// Arguments it gives back as an integer, by number from zero.
    pub(crate) returns_args: BTreeSet<u32>,
    /// Arguments it stores in state.
    pub(crate) stores_args: BTreeSet<u32>,
    /// `(reference, value)`: it stores the one argument in what the other refers to.
    pub(crate) stores_through: BTreeSet<(u32, u32)>,
    /// It marks an event as handled.
    pub(crate) marks: bool,
}

impl FnFacts {
    /// Joins the facts of functions that a call cannot be told apart from: what any of them may do.
    pub(crate) fn join(&mut self, other: &FnFacts) {
        if self.complex.is_none() {
            self.complex.clone_from(&other.complex);
        }
        self.returns_address |= other.returns_address;
        self.returns_args.extend(&other.returns_args);
        self.stores_args.extend(&other.stores_args);
        self.stores_through.extend(&other.stores_through);
        self.marks |= other.marks;
    }
}

/// The facts' file beside a metadata file: `libfoo-0123.rmeta` gives `libfoo-0123.resume.json`.
pub(crate) fn path_beside(metadata: &Path) -> PathBuf {
    metadata.with_extension("resume.json")
}

/// Reads facts.
///
/// # Errors
///
/// A text that says what is wrong with the file.
pub(crate) fn read(path: &Path) -> Result<Facts, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
}

/// Writes facts: first beside, then in place, so that no reader sees half a file.
///
/// # Errors
///
/// A text that says what could not be written.
pub(crate) fn write(path: &Path, facts: &Facts) -> Result<(), String> {
    let text = serde_json::to_string(facts).map_err(|error| error.to_string())?;
    let draft = path.with_extension(format!("draft-{}", std::process::id()));
    let written = std::fs::write(&draft, text).and_then(|()| std::fs::rename(&draft, path));
    written.map_err(|error| format!("{}: {error}", path.display()))
}
