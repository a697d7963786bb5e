//! A root that is owned, mapped and resumed: the only way to a `&mut` of it.

use core::cell::Cell;
use core::fmt;
use core::marker::PhantomData;

use super::{Context, Root};
use crate::journal::{self, root_of_segment};
use crate::segment::{Attached, OpenError, State, Word};

/// The live state of this process: mapping, lock and root.
///
/// Dropping it is a clean stop, except while the thread panics or after a panic in
/// [`tick`](Self::tick) or [`with`](Self::with): then the segment is left as crashed, so that the next open
/// checks it.
///
/// A child forked from this process does not have the mapping: touching the state there is a SIGSEGV, and
/// dropping this value there does nothing.
pub struct Live<R: Root> {
    pub(super) inner: Inner<R>,
}

/// What the hooks at open and [`Live`] share.
///
/// # Invariants
/// The root of `attached` is a valid `R`: its type's identity has passed the gates, its bytes have been
/// checked or are all zero. The only references to it are made by
/// [`Inner::enter`], one at a time because that takes `&mut self`.
pub(super) struct Inner<R: Root> {
    attached: Attached,
    generation: u64,
    starts: Cell<u64>,
    /// A panic went through the logic: half of a change may be in the state.
    panicked: bool,
    /// The state is gone; of a memfd the object stays, and must not be written to.
    removed: bool,
    _owns: PhantomData<R>,
}

// SAFETY: what keeps `R` on one thread is that its containers find their journal by thread; every access
// to the root activates that on the current thread first, and ends before this value can move, because it
// borrows it. Nothing else in a `ShmSafe` type belongs to a thread (no address, guard or handle), and
// mapping and lock belong to the process.
unsafe impl<R: Root> Send for Live<R> {}

impl<R: Root> Inner<R> {
    /// # Safety
    /// The root of `attached` has an `R`: its prefix passed the identity gate of `R`, and its bytes are
    /// valid for it.
    pub(super) unsafe fn new(attached: Attached, generation: u64) -> Self {
        let starts = Cell::new(0);
        Self { attached, generation, starts, panicked: false, removed: false, _owns: PhantomData }
    }

    /// Runs logic on the root, with the journal active on this thread.
    pub(super) fn enter<T>(&mut self, f: impl FnOnce(&mut R, &Context<'_>) -> T) -> T {
        assert!(
            root_of_segment().is_none(),
            "segment {}: entered while another segment's state is borrowed on this thread, whose changes its \
             journal would miss; leave that `with`, `tick` or hook first",
            self.attached.name()
        );
        let cx = Context::new(self.attached.words(), &self.starts, self.generation);
        let (offset, bytes) = self.attached.journal();
        // SAFETY: the range is the mapped segment, the journal lies in it by the geometry that the gates
        // proved, was empty, rolled back or is zero, and the guard is dropped before the mapping.
        let active = unsafe { journal::activate(self.attached.base(), self.attached.bytes(), offset, bytes) };
        // SAFETY: the root lies in the segment behind header and journal, by the same geometry, and the
        // reference below is the only way to it.
        let _active = unsafe { active.with_root(self.attached.root(), size_of::<R>()) };
        // SAFETY: non-null, aligned, mapped for all its bytes and valid by the invariant. Exclusive: this
        // borrows `self` mutably and the reference ends with this call; header and journal are other
        // bytes than the root's.
        let root = unsafe { &mut *self.attached.root().cast::<R>() };
        let panicked = core::mem::replace(&mut self.panicked, true);
        let result = f(root, &cx);
        self.panicked = panicked;
        result
    }

    pub(super) fn attached(&self) -> &Attached {
        &self.attached
    }

    fn stop(&self) {
        if self.panicked || self.removed || !self.attached.is_here() {
            return;
        }
        let (offset, bytes) = self.attached.journal();
        // SAFETY: the range is the mapped segment, and nobody is in the root: this value's owner drops it.
        let empty = unsafe { journal::is_empty(self.attached.base(), self.attached.bytes(), offset, bytes) };
        if empty != Ok(true) {
            // Half of a change is in the state. Only a crash's resume takes it back.
            return;
        }
        self.attached.words().set_idle();
        self.attached.words().set_state(State::Stopped);
    }
}

impl<R: Root> Live<R> {
    /// One tick: a heartbeat, then [`Root::tick`].
    ///
    /// # Panics
    /// As [`with`](Self::with).
    pub fn tick(&mut self, env: &mut R::Env) {
        self.heartbeat();
        self.with(|root, cx| root.tick(env, cx));
    }

    /// Runs `f` on the state. References to it cannot leave `f`, and `f` cannot be entered twice:
    ///
    /// ```compile_fail
    /// # fn leak<R: resume_core::root::Root>(live: &mut resume_core::root::Live<R>) {
    /// let root: &mut R = live.with(|root, _| root); // lifetime may not live long enough
    /// # }
    /// ```
    /// ```compile_fail
    /// # fn nest<R: resume_core::root::Root>(live: &mut resume_core::root::Live<R>) {
    /// live.with(|_, _| live.with(|_, _| ())); // borrowed as mutable more than once
    /// # }
    /// ```
    ///
    /// # Panics
    /// Inside the `with`, `tick` or hook of another segment on this thread: a thread has one journal at a
    /// time, and the outer segment's changes would miss theirs.
    pub fn with<T>(&mut self, f: impl FnOnce(&mut R, &Context<'_>) -> T) -> T {
        self.inner.enter(f)
    }

    /// Says to tools that this process makes progress; [`tick`](Self::tick) does it too.
    pub fn heartbeat(&self) {
        self.inner.attached.words().set(Word::HeartbeatNs, crate::segment::boottime_ns());
    }

    /// How many processes have owned this state, this one included.
    pub fn generation(&self) -> u64 {
        self.inner.generation
    }

    /// The segment's name.
    pub fn name(&self) -> &str {
        self.inner.attached.name()
    }

    /// Stops cleanly: the next open resumes without a check. After a panic in the logic the segment is left
    /// as crashed instead.
    pub fn stop(self) {
        drop(self);
    }

    /// Stops and removes the segment: its state is gone.
    ///
    /// # Errors
    /// When the name cannot be removed.
    pub fn remove(mut self) -> Result<(), OpenError> {
        self.inner.attached.unlink()?;
        self.inner.removed = true;
        Ok(())
    }
}

impl<R: Root> Drop for Live<R> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.inner.stop();
        }
    }
}

impl<R: Root> fmt::Debug for Live<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live")
            .field("name", &self.name())
            .field("generation", &self.inner.generation)
            .finish_non_exhaustive()
    }
}
