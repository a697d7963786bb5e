//! What all owners are: a block's place and id, and the operations on its elements.

use core::cell::Cell;
use core::hash::{BuildHasher, Hasher};
use core::marker::PhantomData;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed, Ordering::Release};
use core::{fmt, slice};

use super::HeapError;
use super::space::{Block, GRANULE, Space, View, copy, is_id};
use crate::ShmSafe;
use crate::container::replace::replace;
use crate::journal::{self, Span, barrier, expect_room, open, save_open};

/// The bytes of an owner. All zero owns nothing.
#[repr(C)]
pub(super) struct Owner {
    id: AtomicU64,
    at: AtomicU32,
    reserved: u32,
}

thread_local! {
    static NEXT_ID: Cell<u64> = const { Cell::new(0) };
}

/// An id that this process has not used: counted from a random start. So an owner that is stale never meets
/// another block with its id, and a rollback, which brings old bytes back, does not bring old ids back.
#[inline]
fn next_id() -> u64 {
    NEXT_ID.with(|next| {
        let mut id = next.get();
        if !is_id(id) {
            id = random_id();
        }
        next.set(id + 1);
        id
    })
}

/// The standard library's hasher has a random key. (For a thread that made 2^63 blocks too.)
#[cold]
fn random_id() -> u64 {
    std::hash::RandomState::new().build_hasher().finish() >> 1 | 1
}

/// What an owner says: which block it has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claim {
    pub(crate) id: u64,
    pub(crate) at: u32,
}

/// Reads an owner's bytes; `None` where it owns nothing.
///
/// # Safety
/// `at` points to an owner, aligned and readable.
pub(crate) unsafe fn claim(at: *const u8) -> Option<Claim> {
    // SAFETY: the caller's promise; the first field.
    let id = unsafe { at.cast::<u64>().read() };
    // SAFETY: the second one.
    let place = unsafe { at.wrapping_add(8).cast::<u32>().read() };
    (id != 0).then_some(Claim { id, at: place })
}

impl Owner {
    pub(super) const fn new() -> Self {
        Self { id: AtomicU64::new(0), at: AtomicU32::new(0), reserved: 0 }
    }

    /// Whether there is a block.
    pub(super) fn is_allocated(&self) -> bool {
        self.id.load(Relaxed) != 0
    }

    /// The block, if it is in this heap.
    #[inline(always)]
    pub(super) fn block(&self, view: View) -> Option<Block> {
        view.block(self.at.load(Relaxed), self.id.load(Relaxed))
    }

    /// Moves the block to the result, with one store.
    pub(super) fn take(&mut self) -> Self {
        let (id, at) = (self.id.load(Relaxed), self.at.load(Relaxed));
        save_open(|| [Span::of(self)]);
        self.id.store(0, Release);
        barrier();
        Self { id: AtomicU64::new(id), at: AtomicU32::new(at), reserved: 0 }
    }

    /// The elements; none where the block is not in this heap.
    ///
    /// # Safety
    /// This is the owner of a container of `T`; the heap of `view` is borrowed for `'h`.
    #[inline(always)]
    pub(super) unsafe fn elements<'h, T>(&self, view: View) -> &'h [T] {
        let Some(block) = self.block(view) else { return &[] };
        // SAFETY: a block with this id was made for elements of `T` (ids are used once), aligned; those below
        // `len` were written before its store, and an attach has checked them; the heap is borrowed.
        unsafe { slice::from_raw_parts(view.payload(block.at).cast(), block.len) }
    }
}

impl fmt::Debug for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_allocated() {
            true => write!(f, "(block {})", self.at.load(Relaxed)),
            false => f.write_str("(empty)"),
        }
    }
}

/// An owner of elements of type `T` and its heap, to change both.
///
/// # Invariants
/// The owner is one of a container of `T`, and the heap of `space` is borrowed mutably while this exists; the
/// owner is in no block of its own elements.
///
/// Rare branches take its parts, in registers: if they took its address, each operation would write it to memory.
pub(super) struct Edit<'o, T> {
    owner: &'o Owner,
    space: Space,
    _element: PhantomData<T>,
}

impl<T> Clone for Edit<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Edit<'_, T> {}

impl<'o, T: ShmSafe> Edit<'o, T> {
    /// What elements have to be for a block to hold them. Descriptors name it, so that `cargo check` finds it.
    pub(super) const ELEMENT_FITS: () = {
        assert!(size_of::<T>() != 0, "heap owners: elements without bytes need no heap; keep their number");
        assert!(align_of::<T>() <= GRANULE, "heap owners: elements may be aligned to 16 bytes at most");
    };

