//! [`Id128`], an identity of 128 bits.

use core::fmt;
use core::str::FromStr;

use crate::ShmSafe;

/// An identity of 128 bits, such as an account's or an item's, written as 32 hexadecimal digits.
///
/// All-zero memory is [`NIL`](Self::NIL), which identifies nothing. A UUID fits: `from_bytes` takes its bytes,
/// and the hyphens of its text may stay.
///
/// # Examples
/// ```
/// use resume_core::Id128;
///
/// let id: Id128 = "0123456789abcdef0123456789abcdef".parse()?;
/// assert_eq!(id, "01234567-89ab-cdef-0123-456789abcdef".parse()?);
/// assert_eq!(id.to_string(), "0123456789abcdef0123456789abcdef");
/// assert_eq!(Id128::from_bytes(id.to_bytes()), id);
/// assert!(Id128::default().is_nil());
/// assert!("0123".parse::<Id128>().is_err());
/// # Ok::<(), resume_core::value::ParseIdError>(())
/// ```
#[derive(ShmSafe, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Id128(u128);

/// Why a text is not an [`Id128`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseIdError {
    /// The number of digits.
    #[error("expected an id of 32 hexadecimal digits, found {found}")]
    Length {
        /// How many characters there are, hyphens not counted.
        found: usize,
    },
    /// Something that is no digit.
    #[error("expected an id of hexadecimal digits, found `{found}` at byte {at}")]
    Digit {
        /// What is there.
        found: char,
        /// Where.
        at: usize,
    },
}

impl Id128 {
    /// No identity; the value of all-zero memory.
    pub const NIL: Self = Self(0);

    /// The identity with this number.
    pub const fn new(number: u128) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn get(self) -> u128 {
        self.0
    }

    /// Whether it identifies nothing.
    pub const fn is_nil(self) -> bool {
        self.0 == 0
    }

    /// From the bytes in the order they are written in.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    /// The bytes in the order they are written in.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }
}

impl fmt::Display for Id128 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for Id128 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id128({self})")
    }
}

impl fmt::LowerHex for Id128 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::LowerHex::fmt(&self.0, f)
    }
}

impl FromStr for Id128 {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let (mut number, mut digits) = (0_u128, 0);
        for (at, found) in text.char_indices().filter(|(_, c)| *c != '-') {
            let digit = found.to_digit(16).ok_or(ParseIdError::Digit { found, at })?;
            // Digits beyond the 32nd push the first ones out; their number is refused below.
            number = number << 4 | u128::from(digit);
            digits += 1;
        }
        if digits == 32 { Ok(Self(number)) } else { Err(ParseIdError::Length { found: digits }) }
    }
}

impl From<u128> for Id128 {
    fn from(number: u128) -> Self {
        Self(number)
    }
}

impl From<Id128> for u128 {
    fn from(id: Id128) -> Self {
        id.0
    }
}

impl From<[u8; 16]> for Id128 {
    fn from(bytes: [u8; 16]) -> Self {
        Self::from_bytes(bytes)
    }
}

impl From<Id128> for [u8; 16] {
    fn from(id: Id128) -> Self {
        id.to_bytes()
    }
}
