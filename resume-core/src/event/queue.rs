//! [`EventQueue`]: a ring of events with monotonic numbers.
//!
//! # What is truth
//! ```text
//! tail     the number of the next event to be pushed
//! cursor   (the number of the next event to be started) × 2 + (1 if the one before it is in flight)
//! ring     event number n is in place n mod N; they exist from the one in flight to `tail`
//! ```
//! Nothing is derived. Both facts about the running event are in one word, so that each step is one store.
//!
//! | operation | commits with |
//! |---|---|
//! | push | the store of `tail`, after the event's bytes |
//! | begin | the store of `cursor`: number + 1, in flight |
//! | finish, clear_in_flight | the store of `cursor`: not in flight |
//! | skip | the store of `cursor`: number + 1, not in flight |
//!
//! All are O(1). A crash leaves the queue of before or of after; an event that was handed out is in flight.
//!
//! [`finish`](EventQueue::finish) inside a transaction makes the completion atomic with the event's effects.
//! [`begin`](EventQueue::begin) belongs outside: a rollback would take the mark back, and a crash inside the
//! transaction would run the event again.

use core::fmt;
use core::marker::PhantomData;
use core::mem::{MaybeUninit, offset_of};
use core::ops::Deref;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed, Ordering::Release};

use crate::ShmSafe;
use crate::check::{Checker, Rebuild};
use crate::journal::{Span, barrier, save_open};
use crate::layout::{ContainerOps, FieldDesc, Ident, IdentArg, Kind, Role, TypeDesc};
use crate::pool::Full;

/// The number of an event in its queue: it counts from 0 and is never used again.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct EventId(pub u64);

// SAFETY: `repr(transparent)` over `u64`.
unsafe impl ShmSafe for EventId {
    const ID: &'static Ident = &Ident::new("EventId", &[]);
    const DESC: &'static TypeDesc = &TypeDesc::c_struct(
        Self::ID,
        &[FieldDesc { name: "0", offset: 0, ty: u64::DESC }],
        size_of::<Self>(),
        align_of::<Self>(),
    );
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// An event that was marked and is being handled: give it back with [`EventQueue::finish`].
#[must_use = "an event in flight blocks the queue until it is finished"]
#[derive(Debug)]
pub struct InFlight<E> {
    id: EventId,
    event: E,
}

impl<E> InFlight<E> {
    /// The event's number.
    pub fn id(&self) -> EventId {
        self.id
    }
}

impl<E> Deref for InFlight<E> {
    type Target = E;

    fn deref(&self) -> &E {
        &self.event
    }
}

/// The number that no event gets: a cursor has room for those up to it. A queue that came so far is full for
/// good, after 292 years of an event each nanosecond.
const NUMBER_MAX: u64 = u64::MAX >> 1;

/// The next event to start, and whether the one before it is in flight.
#[derive(Clone, Copy)]
struct Cursor {
    next: u64,
    in_flight: bool,
}

impl Cursor {
    fn from_word(word: u64) -> Self {
        Self { next: word >> 1, in_flight: word & 1 == 1 }
    }

    fn word(self) -> u64 {
        self.next << 1 | u64::from(self.in_flight)
    }

    /// The oldest event whose place is in use.
    fn oldest(self) -> u64 {
        self.next.saturating_sub(u64::from(self.in_flight))
    }
}

/// A queue of up to `N` events. See the [module](self) for what a crash leaves.
///
/// ```
/// # use resume_core::event::EventQueue;
/// let mut queue = EventQueue::<u32, 4>::new();
/// queue.push(7)?;
/// while let Some(event) = queue.begin() {
///     assert_eq!(*event, 7); // a crash here: after the resume `in_flight` tells, and 7 does not run again
///     queue.finish(event);
/// }
/// # Ok::<(), resume_core::container::Full<u32>>(())
/// ```
#[repr(C)]
pub struct EventQueue<E, const N: usize> {
    tail: AtomicU64,
    cursor: AtomicU64,
    ring: [MaybeUninit<E>; N],
    _this_thread: PhantomData<*mut ()>,
}

impl<E: ShmSafe + Copy, const N: usize> EventQueue<E, N> {
    const CAPACITY_FITS: () = assert!(N > 0, "EventQueue: N must be at least 1");

    /// An empty queue, as all-zero bytes are too.
    pub const fn new() -> Self {
        const { Self::CAPACITY_FITS };
        Self {
            tail: AtomicU64::new(0),
            cursor: AtomicU64::new(0),
            ring: [const { MaybeUninit::uninit() }; N],
            _this_thread: PhantomData,
        }
    }

