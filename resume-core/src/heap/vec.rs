//! [`HeapVec`]: a `Vec` whose elements are in a [`Heap`].
//!
//! | operation | cost |
//! |---|---|
//! | get, as_slice, iter | O(1): one look at the block's header |
//! | push, extend_from_slice | O(1) each, amortised: growth doubles, and copies unless the block can grow in place |
//! | pop, truncate, clear | O(1) |
//! | set, swap_remove | O(1), 2 copies |
//! | insert, remove, retain, assign | O(n), 2 copies |
//! | free, shrink_to_fit | O(1) |
//!
//! Each is all or nothing on a crash; the [parent](super) says which store commits. Elements have no drop
//! glue: whoever removes one that owns blocks itself frees them, or they are leaked until the next attach.

use core::fmt;
use core::marker::PhantomData;
use core::mem::offset_of;

use super::owner::{Edit, Owner};
use super::{Heap, HeapError, HeapSlice, Place, claim};
use crate::ShmSafe;
use crate::check::{Checker, OwnerAt, Rebuild};
use crate::container::replace::replace;
use crate::layout::{ContainerOps, FieldDesc, Ident, IdentArg, Kind, Role, TypeDesc};

/// A growable vector. All zero is empty and has no block. See the [module](self).
///
/// ```
/// # use resume_core::heap::{Heap, HeapVec};
/// let mut heap = Heap::<1024>::new();
/// let mut path = HeapVec::<u32>::new();
/// path.push(&mut heap, 1).map_err(|e| e.without_value())?;
/// path.extend_from_slice(&mut heap, &[2, 3])?;
/// assert_eq!(path.as_slice(&heap), [1, 2, 3]);
/// path.free(&mut heap)?;
/// assert_eq!(heap.blocks(), 0);
/// # Ok::<(), resume_core::heap::HeapError>(())
/// ```
///
/// A type cannot hold vectors of itself: its layout would have no end. Keep such things in a
/// [`Pool`](crate::pool::Pool), and vectors of handles.
///
/// Writes through `&mut` (by index, `iter_mut`, …) are the caller's own stores: what spans more than one
/// word belongs into [`set`](Self::set) or a [transaction](mod@crate::transaction).
#[repr(C)]
#[must_use = "a block whose owner is dropped is leaked until the next attach"]
pub struct HeapVec<T> {
    owner: Owner,
    elements: [T; 0],
    _this_thread: PhantomData<*mut ()>,
}

impl<T: ShmSafe> HeapVec<T> {
    /// An empty vector without a block, as all-zero bytes are too.
    pub const fn new() -> Self {
        let () = Edit::<T>::ELEMENT_FITS;
        Self { owner: Owner::new(), elements: [], _this_thread: PhantomData }
    }

    pub(super) fn of_owner(owner: Owner) -> Self {
        Self { owner, elements: [], _this_thread: PhantomData }
    }

    pub(super) fn into_owner(self) -> Owner {
        self.owner
    }

    /// An empty vector with room for `capacity` elements. Until it is stored in the state it belongs to the
    /// running code: after a crash its block is free again.
    ///
    /// # Errors
    /// The heap is full.
    pub fn with_capacity<const B: usize>(heap: &mut Heap<B>, capacity: usize) -> Result<Self, HeapError> {
        let mut vec = Self::new();
        if capacity != 0 {
            vec.on(heap).edit().reserve(capacity, true)?;
        }
        Ok(vec)
    }

    /// A vector of copies of `values`; as [`with_capacity`](Self::with_capacity).
    ///
    /// # Errors
    /// The heap is full.
    pub fn from_slice<const B: usize>(heap: &mut Heap<B>, values: &[T]) -> Result<Self, HeapError>
    where
        T: Copy,
    {
        let mut vec = Self::with_capacity(heap, values.len())?;
        vec.extend_from_slice(heap, values)?;
        Ok(vec)
    }

    /// The vector and its heap, borrowed together: every operation there is.
    #[inline(always)]
    pub fn on<'h, const B: usize>(&'h mut self, heap: &'h mut Heap<B>) -> Place<'h, Self> {
        // SAFETY: both are borrowed mutably for `'h`, and so are no parts of each other.
        unsafe { Place::new(self, heap.space()) }
    }

