//! [`HeapString`]: a `String` whose text is in a [`Heap`].
//!
//! | operation | cost |
//! |---|---|
//! | as_str, len | O(1): one look at the block's header |
//! | push, push_str | O(bytes), amortised: growth doubles, and copies unless the block can grow in place |
//! | pop, truncate, clear, free | O(1) |
//! | assign | O(bytes), 2 copies |
//!
//! Each is all or nothing on a crash; the [parent](super) says which store commits. An attach checks the UTF-8.

use core::fmt;
use core::marker::PhantomData;
use core::mem::offset_of;

use super::owner::{Edit, Owner};
use super::{Heap, HeapError, Place, claim};
use crate::ShmSafe;
use crate::check::{Checker, OwnerAt, Rebuild};
use crate::container::replace::replace;
use crate::layout::{ContainerOps, FieldDesc, Ident, Kind, Role, TypeDesc};

/// Growable UTF-8 text. All zero is empty and has no block. See the [module](self).
///
/// ```
/// # use resume_core::heap::{Heap, HeapString};
/// let mut heap = Heap::<1024>::new();
/// let mut name = HeapString::from_str(&mut heap, "Ada")?;
/// name.push_str(&mut heap, " Lovelace")?;
/// assert_eq!(name.as_str(&heap), "Ada Lovelace");
/// # Ok::<(), resume_core::heap::HeapError>(())
/// ```
#[repr(C)]
#[must_use = "a block whose owner is dropped is leaked until the next attach"]
pub struct HeapString {
    owner: Owner,
    bytes: [u8; 0],
    _this_thread: PhantomData<*mut ()>,
}

/// # Safety
/// The owner is that of a string, and the heap of `view` is borrowed for `'h`.
#[inline(always)]
unsafe fn text_of<'h>(owner: &Owner, view: super::View) -> &'h str {
    // SAFETY: forwarded; a string's elements are bytes.
    let bytes = unsafe { owner.elements::<u8>(view) };
    // SAFETY: a block of a string is made here alone (no vector becomes one), and its bytes below `len` are
    // UTF-8: every operation appends or keeps whole characters, and an attach checks them.
    unsafe { core::str::from_utf8_unchecked(bytes) }
}

impl HeapString {
    /// An empty text without a block, as all-zero bytes are too.
    pub const fn new() -> Self {
        Self { owner: Owner::new(), bytes: [], _this_thread: PhantomData }
    }

    /// A copy of `text`. Until it is stored in the state it belongs to the running code: after a crash its block
    /// is free again.
    ///
    /// # Errors
    /// The heap is full.
    pub fn from_str<const B: usize>(heap: &mut Heap<B>, text: &str) -> Result<Self, HeapError> {
        let mut string = Self::new();
        if !text.is_empty() {
            string.on(heap).edit().reserve(text.len(), true)?;
            string.push_str(heap, text)?;
        }
        Ok(string)
    }

    /// The text and its heap, borrowed together: every operation there is.
    #[inline(always)]
    pub fn on<'h, const B: usize>(&'h mut self, heap: &'h mut Heap<B>) -> Place<'h, Self> {
        // SAFETY: both are borrowed mutably for `'h`, and so are no parts of each other.
        unsafe { Place::new(self, heap.space()) }
    }

    /// The text; empty where the block is not in this heap.
    #[inline]
    pub fn as_str<'h, const B: usize>(&self, heap: &'h Heap<B>) -> &'h str {
        // SAFETY: the owner of a string; the heap is borrowed for `'h`.
        unsafe { text_of(&self.owner, heap.view()) }
    }

    /// Bytes of the text.
    #[inline]
    pub fn len<const B: usize>(&self, heap: &Heap<B>) -> usize {
        self.as_str(heap).len()
    }

    /// Whether the text is empty.
    pub fn is_empty<const B: usize>(&self, heap: &Heap<B>) -> bool {
        self.len(heap) == 0
    }

    /// Whether it has a block, perhaps without text.
    pub fn is_allocated(&self) -> bool {
        self.owner.is_allocated()
    }

    /// Bytes that fit without growth.
    pub fn capacity<const B: usize>(&self, heap: &Heap<B>) -> usize {
        self.owner.block(heap.view()).map_or(0, |block| block.bytes)
    }

    /// Appends `text`, all of it or nothing, also on a crash.
    ///
    /// # Errors
    /// The heap is full, or not the text's.
    pub fn push_str<const B: usize>(&mut self, heap: &mut Heap<B>, text: &str) -> Result<(), HeapError> {
        self.on(heap).push_str(text)
    }

    /// Appends a character. All or nothing on a crash.
    ///
    /// # Errors
    /// The heap is full, or not the text's.
    pub fn push<const B: usize>(&mut self, heap: &mut Heap<B>, c: char) -> Result<(), HeapError> {
        self.on(heap).push(c)
    }

    /// Removes the last character. All or nothing on a crash.
    pub fn pop<const B: usize>(&mut self, heap: &mut Heap<B>) -> Option<char> {
        self.on(heap).pop()
    }

    /// Keeps the first `len` bytes, or fewer where `len` is within a character. All or nothing on a crash.
    pub fn truncate<const B: usize>(&mut self, heap: &mut Heap<B>, len: usize) {
        self.on(heap).truncate(len);
    }

    /// Removes all text, and keeps the block. All or nothing on a crash.
    pub fn clear<const B: usize>(&mut self, heap: &mut Heap<B>) {
        self.on(heap).truncate(0);
    }

    /// Replaces the text. All or nothing on a crash.
    ///
    /// # Errors
    /// The heap is full, or not the text's, or the old bytes do not fit the journal.
    pub fn assign<const B: usize>(&mut self, heap: &mut Heap<B>, text: &str) -> Result<(), HeapError> {
        self.on(heap).assign(text)
    }

    /// Gives the room that the text does not need back to the heap.
    pub fn shrink_to_fit<const B: usize>(&mut self, heap: &mut Heap<B>) {
        self.on(heap).shrink_to_fit();
    }

    /// Gives the block back to the heap: the text is empty.
    ///
    /// # Errors
    /// The block is not in this heap.
    pub fn free<const B: usize>(&mut self, heap: &mut Heap<B>) -> Result<(), HeapError> {
        self.on(heap).free()
    }

    /// Takes the text out and leaves an empty one, with one store. A plain assignment, or `mem::take`, is two.
    pub fn take(&mut self) -> Self {
        Self { owner: self.owner.take(), bytes: [], _this_thread: PhantomData }
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
            unsafe { check.owner(OwnerAt { claim, element: u8::DESC, text: true }) };
        }
    }

    /// # Safety
    /// As [`ContainerOps::rebuild`].
    unsafe fn rebuild(at: *mut u8, rebuild: &mut Rebuild) {
        // SAFETY: as in `check`.
        if let Some(claim) = unsafe { claim(at) } {
            // SAFETY: forwarded.
            unsafe { rebuild.owner(OwnerAt { claim, element: u8::DESC, text: true }) };
        }
    }
}

