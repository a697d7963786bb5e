//! The 128-bit const hash behind both layout identities.
//!
//! It is made for the interpreter that runs a `const`, where a call or a pass of a loop costs as much as a
//! whole multiplication: words are absorbed whole (with FNV-1a, byte by byte, `cargo check` of 200 types took
//! 1.8 s instead of 1.05 s on the machine where both were measured), a step is a dozen operations without a call, and text is gathered into words. So a
//! descriptor of any length is hashed without tripping the deny-by-default lint
//! `long_running_const_eval`. Nobody attacks these hashes: they are the fast path, and a comparison of
//! descriptors is the authority.
//!
//! Each step is a bijection of the state for a given word, and of the word for a given state, so two
//! sequences that differ in one word never meet at that word.
//!
//! Every write is delimited: strings end with their length, numbers have a fixed width, and each
//! structure starts with a domain tag. So no two different sequences of writes feed the same words.

/// Digits of pi behind the point, as any constant without structure would do.
const START: u128 = 0x243f_6a88_85a3_08d3_1319_8a2e_0370_7344;
/// Odd, so that multiplication by it can be undone.
const FACTOR: u128 = 0x9e37_79b9_7f4a_7c15;

/// One step: multiplies both halves, each into the bits above it, then folds the upper half down. A macro,
/// because a call costs the interpreter more than the step.
macro_rules! step {
    ($state:expr, $value:expr) => {{
        let mixed = $state ^ $value;
        let mixed = ((mixed as u64 as u128) * FACTOR) ^ (((mixed >> 64) * FACTOR) << 64);
        mixed ^ (mixed >> 64)
    }};
}

/// A streaming hash for `const` evaluation.
#[derive(Clone, Copy)]
pub(crate) struct Hasher(u128);

impl Hasher {
    /// Starts a hash of one kind of thing; `domain` keeps kinds apart.
    pub(crate) const fn new(domain: u8) -> Self {
        Self(START).u128(domain as u128)
    }

    pub(crate) const fn u64(self, value: u64) -> Self {
        self.u128(value as u128)
    }

    pub(crate) const fn u128(self, value: u128) -> Self {
        Self(step!(self.0, value))
    }

    /// Adds a finished hash of a part whose order among its like does not matter.
    pub(crate) const fn plus(self, part: u128) -> Self {
        Self(self.0.wrapping_add(part))
    }

    pub(crate) const fn str(self, text: &str) -> Self {
        self.str_and(text, 0)
    }

    /// Feeds a text and then a value that is well mixed already: a hash, or nothing.
    pub(crate) const fn str_and(self, text: &str, hash: u128) -> Self {
        let mut state = self.0;
        let mut rest = text.as_bytes();
        while rest.len() >= 8 {
            let (word, behind) = first_word(rest);
            state = step!(state, word as u128);
            rest = behind;
        }
        let last = (text.len() as u128) << 64 | first_word(rest).0 as u128;
        Self(step!(step!(state, last), hash))
    }

    /// Feeds a number and a hash in one step.
    pub(crate) const fn u64_and(self, value: u64, hash: u128) -> Self {
        Self(step!(self.0, hash ^ (value as u128)))
    }

    /// One more step spreads the last word.
    pub(crate) const fn finish(self) -> u128 {
        self.u128(0).0
    }
}

/// Up to eight bytes as a number, and the bytes behind them. By pattern: a loop would cost a pass a byte.
const fn first_word(text: &[u8]) -> (u64, &[u8]) {
    let (bytes, rest): ([u8; 8], &[u8]) = match *text {
        [a, b, c, d, e, f, g, h, ref rest @ ..] => ([a, b, c, d, e, f, g, h], rest),
        [a, b, c, d, e, f, g] => ([a, b, c, d, e, f, g, 0], &[]),
        [a, b, c, d, e, f] => ([a, b, c, d, e, f, 0, 0], &[]),
        [a, b, c, d, e] => ([a, b, c, d, e, 0, 0, 0], &[]),
        [a, b, c, d] => ([a, b, c, d, 0, 0, 0, 0], &[]),
        [a, b, c] => ([a, b, c, 0, 0, 0, 0, 0], &[]),
        [a, b] => ([a, b, 0, 0, 0, 0, 0, 0], &[]),
        [a] => ([a, 0, 0, 0, 0, 0, 0, 0], &[]),
        [] => ([0; 8], &[]),
    };
    (u64::from_le_bytes(bytes), rest)
}

/// Text in any number of pieces, hashed as if it were in one.
#[derive(Clone, Copy)]
pub(crate) struct Text {
    hasher: Hasher,
    /// The last bytes, of which there are `bytes % 8`; 0 above them.
    word: u64,
    bytes: u64,
}

impl Text {
    pub(crate) const fn new(hasher: Hasher) -> Self {
        Self { hasher, word: 0, bytes: 0 }
    }

    pub(crate) const fn feed(self, text: &str) -> Self {
        let text = text.as_bytes();
        let (mut hasher, mut word, mut bytes, mut i) = (self.hasher, self.word, self.bytes, 0);
        while i < text.len() {
            word = (word << 8) | text[i] as u64;
            bytes += 1;
            i += 1;
            if bytes & 7 == 0 {
                hasher = hasher.u64(word);
                word = 0;
            }
        }
        Self { hasher, word, bytes }
    }

    /// Ends the text with its length.
    pub(crate) const fn finish(self) -> Hasher {
        self.hasher.u128((self.bytes as u128) << 64 | self.word as u128)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimits_neighbouring_strings() {
        let ab_c = Hasher::new(0).str("ab").str("c").finish();
        let a_bc = Hasher::new(0).str("a").str("bc").finish();
        assert_ne!(ab_c, a_bc);
        assert_ne!(Hasher::new(0).str("\0").finish(), Hasher::new(0).str("").finish());
        assert_ne!(Hasher::new(0).str("12345678").finish(), Hasher::new(0).str("12345678\0").finish());
    }

    #[test]
    fn text_in_pieces_is_the_same_text() {
        let text = "StaticMap<StaticString<24>, Handle<Player>, 1171, FixedState>";
        let whole = Text::new(Hasher::new(1)).feed(text).finish().finish();
        for at in 0..=text.len() {
            let (before, after) = text.split_at(at);
            let pieces = Text::new(Hasher::new(1)).feed(before).feed(after).finish();
            assert_eq!(pieces.finish(), whole, "split at {at}");
        }
    }

    /// Each bit of input flips each bit of the result about half of the time.
    #[test]
    fn every_bit_of_input_spreads() {
        for position in 0..128 {
            let mut flips = [0u32; 128];
            for start in 0..256u64 {
                let base = u128::from(start.wrapping_mul(0x1234_5678_9abc_def1));
                let hash = |value| Hasher::new(2).u128(value).u64(start).finish();
                let changed = hash(base) ^ hash(base ^ (1 << position));
                (0..128).for_each(|bit| flips[bit] += (changed >> bit & 1) as u32);
            }
            let (least, most) = (flips.iter().min(), flips.iter().max());
            assert!(least >= Some(&64) && most <= Some(&192), "bit {position}: {least:?} to {most:?} of 256");
        }
    }

    #[test]
    fn small_numbers_in_different_orders_do_not_collide() {
        let mut seen = std::collections::HashSet::new();
        for a in 0..64 {
            for b in 0..64 {
                for c in 0..64 {
                    assert!(seen.insert(Hasher::new(3).u64(a).u64(b).u64(c).finish()), "{a} {b} {c}");
                }
            }
        }
    }
}
