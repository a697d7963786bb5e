//! Replacing a value in place, all or nothing.

use core::mem::transmute_copy;
use core::ptr;
use core::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering::Release};

use crate::ShmSafe;
use crate::journal::{self, JournalFull, Span, barrier, save_open};
use crate::layout::Kind;

/// Whether one store can replace a `T`: a number of up to 8 bytes. Structs of that size may have padding,
/// whose bytes are not to be read.
const fn is_word<T: ShmSafe>() -> bool {
    matches!(T::DESC.kind, Kind::Scalar { .. }) && size_of::<T>() <= 8 && align_of::<T>() == size_of::<T>()
}

/// Replaces a value: with one store where that is possible, else with the undo log.
#[inline(always)]
pub(crate) fn replace<T: ShmSafe>(place: &mut T, value: T) -> Result<T, (T, JournalFull)> {
    if const { is_word::<T>() } {
        save_open(|| [Span::of(place)]);
        return Ok(replace_word(place, value));
    }
    match journal::begin_fixed([Span::of(place)]) {
        Ok(op) => {
            let old = core::mem::replace(place, value);
            op.commit();
            Ok(old)
        }
        Err(full) => Err((value, full)),
    }
}

/// Replaces a value for which [`is_word`] holds.
#[inline]
fn replace_word<T: ShmSafe>(place: &mut T, value: T) -> T {
    let at = ptr::from_mut(place);
    // SAFETY: borrowed exclusively; `T` has no drop glue, and the store below makes this the last use.
    let old = unsafe { at.read() };
    macro_rules! store {
        ($atomic:ty) => {{
            // SAFETY: `T` has the size of the atomic and is aligned to it (`is_word` and the match), and is
            // borrowed exclusively.
            let word = unsafe { <$atomic>::from_ptr(at.cast()) };
            // SAFETY: a scalar has no padding, so its bytes are a number of the same size.
            word.store(unsafe { transmute_copy(&value) }, Release)
        }};
    }
    match size_of::<T>() {
        1 => store!(AtomicU8),
        2 => store!(AtomicU16),
        4 => store!(AtomicU32),
        _ => store!(AtomicU64),
    }
    barrier();
    old
}
