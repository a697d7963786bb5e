//! The 128-bit const hash behind both layout identities.
//!
//! FNV-1a with 128 bits (Fowler, Noll, Vo; the parameters are those of the IETF draft
//! `draft-eastlake-fnv`). It was chosen over stronger functions because it streams without a buffer, so
//! that a descriptor of any length is hashed in a `const` without tripping the deny-by-default lint
//! `long_running_const_eval`, and because nobody attacks these hashes: they are the fast path, and a
//! comparison of descriptors is the authority.
//!
//! Every write is delimited: strings carry their length, numbers have a fixed width, and each structure
//! starts with a domain tag. So no two different sequences of writes feed the same bytes.

const OFFSET_BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

/// A streaming FNV-1a 128 state for `const` evaluation.
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

    /// Feeds `bytes` without a length: only for input of a fixed width.
    const fn fixed(mut self, bytes: &[u8]) -> Self {
        let mut i = 0;
        while i < bytes.len() {
            self = self.byte(bytes[i]);
            i += 1;
        }
        self
    }

    pub(crate) const fn u64(self, value: u64) -> Self {
        self.fixed(&value.to_le_bytes())
    }

    pub(crate) const fn u128(self, value: u128) -> Self {
        self.fixed(&value.to_le_bytes())
    }

    pub(crate) const fn str(self, text: &str) -> Self {
        self.u64(text.len() as u64).fixed(text.as_bytes())
    }

    /// Feeds `text` without a length: the caller's grammar delimits it.
    pub(crate) const fn text(self, text: &str) -> Self {
        self.fixed(text.as_bytes())
    }

    pub(crate) const fn finish(self) -> u128 {
        self.0
    }
}

/// FNV-1a 128 of `bytes` as they are, with no domain or length.
#[cfg(test)]
pub(crate) const fn fnv1a_128(bytes: &[u8]) -> u128 {
    Hasher(OFFSET_BASIS).fixed(bytes).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_published_vectors() {
        // FNV-1a 128 of the empty string, "a" and "foobar", from the draft's test table.
        assert_eq!(fnv1a_128(b""), 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        assert_eq!(fnv1a_128(b"a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
        assert_eq!(fnv1a_128(b"foobar"), 0x343e_1662_793c_64bf_6f0d_3597_ba44_6f18);
    }

    #[test]
    fn delimits_neighbouring_strings() {
        let ab_c = Hasher::new(0).str("ab").str("c").finish();
        let a_bc = Hasher::new(0).str("a").str("bc").finish();
        assert_ne!(ab_c, a_bc);
    }
}