    /// The elements; none where the block is not in this heap.
    #[inline]
    pub fn as_slice<'h, const B: usize>(&self, heap: &'h Heap<B>) -> &'h [T] {
        // SAFETY: the owner is that of a vector of `T`, and the heap is borrowed for `'h`.
        unsafe { self.owner.elements(heap.view()) }
    }

    /// The elements, to change them.
    #[inline]
    pub fn as_mut_slice<'h, const B: usize>(&mut self, heap: &'h mut Heap<B>) -> &'h mut [T] {
        // SAFETY: as in `as_slice`; the borrow is exclusive.
        let edit = unsafe { Edit::<T>::new(&self.owner, heap.space()) };
        // SAFETY: as above.
        unsafe { edit.elements_mut() }
    }

    /// Elements in the vector.
    #[inline]
    pub fn len<const B: usize>(&self, heap: &Heap<B>) -> usize {
        self.as_slice(heap).len()
    }

    /// Whether there are none.
    pub fn is_empty<const B: usize>(&self, heap: &Heap<B>) -> bool {
        self.len(heap) == 0
    }

    /// Whether it has a block, perhaps without elements.
    pub fn is_allocated(&self) -> bool {
        self.owner.is_allocated()
    }

    /// Elements that fit without growth.
    pub fn capacity<const B: usize>(&self, heap: &Heap<B>) -> usize {
        self.owner.block(heap.view()).map_or(0, |block| block.bytes / size_of::<T>())
    }

    /// The element at `index`.
    #[inline]
    pub fn get<'h, const B: usize>(&self, heap: &'h Heap<B>, index: usize) -> Option<&'h T> {
        self.as_slice(heap).get(index)
    }

    /// The element at `index`, to change it; for owners in it use [`at`](Self::at).
    #[inline]
    pub fn get_mut<'h, const B: usize>(&mut self, heap: &'h mut Heap<B>, index: usize) -> Option<&'h mut T> {
        self.as_mut_slice(heap).get_mut(index)
    }

    /// The element at `index` with the heap, to change it and what owners in it have.
    pub fn at<'h, const B: usize>(&mut self, heap: &'h mut Heap<B>, index: usize) -> Option<Place<'h, T>> {
        let space = heap.space();
        let element: *mut T = self.as_mut_slice(heap).get_mut(index)?;
        // SAFETY: the element is borrowed with the heap for `'h`; nothing else is.
        Some(unsafe { Place::new(element, space) })
    }

    /// The elements in order.
    pub fn iter<'h, const B: usize>(&self, heap: &'h Heap<B>) -> core::slice::Iter<'h, T> {
        self.as_slice(heap).iter()
    }

    /// Appends an element. All or nothing on a crash.
    ///
    /// # Errors
    /// The heap is full, or not the vector's; the value comes back.
    #[inline]
    pub fn push<const B: usize>(&mut self, heap: &mut Heap<B>, value: T) -> Result<(), HeapError<T>> {
        self.on(heap).push(value)
    }

    /// Appends all of `values` or none. All or nothing on a crash.
    ///
    /// # Errors
    /// The heap is full, or not the vector's.
    pub fn extend_from_slice<const B: usize>(
        &mut self,
        heap: &mut Heap<B>,
        values: &[T],
    ) -> Result<(), HeapError>
    where
        T: Copy,
    {
        self.on(heap).extend_from_slice(values)
    }

    /// Removes the last element. All or nothing on a crash.
    #[inline]
    pub fn pop<const B: usize>(&mut self, heap: &mut Heap<B>) -> Option<T> {
        self.on(heap).pop()
    }

    /// Keeps the first `len` elements, and the block. All or nothing on a crash.
    pub fn truncate<const B: usize>(&mut self, heap: &mut Heap<B>, len: usize) {
        self.on(heap).truncate(len);
    }

    /// Removes all elements, and keeps the block. All or nothing on a crash.
    pub fn clear<const B: usize>(&mut self, heap: &mut Heap<B>) {
        self.on(heap).truncate(0);
    }

    /// Replaces an element and gives the old one. All or nothing on a crash.
    ///
    /// # Errors
    /// Out of bounds, or an element too large for the journal; the value comes back.
    pub fn set<const B: usize>(
        &mut self,
        heap: &mut Heap<B>,
        index: usize,
        value: T,
    ) -> Result<T, HeapError<T>> {
        self.on(heap).set(index, value)
    }

    /// Inserts an element at `index` and moves those behind it. All or nothing on a crash.
    ///
    /// # Errors
    /// Heap full, out of bounds, or more elements to move than the journal has room for; the value comes back.
    pub fn insert<const B: usize>(
        &mut self,
        heap: &mut Heap<B>,
        index: usize,
        value: T,
    ) -> Result<(), HeapError<T>> {
        self.on(heap).insert(index, value)
    }

    /// Removes the element at `index` and moves those behind it. All or nothing on a crash.
    ///
    /// # Errors
    /// Out of bounds, or more elements to move than the journal has room for.
    pub fn remove<const B: usize>(&mut self, heap: &mut Heap<B>, index: usize) -> Result<T, HeapError> {
        self.on(heap).remove(index)
    }

    /// Removes the element at `index` and moves the last one there. All or nothing on a crash.
    ///
    /// # Errors
    /// Out of bounds, or an element too large for the journal.
    pub fn swap_remove<const B: usize>(&mut self, heap: &mut Heap<B>, index: usize) -> Result<T, HeapError> {
        self.on(heap).swap_remove(index)
    }

    /// Keeps the elements for which `keep` says so, and gives how many were removed. `keep` is asked for all
    /// of them before the first is removed. All or nothing on a crash.
    ///
    /// # Errors
    /// More elements to move than the journal has room for; none is removed.
    pub fn retain<const B: usize>(
        &mut self,
        heap: &mut Heap<B>,
        keep: impl FnMut(&T) -> bool,
    ) -> Result<usize, HeapError> {
        self.on(heap).retain(keep)
    }

    /// Makes room for `more` elements beyond those that are there.
    ///
    /// # Errors
    /// The heap is full.
    pub fn reserve<const B: usize>(&mut self, heap: &mut Heap<B>, more: usize) -> Result<(), HeapError> {
        self.on(heap).reserve(more)
    }

    /// Gives the room that no element needs back to the heap.
    pub fn shrink_to_fit<const B: usize>(&mut self, heap: &mut Heap<B>) {
        self.on(heap).shrink_to_fit();
    }

    /// Gives the block back to the heap: the vector is empty. What elements own is not freed.
    ///
    /// # Errors
    /// The block is not in this heap.
    pub fn free<const B: usize>(&mut self, heap: &mut Heap<B>) -> Result<(), HeapError> {
        self.on(heap).free()
    }

    /// The elements as a slice of fixed length, without spare room.
    pub fn into_slice<const B: usize>(mut self, heap: &mut Heap<B>) -> HeapSlice<T> {
        self.shrink_to_fit(heap);
        HeapSlice::of_owner(self.into_owner())
    }

    /// Takes the vector out and leaves an empty one, with one store. A plain assignment, or `mem::take`, is two.
    pub fn take(&mut self) -> Self {
        Self { owner: self.owner.take(), elements: [], _this_thread: PhantomData }
    }

    /// Puts `with` in and gives what was there, which keeps its block. All or nothing on a crash; a plain
    /// assignment is not.
    ///
    /// # Errors
    /// The journal has no room for 16 bytes; the value comes back.
    pub fn replace(&mut self, with: Self) -> Result<Self, HeapError<Self>> {
        replace(self, with).map_err(|(value, full)| HeapError::JournalFull(value, full))
    }

    /// # Safety
    /// As [`ContainerOps::check`].
    unsafe fn check(at: *const u8, check: &mut Checker) {
        // SAFETY: forwarded; the owner is the first field.
        if let Some(claim) = unsafe { claim(at) } {
            // SAFETY: forwarded.
            unsafe { check.owner(OwnerAt { claim, element: T::DESC, text: false }) };
        }
    }

    /// # Safety
    /// As [`ContainerOps::rebuild`].
    unsafe fn rebuild(at: *mut u8, rebuild: &mut Rebuild) {
        // SAFETY: as in `check`.
        if let Some(claim) = unsafe { claim(at) } {
            // SAFETY: forwarded.
            unsafe { rebuild.owner(OwnerAt { claim, element: T::DESC, text: false }) };
        }
    }
}

