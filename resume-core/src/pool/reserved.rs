//! A slot that only the running code owns.

use core::fmt;
use core::mem::ManuallyDrop;
use core::ptr;

use super::{Handle, Pool};
use crate::ShmSafe;

/// A free slot, taken but not yet filled: gather what the value needs, then [`commit`](Self::commit).
///
/// Dropped without a commit the slot is free again; after a crash the rebuild of the resume frees it. The
/// lint `owner_held_across_call` keeps logic that may crash from running while one is held.
#[must_use = "a reserved slot that is dropped is free again"]
pub struct Reserved<'p, T: ShmSafe, const N: usize> {
    pool: &'p mut Pool<T, N>,
    handle: Handle<T>,
}

impl<'p, T: ShmSafe, const N: usize> Reserved<'p, T, N> {
    pub(super) fn new(pool: &'p mut Pool<T, N>, handle: Handle<T>) -> Self {
        Self { pool, handle }
    }

    /// The handle that the value will have; until the commit it names nothing.
    pub fn handle(&self) -> Handle<T> {
        self.handle
    }

    /// Puts the value into the slot, with one commit store.
    pub fn commit(self, value: T) -> Handle<T> {
        let this = ManuallyDrop::new(self);
        // SAFETY: the borrow is read out of `this` once, and `this` is never used or dropped again, so it
        // stays exclusive.
        let pool = unsafe { ptr::read(&this.pool) };
        pool.commit_reserved(this.handle, value)
    }
}

impl<T: ShmSafe, const N: usize> Drop for Reserved<'_, T, N> {
    fn drop(&mut self) {
        self.pool.cancel_reserved(self.handle);
    }
}

impl<T: ShmSafe, const N: usize> fmt::Debug for Reserved<'_, T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reserved").field(&self.handle).finish()
    }
}
