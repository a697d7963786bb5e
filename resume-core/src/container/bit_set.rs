//! [`BitSet`]: numbers below a fixed bound, one bit each.
//!
//! Truth: the words; while `clear` runs, `phase`. Nothing is derived, not even a
//! count: counting is one instruction for each word, and a stored count would be a second store.
//!
//! | operation | commits with | cost |
//! |---|---|---|
//! | insert, remove, toggle | the store of the bit's word | O(1) |
//! | clear | `phase`: clearing; then the words, then `phase` again | O(W) |
//! | union_with, intersect_with, difference_with | the undo log: all words | O(W), 2 copies |
//!
//! # Why `W` is the number of words
//! Stable Rust cannot compute an array's length from a const parameter; [`words_for`] turns a bound into it.

use core::fmt;
use core::marker::PhantomData;
use core::mem::offset_of;

use super::RemoveError;
use crate::ShmSafe;
use crate::check::{Checker, Rebuild};
use crate::journal::{self, JournalFull, Span, Word, barrier, save_open};
use crate::layout::{ContainerOps, FieldDesc, Ident, IdentArg, Kind, Role, TypeDesc};

const BITS: usize = u64::BITS as usize;

/// The `W` of a [`BitSet`] for the numbers below `bound`.
///
/// ```
/// # use resume_core::container::{BitSet, words_for};
/// type Seen = BitSet<{ words_for(1000) }>;
/// assert!(Seen::CAPACITY >= 1000);
/// ```
pub const fn words_for(bound: usize) -> usize {
    bound.div_ceil(BITS)
}

const CLEARING: u32 = 1;

/// A set of numbers below [`CAPACITY`](Self::CAPACITY), in `W` words of 64 bits. See the [module](self) for
/// what a crash leaves.
///
/// ```
/// # use resume_core::container::BitSet;
/// let mut seen = BitSet::<1>::new();
/// assert_eq!(seen.insert(7), Ok(true));
/// assert_eq!(seen.insert(7), Ok(false));
/// assert!(seen.insert(64).is_err());
/// assert!(seen.iter().eq([7]));
/// assert!(seen.remove(7));
/// ```
#[repr(C)]
pub struct BitSet<const W: usize> {
    phase: Word<u32>,
    _reserved: u32,
    words: [Word<u64>; W],
    _this_thread: PhantomData<*mut ()>,
}

impl<const W: usize> BitSet<W> {
    /// Numbers from 0 to below this can be in the set.
    pub const CAPACITY: usize = W * BITS;

    /// An empty set, as all-zero bytes are too.
    pub const fn new() -> Self {
        Self {
            phase: Word::new(0),
            _reserved: 0,
            words: [const { Word::new(0) }; W],
            _this_thread: PhantomData,
        }
    }

    /// [`CAPACITY`](Self::CAPACITY).
    pub const fn capacity(&self) -> usize {
        Self::CAPACITY
    }

