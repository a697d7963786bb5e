//! [`StaticVec`]: a `Vec` of fixed capacity.
//!
//! Truth: `len` and the elements below it. Nothing is derived.
//!
//! | operation | commits with | cost |
//! |---|---|---|
//! | push, extend_from_slice | the store of `len`, after the elements' bytes | O(1) each |
//! | pop, truncate, clear | the store of `len` | O(1) |
//! | set | the store of the element, if it is a number; else the undo log: the element | O(1), 2 copies |
//! | swap_remove | the undo log: one element and `len` | O(1), 2 copies |
//! | insert, remove, retain | the undo log: all elements behind the place, and `len` | O(n), 2 copies |
//!
//! A crash leaves the vector of before or of after the operation; bytes of elements from `len` on mean
//! nothing. What an operation with the undo log moves must fit the journal, else it is refused.
//!
//! Inside a transaction the bytes behind `len` are saved too before a push writes them: the transaction may
//! have popped an element there that a rollback must bring back.

use core::fmt;
use core::marker::PhantomData;
use core::mem::{MaybeUninit, offset_of};
use core::ops::{Deref, DerefMut};
use core::ptr;

use super::replace::replace;
use super::{InsertError, RemoveError};
use crate::ShmSafe;
use crate::check::{Checker, Rebuild};
use crate::journal::{self, JournalFull, Span, Word, save_open};
use crate::layout::{ContainerOps, FieldDesc, Ident, IdentArg, Kind, Role, TypeDesc};
use crate::pool::Full;

/// Up to `N` elements in a row. See the [module](self) for what a crash leaves.
///
/// ```
/// # use resume_core::container::StaticVec;
/// let mut path = StaticVec::<u32, 2>::new();
/// path.push(1)?;
/// path.push(2)?;
/// assert_eq!(path.push(3).unwrap_err().into_inner(), 3);
/// assert_eq!(&path[..], [1, 2]);
/// # Ok::<(), resume_core::container::Full<u32>>(())
/// ```
///
/// Writes through `&mut` (by index, `iter_mut`, …) are the caller's own stores: what spans more than one
/// word belongs into [`set`](Self::set) or a [transaction](mod@crate::transaction).
#[repr(C)]
pub struct StaticVec<T, const N: usize> {
    len: Word<u32>,
    elements: [MaybeUninit<T>; N],
    _this_thread: PhantomData<*mut ()>,
}

impl<T: ShmSafe, const N: usize> StaticVec<T, N> {
    const CAPACITY_FITS: () = assert!(N <= u32::MAX as usize, "StaticVec: N must fit 32 bits");

    /// An empty vector, as all-zero bytes are too.
    pub const fn new() -> Self {
        const { Self::CAPACITY_FITS };
        Self { len: Word::new(0), elements: [const { MaybeUninit::uninit() }; N], _this_thread: PhantomData }
    }

    /// Elements in the vector.
    #[inline]
    pub fn len(&self) -> usize {
        // The attach has checked it; the bound keeps even a damaged one from leading outside. (A branch instead is
        // slower by half where pushes and pops wait for each other's length.)
        (self.len.get() as usize).min(N)
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

    /// The elements.
    #[inline]
    pub fn as_slice(&self) -> &[T] {
        let first = self.elements.as_ptr().cast::<T>();
        // SAFETY: the first `len` elements, at most `N`, were written before the store of `len`.
        unsafe { core::slice::from_raw_parts(first, self.len()) }
    }

    /// The elements, to change them.
    #[inline]
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        let len = self.len();
        let first = self.elements.as_mut_ptr().cast::<T>();
        // SAFETY: as in `as_slice`; the borrow is exclusive.
        unsafe { core::slice::from_raw_parts_mut(first, len) }
    }

    /// The one store that makes the elements below `len` exist, and those from it on not.
    #[inline]
    fn commit_len(&mut self, len: usize) {
        self.len.commit(len as u32);
    }

    /// Appends an element. All or nothing on a crash.
    ///
    /// # Errors
    /// [`Full`] gives the value back.
    #[inline]
    pub fn push(&mut self, value: T) -> Result<(), Full<T>> {
        let len = self.len();
        let Some(element) = self.elements.get(len) else { return Err(Full(value)) };
        save_open(|| [Span::of(element), Span::of(&self.len)]);
        self.elements[len].write(value);
        self.commit_len(len + 1);
        Ok(())
    }

    /// Removes the last element. All or nothing on a crash.
    #[inline]
    pub fn pop(&mut self) -> Option<T> {
        let last = self.len().checked_sub(1)?;
        save_open(|| [Span::of(&self.len)]);
        // SAFETY: elements below `len` exist; the store below makes this the last use of this one.
        let value = unsafe { self.elements[last].assume_init_read() };
        self.commit_len(last);
        Some(value)
    }

