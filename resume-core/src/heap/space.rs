//! Blocks and free lists: two-level segregated fit over granules of 16 bytes.
//!
//! ```text
//! block, allocated   header: !id │ size << 1 | before │ len     payload …
//! block, free        header: 0  │ size << 1          │ -        next + 1 │ previous + 1   …   size (last word)
//! block, parked      header: !1 │ size << 1 | before │ next + 1
//!                    ◄───────────── a granule ─────────────►    ◄────── a granule ──────►
//! 0 … fresh          blocks, one behind the other; the last is not free
//! fresh …            never used since: no header
//! before             the block before this one is free, and the word before this header is its size
//! ```
//! A header has the complement of its owner's id: an owner that is itself an element of a block, and thus may stand
//! where a header once was, is no header to a stale copy of it.
//!
//! Sizes and places count granules. Class of a size: below 16 the size itself; from there the power of two,
//! and the four bits behind its first.
//!
//! [`quick`] keeps some of the blocks that are freed: they are *parked*.
//!
//! Every access is bounds-checked, so no word, whatever it holds, leads outside of the heap.

use core::ptr;
use core::slice;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering::Release};

use crate::journal::{Span, barrier, open, save_open};

mod quick;

/// Bytes of a granule: alignment of payloads, and size of a header.
pub(crate) const GRANULE: usize = 16;

const SUB_BITS: u32 = 4;
const SUBS: usize = 1 << SUB_BITS;
/// Powers of two, from sizes below 16 (one class of its own) to 2^32.
const TOPS: usize = 29;

/// Where the words of a heap are.
pub(super) mod words {
    /// Granules in allocated blocks. This word and the next three change together, and are saved together.
    pub(in crate::heap) const USED: usize = 0;
    /// Allocated blocks.
    pub(in crate::heap) const LIVE: usize = 1;
    /// Granules that ever were in a block.
    pub(in crate::heap) const FRESH: usize = 2;
    /// Granules in parked blocks.
    pub(super) const PARKED: usize = 3;
    /// A bit for each map that is not 0.
    pub(super) const TOP_MAP: usize = 4;
    /// For each power of two a bit for each list that is not empty.
    pub(super) const SUB_MAPS: usize = 5;
    /// The first block of each list + 1.
    pub(super) const HEADS: usize = SUB_MAPS + super::TOPS;
    /// For each size that is parked two words, aligned: the first block of its quick list + 1, and how many it has.
    pub(super) const QUICK: usize = HEADS + super::TOPS * super::SUBS;
    /// Behind all that is derived.
    pub(super) const DERIVED: usize = QUICK + 2 * super::quick::QUICK_SIZES;
    /// Two words: 0 until the first block, then a number of this heap alone. Truth, and never changed again.
    pub(super) const KEY: usize = DERIVED;
    const _: () = assert!(QUICK.is_multiple_of(2) && KEY.is_multiple_of(2));
}

/// Words of a heap.
pub(super) const WORDS: usize = (words::KEY + 2).next_multiple_of(GRANULE / 4);

/// Words of a header, and of the granule behind that of a free block.
const SIZE: usize = 2;
const LEN: usize = 3;
const NEXT: usize = 0;
const PREVIOUS: usize = 1;
/// The last word of a granule: at the end of a free block its size.
const LAST: usize = 3;
/// The bit of `SIZE` that says that the block before is free.
const BEFORE: u32 = 1;

/// The smallest block: a free one needs room for its links.
const SIZE_MIN: u32 = 2;

/// In the place of an id: a granule that is too small for a free block. The allocator leaves none; damaged sizes may.
const HOLE: u64 = u64::MAX;
/// In the place of an id: a block that is parked.
const PARKED: u64 = u64::MAX - 1;

/// Whether an owner may have this id: its complement in a header says nothing else.
pub(super) fn is_id(id: u64) -> bool {
    (1..PARKED).contains(&!id)
}

/// How many blocks of a class are looked at when only that class may have one that fits.
const SEARCH_MAX: usize = 32;

