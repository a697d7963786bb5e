//! [`Timers`]: values with deadlines, for expiries: a timer wheel.
//!
//! # Why a wheel and not a priority queue
//! What a game server keeps here (buffs, cooldowns, respawns, time-outs) is set, refreshed and cancelled far
//! more often than it expires, and looked at once a tick. A wheel does each of these in O(1) and with one
//! store, and a heap in O(log n) moves, all of which the undo log would have to hold. A wheel does not know the
//! next deadline without looking for it; a server that ticks anyway does not ask.
//!
//! # How it works
//! Time is cut into ticks of [`TICK`]. The tick of a deadline, modulo `B`, names one of `B` buckets, each a chain
//! of nodes. A deadline more than `B` ticks away waits in its bucket for as many turns of the wheel, and is
//! passed over once in each; so `B` ticks should span the usual deadline: 512 buckets are 34 seconds.
//!
//! Truth: the chains and the deadlines of the nodes in them; while `clear` runs, `phase`. Derived: `earliest`
//! (no deadline is in a tick before it), back links, count, free nodes (`nodes.rs` says how they follow).
//!
//! | operation | commits with | cost |
//! |---|---|---|
//! | schedule | the bucket's head, after value and deadline | O(1) |
//! | cancel | the link that led to the node | O(1) |
//! | reschedule | the deadline, if it stays in its bucket; else the undo log: some 60 bytes | O(1) |
//! | find_due, pop_due | as cancel | O(1) for each due value, + ticks gone by (at most B), + values passed over |
//! | clear | `phase`: clearing; then the heads, then `phase` again | O(B + nodes ever used) |
//!
//! A crash leaves the timers of before or of after. A value that was popped and not handled yet is lost with
//! the crashed stack: pop it in the [transaction](mod@crate::transaction) that applies it.

use core::fmt;
use core::marker::PhantomData;
use core::mem::offset_of;

use super::nodes::{Chain, NodeDescs, Nodes};
use crate::ShmSafe;
use crate::check::{Checker, Rebuild};
use crate::journal::{JournalFull, Span, Word, barrier, save_open};
use crate::layout::{ContainerOps, FieldDesc, Ident, IdentArg, Kind, Role, TypeDesc};
use crate::pool::{Full, Handle};
use crate::value::{ShmDuration, ShmInstant};

/// A tick is this many powers of two of nanoseconds. It decides where deadlines are: it never changes.
const TICK_SHIFT: u32 = 26;

/// The width of a bucket of [`Timers`]: 67 ms. Deadlines are exact; this is how finely they are sorted.
pub const TICK: ShmDuration = ShmDuration::from_nanos(1 << TICK_SHIFT);

const CLEARING: u32 = 1;

/// Up to `N` values with deadlines, in `B` buckets. See the [module](self) for how to choose `B`, and for what
/// a crash leaves.
///
/// ```
/// # use resume_core::container::Timers;
/// # use resume_core::{ShmDuration, ShmInstant};
/// let start = ShmInstant::from_nanos(1_000_000_000);
/// let later = |secs: u64| ShmInstant::from_nanos(start.as_nanos() + secs * 1_000_000_000);
/// let mut buffs = Timers::<u32, 100, 512>::new();
/// let shield = buffs.schedule(later(5), 7)?;
/// buffs.schedule(later(3), 8)?;
/// buffs.reschedule(shield, later(10))?;
/// assert_eq!(buffs.pop_due(later(6)), Some(8));
/// assert_eq!(buffs.pop_due(later(6)), None);
/// assert_eq!(buffs.cancel(shield), Some(7));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[repr(C)]
pub struct Timers<T, const N: usize, const B: usize> {
    phase: Word<u32>,
    _reserved: u32,
    earliest: Word<u64>,
    nodes: Nodes<T, N>,
    heads: [Word<u32>; B],
    due: [Word<u64>; N],
    _this_thread: PhantomData<*mut ()>,
}

/// The tick that a deadline is in.
#[inline]
fn tick(at: ShmInstant) -> u64 {
    at.as_nanos() >> TICK_SHIFT
}

