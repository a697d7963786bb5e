//! [`ShmPair`] and [`ShmTriple`], tuples whose bytes are the same in every build.

use crate::ShmSafe;

/// Two values, for state: `(A, B)` with a specified layout, ordered as the tuple is.
///
/// Where the two have names, a struct of your own says more.
///
/// # Examples
/// ```
/// use resume_core::ShmPair;
///
/// let range = ShmPair::from((3_u8, 500_u32));
/// assert_eq!((range.0, range.1), (3, 500));
/// assert!(range < ShmPair(4, 0));
/// let (level, points) = range.into();
/// assert_eq!((level, points), (3_u8, 500_u32));
/// ```
#[derive(ShmSafe, Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(C)]
#[allow(clippy::exhaustive_structs, reason = "as a tuple is")]
pub struct ShmPair<A, B>(pub A, pub B);

impl<A, B> From<(A, B)> for ShmPair<A, B> {
    fn from((a, b): (A, B)) -> Self {
        Self(a, b)
    }
}

impl<A, B> From<ShmPair<A, B>> for (A, B) {
    fn from(ShmPair(a, b): ShmPair<A, B>) -> Self {
        (a, b)
    }
}

/// Three values, for state: `(A, B, C)` with a specified layout, ordered as the tuple is.
///
/// # Examples
/// ```
/// use resume_core::{ShmSafe, ShmTriple};
///
/// #[derive(ShmSafe)]
/// #[repr(C)]
/// struct Player {
///     position: ShmTriple<f32, f32, f32>,
/// }
///
/// let player = Player { position: (1.0, 2.0, 3.0).into() };
/// let (x, _, z): (f32, f32, f32) = player.position.into();
/// assert_eq!((x, z), (1.0, 3.0));
/// ```
#[derive(ShmSafe, Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(C)]
#[allow(clippy::exhaustive_structs, reason = "as a tuple is")]
pub struct ShmTriple<A, B, C>(pub A, pub B, pub C);

impl<A, B, C> From<(A, B, C)> for ShmTriple<A, B, C> {
    fn from((a, b, c): (A, B, C)) -> Self {
        Self(a, b, c)
    }
}

impl<A, B, C> From<ShmTriple<A, B, C>> for (A, B, C) {
    fn from(ShmTriple(a, b, c): ShmTriple<A, B, C>) -> Self {
        (a, b, c)
    }
}
