//! [`StaticSet`]: a `HashSet` of fixed size: a [`StaticMap`] whose values are nothing.
//!
//! What is truth, what commits, what it costs and why `N` is the number of buckets is what the map's module
//! says. Adding a value that is there changes nothing and writes nothing.

use core::borrow::Borrow;
use core::fmt;
use core::hash::{BuildHasher, Hash};

use super::InsertError;
use super::hash::FixedState;
use super::map::{self, StaticMap};
use crate::ShmSafe;
use crate::journal::JournalFull;
use crate::layout::{Ident, IdentArg, Kind, Role, TypeDesc};

/// A hash set with `N` buckets, of which [`CAPACITY`](Self::CAPACITY) can be used. See [`StaticMap`] for why,
/// and for what a crash leaves.
///
/// ```
/// # use resume_core::container::{StaticSet, buckets_for};
/// let mut online = StaticSet::<u32, { buckets_for(14) }>::new();
/// assert_eq!(online.insert(7), Ok(true));
/// assert_eq!(online.insert(7), Ok(false));
/// assert!(online.contains(&7));
/// assert!(online.remove(&7));
/// ```
#[repr(C)]
pub struct StaticSet<T, const N: usize, S = FixedState> {
    map: StaticMap<T, (), N, S>,
}

impl<T, const N: usize, S> StaticSet<T, N, S> {
    /// Values that fit: 7/8 of the buckets.
    pub const CAPACITY: usize = StaticMap::<T, (), N, S>::CAPACITY;

    /// An empty set, as all-zero bytes are too.
    pub const fn new() -> Self {
        Self { map: StaticMap::new() }
    }

    /// Values in the set.
    #[inline]
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// [`CAPACITY`](Self::CAPACITY).
    pub const fn capacity(&self) -> usize {
        Self::CAPACITY
    }

    /// Buckets that are neither full nor empty: what [`clean_up`](Self::clean_up) is about.
    pub fn deleted(&self) -> usize {
        self.map.deleted()
    }

    /// The values, in no particular order.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { entries: self.map.iter() }
    }

    /// Removes every value. All or nothing on a crash.
    pub fn clear(&mut self) {
        self.map.clear();
    }

    /// Keeps the values for which `keep` says so, as [`StaticMap::retain`] does.
    ///
    /// # Errors
    /// As there.
    pub fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) -> Result<usize, JournalFull> {
        self.map.retain(|value, ()| keep(value))
    }
}

impl<T: ShmSafe + Eq + Hash, const N: usize, S: BuildHasher + Default> StaticSet<T, N, S> {
    /// Whether `value` is in the set.
    #[inline]
    pub fn contains<Q: Eq + Hash + ?Sized>(&self, value: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.map.contains_key(value)
    }

    /// Adds a value, and tells whether it was new; one that is there stays. All or nothing on a crash.
    ///
    /// # Errors
    /// Full; the value comes back.
    #[inline]
    pub fn insert(&mut self, value: T) -> Result<bool, InsertError<T>> {
        self.map.insert(value, ()).map(|old| old.is_none()).map_err(|error| match error {
            InsertError::JournalFull((value, ()), full) => InsertError::JournalFull(value, full),
            other => InsertError::Full(other.into_inner().0),
        })
    }

    /// Removes a value, and tells whether it was there. All or nothing on a crash.
    #[inline]
    pub fn remove<Q: Eq + Hash + ?Sized>(&mut self, value: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.map.remove(value).is_some()
    }

    /// Makes deleted buckets empty again, as [`StaticMap::clean_up`] does.
    pub fn clean_up(&mut self) {
        self.map.clean_up();
    }

    /// Whether every value of this set is in `other`.
    pub fn is_subset<const M: usize, R: BuildHasher + Default>(&self, other: &StaticSet<T, M, R>) -> bool {
        self.iter().all(|value| other.contains(value))
    }

    /// Whether no value of this set is in `other`.
    pub fn is_disjoint<const M: usize, R: BuildHasher + Default>(&self, other: &StaticSet<T, M, R>) -> bool {
        !self.iter().any(|value| other.contains(value))
    }
}

/// The values of a [`StaticSet`], in no particular order.
pub struct Iter<'s, T> {
    entries: map::Iter<'s, T, ()>,
}

impl<T> Clone for Iter<'_, T> {
    fn clone(&self) -> Self {
        Self { entries: self.entries.clone() }
    }
}

impl<'s, T> Iterator for Iter<'s, T> {
    type Item = &'s T;

    #[inline]
    fn next(&mut self) -> Option<&'s T> {
        self.entries.next().map(|(value, ())| value)
    }
}

impl<T> fmt::Debug for Iter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SetIter(..)")
    }
}

impl<T, const N: usize, S> Default for StaticSet<T, N, S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: fmt::Debug, const N: usize, S> fmt::Debug for StaticSet<T, N, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl<'s, T, const N: usize, S> IntoIterator for &'s StaticSet<T, N, S> {
    type Item = &'s T;
    type IntoIter = Iter<'s, T>;

    fn into_iter(self) -> Iter<'s, T> {
        self.iter()
    }
}

// SAFETY: `repr(C)` with one field, a map that is `ShmSafe`: its fields at offset 0 are this type's own, and
// its passes work on the same address. The hasher decides where values are, so it is part of the name.
unsafe impl<T, const N: usize, S> ShmSafe for StaticSet<T, N, S>
where
    T: ShmSafe + Eq + Hash,
    S: ShmSafe + BuildHasher + Default,
{
    const ID: &'static Ident =
        &Ident::new("StaticSet", &[IdentArg::Type(T::ID), IdentArg::Const(N as i128), IdentArg::Type(S::ID)]);
    const DESC: &'static TypeDesc = &TypeDesc::new(
        Self::ID,
        Kind::Container {
            role: Role::Set,
            capacity: {
                let () = StaticMap::<T, (), N, S>::SIZE_FITS;
                Self::CAPACITY as u64
            },
            fields: StaticMap::<T, (), N, S>::FIELDS,
            ops: StaticMap::<T, (), N, S>::OPS,
        },
        size_of::<Self>(),
        align_of::<Self>(),
    );
}
