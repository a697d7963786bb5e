//! A small reproducible generator for fuzz loops; the seed is in the message of a failure.

/// xorshift64*.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// A number that tends to be at an edge.
    pub(crate) fn edge(&mut self) -> u64 {
        match self.below(6) {
            0 => 0,
            1 => 1,
            2 => self.next() % 64,
            3 => 1 << self.below(64),
            4 => u64::MAX - self.next() % 4,
            _ => self.next(),
        }
    }
}
