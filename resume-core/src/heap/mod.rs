//! [`Heap`]: a general allocator within the segment, and the owners of its blocks: [`HeapString`],
//! [`HeapVec`], [`HeapSlice`].
//!
//! For what has no useful upper bound: chat lines, inventories, scripts' data. Where a bound is known, a
//! `Static…` container is smaller and needs no heap beside it.
//!
//! # Vocabulary
//! A *block* is a header and a payload. An *owner* is a value in the state (16 bytes) that names a block by place
//! and id. Owners have no drop glue and do not know where their heap is: each operation takes it as an
//! argument, and that is also what makes references into it sound. A block that no owner in reachable state
//! names is *leaked*.
//!
//! # What is truth
//! ```text
//! owner    id u64 │ at u32 │ reserved u32      in the state. id 0: owns nothing
//! header   !id u64 │ size u32 << 1 │ len u32   16 bytes before the payload. 0: free
//! words    counts, bitmaps, heads of the free lists and of the quick lists: derived; a key
//! ```
//! The owners in reachable state are the truth of what is allocated; of a block that an owner names, `id`,
//! `size`, `len` and the elements below `len` are truth too. All else is derived: free blocks with their sizes
//! and links, the words, and in each header the bit that says whether the block before it is free. Every
//! attach of a state with a heap walks the owners from the root (the check does so anyway), marks their
//! blocks, and makes everything between them free: see `check`.
//!
//! So whatever the crashed stack owned is free again (a block in a local variable, a block that was
//! allocated and not yet stored, one that was removed from a map and not yet freed), and so is what leaked by
//! mistake: an owner that was overwritten, forgotten, or dropped with the map entry it stood in. Until then
//! a leaked block stays allocated; [`check::Reach`](crate::check::Reach) finds it by path.
//!
//! # Which store commits
//! | operation | before | commit store | after |
//! |---|---|---|---|
//! | first block of an owner | header, `at` | the owner's `id` | |
//! | growth in place | | the header's `size` | free lists |
//! | growth elsewhere | the new block: header and a copy of the elements | the owner's `at` | the old block is free |
//! | push, push_str, extend | growth, the elements | the header's `len` | |
//! | pop, truncate, clear | | the header's `len` | |
//! | set | | the element's store if it is a number, else the undo log | |
//! | insert, remove, retain, assign | growth | the undo log: what moves, and `len` | |
//! | free | | the owner's `id` := 0 | free lists |
//!
//! Both blocks of a growth have the owner's id; the owner's `at` says which of them is its block. Nothing the
//! allocator does to its own data can be half done for a reader: after a crash it is made anew.
//! Inside a transaction all of it is saved, so that a rollback needs no rebuild.
//!
//! # Costs
//! Two-level segregated fit (M. Masmano, I. Ripoll, A. Crespo, J. Real: *TLSF: a New Dynamic Memory Allocator for
//! Real-Time Systems*, ECRTS 2004): 16 classes to each power of two, found by two bitmaps; neighbours that
//! are free are merged. Before that, a freed block of up to 512 bytes is *parked*: kept as it is on a quick list of
//! its size, for the next block of that size; up to 8 of each, and of all sizes together a thirty-second part of the
//! heap. Where nothing else fits they are merged after all. Allocating and freeing is O(1), growth copies O(len)
//! unless the block behind it is free, and doubles. A block takes its payload rounded up to 16 bytes, and 16 more. Free blocks are
//! used before memory that was never used, so pages that are not needed stay untouched. An attach is
//! O(owners), after a clean stop too.
//!
//! # Why two owners of one block do no harm
//! Safe code can get two: a transaction hands an owner out and is rolled back. So an owner proves nothing by
//! itself: elements are borrowed from the *heap* (`&Heap` to read, `&mut Heap` to write), never from the owner.
//! An id is used once in the life of a process, and random between processes: a block with the owner's id is the one
//! that was made for it, thus for its element type. An owner whose block was freed, moved or is in another
//! heap finds none: it reads as empty and cannot be changed. Length stands in the block, so both owners agree on
//! it. In a state that is attached two owners of one block are damage, and refused by path; so are two heaps with one
//! key, which are copies of each other.

use core::cell::UnsafeCell;
use core::fmt;
use core::marker::PhantomData;
use core::mem::{MaybeUninit, offset_of};