/// The operations of [`HeapVec`], where vector and heap are [borrowed together](Place).
impl<T: ShmSafe> Place<'_, HeapVec<T>> {
    #[inline(always)]
    fn edit(&mut self) -> Edit<'_, T> {
        let space = self.space();
        // SAFETY: the place borrows owner and heap mutably; a vector is no element of itself.
        unsafe { Edit::new(&self.owner, space) }
    }

    /// As [`HeapVec::as_slice`].
    pub fn as_slice(&self) -> &[T] {
        // SAFETY: the owner is that of a vector of `T`, and the heap is borrowed as long as `self`.
        unsafe { self.owner.elements(self.space().view()) }
    }

    /// As [`HeapVec::as_mut_slice`].
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        let edit = self.edit();
        // SAFETY: the heap is borrowed mutably as long as `self`.
        unsafe { edit.elements_mut() }
    }

    /// As [`HeapVec::at`].
    pub fn at(&mut self, index: usize) -> Option<Place<'_, T>> {
        let space = self.space();
        let element: *mut T = self.as_mut_slice().get_mut(index)?;
        // SAFETY: the element is borrowed with the heap, as long as `self`.
        Some(unsafe { Place::new(element, space) })
    }

    /// # Errors
    /// As [`HeapVec::push`].
    #[inline(always)]
    pub fn push(&mut self, value: T) -> Result<(), HeapError<T>> {
        self.edit().push(value)
    }

    /// # Errors
    /// As [`HeapVec::extend_from_slice`].
    pub fn extend_from_slice(&mut self, values: &[T]) -> Result<(), HeapError>
    where
        T: Copy,
    {
        self.edit().extend(values)
    }

    /// As [`HeapVec::pop`].
    #[inline]
    pub fn pop(&mut self) -> Option<T> {
        self.edit().pop()
    }

    /// As [`HeapVec::truncate`].
    pub fn truncate(&mut self, len: usize) {
        self.edit().truncate(len);
    }

    /// # Errors
    /// As [`HeapVec::set`].
    pub fn set(&mut self, index: usize, value: T) -> Result<T, HeapError<T>> {
        self.edit().set(index, value)
    }

    /// # Errors
    /// As [`HeapVec::insert`].
    pub fn insert(&mut self, index: usize, value: T) -> Result<(), HeapError<T>> {
        self.edit().insert(index, value)
    }

    /// # Errors
    /// As [`HeapVec::remove`].
    pub fn remove(&mut self, index: usize) -> Result<T, HeapError> {
        self.edit().remove(index, false)
    }

    /// # Errors
    /// As [`HeapVec::swap_remove`].
    pub fn swap_remove(&mut self, index: usize) -> Result<T, HeapError> {
        self.edit().remove(index, true)
    }

    /// # Errors
    /// As [`HeapVec::retain`].
    pub fn retain(&mut self, keep: impl FnMut(&T) -> bool) -> Result<usize, HeapError> {
        self.edit().retain(keep)
    }

    /// # Errors
    /// As [`HeapVec::reserve`].
    pub fn reserve(&mut self, more: usize) -> Result<(), HeapError> {
        if more == 0 { Ok(()) } else { self.edit().reserve(more, false).map(|_| ()) }
    }

    /// As [`HeapVec::shrink_to_fit`].
    pub fn shrink_to_fit(&mut self) {
        self.edit().shrink();
    }

    /// # Errors
    /// As [`HeapVec::free`].
    pub fn free(&mut self) -> Result<(), HeapError> {
        self.edit().free()
    }
}

