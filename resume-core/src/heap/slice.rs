//! [`HeapSlice`]: a boxed slice in a [`Heap`]: a fixed number of elements, chosen at run time.
//!
//! Its block has no spare room. Reading and [`set`](HeapSlice::set) are O(1), making one O(n). All or nothing
//! on a crash, as the [parent](super) says.

use core::fmt;
use core::marker::PhantomData;

use super::owner::{Edit, Owner};
use super::{Heap, HeapError, HeapVec, Place, claim};
use crate::ShmSafe;
use crate::check::{Checker, OwnerAt, Rebuild};
use crate::container::replace::replace;
use crate::layout::{ContainerOps, Ident, IdentArg, Kind, Role, TypeDesc};

/// A boxed slice. All zero is empty and has no block. See the [module](self).
///
/// ```
/// # use resume_core::heap::{Heap, HeapSlice};
/// let mut heap = Heap::<1024>::new();
/// let mut tiles = HeapSlice::<u8>::from_fn(&mut heap, 9, |i| i as u8)?;
/// tiles.as_mut_slice(&mut heap)[4] = 7;
/// assert_eq!(tiles.as_slice(&heap)[3..6], [3, 7, 5]);
/// # Ok::<(), resume_core::heap::HeapError>(())
/// ```
#[repr(C)]
#[must_use = "a block whose owner is dropped is leaked until the next attach"]
pub struct HeapSlice<T> {
    owner: Owner,
    elements: [T; 0],
    _this_thread: PhantomData<*mut ()>,
}

impl<T: ShmSafe> HeapSlice<T> {
    /// No elements, as all-zero bytes are too.
    pub const fn new() -> Self {
        let () = Edit::<T>::ELEMENT_FITS;
        Self { owner: Owner::new(), elements: [], _this_thread: PhantomData }
    }

    pub(super) fn of_owner(owner: Owner) -> Self {
        Self { owner, elements: [], _this_thread: PhantomData }
    }

    /// `len` elements, each made by `element` of its index. Until it is stored in the state it belongs to the
    /// running code: after a crash its block is free again.
    ///
    /// # Errors
    /// The heap is full.
    pub fn from_fn<const B: usize>(
        heap: &mut Heap<B>,
        len: usize,
        mut element: impl FnMut(usize) -> T,
    ) -> Result<Self, HeapError> {
        let mut vec = HeapVec::with_capacity(heap, len)?;
        for index in 0..len {
            vec.push(heap, element(index)).map_err(HeapError::without_value)?;
        }
        Ok(vec.into_slice(heap))
    }

    /// Copies of `values`; as [`from_fn`](Self::from_fn).
    ///
    /// # Errors
    /// The heap is full.
    pub fn from_slice<const B: usize>(heap: &mut Heap<B>, values: &[T]) -> Result<Self, HeapError>
    where
        T: Copy,
    {
        Ok(HeapVec::from_slice(heap, values)?.into_slice(heap))
    }

    /// The slice and its heap, borrowed together.
    pub fn on<'h, const B: usize>(&'h mut self, heap: &'h mut Heap<B>) -> Place<'h, Self> {
        // SAFETY: both are borrowed mutably for `'h`, and so are no parts of each other.
        unsafe { Place::new(self, heap.space()) }
    }

    /// The elements; none where the block is not in this heap.
    #[inline]
    pub fn as_slice<'h, const B: usize>(&self, heap: &'h Heap<B>) -> &'h [T] {
        // SAFETY: the owner is that of a slice of `T`, and the heap is borrowed for `'h`.
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

    /// Elements.
    pub fn len<const B: usize>(&self, heap: &Heap<B>) -> usize {
        self.as_slice(heap).len()
    }

    /// Whether there are none.
    pub fn is_empty<const B: usize>(&self, heap: &Heap<B>) -> bool {
        self.len(heap) == 0
    }

    /// The element at `index` with the heap, to change it and what owners in it have.
    pub fn at<'h, const B: usize>(&mut self, heap: &'h mut Heap<B>, index: usize) -> Option<Place<'h, T>> {
        let space = heap.space();
        let element: *mut T = self.as_mut_slice(heap).get_mut(index)?;
        // SAFETY: the element is borrowed with the heap for `'h`; nothing else is.
        Some(unsafe { Place::new(element, space) })
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

    /// Gives the block back to the heap: the slice is empty. What elements own is not freed.
    ///
    /// # Errors
    /// The block is not in this heap.
    pub fn free<const B: usize>(&mut self, heap: &mut Heap<B>) -> Result<(), HeapError> {
        self.on(heap).free()
    }

    /// The elements as a vector, which can grow.
    pub fn into_vec(self) -> HeapVec<T> {
        HeapVec::of_owner(self.owner)
    }

    /// Takes the slice out and leaves an empty one, with one store. A plain assignment, or `mem::take`, is two.
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

/// The operations of [`HeapSlice`], where slice and heap are [borrowed together](Place).
impl<T: ShmSafe> Place<'_, HeapSlice<T>> {
    fn edit(&mut self) -> Edit<'_, T> {
        let space = self.space();
        // SAFETY: the place borrows owner and heap mutably; a slice is no element of itself.
        unsafe { Edit::new(&self.owner, space) }
    }

    /// As [`HeapSlice::as_slice`].
    pub fn as_slice(&self) -> &[T] {
        // SAFETY: the owner is that of a slice of `T`, and the heap is borrowed as long as `self`.
        unsafe { self.owner.elements(self.space().view()) }
    }

    /// As [`HeapSlice::as_mut_slice`].
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        let edit = self.edit();
        // SAFETY: the heap is borrowed mutably as long as `self`.
        unsafe { edit.elements_mut() }
    }

    /// As [`HeapSlice::at`].
    pub fn at(&mut self, index: usize) -> Option<Place<'_, T>> {
        let space = self.space();
        let element: *mut T = self.as_mut_slice().get_mut(index)?;
        // SAFETY: the element is borrowed with the heap, as long as `self`.
        Some(unsafe { Place::new(element, space) })
    }

    /// # Errors
    /// As [`HeapSlice::set`].
    pub fn set(&mut self, index: usize, value: T) -> Result<T, HeapError<T>> {
        self.edit().set(index, value)
    }

    /// # Errors
    /// As [`HeapSlice::free`].
    pub fn free(&mut self) -> Result<(), HeapError> {
        self.edit().free()
    }
}

impl<T: ShmSafe> Default for HeapSlice<T> {
    fn default() -> Self {
        Self::new()
    }
}

// The elements are elsewhere: print `as_slice`.
impl<T> fmt::Debug for HeapSlice<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeapSlice{:?}", self.owner)
    }
}

// SAFETY: as for `HeapVec`, of the same fields in the same order, so with the same offsets.
unsafe impl<T: ShmSafe> ShmSafe for HeapSlice<T> {
    const ID: &'static Ident = &Ident::new("HeapSlice", &[IdentArg::Type(T::ID)]);
    const DESC: &'static TypeDesc = &TypeDesc::new(
        Self::ID,
        Kind::Container {
            role: Role::HeapSlice,
            capacity: {
                let () = Edit::<T>::ELEMENT_FITS;
                0
            },
            fields: HeapVec::<T>::FIELDS,
            ops: &ContainerOps { check: Self::check, rebuild: Self::rebuild },
        },
        size_of::<Self>(),
        align_of::<Self>(),
    );
}