/// The bytes of a heap, to read.
///
/// # Invariants
/// `bytes` is aligned to a granule and points to `granules` of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct View {
    bytes: *const u8,
    granules: u32,
}

/// A block that exists.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block {
    pub(crate) at: u32,
    /// Elements.
    pub(crate) len: usize,
    /// Bytes of the payload.
    pub(crate) bytes: usize,
}

impl View {
    /// # Safety
    /// The invariants; the bytes are readable while the view is used.
    pub(super) unsafe fn new(bytes: *const u8, granules: u32) -> Self {
        Self { bytes, granules }
    }

    #[inline(always)]
    fn place(self, at: u32, word: usize) -> Option<*const u32> {
        let place = self.bytes.wrapping_add(at as usize * GRANULE + word * 4).cast();
        (at < self.granules).then_some(place)
    }

    /// A word of a granule; 0 behind the end.
    #[inline(always)]
    fn word(self, at: u32, word: usize) -> u32 {
        // SAFETY: `place` gives words of granules that exist, aligned; the maker keeps them readable, and every
        // pattern of them is a number.
        self.place(at, word).map_or(0, |place| unsafe { place.read() })
    }

    /// The complement of the id of the block at `at`; 0 for a free one.
    #[inline(always)]
    pub(crate) fn id(self, at: u32) -> u64 {
        // SAFETY: as in `word`; the first two words of a granule are aligned for a u64.
        self.place(at, 0).map_or(0, |place| unsafe { place.cast::<u64>().read() })
    }

    /// Granules of the block at `at`, header included.
    #[inline(always)]
    pub(crate) fn size(self, at: u32) -> u32 {
        self.word(at, SIZE) >> 1
    }

    /// The block that has this id, if it is at `at`.
    #[inline(always)]
    pub(crate) fn block(self, at: u32, id: u64) -> Option<Block> {
        (id != 0 && self.id(at) == !id).then(|| self.known_block(at))
    }

    /// The block at `at`, of which the caller knows that it is one.
    #[inline(always)]
    pub(super) fn known_block(self, at: u32) -> Block {
        let payload = (self.size(at) as usize).saturating_sub(1) * GRANULE;
        Block { at, len: self.word(at, LEN) as usize, bytes: payload }
    }

    /// As [`block`](Self::block), for bytes that nobody has checked: the block lies within the heap, too.
    pub(crate) fn checked_block(self, at: u32, id: u64) -> Option<Block> {
        let end = at.checked_add(self.size(at))?;
        self.block(at, id).filter(|block| is_id(id) && end <= self.granules && block.bytes != 0)
    }

    pub(crate) fn granules(self) -> usize {
        self.granules as usize
    }

    /// The first byte behind a header.
    #[inline(always)]
    pub(crate) fn payload(self, at: u32) -> *const u8 {
        self.bytes.wrapping_add((at as usize + 1) * GRANULE)
    }
}

/// A heap, to change. Not borrowed: whoever makes one sees to it that nobody else uses the heap meanwhile.
///
/// Two words, passed by value: so operations have it in registers, and need not write it to memory for the sake of a
/// branch that is seldom taken.
///
/// # Invariants
/// `words` points to [`WORDS`] words and behind them `granules` granules, aligned to a granule and writable.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Space {
    words: *mut u32,
    granules: u32,
}

impl Space {
    /// The most log that one of the operations below needs in a transaction.
    pub(super) const LOG_BYTES_MAX: usize = 64 * 24;

    /// # Safety
    /// The invariants hold while the result is used; and nobody else uses the heap then.
    #[inline(always)]
    pub(super) unsafe fn new(words: *mut u32, granules: u32) -> Self {
        Self { words, granules }
    }

    #[inline(always)]
    fn bytes(self) -> *mut u8 {
        self.words.wrapping_add(WORDS).cast()
    }

    #[inline(always)]
    pub(crate) fn view(self) -> View {
        // SAFETY: the granules are behind the words, by the invariant.
        unsafe { View::new(self.bytes(), self.granules) }
    }

