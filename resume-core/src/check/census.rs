//! Heaps and the owners of their blocks, met in one pass over the state.
//!
//! An owner does not say which heap it belongs to, and may be met before it. So a pass notes both, and looks at
//! the blocks when it has seen all of the state: what their elements hold is noted in turn.
//!
//! ```text
//! waiting := owners met in the state
//! for each:  block := the one with the owner's id, at its place, in some heap    -- none: broken
//!            its granules are marked; one that is already: broken, two owners have it
//!            its elements are checked, or rebuilt; owners among them wait, heaps among them are met
//! ```
//! Marks come before elements, so each byte of a heap is looked at once at most, whatever the bytes are. The heap
//! that had the last block is tried first: owners of one scene stand together.

use std::collections::{HashSet, VecDeque};

use super::Step;
use super::present::present_elements;
use crate::heap::{Block, Claim, GRANULE, Space};
use crate::layout::TypeDesc;

/// A heap that was met.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeapAt {
    pub(crate) space: Space,
}

/// An owner that was met, and what it owns.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OwnerAt {
    pub(crate) claim: Claim,
    pub(crate) element: &'static TypeDesc,
    /// The elements are bytes of UTF-8 text.
    pub(crate) text: bool,
}

/// Marks of granules; none behind the end of what was ever marked.
#[derive(Debug, Default)]
pub(super) struct Marks(Vec<u64>);

impl Marks {
    /// Marks `len` granules from `start` on, and tells whether all of them were unmarked.
    fn take(&mut self, start: u32, len: u32) -> bool {
        let (start, end) = (start as usize, start as usize + len as usize);
        if self.0.len() * 64 < end {
            self.0.resize(end.div_ceil(64).max(self.0.len() * 2), 0);
        }
        let mut free = true;
        let mut at = start;
        while at < end {
            let (word, bit) = (at / 64, at % 64);
            let count = (64 - bit).min(end - at);
            let mask = (u64::MAX >> (64 - count)) << bit;
            free &= self.0[word] & mask == 0;
            self.0[word] |= mask;
            at += count;
        }
        free
    }

    /// The first marked granule from `start` on.
    fn next(&self, start: u32) -> Option<u32> {
        let (mut word, bit) = (start as usize / 64, start % 64);
        let mut bits = self.0.get(word)? & (u64::MAX << bit);
        while bits == 0 {
            word += 1;
            bits = *self.0.get(word)?;
        }
        Some(word as u32 * 64 + bits.trailing_zeros())
    }

    pub(super) fn has(&self, at: u32) -> bool {
        self.0.get(at as usize / 64).is_some_and(|word| word >> (at % 64) & 1 != 0)
    }
}

/// A heap with the marks of what its owners have.
#[derive(Debug)]
pub(super) struct Marked {
    pub(super) space: Space,
    pub(super) marks: Marks,
    /// Where it is, if the pass keeps paths.
    pub(super) path: Vec<Step>,
}

impl Marked {
    /// Makes the heap's derived data anew; gives how many blocks nobody owned.
    fn rebuild(&self) -> u64 {
        let (mut blocks, mut granules, mut unowned) = (0, 0_u32, 0);
        for (at, size) in self.space.allocated() {
            (blocks, granules) = (blocks + 1, granules.saturating_add(size));
            if !self.marks.has(at) {
                self.space.disown(at);
                unowned += 1;
            }
        }
        if !self.space.has_no_more(blocks, granules) {
            self.disown_by_granule();
        }
        self.space.rebuild(|from| self.marks.next(from));
        unowned
    }

    /// Where the sizes do not lead to every block: each granule that no owner has may have been a header.
    fn disown_by_granule(&self) {
        let view = self.space.view();
        for granules in present_elements(view.payload(0).wrapping_sub(GRANULE), GRANULE, view.granules()) {
            for at in granules.start as u32..granules.end as u32 {
                if !self.marks.has(at) && view.id(at) != 0 {
                    self.space.disown(at);
                }
            }
        }
    }

    /// Blocks that nobody owns: where they start, and their bytes. After a crash as far as their sizes are whole.
    pub(super) fn unowned(&self) -> impl Iterator<Item = (u32, u64)> {
        let unmarked = self.space.allocated().filter(|(at, _)| !self.marks.has(*at));
        unmarked.map(|(at, size)| (at, u64::from(size) * GRANULE as u64))
    }
}

/// An owner whose block was not looked at yet.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) owner: OwnerAt,
    /// Where it is, if the pass keeps paths.
    pub(super) path: Vec<Step>,
}

/// Why an owner is broken.
pub(super) enum Broken {
    NoBlock,
    TooLong { len: usize, max: usize },
    TwoOwners,
}

/// An owner's block and its heap.
pub(super) type Found = Result<(Space, Block), Broken>;

impl Waiting {
    /// What is wrong with it, for a person.
    pub(super) fn tell(&self, broken: &Broken) -> String {
        let Claim { id, at } = self.owner.claim;
        match broken {
            Broken::NoBlock => {
                format!("expected a block with id {id:#x} at granule {at} of a heap, found none")
            }
            Broken::TooLong { len, max } => {
                format!("expected at most {max} elements in its block, found {len}")
            }
            Broken::TwoOwners => {
                format!(
                    "expected a block of its own, found another owner of (a part of) the one at granule {at}"
                )
            }
        }
    }
}

