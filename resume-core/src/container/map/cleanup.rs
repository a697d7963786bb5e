//! Getting rid of deleted buckets without a moment at which an entry is missing.
//!
//! ```text
//! repeat a few times: for each entry that lies behind a group of its probe which has a free bucket
//!     copy it there; then in one undo-logged step: that bucket full, the old one deleted
//! passed := for each group, the entries that lie behind it on their probes
//! for each group with passed = 0: its deleted buckets become empty, one store each
//! ```
//! A move is atomic and leaves the same entries; a bucket becomes empty only where no probe has to go on.
//! So a crash anywhere leaves a table with the same entries, perhaps less clean.

use core::hash::{BuildHasher, Hash};
use core::ptr;
use core::sync::atomic::Ordering::{Relaxed, Release};

use super::group::{self, DELETED, EMPTY, GROUP};
use super::{Probe, StaticMap};
use crate::ShmSafe;
use crate::journal::{self, Span, barrier};

/// Passes over the table: a move may make room for another one. Two are nearly always enough, and what is
/// left costs time, not correctness.
const PASSES_MAX: usize = 4;

impl<K: ShmSafe + Eq + Hash, V: ShmSafe, const N: usize, S: BuildHasher + Default> StaticMap<K, V, N, S> {
    /// Inside a transaction nothing is cleaned: all of it would have to be saved.
    #[cold]
    #[inline(never)]
    pub(super) fn cleanup(&mut self) {
        if journal::open() {
            return;
        }
        let mut passes = 0;
        while passes < PASSES_MAX && self.move_forward() {
            passes += 1;
        }
        let mut passed = vec![false; Self::GROUPS];
        for (index, key, _) in self.iter().indexed() {
            for group in Probe::new(Self::hash(key), Self::GROUPS).take_while(|&g| g != index / GROUP) {
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

    /// Moves entries to the first group of their probe that has room. Tells whether any was moved.
    fn move_forward(&mut self) -> bool {
        let mut moved = false;
        for from in 0..N {
            let control = self.control[from].load(Relaxed);
            if !group::is_full(control) {
                continue;
            }
            // SAFETY: `from` is less than N and full.
            let hash = Self::hash(&unsafe { self.bucket(from) }.key);
            let to = Probe::new(hash, Self::GROUPS)
                .take_while(|&g| g != from / GROUP)
                .find_map(|g| self.group(g).free().first().map(|position| g * GROUP + position));
            let Some(to) = to else { continue };
            let entry = ptr::from_ref(&self.buckets[from]);
            let place = ptr::from_mut(&mut self.buckets[to]);
            // SAFETY: both are within the array, and two: one is full, the other free.
            unsafe { ptr::copy_nonoverlapping(entry, place, 1) };
            let spans = [Span::of(&self.control[to]), Span::of(&self.control[from])];
            let Ok(op) = journal::begin(&spans) else { return false };
            self.control[to].store(control, Relaxed);
            self.control[from].store(DELETED, Relaxed);
            op.commit();
            moved = true;
        }
        moved
    }
}