    /// A word of a granule, to write; it may lie behind the end.
    #[inline(always)]
    fn place(self, at: u32, word: usize) -> *mut u8 {
        self.bytes().wrapping_add(at as usize * GRANULE + word * 4)
    }

    /// The first byte behind a header, to write.
    #[inline(always)]
    pub(crate) fn payload(self, at: u32) -> *mut u8 {
        self.view().payload(at).cast_mut()
    }

    /// In a transaction: saves `bytes` bytes at `at`, which lie within the heap.
    #[inline(always)]
    pub(super) fn save(self, at: *const u8, bytes: usize) {
        if open() {
            save(at, bytes);
        }
    }

    #[inline(always)]
    fn write<const S: bool>(self, place: *mut u32, value: u32) {
        if S {
            save(place.cast(), 4);
        }
        // SAFETY: the callers give words of the heap, aligned; the maker lets us write them.
        unsafe { place.write(value) };
    }

    #[inline(always)]
    fn get(self, word: usize) -> u32 {
        // SAFETY: the words are readable by the invariant, and the index is less than their number.
        if word < WORDS { unsafe { self.words.wrapping_add(word).read() } } else { 0 }
    }

    #[inline(always)]
    fn set<const S: bool>(self, word: usize, value: u32) {
        if word < WORDS {
            self.write::<S>(self.words.wrapping_add(word), value);
        }
    }

    #[inline(always)]
    fn set_word<const S: bool>(self, at: u32, word: usize, value: u32) {
        if at < self.granules {
            self.write::<S>(self.place(at, word).cast(), value);
        }
    }

    fn set_id<const S: bool>(self, at: u32, id: u64) {
        if at < self.granules {
            let place = self.place(at, 0).cast::<u64>();
            if S {
                save(place.cast(), 8);
            }
            // SAFETY: the first two words of a granule that exists, aligned; the maker lets us write them.
            let word = unsafe { AtomicU64::from_ptr(place) };
            word.store(id, Release);
        }
    }

    /// The one store that makes the elements below `len` exist, and those from it on not. `at` is a block.
    #[inline(always)]
    pub(super) fn commit_len(self, at: u32, len: usize) {
        if at < self.granules {
            let place = self.place(at, LEN).cast::<u32>();
            // SAFETY: a word of a granule that exists, aligned; the maker lets us write it.
            let word = unsafe { AtomicU32::from_ptr(place) };
            word.store(len as u32, Release);
        }
        barrier();
    }

    /// Where the length of a block is: four bytes, for the undo log.
    pub(super) fn len_place(self, at: u32) -> *const u32 {
        self.place(at, LEN).cast_const().cast()
    }

    /// Sets the size of a block and keeps what it knows of the one before.
    fn set_size<const S: bool>(self, at: u32, size: u32) {
        self.set_word::<S>(at, SIZE, size << 1 | self.view().word(at, SIZE) & BEFORE);
    }

    fn set_before<const S: bool>(self, at: u32, free: bool) {
        let word = self.view().word(at, SIZE) & !BEFORE;
        self.set_word::<S>(at, SIZE, word | if free { BEFORE } else { 0 });
    }

    /// Takes a block for `bytes` bytes of payload, with no elements. O(1). In a transaction `log_bytes` of log are free
    /// afterwards, if they were before.
    pub(super) fn alloc(self, bytes: usize, id: u64, log_bytes: usize) -> Option<u32> {
        let size = size_of_block(bytes)?;
        let at = self.unpark(size).or_else(|| self.alloc_unparked(size, id));
        let at = at.or_else(|| self.alloc_last(size, id, log_bytes))?;
        self.set_word::<false>(at, LEN, 0);
        self.set_id::<false>(at, !id);
        self.count(1, self.view().size(at) as i32);
        Some(at)
    }

    /// A block that was free, or never used; its header and the counts are saved.
    #[inline(always)]
    fn alloc_unparked(self, size: u32, id: u64) -> Option<u32> {
        if open() { self.alloc_saving(size, id) } else { self.alloc_in::<false>(size, id) }
    }

