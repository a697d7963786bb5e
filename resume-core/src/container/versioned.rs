//! [`Versioned`]: a value of any size that is replaced with one store.
//!
//! ```text
//! state   (how often it was replaced) × 2 + (1 if there is a value)
//! copies  the value is in copy (state / 2) mod 2; the other one means nothing
//! ```
//! Truth: both. Nothing is derived.
//!
//! | operation | commits with | cost |
//! |---|---|---|
//! | get | | O(1), no copy: a reference into the segment |
//! | set, update | the store of `state`, after the other copy's bytes | 1 copy, no undo log |
//! | clear | the store of `state` | O(1) |
//!
//! It takes twice the memory of the value. In return a value of any size needs no room in the journal, which
//! [`StaticVec::set`](super::StaticVec::set) and its like need. A crash leaves the value of before or of after.
//!
//! Inside a transaction the copy that is overwritten is saved as well: the second `set` of one transaction
//! overwrites the value from before it.

use core::fmt;
use core::marker::PhantomData;
use core::mem::{MaybeUninit, offset_of};

use crate::ShmSafe;
use crate::check::{Checker, Rebuild};
use crate::journal::{Span, Word, save_open};
use crate::layout::{ContainerOps, FieldDesc, Ident, IdentArg, Kind, Role, TypeDesc};

/// What the state word says.
#[derive(Clone, Copy)]
struct State(u64);

impl State {
    fn version(self) -> u64 {
        self.0 >> 1
    }

    fn is_set(self) -> bool {
        self.0 & 1 == 1
    }

    fn copy(self) -> usize {
        (self.version() & 1) as usize
    }

    fn next(self, set: bool) -> Self {
        Self(self.version().wrapping_add(1) << 1 | u64::from(set))
    }
}

/// A value or none yet, replaced as a whole. See the [module](self) for what a crash leaves.
///
/// ```
/// # use resume_core::container::Versioned;
/// let mut weather = Versioned::<[u64; 16]>::new();
/// assert_eq!(weather.get(), None);
/// weather.set([3; 16]);
/// weather.update(|w| w.map(|x| x + 1));
/// assert_eq!((weather.get(), weather.version()), (Some(&[4; 16]), 2));
/// ```
#[repr(C)]
pub struct Versioned<T> {
    state: Word<u64>,
    copies: [MaybeUninit<T>; 2],
    _this_thread: PhantomData<*mut ()>,
}

impl<T: ShmSafe> Versioned<T> {
    /// No value, as all-zero bytes are too.
    pub const fn new() -> Self {
        Self { state: Word::new(0), copies: [const { MaybeUninit::uninit() }; 2], _this_thread: PhantomData }
    }

    #[inline]
    fn state(&self) -> State {
        State(self.state.get())
    }

    /// The value, unless there is none.
    #[inline]
    pub fn get(&self) -> Option<&T> {
        let state = self.state();
        // SAFETY: the state says that this copy is the value, so it was written before the state was.
        state.is_set().then(|| unsafe { self.copies[state.copy()].assume_init_ref() })
    }

    /// How often the value was replaced or cleared: who keeps something made of the value keeps this number
    /// with it, and makes it anew when the number is another.
    #[inline]
    pub fn version(&self) -> u64 {
        self.state().version()
    }

    /// Whether there is a value.
    #[inline]
    pub fn is_set(&self) -> bool {
        self.state().is_set()
    }

    #[inline]
    fn commit(&mut self, state: State) {
        self.state.commit(state.0);
    }

    /// Replaces the value. All or nothing on a crash.
    #[inline]
    pub fn set(&mut self, value: T) {
        let next = self.state().next(true);
        save_open(|| [Span::of(&self.copies[next.copy()]), Span::of(&self.state)]);
        self.copies[next.copy()].write(value);
        self.commit(next);
    }

    /// Replaces the value with what `f` makes of it, and tells whether there was one. All or nothing on a
    /// crash; where `f` panics, nothing has changed.
    pub fn update(&mut self, f: impl FnOnce(&T) -> T) -> bool {
        let Some(value) = self.get().map(f) else { return false };
        self.set(value);
        true
    }

    /// Leaves no value, and tells whether there was one. All or nothing on a crash.
    pub fn clear(&mut self) -> bool {
        let state = self.state();
        if state.is_set() {
            save_open(|| [Span::of(&self.state)]);
            self.commit(state.next(false));
        }
        state.is_set()
    }

    /// # Safety
    /// As [`ContainerOps::check`].
    unsafe fn check(at: *const u8, check: &mut Checker) {
        // SAFETY: the caller vouches for the bytes, which nobody writes; the state is a number and the
        // copies `MaybeUninit`, so a reference to the whole is sound whatever they are.
        let this = unsafe { &*at.cast::<Self>() };
        if this.is_set() {
            let value = this.copies[this.state().copy()].as_ptr().cast();
            // SAFETY: a copy lies within the value's bytes, aligned.
            check.in_field("value", |c| unsafe { c.value(T::DESC, value) });
        }
    }

    /// # Safety
    /// As [`ContainerOps::rebuild`].
    unsafe fn rebuild(at: *mut u8, rebuild: &mut Rebuild) {
        // SAFETY: the caller vouches for the bytes, which passed `check`, and nobody else uses them.
        let this = unsafe { &mut *at.cast::<Self>() };
        let state = this.state();
        if state.is_set() && T::DESC.rebuilds {
            // SAFETY: the copy that exists and passed the check; the borrow is exclusive.
            unsafe { rebuild.value(T::DESC, this.copies[state.copy()].as_mut_ptr().cast()) };
        }
    }
}

impl<T: ShmSafe> Default for Versioned<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: ShmSafe + fmt::Debug> fmt::Debug for Versioned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Versioned").field("version", &self.version()).field("value", &self.get()).finish()
    }
}

// SAFETY: `repr(C)` over a word and an array of `T: ShmSafe`; the fields and offsets are the real ones;
// the copy that exists is checked by `check`; no address and no drop glue, as `T` has none.
unsafe impl<T: ShmSafe> ShmSafe for Versioned<T> {
    const ID: &'static Ident = &Ident::new("Versioned", &[IdentArg::Type(T::ID)]);
    const DESC: &'static TypeDesc = &TypeDesc::new(
        Self::ID,
        Kind::Container {
            role: Role::Versioned,
            capacity: 1,
            fields: &[
                FieldDesc { name: "state", offset: 0, ty: u64::DESC },
                FieldDesc {
                    name: "copies",
                    offset: offset_of!(Self, copies) as u64,
                    ty: <[T; 2] as ShmSafe>::DESC,
                },
            ],
            ops: &ContainerOps { check: Self::check, rebuild: Self::rebuild },
        },
        size_of::<Self>(),
        align_of::<Self>(),
    );
}
