//! The journal of this thread: what container operations and transactions write to.

use core::cell::Cell;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ops::Range;
use core::ptr;
use core::slice;
use core::sync::atomic::{AtomicU64, Ordering, compiler_fence};

use super::rollback::Places;
use super::{ENTRY_ALIGN, JournalFull, TRAILER_BYTES, Trailer, entry_bytes};

/// The log that this thread's mutations go through.
///
/// # Invariants
/// Unless `base` is null, the fields are those of a living [`Active`], whose maker vouched for them.
#[derive(Clone, Copy)]
struct Log {
    places: Places,
    root: *mut u8,
    root_bytes: usize,
}

const NONE: Log = Log {
    places: Places { base: ptr::null_mut(), segment_bytes: 0, journal_offset: 0, journal_bytes: 0 },
    root: ptr::null_mut(),
    root_bytes: 0,
};

/// State of one thread. What stands alone is what every operation reads.
struct Thread {
    /// Open transactions, nested ones counted.
    depth: Cell<u32>,
    /// Bytes that an operation may save without further questions: the log's capacity, while there is a log and it
    /// is empty, which it is outside transactions; else 0.
    room: Cell<usize>,
    /// An operation of the open transaction did not fit the log.
    overflow: Cell<Option<JournalFull>>,
    /// Why an operation outside a transaction was refused just now.
    refused: Cell<Option<JournalFull>>,
    log: Cell<Log>,
}

thread_local! {
    static THREAD: Thread = const {
        Thread {
            depth: Cell::new(0),
            room: Cell::new(0),
            overflow: Cell::new(None),
            refused: Cell::new(None),
            log: Cell::new(NONE),
        }
    };
}

impl Thread {
    fn set_depth(&self, depth: u32) {
        self.depth.set(depth);
        let places = self.log.get().places;
        self.room.set(if depth == 0 && !places.base.is_null() { places.capacity() } else { 0 });
    }
}

/// While it lives, this thread's container operations and transactions on the segment are crash-atomic.
///
/// Without one a container works too (on the heap, in a test), but operations of several stores are then
/// not atomic, and there are no transactions.
#[must_use = "the journal is active until this guard is dropped"]
pub struct Active<'s> {
    before: Suspended,
    _segment: PhantomData<&'s mut u8>,
    _this_thread: PhantomData<*mut ()>,
}

impl Active<'_> {
    /// Names the root of the segment, which transactions take; without it they are refused.
    ///
    /// # Safety
    /// `at .. at + bytes` lies within the segment and outside the journal, and is the one value through
    /// which safe code reaches the segment's state.
    pub unsafe fn with_root(self, at: *mut u8, bytes: usize) -> Self {
        THREAD.with(|t| t.log.set(Log { root: at, root_bytes: bytes, ..t.log.get() }));
        self
    }
}

/// What this thread was doing with another segment: it goes on when the inner guard is dropped. An open
/// transaction of that segment is no transaction of this one.
struct Suspended {
    depth: u32,
    overflow: Option<JournalFull>,
    log: Log,
}

impl Drop for Active<'_> {
    fn drop(&mut self) {
        THREAD.with(|t| {
            t.overflow.set(self.before.overflow);
            t.log.set(self.before.log);
            t.set_depth(self.before.depth);
        });
    }
}

/// Makes a journal the one of this thread, until the guard is dropped.
///
/// A journal that does not lie within the segment, or is not aligned to 8, is not used; whoever maps the
/// segment has checked that with [`rollback`](super::rollback) before.
///
/// # Safety
/// Until the guard is dropped: `base` is valid for reads and writes of `segment_bytes` bytes; no other
/// thread uses them; nobody but this module touches the journal's bytes. Guards are dropped in reverse order
/// of their making, and not while a transaction on their own segment is open.
pub unsafe fn activate<'s>(
    base: *mut u8,
    segment_bytes: usize,
    journal_offset: usize,
    journal_bytes: usize,
) -> Active<'s> {
    let places = Places { base, segment_bytes, journal_offset, journal_bytes };
    let log = places.check().map_or(NONE, |places| Log { places, ..NONE });
    let before = THREAD.with(|t| {
        let before = Suspended { depth: t.depth.get(), overflow: t.overflow.take(), log: t.log.replace(log) };
        t.set_depth(0);
        before
    });
    Active { before, _segment: PhantomData, _this_thread: PhantomData }
}

/// Keeps the compiler from moving any store across this point.
#[inline(always)]
pub(crate) fn barrier() {
    compiler_fence(Ordering::SeqCst);
}

/// Bytes to be saved before they are overwritten.
#[derive(Clone, Copy)]
pub(crate) struct Span<'a> {
    at: *const u8,
    bytes: usize,
    _place: PhantomData<&'a u8>,
}