    #[cold]
    #[inline(never)]
    fn alloc_saving(self, size: u32, id: u64) -> Option<u32> {
        self.alloc_in::<true>(size, id)
    }

    #[inline]
    fn alloc_in<const S: bool>(self, size: u32, id: u64) -> Option<u32> {
        match self.find(size) {
            Some(at) => {
                let found = self.view().size(at);
                self.save_counts(at, None);
                self.unlink::<S>(at, found);
                self.set_word::<false>(at, SIZE, found << 1);
                self.carve::<S>(at, found, size);
                Some(at)
            }
            None => {
                let at = self.get(words::FRESH);
                let end = at.checked_add(size).filter(|end| *end <= self.granules)?;
                if at == 0 && self.key() == 0 {
                    // Ids are used once, so the first one names the heap too. A rollback does not take it back.
                    let key = self.words.wrapping_add(words::KEY).cast::<u64>();
                    // SAFETY: two of the words, which are aligned to a granule as a whole; the maker lets us write.
                    unsafe { key.write(id) };
                }
                self.save_counts(at, None);
                // The last block is never free, so nothing is before it.
                self.set_word::<false>(at, SIZE, size << 1);
                self.set::<false>(words::FRESH, end);
                Some(at)
            }
        }
    }

    /// Makes a block free: parks it, or merges it with its neighbours that are free. O(1).
    pub(super) fn free(self, at: u32) {
        if self.park(at) {
            return;
        }
        self.save_counts(at, None);
        self.count(-1, -(self.view().size(at) as i32));
        self.give_back_any(at);
        if self.get(words::LIVE) == 0 && self.get(words::PARKED) != 0 && !open() {
            // SAFETY: as in `rebuild`: where nothing is allocated, nothing is derived from it.
            unsafe { self.words.write_bytes(0, words::DERIVED) };
        }
    }

    #[inline(always)]
    fn give_back_any(self, at: u32) {
        if open() { self.give_back_saving(at) } else { self.give_back::<false>(at) }
    }

    #[cold]
    #[inline(never)]
    fn give_back_saving(self, at: u32) {
        self.give_back::<true>(at);
    }

    /// Merges a block that nobody has with its neighbours that are free. Its header and the counts are saved.
    #[inline]
    fn give_back<const S: bool>(self, at: u32) {
        let mut size = self.view().size(at);
        self.set_id::<false>(at, 0);
        let fresh = self.get(words::FRESH);
        let next = at.saturating_add(size);
        if next < fresh && self.view().id(next) == 0 {
            let of_next = self.view().size(next);
            self.unlink::<S>(next, of_next);
            size = size.saturating_add(of_next);
        }
        let mut start = at;
        if self.view().word(at, SIZE) & BEFORE != 0 {
            let of_previous = self.view().word(at.wrapping_sub(1), LAST);
            start = at.saturating_sub(of_previous);
            self.unlink::<S>(start, of_previous);
            size = size.saturating_add(at - start);
        }
        self.release::<S>(start, size, fresh);
    }

    /// In a transaction: saves what each operation changes, which are the counts and a header; and a quick list.
    #[inline(always)]
    fn save_counts(self, at: u32, list: Option<usize>) {
        if open() {
            self.save_counts_now(at, list);
        }
    }

    #[cold]
    #[inline(never)]
    fn save_counts_now(self, at: u32, list: Option<usize>) {
        let counts = words_at(self.words, 4);
        let header = words_at(self.place(at.min(self.granules.saturating_sub(1)), 0).cast(), 4);
        match list {
            Some(list) => {
                let list = words_at(self.words.wrapping_add(list.min(WORDS - 2)), 2);
                save_open(|| [counts, header, list]);
            }
            None => save_open(|| [counts, header]),
        }
    }