    /// # Safety
    /// The invariants.
    #[inline(always)]
    pub(super) unsafe fn new(owner: &'o Owner, space: Space) -> Self {
        let () = Self::ELEMENT_FITS;
        Self { owner, space, _element: PhantomData }
    }

    /// The block; `None` where there is none yet.
    #[inline(always)]
    fn block(self) -> Result<Option<Block>, HeapError> {
        match self.owner.block(self.space.view()) {
            None if self.owner.is_allocated() => Err(HeapError::NotHere(())),
            block => Ok(block),
        }
    }

    #[inline(always)]
    fn first(self, block: Block) -> *mut T {
        self.space.payload(block.at).cast()
    }

    /// The elements, to change them.
    ///
    /// # Safety
    /// The heap is borrowed mutably for `'h`.
    #[inline(always)]
    pub(super) unsafe fn elements_mut<'h>(self) -> &'h mut [T] {
        let Some(block) = self.owner.block(self.space.view()) else { return &mut [] };
        // SAFETY: as in `Owner::elements`; the borrow is exclusive.
        unsafe { slice::from_raw_parts_mut(self.first(block), block.len) }
    }

    /// Elements that exist.
    fn len(self) -> usize {
        self.owner.block(self.space.view()).map_or(0, |block| block.len)
    }