impl<'a> Span<'a> {
    #[inline]
    pub(crate) fn of<T>(place: &'a T) -> Self {
        Self { at: ptr::from_ref(place).cast(), bytes: size_of::<T>(), _place: PhantomData }
    }

    #[inline]
    pub(crate) fn slice<T>(places: &'a [T]) -> Self {
        Self { at: places.as_ptr().cast(), bytes: size_of_val(places), _place: PhantomData }
    }
}

/// Whether a transaction is open on this thread: then every operation saves what it overwrites.
#[inline(always)]
pub(crate) fn open() -> bool {
    THREAD.with(|t| t.depth.get() != 0)
}

/// For an operation with one commit store: saves `spans` if a transaction is open.
///
/// Unwinds with [`JournalOverflow`] when the log has no room; the transaction catches it.
#[inline(always)]
pub(crate) fn save_open<'a, const COUNT: usize>(spans: impl FnOnce() -> [Span<'a>; COUNT]) {
    if open() {
        save_or_unwind(&spans());
    }
}

/// As [`save_open`], for a place that must not unwind: tells whether the caller may change the spans. If
/// not, the transaction is doomed and will be rolled back.
pub(crate) fn try_save_open<const COUNT: usize>(spans: &[Span<'_>; COUNT]) -> bool {
    !open()
        || match save(spans) {
            Ok(_) => true,
            Err(full) => {
                doom(full);
                false
            }
        }
}

/// For an operation that saves as it goes: in an open transaction unwinds, as [`save_open`], unless so many
/// bytes of log are free. What is saved up to there fits.
#[inline(always)]
pub(crate) fn expect_room(bytes: usize) {
    if open() {
        room_or_unwind(bytes);
    }
}

#[cold]
#[inline(never)]
fn room_or_unwind(needed: usize) {
    let places = THREAD.with(|t| t.log.get()).places;
    if places.base.is_null() {
        return;
    }
    // SAFETY: a log is active, and its maker keeps it mapped.
    let used = unsafe { places.used() }.load(Ordering::Relaxed) as usize;
    let free = places.capacity().saturating_sub(used);
    if needed > free {
        doom(JournalFull { needed, free });
        std::panic::resume_unwind(Box::new(JournalOverflow));
    }
}

#[cold]
#[inline(never)]
fn save_or_unwind<const COUNT: usize>(spans: &[Span<'_>; COUNT]) {
    if let Err(full) = save(spans) {
        doom(full);
        std::panic::resume_unwind(Box::new(JournalOverflow));
    }
}

fn doom(full: JournalFull) {
    THREAD.with(|t| t.overflow.set(Some(full)));
}

/// The payload of an unwinding that a full journal started inside a transaction.
pub(crate) struct JournalOverflow;

/// A running operation of several stores, or nothing where none of its places is in the segment.
#[must_use = "an operation that is not committed is rolled back after a crash"]
pub(crate) struct Micro<'s> {
    /// The commit word, where this operation is all that the log holds.
    used: Option<&'s AtomicU64>,
}

/// Starts an operation of several stores: saves all of `spans`.
///
/// Inside a transaction a full journal unwinds, as in [`save_open`].
pub(crate) fn begin<'s, const COUNT: usize>(spans: &[Span<'_>; COUNT]) -> Result<Micro<'s>, JournalFull> {
    if open() {
        save_or_unwind(spans);
        return Ok(Micro { used: None });
    }
    let saved = save(spans)?;
    let places = THREAD.with(|t| t.log.get()).places;
    // SAFETY: something was saved, so a log is active, and its maker keeps it mapped until after the
    // operation, which runs within.
    Ok(Micro { used: saved.then(|| unsafe { places.used() }) })
}

/// As [`begin`] for places whose sizes the compiler knows: then it is a dozen instructions and the copies.
#[inline(always)]
pub(crate) fn begin_fixed<'s, const COUNT: usize>(
    spans: [Span<'_>; COUNT],
) -> Result<Micro<'s>, JournalFull> {
    let (room, places) = THREAD.with(|t| (t.room.get(), t.log.get().places));
    let mut needed = Some(0_usize);
    let mut inside = true;
    for span in &spans {
        let entry = if span.bytes == 0 { None } else { entry_bytes(span.bytes) };
        needed = entry.and_then(|entry| needed?.checked_add(entry));
        inside &= places.offset_of(span.at).is_some();
    }
    let Some(needed) = needed.filter(|&needed| inside && needed <= room) else {
        return begin_slowly(spans);
    };
    // SAFETY: there is room, so a log is active, and its maker keeps it mapped until after the operation,
    // which runs within.
    let used = unsafe { places.used() };
    let mut at = places.log();
    for span in &spans {
        let offset = span.at.addr().wrapping_sub(places.base.addr());
        // SAFETY: `room` is the capacity of the log, which is empty, and all entries fit it; its start and every
        // entry's length are multiples of 8; the places are borrowed, and nothing in safe reach lies in the log.
        at = unsafe { append(at, span, offset) };
    }
    used.store(needed as u64, Ordering::Release);
    barrier();
    Ok(Micro { used: Some(used) })
}