    /// What lies between two blocks, or behind the last, is free from here on.
    #[inline]
    fn release<const S: bool>(self, at: u32, size: u32, fresh: u32) {
        let end = at.saturating_add(size);
        if end >= fresh {
            return self.set::<false>(words::FRESH, at);
        }
        self.make_free::<S>(at, size);
        self.set_before::<S>(end, true);
    }

    /// Writes a free block between two that are not, and links it.
    fn make_free<const S: bool>(self, at: u32, size: u32) {
        self.set_id::<S>(at, 0);
        self.set_word::<S>(at, SIZE, size << 1);
        self.set_word::<S>(at.saturating_add(size).wrapping_sub(1), LAST, size);
        let (top, sub) = class(size);
        let head = self.get(head_of(top, sub));
        self.set_word::<S>(at.wrapping_add(1), NEXT, head);
        self.set_word::<S>(at.wrapping_add(1), PREVIOUS, 0);
        if head != 0 {
            self.set_word::<S>(head, PREVIOUS, at + 1);
        }
        self.set::<S>(head_of(top, sub), at + 1);
        self.set::<S>(words::SUB_MAPS + top, self.get(words::SUB_MAPS + top) | 1 << sub);
        self.set::<S>(words::TOP_MAP, self.get(words::TOP_MAP) | 1 << top);
    }

    /// Takes a free block of this size out of its list.
    fn unlink<const S: bool>(self, at: u32, size: u32) {
        let (top, sub) = class(size);
        let next = self.view().word(at.wrapping_add(1), NEXT);
        let previous = self.view().word(at.wrapping_add(1), PREVIOUS);
        if next != 0 {
            self.set_word::<S>(next, PREVIOUS, previous);
        }
        if previous != 0 {
            return self.set_word::<S>(previous, NEXT, next);
        }
        self.set::<S>(head_of(top, sub), next);
        if next == 0 {
            let map = self.get(words::SUB_MAPS + top) & !(1 << sub);
            self.set::<S>(words::SUB_MAPS + top, map);
            if map == 0 {
                self.set::<S>(words::TOP_MAP, self.get(words::TOP_MAP) & !(1 << top));
            }
        }
    }

    /// Cuts a block that has `found` granules down to `size`; the rest is free, unless it is too small.
    fn carve<const S: bool>(self, at: u32, found: u32, size: u32) {
        let fresh = self.get(words::FRESH);
        if found.saturating_sub(size) < SIZE_MIN {
            self.set_size::<S>(at, found);
            let next = at.saturating_add(found);
            if next < fresh {
                self.set_before::<S>(next, false);
            }
            return;
        }
        self.set_size::<S>(at, size);
        self.release::<S>(at.wrapping_add(size), found - size, fresh);
    }

    /// Grows an allocated block where it is, if what is behind it is free. The store of its size is all that
    /// its owner sees. O(1).
    pub(super) fn grow(self, at: u32, bytes: usize) -> bool {
        if open() { self.grow_in::<true>(at, bytes) } else { self.grow_in::<false>(at, bytes) }
    }

    fn grow_in<const S: bool>(self, at: u32, bytes: usize) -> bool {
        let Some(size) = size_of_block(bytes) else { return false };
        let (have, fresh) = (self.view().size(at), self.get(words::FRESH));
        let next = at.saturating_add(have);
        if size <= have {
            return true;
        }
        if next == fresh {
            let Some(end) = at.checked_add(size).filter(|end| *end <= self.granules) else {
                return false;
            };
            self.save_counts(at, None);
            self.set::<false>(words::FRESH, end);
            self.set_size::<S>(at, size);
        } else {
            let behind = self.view().size(next);
            if self.view().id(next) != 0 || have.saturating_add(behind) < size || next > fresh {
                return false;
            }
            self.save_counts(at, None);
            self.unlink::<S>(next, behind);
            self.carve::<S>(at, have + behind, size);
        }
        self.count(0, self.view().size(at) as i32 - have as i32);
        true
    }

    /// Frees what an allocated block does not need of its end. O(1).
    pub(super) fn shrink(self, at: u32, bytes: usize) {
        if open() { self.shrink_in::<true>(at, bytes) } else { self.shrink_in::<false>(at, bytes) }
    }

