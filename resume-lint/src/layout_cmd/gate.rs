//! What a pipeline decides: which changes pass, and with which exit status.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use resume_core::layout::{Change, Class, Diff};

use super::policy::{Policy, PolicyError};

/// Arguments of every command that compares.
#[derive(Debug, Args)]
pub(super) struct GateArgs {
    /// Let differences up to this class pass
    #[arg(long, value_enum, value_name = "CLASS")]
    pub(super) allow: Option<Allow>,
    /// Let pass what this file says (TOML; `cargo resume explain policy` has its form)
    #[arg(long, value_name = "FILE", conflicts_with = "allow")]
    pub(super) policy: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Allow {
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

/// Lets changes pass.
#[derive(Debug)]
pub(super) enum Gate {
    /// Up to a class.
    Class(Class),
    /// As a policy file says.
    Policy(Policy),
}

/// What a gate says of a diff.
#[derive(Debug)]
pub(super) struct Verdict {
    /// For each change, why it may pass.
    pub(super) passes: Vec<Option<String>>,
    /// The worst class of what may not pass.
    pub(super) class: Class,
    /// What else a reader should know: how a policy decided.
    pub(super) notes: Vec<String>,
}

impl Gate {
    pub(super) fn of(args: &GateArgs) -> Result<Self, PolicyError> {
        match &args.policy {
            Some(path) => Policy::read(path).map(Self::Policy),
            None => Ok(Self::Class(args.allow.map_or(Class::Identical, Allow::class))),
        }
    }

    pub(super) fn judge(&self, diff: &Diff) -> Verdict {
        let why = |change: &Change| match self {
            Gate::Class(class) if change.class <= *class => Some(format!("--allow {class}")),
            Gate::Class(_) => None,
            Gate::Policy(policy) => policy.lets_pass(change),
        };
        let passes: Vec<_> = diff.changes.iter().map(why).collect();
        let held = diff.changes.iter().zip(&passes).filter(|(_, why)| why.is_none()).map(|(c, _)| c.class);
        let mut class = held.max().unwrap_or(Class::Identical);
        let class_passes = match self {
            Gate::Class(allowed) => diff.class <= *allowed,
            Gate::Policy(policy) => policy.class_passes(diff.class),
        };
        // Of changes that are not listed only the worst class is known.
        if diff.changes_dropped > 0 && !class_passes {
            class = class.max(diff.class);
        }
        let notes = match self {
            Gate::Class(_) => Vec::new(),
            Gate::Policy(policy) => policy.notes(diff, &passes),
        };
        Verdict { passes, class, notes }
    }
}

impl Verdict {
    /// The exit status: 0 passes, 1 renamed or appended, 3 migratable, 4 fatal.
    pub(super) fn status(&self) -> u8 {
        match self.class {
            Class::Identical => 0,
            Class::Renamed | Class::Appended => 1,
            Class::Migratable => 3,
            _ => 4,
        }
    }
}

/// A path for a message.
pub(super) fn shown(path: &Path) -> String {
    path.display().to_string()
}
