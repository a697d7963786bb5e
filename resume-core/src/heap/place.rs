//! [`Place`]: a value and the heap, borrowed together.
//!
//! An element of a [`HeapVec`](super::HeapVec) is in the heap, so a reference to it borrows the heap, and an
//! operation on an owner *within* the element needs the heap too. A place has both, and hands out one at a time.

use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

use super::space::Space;

/// A value, and the heap that the owners in it use.
///
/// ```
/// # use resume_core::{ShmSafe, heap::{Heap, HeapString, HeapVec}};
/// #[derive(ShmSafe)]
/// #[repr(C)]
/// struct Player { level: u32, name: HeapString }
///
/// # let mut heap = Heap::<4096>::new();
/// let mut players = HeapVec::<Player>::new();
/// players.push(&mut heap, Player { level: 1, name: HeapString::new() }).map_err(|e| e.without_value())?;
///
/// let mut player = players.at(&mut heap, 0).expect("there is one");
/// player.level += 1;
/// player.project(|player| &mut player.name).push_str("Ada")?;
/// # assert_eq!(players.get(&heap, 0).map(|p| p.name.as_str(&heap)), Some("Ada"));
/// # Ok::<(), resume_core::heap::HeapError>(())
/// ```
pub struct Place<'h, V> {
    /// Invariant: a value that is valid and borrowed mutably for `'h`, by itself or with the heap it is in.
    value: *mut V,
    /// Invariant: its heap is borrowed mutably for `'h`, and nothing is borrowed from it but the value.
    space: Space,
    _borrows: PhantomData<&'h mut V>,
}

impl<'h, V> Place<'h, V> {
    /// # Safety
    /// The invariants.
    #[inline(always)]
    pub(super) unsafe fn new(value: *mut V, space: Space) -> Self {
        Self { value, space, _borrows: PhantomData }
    }

    #[inline(always)]
    pub(super) fn space(&self) -> Space {
        self.space
    }

    /// A part of the value, with the heap.
    pub fn project<U>(self, part: impl for<'a> FnOnce(&'a mut V) -> &'a mut U) -> Place<'h, U> {
        // SAFETY: by the invariant the value is borrowed mutably, and `self` is not used again.
        let part: *mut U = part(unsafe { &mut *self.value });
        // SAFETY: what `part` gives for every lifetime is a part of the value or lives for ever; either way it is
        // borrowed mutably for `'h`.
        unsafe { Place::new(part, self.space) }
    }

    /// This place for a shorter time.
    pub fn reborrow(&mut self) -> Place<'_, V> {
        // SAFETY: the invariants hold for the shorter time; `self` is borrowed meanwhile.
        unsafe { Place::new(self.value, self.space) }
    }
}

impl<V> Deref for Place<'_, V> {
    type Target = V;

    #[inline(always)]
    fn deref(&self) -> &V {
        // SAFETY: the invariant; whoever uses the heap borrows `self` mutably.
        unsafe { &*self.value }
    }
}

impl<V> DerefMut for Place<'_, V> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut V {
        // SAFETY: the invariant; `self` is borrowed mutably.
        unsafe { &mut *self.value }
    }
}

impl<V: fmt::Debug> fmt::Debug for Place<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Place").field(&**self).finish()
    }
}
