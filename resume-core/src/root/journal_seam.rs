//! Where the undo journal joins: call sites only, until `crate::journal` is there.

use std::fmt;

/// What a roll-back did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RolledBack {}

/// A journal that contradicts itself.
#[derive(Debug)]
pub(super) struct JournalDamaged {}

impl fmt::Display for JournalDamaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a damaged one")
    }
}

/// # Safety
/// As `crate::journal::rollback`.
pub(super) unsafe fn rollback(
    _base: *mut u8,
    _segment_bytes: usize,
    _journal_offset: usize,
    _journal_bytes: usize,
) -> Result<RolledBack, JournalDamaged> {
    Ok(RolledBack {})
}

/// Mutations of this thread go through the journal until it is dropped.
pub(super) struct Active {}

/// # Safety
/// As `crate::journal::activate`.
pub(super) unsafe fn activate(
    _base: *mut u8,
    _segment_bytes: usize,
    _journal_offset: usize,
    _journal_bytes: usize,
) -> Active {
    Active {}
}

/// The smallest journal.
pub(super) const fn bytes_min() -> usize {
    4096
}
