//! Quick lists: blocks that were freed and are kept for the next ones of their size.
//!
//! A *parked* block was freed and is kept for the next one of its size: on a quick list of that size, last in first
//! out, without being merged with its neighbours, to whom it looks allocated. Few are kept of each size, and they
//! are given back when nothing else fits, or when nothing is allocated any more. That makes most pairs of free
//! and alloc a few stores into one header and two lines of words.

use super::{LEN, PARKED, SIZE_MIN, Space, words};
use crate::journal::expect_room;

/// Sizes of which blocks are parked, from the smallest on: payloads up to 512 bytes.
pub(super) const QUICK_SIZES: usize = 32;
/// The part of a heap that may be parked, and granules that may be in a small one: with more, what is free falls
/// into pieces, since it is not merged.
const PARKED_PART: u32 = 32;
const PARKED_MIN: u32 = 16;
/// Blocks that a quick list keeps. Random frees and allocations of one size find it empty, or full, one time in nine.
const QUICK_MAX: u32 = 8;

/// The quick list of blocks of this size.
#[inline(always)]
pub(super) fn quick_list(size: u32) -> Option<usize> {
    let index = size.wrapping_sub(SIZE_MIN) as usize;
    (index < QUICK_SIZES).then_some(words::QUICK + 2 * index)
}

impl Space {
    /// Where nothing is found otherwise: gives all that is parked back, and looks again.
    #[cold]
    #[inline(never)]
    pub(super) fn alloc_last(self, size: u32, id: u64, log_bytes: usize) -> Option<u32> {
        if self.get(words::PARKED) == 0 {
            return None;
        }
        for of_list in SIZE_MIN..SIZE_MIN + QUICK_SIZES as u32 {
            let Some(list) = quick_list(of_list) else { continue };
            while let Some(at) = self.first_parked(list, of_list) {
                // Between two blocks the heap is whole, so a full log may unwind here.
                expect_room(log_bytes + Self::LOG_BYTES_MAX);
                self.save_counts(at, Some(list));
                self.pop(at, of_list, list);
                self.give_back_any(at);
            }
        }
        self.alloc_unparked(size, id)
    }

    /// Puts a block on its quick list, if there is room and others are allocated behind it.
    #[inline]
    pub(super) fn park(self, at: u32) -> bool {
        let size = self.view().size(at);
        let Some(list) = quick_list(size) else { return false };
        let (head, count) = (self.get(list), self.get(list + 1));
        // The last block of all would keep the end of the heap from coming down.
        let last = at.saturating_add(size) >= self.get(words::FRESH) || self.get(words::LIVE) <= 1;
        let parked = self.get(words::PARKED).saturating_add(size);
        if count >= QUICK_MAX || last || parked > (self.granules / PARKED_PART).max(PARKED_MIN) {
            return false;
        }
        self.save_counts(at, Some(list));
        self.set_id::<false>(at, PARKED);
        self.set_word::<false>(at, LEN, head);
        self.set::<false>(list, at + 1);
        self.set::<false>(list + 1, count + 1);
        self.set::<false>(words::PARKED, parked);
        self.count(-1, -(size as i32));
        true
    }

    /// Takes a block off its quick list; its header and the counts are saved.
    #[inline]
    pub(super) fn unpark(self, size: u32) -> Option<u32> {
        let list = quick_list(size)?;
        let at = self.first_parked(list, size)?;
        self.save_counts(at, Some(list));
        self.pop(at, size, list);
        Some(at)
    }

    /// The list says so; the block has to agree.
    #[inline(always)]
    fn first_parked(self, list: usize, size: u32) -> Option<u32> {
        let at = self.get(list).checked_sub(1)?;
        (self.view().id(at) == PARKED && self.view().size(at) == size).then_some(at)
    }

    /// Takes the first block off a quick list. Its header, the list and the counts are saved.
    #[inline(always)]
    fn pop(self, at: u32, size: u32, list: usize) {
        self.set::<false>(list, self.view().word(at, LEN));
        self.set::<false>(list + 1, self.get(list + 1).saturating_sub(1));
        self.set::<false>(words::PARKED, self.get(words::PARKED).saturating_sub(size));
    }
}
