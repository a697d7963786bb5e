//! Sixteen control bytes at once.
//!
//! ```text
//! 0x00            EMPTY: free, and no search goes past a window of 16 that it is in
//! 0x01            DELETED: free, but a search must go on
//! 0x80 | 7 bits   FULL: the entry exists; the bits are from the top byte of its hash
//! ```
//! The numbers make zero the empty table, and the sign bit of each byte say "full".

use core::num::NonZero;

/// Entries per group.
pub(super) const GROUP: usize = 16;

pub(super) const EMPTY: u8 = 0;
pub(super) const DELETED: u8 = 1;
const FULL: u8 = 0x80;

/// The control byte of an entry with this hash, sixteen times in a search: hence a number, of which the processor
/// makes such a row in fewer steps than of a byte.
#[derive(Clone, Copy)]
pub(super) struct Tag(u64);

impl Tag {
    pub(super) const EMPTY: Self = Self(EMPTY as u64);
    pub(super) const DELETED: Self = Self(DELETED as u64);

    #[inline]
    pub(super) const fn new(hash: u64) -> Self {
        Self(hash >> 56 | FULL as u64)
    }

    #[cfg(test)]
    pub(super) const fn of(byte: u8) -> Self {
        Self(byte as u64)
    }

    #[inline]
    pub(super) const fn byte(self) -> u8 {
        self.0 as u8
    }

    /// Eight in a row.
    #[inline]
    const fn row(self) -> u64 {
        self.0.wrapping_mul(0x0101_0101_0101_0101)
    }
}

#[inline]
pub(super) const fn is_full(control: u8) -> bool {
    control & FULL != 0
}

/// A set of positions in a group, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Positions(pub(super) u16);

impl Positions {
    #[inline]
    pub(super) fn first(self) -> Option<usize> {
        NonZero::new(self.0).map(|set| set.trailing_zeros() as usize)
    }

    /// The others. An iterator that computes them before the first is looked at costs a search that ends there.
    #[inline]
    pub(super) fn behind_first(self) -> Self {
        Self(self.0 & self.0.wrapping_sub(1))
    }

    /// How many positions from the start on are not in the set.
    #[inline]
    pub(super) fn free_at_start(self) -> u32 {
        self.0.trailing_zeros()
    }

    /// How many positions before the end are not in the set.
    #[inline]
    pub(super) fn free_at_end(self) -> u32 {
        self.0.leading_zeros()
    }
}

impl Iterator for Positions {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        let first = self.first()?;
        *self = self.behind_first();
        Some(first)
    }
}

/// A copy of a group's control bytes.
#[derive(Clone, Copy)]
pub(super) struct Group(Bytes);

#[cfg(target_arch = "x86_64")]
type Bytes = core::arch::x86_64::__m128i;
#[cfg(not(target_arch = "x86_64"))]
type Bytes = [u64; 2];

#[cfg(target_arch = "x86_64")]
impl Group {
    #[inline]
    pub(super) fn load(control: &[u8; GROUP]) -> Self {
        // SAFETY: the 16 bytes are borrowed; `loadu` has no alignment; SSE2 is part of x86-64.
        Self(unsafe { core::arch::x86_64::_mm_loadu_si128(control.as_ptr().cast()) })
    }

    #[inline]
    pub(super) fn equal(self, tag: Tag) -> Positions {
        // SAFETY: SSE2 is part of x86-64.
        Positions(unsafe { sse2::equal(self.0, tag.row()) })
    }

    #[inline]
    pub(super) fn full(self) -> Positions {
        // SAFETY: SSE2 is part of x86-64.
        Positions(unsafe { sse2::high_bits(self.0) })
    }
}

#[cfg(target_arch = "x86_64")]
mod sse2 {
    use core::arch::x86_64::{__m128i, _mm_cmpeq_epi8, _mm_movemask_epi8, _mm_set1_epi64x};

    #[inline]
    #[target_feature(enable = "sse2")]
    pub(super) fn equal(bytes: __m128i, row: u64) -> u16 {
        high_bits(_mm_cmpeq_epi8(bytes, _mm_set1_epi64x(row.cast_signed())))
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    pub(super) fn high_bits(bytes: __m128i) -> u16 {
        _mm_movemask_epi8(bytes) as u16
    }
}

#[cfg(not(target_arch = "x86_64"))]
impl Group {
    #[inline]
    pub(super) fn load(control: &[u8; GROUP]) -> Self {
        Self(portable::load(control))
    }

    #[inline]
    pub(super) fn equal(self, tag: Tag) -> Positions {
        portable::equal(self.0, tag.row())
    }

    #[inline]
    pub(super) fn full(self) -> Positions {
        portable::full(self.0)
    }
}

impl Group {
    #[inline]
    pub(super) fn free(self) -> Positions {
        Positions(!self.full().0)
    }

    #[inline]
    pub(super) fn empty(self) -> Positions {
        self.equal(Tag::EMPTY)
    }

    #[inline]
    pub(super) fn has_empty(self) -> bool {
        self.empty().0 != 0
    }
}

/// The same with eight bytes in a `u64`, for other processors; exact, not approximate.
#[cfg(any(test, not(target_arch = "x86_64")))]
mod portable {
    use super::{GROUP, Positions};

    const HIGH: u64 = 0x8080_8080_8080_8080;

    pub(super) fn load(control: &[u8; GROUP]) -> [u64; 2] {
        let both = u128::from_le_bytes(*control);
        [both as u64, (both >> 64) as u64]
    }

    pub(super) fn equal(words: [u64; 2], row: u64) -> Positions {
        // A byte of `x` is 0 where it is equal. Bit 7 of `(x & 0x7f) + 0x7f` tells whether its low bits
        // are not all 0, with no carry between bytes.
        let zeros = words.map(|word| {
            let x = word ^ row;
            !(((x & !HIGH) + !HIGH) | x) & HIGH
        });
        full(zeros)
    }

    pub(super) fn full(words: [u64; 2]) -> Positions {
        let [low, high] = words.map(|word| {
            // Gathers bit 7 of each byte: the products land in the top byte without carries.
            ((word & HIGH) >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
        });
        Positions((low | high << 8) as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_agree() {
        let mut control = [0_u8; GROUP];
        let mut seed = 1_u64;
        for round in 0..10_000 {
            for byte in &mut control {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let any = (seed >> 56) as u8;
                *byte = if round % 2 == 0 { any & 0x81 } else { any };
            }
            let (group, words) = (Group::load(&control), portable::load(&control));
            assert_eq!(group.full(), portable::full(words));
            for byte in [EMPTY, DELETED, 0x80, 0x81, 0xff, control[3]] {
                let tag = Tag::of(byte);
                assert_eq!(group.equal(tag), portable::equal(words, tag.row()), "{control:?}");
                let expected = (0..GROUP).filter(|&i| control[i] == byte).collect::<Vec<_>>();
                assert_eq!(group.equal(tag).collect::<Vec<_>>(), expected);
            }
        }
    }
}