    /// Keeps the first `len` elements. All or nothing on a crash.
    #[inline]
    pub fn truncate(&mut self, len: usize) {
        if len < self.len() {
            save_open(|| [Span::of(&self.len)]);
            self.commit_len(len);
        }
    }

    /// Removes every element. All or nothing on a crash.
    #[inline]
    pub fn clear(&mut self) {
        self.truncate(0);
    }

    /// Replaces an element and gives the old one. All or nothing on a crash.
    ///
    /// # Errors
    /// Out of bounds, or an element too large for the journal; the value comes back.
    #[inline]
    pub fn set(&mut self, index: usize, value: T) -> Result<T, InsertError<T>> {
        let len = self.len();
        match self.as_mut_slice().get_mut(index) {
            None => Err(InsertError::OutOfBounds { value, index, len }),
            Some(element) => {
                replace(element, value).map_err(|(value, full)| InsertError::JournalFull(value, full))
            }
        }
    }

    /// Inserts an element at `index` and moves those behind it. All or nothing on a crash.
    ///
    /// # Errors
    /// Full, out of bounds, or more elements to move than the journal has room for; the value comes back.
    pub fn insert(&mut self, index: usize, value: T) -> Result<(), InsertError<T>> {
        let len = self.len();
        if index > len {
            return Err(InsertError::OutOfBounds { value, index, len });
        }
        if index == len || len == N {
            return self.push(value).map_err(InsertError::from);
        }
        // The place behind the last element is saved too: see the module on transactions.
        let op = match journal::begin(&[Span::slice(&self.elements[index..=len]), Span::of(&self.len)]) {
            Ok(op) => op,
            Err(full) => return Err(InsertError::JournalFull(value, full)),
        };
        self.elements.copy_within_raw(index, index + 1, len - index);
        self.elements[index].write(value);
        self.commit_len(len + 1);
        op.commit();
        Ok(())
    }

    /// Removes the element at `index` and moves those behind it. All or nothing on a crash.
    ///
    /// # Errors
    /// Out of bounds, or more elements to move than the journal has room for.
    pub fn remove(&mut self, index: usize) -> Result<T, RemoveError> {
        let len = self.len();
        if index >= len {
            return Err(RemoveError::OutOfBounds { index, len });
        }
        let op = journal::begin(&[Span::slice(&self.elements[index..len]), Span::of(&self.len)])?;
        // SAFETY: elements below `len` exist; the move below overwrites this one.
        let value = unsafe { self.elements[index].assume_init_read() };
        self.elements.copy_within_raw(index + 1, index, len - index - 1);
        self.commit_len(len - 1);
        op.commit();
        Ok(value)
    }

    /// Removes the element at `index` and moves the last one there. All or nothing on a crash.
    ///
    /// # Errors
    /// Out of bounds, or an element too large for the journal.
    #[inline]
    pub fn swap_remove(&mut self, index: usize) -> Result<T, RemoveError> {
        let len = self.len();
        if index >= len {
            return Err(RemoveError::OutOfBounds { index, len });
        }
        let op = journal::begin_fixed([Span::of(&self.elements[index]), Span::of(&self.len)])?;
        // SAFETY: elements below `len` exist; the move below overwrites this one.
        let value = unsafe { self.elements[index].assume_init_read() };
        self.elements.copy_within_raw(len - 1, index, 1);
        self.commit_len(len - 1);
        op.commit();
        Ok(value)
    }

    /// Keeps the elements for which `keep` says so, and gives how many were removed. `keep` is asked for
    /// all of them before the first is removed. All or nothing on a crash.
    ///
    /// # Errors
    /// More elements to move than the journal has room for; none is removed.
    pub fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) -> Result<usize, JournalFull> {
        let len = self.len();
        let kept: Vec<bool> = self.as_slice().iter().map(&mut keep).collect();
        let Some(first) = kept.iter().position(|&kept| !kept) else { return Ok(0) };
        let op = journal::begin(&[Span::slice(&self.elements[first..len]), Span::of(&self.len)])?;
        let mut to = first;
        for from in (first..len).filter(|&i| kept[i]) {
            self.elements.copy_within_raw(from, to, 1);
            to += 1;
        }
        self.commit_len(to);
        op.commit();
        Ok(len - to)
    }

    /// # Safety
    /// As [`ContainerOps::check`].
    unsafe fn check(at: *const u8, check: &mut Checker) {
        let vec = at.cast::<Self>();
        // SAFETY: the caller vouches for the bytes; of every pattern of them a word is valid.
        let len = unsafe { &(*vec).len }.get() as usize;
        if len > N {
            return check.problem(format_args!("expected at most {N} elements, found {len}"));
        }
        // SAFETY: the place of a field; no reference is formed.
        let first = unsafe { &raw const (*vec).elements };
        // SAFETY: `len <= N`: the elements are within the array, aligned.
        unsafe { check.array(T::DESC, first.cast(), len as u64) };
    }

    /// # Safety
    /// As [`ContainerOps::rebuild`].
    unsafe fn rebuild(at: *mut u8, rebuild: &mut Rebuild) {
        if !T::DESC.rebuilds {
            return;
        }
        // SAFETY: the caller vouches for the bytes, which passed `check`, and nobody else uses them.
        let vec = unsafe { &mut *at.cast::<Self>() };
        for index in 0..vec.len() {
            // Not as a `T`: what is transient in it is reset here, and may be anything until then.
            let element = vec.elements[index].as_mut_ptr().cast();
            // SAFETY: an element that exists and passed the check; the borrow is exclusive.
            unsafe { rebuild.value(T::DESC, element) };
        }
    }
}

