//! [`OrderedMap`]: a `BTreeMap` of fixed capacity, made as a skip list.
//!
//! Truth: the head and the forward links of one sorted chain, as in a list. The express lanes above it, back
//! links, the end, the count and the free nodes are derived (`nodes.rs` says how they follow).
//! ```text
//! lane 2   ●──────────────────────────────►  7 ─────────────►
//! lane 1   ●────────►  3 ─────────────────►  7 ──────►  9 ──►       derived
//! chain    ●──►  1 ──► 3 ──►  4 ──►  5 ──►  7 ──►  8 ──► 9 ──►       truth
//! ```
//! | operation | commits with | cost |
//! |---|---|---|
//! | get, range, first, last | | O(log n); first and last O(1) |
//! | insert of a new key | the link that leads to the new node | O(log n) |
//! | insert that replaces | the store of the value, if it is a number; else the undo log: the value | O(log n) |
//! | remove, pop_first, pop_last | the link that led to the node | O(log n), pop_first O(1) |
//! | clear | the head | O(nodes ever used) |
//!
//! # Why not a B-tree or a sorted array
//! Both move many entries for one insert, all of which the undo log would have to hold: 32 KiB of journal for
//! a split of fat nodes or for half of a thousand entries. Here one store decides, whatever the size. The price
//! is memory, 48 bytes for each entry beside it, and a cache miss for each step of a search, where a B-tree
//! has one for each level.
//!
//! How many lanes a node is in follows from its position alone, so nothing about it is stored and a rebuild
//! makes the same lanes again. Lanes only shorten the way: a search ends on the chain, whatever they say.
//!
//! `Ord` of the user runs before the first write of an operation: where it panics, nothing has changed. One
//! that contradicts itself gives unspecified results, and still no hang.

use core::borrow::Borrow;
use core::fmt;
use core::marker::PhantomData;
use core::ops::{Bound, RangeBounds};

use super::InsertError;
use super::nodes::{Chain, Nodes, link_to};
use super::replace::replace;
use crate::ShmSafe;
use crate::journal::{Span, Word, save_open};

mod iter;
mod ops;

pub use iter::{Iter, IterMut, Range};

/// A key, its value, and where the lanes lead from here: together, since a search looks at the key and then at the
/// lanes of the same node.
#[repr(C)]
struct Entry<K, V> {
    tower: Tower,
    key: K,
    value: V,
}

/// Lanes above the chain. Each has a quarter of the nodes of the one below: enough for some 4^7 entries, and
/// beyond that searches take longer in proportion.
const LANES: usize = 7;

/// A node's links in the lanes; the first `height` of them mean something.
#[repr(C)]
struct Tower {
    links: [Word<u32>; LANES],
}

impl Tower {
    const fn new() -> Self {
        Self { links: [const { Word::new(0) }; LANES] }
    }
}

