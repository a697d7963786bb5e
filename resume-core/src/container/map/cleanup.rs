//! Getting rid of deleted buckets without a moment at which an entry is missing.
//!
//! ```text
//! for each entry:
//!     if a window before its own on its search has a free bucket:
//!         copy it there; then in one undo-logged step: that bucket full, the old one deleted
//!     mark the buckets of the windows before its own as passed
//! for each deleted bucket that is not marked: it becomes empty, one store each
//! ```
//! A move is atomic and leaves the same entries. Later moves only take entries away from behind a window, so
//! a bucket that is not marked is passed by no search, and may become empty. So a crash anywhere leaves a
//! table with the same entries, perhaps less clean.

use core::hash::{BuildHasher, Hash};
use core::ptr;

use super::group::{self, DELETED, EMPTY, GROUP};
use super::{Probe, StaticMap};
use crate::ShmSafe;
use crate::journal;

impl<K: ShmSafe + Eq + Hash, V: ShmSafe, const N: usize, S: BuildHasher + Default> StaticMap<K, V, N, S> {
    /// Whether it is time: probes find few empty buckets any more, and there is something to gain.
    #[inline]
    pub(super) fn wants_cleanup(&self) -> bool {
        let deleted = self.counts.deleted.get() as usize;
        deleted > N / GROUP && self.len().saturating_add(deleted) > Self::CAPACITY
    }

    /// Makes deleted buckets empty again, which keeps searches short. An insert does it when it is time; a
    /// server may do it at a quiet moment instead. The entries stay the same, also on a crash.
    ///
    /// O(N). Inside a transaction nothing is cleaned: all of it would have to be saved.
    #[cold]
    #[inline(never)]
    pub fn clean_up(&mut self) {
        if journal::open() {
            return;
        }
        let mut passed = vec![false; N];
        for from in 0..N {
            if !group::is_full(self.control.get(from)) {
                continue;
            }
            // SAFETY: `from` is less than N and full.
            let hash = Self::hash(&unsafe { self.bucket(from) }.key);
            let before = Probe::<N>::new(hash).until(from);
            let free = before.clone().find_map(|window| {
                self.control.window(window.position).free().first().map(|offset| window.bucket(offset))
            });
            let now = match free {
                Some(to) if self.move_entry(from, to) => to,
                _ => from,
            };
            for window in Probe::<N>::new(hash).until(now) {
                (0..GROUP).for_each(|offset| passed[window.bucket(offset)] = true);
            }
        }
        let mut deleted = 0;
        for (index, &passed) in passed.iter().enumerate() {
            match self.control.get(index) {
                DELETED if passed => deleted += 1,
                DELETED => self.control.commit(index, EMPTY),
                _ => {}
            }
        }
        self.counts.deleted.set(deleted);
    }

    /// Moves an entry into a free bucket, in one atomic step. Tells whether the journal had room for it.
    fn move_entry(&mut self, from: usize, to: usize) -> bool {
        let entry = ptr::from_ref(&self.buckets[from]);
        let place = ptr::from_mut(&mut self.buckets[to]);
        // SAFETY: both are within the array, and two: one is full, the other free.
        unsafe { ptr::copy_nonoverlapping(entry, place, 1) };
        let [[a, b], [c, d]] = [self.control.spans(to), self.control.spans(from)];
        let Ok(op) = journal::begin_fixed([a, b, c, d]) else { return false };
        let control = self.control.get(from);
        self.control.commit(to, control);
        self.control.commit(from, DELETED);
        op.commit();
        true
    }
}
