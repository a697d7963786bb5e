//! Walks over an [`OrderedMap`](super::OrderedMap), along its chain.

use core::fmt;

use super::super::nodes;
use super::Entry;

/// The entries of an [`OrderedMap`](super::OrderedMap), in the order of their keys.
pub struct Iter<'m, K, V, const N: usize> {
    pub(super) nodes: nodes::Iter<'m, Entry<K, V>, N>,
}

impl<K, V, const N: usize> Clone for Iter<'_, K, V, N> {
    fn clone(&self) -> Self {
        Self { nodes: self.nodes.clone() }
    }
}

impl<'m, K, V, const N: usize> Iterator for Iter<'m, K, V, N> {
    type Item = (&'m K, &'m V);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.nodes.next().map(|(_, Entry { key, value, .. })| (key, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.nodes.size_hint()
    }
}

impl<K, V, const N: usize> DoubleEndedIterator for Iter<'_, K, V, N> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.nodes.next_back().map(|(_, Entry { key, value, .. })| (key, value))
    }
}

/// The entries of an [`OrderedMap`](super::OrderedMap) in order, values to be changed.
pub struct IterMut<'m, K, V, const N: usize> {
    pub(super) nodes: nodes::IterMut<'m, Entry<K, V>, N>,
}

impl<'m, K, V, const N: usize> Iterator for IterMut<'m, K, V, N> {
    type Item = (&'m K, &'m mut V);

    fn next(&mut self) -> Option<Self::Item> {
        self.nodes.next().map(|Entry { key, value, .. }| (&*key, value))
    }
}

/// The entries of an [`OrderedMap`](super::OrderedMap) whose keys are in a range, in order.
pub struct Range<'m, K, V, const N: usize> {
    pub(super) nodes: nodes::Iter<'m, Entry<K, V>, N>,
    /// The first node behind the range.
    pub(super) end: Option<usize>,
}

impl<K, V, const N: usize> Clone for Range<'_, K, V, N> {
    fn clone(&self) -> Self {
        Self { nodes: self.nodes.clone(), end: self.end }
    }
}

impl<'m, K, V, const N: usize> Iterator for Range<'m, K, V, N> {
    type Item = (&'m K, &'m V);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.nodes.front.is_none() || self.nodes.front == self.end {
            return None;
        }
        self.nodes.next().map(|(_, Entry { key, value, .. })| (key, value))
    }
}

impl<K, V, const N: usize> fmt::Debug for Iter<'_, K, V, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OrderedMapIter(..)")
    }
}

impl<K, V, const N: usize> fmt::Debug for IterMut<'_, K, V, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OrderedMapIterMut(..)")
    }
}

impl<K, V, const N: usize> fmt::Debug for Range<'_, K, V, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OrderedMapRange(..)")
    }
}