/// What [`begin_fixed`] does where it is not simple. Results come in registers and spans go by value, since what
/// is in memory for the sake of this call would be stored there on the fast path too.
#[cold]
#[inline(always)]
fn begin_slowly<'s, const COUNT: usize>(spans: [Span<'_>; COUNT]) -> Result<Micro<'s>, JournalFull> {
    #[cold]
    #[inline(never)]
    fn by_pointer<const COUNT: usize>(spans: &[Span<'_>; COUNT]) -> Option<*const AtomicU64> {
        match begin(spans) {
            Ok(op) => Some(op.used.map_or(ptr::null(), ptr::from_ref)),
            Err(full) => {
                THREAD.with(|t| t.refused.set(Some(full)));
                None
            }
        }
    }
    match by_pointer(&spans) {
        // SAFETY: null, or a reference of the lifetime that `begin` was asked for.
        Some(used) => Ok(Micro { used: unsafe { used.as_ref() } }),
        None => Err(THREAD.with(|t| t.refused.take()).unwrap_or(JournalFull { needed: 0, free: 0 })),
    }
}

impl Micro<'_> {
    /// Makes the operation final, with one store.
    #[inline]
    pub(crate) fn commit(self) {
        if let Some(used) = self.used {
            used.store(0, Ordering::Release);
        }
        barrier();
    }
}