fn chain(head: &Word<u32>) -> Chain<'_> {
    Chain { head, tail: None }
}

impl<T: ShmSafe, const N: usize, const B: usize> Timers<T, N, B> {
    const BUCKETS_FIT: () = assert!(B > 0, "Timers: B, the number of buckets, must be at least 1");

    /// No timers, as all-zero bytes are too.
    pub const fn new() -> Self {
        const { Self::BUCKETS_FIT };
        const { Nodes::<T, N>::CAPACITY_FITS };
        Self {
            phase: Word::new(0),
            _reserved: 0,
            earliest: Word::new(0),
            nodes: Nodes::new(),
            heads: [const { Word::new(0) }; B],
            due: [const { Word::new(0) }; N],
            _this_thread: PhantomData,
        }
    }

    /// Values that wait.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// `N`. A place that held 2^32 - 1 values one after the other is not used again.
    pub const fn capacity(&self) -> usize {
        N
    }

    #[inline]
    fn bucket(tick: u64) -> usize {
        const { Self::BUCKETS_FIT };
        (tick % B as u64) as usize
    }

    #[inline]
    fn due_at(&self, index: usize) -> ShmInstant {
        ShmInstant::from_nanos(self.due.get(index).map_or(0, |due| due.get()))
    }

    /// Notes that there is, or may be, a deadline in `tick`.
    #[inline]
    fn lower_earliest(&self, tick: u64) {
        save_open(|| [Span::of(&self.earliest)]);
        if self.is_empty() || tick < self.earliest.get() {
            self.earliest.set(tick);
        }
    }

    /// Adds a value that is due at an instant, which may have passed. All or nothing on a crash.
    ///
    /// # Errors
    /// [`Full`] gives the value back.
    #[inline(always)]
    pub fn schedule(&mut self, at: ShmInstant, value: T) -> Result<Handle<T>, Full<T>> {
        let Some(place) = self.nodes.next_place() else { return Err(Full(value)) };
        self.lower_earliest(tick(at));
        // The node is free: its deadline means nothing until it is in a chain.
        save_open(|| [Span::of(&self.due[place])]);
        self.due[place].set(at.as_nanos());
        let chain = chain(&self.heads[Self::bucket(tick(at))]);
        self.nodes.insert_after(chain, None, value).map_err(Full)
    }

    /// Removes a value before it is due. All or nothing on a crash.
    #[inline]
    pub fn cancel(&mut self, handle: Handle<T>) -> Option<T> {
        let index = self.nodes.find(handle)?;
        let chain = chain(&self.heads[Self::bucket(tick(self.due_at(index)))]);
        self.nodes.unlink(chain, index)
    }

    /// Gives a value another deadline, and tells whether `handle` still named one. All or nothing on a crash.
    ///
    /// # Errors
    /// The undo log has no room; nothing has changed.
    #[inline]
    pub fn reschedule(&mut self, handle: Handle<T>, at: ShmInstant) -> Result<bool, JournalFull> {
        let Some(index) = self.nodes.find(handle) else { return Ok(false) };
        let (from, to) = (Self::bucket(tick(self.due_at(index))), Self::bucket(tick(at)));
        self.lower_earliest(tick(at));
        let due = &self.due[index];
        if from == to {
            save_open(|| [Span::of(due)]);
            due.commit(at.as_nanos());
            return Ok(true);
        }
        let (from, to) = (chain(&self.heads[from]), chain(&self.heads[to]));
        self.nodes.move_to_front(from, to, index, (due, at.as_nanos()))
    }

    /// A value that is due at `now`: of those in the earliest tick, one, for who asks at least once in `B` ticks;
    /// after a longer pause they come bucket by bucket, several turns of the wheel together. Take it with [`cancel`](Self::cancel), or
    /// give it another deadline.
    #[inline]
    pub fn find_due(&mut self, now: ShmInstant) -> Option<Handle<T>> {
        let (from, to) = (self.earliest.get(), tick(now));
        if from > to {
            return None;
        }
        // Each bucket once at most: a bucket holds the deadlines of all turns of the wheel.
        let found = (from..=to).take(B).find_map(|tick| {
            let bucket = &self.heads[Self::bucket(tick)];
            let index = self.nodes.walk(bucket).find(|&index| self.due_at(index) <= now)?;
            Some((tick, index))
        });
        save_open(|| [Span::of(&self.earliest)]);
        self.earliest.set(found.map_or(to, |(tick, _)| tick));
        found.map(|(_, index)| self.nodes.handle(index))
    }

