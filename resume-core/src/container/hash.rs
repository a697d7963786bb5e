//! The hasher of [`StaticMap`](super::StaticMap): fixed for good.
//!
//! Positions in a map outlive the process, so the hash of a key may never change between builds: the
//! standard library's hashers are seeded at random, or promise no algorithm. This one is the folded
//! multiplication of wyhash (Wang Yi, public domain; `wyhash_final4`): the two halves of a 128-bit product,
//! xored. It is not made to withstand keys chosen by an attacker; a service whose clients choose keys
//! freely should hash them first, or bring its own `S`.
//!
//! What a key *feeds* to its hasher is up to its `Hash` impl. Integers, `bool`, `char`, arrays of them,
//! [`Handle`](crate::pool::Handle) and [`StaticString`](super::StaticString) are stable; a derived `Hash` is
//! as stable as the derive.

use core::hash::{BuildHasher, Hasher};

use crate::ShmSafe;
use crate::layout::{Ident, TypeDesc};

/// Makes [`FixedHasher`]s. The name carries a version: another algorithm is another type, hence another
/// layout identity.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FixedState;

impl BuildHasher for FixedState {
    type Hasher = FixedHasher;

    #[inline]
    fn build_hasher(&self) -> FixedHasher {
        FixedHasher { state: SEED }
    }
}

// SAFETY: size 0, alignment 1, nothing inside.
unsafe impl ShmSafe for FixedState {
    const ID: &'static Ident = &Ident::new("FixedState1", &[]);
    const DESC: &'static TypeDesc = &TypeDesc::c_struct(Self::ID, &[], 0, 0x1ff5_c292_3a78_8d2c);
}

// Odd numbers with 32 bits set, from the default secret of wyhash.
const SEED: u64 = 0xa076_1d64_78bd_642f;
const MULTIPLIER: u64 = 0xe703_7ed1_a0b4_28db;
const LENGTH: u64 = 0x8ebc_6af0_9c88_c6e3;

/// A running hash. See the [module](self).
#[derive(Debug, Clone, Copy)]
pub struct FixedHasher {
    state: u64,
}

#[inline]
const fn fold(a: u64, b: u64) -> u64 {
    let product = (a as u128).wrapping_mul(b as u128);
    product as u64 ^ (product >> 64) as u64
}

impl Hasher for FixedHasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (pairs, rest) = bytes.as_chunks::<16>();
        for pair in pairs {
            let (a, b) = halves(pair);
            self.state = fold(a ^ MULTIPLIER, b ^ self.state);
        }
        let mut last = [0; 16];
        last[..rest.len()].copy_from_slice(rest);
        let (a, b) = halves(&last);
        self.state = fold(a ^ MULTIPLIER, b ^ self.state);
        self.state = fold(self.state ^ bytes.len() as u64, LENGTH);
    }

    #[inline]
    fn write_u8(&mut self, value: u8) {
        self.write_u64(value.into());
    }

    #[inline]
    fn write_u16(&mut self, value: u16) {
        self.write_u64(value.into());
    }

    #[inline]
    fn write_u32(&mut self, value: u32) {
        self.write_u64(value.into());
    }

    #[inline]
    fn write_u64(&mut self, value: u64) {
        self.state = fold(self.state ^ value, MULTIPLIER);
    }

    #[inline]
    fn write_u128(&mut self, value: u128) {
        self.write_u64(value as u64);
        self.write_u64((value >> 64) as u64);
    }

    #[inline]
    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.state
    }
}

#[inline]
fn halves(pair: &[u8; 16]) -> (u64, u64) {
    let both = u128::from_le_bytes(*pair);
    (both as u64, (both >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// These numbers are in segments that are alive: they never change.
    #[test]
    fn hashes_never_change() {
        let of = |text: &str| FixedState.hash_one(text);
        assert_eq!(FixedState.hash_one(0_u64), 0x1ff5_c292_3a78_8d2c);
        assert_eq!(FixedState.hash_one(7_u32), 0xaeec_5559_c50a_6f2b);
        assert_eq!(of("a"), 0xec74_ffa4_700d_03af);
        assert_eq!(of("0123456789abcdefg"), 0x4e79_acbd_6455_9dd7);
        assert_ne!(of("a"), of("b"));
        assert_ne!(of(""), of("\0"));
        assert_ne!(of("0123456789abcdef"), of("0123456789abcdeg"));
    }
}
