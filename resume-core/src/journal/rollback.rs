//! Undoing what a crash or an aborted transaction left half done. See the [parent](super) for the proof.

use core::mem::MaybeUninit;
use core::ptr;
use core::sync::atomic::{AtomicU64, Ordering};

use super::{ENTRY_ALIGN, HEADER_BYTES, TRAILER_BYTES, Trailer};

/// What a rollback did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RolledBack {
    /// Saved places that were restored.
    pub entries: u64,
    /// Bytes that were restored.
    pub bytes: u64,
}

/// The journal's bytes are not a log that this runtime wrote. Nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JournalDamaged {
    /// The journal does not lie within the segment, or has no room for its header.
    #[error(
        "expected a journal within the segment of {segment_bytes} bytes, \
         found it at offset {offset} with {bytes} bytes; the segment's header is damaged"
    )]
    Place {
        /// Offset of the journal.
        offset: usize,
        /// Bytes of the journal.
        bytes: usize,
        /// Bytes of the segment.
        segment_bytes: usize,
    },
    /// The commit word does not fit the journal.
    #[error("expected at most {capacity} bytes of log in steps of 8, found {used}; discard the segment")]
    Used {
        /// What was found.
        used: u64,
        /// Bytes that entries may occupy.
        capacity: usize,
    },
    /// An entry does not fit the log or leads outside the state, which lies behind the journal: into the header, say.
    #[error(
        "the log entry that ends at byte {end} is damaged: expected a saved place behind the journal, within \
         the segment, found offset {offset} with {bytes} bytes; discard the segment"
    )]
    Entry {
        /// Where the entry ends, in bytes from the start of the log.
        end: usize,
        /// The place that it names.
        offset: u64,
        /// The bytes that it names.
        bytes: u64,
    },
}

/// Where things are.
#[derive(Clone, Copy)]
pub(super) struct Places {
    pub(super) base: *mut u8,
    pub(super) segment_bytes: usize,
    pub(super) journal_offset: usize,
    pub(super) journal_bytes: usize,
}

impl Places {
    /// Refuses a journal that is not within the segment.
    pub(super) fn check(self) -> Result<Self, JournalDamaged> {
        let inside =
            self.journal_offset.checked_add(self.journal_bytes).is_some_and(|end| end <= self.segment_bytes);
        let aligned = self.base.wrapping_add(self.journal_offset).addr().is_multiple_of(ENTRY_ALIGN);
        if inside && aligned && self.journal_bytes >= HEADER_BYTES {
            return Ok(self);
        }
        Err(JournalDamaged::Place {
            offset: self.journal_offset,
            bytes: self.journal_bytes,
            segment_bytes: self.segment_bytes,
        })
    }

    /// Where a place is in the segment, counted from its start.
    #[inline]
    pub(super) fn offset_of(self, place: *const u8) -> Option<usize> {
        let offset = place.addr().wrapping_sub(self.base.addr());
        (offset < self.segment_bytes).then_some(offset)
    }

    /// Bytes that entries may occupy.
    #[inline]
    pub(super) fn capacity(self) -> usize {
        (self.journal_bytes - HEADER_BYTES) & !(ENTRY_ALIGN - 1)
    }

    /// The first byte of the first entry.
    #[inline]
    pub(super) fn log(self) -> *mut u8 {
        self.base.wrapping_add(self.journal_offset + HEADER_BYTES)
    }

    /// The commit word.
    ///
    /// # Safety
    /// The places passed [`check`](Self::check) and the journal is mapped for `'a`.
    #[inline]
    pub(super) unsafe fn used<'a>(self) -> &'a AtomicU64 {
        let at = self.base.wrapping_add(self.journal_offset).cast::<u64>();
        // SAFETY: `used` is the first field of the header, which `check` found inside the segment and
        // aligned for u64; the caller keeps it mapped; every other access to it is atomic too.
        unsafe { AtomicU64::from_ptr(at) }
    }

    /// The entry that ends at byte `end` of the log: where it starts, and what it says.
    ///
    /// # Safety
    /// The places passed [`check`](Self::check), `end` is at most the capacity and a multiple of 8, and the
    /// journal is mapped.
    unsafe fn entry_before(self, end: usize) -> Result<(usize, Trailer), JournalDamaged> {
        let damaged = |t: Trailer| JournalDamaged::Entry { end, offset: t.offset, bytes: t.bytes };
        let Some(at) = end.checked_sub(TRAILER_BYTES) else {
            return Err(damaged(Trailer { offset: 0, bytes: 0 }));
        };
        // SAFETY: `at .. end` lies within the log, which is mapped; a trailer is two u64 at a multiple of 8.
        let trailer = unsafe { self.log().wrapping_add(at).cast::<Trailer>().read() };
        let start = usize::try_from(trailer.bytes)
            .ok()
            .and_then(|bytes| bytes.checked_next_multiple_of(ENTRY_ALIGN))
            .and_then(|padded| at.checked_sub(padded));
        let place_end = trailer.offset.checked_add(trailer.bytes);
        let journal_end = (self.journal_offset + self.journal_bytes) as u64;
        match (start, place_end) {
            (Some(start), Some(place_end))
                if trailer.bytes != 0
                    && place_end <= self.segment_bytes as u64
                    && trailer.offset >= journal_end =>
            {
                Ok((start, trailer))
            }
            _ => Err(damaged(trailer)),
        }
    }

