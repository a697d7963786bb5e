//! Walks over the occupied slots.

use core::{fmt, iter, slice};

use super::Handle;
use super::slots::Slot;

/// The values of a [`Pool`](super::Pool) with their handles.
pub struct Iter<'p, T> {
    slots: iter::Enumerate<slice::Iter<'p, Slot<T>>>,
}

impl<'p, T> Iter<'p, T> {
    pub(super) fn new(slots: &'p [Slot<T>]) -> Self {
        Self { slots: slots.iter().enumerate() }
    }
}

impl<T> Clone for Iter<'_, T> {
    fn clone(&self) -> Self {
        Self { slots: self.slots.clone() }
    }
}

impl<'p, T> Iterator for Iter<'p, T> {
    type Item = (Handle<T>, &'p T);

    fn next(&mut self) -> Option<Self::Item> {
        self.slots.find(|(_, slot)| slot.load().is_occupied()).map(|(index, slot)| {
            let handle = Handle::new(index as u32, slot.load().generation());
            // SAFETY: the word says Occupied, so the value was written before it.
            (handle, unsafe { slot.value.assume_init_ref() })
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, self.slots.size_hint().1)
    }
}

/// The values of a [`Pool`](super::Pool) with their handles, to change them.
pub struct IterMut<'p, T> {
    slots: iter::Enumerate<slice::IterMut<'p, Slot<T>>>,
}

impl<'p, T> IterMut<'p, T> {
    pub(super) fn new(slots: &'p mut [Slot<T>]) -> Self {
        Self { slots: slots.iter_mut().enumerate() }
    }
}

impl<'p, T> Iterator for IterMut<'p, T> {
    type Item = (Handle<T>, &'p mut T);

    fn next(&mut self) -> Option<Self::Item> {
        self.slots.find(|(_, slot)| slot.load().is_occupied()).map(|(index, slot)| {
            let handle = Handle::new(index as u32, slot.load().generation());
            // SAFETY: the word says Occupied, so the value was written before it; the borrow is exclusive.
            (handle, unsafe { slot.value.assume_init_mut() })
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, self.slots.size_hint().1)
    }
}

impl<T> fmt::Debug for Iter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Iter(..)")
    }
}

impl<T> fmt::Debug for IterMut<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IterMut(..)")
    }
}
