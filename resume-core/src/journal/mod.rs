//! The undo log in the segment: it makes several stores one.
//!
//! A process dies between two machine instructions, and the stores that retired are in memory in program
//! order. So an operation that commits with one store needs no log. One that needs several saves the old
//! bytes of each place first, changes them, and forgets the saved bytes with one store. A
//! [transaction](mod@crate::transaction) does the same over many operations.
//!
//! # Bytes
//! ```text
//! journal_offset ► JournalHeader { used }  entry  entry  entry …            journal_bytes
//!                                          ◄──── used ────►
//! entry = old bytes, padded to 8 │ offset of the place from the segment's start │ bytes
//! ```
//! Offset and length stand behind the old bytes, so that the log can be walked from its end. They are
//! offsets, never addresses: a copy of a segment recovers anywhere.
//!
//! # Algorithm
//! ```text
//! save(places):   if they do not all fit: stop, nothing has changed
//!                 write the entries behind `used`         -- not part of the log yet
//!                 used := used + their bytes   (Release)  -- now they are
//!                 -- compiler fence --
//! change:         plain stores to the saved places, in any order
//! commit:         used := 0                    (Release)  -- the change is final
//!                 -- compiler fence --
//! rollback:       check every entry; damaged: stop, nothing has changed
//!                 for each entry, last to first: copy its old bytes back
//!                 used := 0                    (Release)
//! ```
//!
//! # Why a crash at any instruction is safe
//! Let *before* be the bytes when `used` was 0.
//! - While entries are written, `used` does not cover them, and no saved place has changed: rollback gives
//!   *before*.
//! - From the store of `used` on, every byte that may have changed since *before* is covered by an entry,
//!   and the oldest entry of a byte holds its value of *before*: it was written while the byte was
//!   unchanged. Rollback walks from the last entry to the first, so the oldest is copied last: *before*.
//! - The store of `used := 0` follows every change in program order, as a Release store may not be
//!   overtaken by an earlier one: with `used == 0` all changes are in memory: *after*.
//! - Rollback never writes to the log before its last store, nor do the saved places lie in it (checked: the
//!   state lies behind the journal, so that a damaged entry cannot name the header either).
//!   So a rollback that was interrupted runs again over the same entries, and the final value of each byte
//!   depends on the entries alone, not on what it finds: the result is again *before*.
//!
//! # What the compiler may do
//! Only the order of stores within one thread matters: no CPU fence is needed, since nobody reads the
//! memory while the process that wrote it is running. `Release` keeps earlier stores before the commit
//! store, [`compiler_fence`](core::sync::atomic::compiler_fence) behind it keeps later stores after it.
//! Both also bind stores through `&mut`: LLVM's alias analysis answers "may read and write" for a fence and
//! a release store whatever the pointer is. That is a property of the compiler and not of the language, so
//! the crash explorer checks the machine code that came out.

use core::sync::atomic::AtomicU64;

mod active;
mod rollback;
mod word;

pub use active::{Active, activate};
pub(crate) use active::{
    JournalOverflow, Span, barrier, begin, begin_fixed, expect_room, open, save_open, try_save_open,
};
pub(crate) use active::{Savepoint, root_of_segment};
pub(crate) use rollback::is_empty;
pub use rollback::{JournalDamaged, RolledBack, rollback};
pub(crate) use word::Word;

/// The first bytes of a journal. All zero is an empty journal.
#[repr(C)]
#[derive(Debug)]
pub struct JournalHeader {
    /// Bytes of entries that are part of the log: the commit word.
    used: AtomicU64,
    _reserved: u64,
}

/// The offset and length behind the old bytes of each entry.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Trailer {
    /// Bytes from the segment's start to the saved place.
    offset: u64,
    /// Bytes saved, without the padding.
    bytes: u64,
}

const HEADER_BYTES: usize = size_of::<JournalHeader>();
const TRAILER_BYTES: usize = size_of::<Trailer>();

/// Entries start at multiples of this.
const ENTRY_ALIGN: usize = 8;

/// What an entry for `bytes` saved bytes occupies, or `None` when no log could hold it.
const fn entry_bytes(bytes: usize) -> Option<usize> {
    match bytes.checked_next_multiple_of(ENTRY_ALIGN) {
        Some(padded) => padded.checked_add(TRAILER_BYTES),
        None => None,
    }
}

/// The smallest journal, in bytes. It holds the words that any one container operation saves beside its
/// elements; operations that move elements need room for these too.
pub const fn bytes_min() -> usize {
    4096
}

/// The journal has no room for what an operation must save first. Nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the journal is full: the operation needs {needed} bytes of undo log, {free} are free; \
     give the segment a larger journal or change less at once"
)]
#[non_exhaustive]
pub struct JournalFull {
    /// Bytes of log that the operation needs.
    pub needed: usize,
    /// Bytes of log that are free.
    pub free: usize,
}
