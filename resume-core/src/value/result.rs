//! [`ShmResult`], a `Result` whose bytes are the same in every build.

use crate::ShmSafe;

/// A value or an error, for state: `Result<T, E>` with a specified layout.
///
/// A tag of one byte, 0 for `Ok`, then the value or the error at the next offset that both alignments allow.
///
/// # Crash behaviour
/// Tag and payload are two stores: change it within a transaction.
///
/// # Examples
/// ```
/// use resume_core::{ShmResult, ShmSafe};
///
/// #[derive(ShmSafe, Debug, Clone, Copy, PartialEq)]
/// #[repr(u8)]
/// enum Refused {
///     TooFar,
///     NoMana,
/// }
///
/// let last: ShmResult<u32, Refused> = Err(Refused::NoMana).into();
/// assert_eq!(last.as_ref(), Err(&Refused::NoMana));
/// let again: Result<u32, Refused> = last.into();
/// assert_eq!(again, Err(Refused::NoMana));
/// ```
#[derive(ShmSafe, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(C, u8)]
#[must_use = "it may be an error"]
pub enum ShmResult<T, E> {
    /// A value: all-zero memory, where zero is a `T`.
    Ok(T) = 0,
    /// An error.
    Err(E) = 1,
}

impl<T, E> ShmResult<T, E> {
    /// Whether it is a value.
    pub const fn is_ok(&self) -> bool {
        matches!(self, Self::Ok(_))
    }

    /// Whether it is an error.
    pub const fn is_err(&self) -> bool {
        !self.is_ok()
    }

    /// As `std`'s `Result`, with `?` and all combinators.
    ///
    /// # Errors
    /// The error, if it is one.
    pub fn into_result(self) -> Result<T, E> {
        self.into()
    }

    /// References to the value or the error.
    ///
    /// # Errors
    /// The error, if it is one.
    pub const fn as_ref(&self) -> Result<&T, &E> {
        match self {
            Self::Ok(value) => Ok(value),
            Self::Err(error) => Err(error),
        }
    }

    /// Mutable references to the value or the error.
    ///
    /// # Errors
    /// The error, if it is one.
    pub const fn as_mut(&mut self) -> Result<&mut T, &mut E> {
        match self {
            Self::Ok(value) => Ok(value),
            Self::Err(error) => Err(error),
        }
    }

    /// The value, if it is one.
    pub fn ok(self) -> Option<T> {
        self.into_result().ok()
    }

    /// The error, if it is one.
    pub fn err(self) -> Option<E> {
        self.into_result().err()
    }
}

impl<T: Default, E> Default for ShmResult<T, E> {
    fn default() -> Self {
        Self::Ok(T::default())
    }
}

impl<T, E> From<Result<T, E>> for ShmResult<T, E> {
    fn from(result: Result<T, E>) -> Self {
        match result {
            Ok(value) => Self::Ok(value),
            Err(error) => Self::Err(error),
        }
    }
}

impl<T, E> From<ShmResult<T, E>> for Result<T, E> {
    fn from(result: ShmResult<T, E>) -> Self {
        match result {
            ShmResult::Ok(value) => Ok(value),
            ShmResult::Err(error) => Err(error),
        }
    }
}