    fn shrink_in<const S: bool>(self, at: u32, bytes: usize) {
        let Some(size) = size_of_block(bytes) else { return };
        let have = self.view().size(at);
        if have < size.saturating_add(SIZE_MIN) {
            return;
        }
        let (fresh, next) = (self.get(words::FRESH), at.saturating_add(have));
        let mut found = have;
        self.save_counts(at, None);
        if next < fresh && self.view().id(next) == 0 {
            let behind = self.view().size(next);
            self.unlink::<S>(next, behind);
            found = found.saturating_add(behind);
        }
        self.carve::<S>(at, found, size);
        self.count(0, size as i32 - have as i32);
    }

    /// Counts blocks and granules; the counts are saved.
    #[inline(always)]
    fn count(self, blocks: i32, granules: i32) {
        self.set::<false>(words::LIVE, self.get(words::LIVE).wrapping_add_signed(blocks));
        self.set::<false>(words::USED, self.get(words::USED).wrapping_add_signed(granules));
    }

    /// A free block of at least `size`: the first of the next class up, of which each fits; else one of the
    /// class of `size` itself, where memory that was never used would not do either.
    #[inline]
    fn find(self, size: u32) -> Option<u32> {
        let (top, sub) = class_up(size);
        let at = self.first_from(top, sub);
        if at.is_some() {
            return at.filter(|at| self.fits(*at, size));
        }
        if self.granules.saturating_sub(self.get(words::FRESH)) >= size {
            return None;
        }
        let (top, sub) = class(size);
        let mut link = self.get(head_of(top, sub));
        for _ in 0..SEARCH_MAX {
            let at = link.checked_sub(1)?;
            if self.fits(at, size) {
                return Some(at);
            }
            link = self.view().word(link, NEXT);
        }
        None
    }

    /// The list says so; the block has to agree.
    #[inline(always)]
    fn fits(self, at: u32, size: u32) -> bool {
        let found = self.view().size(at);
        self.view().id(at) == 0 && found >= size && at.saturating_add(found) <= self.get(words::FRESH)
    }

    #[inline]
    fn first_from(self, top: usize, sub: u32) -> Option<u32> {
        let mut top = top;
        let mut map = self.get(words::SUB_MAPS + top) & (u32::MAX << sub);
        if map == 0 {
            let tops = self.get(words::TOP_MAP) & (u32::MAX << 1 << top);
            if tops == 0 {
                return None;
            }
            top = tops.trailing_zeros() as usize;
            map = self.get(words::SUB_MAPS + top);
        }
        self.get(head_of(top, map.trailing_zeros())).checked_sub(1)
    }

    /// A number that no other heap has, but a copy of this one; 0 if it never had a block.
    pub(crate) fn key(self) -> u64 {
        u64::from(self.get(words::KEY)) | u64::from(self.get(words::KEY + 1)) << 32
    }

    /// Makes all that is derived anew: `is_block` tells at which granules blocks start that owners name, and
    /// `next_used` gives the first granule from one on that is in such a block.
    ///
    /// It may be interrupted and run again: it writes free blocks and words, and of the blocks that are named only
    /// the bit about the one before.
    pub(crate) fn rebuild(self, next_used: impl Fn(u32) -> Option<u32>) {
        // SAFETY: the words are writable by the invariant; zero is a value of each. No transaction is open.
        unsafe { self.words.write_bytes(0, words::DERIVED) };
        let (mut at, mut end) = (0, 0);
        while let Some(start) = next_used(at) {
            let size = self.view().size(start).max(1);
            end = start.saturating_add(size);
            self.set_before::<false>(start, false);
            match start - at {
                0 => {}
                1 => {
                    self.set_word::<false>(at, SIZE, 1 << 1);
                    self.set_id::<false>(at, HOLE);
                }
                gap => {
                    self.make_free::<false>(at, gap);
                    self.set_before::<false>(start, true);
                }
            }
            self.count(1, size as i32);
            at = end;
        }
        self.set::<false>(words::FRESH, end);
        barrier();
    }