    fn cursor(&self) -> Cursor {
        Cursor::from_word(self.cursor.load(Relaxed))
    }

    fn tail(&self) -> u64 {
        self.tail.load(Relaxed)
    }

    /// The one store that marks.
    #[inline]
    fn commit_cursor(&mut self, cursor: Cursor) {
        save_open(|| [Span::of(&self.cursor)]);
        self.cursor.store(cursor.word(), Release);
        barrier();
    }

    /// The event with this number, if it is in the ring.
    #[inline]
    fn event(&self, number: u64) -> Option<&E> {
        let behind = number.wrapping_sub(self.cursor().oldest());
        let held = self.tail().wrapping_sub(self.cursor().oldest());
        if behind >= held || held > N as u64 {
            return None;
        }
        const { Self::CAPACITY_FITS };
        // SAFETY: events from the oldest to `tail` were written before the store of `tail` (and checked by
        // an attach); the place was not written since, as `push` refuses to go round.
        Some(unsafe { self.ring[(number % N as u64) as usize].assume_init_ref() })
    }

    /// Events that wait to be started.
    pub fn len(&self) -> usize {
        self.tail().saturating_sub(self.cursor().next).min(N as u64) as usize
    }

    /// Whether no event waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// `N`: events that wait, and the one in flight.
    pub const fn capacity(&self) -> usize {
        N
    }

    /// Appends an event. All or nothing on a crash.
    ///
    /// # Errors
    /// [`Full`] gives the event back.
    #[inline]
    pub fn push(&mut self, event: E) -> Result<EventId, Full<E>> {
        const { Self::CAPACITY_FITS };
        let tail = self.tail();
        if tail.wrapping_sub(self.cursor().oldest()) >= N as u64 || tail >= NUMBER_MAX {
            return Err(Full(event));
        }
        let place = (tail % N as u64) as usize;
        save_open(|| [Span::of(&self.ring[place]), Span::of(&self.tail)]);
        self.ring[place].write(event);
        self.tail.store(tail.wrapping_add(1), Release);
        barrier();
        Ok(EventId(tail))
    }

    /// The next event to be started.
    pub fn peek(&self) -> Option<&E> {
        self.event(self.cursor().next)
    }

    /// Marks the next event as started, with one store, and only then hands it out.
    ///
    /// `None` when no event waits, or while one is in flight: finish that first. After a crash, and where a
    /// handler panicked, [`clear_in_flight`](Self::clear_in_flight) is what goes on.
    #[inline]
    pub fn begin(&mut self) -> Option<InFlight<E>> {
        let (number, event) = self.startable()?;
        self.commit_cursor(Cursor { next: number.wrapping_add(1), in_flight: true });
        Some(InFlight { id: EventId(number), event })
    }

    /// Marks the next event as done without handing it to a handler. `None` as in [`begin`](Self::begin).
    pub fn skip(&mut self) -> Option<E> {
        let (number, event) = self.startable()?;
        self.commit_cursor(Cursor { next: number.wrapping_add(1), in_flight: false });
        Some(event)
    }

    fn startable(&self) -> Option<(u64, E)> {
        let cursor = self.cursor();
        if cursor.in_flight {
            return None;
        }
        Some((cursor.next, *self.event(cursor.next)?))
    }

    /// The event was handled. One that was cleared meanwhile is ignored.
    pub fn finish(&mut self, event: InFlight<E>) {
        let cursor = self.cursor();
        if cursor.in_flight && cursor.oldest() == event.id.0 {
            self.commit_cursor(Cursor { in_flight: false, ..cursor });
        }
    }

    /// The event that was started and not finished: after a crash, the one that was running.
    pub fn in_flight(&self) -> Option<(EventId, &E)> {
        let cursor = self.cursor();
        let number = cursor.oldest();
        cursor.in_flight.then(|| self.event(number).map(|event| (EventId(number), event)))?
    }

    /// Gives up the event in flight, and gives it back: the resume decides what becomes of it.
    pub fn clear_in_flight(&mut self) -> Option<(EventId, E)> {
        let (id, event) = self.in_flight().map(|(id, event)| (id, *event))?;
        let cursor = self.cursor();
        self.commit_cursor(Cursor { in_flight: false, ..cursor });
        Some((id, event))
    }