    fn len_word(self, block: Block) -> &'o AtomicU32 {
        let place = self.space.len_place(block.at).cast_mut();
        // SAFETY: a word of the header of a block, aligned; the heap is borrowed mutably.
        unsafe { AtomicU32::from_ptr(place) }
    }

    /// Elements that a block can hold: their number has to fit its header, too.
    #[inline(always)]
    fn room(block: Block) -> usize {
        (block.bytes / size_of::<T>()).min(u32::MAX as usize)
    }

    /// Makes room for `more` elements, and gives the block that has it. Elements and length stay as they are.
    #[inline]
    pub(super) fn reserve(self, more: usize, exact: bool) -> Result<Block, HeapError> {
        match self.block()? {
            Some(block) if Self::room(block).saturating_sub(block.len) >= more => Ok(block),
            Some(block) => Self::grow(self.owner, self.space, block, more, exact),
            None if more > u32::MAX as usize => Err(HeapError::Full { value: (), bytes: usize::MAX }),
            None => Self::first_block(self.owner, self.space, more, exact),
        }
    }

    #[inline(never)]
    fn first_block(owner: &'o Owner, space: Space, more: usize, exact: bool) -> Result<Block, HeapError> {
        let edit = Self { owner, space, _element: PhantomData };
        let bytes = more.saturating_mul(size_of::<T>());
        let at_least = if exact { bytes } else { bytes.max(GRANULE) };
        edit.expect_room(Space::LOG_BYTES_MAX);
        let id = next_id();
        let room = Space::LOG_BYTES_MAX;
        let at = edit.space.alloc(at_least, id, room).ok_or(HeapError::Full { value: (), bytes })?;
        edit.save_owner();
        edit.owner.at.store(at, Relaxed);
        barrier();
        edit.owner.id.store(id, Release);
        barrier();
        Ok(edit.space.view().known_block(at))
    }

    #[inline(never)]
    fn grow(
        owner: &'o Owner,
        space: Space,
        block: Block,
        more: usize,
        exact: bool,
    ) -> Result<Block, HeapError> {
        let edit = Self { owner, space, _element: PhantomData };
        let needed = block.len.checked_add(more).and_then(|len| len.checked_mul(size_of::<T>()));
        let needed = needed.filter(|_| block.len + more <= u32::MAX as usize);
        let Some(needed) = needed else { return Err(HeapError::Full { value: (), bytes: usize::MAX }) };
        let wanted = if exact { needed } else { needed.max(block.bytes.saturating_mul(2)) };
        let copied = block.len * size_of::<T>();
        let room = 2 * Space::LOG_BYTES_MAX + copied;
        edit.expect_room(room);
        if edit.space.grow(block.at, wanted) {
            return edit.block()?.ok_or(HeapError::NotHere(()));
        }
        let id = edit.owner.id.load(Relaxed);
        let new = match edit.space.alloc(wanted, id, room) {
            Some(new) => new,
            None if edit.space.grow(block.at, needed) => return edit.block()?.ok_or(HeapError::NotHere(())),
            None => edit.space.alloc(needed, id, room).ok_or(HeapError::Full { value: (), bytes: needed })?,
        };
        let (from, to) = (edit.space.view().payload(block.at), edit.space.payload(new));
        edit.space.save(to, copied);
        // SAFETY: the old block holds `len` elements, and the new one is larger.
        unsafe { copy(from, to, copied) };
        edit.space.commit_len(new, block.len);
        edit.save_owner();
        edit.owner.at.store(new, Release);
        barrier();
        edit.space.free(block.at);
        Ok(edit.space.view().known_block(new))
    }

    #[inline(always)]
    pub(super) fn push(self, value: T) -> Result<(), HeapError<T>> {
        match self.owner.block(self.space.view()) {
            Some(block) if block.len < Self::room(block) => {
                self.put(block, value);
                Ok(())
            }
            _ => Self::push_with_growth(self.owner, self.space, value),
        }
    }

    /// Writes an element behind the last, where there is room.
    #[inline(always)]
    fn put(self, block: Block, value: T) {
        let place = self.first(block).wrapping_add(block.len);
        self.save_places(block, block.len, 1);
        // SAFETY: the block has room for one more element, at this place.
        unsafe { place.write(value) };
        self.space.commit_len(block.at, block.len + 1);
    }

    #[cold]
    #[inline(never)]
    fn push_with_growth(owner: &'o Owner, space: Space, value: T) -> Result<(), HeapError<T>> {
        let edit = Self { owner, space, _element: PhantomData };
        match edit.reserve(1, false) {
            Ok(block) => {
                edit.put(block, value);
                Ok(())
            }
            Err(error) => Err(error.with(value)),
        }
    }

    /// In a transaction: the log has so much room, or this unwinds.
    #[inline(always)]
    fn expect_room(self, bytes: usize) {
        if open() {
            expect_room(bytes);
        }
    }

    /// In a transaction: saves the owner.
    #[inline(always)]
    fn save_owner(self) {
        if open() {
            save_open(|| [Span::of(self.owner)]);
        }
    }

    /// In a transaction: saves `count` places from `index` on, which need not be elements yet, and the length.
    #[inline(always)]
    fn save_places(self, block: Block, index: usize, count: usize) {
        if open() {
            save_open(|| [self.places(block, index, count), Span::of(self.len_word(block))]);
        }
    }

    fn places(self, block: Block, index: usize, count: usize) -> Span<'o> {
        let first = self.first(block).wrapping_add(index).cast::<core::mem::MaybeUninit<T>>();
        // SAFETY: the callers give places within the block's room; they may hold anything.
        Span::slice(unsafe { slice::from_raw_parts(first, count) })
    }

    /// Appends elements, all or none.
    #[inline]
    pub(super) fn extend(self, values: &[T]) -> Result<(), HeapError>
    where
        T: Copy,
    {
        if values.is_empty() {
            return Ok(());
        }
        let block = match self.owner.block(self.space.view()) {
            Some(block) if Self::room(block).saturating_sub(block.len) >= values.len() => block,
            _ => self.reserve(values.len(), false)?,
        };
        self.save_places(block, block.len, values.len());
        let to = self.first(block).wrapping_add(block.len);
        // SAFETY: the block has room for so many more, aligned; nobody borrows that room, so `values` are elsewhere.
        unsafe { core::ptr::copy_nonoverlapping(values.as_ptr(), to, values.len()) };
        self.space.commit_len(block.at, block.len + values.len());
        Ok(())
    }

    #[inline]
    pub(super) fn pop(self) -> Option<T> {
        let block = self.owner.block(self.space.view())?;
        let last = block.len.checked_sub(1)?;
        save_open(|| [Span::of(self.len_word(block))]);
        // SAFETY: elements below `len` exist; the store below makes this the last use of this one.
        let value = unsafe { self.first(block).wrapping_add(last).read() };
        self.space.commit_len(block.at, last);
        Some(value)
    }

    #[inline]
    pub(super) fn truncate(self, len: usize) {
        if let Some(block) = self.owner.block(self.space.view())
            && len < block.len
        {
            save_open(|| [Span::of(self.len_word(block))]);
            self.space.commit_len(block.at, len);
        }
    }

    pub(super) fn set(self, index: usize, value: T) -> Result<T, HeapError<T>> {
        if let Err(error) = self.block() {
            return Err(error.with(value));
        }
        let len = self.len();
        // SAFETY: the invariant of `self`; nothing else is borrowed from the heap while this runs.
        match unsafe { self.elements_mut() }.get_mut(index) {
            None => Err(HeapError::OutOfBounds { value, index, len }),
            Some(element) => {
                replace(element, value).map_err(|(value, full)| HeapError::JournalFull(value, full))
            }
        }
    }

    pub(super) fn insert(self, index: usize, value: T) -> Result<(), HeapError<T>> {
        let len = self.len();
        if index > len {
            return Err(HeapError::OutOfBounds { value, index, len });
        }
        let block = match self.reserve(1, false) {
            Ok(block) => block,
            Err(error) => return Err(error.with(value)),
        };
        if index == len {
            return self.push(value);
        }
        let moved = self.places(block, index, len + 1 - index);
        let op = match journal::begin(&[moved, Span::of(self.len_word(block))]) {
            Ok(op) => op,
            Err(full) => return Err(HeapError::JournalFull(value, full)),
        };
        let place = self.first(block).wrapping_add(index);
        // SAFETY: the elements from `index` on, and room for one more behind them.
        unsafe { copy(place.cast(), place.wrapping_add(1).cast(), (len - index) * size_of::<T>()) };
        // SAFETY: the place of an element, of which there is a copy now.
        unsafe { place.write(value) };
        self.space.commit_len(block.at, len + 1);
        op.commit();
        Ok(())
    }

    /// Takes an element out; those behind it move up, or the last takes its place.
    pub(super) fn remove(self, index: usize, swap: bool) -> Result<T, HeapError> {
        let block = self.block()?;
        let len = block.map_or(0, |block| block.len);
        let (Some(block), true) = (block, index < len) else {
            return Err(HeapError::OutOfBounds { value: (), index, len: len.saturating_sub(1) });
        };
        let count = if swap { 1 } else { len - index };
        let moved = self.places(block, index, count);
        let op = journal::begin(&[moved, Span::of(self.len_word(block))])
            .map_err(|full| HeapError::JournalFull((), full))?;
        let place = self.first(block).wrapping_add(index);
        // SAFETY: an element that exists; the move below overwrites it, or it is the last.
        let value = unsafe { place.read() };
        let (from, count) = if swap { (len - 1, 1) } else { (index + 1, len - index - 1) };
        let from = self.first(block).wrapping_add(from);
        // SAFETY: elements that exist, to places of elements.
        unsafe { copy(from.cast(), place.cast(), count * size_of::<T>()) };
        self.space.commit_len(block.at, len - 1);
        op.commit();
        Ok(value)
    }

    /// Keeps what `keep` says, which is asked for all before the first change.
    pub(super) fn retain(self, mut keep: impl FnMut(&T) -> bool) -> Result<usize, HeapError> {
        let Some(block) = self.block()? else { return Ok(0) };
        // SAFETY: this is an owner of `T`, and the heap is borrowed while this runs.
        let elements: &[T] = unsafe { self.owner.elements(self.space.view()) };
        let kept: Vec<bool> = elements.iter().map(&mut keep).collect();
        let Some(first) = kept.iter().position(|&kept| !kept) else { return Ok(0) };
        let moved = self.places(block, first, block.len - first);
        let op = journal::begin(&[moved, Span::of(self.len_word(block))])
            .map_err(|full| HeapError::JournalFull((), full))?;
        let mut to = first;
        for from in (first..block.len).filter(|&index| kept[index]) {
            let element = self.first(block).wrapping_add(from).cast();
            // SAFETY: an element that exists, to a place in front of it.
            unsafe { copy(element, self.first(block).wrapping_add(to).cast(), size_of::<T>()) };
            to += 1;
        }
        self.space.commit_len(block.at, to);
        op.commit();
        Ok(block.len - to)
    }

    /// Replaces all elements.
    pub(super) fn assign(self, values: &[T]) -> Result<(), HeapError>
    where
        T: Copy,
    {
        let len = self.block()?.map_or(0, |block| block.len);
        if values.is_empty() {
            self.truncate(0);
            return Ok(());
        }
        let block = self.reserve(values.len().saturating_sub(len), false)?;
        let places = self.places(block, 0, values.len());
        let op = journal::begin(&[places, Span::of(self.len_word(block))])
            .map_err(|full| HeapError::JournalFull((), full))?;
        // SAFETY: the block has room for so many; `values` are borrowed from elsewhere.
        unsafe { copy(values.as_ptr().cast(), self.space.payload(block.at), size_of_val(values)) };
        self.space.commit_len(block.at, values.len());
        op.commit();
        Ok(())
    }

    /// Gives the end of the block that no element needs back to the heap; all of it where there are none.
    pub(super) fn shrink(self) {
        match self.owner.block(self.space.view()) {
            Some(Block { len: 0, .. }) => _ = self.free(),
            Some(block) => {
                self.expect_room(Space::LOG_BYTES_MAX);
                self.space.shrink(block.at, block.len * size_of::<T>());
            }
            None => {}
        }
    }

    /// Gives the block back to the heap; the owner is empty then. A block that is not here stays.
    pub(super) fn free(self) -> Result<(), HeapError> {
        let Some(block) = self.block()? else { return Ok(()) };
        self.expect_room(Space::LOG_BYTES_MAX);
        self.save_owner();
        self.owner.id.store(0, Release);
        barrier();
        self.space.free(block.at);
        Ok(())
    }
}
