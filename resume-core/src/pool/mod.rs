//! Slots of one type with generational handles: what game objects live in.
//!
//! # Vocabulary
//! A *slot* holds one value or none. A [`Handle`] names a slot and the generation of its value, so that a
//! handle to a value that is gone never leads to the next one in that slot. A [`Reserved`] slot belongs to
//! the running code only: if that crashes, the slot is free again after the resume (conventions R3, R4).
//!
//! # What is truth
//! Each slot has one word: its generation and its state. All else is derived.
//! ```text
//! word  = generation u32 │ tag 2 bits │ link 30 bits
//! tag     Free      link = next free slot + 1, or 0 at the end     (the link is derived)
//!         Reserved  owned by the stack
//!         Occupied  the value exists
//!         Retired   the generation is used up; never again
//! fresh   slots from here on were never used: Free by their zero bytes, and untouched
//! head    first of the free list + 1, or 0; derived
//! len     occupied slots; derived
//! phase   Clearing while `clear` runs
//! ```
//!
//! # Which store commits
//! | operation | before | commit store | after |
//! |---|---|---|---|
//! | reserve | `fresh` if it grows | the word: Free → Reserved | `head` |
//! | commit | the value's bytes | the word: Reserved → Occupied | `len` |
//! | insert | `fresh`, the value's bytes | the word: Free → Occupied | `head`, `len` |
//! | remove | | the word: Occupied → Free with its link | `head`, `len` |
//! | clear | | `phase`: Clearing | every word, `head`, `len`, `phase` |
//!
//! `fresh` grows before the word changes, so no slot from `fresh` on is ever in use: an attach reads used
//! slots only, and the pages behind them stay untouched. A crash between the commit store and the derived
//! stores leaves a free list that is wrong; the rebuild makes it anew from the words. Each operation is
//! O(1), but `clear`, which is O(slots used).
//!
//! Inside a transaction every word and value that is overwritten is saved first.
//!
//! What it costs beside the heap's pools, measured, is in `docs/COST.md`.
//!
//! Derived words are never trusted with memory: a link is followed only to a slot that exists and whose
//! word says Free, else the list is made anew on the spot.

use core::fmt;
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;

use crate::ShmSafe;
use crate::layout::{Ident, IdentArg, Kind, TypeDesc};

mod iter;
mod reserved;
mod slots;

pub use iter::{Iter, IterMut};
pub use reserved::Reserved;
pub use slots::Pool;

/// Names a value in a [`Pool`] or another container with stable places. Zero is the null handle, which names nothing.
///
/// It is weak: it does not keep the value alive, and once that is removed, a look-up gives `None`, for good. So
/// there is no second, weaker kind of handle; where a value must stay, keep its owner from removing it.
///
/// It keeps an index and a generation, so it means the same in every process that maps the segment.
#[repr(C)]
pub struct Handle<T> {
    index: u32,
    generation: u32,
    _target: PhantomData<fn() -> T>,
}

impl<T> Handle<T> {
    /// Names nothing.
    pub const NULL: Self = Self::new(0, 0);

    pub(crate) const fn new(index: u32, generation: u32) -> Self {
        Self { index, generation, _target: PhantomData }
    }

    /// Whether this is [`NULL`](Self::NULL).
    pub const fn is_null(&self) -> bool {
        self.generation == 0
    }

    /// The handle as a number: for a client that names a value over a connection.
    pub const fn to_bits(self) -> u64 {
        (self.generation as u64) << u32::BITS | self.index as u64
    }

    /// The handle of a number. One that [`to_bits`](Self::to_bits) did not give names nothing, or any value:
    /// look it up as what it is, the word of a client.
    pub const fn from_bits(bits: u64) -> Self {
        Self::new(bits as u32, (bits >> u32::BITS) as u32)
    }

    /// The slot's index. It is for logs and side tables: values come and go in one slot.
    pub const fn index(&self) -> u32 {
        self.index
    }

    /// How many values the slot has held, up to the one that is named.
    pub const fn generation(&self) -> u32 {
        self.generation
    }
}

impl<T> Clone for Handle<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Handle<T> {}

impl<T> Default for Handle<T> {
    fn default() -> Self {
        Self::NULL
    }
}

impl<T> PartialEq for Handle<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.index, self.generation) == (other.index, other.generation)
    }
}

impl<T> Eq for Handle<T> {}

impl<T> Hash for Handle<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(u64::from(self.generation) << 32 | u64::from(self.index));
    }
}

impl<T> PartialOrd for Handle<T> {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Handle<T> {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        (self.index, self.generation).cmp(&(other.index, other.generation))
    }
}

impl<T> fmt::Debug for Handle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_null() {
            return f.write_str("Handle(null)");
        }
        write!(f, "Handle({}v{})", self.index, self.generation)
    }
}

// SAFETY: `repr(C)` with two u32 and a marker of size 0: 8 bytes of which every pattern is valid, no address
// and no drop glue. `T` takes no part in the layout.
unsafe impl<T: ShmSafe> ShmSafe for Handle<T> {
    const ID: &'static Ident = &Ident::new("Handle", &[IdentArg::Type(T::ID)]);
    const DESC: &'static TypeDesc =
        &TypeDesc::new(Self::ID, Kind::Handle { target: T::ID }, size_of::<Self>(), align_of::<Self>());
}

/// The container has no room; the value comes back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Full<T>(pub T);

impl<T> Full<T> {
    /// The value that found no room.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Full<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Full(..)")
    }
}

impl<T> fmt::Display for Full<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the container is full: remove something first, or give it a larger capacity")
    }
}

impl<T> core::error::Error for Full<T> {}

/// The pool has no free slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the pool is full: all of its {capacity} slots are in use; remove something first, or enlarge it")]
#[non_exhaustive]
pub struct PoolFull {
    /// Slots of the pool.
    pub capacity: usize,
}