impl<T: ShmSafe> Default for HeapVec<T> {
    fn default() -> Self {
        Self::new()
    }
}

// The elements are elsewhere: print `as_slice`.
impl<T> fmt::Debug for HeapVec<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeapVec{:?}", self.owner)
    }
}

impl<T: ShmSafe> HeapVec<T> {
    /// The parts, which are also those of a slice.
    pub(super) const FIELDS: &'static [FieldDesc] = &[
        FieldDesc { name: "id", offset: 0, ty: u64::DESC },
        FieldDesc { name: "at", offset: 8, ty: u32::DESC },
        FieldDesc { name: "reserved", offset: 12, ty: u32::DESC },
        FieldDesc {
            name: "elements",
            offset: offset_of!(Self, elements) as u64,
            ty: <[T; 0] as ShmSafe>::DESC,
        },
    ];
}

// SAFETY: `repr(C)` over words, a number and an array without elements; the fields and offsets are the real
// ones; the block and its elements are checked by `check`; no address, and no drop glue, as `T` has none.
unsafe impl<T: ShmSafe> ShmSafe for HeapVec<T> {
    const ID: &'static Ident = &Ident::new("HeapVec", &[IdentArg::Type(T::ID)]);
    const DESC: &'static TypeDesc = &TypeDesc::new(
        Self::ID,
        Kind::Container {
            role: Role::HeapVec,
            capacity: {
                let () = Edit::<T>::ELEMENT_FITS;
                0
            },
            fields: Self::FIELDS,
            ops: &ContainerOps { check: Self::check, rebuild: Self::rebuild },
        },
        size_of::<Self>(),
        align_of::<Self>(),
    );
}
