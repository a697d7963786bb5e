//! [`ShmInstant`] and [`ShmDuration`]: time that means the same before and after a resume.

use core::fmt;
use core::iter::Sum;
use core::ops::{Add, AddAssign, Div, Mul, Sub, SubAssign};
use core::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::ShmSafe;

const NANOS_PER_SEC: u64 = 1_000_000_000;

/// A moment, in nanoseconds since the machine booted (`CLOCK_BOOTTIME`).
///
/// That clock goes on while the machine is suspended, is not set by anybody, and is the same for all
/// processes, so a deadline in state means the same to the process that resumes. It starts anew at a boot;
/// a segment is refused there. `std`'s `Instant` has no specified layout, and `SystemTime` may jump.
///
/// Arithmetic saturates, at the boot and about 584 years after it.
///
/// # Examples
/// ```
/// use resume_core::{ShmDuration, ShmInstant};
///
/// let now = ShmInstant::now();
/// let expires = now + ShmDuration::from_millis(500);
/// assert!(expires > now);
/// assert_eq!(expires.saturating_since(now), ShmDuration::from_millis(500));
/// assert_eq!(now.saturating_since(expires), ShmDuration::ZERO);
/// ```
#[derive(ShmSafe, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct ShmInstant {
    nanos: u64,
}

impl ShmInstant {
    /// The boot of the machine; the value of all-zero memory.
    pub const BOOT: Self = Self { nanos: 0 };
    /// A moment that never comes.
    pub const NEVER: Self = Self { nanos: u64::MAX };

    /// Reads the clock.
    pub fn now() -> Self {
        let now = clock_gettime(ClockId::Boottime);
        let (secs, nanos) = (now.tv_sec.unsigned_abs(), now.tv_nsec.unsigned_abs());
        Self { nanos: secs.saturating_mul(NANOS_PER_SEC).saturating_add(nanos) }
    }

    /// The moment `nanos` nanoseconds after the boot.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self { nanos }
    }

    /// Nanoseconds since the boot.
    pub const fn as_nanos(self) -> u64 {
        self.nanos
    }

    /// The moment `by` later; `None` beyond the last one.
    pub const fn checked_add(self, by: ShmDuration) -> Option<Self> {
        match self.nanos.checked_add(by.nanos) {
            Some(nanos) => Some(Self { nanos }),
            None => None,
        }
    }

    /// The time that has gone by since; zero if it is still to come.
    pub fn elapsed(self) -> ShmDuration {
        Self::now().saturating_since(self)
    }

    /// The time from `earlier` to `self`; zero if `earlier` is later.
    pub const fn saturating_since(self, earlier: Self) -> ShmDuration {
        ShmDuration { nanos: self.nanos.saturating_sub(earlier.nanos) }
    }

    /// The time from `earlier` to `self`; `None` if `earlier` is later.
    pub const fn checked_since(self, earlier: Self) -> Option<ShmDuration> {
        match self.nanos.checked_sub(earlier.nanos) {
            Some(nanos) => Some(ShmDuration { nanos }),
            None => None,
        }
    }
}

impl fmt::Debug for ShmInstant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "boot+{:?}", Duration::from_nanos(self.nanos))
    }
}

impl Add<ShmDuration> for ShmInstant {
    type Output = Self;

    fn add(self, by: ShmDuration) -> Self {
        Self { nanos: self.nanos.saturating_add(by.nanos) }
    }
}

impl AddAssign<ShmDuration> for ShmInstant {
    fn add_assign(&mut self, by: ShmDuration) {
        *self = *self + by;
    }
}

impl Sub<ShmDuration> for ShmInstant {
    type Output = Self;

    fn sub(self, by: ShmDuration) -> Self {
        Self { nanos: self.nanos.saturating_sub(by.nanos) }
    }
}

impl SubAssign<ShmDuration> for ShmInstant {
    fn sub_assign(&mut self, by: ShmDuration) {
        *self = *self - by;
    }
}

/// A span of time in nanoseconds: `Duration` with a specified layout. It reaches about 584 years.
///
/// Arithmetic saturates; so does the conversion of a longer `Duration`.
///
/// # Examples
/// ```
/// use resume_core::ShmDuration;
/// use std::time::Duration;
///
/// let tick = ShmDuration::from_millis(50);
/// assert_eq!(tick * 3, ShmDuration::from(Duration::from_millis(150)));
/// assert_eq!(Duration::from(tick), Duration::from_millis(50));
/// assert_eq!(ShmDuration::from(Duration::MAX), ShmDuration::MAX);
/// ```
#[derive(ShmSafe, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct ShmDuration {
    nanos: u64,
}