    /// Makes a block that no owner in the state has one that no owner at all finds: some may be on the stack, from
    /// an earlier attach of this process.
    pub(crate) fn disown(&self, at: u32) {
        self.set_id::<false>(at, 0);
    }

    /// Whether so many blocks of so many granules are all that there are, as the words say.
    pub(crate) fn has_no_more(&self, blocks: u32, granules: u32) -> bool {
        (self.get(words::LIVE), self.get(words::USED)) == (blocks, granules)
    }

    /// The blocks that are allocated, one behind the other; ends early where they are not.
    pub(crate) fn allocated(self) -> impl Iterator<Item = (u32, u32)> {
        let fresh = self.get(words::FRESH).min(self.granules);
        let mut at = 0;
        core::iter::from_fn(move || {
            while at < fresh {
                let (start, size) = (at, self.view().size(at));
                if size == 0 {
                    return None;
                }
                at = at.saturating_add(size);
                if is_id(!self.view().id(start)) && at <= fresh {
                    return Some((start, size));
                }
            }
            None
        })
    }
}

/// Words of a heap, for the undo log.
fn words_at<'a>(at: *const u32, count: usize) -> Span<'a> {
    // SAFETY: the callers give places within the heap, aligned, whose bytes are readable.
    Span::slice(unsafe { slice::from_raw_parts(at.cast::<core::mem::MaybeUninit<u32>>(), count) })
}

/// Saves bytes of a heap.
#[cold]
#[inline(never)]
fn save(at: *const u8, bytes: usize) {
    // SAFETY: the callers give places within the heap, whose bytes are readable.
    let place = unsafe { slice::from_raw_parts(at.cast::<core::mem::MaybeUninit<u8>>(), bytes) };
    save_open(|| [Span::slice(place)]);
}

/// Granules of a block with so much payload.
#[inline(always)]
fn size_of_block(bytes: usize) -> Option<u32> {
    let granules = u32::try_from(bytes.div_ceil(GRANULE)).ok()?;
    Some(granules.checked_add(1)?.max(SIZE_MIN)).filter(|size| *size < 1 << 30)
}

/// The class that a free block of this size is in.
#[inline(always)]
fn class(size: u32) -> (usize, u32) {
    if size < SUBS as u32 {
        return (0, size);
    }
    let top = u32::BITS - 1 - size.leading_zeros();
    ((top - SUB_BITS + 1) as usize, size >> (top - SUB_BITS) & (SUBS as u32 - 1))
}

/// The first class of which every block has this size at least.
#[inline(always)]
fn class_up(size: u32) -> (usize, u32) {
    if size < SUBS as u32 {
        return (0, size);
    }
    let top = u32::BITS - 1 - size.leading_zeros();
    class(size + (1 << (top - SUB_BITS)) - 1)
}

#[inline(always)]
fn head_of(top: usize, sub: u32) -> usize {
    words::HEADS + top * SUBS + sub as usize
}

/// Copies elements from one block to another, or within one.
///
/// # Safety
/// Both places lie within payloads, for `bytes` bytes.
pub(super) unsafe fn copy(from: *const u8, to: *mut u8, bytes: usize) {
    // SAFETY: the caller's promise; `MaybeUninit` bytes have neither alignment nor validity.
    unsafe { ptr::copy(from.cast::<core::mem::MaybeUninit<u8>>(), to.cast(), bytes) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_of_the_class_above_is_never_too_small() {
        for size in (SIZE_MIN..5_000).chain((1_u32 << 20) - 70..(1 << 20) + 70) {
            let (up, own) = (class_up(size), class(size));
            assert!(up >= own && class(size + 1) >= own, "{size}");
            let smallest = (size.saturating_sub(1)..).find(|s| class(*s) >= up);
            assert!(smallest.is_some_and(|smallest| smallest >= size), "{size}: {smallest:?}");
        }
    }
}
