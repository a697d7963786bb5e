//! [`StaticMap`]: a hash map of fixed size, in the manner of a SwissTable.
//!
//! # Why `N` is the number of buckets
//! A hash table needs room that stays free, or a search for a missing key never ends early. Stable Rust
//! cannot compute an array's length from a const parameter, so the spare room has to be in `N` itself: `N`
//! is the number of buckets, a power of two from 16 on, of which 7/8 can be used
//! ([`CAPACITY`](StaticMap::CAPACITY)). Anything else does not compile, with a message that says so;
//! [`buckets_for`] turns "at least 5,000 entries" into such a number.
//! The alternatives lose more: `N` entries in `N` buckets make a full map slow, and `N` entries behind a
//! second, sparse index array add a cache miss to each read.
//!
//! # What is truth
//! The control bytes, one per bucket (empty, deleted, or full with 7 bits of the hash), and the entries of
//! the full ones. `len` and `deleted` (counts) are derived, and so is the mirror: the first 16 control bytes
//! once more behind the last, so that 16 from any position on can be compared at once. `phase` is truth while
//! `clear` runs.
//!
//! A key is searched for in the window of 16 buckets that starts where its hash says, and in those that
//! follow in triangular order, until a window has an empty bucket. Together they are the whole table, each
//! bucket once, so every search ends, whatever the control bytes are. (Windows at multiples of 16 need no mirror, but
//! two and a half times as many searches go on to a second one.)
//!
//! # Which store commits
//! | operation | commits with | cost |
//! |---|---|---|
//! | insert of a new key | the control byte, after the entry's bytes | O(1) |
//! | insert that replaces | the store of the value, if it is a number; else the undo log: the value | O(1), 2 copies |
//! | remove | the control byte | O(1) |
//! | clear | `phase`: clearing; then the control bytes, then `phase` again | O(N / 16) |
//! | retain | the undo log: the control bytes from the first to the last removed | O(N) |
//!
//! A removed entry's bucket becomes empty, unless it is in a window without an empty bucket: then a search may
//! have gone past, and it becomes deleted. When those are more than N / 16, the next insert
//! of a new key cleans up first ([`clean_up`](StaticMap::clean_up)): O(N), at most once in N / 16 removals. Every
//! step of that leaves the same entries, so a crash in it needs no repair.
//!
//! `Hash`, `Eq` and closures of the user run before the first write of an operation: where one panics,
//! nothing has changed.

use core::fmt;
use core::hash::{BuildHasher, Hash};
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr;

use super::InsertError;
use super::hash::FixedState;
use super::replace::replace;
use crate::ShmSafe;
use crate::journal::{self, JournalFull, Span, Word, barrier, save_open};
use control::{Control, Probe};
use group::{DELETED, GROUP, Tag};

mod cleanup;
mod control;
mod group;
mod iter;
mod ops;

pub use iter::{Iter, IterMut};

/// The smallest `N` of a [`StaticMap`] that holds `entries` entries.
///
/// ```
/// # use resume_core::container::{StaticMap, buckets_for};
/// type Players = StaticMap<u64, u32, { buckets_for(5000) }>;
/// assert!(Players::CAPACITY >= 5000);
/// ```
pub const fn buckets_for(entries: usize) -> usize {
    let mut buckets = GROUP;
    while buckets / 8 * 7 < entries {
        buckets *= 2;
    }
    buckets
}

#[repr(C)]
struct Bucket<K, V> {
    key: K,
    value: V,
}

/// The map's counts, ahead of its control bytes.
#[repr(C, align(16))]
struct Counts {
    len: Word<u32>,
    deleted: Word<u32>,
    phase: Word<u32>,
    _reserved: u32,
}

const CLEARING: u32 = 1;