    /// Removes a value that is due at `now`, in the order of [`find_due`](Self::find_due). All or nothing on a crash; see the
    /// [module](self) on where to call it.
    #[inline]
    pub fn pop_due(&mut self, now: ShmInstant) -> Option<T> {
        let due = self.find_due(now)?;
        self.cancel(due)
    }

    /// When a value is due.
    #[inline]
    pub fn deadline(&self, handle: Handle<T>) -> Option<ShmInstant> {
        self.nodes.find(handle).map(|index| self.due_at(index))
    }

    /// The value that `handle` names, if it still waits.
    #[inline]
    pub fn get(&self, handle: Handle<T>) -> Option<&T> {
        self.nodes.get(self.nodes.find(handle)?)
    }

    /// As [`get`](Self::get), to change it. What spans more than one word belongs into a
    /// [transaction](mod@crate::transaction).
    pub fn get_mut(&mut self, handle: Handle<T>) -> Option<&mut T> {
        let index = self.nodes.find(handle)?;
        self.nodes.get_mut(index)
    }

    /// Whether `handle` still names a value.
    #[inline]
    pub fn contains(&self, handle: Handle<T>) -> bool {
        self.nodes.find(handle).is_some()
    }

    /// All that waits, with handles and deadlines, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (Handle<T>, ShmInstant, &T)> {
        self.nodes.linked().map(|(index, value)| (self.nodes.handle(index), self.due_at(index), value))
    }

    /// Removes every value. All or nothing on a crash.
    pub fn clear(&mut self) {
        save_open(|| [Span::of(&self.phase), Span::slice(&self.heads)]);
        self.nodes.save_all();
        self.phase.commit(CLEARING);
        self.finish_clear();
    }

    /// It may be interrupted and run again.
    fn finish_clear(&self) {
        for head in &self.heads {
            head.set(0);
        }
        self.nodes.derive(self.heads.iter().map(chain));
        barrier();
        self.phase.commit(0);
    }

    /// # Safety
    /// As [`ContainerOps::check`].
    unsafe fn check(at: *const u8, check: &mut Checker) {
        // SAFETY: the caller vouches for the bytes, which nobody writes; words are numbers and values
        // `MaybeUninit`, so a reference to the whole is sound whatever they are.
        let timers = unsafe { &*at.cast::<Self>() };
        let phase = timers.phase.get();
        if phase > CLEARING {
            return check.problem(format_args!("expected a timers' phase of 0 or 1, found {phase}"));
        }
        // While a clear was interrupted too: a chain is still there or is empty, and if the phase was damage all
        // is in use.
        timers.nodes.check(
            check,
            timers.heads.iter().map(chain),
            // A node's deadline names its bucket; so no two chains share a node.
            |bucket, index| Self::bucket(tick(timers.due_at(index))) == bucket,
        );
        let earliest = timers.earliest.get();
        let is_late = |(index, _): (u64, _)| tick(timers.due_at(index as usize)) < earliest;
        if check.is_settled() && timers.nodes.values().any(is_late) {
            check.derived_is_off();
        }
        // SAFETY: values lie within their nodes, aligned.
        unsafe { check.elements(T::DESC, timers.nodes.values()) };
    }

    /// # Safety
    /// As [`ContainerOps::rebuild`].
    unsafe fn rebuild(at: *mut u8, rebuild: &mut Rebuild) {
        // SAFETY: the caller vouches for the bytes, which passed `check`, and nobody else uses them.
        let timers = unsafe { &mut *at.cast::<Self>() };
        if timers.phase.get() == CLEARING {
            return timers.finish_clear();
        }
        let (heads, nodes) = (&timers.heads, &mut timers.nodes);
        // SAFETY: forwarded; `T::DESC` describes the values.
        unsafe { nodes.rebuild(rebuild, heads.iter().map(chain), T::DESC) };
        let earliest = timers.iter().map(|(_, at, _)| tick(at)).min();
        timers.earliest.set(earliest.unwrap_or(0));
    }
}