impl ShmDuration {
    /// No time at all.
    pub const ZERO: Self = Self { nanos: 0 };
    /// The longest span.
    pub const MAX: Self = Self { nanos: u64::MAX };

    /// `nanos` nanoseconds.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self { nanos }
    }

    /// `micros` microseconds.
    pub const fn from_micros(micros: u64) -> Self {
        Self { nanos: micros.saturating_mul(1_000) }
    }

    /// `millis` milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self { nanos: millis.saturating_mul(1_000_000) }
    }

    /// `secs` seconds.
    pub const fn from_secs(secs: u64) -> Self {
        Self { nanos: secs.saturating_mul(NANOS_PER_SEC) }
    }

    /// `secs` seconds with their fraction; 0 for a negative or no number, the longest span for too many.
    pub const fn from_secs_f64(secs: f64) -> Self {
        // The cast saturates, and makes 0 of what is no number.
        Self { nanos: (secs * NANOS_PER_SEC as f64) as u64 }
    }

    /// As [`from_secs_f64`](Self::from_secs_f64).
    pub const fn from_secs_f32(secs: f32) -> Self {
        Self::from_secs_f64(secs as f64)
    }

    /// Whether it is no time at all.
    pub const fn is_zero(self) -> bool {
        self.nanos == 0
    }

    /// The sum; `None` beyond the longest span.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.nanos.checked_add(other.nanos) {
            Some(nanos) => Some(Self { nanos }),
            None => None,
        }
    }

    /// The difference; `None` if `other` is longer.
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.nanos.checked_sub(other.nanos) {
            Some(nanos) => Some(Self { nanos }),
            None => None,
        }
    }

    /// The sum, as `+` has it.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self { nanos: self.nanos.saturating_add(other.nanos) }
    }

    /// The difference, as `-` has it: zero if `other` is longer.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self { nanos: self.nanos.saturating_sub(other.nanos) }
    }

    /// `factor` times as long; zero for a negative factor or none, at most the longest span.
    #[must_use]
    pub const fn mul_f64(self, factor: f64) -> Self {
        Self { nanos: (self.nanos as f64 * factor) as u64 }
    }

    /// Whole nanoseconds.
    pub const fn as_nanos(self) -> u64 {
        self.nanos
    }

    /// Whole microseconds.
    pub const fn as_micros(self) -> u64 {
        self.nanos / 1_000
    }

    /// Whole milliseconds.
    pub const fn as_millis(self) -> u64 {
        self.nanos / 1_000_000
    }

    /// Whole seconds.
    pub const fn as_secs(self) -> u64 {
        self.nanos / NANOS_PER_SEC
    }

    /// Seconds with their fraction.
    pub const fn as_secs_f64(self) -> f64 {
        self.nanos as f64 / NANOS_PER_SEC as f64
    }

    /// Seconds with their fraction.
    pub const fn as_secs_f32(self) -> f32 {
        self.as_secs_f64() as f32
    }
}

impl fmt::Debug for ShmDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Duration::from(*self), f)
    }
}

impl Add for ShmDuration {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { nanos: self.nanos.saturating_add(other.nanos) }
    }
}

impl AddAssign for ShmDuration {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for ShmDuration {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { nanos: self.nanos.saturating_sub(other.nanos) }
    }
}

impl SubAssign for ShmDuration {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Mul<u64> for ShmDuration {
    type Output = Self;

    fn mul(self, times: u64) -> Self {
        Self { nanos: self.nanos.saturating_mul(times) }
    }
}

/// Division by 0 gives [`ShmDuration::MAX`]: game logic divides by what players send.
impl Div<u64> for ShmDuration {
    type Output = Self;

    fn div(self, by: u64) -> Self {
        Self { nanos: self.nanos.checked_div(by).unwrap_or(u64::MAX) }
    }
}

impl Sum for ShmDuration {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, Add::add)
    }
}

impl From<Duration> for ShmDuration {
    fn from(duration: Duration) -> Self {
        Self { nanos: u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX) }
    }
}

impl From<ShmDuration> for Duration {
    fn from(duration: ShmDuration) -> Self {
        Self::from_nanos(duration.nanos)
    }
}
