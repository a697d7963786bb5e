//! Containers of fixed capacity whose all-zero bytes are their empty state.
//!
//! Each operation is all or nothing at every instruction; each module says what is truth, what is derived,
//! which store commits and what it costs. None of them panics, whatever bytes it finds. What they cost beside the
//! heap's containers, measured, is in `docs/COST.md`.
//!
//! They are neither `Send` nor `Sync`: the journal that makes an operation whole belongs to the thread that
//! entered the segment, so no other thread may change one.
//!
//! ```compile_fail,E0277
//! fn on_another_thread<T: Send>() {}
//! on_another_thread::<resume_core::container::StaticVec<u8, 4>>();
//! ```
//!
//! Element types have no drop glue (that is part of [`ShmSafe`](crate::ShmSafe)), so removing a value is
//! forgetting it.

pub mod bit_set;
pub mod hash;
pub mod list;
pub mod map;
mod nodes;
pub mod ordered;
pub(crate) mod replace;
pub mod ring;
#[cfg(feature = "serde")]
mod serde;
pub mod set;
pub mod string;
pub mod timers;
pub mod vec;
pub mod versioned;

pub use crate::pool::Full;
pub use bit_set::{BitSet, Ones, words_for};
pub use list::{Iter as ListIter, IterMut as ListIterMut, StaticList};
pub use map::{Iter as MapIter, IterMut as MapIterMut, StaticMap, buckets_for};
pub use ordered::{
    Iter as OrderedMapIter, IterMut as OrderedMapIterMut, OrderedMap, Range as OrderedMapRange,
};
pub use ring::Ring;
pub use set::{Iter as SetIter, StaticSet};
pub use string::StaticString;
pub use timers::{TICK, Timers};
pub use vec::StaticVec;
pub use versioned::Versioned;

use core::fmt;

use crate::journal::JournalFull;

/// Why a value was not stored; it comes back.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InsertError<T> {
    /// The container has no room.
    Full(T),
    /// There is no such position.
    OutOfBounds {
        /// The value.
        value: T,
        /// The position that was asked for.
        index: usize,
        /// Elements in the container.
        len: usize,
    },
    /// The handle that says where names no element (any more).
    NoSuchPlace(T),
    /// The undo log has no room for what the operation moves or replaces.
    JournalFull(T, JournalFull),
}

impl<T> InsertError<T> {
    /// The value that was not stored.
    pub fn into_inner(self) -> T {
        match self {
            Self::Full(value)
            | Self::NoSuchPlace(value)
            | Self::OutOfBounds { value, .. }
            | Self::JournalFull(value, _) => value,
        }
    }
}

impl<T> fmt::Display for InsertError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(_) => fmt::Display::fmt(&Full(()), f),
            Self::OutOfBounds { index, len, .. } => {
                write!(f, "expected a position of at most {len}, found {index}")
            }
            Self::NoSuchPlace(_) => f.write_str(
                "expected the handle of an element of this container, found one that names nothing or an \
                 element that was removed; look it up again",
            ),
            Self::JournalFull(_, full) => fmt::Display::fmt(full, f),
        }
    }
}

impl<T> fmt::Debug for InsertError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InsertError({self})")
    }
}

impl<T> core::error::Error for InsertError<T> {}

impl<T> From<Full<T>> for InsertError<T> {
    fn from(full: Full<T>) -> Self {
        Self::Full(full.0)
    }
}

/// Why an element was not removed or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RemoveError {
    /// There is no such element.
    #[error("expected a position below {len}, found {index}")]
    OutOfBounds {
        /// The position that was asked for.
        index: usize,
        /// Elements in the container.
        len: usize,
    },
    /// The undo log has no room for what the operation moves.
    #[error(transparent)]
    JournalFull(#[from] JournalFull),
}
