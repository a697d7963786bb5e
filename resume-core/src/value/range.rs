//! [`ShmRange`] and [`ShmRangeInclusive`], ranges whose bytes are the same in every build.

use core::fmt;
use core::ops::{Bound, Range, RangeBounds, RangeInclusive};

use crate::ShmSafe;

/// From `start` to below `end`, for state: `Range<T>` with a specified layout.
///
/// All-zero memory is an empty range of numbers.
///
/// # Examples
/// ```
/// use resume_core::ShmRange;
///
/// let levels = ShmRange::from(10_u32..20);
/// assert!(levels.contains(&10) && !levels.contains(&20));
/// assert_eq!(levels.into_std().len(), 10);
/// assert!(ShmRange::<u32>::default().is_empty());
/// ```
#[derive(ShmSafe, Default, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(C)]
#[allow(clippy::exhaustive_structs, reason = "as std's is")]
pub struct ShmRange<T> {
    /// The first value.
    pub start: T,
    /// The first value that is not in it any more.
    pub end: T,
}

impl<T> ShmRange<T> {
    /// As `std`'s range, to walk over it.
    pub fn into_std(self) -> Range<T> {
        self.into()
    }
}

/// Walks over it, as over std's.
impl<T> IntoIterator for ShmRange<T>
where
    Range<T>: Iterator<Item = T>,
{
    type Item = T;
    type IntoIter = Range<T>;

    fn into_iter(self) -> Range<T> {
        self.into()
    }
}

impl<T: PartialOrd> ShmRange<T> {
    /// Whether `value` is in it.
    pub fn contains(&self, value: &T) -> bool {
        RangeBounds::contains(self, value)
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        // Not `>=`: with a float that is no number nothing is in it either.
        !matches!(self.start.partial_cmp(&self.end), Some(core::cmp::Ordering::Less))
    }
}

impl<T: fmt::Debug> fmt::Debug for ShmRange<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}..{:?}", self.start, self.end)
    }
}

impl<T> RangeBounds<T> for ShmRange<T> {
    fn start_bound(&self) -> Bound<&T> {
        Bound::Included(&self.start)
    }

    fn end_bound(&self) -> Bound<&T> {
        Bound::Excluded(&self.end)
    }
}

impl<T> From<Range<T>> for ShmRange<T> {
    fn from(range: Range<T>) -> Self {
        Self { start: range.start, end: range.end }
    }
}

impl<T> From<ShmRange<T>> for Range<T> {
    fn from(range: ShmRange<T>) -> Self {
        range.start..range.end
    }
}

/// From `start` to `last`, both in it, for state: `RangeInclusive<T>` with a specified layout.
///
/// All-zero memory is the range that holds 0 only.
///
/// # Examples
/// ```
/// use resume_core::ShmRangeInclusive;
///
/// let damage = ShmRangeInclusive::from(3_u16..=7);
/// assert!(damage.contains(&7) && !damage.contains(&8));
/// assert_eq!(damage.into_std().count(), 5);
/// ```
#[derive(ShmSafe, Default, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(C)]
#[allow(clippy::exhaustive_structs, reason = "both ends are all there is")]
pub struct ShmRangeInclusive<T> {
    /// The first value.
    pub start: T,
    /// The last value.
    pub last: T,
}

impl<T> ShmRangeInclusive<T> {
    /// As `std`'s range, to walk over it.
    pub fn into_std(self) -> RangeInclusive<T> {
        self.into()
    }
}

/// Walks over it, as over std's.
impl<T> IntoIterator for ShmRangeInclusive<T>
where
    RangeInclusive<T>: Iterator<Item = T>,
{
    type Item = T;
    type IntoIter = RangeInclusive<T>;

    fn into_iter(self) -> RangeInclusive<T> {
        self.into()
    }
}

impl<T: PartialOrd> ShmRangeInclusive<T> {
    /// Whether `value` is in it.
    pub fn contains(&self, value: &T) -> bool {
        RangeBounds::contains(self, value)
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        !matches!(
            self.start.partial_cmp(&self.last),
            Some(core::cmp::Ordering::Less | core::cmp::Ordering::Equal)
        )
    }
}

impl<T: fmt::Debug> fmt::Debug for ShmRangeInclusive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}..={:?}", self.start, self.last)
    }
}

impl<T> RangeBounds<T> for ShmRangeInclusive<T> {
    fn start_bound(&self) -> Bound<&T> {
        Bound::Included(&self.start)
    }

    fn end_bound(&self) -> Bound<&T> {
        Bound::Included(&self.last)
    }
}

impl<T> From<RangeInclusive<T>> for ShmRangeInclusive<T> {
    /// A range that was walked to its end comes out as its ends, not as empty.
    fn from(range: RangeInclusive<T>) -> Self {
        let (start, last) = range.into_inner();
        Self { start, last }
    }
}

impl<T> From<ShmRangeInclusive<T>> for RangeInclusive<T> {
    fn from(range: ShmRangeInclusive<T>) -> Self {
        range.start..=range.last
    }
}