/// A hash map with `N` buckets, of which [`CAPACITY`](Self::CAPACITY) can be used. See the [module](self) for
/// why, and for what a crash leaves.
///
/// ```
/// # use resume_core::container::StaticMap;
/// let mut levels = StaticMap::<u32, u8, 16>::new();
/// levels.insert(7, 1)?;
/// assert_eq!(levels.insert(7, 2)?, Some(1));
/// assert_eq!(levels.get(&7), Some(&2));
/// assert_eq!(levels.remove(&7), Some(2));
/// # Ok::<(), resume_core::container::InsertError<(u32, u8)>>(())
/// ```
#[repr(C)]
pub struct StaticMap<K, V, const N: usize, S = FixedState> {
    counts: Counts,
    controls: Control<N>,
    buckets: [MaybeUninit<Bucket<K, V>>; N],
    _hasher: PhantomData<S>,
    _this_thread: PhantomData<*mut ()>,
}

/// What a search found.
enum Found {
    /// The bucket of the key.
    At(usize),
    /// The key is not there; a new one would go into this bucket, unless all are full.
    Missing(Option<usize>),
}

impl<K, V, const N: usize, S> StaticMap<K, V, N, S> {
    pub(in crate::container) const SIZE_FITS: () = assert!(
        N.is_power_of_two() && N >= GROUP && N <= 1 << 31,
        "StaticMap: N is the number of buckets, of which 7/8 can be used: a power of two from 16 on; \
         write {{ buckets_for(entries) }} to get it from the number of entries"
    );

    /// Entries that fit: 7/8 of the buckets.
    pub const CAPACITY: usize = N / 8 * 7;

    /// An empty map, as all-zero bytes are too.
    pub const fn new() -> Self {
        const { Self::SIZE_FITS };
        Self {
            counts: Counts { len: Word::new(0), deleted: Word::new(0), phase: Word::new(0), _reserved: 0 },
            controls: Control::new(),
            buckets: [const { MaybeUninit::uninit() }; N],
            _hasher: PhantomData,
            _this_thread: PhantomData,
        }
    }

    /// Entries in the map.
    #[inline]
    pub fn len(&self) -> usize {
        self.counts.len.get() as usize
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Buckets that are neither full nor empty: what [`clean_up`](Self::clean_up) is about.
    pub fn deleted(&self) -> usize {
        self.counts.deleted.get() as usize
    }

    /// [`CAPACITY`](Self::CAPACITY).
    pub const fn capacity(&self) -> usize {
        Self::CAPACITY
    }

    /// The entry of a bucket.
    ///
    /// # Safety
    /// `index` is less than `N` and the control byte says full.
    #[inline]
    unsafe fn bucket(&self, index: usize) -> &Bucket<K, V> {
        let at = self.buckets.as_ptr().wrapping_add(index).cast();
        // SAFETY: within the array; a full bucket's entry was written before its control byte.
        unsafe { &*at }
    }

    /// As [`bucket`](Self::bucket), to change it.
    ///
    /// # Safety
    /// As there.
    #[inline]
    unsafe fn bucket_mut(&mut self, index: usize) -> &mut Bucket<K, V> {
        let at = self.buckets.as_mut_ptr().wrapping_add(index).cast();
        // SAFETY: as in `bucket`; the borrow is exclusive.
        unsafe { &mut *at }
    }

    #[inline]
    fn count(&self, len: usize, deleted: u32) {
        self.counts.len.set(len as u32);
        self.counts.deleted.set(deleted);
    }

    /// The entries, in no particular order.
    pub fn iter(&self) -> Iter<'_, K, V> {
        Iter::new(self.controls.as_slice().as_ptr(), self.buckets.as_ptr(), N)
    }

