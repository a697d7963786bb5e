//! [`ShmOption`], an `Option` whose bytes are the same in every build.

use core::mem;

use crate::ShmSafe;

/// A value or none, for state: `Option<T>` with a specified layout.
///
/// The layout of `Option<T>` is the compiler's choice and does change: rustc 1.97 encodes
/// `Option<Option<bool>>` in another way than 1.96. This type is a tag of one byte, 0 for `None`, and the
/// value at the next offset that its alignment allows.
///
/// # Crash behaviour
/// Tag and value are two stores. Change a `ShmOption` in state within a transaction; a value torn by a
/// crash outside of one is found by the byte-level check of the attach where the type has invalid bytes.
///
/// # Examples
/// ```
/// use resume_core::{ShmOption, ShmSafe};
///
/// #[derive(ShmSafe)]
/// #[repr(C)]
/// struct Player {
///     target: ShmOption<u32>,
/// }
///
/// let mut player = Player { target: ShmOption::None };
/// player.target = Some(7).into();
/// assert_eq!(player.target.as_ref().map(|id| id + 1), Some(8));
/// assert_eq!(player.target.take(), Some(7));
/// assert!(player.target.is_none());
/// ```
#[derive(ShmSafe, Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(C, u8)]
pub enum ShmOption<T> {
    /// No value: the state of fresh, all-zero memory.
    #[default]
    None = 0,
    /// A value.
    Some(T) = 1,
}

impl<T> ShmOption<T> {
    /// Whether there is a value.
    pub const fn is_some(&self) -> bool {
        matches!(self, Self::Some(_))
    }

    /// Whether there is none.
    pub const fn is_none(&self) -> bool {
        !self.is_some()
    }

    /// The value as `std`'s `Option`, with all its combinators.
    pub fn into_option(self) -> Option<T> {
        match self {
            Self::Some(value) => Some(value),
            Self::None => None,
        }
    }

    /// A reference to the value.
    pub const fn as_ref(&self) -> Option<&T> {
        match self {
            Self::Some(value) => Some(value),
            Self::None => None,
        }
    }

    /// A mutable reference to the value.
    pub const fn as_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Some(value) => Some(value),
            Self::None => None,
        }
    }

    /// Takes the value out and leaves `None`.
    pub fn take(&mut self) -> Option<T> {
        mem::replace(self, Self::None).into_option()
    }

    /// Puts `value` in and gives what was there.
    pub fn replace(&mut self, value: T) -> Option<T> {
        mem::replace(self, Self::Some(value)).into_option()
    }

    /// The value there is, after putting in that of `make` if there was none.
    pub fn get_or_insert_with(&mut self, make: impl FnOnce() -> T) -> &mut T {
        if self.is_none() {
            *self = Self::Some(make());
        }
        match self {
            Self::Some(value) => value,
            Self::None => unreachable!("put in above"),
        }
    }

    /// The value there is, after putting `value` in if there was none.
    pub fn get_or_insert(&mut self, value: T) -> &mut T {
        self.get_or_insert_with(|| value)
    }

    /// Puts `value` in, whatever was there, and lends it.
    pub fn insert(&mut self, value: T) -> &mut T {
        *self = Self::None;
        self.get_or_insert(value)
    }

    /// Applies `f` to the value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> ShmOption<U> {
        self.into_option().map(f).into()
    }

    /// What `f` makes of the value, if it makes one.
    pub fn and_then<U>(self, f: impl FnOnce(T) -> ShmOption<U>) -> ShmOption<U> {
        match self {
            Self::Some(value) => f(value),
            Self::None => ShmOption::None,
        }
    }

    /// The value if `f` holds for it.
    #[must_use]
    pub fn filter(self, f: impl FnOnce(&T) -> bool) -> Self {
        self.into_option().filter(f).into()
    }

    /// The value, or that of `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self.is_some() { self } else { other }
    }

    /// What `f` makes of the value, or `other`.
    pub fn map_or<U>(self, other: U, f: impl FnOnce(T) -> U) -> U {
        self.into_option().map_or(other, f)
    }

    /// Whether there is a value for which `f` holds.
    pub fn is_some_and(self, f: impl FnOnce(T) -> bool) -> bool {
        self.into_option().is_some_and(f)
    }

    /// The value, or `other`.
    pub fn unwrap_or(self, other: T) -> T {
        self.into_option().unwrap_or(other)
    }

    /// The value, or that of `other`.
    pub fn unwrap_or_else(self, other: impl FnOnce() -> T) -> T {
        self.into_option().unwrap_or_else(other)
    }

    /// The value, or its type's default.
    pub fn unwrap_or_default(self) -> T
    where
        T: Default,
    {
        self.into_option().unwrap_or_default()
    }

    /// The value, or `error`.
    ///
    /// # Errors
    /// `error`, if there is no value.
    pub fn ok_or<E>(self, error: E) -> Result<T, E> {
        self.into_option().ok_or(error)
    }

    /// The value, or what `error` makes.
    ///
    /// # Errors
    /// What `error` makes, if there is no value.
    pub fn ok_or_else<E>(self, error: impl FnOnce() -> E) -> Result<T, E> {
        self.into_option().ok_or_else(error)
    }

    /// The value.
    ///
    /// # Panics
    /// With `message`, if there is none. A panic in a tick is a crash: where absence is possible, handle it.
    #[track_caller]
    pub fn expect(self, message: &str) -> T {
        self.into_option().expect(message)
    }

    /// The value.
    ///
    /// # Panics
    /// If there is none. A panic in a tick is a crash: where absence is possible, handle it.
    #[track_caller]
    pub fn unwrap(self) -> T {
        match self {
            Self::Some(value) => value,
            Self::None => panic!("called `ShmOption::unwrap()` on a `None` value"),
        }
    }

    /// The value once or not at all.
    pub fn iter(&self) -> core::option::IntoIter<&T> {
        self.as_ref().into_iter()
    }
}

impl<'a, T> IntoIterator for &'a ShmOption<T> {
    type Item = &'a T;
    type IntoIter = core::option::IntoIter<&'a T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T> From<Option<T>> for ShmOption<T> {
    fn from(option: Option<T>) -> Self {
        match option {
            Some(value) => Self::Some(value),
            None => Self::None,
        }
    }
}

impl<T> From<ShmOption<T>> for Option<T> {
    fn from(option: ShmOption<T>) -> Self {
        option.into_option()
    }
}

impl<T> From<T> for ShmOption<T> {
    fn from(value: T) -> Self {
        Self::Some(value)
    }
}