impl<T: ShmSafe, const N: usize, const B: usize> Default for Timers<T, N, B> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: ShmSafe + fmt::Debug, const N: usize, const B: usize> fmt::Debug for Timers<T, N, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(_, at, value)| (at, value))).finish()
    }
}

const HEAD_ID: &Ident = &Ident::new("Timers.Head", &[]);
const HEAD: &TypeDesc = &TypeDesc::c_struct(
    HEAD_ID,
    &[FieldDesc { name: "first", offset: 0, ty: u32::DESC }],
    size_of::<Word<u32>>(),
    align_of::<Word<u32>>(),
);
const DUE_ID: &Ident = &Ident::new("Timers.Due", &[]);
const DUE: &TypeDesc = &TypeDesc::c_struct(
    DUE_ID,
    &[FieldDesc { name: "nanos", offset: 0, ty: u64::DESC }],
    size_of::<Word<u64>>(),
    align_of::<Word<u64>>(),
);

/// Descriptors of the arrays beside the nodes.
impl<T: ShmSafe, const N: usize, const B: usize> Timers<T, N, B> {
    const HEADS: &'static TypeDesc = &TypeDesc::new(
        &Ident::new("[]", &[IdentArg::Type(HEAD_ID), IdentArg::Const(B as i128)]),
        Kind::Array { elem: HEAD, len: B as u64 },
        size_of::<[Word<u32>; B]>(),
        align_of::<[Word<u32>; B]>(),
    );
    const DUES: &'static TypeDesc = &TypeDesc::new(
        &Ident::new("[]", &[IdentArg::Type(DUE_ID), IdentArg::Const(N as i128)]),
        Kind::Array { elem: DUE, len: N as u64 },
        size_of::<[Word<u64>; N]>(),
        align_of::<[Word<u64>; N]>(),
    );
}

// SAFETY: `repr(C)` over words and nodes of `T: ShmSafe`; the fields and offsets are the real ones; links and
// the values of linked nodes are checked by `check`; links are positions; no drop glue, as `T` has none.
unsafe impl<T: ShmSafe, const N: usize, const B: usize> ShmSafe for Timers<T, N, B> {
    const ID: &'static Ident = &Ident::new(
        "Timers",
        &[IdentArg::Type(T::ID), IdentArg::Const(N as i128), IdentArg::Const(B as i128)],
    );
    const DESC: &'static TypeDesc = &TypeDesc::new(
        Self::ID,
        Kind::Container {
            role: Role::Timers,
            capacity: {
                let () = Self::BUCKETS_FIT;
                let () = Nodes::<T, N>::CAPACITY_FITS;
                N as u64
            },
            fields: &[
                FieldDesc { name: "phase", offset: 0, ty: u32::DESC },
                FieldDesc { name: "earliest", offset: offset_of!(Self, earliest) as u64, ty: u64::DESC },
                FieldDesc { name: "len", offset: offset_of!(Self, nodes) as u64, ty: u32::DESC },
                FieldDesc { name: "free", offset: offset_of!(Self, nodes) as u64 + 4, ty: u32::DESC },
                FieldDesc { name: "fresh", offset: offset_of!(Self, nodes) as u64 + 8, ty: u32::DESC },
                FieldDesc {
                    name: "nodes",
                    offset: offset_of!(Self, nodes) as u64 + Nodes::<T, N>::NODES_OFFSET,
                    ty: NodeDescs::<T, N>::ARRAY,
                },
                FieldDesc { name: "heads", offset: offset_of!(Self, heads) as u64, ty: Self::HEADS },
                FieldDesc { name: "due", offset: offset_of!(Self, due) as u64, ty: Self::DUES },
            ],
            ops: &ContainerOps { check: Self::check, rebuild: Self::rebuild },
        },
        size_of::<Self>(),
        align_of::<Self>(),
    );
}