    /// Restores the entries from the end of the log down to `mark`, through `state`, and shortens the log. `restored`
    /// hears of each place before: its offset, the old bytes and the bytes there, and how many they are.
    ///
    /// # Safety
    /// The places passed [`check`](Self::check); the journal is mapped; `state` is the address of `base`,
    /// and every saved place is writable through it; nobody else uses them; `mark` is a boundary between
    /// entries (0 always is).
    pub(super) unsafe fn undo_to(
        self,
        mark: usize,
        state: *mut u8,
        mut restored: impl FnMut(usize, *const u8, *const u8, usize),
    ) -> Result<RolledBack, JournalDamaged> {
        // SAFETY: forwarded from the caller.
        let used_word = unsafe { self.used() };
        let used = used_word.load(Ordering::Acquire);
        let end = usize::try_from(used)
            .ok()
            .filter(|&used| used <= self.capacity() && used.is_multiple_of(ENTRY_ALIGN))
            .ok_or(JournalDamaged::Used { used, capacity: self.capacity() })?;
        let mut at = end;
        while at > mark {
            // SAFETY: `at` is at most the capacity and a multiple of 8: `end` was checked, and entries start
            // at multiples of 8 below it.
            (at, _) = unsafe { self.entry_before(at) }?;
        }
        if at != mark {
            return Err(JournalDamaged::Used { used, capacity: self.capacity() });
        }
        let mut done = RolledBack::default();
        let mut at = end;
        while at > mark {
            // SAFETY: as above.
            let (start, trailer) = unsafe { self.entry_before(at) }?;
            let (offset, bytes) = (trailer.offset as usize, trailer.bytes as usize);
            let old = self.log().wrapping_add(start).cast::<MaybeUninit<u8>>();
            let place = state.wrapping_add(offset).cast::<MaybeUninit<u8>>();
            restored(offset, old.cast(), place.cast_const().cast(), bytes);
            // SAFETY: `entry_before` found the old bytes within the log and the place within the segment
            // and behind the journal, so they do not overlap; the caller vouches for the place; bytes have no alignment and,
            // as `MaybeUninit`, no validity.
            unsafe { ptr::copy_nonoverlapping(old, place, bytes) };
            done.entries += 1;
            done.bytes += trailer.bytes;
            at = start;
        }
        used_word.store(mark as u64, Ordering::Release);
        super::barrier();
        Ok(done)
    }
}

/// Undoes what the journal of a crashed process holds: the segment is again as before the operation, or
/// transaction, that was running.
///
/// Every entry is checked before the first write. It may be interrupted at every instruction and run again,
/// and it works on a copy of a segment at any address.
///
/// # Errors
/// [`JournalDamaged`] when the bytes are not a log; nothing has changed then.
///
/// # Safety
/// `base` is valid for reads and writes of `segment_bytes` bytes, and nobody else uses them meanwhile.
pub unsafe fn rollback(
    base: *mut u8,
    segment_bytes: usize,
    journal_offset: usize,
    journal_bytes: usize,
) -> Result<RolledBack, JournalDamaged> {
    let places = Places { base, segment_bytes, journal_offset, journal_bytes }.check()?;
    // SAFETY: checked just now; the rest is the caller's promise; 0 is the start of the log.
    unsafe { places.undo_to(0, base, |_, _, _, _| {}) }
}

/// Whether the journal's log holds nothing.
///
/// # Errors
/// [`JournalDamaged`] when it does not lie in the segment.
///
/// # Safety
/// As [`rollback`]; but other threads of this process may use the journal.
pub(crate) unsafe fn is_empty(
    base: *mut u8,
    segment_bytes: usize,
    journal_offset: usize,
    journal_bytes: usize,
) -> Result<bool, JournalDamaged> {
    let places = Places { base, segment_bytes, journal_offset, journal_bytes }.check()?;
    // SAFETY: checked just now, and mapped by the caller's promise.
    let used = unsafe { places.used() };
    Ok(used.load(Ordering::Acquire) == 0)
}
