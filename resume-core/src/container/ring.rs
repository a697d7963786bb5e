//! [`Ring`]: a `VecDeque` of fixed capacity.
//!
//! Truth: `ends`, one word that holds where the first element is and how many there are, and the elements it
//! covers. Nothing is derived.
//!
//! | operation | commits with | cost |
//! |---|---|---|
//! | push_back, push_front | the store of `ends`, after the element's bytes | O(1) |
//! | pop_back, pop_front, truncate, clear | the store of `ends` | O(1) |
//! | set | the store of the element, if it is a number; else the undo log: the element | O(1), 2 copies |
//! | push_back_evicting into a full ring | the undo log: one element and `ends` | O(1), 2 copies |
//!
//! Both facts are in one word so that an element that leaves at the front and one that comes at the back are
//! one store each. A crash leaves the ring of before or of after the operation. Inside a transaction the place
//! of an element that comes is saved too: the transaction may have removed one there.

use core::fmt;
use core::iter::Chain;
use core::marker::PhantomData;
use core::mem::{MaybeUninit, offset_of};
use core::slice;

use super::InsertError;
use super::replace::replace;
use crate::ShmSafe;
use crate::check::{Checker, Rebuild};
use crate::journal::{self, Span, Word, save_open};
use crate::layout::{ContainerOps, FieldDesc, Ident, IdentArg, Kind, Role, TypeDesc};
use crate::pool::Full;

/// Where the elements are.
#[derive(Clone, Copy)]
struct Ends {
    first: usize,
    len: usize,
}

impl Ends {
    fn from_word(word: u64) -> Self {
        Self { first: (word >> u32::BITS) as usize, len: word as u32 as usize }
    }

    fn word(self) -> u64 {
        (self.first as u64) << u32::BITS | self.len as u64
    }
}

/// A double-ended queue of up to `N` elements. See the [module](self) for what a crash leaves.
///
/// ```
/// # use resume_core::container::Ring;
/// let mut lines = Ring::<u32, 2>::new();
/// lines.push_back(1)?;
/// lines.push_front(0)?;
/// assert_eq!(lines.push_back(2).unwrap_err().into_inner(), 2);
/// assert_eq!(lines.pop_front(), Some(0));
/// assert!(lines.iter().eq(&[1]));
/// # Ok::<(), resume_core::container::Full<u32>>(())
/// ```
#[repr(C)]
pub struct Ring<T, const N: usize> {
    ends: Word<u64>,
    elements: [MaybeUninit<T>; N],
    _this_thread: PhantomData<*mut ()>,
}

impl<T: ShmSafe, const N: usize> Ring<T, N> {
    const CAPACITY_FITS: () = assert!(0 < N && N <= u32::MAX as usize, "Ring: N must be from 1 to 2^32 - 1");

    /// An empty ring, as all-zero bytes are too.
    pub const fn new() -> Self {
        const { Self::CAPACITY_FITS };
        Self { ends: Word::new(0), elements: [const { MaybeUninit::uninit() }; N], _this_thread: PhantomData }
    }

    /// The attach has checked the word; the bounds keep even a damaged one from leading outside.
    #[inline]
    fn ends(&self) -> Ends {
        #[cold]
        #[inline(never)]
        fn bounded<const N: usize>(Ends { first, len }: Ends) -> Ends {
            Ends { first: if first < N { first } else { 0 }, len: len.min(N) }
        }
        let ends = Ends::from_word(self.ends.get());
        if ends.first < N && ends.len <= N { ends } else { bounded::<N>(ends) }
    }

    /// The place of the element at `index`, which is at most `N`.
    #[inline]
    fn place(first: usize, index: usize) -> usize {
        let place = first + index;
        if place < N { place } else { place - N }
    }

    /// Elements in the ring.
    #[inline]
    pub fn len(&self) -> usize {
        self.ends().len
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the next push would fail.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.len() == N
    }

    /// `N`.
    pub const fn capacity(&self) -> usize {
        N
    }

    /// The elements, first to last, in two parts: up to the end of the memory and from its start.
    pub fn as_slices(&self) -> (&[T], &[T]) {
        let Ends { first, len } = self.ends();
        let ahead = len.min(N - first);
        let elements = self.elements.as_ptr().cast::<T>();
        // SAFETY: `first + ahead <= N`: within the array; `ends` covers these elements, so they were written
        // before the store that made it do so.
        let front = unsafe { slice::from_raw_parts(elements.wrapping_add(first), ahead) };
        // SAFETY: as above: the rest of the elements goes round to the start.
        let back = unsafe { slice::from_raw_parts(elements, len - ahead) };
        (front, back)
    }