    /// The entries, values to be changed.
    pub fn iter_mut(&mut self) -> IterMut<'_, K, V> {
        IterMut::new(self.controls.as_slice().as_ptr(), self.buckets.as_mut_ptr(), N)
    }

    /// The keys, in no particular order.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    /// The values, in no particular order.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    /// The values, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.iter_mut().map(|(_, value)| value)
    }

    /// Removes every entry. All or nothing on a crash.
    pub fn clear(&mut self) {
        save_open(|| [Span::of(&self.counts), Span::of(&self.controls)]);
        self.counts.phase.commit(CLEARING);
        self.finish_clear();
    }

    /// Empties every bucket. It may be interrupted and run again.
    fn finish_clear(&mut self) {
        self.controls.empty_all();
        self.count(0, 0);
        barrier();
        self.counts.phase.commit(0);
    }

    /// Keeps the entries for which `keep` says so, and gives how many were removed. `keep` is asked for all
    /// of them before the first is removed. All or nothing on a crash.
    ///
    /// # Errors
    /// The control bytes from the first to the last removed do not fit the journal; none is removed.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &V) -> bool) -> Result<usize, JournalFull> {
        let removed: Vec<usize> = self
            .iter()
            .indexed()
            .filter_map(|(index, key, value)| (!keep(key, value)).then_some(index))
            .collect();
        let (Some(&first), Some(&last)) = (removed.first(), removed.last()) else { return Ok(0) };
        let bytes = &self.controls.as_slice()[first..=last];
        let op =
            journal::begin(&[Span::slice(bytes), Span::of(self.controls.mirror()), Span::of(&self.counts)])?;
        for &index in &removed {
            self.controls.commit(index, DELETED);
        }
        let deleted = self.counts.deleted.get().wrapping_add(removed.len() as u32);
        self.count(self.len().wrapping_sub(removed.len()), deleted);
        op.commit();
        Ok(removed.len())
    }
}

impl<K: ShmSafe + Eq + Hash, V: ShmSafe, const N: usize, S: BuildHasher + Default> StaticMap<K, V, N, S> {
    #[inline]
    fn hash<Q: Hash + ?Sized>(key: &Q) -> u64 {
        S::default().hash_one(key)
    }

    /// The bucket of `key` and its entry.
    #[inline]
    fn find<Q: Eq + ?Sized>(&self, hash: u64, key: &Q) -> Option<(usize, &Bucket<K, V>)>
    where
        K: core::borrow::Borrow<Q>,
    {
        let tag = Tag::new(hash);
        let mut probe = Probe::<N>::new(hash);
        loop {
            let window = self.controls.window(probe.position);
            let mut same = window.equal(tag);
            while let Some(offset) = same.first() {
                let index = probe.bucket(offset);
                // SAFETY: `index` is less than N, and its tag has the full bit.
                let entry = unsafe { self.bucket(index) };
                if entry.key.borrow() == key {
                    return Some((index, entry));
                }
                same = same.behind_first();
            }
            if window.has_empty() || !probe.advance() {
                return None;
            }
        }
    }

    /// As [`find`](Self::find), and where a new entry goes.
    #[inline]
    fn find_or_free(&self, hash: u64, key: &K) -> Found {
        let tag = Tag::new(hash);
        let mut probe = Probe::<N>::new(hash);
        let mut free = None;
        loop {
            let window = self.controls.window(probe.position);
            let mut same = window.equal(tag);
            while let Some(offset) = same.first() {
                let index = probe.bucket(offset);
                // SAFETY: as in `find`.
                if unsafe { self.bucket(index) }.key == *key {
                    return Found::At(index);
                }
                same = same.behind_first();
            }
            if free.is_none() {
                free = window.free().first().map(|offset| probe.bucket(offset));
            }
            if window.has_empty() || !probe.advance() {
                return Found::Missing(free);
            }
        }
    }

    /// The value of `key`.
    #[inline]
    pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: core::borrow::Borrow<Q>,
    {
        self.find(Self::hash(key), key).map(|(_, entry)| &entry.value)
    }

    /// The value of `key`, to change it. Writes through it are the caller's own: more than one word at once
    /// belongs into [`insert`](Self::insert) or a [transaction](mod@crate::transaction).
    #[inline]
    pub fn get_mut<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: core::borrow::Borrow<Q>,
    {
        let (index, _) = self.find(Self::hash(key), key)?;
        // SAFETY: `find` gives full buckets only.
        Some(unsafe { &mut self.bucket_mut(index).value })
    }

    /// Whether there is an entry for `key`.
    #[inline]
    pub fn contains_key<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> bool
    where
        K: core::borrow::Borrow<Q>,
    {
        self.find(Self::hash(key), key).is_some()
    }