use crate::ShmSafe;
use crate::check::{Checker, HeapAt, Rebuild};
use crate::journal::JournalFull;
use crate::layout::{ContainerOps, FieldDesc, Ident, IdentArg, Kind, Role, TypeDesc};

mod owner;
mod place;
pub mod slice;
mod space;
pub mod string;
pub mod vec;

pub use place::Place;
pub use slice::HeapSlice;
pub use string::HeapString;
pub use vec::HeapVec;

pub(crate) use owner::{Claim, claim};
pub(crate) use space::{Block, GRANULE, Space, View};
use space::{WORDS, words};

/// Memory for blocks of any size, `BYTES` in all; see the [module](self).
///
/// All zero is the empty heap. `BYTES` is a multiple of 16, and less than 16 GiB.
///
/// ```
/// use resume_core::heap::{Heap, HeapString, HeapVec};
///
/// let mut heap = Heap::<4096>::new();
/// let mut names = HeapVec::<HeapString>::new();
/// let ada = HeapString::from_str(&mut heap, "Ada")?;
/// names.push(&mut heap, ada).map_err(|e| e.without_value())?;
/// names.at(&mut heap, 0).unwrap().push_str(" Lovelace")?;
/// assert_eq!(names.get(&heap, 0).unwrap().as_str(&heap), "Ada Lovelace");
/// # Ok::<(), resume_core::heap::HeapError>(())
/// ```
///
/// Like all of state it belongs to one thread:
/// ```compile_fail,E0277
/// fn on_another_thread<T: Send>() {}
/// on_another_thread::<resume_core::heap::Heap<64>>();
/// ```
#[repr(C, align(16))]
pub struct Heap<const BYTES: usize> {
    words: [u32; WORDS],
    /// In a cell, since elements may be cells: who has a `&Heap` may then change them.
    bytes: UnsafeCell<[MaybeUninit<u8>; BYTES]>,
    _this_thread: PhantomData<*mut ()>,
}

impl<const BYTES: usize> Heap<BYTES> {
    const CAPACITY_FITS: () = {
        assert!(
            BYTES.is_multiple_of(GRANULE) && BYTES >= 64,
            "Heap: BYTES must be a multiple of 16, from 64 on"
        );
        assert!(BYTES / GRANULE < 1 << 30, "Heap: BYTES must be less than 16 GiB");
        assert!(offset_of!(Self, bytes) == WORDS * 4, "the bytes are behind the words");
        assert!(offset_of!(Self, bytes).is_multiple_of(GRANULE), "blocks are aligned");
    };

    /// An empty heap, as all-zero bytes are too.
    pub const fn new() -> Self {
        const { Self::CAPACITY_FITS };
        let bytes = UnsafeCell::new([const { MaybeUninit::uninit() }; BYTES]);
        Self { words: [0; WORDS], bytes, _this_thread: PhantomData }
    }

    /// `BYTES`: payloads, and 16 bytes for each block.
    pub const fn capacity(&self) -> usize {
        BYTES
    }

    /// Bytes in blocks that are allocated, their headers included.
    pub fn used_bytes(&self) -> usize {
        self.words[words::USED] as usize * GRANULE
    }

    /// Blocks that are allocated; each owner that is not empty has one.
    pub fn blocks(&self) -> usize {
        self.words[words::LIVE] as usize
    }

    /// Bytes from the start of the heap up to which it was ever in use since what lies there was last free.
    /// Beyond, pages are untouched.
    pub fn high_water_bytes(&self) -> usize {
        self.words[words::FRESH] as usize * GRANULE
    }

    #[inline(always)]
    pub(crate) fn view(&self) -> View {
        // SAFETY: the bytes are `BYTES` long; who uses the view borrows the heap meanwhile.
        unsafe { View::new(self.bytes.get().cast_const().cast(), (BYTES / GRANULE) as u32) }
    }

    #[inline(always)]
    pub(crate) fn space(&mut self) -> Space {
        // SAFETY: as all of a heap is borrowed.
        unsafe { Self::space_at(self) }
    }

    /// # Safety
    /// `at` points to a heap, aligned; it is readable and writable while the result is used to read and write.
    #[inline(always)]
    unsafe fn space_at(at: *mut Self) -> Space {
        // SAFETY: the words are the first field, and the bytes are behind them, as `CAPACITY_FITS` says.
        unsafe { Space::new(at.cast(), (BYTES / GRANULE) as u32) }
    }

