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

use super::group::{DELETED, EMPTY, GROUP, Tag};
use super::{Probe, StaticMap};
use crate::ShmSafe;
use crate::journal;

impl<K: ShmSafe + Eq + Hash, V: ShmSafe, const N: usize, S: BuildHasher + Default> StaticMap<K, V, N, S> {
    /// Whether it is time: deleted buckets make searches longer, and there is something to gain.
    #[inline]
    pub(super) fn wants_cleanup(&self) -> bool {
        self.deleted() > N / GROUP
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
        for window in (0..N).step_by(GROUP) {
            for offset in self.controls.window(window).full() {
                let index = window + offset;
                // SAFETY: `index` is less than N, and full: nothing fills or empties a bucket but this entry's
                // own move, or that of an entry before it, which takes free ones.
                let hash = Self::hash(&unsafe { self.bucket(index) }.key);
                if !Probe::<N>::new(hash).covers(index) {
                    self.move_ahead(index, hash, &mut passed);
                }
            }
        }
        let mut deleted = 0;
        for window in (0..N).step_by(GROUP) {
            for offset in self.controls.window(window).equal(Tag::DELETED) {
                if passed[window + offset] {
                    deleted += 1;
                } else {
                    self.controls.commit(window + offset, EMPTY);
                }
            }
        }
        self.counts.deleted.set(deleted);
    }

    /// Moves an entry that is not in the first window of its search to the first free bucket of that search, and marks
    /// the windows that are passed on the way to it.
    #[cold]
    fn move_ahead(&mut self, from: usize, hash: u64, passed: &mut [bool]) {
        let free = Probe::<N>::new(hash).until(from).find_map(|window| {
            self.controls.window(window.position).free().first().map(|offset| window.bucket(offset))
        });
        let now = match free {
            Some(to) if self.move_entry(from, to) => to,
            _ => from,
        };
        for window in Probe::<N>::new(hash).until(now) {
            (0..GROUP).for_each(|offset| passed[window.bucket(offset)] = true);
        }
    }

    /// Moves an entry into a free bucket, in one atomic step. Tells whether the journal had room for it.
    fn move_entry(&mut self, from: usize, to: usize) -> bool {
        let entry = ptr::from_ref(&self.buckets[from]);
        let place = ptr::from_mut(&mut self.buckets[to]);
        // SAFETY: both are within the array, and two: one is full, the other free.
        unsafe { ptr::copy_nonoverlapping(entry, place, 1) };
        let [[a, b], [c, d]] = [self.controls.spans(to), self.controls.spans(from)];
        let Ok(op) = journal::begin_fixed([a, b, c, d]) else { return false };
        let control = self.controls.get(from);
        self.controls.commit(to, control);
        self.controls.commit(from, DELETED);
        op.commit();
        true
    }
}