/// The operations of [`HeapString`], where text and heap are [borrowed together](Place).
impl Place<'_, HeapString> {
    #[inline(always)]
    fn edit(&mut self) -> Edit<'_, u8> {
        let space = self.space();
        // SAFETY: the place borrows owner and heap mutably; a text holds no owners.
        unsafe { Edit::new(&self.owner, space) }
    }

    /// As [`HeapString::as_str`].
    #[inline]
    pub fn as_str(&self) -> &str {
        // SAFETY: the owner of a string; the heap is borrowed as long as `self`.
        unsafe { text_of(&self.owner, self.space().view()) }
    }

    /// # Errors
    /// As [`HeapString::push_str`].
    #[inline]
    pub fn push_str(&mut self, text: &str) -> Result<(), HeapError> {
        self.edit().extend(text.as_bytes())
    }

    /// # Errors
    /// As [`HeapString::push`].
    pub fn push(&mut self, c: char) -> Result<(), HeapError> {
        self.push_str(c.encode_utf8(&mut [0; 4]))
    }

    /// As [`HeapString::pop`].
    pub fn pop(&mut self) -> Option<char> {
        let c = self.as_str().chars().next_back()?;
        let len = self.as_str().len() - c.len_utf8();
        self.edit().truncate(len);
        Some(c)
    }

    /// As [`HeapString::truncate`].
    pub fn truncate(&mut self, len: usize) {
        let len = self.as_str().floor_char_boundary(len);
        self.edit().truncate(len);
    }

    /// # Errors
    /// As [`HeapString::assign`].
    pub fn assign(&mut self, text: &str) -> Result<(), HeapError> {
        self.edit().assign(text.as_bytes())
    }

    /// As [`HeapString::shrink_to_fit`].
    pub fn shrink_to_fit(&mut self) {
        self.edit().shrink();
    }

    /// # Errors
    /// As [`HeapString::free`].
    #[inline]
    pub fn free(&mut self) -> Result<(), HeapError> {
        self.edit().free()
    }
}

impl fmt::Write for Place<'_, HeapString> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_str(text).map_err(|_| fmt::Error)
    }
}

impl Default for HeapString {
    fn default() -> Self {
        Self::new()
    }
}

// The text is elsewhere: print `as_str`.
impl fmt::Debug for HeapString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeapString{:?}", self.owner)
    }
}

// SAFETY: `repr(C)` over atomics, a number and an array without elements; the fields and offsets are the real
// ones; block, length and UTF-8 are checked by `check`; no address and no drop glue.
unsafe impl ShmSafe for HeapString {
    const ID: &'static Ident = &Ident::new("HeapString", &[]);
    const DESC: &'static TypeDesc = &TypeDesc::new(
        Self::ID,
        Kind::Container {
            role: Role::HeapString,
            capacity: 0,
            fields: &[
                FieldDesc { name: "id", offset: 0, ty: u64::DESC },
                FieldDesc { name: "at", offset: 8, ty: u32::DESC },
                FieldDesc { name: "reserved", offset: 12, ty: u32::DESC },
                FieldDesc {
                    name: "bytes",
                    offset: offset_of!(Self, bytes) as u64,
                    ty: <[u8; 0] as ShmSafe>::DESC,
                },
            ],
            ops: &ContainerOps { check: Self::check, rebuild: Self::rebuild },
        },
        size_of::<Self>(),
        align_of::<Self>(),
    );
}