    /// Numbers in the set. O(W).
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.get().count_ones() as usize).sum()
    }

    /// Whether there are none. O(W).
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| word.get() == 0)
    }

    /// Whether `number` is in the set; one beyond the capacity never is.
    #[inline]
    pub fn contains(&self, number: usize) -> bool {
        self.words.get(number / BITS).is_some_and(|word| word.get() >> (number % BITS) & 1 == 1)
    }

    /// Stores one word, which commits.
    #[inline]
    fn commit(&self, word: &Word<u64>, value: u64) {
        save_open(|| [Span::of(word)]);
        word.commit(value);
    }

    /// Adds a number, and tells whether it was new. All or nothing on a crash.
    ///
    /// # Errors
    /// [`RemoveError::OutOfBounds`] for a number from the capacity on.
    #[inline]
    pub fn insert(&mut self, number: usize) -> Result<bool, RemoveError> {
        let was = self.contains(number);
        if !was {
            self.toggle(number)?;
        }
        Ok(!was)
    }

    /// Removes a number, and tells whether it was there. All or nothing on a crash.
    #[inline]
    pub fn remove(&mut self, number: usize) -> bool {
        self.contains(number) && self.toggle(number).is_ok()
    }

    /// Adds a number that is not there, or removes one that is, and tells whether it is there now. All or
    /// nothing on a crash.
    ///
    /// # Errors
    /// [`RemoveError::OutOfBounds`] for a number from the capacity on.
    #[inline]
    pub fn toggle(&mut self, number: usize) -> Result<bool, RemoveError> {
        let out_of_bounds = RemoveError::OutOfBounds { index: number, len: Self::CAPACITY };
        let word = self.words.get(number / BITS).ok_or(out_of_bounds)?;
        let value = word.get() ^ 1 << (number % BITS);
        self.commit(word, value);
        Ok(value >> (number % BITS) & 1 == 1)
    }

    /// Removes every number. All or nothing on a crash.
    pub fn clear(&mut self) {
        save_open(|| [Span::of(&self.phase), Span::slice(&self.words)]);
        self.phase.commit(CLEARING);
        self.finish_clear();
    }

    /// It may be interrupted and run again.
    fn finish_clear(&mut self) {
        for word in &self.words {
            word.set(0);
        }
        barrier();
        self.phase.commit(0);
    }

    /// Replaces every word by what `f` makes of it and the one of `other`.
    fn combine(&mut self, other: &Self, f: impl Fn(u64, u64) -> u64) -> Result<(), JournalFull> {
        let op = journal::begin(&[Span::slice(&self.words)])?;
        for (word, theirs) in self.words.iter().zip(&other.words) {
            word.set(f(word.get(), theirs.get()));
        }
        op.commit();
        Ok(())
    }

    /// Adds every number of `other`. All or nothing on a crash.
    ///
    /// # Errors
    /// The words do not fit the journal; nothing has changed.
    pub fn union_with(&mut self, other: &Self) -> Result<(), JournalFull> {
        self.combine(other, |ours, theirs| ours | theirs)
    }

    /// Keeps the numbers that `other` has too. All or nothing on a crash.
    ///
    /// # Errors
    /// As [`union_with`](Self::union_with).
    pub fn intersect_with(&mut self, other: &Self) -> Result<(), JournalFull> {
        self.combine(other, |ours, theirs| ours & theirs)
    }

    /// Removes every number of `other`. All or nothing on a crash.
    ///
    /// # Errors
    /// As [`union_with`](Self::union_with).
    pub fn difference_with(&mut self, other: &Self) -> Result<(), JournalFull> {
        self.combine(other, |ours, theirs| ours & !theirs)
    }

    /// The numbers, in order.
    pub fn iter(&self) -> Ones<'_> {
        Ones { words: &self.words, next_word: 0, here: 0 }
    }

    /// # Safety
    /// As [`ContainerOps::check`].
    unsafe fn check(at: *const u8, check: &mut Checker) {
        // SAFETY: the caller vouches for the bytes, which nobody writes; they are numbers.
        let phase = unsafe { &*at.cast::<Self>() }.phase.get();
        if phase > CLEARING {
            check.problem(format_args!("expected a bit set's phase of 0 or 1, found {phase}"));
        }
    }

    /// # Safety
    /// As [`ContainerOps::rebuild`].
    unsafe fn rebuild(at: *mut u8, _: &mut Rebuild) {
        // SAFETY: the caller vouches for the bytes, which passed `check`, and nobody else uses them.
        let set = unsafe { &mut *at.cast::<Self>() };
        if set.phase.get() == CLEARING {
            set.finish_clear();
        }
    }
}

/// The numbers of a [`BitSet`], in order.
#[derive(Clone)]
pub struct Ones<'s> {
    words: &'s [Word<u64>],
    next_word: usize,
    /// What is left of the word before `next_word`.
    here: u64,
}

impl Iterator for Ones<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.here == 0 {
            self.here = self.words.get(self.next_word)?.get();
            self.next_word += 1;
        }
        let bit = self.here.trailing_zeros() as usize;
        self.here &= self.here - 1;
        Some((self.next_word - 1) * BITS + bit)
    }

    // What `sum`, `for_each` and the like use: one branch less for each number.
    #[inline]
    fn fold<B, F: FnMut(B, usize) -> B>(self, first: B, mut f: F) -> B {
        let mut fold_word = |mut folded: B, word: usize, mut here: u64| {
            while here != 0 {
                folded = f(folded, word * BITS + here.trailing_zeros() as usize);
                here &= here - 1;
            }
            folded
        };
        let folded = fold_word(first, self.next_word.saturating_sub(1), self.here);
        let rest = self.words.iter().enumerate().skip(self.next_word);
        rest.fold(folded, |folded, (word, here)| fold_word(folded, word, here.get()))
    }
}

impl fmt::Debug for Ones<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ones(..)")
    }
}

impl<const W: usize> Default for BitSet<W> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const W: usize> fmt::Debug for BitSet<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl<'s, const W: usize> IntoIterator for &'s BitSet<W> {
    type Item = usize;
    type IntoIter = Ones<'s>;

    fn into_iter(self) -> Ones<'s> {
        self.iter()
    }
}

// SAFETY: `repr(C)` over words and a number; the fields and offsets are the real ones; every pattern of
// the words is a set, and `check` checks the phase; no address and no drop glue.
unsafe impl<const W: usize> ShmSafe for BitSet<W> {
    const ID: &'static Ident = &Ident::new("BitSet", &[IdentArg::Const(W as i128)]);
    const DESC: &'static TypeDesc = &TypeDesc::new(
        Self::ID,
        Kind::Container {
            role: Role::BitSet,
            capacity: Self::CAPACITY as u64,
            fields: &[
                FieldDesc { name: "phase", offset: 0, ty: u32::DESC },
                FieldDesc {
                    name: "words",
                    offset: offset_of!(Self, words) as u64,
                    ty: <[u64; W] as ShmSafe>::DESC,
                },
            ],
            ops: &ContainerOps { check: Self::check, rebuild: Self::rebuild },
        },
        size_of::<Self>(),
        align_of::<Self>(),
    );
}