/// The lanes that the node at `index` is in.
#[inline]
fn height(index: usize) -> usize {
    // The finalizer of splitmix64 (Steele, Lea, Flood 2014): neighbours get unrelated heights.
    let mut mixed = (index as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((mixed ^ (mixed >> 31)).trailing_zeros() as usize / 2).min(LANES)
}

/// Up to `N` entries in the order of their keys. See the [module](self) for what a crash leaves.
///
/// ```
/// # use resume_core::container::OrderedMap;
/// let mut ranks = OrderedMap::<u32, u8, 8>::new();
/// ranks.insert(30, 3)?;
/// ranks.insert(10, 1)?;
/// ranks.insert(20, 2)?;
/// assert!(ranks.keys().eq(&[10, 20, 30]));
/// assert_eq!(ranks.range(15..).next(), Some((&20, &2)));
/// assert_eq!(ranks.pop_first(), Some((10, 1)));
/// # Ok::<(), resume_core::container::InsertError<(u32, u8)>>(())
/// ```
#[repr(C)]
pub struct OrderedMap<K, V, const N: usize> {
    head: Word<u32>,
    tail: Word<u32>,
    nodes: Nodes<Entry<K, V>, N>,
    lanes: Tower,
    _this_thread: PhantomData<*mut ()>,
}

/// The nodes before a place: in the chain, and in each lane as a link. None, or 0, is the start.
struct Before {
    chain: Option<usize>,
    lanes: [u32; LANES],
}

impl<K, V, const N: usize> OrderedMap<K, V, N> {
    /// An empty map, as all-zero bytes are too.
    pub const fn new() -> Self {
        const { Nodes::<Entry<K, V>, N>::CAPACITY_FITS };
        Self {
            head: Word::new(0),
            tail: Word::new(0),
            nodes: Nodes::new(),
            lanes: Tower::new(),
            _this_thread: PhantomData,
        }
    }

    /// Entries in the map.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.nodes.follow(&self.head).is_none()
    }

    /// `N`.
    pub const fn capacity(&self) -> usize {
        N
    }

    #[inline]
    fn parts(&mut self) -> (Chain<'_>, &mut Nodes<Entry<K, V>, N>) {
        (self::chain(&self.head, &self.tail), &mut self.nodes)
    }

    #[inline]
    fn chain(&self) -> Chain<'_> {
        self::chain(&self.head, &self.tail)
    }

    #[inline]
    fn entry(&self, index: usize) -> Option<(&K, &V)> {
        self.nodes.get(index).map(|Entry { key, value, .. }| (key, value))
    }

    /// The entry with the smallest key.
    #[inline]
    pub fn first_key_value(&self) -> Option<(&K, &V)> {
        self.entry(self.nodes.follow(&self.head)?)
    }

    /// The entry with the largest key.
    #[inline]
    pub fn last_key_value(&self) -> Option<(&K, &V)> {
        self.entry(self.nodes.follow(&self.tail)?)
    }

    /// The entries, in the order of their keys.
    #[inline]
    pub fn iter(&self) -> Iter<'_, K, V, N> {
        Iter { nodes: self.nodes.iter(self.chain()) }
    }

    /// The entries in order, values to be changed.
    pub fn iter_mut(&mut self) -> IterMut<'_, K, V, N> {
        IterMut { nodes: self.nodes.iter_mut(&self.head) }
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    /// The values, in the order of their keys.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    /// The values in the order of their keys, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.iter_mut().map(|(_, value)| value)
    }

    /// A node's link in a lane, or that of the start, as `before` is a link to the node or 0.
    #[inline]
    fn lane_link(&self, before: u32, lane: usize) -> Option<&Word<u32>> {
        match before.checked_sub(1) {
            None => self.lanes.links.get(lane),
            Some(index) => self.nodes.get(index as usize)?.tower.links.get(lane),
        }
    }

    /// Removes every entry. All or nothing on a crash.
    pub fn clear(&mut self) {
        save_open(|| [Span::of(&self.head), Span::of(&self.tail), Span::of(&self.lanes)]);
        self.nodes.save_all();
        self.head.commit(0);
        self.nodes.derive([self.chain()].into_iter());
        self.derive_lanes();
    }

    /// Makes the lanes anew from the chain. It may be interrupted and run again.
    fn derive_lanes(&self) {
        let mut last = [0; LANES];
        for link in &self.lanes.links {
            link.set(0);
        }
        for index in self.nodes.walk(&self.head) {
            for (lane, last) in last.iter_mut().enumerate().take(height(index)) {
                if let Some(own) = self.lane_link(link_to(Some(index)), lane) {
                    own.set(0);
                }
                if let Some(link) = self.lane_link(*last, lane) {
                    link.set(index as u32 + 1);
                }
                *last = link_to(Some(index));
            }
        }
    }

    /// Whether the lanes are what [`derive_lanes`](Self::derive_lanes) makes.
    fn has_its_lanes(&self) -> bool {
        let mut last = [0; LANES];
        let leads_to = |last, lane, link| self.lane_link(last, lane).is_some_and(|found| found.get() == link);
        for index in self.nodes.walk(&self.head) {
            for (lane, last) in last.iter_mut().enumerate().take(height(index)) {
                if !leads_to(*last, lane, index as u32 + 1) {
                    return false;
                }
                *last = link_to(Some(index));
            }
        }
        last.into_iter().enumerate().all(|(lane, last)| leads_to(last, lane, 0))
    }

    /// Takes a node out of the chain and, after that, out of the lanes.
    #[inline]
    fn take(&mut self, index: usize, before: &Before) -> Option<Entry<K, V>> {
        for lane in 0..height(index) {
            if let Some(link) = self.lane_link(before.lanes[lane], lane) {
                save_open(|| [Span::of(link)]);
            }
        }
        let (chain, nodes) = self.parts();
        let entry = nodes.unlink(chain, index)?;
        for lane in 0..height(index) {
            let behind = entry.tower.links[lane].get();
            if let Some(link) = self.lane_link(before.lanes[lane], lane)
                && link.get() == index as u32 + 1
            {
                link.set(behind);
            }
        }
        Some(entry)
    }
}