impl<T: ShmSafe + Copy, const N: usize> StaticVec<T, N> {
    /// Appends all of `values` or none. All or nothing on a crash.
    ///
    /// # Errors
    /// [`Full`] when not all fit.
    #[inline]
    pub fn extend_from_slice<'v>(&mut self, values: &'v [T]) -> Result<(), Full<&'v [T]>> {
        let len = self.len();
        let Some(room) = self.elements[len..].get(..values.len()) else { return Err(Full(values)) };
        save_open(|| [Span::slice(room), Span::of(&self.len)]);
        for (element, value) in self.elements[len..].iter_mut().zip(values) {
            element.write(*value);
        }
        self.commit_len(len + values.len());
        Ok(())
    }
}

/// `memmove` of elements that may or may not exist.
trait CopyWithinRaw {
    /// Copies `count` elements; positions outside the array copy nothing.
    fn copy_within_raw(&mut self, from: usize, to: usize, count: usize);
}

impl<T, const N: usize> CopyWithinRaw for [MaybeUninit<T>; N] {
    fn copy_within_raw(&mut self, from: usize, to: usize, count: usize) {
        if from.max(to).checked_add(count).is_none_or(|end| end > N) {
            return;
        }
        let first = self.as_mut_ptr();
        // SAFETY: both ranges were found within the array, which is borrowed exclusively; `copy` allows
        // overlap; a `MaybeUninit` may be copied whether its value exists or not.
        unsafe { ptr::copy(first.wrapping_add(from), first.wrapping_add(to), count) };
    }
}

impl<T: ShmSafe, const N: usize> Default for StaticVec<T, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: ShmSafe, const N: usize> Deref for StaticVec<T, N> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        self.as_slice()
    }
}

impl<T: ShmSafe, const N: usize> DerefMut for StaticVec<T, N> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        self.as_mut_slice()
    }
}

impl<T: ShmSafe + Clone, const N: usize> Clone for StaticVec<T, N> {
    fn clone(&self) -> Self {
        let mut copy = Self::new();
        for (to, from) in copy.elements.iter_mut().zip(self.as_slice()) {
            to.write(from.clone());
        }
        copy.commit_len(self.len());
        copy
    }
}

impl<T: ShmSafe + fmt::Debug, const N: usize> fmt::Debug for StaticVec<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.as_slice()).finish()
    }
}

impl<T: ShmSafe + PartialEq, const N: usize, const M: usize> PartialEq<StaticVec<T, M>> for StaticVec<T, N> {
    fn eq(&self, other: &StaticVec<T, M>) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl<T: ShmSafe + Eq, const N: usize> Eq for StaticVec<T, N> {}

impl<'v, T: ShmSafe, const N: usize> IntoIterator for &'v StaticVec<T, N> {
    type Item = &'v T;
    type IntoIter = core::slice::Iter<'v, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.as_slice().iter()
    }
}

impl<'v, T: ShmSafe, const N: usize> IntoIterator for &'v mut StaticVec<T, N> {
    type Item = &'v mut T;
    type IntoIter = core::slice::IterMut<'v, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.as_mut_slice().iter_mut()
    }
}

// SAFETY: `repr(C)` over a word and an array of `T: ShmSafe`; the fields and offsets are the real ones;
// the elements that exist are checked by `check`; no address and no drop glue, as `T` has none.
unsafe impl<T: ShmSafe, const N: usize> ShmSafe for StaticVec<T, N> {
    const ID: &'static Ident = &Ident::new("StaticVec", &[IdentArg::Type(T::ID), IdentArg::Const(N as i128)]);
    const DESC: &'static TypeDesc = &TypeDesc::new(
        Self::ID,
        Kind::Container {
            role: Role::Vec,
            capacity: {
                // Here, `cargo check` finds it in a derived owner; in `new` alone, only a build does.
                let () = Self::CAPACITY_FITS;
                N as u64
            },
            fields: &[
                FieldDesc { name: "len", offset: 0, ty: u32::DESC },
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
