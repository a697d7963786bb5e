//! The 128-bit const hash behind both layout identities.
//!
//! Texts of names are fed byte by byte with FNV-1a of 128 bits (Fowler, Noll, Vo; the parameters are those
//! of the IETF draft `draft-eastlake-fnv`), so that a name hashes the same in one piece and in several.
//! Numbers and hashes of parts are fed as words, each with one multiplication by PCG's 128-bit multiplier
//! (O'Neill) and a fold of the upper half into the lower: a bijection of the state, so one changed word
//! always changes the hash. The const interpreter pays for every call; byte by byte, the hashes alone cost
//! 4 ms a type of 9 fields, which is more than everything else that the derive adds to a build.
//!
//! Stronger functions buffer their input and so run long enough in a `const` to trip the deny-by-default
//! lint `long_running_const_eval`. Nobody attacks these hashes: they are the fast path, and a comparison of
//! descriptors is the authority.
//!
//! Every write is delimited: strings carry their length, numbers have a fixed width, and each structure
//! starts with a domain tag. So no two different sequences of writes feed the same words.

const OFFSET_BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
const MULTIPLIER: u128 = 0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645;

/// A streaming 128-bit state for `const` evaluation.
#[derive(Clone, Copy)]
pub(crate) struct Hasher(u128);

impl Hasher {
    /// Starts a hash of one kind of thing; `domain` keeps kinds apart.
    pub(crate) const fn new(domain: u8) -> Self {
        Self(OFFSET_BASIS).byte(domain)
    }

    pub(crate) const fn byte(self, byte: u8) -> Self {
        Self((self.0 ^ byte as u128).wrapping_mul(PRIME))
    }

    pub(crate) const fn u64(self, value: u64) -> Self {
        self.u128(value as u128)
    }

    pub(crate) const fn u128(self, value: u128) -> Self {
        let mixed = (self.0 ^ value).wrapping_mul(MULTIPLIER);
        Self(mixed ^ (mixed >> 64))
    }

    /// Feeds the length, then 16 bytes a word, the last one filled up with zeros.
    pub(crate) const fn str(mut self, text: &str) -> Self {
        let bytes = text.as_bytes();
        self = self.u64(bytes.len() as u64);
        let mut i = 0;
        while i < bytes.len() {
            let (mut word, mut shift) = (0, 0);
            while shift < 128 && i < bytes.len() {
                word |= (bytes[i] as u128) << shift;
                shift += 8;
                i += 1;
            }
            self = self.u128(word);
        }
        self
    }

    /// Feeds `text` without a length: the caller's grammar delimits it.
    pub(crate) const fn text(mut self, text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut i = 0;
        while i < bytes.len() {
            self.0 = (self.0 ^ bytes[i] as u128).wrapping_mul(PRIME);
            i += 1;
        }
        self
    }

    pub(crate) const fn finish(self) -> u128 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FNV-1a 128 of `text` as it is, with no domain or length.
    fn fnv1a_128(text: &str) -> u128 {
        Hasher(OFFSET_BASIS).text(text).finish()
    }

    #[test]
    fn texts_agree_with_the_published_vectors_of_fnv() {
        // FNV-1a 128 of the empty string, "a" and "foobar", from the draft's test table.
        assert_eq!(fnv1a_128(""), 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        assert_eq!(fnv1a_128("a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
        assert_eq!(fnv1a_128("foobar"), 0x343e_1662_793c_64bf_6f0d_3597_ba44_6f18);
    }

    #[test]
    fn a_text_in_pieces_is_the_whole_text() {
        assert_eq!(Hasher::new(1).text("ab").byte(b'c').finish(), Hasher::new(1).text("abc").finish());
    }

    #[test]
    fn delimits_neighbouring_strings() {
        let ab_c = Hasher::new(0).str("ab").str("c").finish();
        let a_bc = Hasher::new(0).str("a").str("bc").finish();
        assert_ne!(ab_c, a_bc);
        assert_ne!(Hasher::new(0).str("a").finish(), Hasher::new(0).str("a\0").finish());
    }

    /// Every bit of two neighbouring words, alone and in pairs: no change cancels another.
    #[test]
    fn no_change_of_two_bits_goes_unseen() {
        let hash = |a: u64, b: u64| Hasher::new(0).u64(a).u64(b).finish();
        let mut seen = std::collections::HashSet::from([hash(7, 7)]);
        for i in 0..64 {
            assert!(seen.insert(hash(7 ^ 1 << i, 7)) && seen.insert(hash(7, 7 ^ 1 << i)));
            for j in 0..64 {
                assert!(seen.insert(hash(7 ^ 1 << i, 7 ^ 1 << j)), "{i} {j}");
            }
        }
    }

    #[test]
    fn a_change_of_one_bit_reaches_about_half_of_the_hash() {
        for i in 0..64 {
            let hash = |a: u64| Hasher::new(0).u64(a).u64(1).u64(2).finish();
            let changed = (hash(0) ^ hash(1 << i)).count_ones();
            assert!((36..=92).contains(&changed), "bit {i} changes {changed} bits");
        }
    }
}