fn chain<'c>(head: &'c Word<u32>, tail: &'c Word<u32>) -> Chain<'c> {
    Chain { head, tail: Some(tail) }
}

impl<K: ShmSafe + Ord, V: ShmSafe, const N: usize> OrderedMap<K, V, N> {
    /// The last node of which `is_before` holds, and so of all before it; `note` hears of the last in each lane.
    #[inline]
    fn descend(&self, is_before: impl Fn(&K) -> bool, mut note: impl FnMut(usize, u32)) -> Option<usize> {
        // With an order that contradicts itself a lane may lead round; more steps than nodes are no search.
        let mut steps = self.nodes.used().saturating_add(LANES + 1);
        let mut before = None;
        let mut tower = &self.lanes;
        for lane in (0..LANES).rev() {
            while let Some((index, entry)) = self.nodes.follow_to_value(&tower.links[lane])
                && is_before(&entry.key)
                && steps > 0
            {
                steps -= 1;
                tower = &entry.tower;
                before = Some(index);
            }
            note(lane, link_to(before));
        }
        let mut link = before.and_then(|index| self.nodes.next_link(index)).unwrap_or(&self.head);
        while let Some((index, entry)) = self.nodes.follow_to_value(link)
            && is_before(&entry.key)
            && steps > 0
        {
            steps -= 1;
            before = Some(index);
            let Some(next) = self.nodes.next_link(index) else { break };
            link = next;
        }
        before
    }

    /// The nodes before the first key for which `is_before` does not hold.
    #[inline]
    fn search(&self, is_before: impl Fn(&K) -> bool) -> Before {
        let mut lanes = [0; LANES];
        let chain = self.descend(is_before, |lane, link| lanes[lane] = link);
        Before { chain, lanes }
    }

    /// The first node of which `is_before` does not hold.
    #[inline]
    fn first_not(&self, is_before: impl Fn(&K) -> bool) -> Option<usize> {
        self.behind(self.descend(is_before, |_, _| {}))
    }

    /// The node behind another, or the first.
    #[inline]
    fn behind(&self, before: Option<usize>) -> Option<usize> {
        match before {
            None => self.nodes.follow(&self.head),
            Some(index) => self.nodes.next(index),
        }
    }

    /// The node, if it has the key.
    #[inline]
    fn with_key<Q: Ord + ?Sized>(&self, node: Option<usize>, key: &Q) -> Option<usize>
    where
        K: Borrow<Q>,
    {
        node.filter(|&index| self.nodes.get(index).is_some_and(|entry| entry.key.borrow() == key))
    }

    /// The node of `key`.
    #[inline]
    fn find<Q: Ord + ?Sized>(&self, key: &Q) -> Option<usize>
    where
        K: Borrow<Q>,
    {
        self.with_key(self.first_not(|other| other.borrow() < key), key)
    }

    /// The place of `key`, and its node if it is there.
    #[inline]
    fn find_place<Q: Ord + ?Sized>(&self, key: &Q) -> (Before, Option<usize>)
    where
        K: Borrow<Q>,
    {
        let before = self.search(|other| other.borrow() < key);
        let found = self.with_key(self.behind(before.chain), key);
        (before, found)
    }