/// What a pass has met.
#[derive(Debug, Default)]
pub(super) struct Census {
    pub(super) heaps: Vec<Marked>,
    keys: HashSet<u64>,
    waiting: VecDeque<Waiting>,
    /// Owners whose heap was not met yet.
    lost: Vec<Waiting>,
    /// The heaps that the lost have been looked for in.
    searched: usize,
    /// The heap that had the last block.
    latest: usize,
}

impl Census {
    /// Notes a heap, and tells whether it is no copy of another.
    ///
    /// A rebuild would free the copy's blocks and leave their ids, which owners in the other have too.
    pub(super) fn heap(&mut self, heap: HeapAt, path: Vec<Step>) -> bool {
        let key = heap.space.key();
        let alone = key == 0 || self.keys.insert(key);
        self.heaps.push(Marked { space: heap.space, marks: Marks::default(), path });
        alone
    }

    /// The block of an owner, where its heap was met before it: then it need not wait.
    #[inline]
    pub(super) fn now(&mut self, owner: &OwnerAt) -> Option<Found> {
        match self.find(owner) {
            Err(Broken::NoBlock) => None,
            found => Some(found),
        }
    }

    pub(super) fn owner(&mut self, owner: OwnerAt, path: Vec<Step>) {
        self.waiting.push_back(Waiting { owner, path });
    }

    /// The next owner to look at. One without a block comes last, when no more heaps can be met.
    pub(super) fn next(&mut self) -> Option<(Waiting, Found)> {
        self.next_met().or_else(|| Some((self.lost.pop()?, Err(Broken::NoBlock))))
    }

    /// As [`next`](Self::next), while more heaps may still be met.
    pub(super) fn next_met(&mut self) -> Option<(Waiting, Found)> {
        loop {
            if let Some(waiting) = self.waiting.pop_front() {
                match self.find(&waiting.owner) {
                    Err(Broken::NoBlock) => self.lost.push(waiting),
                    found => return Some((waiting, found)),
                }
            } else if self.searched < self.heaps.len() {
                self.searched = self.heaps.len();
                self.waiting.extend(self.lost.drain(..));
            } else {
                return None;
            }
        }
    }

    fn find(&mut self, owner: &OwnerAt) -> Found {
        let Claim { id, at } = owner.claim;
        let block_in = |heap: &Marked| heap.space.view().checked_block(at, id);
        let (index, block) = match self.heaps.get(self.latest).and_then(block_in) {
            Some(block) => (self.latest, block),
            None => {
                let mut others = self.heaps.iter().enumerate();
                others.find_map(|(index, heap)| Some((index, block_in(heap)?))).ok_or(Broken::NoBlock)?
            }
        };
        self.latest = index;
        let heap = &mut self.heaps[index];
        let max = block.bytes / owner.element.size.max(1) as usize;
        if block.len > max {
            return Err(Broken::TooLong { len: block.len, max });
        }
        if !heap.marks.take(at, heap.space.view().size(at)) {
            return Err(Broken::TwoOwners);
        }
        Ok((heap.space, block))
    }

    /// Whether a heap has a block that nobody owns.
    pub(super) fn has_unowned(&self) -> bool {
        self.heaps.iter().any(|heap| heap.unowned().next().is_some())
    }

    /// Makes the derived data of all heaps anew; gives how many blocks nobody owned.
    ///
    /// # Safety
    /// The heaps are writable, nobody else uses them, and all owners were looked at.
    pub(super) unsafe fn rebuild(&self) -> u64 {
        self.heaps.iter().map(Marked::rebuild).sum()
    }
}

/// The heaps of a state whose bytes passed a check, to be rebuilt where nothing else has to be: after a clean
/// stop.
#[derive(Debug, Default)]
pub struct Heaps(pub(super) Census);

impl Heaps {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.heaps.is_empty()
    }

    /// Whether each heap has the blocks that its words count.
    pub(super) fn are_whole(&self) -> bool {
        self.0.heaps.iter().all(|heap| {
            let count = |(blocks, granules): (u32, u32), (_, size): (u32, u32)| {
                (blocks + 1, granules.saturating_add(size))
            };
            let (blocks, granules) = heap.space.allocated().fold((0, 0), count);
            heap.space.has_no_more(blocks, granules)
        })
    }

    /// Makes free blocks, free lists and counts anew, and frees what no owner has; gives how many blocks that were.
    ///
    /// # Safety
    /// The bytes that were checked may be written through the pointer that the check got, did not change since,
    /// and nobody else uses them.
    pub unsafe fn rebuild(self) -> u64 {
        // SAFETY: forwarded; a check that found no problem has looked at all owners.
        unsafe { self.0.rebuild() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_found_again_and_never_given_twice() {
        let mut marks = Marks::default();
        assert_eq!(marks.next(0), None);
        for (start, len) in [(3, 2), (60, 10), (200, 64), (128, 64), (70, 58)] {
            assert!(marks.take(start, len), "{start}");
        }
        for (start, len) in [(3, 1), (4, 8), (69, 1), (0, 500), (263, 2)] {
            assert!(!marks.take(start, len), "{start}");
        }
        assert_eq!(
            [marks.next(501), marks.has(499).then_some(1), marks.has(500).then_some(1)],
            [None, Some(1), None]
        );
        let mut marks = Marks::default();
        assert!(marks.take(130, 3));
        assert_eq!([0, 130, 132].map(|from| marks.next(from)), [Some(130), Some(130), Some(132)]);
        assert_eq!(marks.next(133), None);
    }
}