    /// The events that wait, with their numbers, in order.
    pub fn iter(&self) -> Iter<'_, E, N> {
        Iter { queue: self, next: self.cursor().next }
    }

    /// # Safety
    /// As [`ContainerOps::check`].
    unsafe fn check(at: *const u8, check: &mut Checker) {
        // SAFETY: the caller vouches for the bytes, which nobody writes; words are atomics and events
        // `MaybeUninit`, so a reference to the whole is sound whatever they are.
        let queue = unsafe { &*at.cast::<Self>() };
        let (cursor, tail) = (queue.cursor(), queue.tail());
        let held = tail.wrapping_sub(cursor.oldest());
        if tail > NUMBER_MAX {
            return check.problem(format_args!("expected at most {NUMBER_MAX} events, found {tail}"));
        }
        if (cursor.in_flight && cursor.next == 0) || cursor.next > tail || held > N as u64 {
            return check.problem(format_args!(
                "expected a started event up to the tail {tail} and at most {N} events behind it, \
                 found {} with{} one in flight",
                cursor.next,
                if cursor.in_flight { "" } else { "out" }
            ));
        }
        let first = (&raw const queue.ring).cast::<E>();
        let places = (cursor.oldest()..tail)
            .map(|number| (number, first.wrapping_add((number % N as u64) as usize).cast()));
        // SAFETY: places of the ring, at most N: within the queue, aligned.
        unsafe { check.elements(E::DESC, places) };
    }

    /// # Safety
    /// As [`ContainerOps::rebuild`].
    unsafe fn rebuild(at: *mut u8, rebuild: &mut Rebuild) {
        if !E::DESC.rebuilds {
            return;
        }
        // SAFETY: the caller vouches for the bytes, which passed `check`, and nobody else uses them.
        let queue = unsafe { &mut *at.cast::<Self>() };
        for number in queue.cursor().oldest()..queue.tail() {
            let place = queue.ring[(number % N as u64) as usize].as_mut_ptr();
            // SAFETY: an event that exists and passed the check; the borrow is exclusive.
            unsafe { rebuild.value(E::DESC, place.cast()) };
        }
    }
}

/// The events that wait in an [`EventQueue`].
#[derive(Clone)]
pub struct Iter<'q, E, const N: usize> {
    queue: &'q EventQueue<E, N>,
    next: u64,
}

impl<'q, E: ShmSafe + Copy, const N: usize> Iterator for Iter<'q, E, N> {
    type Item = (EventId, &'q E);

    fn next(&mut self) -> Option<Self::Item> {
        let event = self.queue.event(self.next)?;
        let id = EventId(self.next);
        self.next = self.next.wrapping_add(1);
        Some((id, event))
    }
}

impl<E, const N: usize> fmt::Debug for Iter<'_, E, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Iter({})", EventId(self.next))
    }
}

impl<E: ShmSafe + Copy, const N: usize> Default for EventQueue<E, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: ShmSafe + Copy + fmt::Debug, const N: usize> fmt::Debug for EventQueue<E, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventQueue")
            .field("in_flight", &self.in_flight())
            .field("waiting", &self.iter().collect::<Vec<_>>())
            .finish()
    }
}

impl<'q, E: ShmSafe + Copy, const N: usize> IntoIterator for &'q EventQueue<E, N> {
    type Item = (EventId, &'q E);
    type IntoIter = Iter<'q, E, N>;

    fn into_iter(self) -> Iter<'q, E, N> {
        self.iter()
    }
}

// SAFETY: `repr(C)` over atomics and an array of `E: ShmSafe`; the fields and offsets are the real ones; numbers
// and the events that exist are checked by `check`; no address and no drop glue.
unsafe impl<E: ShmSafe + Copy, const N: usize> ShmSafe for EventQueue<E, N> {
    const ID: &'static Ident =
        &Ident::new("EventQueue", &[IdentArg::Type(E::ID), IdentArg::Const(N as i128)]);
    const DESC: &'static TypeDesc = &TypeDesc::new(
        Self::ID,
        Kind::Container {
            role: Role::EventQueue,
            capacity: {
                // Here, `cargo check` finds it in a derived owner; in `new` alone, only a build does.
                let () = Self::CAPACITY_FITS;
                N as u64
            },
            fields: &[
                FieldDesc { name: "tail", offset: 0, ty: u64::DESC },
                FieldDesc { name: "cursor", offset: 8, ty: u64::DESC },
                FieldDesc {
                    name: "ring",
                    offset: offset_of!(Self, ring) as u64,
                    ty: <[E; N] as ShmSafe>::DESC,
                },
            ],
            ops: &ContainerOps { check: Self::check, rebuild: Self::rebuild },
        },
        size_of::<Self>(),
        align_of::<Self>(),
    );
}
