//! Words of the state: read and written plainly, committed with one store.

use core::cell::Cell;
use core::fmt;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering::Release};

use super::barrier;

/// A word of a container.
///
/// An atomic would do as well, but every load of one is made again, also by an optimiser that knows the value; a
/// length that is looked at for each element then costs as much as the element. A word needs no atomic loads:
/// it belongs to one thread, which is why this type is not `Sync`, and other processes do not map the segment
/// while it is owned.
#[repr(transparent)]
pub(crate) struct Word<T>(Cell<T>);

impl<T: Copy> Word<T> {
    #[inline]
    pub(crate) const fn new(value: T) -> Self {
        Self(Cell::new(value))
    }

    #[inline]
    pub(crate) fn get(&self) -> T {
        self.0.get()
    }

    /// Stores a word that is derived, or saved, or not in use yet: the compiler may move this store, but not across a
    /// commit or a barrier.
    #[inline]
    pub(crate) fn set(&self, value: T) {
        self.0.set(value);
    }
}

macro_rules! commit {
    ($($word:ty, $atomic:ty;)*) => {$(
        impl Word<$word> {
            /// The one store that makes all stores before it count: none of them comes later, and none behind it earlier.
            #[inline]
            pub(crate) fn commit(&self, value: $word) {
                // SAFETY: the cell is a valid and aligned word (words of 4 and 8 bytes are aligned to their size
                // where this runs, which `from_ptr` asks for and the assertion says); not `Sync`, so there
                // is no access at the same time.
                let atomic = unsafe { <$atomic>::from_ptr(self.0.as_ptr()) };
                const { assert!(align_of::<$word>() == align_of::<$atomic>()) };
                atomic.store(value, Release);
                barrier();
            }
        }
    )*};
}

commit! { u32, AtomicU32; u64, AtomicU64; }

impl<T: Copy + fmt::Debug> fmt::Debug for Word<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}