    /// The value of `key`.
    #[inline]
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.entry(self.find(key)?).map(|(_, value)| value)
    }

    /// The value of `key`, to change it. Writes through it are the caller's own: more than one word at once
    /// belongs into [`insert`](Self::insert) or a [transaction](mod@crate::transaction).
    #[inline]
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let index = self.find(key)?;
        self.nodes.get_mut(index).map(|entry| &mut entry.value)
    }

    /// Whether there is an entry for `key`.
    #[inline]
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.find(key).is_some()
    }

    /// The entries whose keys are in `range`, in order. A range that ends before it starts has none.
    #[inline]
    pub fn range<Q: Ord + ?Sized>(&self, range: impl RangeBounds<Q>) -> Range<'_, K, V, N>
    where
        K: Borrow<Q>,
    {
        let empty = match (range.start_bound(), range.end_bound()) {
            (Bound::Excluded(a), Bound::Excluded(b)) => a >= b,
            (Bound::Included(a) | Bound::Excluded(a), Bound::Included(b) | Bound::Excluded(b)) => a > b,
            _ => false,
        };
        let front = match range.start_bound() {
            _ if empty => None,
            Bound::Included(start) => self.first_not(|key| key.borrow() < start),
            Bound::Excluded(start) => self.first_not(|key| key.borrow() <= start),
            Bound::Unbounded => self.nodes.follow(&self.head),
        };
        let end = match range.end_bound() {
            Bound::Included(end) => self.first_not(|key| key.borrow() <= end),
            Bound::Excluded(end) => self.first_not(|key| key.borrow() < end),
            Bound::Unbounded => None,
        };
        let mut nodes = self.nodes.iter(self.chain());
        nodes.front = front;
        Range { nodes, end }
    }

    /// Adds an entry, or replaces the value of the one that `key` has (the old key stays) and gives the old
    /// value. All or nothing on a crash.
    ///
    /// # Errors
    /// Full, or an old value too large for the journal; key and value come back.
    #[inline]
    pub fn insert(&mut self, key: K, value: V) -> Result<Option<V>, InsertError<(K, V)>> {
        let (before, found) = self.find_place(&key);
        if let Some(entry) = found.and_then(|index| self.nodes.get_mut(index)) {
            return match replace(&mut entry.value, value) {
                Ok(old) => Ok(Some(old)),
                Err((value, full)) => Err(InsertError::JournalFull((key, value), full)),
            };
        }
        let (chain, nodes) = self.parts();
        let entry = Entry { tower: Tower::new(), key, value };
        let handle = nodes
            .insert_after(chain, before.chain, entry)
            .map_err(|Entry { key, value, .. }| InsertError::Full((key, value)))?;
        let index = handle.index() as usize;
        for lane in 0..height(index) {
            let own = self.lane_link(link_to(Some(index)), lane);
            if let (Some(own), Some(link)) = (own, self.lane_link(before.lanes[lane], lane)) {
                save_open(|| [Span::of(own), Span::of(link)]);
                own.set(link.get());
                link.set(index as u32 + 1);
            }
        }
        Ok(None)
    }

    /// Removes the entry of `key` and gives its value. All or nothing on a crash.
    #[inline]
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let (before, found) = self.find_place(key);
        self.take(found?, &before).map(|entry| entry.value)
    }

    /// Removes the entry with the smallest key. All or nothing on a crash.
    #[inline]
    pub fn pop_first(&mut self) -> Option<(K, V)> {
        let index = self.nodes.follow(&self.head)?;
        let start = Before { chain: None, lanes: [0; LANES] };
        self.take(index, &start).map(|Entry { key, value, .. }| (key, value))
    }

    /// Removes the entry with the largest key. All or nothing on a crash.
    #[inline]
    pub fn pop_last(&mut self) -> Option<(K, V)> {
        let index = self.nodes.follow(&self.tail)?;
        let before = self.search(|key| self.nodes.get(index).is_some_and(|last| *key < last.key));
        self.take(index, &before).map(|Entry { key, value, .. }| (key, value))
    }
}

impl<K, V, const N: usize> Default for OrderedMap<K, V, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: fmt::Debug, V: fmt::Debug, const N: usize> fmt::Debug for OrderedMap<K, V, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<'m, K, V, const N: usize> IntoIterator for &'m OrderedMap<K, V, N> {
    type Item = (&'m K, &'m V);
    type IntoIter = Iter<'m, K, V, N>;

    fn into_iter(self) -> Iter<'m, K, V, N> {
        self.iter()
    }
}

impl<'m, K, V, const N: usize> IntoIterator for &'m mut OrderedMap<K, V, N> {
    type Item = (&'m K, &'m mut V);
    type IntoIter = IterMut<'m, K, V, N>;

    fn into_iter(self) -> IterMut<'m, K, V, N> {
        self.iter_mut()
    }
}
