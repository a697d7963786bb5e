//! Getting rid of deleted buckets without a moment at which an entry is missing.
//!
//! ```text
//! for each entry:
//!     if a group before it on its probe has a free bucket:
//!         copy it there; then in one undo-logged step: that bucket full, the old one deleted
//!     mark the groups before it on its probe as passed
//! for each group that is not marked: its deleted buckets become empty, one store each
//! ```
//! A move is atomic and leaves the same entries. Later moves only take entries away from behind a group, so
//! a group that is not marked is passed by no probe, and its buckets may become empty. So a crash anywhere
//! leaves a table with the same entries, perhaps less clean.

use core::hash::{BuildHasher, Hash};
use core::ptr;
use core::sync::atomic::Ordering::{Relaxed, Release};

use super::group::{self, DELETED, EMPTY, GROUP};
use super::{Probe, StaticMap};
use crate::ShmSafe;
use crate::journal::{self, Span, barrier};

impl<K: ShmSafe + Eq + Hash, V: ShmSafe, const N: usize, S: BuildHasher + Default> StaticMap<K, V, N, S> {
    /// Whether it is time: probes find few empty buckets any more, and there is something to gain.
    #[inline]
    pub(super) fn wants_cleanup(&self) -> bool {
        let deleted = self.counts.deleted.load(Relaxed) as usize;
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
        let mut passed = vec![false; Self::GROUPS];
        for from in 0..N {
            if !group::is_full(self.control[from].load(Relaxed)) {
                continue;
            }
            // SAFETY: `from` is less than N and full.
            let hash = Self::hash(&unsafe { self.bucket(from) }.key);
            let before = || Probe::new(hash, Self::GROUPS).take_while(|&group| group != from / GROUP);
            let free = before()
                .find_map(|group| self.group(group).free().first().map(|position| group * GROUP + position));
            let now = match free {
                Some(to) if self.move_entry(from, to) => to,
                _ => from,
            };
            for group in before().take_while(|&group| group != now / GROUP) {
                passed[group] = true;
            }
        }
        let mut deleted = 0;
        for (index, control) in self.control.iter().enumerate() {
            if control.load(Relaxed) != DELETED {
                continue;
            }
            if passed[index / GROUP] {
                deleted += 1;
            } else {
                control.store(EMPTY, Release);
            }
        }
        barrier();
        self.counts.deleted.store(deleted, Relaxed);
    }

    /// Moves an entry into a free bucket, in one atomic step. Tells whether the journal had room for it.
    fn move_entry(&mut self, from: usize, to: usize) -> bool {
        let entry = ptr::from_ref(&self.buckets[from]);
        let place = ptr::from_mut(&mut self.buckets[to]);
        // SAFETY: both are within the array, and two: one is full, the other free.
        unsafe { ptr::copy_nonoverlapping(entry, place, 1) };
        let Ok(op) = journal::begin(&[Span::of(&self.control[to]), Span::of(&self.control[from])]) else {
            return false;
        };
        let control = self.control[from].load(Relaxed);
        self.control[to].store(control, Relaxed);
        self.control[from].store(DELETED, Relaxed);
        op.commit();
        true
    }
}
