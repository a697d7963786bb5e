//! [`Quarantine`]: events whose handler crashed, kept for a look instead of another try.
//!
//! It is a [`Pool`] of entries, so truth, commit stores and costs are those of the pool. Entries come out in
//! the order of their events' numbers.

use core::fmt;

use super::EventId;
use crate::journal::{Span, save_open};
use crate::pool::{Full, Handle, Pool};
use crate::{ShmInstant, ShmSafe};

/// An event that crashed its handler.
#[derive(ShmSafe, Debug, Clone, Copy)]
#[repr(C)]
pub struct Quarantined<E: ShmSafe> {
    /// Its number in its queue.
    pub id: EventId,
    /// When it came here first.
    pub at: ShmInstant,
    /// How often it was added.
    pub crashes: u64,
    /// The event.
    pub event: E,
}

/// Up to `N` events that crashed their handler.
///
/// ```
/// # use resume_core::{ShmInstant, event::{EventQueue, Quarantine}};
/// # let (mut queue, mut quarantine) = (EventQueue::<u32, 4>::new(), Quarantine::<u32, 4>::new());
/// // In the resume hook: the event that was running is set aside, and the queue goes on.
/// if let Some((id, event)) = queue.clear_in_flight() {
///     let _ = quarantine.add(id, event, ShmInstant::now());
/// }
/// ```
#[derive(ShmSafe)]
#[repr(C)]
pub struct Quarantine<E: ShmSafe, const N: usize> {
    entries: Pool<Quarantined<E>, N>,
}

impl<E: ShmSafe + Copy, const N: usize> Quarantine<E, N> {
    /// An empty quarantine, as all-zero bytes are too.
    pub const fn new() -> Self {
        Self { entries: Pool::new() }
    }

    /// Events in quarantine.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// `N`.
    pub const fn capacity(&self) -> usize {
        N
    }

    fn find(&self, id: EventId) -> Option<Handle<Quarantined<E>>> {
        self.entries.iter().find(|(_, entry)| entry.id == id).map(|(handle, _)| handle)
    }

    /// Sets an event aside, or counts another crash of one that is here, and gives the number of its crashes.
    /// All or nothing on a crash.
    ///
    /// # Errors
    /// [`Full`] gives the event back: [`release`](Self::release) one first.
    pub fn add(&mut self, id: EventId, event: E, at: ShmInstant) -> Result<u64, Full<E>> {
        if let Some(entry) = self.find(id).and_then(|handle| self.entries.get_mut(handle)) {
            save_open(|| [Span::of(&entry.crashes)]);
            entry.crashes = entry.crashes.saturating_add(1);
            return Ok(entry.crashes);
        }
        let entry = Quarantined { id, at, crashes: 1, event };
        self.entries.insert(entry).map(|_| 1).map_err(|Full(entry)| Full(entry.event))
    }

    /// Whether an event for which `is_it` says so is here.
    pub fn contains_by(&self, mut is_it: impl FnMut(&E) -> bool) -> bool {
        self.entries.iter().any(|(_, entry)| is_it(&entry.event))
    }

    /// The entries, the oldest event first. Each step is O(N).
    pub fn iter(&self) -> impl Iterator<Item = &Quarantined<E>> {
        let mut last = None;
        core::iter::from_fn(move || {
            let behind = self.entries.iter().map(|(_, entry)| entry).filter(|e| last < Some(e.id));
            let next = behind.min_by_key(|entry| entry.id)?;
            last = Some(next.id);
            Some(next)
        })
    }

    /// Takes an event out. All or nothing on a crash.
    pub fn release(&mut self, id: EventId) -> Option<Quarantined<E>> {
        self.find(id).and_then(|handle| self.entries.remove(handle))
    }
}

impl<E: ShmSafe + Copy, const N: usize> Default for Quarantine<E, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: ShmSafe + Copy + fmt::Debug, const N: usize> fmt::Debug for Quarantine<E, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