    /// As [`as_slices`](Self::as_slices), to change the elements.
    pub fn as_mut_slices(&mut self) -> (&mut [T], &mut [T]) {
        let Ends { first, len } = self.ends();
        let ahead = len.min(N - first);
        let elements = self.elements.as_mut_ptr().cast::<T>();
        // SAFETY: as in `as_slices`; the borrow is exclusive, and the two do not overlap as `len <= N`.
        let front = unsafe { slice::from_raw_parts_mut(elements.wrapping_add(first), ahead) };
        // SAFETY: as above.
        let back = unsafe { slice::from_raw_parts_mut(elements, len - ahead) };
        (front, back)
    }

    /// The element at `index`, counted from the front.
    #[inline]
    pub fn get(&self, index: usize) -> Option<&T> {
        let Ends { first, len } = self.ends();
        if index >= len {
            return None;
        }
        // SAFETY: an element that `ends` covers was written before.
        Some(unsafe { self.elements[Self::place(first, index)].assume_init_ref() })
    }

    /// The element at `index`, to change it. What spans more than one word belongs into [`set`](Self::set) or
    /// a [transaction](mod@crate::transaction).
    #[inline]
    pub fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        let Ends { first, len } = self.ends();
        if index >= len {
            return None;
        }
        // SAFETY: as in `get`; the borrow is exclusive.
        Some(unsafe { self.elements[Self::place(first, index)].assume_init_mut() })
    }

    /// The first element.
    pub fn front(&self) -> Option<&T> {
        self.get(0)
    }

    /// The first element, to change it.
    pub fn front_mut(&mut self) -> Option<&mut T> {
        self.get_mut(0)
    }

    /// The last element.
    pub fn back(&self) -> Option<&T> {
        self.get(self.len().checked_sub(1)?)
    }

    /// The last element, to change it.
    pub fn back_mut(&mut self) -> Option<&mut T> {
        self.get_mut(self.len().checked_sub(1)?)
    }

    /// The elements, first to last.
    pub fn iter(&self) -> Chain<slice::Iter<'_, T>, slice::Iter<'_, T>> {
        let (front, back) = self.as_slices();
        front.iter().chain(back)
    }

    /// The elements, first to last, to change them.
    pub fn iter_mut(&mut self) -> Chain<slice::IterMut<'_, T>, slice::IterMut<'_, T>> {
        let (front, back) = self.as_mut_slices();
        front.iter_mut().chain(back)
    }

    /// The one store that makes elements come and go.
    #[inline]
    fn commit(&mut self, ends: Ends) {
        self.ends.commit(ends.word());
    }

    /// Writes an element that `ends` does not cover yet, then commits it.
    #[inline]
    fn bring(&mut self, place: usize, value: T, ends: Ends) {
        save_open(|| [Span::of(&self.elements[place]), Span::of(&self.ends)]);
        self.elements[place].write(value);
        self.commit(ends);
    }

    /// Reads an element that `ends` will not cover any more, then commits that.
    #[inline]
    fn take(&mut self, place: usize, ends: Ends) -> T {
        save_open(|| [Span::of(&self.ends)]);
        // SAFETY: `ends` covers the element (the callers looked); the store below makes this its last use.
        let value = unsafe { self.elements[place].assume_init_read() };
        self.commit(ends);
        value
    }

    /// Appends an element. All or nothing on a crash.
    ///
    /// # Errors
    /// [`Full`] gives the value back.
    #[inline]
    pub fn push_back(&mut self, value: T) -> Result<(), Full<T>> {
        let Ends { first, len } = self.ends();
        if len == N {
            return Err(Full(value));
        }
        self.bring(Self::place(first, len), value, Ends { first, len: len + 1 });
        Ok(())
    }

    /// Puts an element ahead of the first. All or nothing on a crash.
    ///
    /// # Errors
    /// [`Full`] gives the value back.
    #[inline]
    pub fn push_front(&mut self, value: T) -> Result<(), Full<T>> {
        let Ends { first, len } = self.ends();
        if len == N {
            return Err(Full(value));
        }
        let first = Self::place(first, N - 1);
        self.bring(first, value, Ends { first, len: len + 1 });
        Ok(())
    }

    /// Appends an element; a full ring gives up its first one for it, which comes back. All or nothing on a
    /// crash.
    ///
    /// # Errors
    /// A full ring of elements that are too large for the journal; the value comes back.
    pub fn push_back_evicting(&mut self, value: T) -> Result<Option<T>, InsertError<T>> {
        let Ends { first, len } = self.ends();
        if len < N {
            return self.push_back(value).map(|()| None).map_err(InsertError::from);
        }
        let op = match journal::begin_fixed([Span::of(&self.elements[first]), Span::of(&self.ends)]) {
            Ok(op) => op,
            Err(full) => return Err(InsertError::JournalFull(value, full)),
        };
        // SAFETY: the ring is full, so every element exists; the write below makes this its last use.
        let evicted = unsafe { self.elements[first].assume_init_read() };
        self.elements[first].write(value);
        self.commit(Ends { first: Self::place(first, 1), len });
        op.commit();
        Ok(Some(evicted))
    }

    /// Removes the last element. All or nothing on a crash.
    #[inline]
    pub fn pop_back(&mut self) -> Option<T> {
        let Ends { first, len } = self.ends();
        let last = len.checked_sub(1)?;
        Some(self.take(Self::place(first, last), Ends { first, len: last }))
    }

    /// Removes the first element. All or nothing on a crash.
    #[inline]
    pub fn pop_front(&mut self) -> Option<T> {
        let Ends { first, len } = self.ends();
        let rest = len.checked_sub(1)?;
        Some(self.take(first, Ends { first: Self::place(first, 1), len: rest }))
    }

    /// Keeps the first `len` elements. All or nothing on a crash.
    pub fn truncate(&mut self, len: usize) {
        let ends = self.ends();
        if len < ends.len {
            save_open(|| [Span::of(&self.ends)]);
            self.commit(Ends { len, ..ends });
        }
    }

    /// Removes every element. All or nothing on a crash.
    pub fn clear(&mut self) {
        self.truncate(0);
    }

    /// Replaces an element and gives the old one. All or nothing on a crash.
    ///
    /// # Errors
    /// Out of bounds, or an element too large for the journal; the value comes back.
    pub fn set(&mut self, index: usize, value: T) -> Result<T, InsertError<T>> {
        let len = self.len();
        match self.get_mut(index) {
            None => Err(InsertError::OutOfBounds { value, index, len }),
            Some(element) => {
                replace(element, value).map_err(|(value, full)| InsertError::JournalFull(value, full))
            }
        }
    }

    /// # Safety
    /// As [`ContainerOps::check`].
    unsafe fn check(at: *const u8, check: &mut Checker) {
        // SAFETY: the caller vouches for the bytes, which nobody writes; the word is a number and elements
        // are `MaybeUninit`, so a reference to the whole is sound whatever they are.
        let ring = unsafe { &*at.cast::<Self>() };
        let Ends { first, len } = Ends::from_word(ring.ends.get());
        if first >= N || len > N {
            return check.problem(format_args!(
                "expected a first place below {N} and at most {N} elements, found {first} and {len}"
            ));
        }
        let elements =
            (0..len).map(|index| (index as u64, ring.elements[Self::place(first, index)].as_ptr().cast()));
        // SAFETY: places of the array: within the ring, aligned.
        unsafe { check.elements(T::DESC, elements) };
    }

    /// # Safety
    /// As [`ContainerOps::rebuild`].
    unsafe fn rebuild(at: *mut u8, rebuild: &mut Rebuild) {
        if !T::DESC.rebuilds {
            return;
        }
        // SAFETY: the caller vouches for the bytes, which passed `check`, and nobody else uses them.
        let ring = unsafe { &mut *at.cast::<Self>() };
        let Ends { first, len } = ring.ends();
        for index in 0..len {
            // Not as a `T`: what is transient in it is reset here, and may be anything until then.
            let element = ring.elements[Self::place(first, index)].as_mut_ptr().cast();
            // SAFETY: an element that exists and passed the check; the borrow is exclusive.
            unsafe { rebuild.value(T::DESC, element) };
        }
    }
}