    /// # Safety
    /// As [`ContainerOps::check`].
    unsafe fn check(at: *const u8, check: &mut Checker) {
        // SAFETY: the space is used to read alone until its bytes may be written.
        let space = unsafe { Self::space_at(at.cast_mut().cast()) };
        check.heap(HeapAt { space });
    }

    /// # Safety
    /// As [`ContainerOps::rebuild`].
    unsafe fn rebuild(at: *mut u8, rebuild: &mut Rebuild) {
        // SAFETY: the caller vouches for the bytes.
        let space = unsafe { Self::space_at(at.cast()) };
        rebuild.heap(HeapAt { space });
    }
}

impl<const BYTES: usize> Default for Heap<BYTES> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const BYTES: usize> fmt::Debug for Heap<BYTES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heap")
            .field("blocks", &self.blocks())
            .field("used_bytes", &self.used_bytes())
            .field("capacity", &BYTES)
            .finish()
    }
}

// SAFETY: `repr(C)` over words and bytes, of which every pattern is valid; the offsets are the real ones; blocks
// are named by index; no address and no drop glue. What owners name is checked when they are.
unsafe impl<const BYTES: usize> ShmSafe for Heap<BYTES> {
    const ID: &'static Ident = &Ident::new("Heap", &[IdentArg::Const(BYTES as i128)]);
    const DESC: &'static TypeDesc = &TypeDesc::new(
        Self::ID,
        Kind::Container {
            role: Role::Heap,
            capacity: {
                let () = Self::CAPACITY_FITS;
                BYTES as u64
            },
            fields: &[
                FieldDesc { name: "words", offset: 0, ty: <[u32; WORDS] as ShmSafe>::DESC },
                FieldDesc {
                    name: "bytes",
                    offset: offset_of!(Self, bytes) as u64,
                    ty: <[u8; BYTES] as ShmSafe>::DESC,
                },
            ],
            ops: &ContainerOps { check: Self::check, rebuild: Self::rebuild },
        },
        size_of::<Self>(),
        align_of::<Self>(),
    );
}

/// Why an owner was not changed; the value comes back.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeapError<T = ()> {
    /// The heap has no free block of that size.
    Full {
        /// The value.
        value: T,
        /// Bytes that the operation needed in one block.
        bytes: usize,
    },
    /// There is no such position.
    OutOfBounds {
        /// The value.
        value: T,
        /// The position that was asked for.
        index: usize,
        /// Elements of the owner.
        len: usize,
    },
    /// The owner's block is not in this heap.
    NotHere(T),
    /// The undo log has no room for what the operation moves or replaces.
    JournalFull(T, JournalFull),
}

impl<T> HeapError<T> {
    /// The value that was not stored.
    pub fn into_inner(self) -> T {
        match self {
            Self::Full { value, .. }
            | Self::OutOfBounds { value, .. }
            | Self::NotHere(value)
            | Self::JournalFull(value, _) => value,
        }
    }

    /// The error alone: what `?` can hand on where the value does not matter.
    pub fn without_value(self) -> HeapError {
        self.replace_value(()).1
    }

    fn replace_value<U>(self, with: U) -> (T, HeapError<U>) {
        match self {
            Self::Full { value, bytes } => (value, HeapError::Full { value: with, bytes }),
            Self::OutOfBounds { value, index, len } => {
                (value, HeapError::OutOfBounds { value: with, index, len })
            }
            Self::NotHere(value) => (value, HeapError::NotHere(with)),
            Self::JournalFull(value, full) => (value, HeapError::JournalFull(with, full)),
        }
    }
}

impl HeapError {
    pub(crate) fn with<T>(self, value: T) -> HeapError<T> {
        self.replace_value(value).1
    }
}

impl<T> fmt::Display for HeapError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full { bytes, .. } => write!(
                f,
                "the heap has no free block for {bytes} bytes: free something first, or give it a larger capacity"
            ),
            Self::OutOfBounds { index, len, .. } => {
                write!(f, "expected a position of at most {len}, found {index}")
            }
            Self::NotHere(_) => f.write_str(
                "expected the heap that the owner's block is in, found another; or the owner is a copy of one that was \
                 freed or has grown since",
            ),
            Self::JournalFull(_, full) => fmt::Display::fmt(full, f),
        }
    }
}

impl<T> fmt::Debug for HeapError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeapError({self})")
    }
}

impl<T> core::error::Error for HeapError<T> {}