/// Appends an entry for each span that lies in the active segment, all or none. Tells whether there were any.
#[inline]
fn save<const COUNT: usize>(spans: &[Span<'_>; COUNT]) -> Result<bool, JournalFull> {
    let places = THREAD.with(|t| t.log.get()).places;
    if places.base.is_null() {
        return Ok(false);
    }
    let offset_of = |span: &Span<'_>| places.offset_of(span.at).filter(|_| span.bytes != 0);
    // SAFETY: a log is active, and its maker keeps it mapped.
    let used_word = unsafe { places.used() };
    let used = used_word.load(Ordering::Relaxed) as usize;
    let free = places.capacity().saturating_sub(used);
    let mut needed = 0_usize;
    for span in spans.iter().filter(|s| offset_of(s).is_some()) {
        needed = entry_bytes(span.bytes).and_then(|b| needed.checked_add(b)).unwrap_or(usize::MAX);
    }
    if needed > free {
        return Err(JournalFull { needed, free });
    }
    let mut at = places.log().wrapping_add(used);
    for span in spans {
        let Some(offset) = offset_of(span) else { continue };
        // SAFETY: the sum of all entries was found to fit behind `used`, so this one lies within the log;
        // `at` is a multiple of 8 as the log's start and every entry's length are; a span is borrowed from
        // live memory, and nothing in safe reach lies in the log, so the two do not overlap.
        at = unsafe { append(at, span, offset) };
    }
    used_word.store((used + needed) as u64, Ordering::Release);
    barrier();
    Ok(needed != 0)
}

/// Writes one entry at `at` and gives its end.
///
/// # Safety
/// `at` is a multiple of 8 and writable for the entry; it does not overlap the span.
#[inline(always)]
unsafe fn append(at: *mut u8, span: &Span<'_>, offset: usize) -> *mut u8 {
    // Words are by far the most frequent; `memcpy` would be a call.
    if span.bytes == 8 {
        // SAFETY: as below, of 8 bytes.
        unsafe { copy::<[u8; 8]>(span.at, at) };
    } else if span.bytes == 16 {
        // SAFETY: as below, of 16 bytes.
        unsafe { copy::<[u8; 16]>(span.at, at) };
    } else if span.bytes == 4 {
        // SAFETY: as below, of 4 bytes.
        unsafe { copy::<[u8; 4]>(span.at, at) };
    } else {
        let old = span.at.cast::<MaybeUninit<u8>>();
        // SAFETY: the span is readable for its bytes (it was borrowed), the target writable and disjoint (the
        // caller's promise); `MaybeUninit` bytes have neither alignment nor validity.
        unsafe { ptr::copy_nonoverlapping(old, at.cast(), span.bytes) };
    }
    let trailer = at.wrapping_add(span.bytes.next_multiple_of(ENTRY_ALIGN));
    // SAFETY: the trailer is the end of the entry, which the caller vouches for, at a multiple of 8.
    unsafe { trailer.cast::<Trailer>().write(Trailer { offset: offset as u64, bytes: span.bytes as u64 }) };
    trailer.wrapping_add(TRAILER_BYTES)
}

/// # Safety
/// As [`ptr::copy_nonoverlapping`] of bytes, as many as a `T` has, which is aligned to 1.
#[inline(always)]
unsafe fn copy<T>(from: *const u8, to: *mut u8) {
    const { assert!(align_of::<T>() == 1) };
    // SAFETY: forwarded; `MaybeUninit` has no validity, and `T` no alignment.
    unsafe { ptr::copy_nonoverlapping(from.cast::<MaybeUninit<T>>(), to.cast(), 1) };
}

/// From the first byte that differs to the last.
///
/// # Safety
/// Both places are readable for `bytes` bytes, and nobody writes them meanwhile.
unsafe fn differ(old: *const u8, now: *const u8, bytes: usize) -> Option<Range<usize>> {
    // Padding is among them: behind this the compiler cannot know that nobody wrote it.
    let (old, now) = (core::hint::black_box(old), core::hint::black_box(now));
    // SAFETY: the caller's promise.
    let old = unsafe { slice::from_raw_parts(old, bytes) };
    // SAFETY: as above.
    let now = unsafe { slice::from_raw_parts(now, bytes) };
    let first = old.iter().zip(now).position(|(old, now)| old != now)?;
    let last = old.iter().zip(now).rposition(|(old, now)| old != now)?;
    Some(first..last + 1)
}

/// The root that the active segment's maker named.
pub(crate) fn root_of_segment() -> Option<(*mut u8, usize)> {
    let log = THREAD.with(|t| t.log.get());
    (!log.root.is_null()).then_some((log.root, log.root_bytes))
}

/// An open transaction's place in the log, to return to.
pub(crate) struct Savepoint {
    mark: usize,
    overflow_before: Option<JournalFull>,
}

impl Savepoint {
    /// Opens a transaction, or one inside another; `None` without an active log.
    pub(crate) fn open() -> Option<Self> {
        THREAD.with(|t| {
            let places = t.log.get().places;
            if places.base.is_null() {
                return None;
            }
            t.set_depth(t.depth.get() + 1);
            // SAFETY: a log is active, and its maker keeps it mapped.
            let mark = unsafe { places.used() }.load(Ordering::Relaxed) as usize;
            Some(Self { mark, overflow_before: t.overflow.take() })
        })
    }

    /// What did not fit the log since this savepoint.
    pub(crate) fn overflow(&self) -> Option<JournalFull> {
        THREAD.with(|t| t.overflow.get())
    }

    /// Ends the transaction and keeps its changes. The outermost one commits with one store.
    pub(crate) fn commit(self) {
        THREAD.with(|t| {
            t.overflow.set(self.overflow_before);
            if t.depth.get() == 1 {
                // SAFETY: the log is that of `open`: guards are not dropped while a transaction is open.
                unsafe { t.log.get().places.used() }.store(0, Ordering::Release);
            }
            barrier();
            t.set_depth(t.depth.get() - 1);
        });
    }

    /// Ends the transaction and undoes its changes, writing through `root`. Gives what the restored places
    /// changed, in bytes from the start of the root.
    ///
    /// # Safety
    /// `root` is the root that the segment's maker named, as a pointer that is allowed to write it, and no
    /// reference into the root is used afterwards that was made before.
    pub(crate) unsafe fn undo(self, root: *mut u8) -> Vec<Range<usize>> {
        THREAD.with(|t| {
            t.set_depth(t.depth.get() - 1);
            t.overflow.set(self.overflow_before);
            let log = t.log.get();
            // The root's own pointer, moved back to the segment's start: a write through another one would
            // not count as a write through the `&mut` that the transaction got.
            let state = root.wrapping_sub(log.root.addr() - log.places.base.addr());
            barrier();
            let root_offset = log.root.addr() - log.places.base.addr();
            let mut restored = Vec::new();
            let mut note = |offset: usize, old: *const u8, now: *const u8, bytes: usize| {
                // SAFETY: an entry's bytes, and the place that they are of: both readable for all of them.
                if let Some(changes) = unsafe { differ(old, now, bytes) } {
                    let start = offset.saturating_sub(root_offset);
                    restored.push(start + changes.start..start + changes.end);
                }
            };
            // SAFETY: the maker vouched for the places; every entry was written by `save` for memory that
            // safe code reaches, which is the root; `mark` was the end of the log.
            let undone = unsafe { log.places.undo_to(self.mark, state, &mut note) };
            match undone {
                Ok(_) => restored,
                // Somebody wrote into the log: an invariant of ours is broken, and the state cannot be
                // trusted in this process. The attach that follows checks it and says what is wrong.
                Err(_) => std::process::abort(),
            }
        })
    }
}