impl<T: ShmSafe, const N: usize> Default for Ring<T, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: ShmSafe + fmt::Debug, const N: usize> fmt::Debug for Ring<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'r, T: ShmSafe, const N: usize> IntoIterator for &'r Ring<T, N> {
    type Item = &'r T;
    type IntoIter = Chain<slice::Iter<'r, T>, slice::Iter<'r, T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'r, T: ShmSafe, const N: usize> IntoIterator for &'r mut Ring<T, N> {
    type Item = &'r mut T;
    type IntoIter = Chain<slice::IterMut<'r, T>, slice::IterMut<'r, T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

// SAFETY: `repr(C)` over a word and an array of `T: ShmSafe`; the fields and offsets are the real ones;
// the elements that exist are checked by `check`; no address and no drop glue, as `T` has none.
unsafe impl<T: ShmSafe, const N: usize> ShmSafe for Ring<T, N> {
    const ID: &'static Ident = &Ident::new("Ring", &[IdentArg::Type(T::ID), IdentArg::Const(N as i128)]);
    const DESC: &'static TypeDesc = &TypeDesc::new(
        Self::ID,
        Kind::Container {
            role: Role::Ring,
            capacity: {
                let () = Self::CAPACITY_FITS;
                N as u64
            },
            fields: &[
                FieldDesc { name: "ends", offset: 0, ty: u64::DESC },
                FieldDesc {
                    name: "elements",
                    offset: offset_of!(Self, elements) as u64,
                    ty: <[T; N] as ShmSafe>::DESC,
                },
            ],
            ops: &ContainerOps { check: Self::check, rebuild: Self::rebuild },
        },
        size_of::<Self>(),
        align_of::<Self>(),
    );
}
