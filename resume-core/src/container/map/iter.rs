//! Walks over the full buckets, a group at a time.

use core::fmt;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::sync::atomic::AtomicU8;

use super::Bucket;
use super::group::{GROUP, Group, Positions};

/// The full positions of a table, in order.
///
/// # Invariants
/// `control` is valid for `buckets` bytes, a multiple of 16, and nobody writes them.
#[derive(Clone, Copy)]
pub(super) struct Full {
    control: *const AtomicU8,
    buckets: usize,
    next_group: usize,
    here: Positions,
}

impl Full {
    pub(super) fn new(control: *const AtomicU8, buckets: usize) -> Self {
        Self { control, buckets, next_group: 0, here: Positions(0) }
    }

    /// Goes on to the next group; there is one.
    #[inline]
    fn load_group(&mut self) {
        debug_assert!(self.next_group < self.buckets);
        let at = self.control.wrapping_add(self.next_group).cast::<[u8; GROUP]>();
        // SAFETY: the callers found `next_group`, a multiple of 16, below `buckets`: within the control bytes,
        // which are not written (invariant).
        self.here = Group::load(unsafe { &*at }).full();
        self.next_group += GROUP;
    }
}

impl Iterator for Full {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        loop {
            if let Some(position) = self.here.next() {
                return Some(self.next_group - GROUP + position);
            }
            if self.next_group == self.buckets {
                return None;
            }
            self.load_group();
        }
    }

    // What `sum`, `for_each` and the like use: a loop in a loop, where `next` has to ask which one it is in.
    #[inline]
    fn fold<B, F: FnMut(B, usize) -> B>(mut self, first: B, mut f: F) -> B {
        let mut folded = first;
        loop {
            for position in self.here {
                folded = f(folded, self.next_group - GROUP + position);
            }
            if self.next_group == self.buckets {
                return folded;
            }
            self.load_group();
        }
    }
}

/// The entries of a [`StaticMap`](super::StaticMap), in no particular order.
pub struct Iter<'m, K, V> {
    full: Full,
    buckets: *const MaybeUninit<Bucket<K, V>>,
    _map: PhantomData<&'m Bucket<K, V>>,
}

impl<'m, K, V> Iter<'m, K, V> {
    pub(super) fn new(
        control: *const AtomicU8,
        buckets: *const MaybeUninit<Bucket<K, V>>,
        count: usize,
    ) -> Self {
        Self { full: Full::new(control, count), buckets, _map: PhantomData }
    }

    /// The same with each entry's bucket.
    pub(super) fn indexed(mut self) -> impl Iterator<Item = (usize, &'m K, &'m V)> {
        core::iter::from_fn(move || {
            let index = self.full.next()?;
            let at = self.buckets.wrapping_add(index).cast::<Bucket<K, V>>();
            // SAFETY: a full bucket within the array: its entry exists; the map is borrowed for 'm.
            let Bucket { key, value } = unsafe { &*at };
            Some((index, key, value))
        })
    }
}

impl<K, V> Clone for Iter<'_, K, V> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<'m, K, V> Iterator for Iter<'m, K, V> {
    type Item = (&'m K, &'m V);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let at = self.buckets.wrapping_add(self.full.next()?).cast::<Bucket<K, V>>();
        // SAFETY: a full bucket within the array: its entry exists; the map is borrowed for 'm.
        let Bucket { key, value } = unsafe { &*at };
        Some((key, value))
    }

    #[inline]
    fn fold<B, F: FnMut(B, Self::Item) -> B>(self, first: B, mut f: F) -> B {
        self.full.fold(first, |folded, index| {
            let at = self.buckets.wrapping_add(index).cast::<Bucket<K, V>>();
            // SAFETY: as in `next`.
            let Bucket { key, value } = unsafe { &*at };
            f(folded, (key, value))
        })
    }
}

/// The entries of a [`StaticMap`](super::StaticMap), values to be changed.
pub struct IterMut<'m, K, V> {
    full: Full,
    buckets: *mut MaybeUninit<Bucket<K, V>>,
    _map: PhantomData<&'m mut Bucket<K, V>>,
}

impl<K, V> IterMut<'_, K, V> {
    pub(super) fn new(
        control: *const AtomicU8,
        buckets: *mut MaybeUninit<Bucket<K, V>>,
        count: usize,
    ) -> Self {
        Self { full: Full::new(control, count), buckets, _map: PhantomData }
    }
}

impl<'m, K, V> Iterator for IterMut<'m, K, V> {
    type Item = (&'m K, &'m mut V);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let at = self.buckets.wrapping_add(self.full.next()?).cast::<Bucket<K, V>>();
        // SAFETY: a full bucket within the array: its entry exists; the map is borrowed exclusively for 'm,
        // and each bucket is given out once.
        let Bucket { key, value } = unsafe { &mut *at };
        Some((key, value))
    }
}

impl<K, V> fmt::Debug for Iter<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MapIter(..)")
    }
}

impl<K, V> fmt::Debug for IterMut<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MapIterMut(..)")
    }
}
