//! What logic may ask the runtime: the time of the tick, the generation, the flight recorder.

use core::cell::Cell;
use core::fmt;

use crate::segment::{Running, Words};
use crate::value::ShmInstant;

/// Handed to every hook and tick.
pub struct Context<'s> {
    words: &'s Words,
    starts: &'s Cell<u64>,
    generation: u64,
    now: ShmInstant,
}

impl<'s> Context<'s> {
    pub(super) fn new(words: &'s Words, starts: &'s Cell<u64>, generation: u64) -> Self {
        Self { words, starts, generation, now: ShmInstant::now() }
    }

    /// The time, read once when the tick or hook began: all logic of one tick sees one time.
    pub fn now(&self) -> ShmInstant {
        self.now
    }

    /// How many processes have owned this state, this one included.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Records what runs from here on, for whoever resumes after a crash: four stores, no call. The pair
    /// is whole whenever the process dies; it replaces the one before it.
    pub fn running(&self, handler: u32, event: u64) {
        let starts = self.starts.get().wrapping_add(1) & (u64::MAX >> 1);
        self.starts.set(starts);
        self.words.set_running(Running { handler, event }, starts);
    }

    /// Records that nothing runs.
    pub fn idle(&self) {
        self.words.set_idle();
    }
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("generation", &self.generation)
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}