    /// Adds an entry, or replaces the value of the one that `key` has (the old key stays) and gives the old
    /// value. All or nothing on a crash.
    ///
    /// # Errors
    /// Full, or an old value too large for the journal; key and value come back.
    // Always, since the result of a call would be written to memory and read back in other units, for which the
    // processor has to wait: 6 ns of 9.
    #[inline(always)]
    pub fn insert(&mut self, key: K, value: V) -> Result<Option<V>, InsertError<(K, V)>> {
        let hash = Self::hash(&key);
        let free = match self.find_or_free(hash, &key) {
            Found::At(index) => {
                // SAFETY: `find_or_free` found the key there, so the bucket is full.
                let place = unsafe { &mut self.bucket_mut(index).value };
                return match replace(place, value) {
                    Ok(old) => Ok(Some(old)),
                    Err((value, full)) => Err(InsertError::JournalFull((key, value), full)),
                };
            }
            Found::Missing(free) => free,
        };
        let free = if self.has_room() { free } else { self.make_room(hash, &key) };
        let Some(index) = free else { return Err(InsertError::Full((key, value))) };
        self.fill(index, hash, Bucket { key, value });
        Ok(None)
    }

    /// Whether a new entry goes in without further questions.
    #[inline]
    fn has_room(&self) -> bool {
        self.len() < Self::CAPACITY && !self.wants_cleanup()
    }

    /// Where a new entry goes in a map that is full, or full of deleted buckets.
    #[cold]
    #[inline(never)]
    fn make_room(&mut self, hash: u64, key: &K) -> Option<usize> {
        if self.len() >= Self::CAPACITY {
            return None;
        }
        if self.wants_cleanup() {
            self.clean_up();
        }
        match self.find_or_free(hash, key) {
            Found::At(_) => None,
            Found::Missing(free) => free,
        }
    }

    /// Writes a new entry into a free bucket, then commits it.
    #[inline]
    fn fill(&mut self, index: usize, hash: u64, entry: Bucket<K, V>) {
        let Some(place) = self.buckets.get_mut(index) else { return };
        let [control, mirror] = self.controls.spans(index);
        save_open(|| [Span::of(place), control, mirror, Span::of(&self.counts)]);
        let was_deleted = self.controls.get(index) == DELETED;
        place.write(entry);
        self.controls.commit(index, Tag::new(hash).byte());
        let deleted = self.counts.deleted.get().wrapping_sub(u32::from(was_deleted));
        self.count(self.len().wrapping_add(1), deleted);
    }

    /// Removes the entry of `key` and gives its value. All or nothing on a crash.
    #[inline]
    pub fn remove<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: core::borrow::Borrow<Q>,
    {
        let (index, entry) = self.find(Self::hash(key), key)?;
        let [control, mirror] = self.controls.spans(index);
        save_open(|| [control, mirror, Span::of(&self.counts)]);
        // SAFETY: the entry exists; the store below makes this the last use of its value.
        let value = unsafe { ptr::from_ref(&entry.value).read() };
        let control = self.controls.when_removed(index);
        self.controls.commit(index, control);
        let deleted = self.counts.deleted.get().wrapping_add(u32::from(control == DELETED));
        self.count(self.len().wrapping_sub(1), deleted);
        Some(value)
    }
}

impl<K, V, const N: usize, S> Default for StaticMap<K, V, N, S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: fmt::Debug, V: fmt::Debug, const N: usize, S> fmt::Debug for StaticMap<K, V, N, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<'m, K, V, const N: usize, S> IntoIterator for &'m StaticMap<K, V, N, S> {
    type Item = (&'m K, &'m V);
    type IntoIter = Iter<'m, K, V>;

    fn into_iter(self) -> Iter<'m, K, V> {
        self.iter()
    }
}

impl<'m, K, V, const N: usize, S> IntoIterator for &'m mut StaticMap<K, V, N, S> {
    type Item = (&'m K, &'m mut V);
    type IntoIter = IterMut<'m, K, V>;

    fn into_iter(self) -> IterMut<'m, K, V> {
        self.iter_mut()
    }
}
