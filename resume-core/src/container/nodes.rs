//! Nodes with stable places in forward chains: what lists, ordered maps and timers are made of.
//!
//! # What is truth
//! Where each chain starts (its owner's *head*), and the `next` of the nodes in it. All else is derived:
//! ```text
//! word  = generation u32 │ linked 1 bit       linked: the node is in a chain, and its value exists
//! next    next node of the chain + 1, or 0    truth in a chain; of a free node: the next free one
//! prev    node before + 1, or 0               derived
//! fresh   nodes from here on were never used and are untouched
//! free    first free node + 1, or 0; derived
//! len     linked nodes; derived
//! ```
//! # Which store commits
//! ```text
//! insert:  fresh, value, next, prev, word := linked   ►  next of the node before, or the head   ► the rest
//! unlink:                                             ►  next of the node before, or the head   ► the rest
//! ```
//! So a node in a chain is always linked, and a linked one always has its value; after a crash a node may be
//! linked without being in a chain, which the rebuild corrects: it makes everything derived anew from the
//! chains. The generation of such a node is used up. A node whose generation is used up is not used again.
//!
//! Derived words are never trusted with memory: links are bounds-checked, and followed to linked nodes only.

use core::marker::PhantomData;
use core::mem::{MaybeUninit, offset_of};
use core::num::NonZero;
use core::ptr;

use crate::ShmSafe;
use crate::check::{Checker, Rebuild};
use crate::journal::{self, JournalFull, Span, Word, barrier, save_open};
use crate::layout::{FieldDesc, Ident, IdentArg, Kind, TypeDesc};
use crate::pool::Handle;

const LINKED: u64 = 1;
const UNSEEN: u32 = u32::MAX;

/// A position as a link: 0 is none.
#[inline]
pub(super) fn link_to(index: Option<usize>) -> u32 {
    index.map_or(0, |index| index as u32 + 1)
}

/// The word of a linked node.
#[inline]
fn linked_word(generation: u32) -> u64 {
    u64::from(generation) << u32::BITS | LINKED
}

/// What a node is besides its value.
#[repr(C)]
pub(super) struct Links {
    word: Word<u64>,
    pub(super) next: Word<u32>,
    prev: Word<u32>,
}

#[repr(C)]
pub(super) struct Node<T> {
    links: Links,
    value: MaybeUninit<T>,
}

impl<T> Node<T> {
    pub(super) const VALUE_OFFSET: u64 = offset_of!(Node<T>, value) as u64;

    fn generation(&self) -> u32 {
        (self.links.word.get() >> u32::BITS) as u32
    }

    fn is_linked(&self) -> bool {
        self.links.word.get() & LINKED != 0
    }

    fn set_word(&self, generation: u32, linked: u64) {
        self.links.word.commit(u64::from(generation) << u32::BITS | linked);
    }
}

/// Words about all nodes.
#[repr(C)]
pub(super) struct Counts {
    len: Word<u32>,
    free: Word<u32>,
    fresh: Word<u32>,
    _reserved: u32,
}

/// `N` nodes and what is known of them.
///
/// # Invariants
/// The value of a linked node below `fresh` exists. From there on no attach has checked anything.
#[repr(C)]
pub(super) struct Nodes<T, const N: usize> {
    counts: Counts,
    nodes: [Node<T>; N],
    _this_thread: PhantomData<*mut ()>,
}

/// Where a chain starts (truth), and where it ends if its owner keeps that (derived).
#[derive(Clone, Copy)]
pub(super) struct Chain<'c> {
    pub(super) head: &'c Word<u32>,
    pub(super) tail: Option<&'c Word<u32>>,
}

/// A node that is free, and the free list behind it if it is in that.
#[derive(Clone, Copy)]
struct Place {
    index: usize,
    generation: u32,
    rest: Option<u32>,
}

impl<T, const N: usize> Nodes<T, N> {
    /// Offsets of the parts from the start, for descriptors.
    pub(super) const NODES_OFFSET: u64 = offset_of!(Self, nodes) as u64;
    /// Links and their complement must fit.
    pub(super) const CAPACITY_FITS: () = assert!(N < u32::MAX as usize - 1, "N must be less than 2^32 - 2");

    pub(super) const fn new() -> Self {
        Self {
            counts: Counts { len: Word::new(0), free: Word::new(0), fresh: Word::new(0), _reserved: 0 },
            nodes: [const {
                Node {
                    links: Links { word: Word::new(0), next: Word::new(0), prev: Word::new(0) },
                    value: MaybeUninit::uninit(),
                }
            }; N],
            _this_thread: PhantomData,
        }
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.counts.len.get() as usize
    }

    /// Nodes that were ever used.
    pub(super) fn used(&self) -> usize {
        (self.counts.fresh.get() as usize).min(N)
    }

    /// Whether an insert would fail.
    pub(super) fn is_full(&self) -> bool {
        self.place().is_none()
    }

    /// The node at a position, if it is linked.
    #[inline]
    fn linked_node(&self, index: usize) -> Option<&Node<T>> {
        self.nodes.get(index).filter(|node| node.is_linked() && index < self.counts.fresh.get() as usize)
    }

    /// The node that a link leads to, if it is linked.
    #[inline]
    pub(super) fn follow(&self, link: &Word<u32>) -> Option<usize> {
        let index = link.get().checked_sub(1)? as usize;
        self.linked_node(index).map(|_| index)
    }

    /// As [`follow`](Self::follow), and its value.
    #[inline]
    pub(super) fn follow_to_value(&self, link: &Word<u32>) -> Option<(usize, &T)> {
        let index = link.get().checked_sub(1)? as usize;
        self.get(index).map(|value| (index, value))
    }

    /// The link to what is behind a node.
    #[inline]
    pub(super) fn next_link(&self, index: usize) -> Option<&Word<u32>> {
        self.nodes.get(index).map(|node| &node.links.next)
    }

    #[inline]
    pub(super) fn next(&self, index: usize) -> Option<usize> {
        self.follow(self.next_link(index)?)
    }

    #[inline]
    pub(super) fn prev(&self, index: usize) -> Option<usize> {
        self.follow(&self.nodes.get(index)?.links.prev)
    }

    #[inline]
    pub(super) fn get(&self, index: usize) -> Option<&T> {
        // SAFETY: the value of a linked node exists.
        self.linked_node(index).map(|node| unsafe { node.value.assume_init_ref() })
    }

    #[inline]
    pub(super) fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        self.linked_node(index)?;
        // SAFETY: the value of a linked node exists; the borrow is exclusive.
        Some(unsafe { self.nodes[index].value.assume_init_mut() })
    }

    /// The handle of a node.
    #[inline]
    pub(super) fn handle<H>(&self, index: usize) -> Handle<H> {
        Handle::new(index as u32, self.nodes.get(index).map_or(0, Node::generation))
    }

    /// The node that a handle names, if that still is there.
    #[inline]
    pub(super) fn find<H>(&self, handle: Handle<H>) -> Option<usize> {
        let index = handle.index() as usize;
        let node = self.nodes.get(index)?;
        let is_there = node.links.word.get() == linked_word(handle.generation());
        (is_there && handle.index() < self.counts.fresh.get()).then_some(index)
    }

    /// The value that a handle names.
    #[inline]
    pub(super) fn find_value<H>(&self, handle: Handle<H>) -> Option<&T> {
        let index = self.find(handle)?;
        // SAFETY: `find` gives linked nodes only, and the value of a linked node exists.
        Some(unsafe { self.nodes[index].value.assume_init_ref() })
    }

    #[inline]
    fn place(&self) -> Option<Place> {
        let free = self.counts.free.get();
        let (index, listed) = match free.checked_sub(1) {
            Some(index) => (index as usize, true),
            None => (self.counts.fresh.get() as usize, false),
        };
        let node = self.nodes.get(index)?;
        let generation = node.generation().checked_add(1)?;
        let rest = listed.then(|| node.links.next.get());
        let in_use = node.is_linked() || (listed && index >= self.counts.fresh.get() as usize);
        (!in_use).then_some(Place { index, generation, rest })
    }

    /// The node that the next insert will use.
    #[inline]
    pub(super) fn next_place(&self) -> Option<usize> {
        self.place().map(|place| place.index)
    }

    /// The linked nodes and their values, in no order.
    pub(super) fn linked(&self) -> impl Iterator<Item = (usize, &T)> {
        (0..self.used()).filter_map(|index| Some((index, self.get(index)?)))
    }

    /// Puts a value behind the node `before`, or at the start of the chain, and gives its handle. All or
    /// nothing on a crash. `None` gives the value back: all nodes are in use.
    #[inline(always)]
    pub(super) fn insert_after(
        &mut self,
        chain: Chain<'_>,
        before: Option<usize>,
        value: T,
    ) -> Result<Handle<T>, T> {
        let value = MaybeUninit::new(value);
        match self.link_in(chain, before, &value) {
            Some(bits) => Ok(Handle::from_bits(bits.get())),
            // SAFETY: written above, and not taken: it was not linked in.
            None => Err(unsafe { value.assume_init() }),
        }
    }

    /// As [`insert_after`](Self::insert_after), by reference and with the handle as a number: a result in
    /// memory, written by halves and read as one, would cost more than all the rest.
    #[inline]
    fn link_in(
        &mut self,
        chain: Chain<'_>,
        before: Option<usize>,
        value: &MaybeUninit<T>,
    ) -> Option<NonZero<u64>> {
        let place = self.place()?;
        let from = self.link_behind(chain, before)?;
        let behind = from.get();
        save_open(|| [Span::of(&self.nodes[place.index]), Span::of(&self.counts), Span::of(from)]);
        self.save_ends(chain, behind);
        if place.rest.is_none() {
            self.counts.fresh.commit(place.index as u32 + 1);
        }
        let node = &mut self.nodes[place.index];
        // SAFETY: both are one `T`, and two places, as `node` is borrowed exclusively.
        unsafe { ptr::copy_nonoverlapping(value, &raw mut node.value, 1) };
        node.links.next.set(behind);
        node.links.prev.set(link_to(before));
        node.set_word(place.generation, LINKED);
        barrier();
        if let Some(from) = self.link_behind(chain, before) {
            from.commit(place.index as u32 + 1);
        }
        barrier();
        if let Some(rest) = place.rest {
            self.counts.free.set(rest);
        }
        self.counts.len.set(self.counts.len.get().wrapping_add(1));
        self.set_prev(chain, behind, place.index as u32 + 1);
        NonZero::new(Handle::<T>::new(place.index as u32, place.generation).to_bits())
    }

    /// The link that leads, or would lead, to what is behind a node or at the start of the chain.
    #[inline]
    fn link_behind<'l>(&'l self, chain: Chain<'l>, before: Option<usize>) -> Option<&'l Word<u32>> {
        match before {
            None => Some(chain.head),
            Some(index) => self.nodes.get(index).map(|node| &node.links.next),
        }
    }

    /// For an open transaction: what is derived of the ends of a change before the node that `behind` links.
    #[inline]
    pub(super) fn save_ends(&self, chain: Chain<'_>, behind: u32) {
        let after = behind.checked_sub(1).and_then(|index| self.nodes.get(index as usize));
        if let Some(node) = after {
            save_open(|| [Span::of(&node.links.prev)]);
        } else if let Some(tail) = chain.tail {
            save_open(|| [Span::of(tail)]);
        }
    }

    /// Tells the node that `behind` links, or else the end of the chain, what is before it.
    #[inline]
    pub(super) fn set_prev(&self, chain: Chain<'_>, behind: u32, prev: u32) {
        match behind.checked_sub(1).and_then(|index| self.nodes.get(index as usize)) {
            Some(node) => node.links.prev.set(prev),
            None => _ = chain.tail.map(|tail| tail.set(prev)),
        }
    }

    /// The link that leads to a node of the chain, and the node that it is in. O(1), unless `prev` is damaged.
    #[inline]
    pub(super) fn link_before<'l>(&'l self, chain: Chain<'l>, index: usize) -> Option<(&'l Word<u32>, u32)> {
        let prev = self.nodes.get(index)?.links.prev.get();
        let leads_here = |before: Option<usize>| {
            // What a node in no chain links means nothing: to change it would leave this one in its chain.
            if before.is_some_and(|before| self.linked_node(before).is_none()) {
                return None;
            }
            self.link_behind(chain, before).filter(|link| link.get() == index as u32 + 1)
        };
        if let Some(link) = leads_here(prev.checked_sub(1).map(|prev| prev as usize)) {
            return Some((link, prev));
        }
        let mut before = None;
        for _ in 0..=N {
            if let Some(link) = leads_here(before) {
                return Some((link, link_to(before)));
            }
            before = Some(self.follow(self.link_behind(chain, before)?)?);
        }
        None
    }

    /// Takes a node out of its chain, and gives its value. All or nothing on a crash.
    #[inline]
    pub(super) fn unlink(&mut self, chain: Chain<'_>, index: usize) -> Option<T> {
        self.get(index)?;
        let (from, prev) = self.link_before(chain, index)?;
        let node = &self.nodes[index];
        let behind = node.links.next.get();
        save_open(|| [Span::of(&node.links), Span::of(&self.counts), Span::of(from)]);
        self.save_ends(chain, behind);
        // SAFETY: the value of a linked node exists; the stores below make this its last use.
        let value = unsafe { node.value.assume_init_read() };
        from.commit(behind);
        self.set_prev(chain, behind, prev);
        let generation = node.generation();
        node.set_word(generation, 0);
        self.counts.len.set(self.counts.len.get().wrapping_sub(1));
        self.list_as_free(index, generation);
        Some(value)
    }

    /// Moves a node to the start of another chain, and changes a number that belongs to it, all or nothing.
    ///
    /// Gives whether the node was found in the chain `from`.
    #[inline]
    pub(super) fn move_to_front(
        &self,
        from: Chain<'_>,
        to: Chain<'_>,
        index: usize,
        (number, value): (&Word<u64>, u64),
    ) -> Result<bool, JournalFull> {
        let Some((link, prev)) = self.link_before(from, index) else { return Ok(false) };
        let node = &self.nodes[index];
        let (behind, first) = (node.links.next.get(), to.head.get());
        // An open transaction has to take back what is derived, too.
        self.save_ends(from, behind);
        self.save_ends(to, first);
        let spans = [Span::of(&node.links), Span::of(link), Span::of(to.head), Span::of(number)];
        let op = journal::begin_fixed(spans)?;
        link.set(behind);
        self.set_prev(from, behind, prev);
        node.links.next.set(first);
        node.links.prev.set(0);
        to.head.set(index as u32 + 1);
        self.set_prev(to, first, index as u32 + 1);
        number.set(value);
        op.commit();
        Ok(true)
    }

    /// Puts a node that is in no chain on the free list, unless its generation is used up.
    #[inline]
    fn list_as_free(&self, index: usize, generation: u32) {
        if generation != u32::MAX {
            let node = &self.nodes[index];
            node.links.next.set(self.counts.free.get());
            self.counts.free.set(index as u32 + 1);
        }
    }

    /// For an open transaction: all that [`derive`](Self::derive) writes, without the ends of the chains.
    pub(super) fn save_all(&self) {
        save_open(|| [Span::of(&self.counts)]);
        for node in &self.nodes[..self.used()] {
            save_open(|| [Span::of(&node.links)]);
        }
    }

    /// Makes everything derived anew from the chains. It may be interrupted and run again.
    pub(super) fn derive<'c>(&self, chains: impl Iterator<Item = Chain<'c>>) {
        let used = self.used();
        for node in &self.nodes[..used] {
            node.links.prev.set(UNSEEN);
        }
        let mut len = 0;
        for chain in chains {
            let mut prev = 0;
            for index in self.walk(chain.head) {
                self.nodes[index].links.prev.set(prev);
                prev = index as u32 + 1;
                len += 1;
            }
            _ = chain.tail.map(|tail| tail.set(prev));
        }
        self.counts.len.set(len);
        self.counts.free.set(0);
        for index in (0..used).rev() {
            let node = &self.nodes[index];
            if node.links.prev.get() == UNSEEN {
                node.set_word(node.generation(), 0);
                self.list_as_free(index, node.generation());
            }
        }
    }

    /// The nodes of a chain, in order. It ends, whatever the links are.
    #[inline]
    pub(super) fn walk<'n>(&'n self, head: &Word<u32>) -> impl Iterator<Item = usize> + use<'n, T, N> {
        let mut at = self.follow(head);
        (0..self.used()).map_while(move |_| {
            let index = at?;
            at = self.next(index);
            Some(index)
        })
    }

    /// The values of a chain.
    #[inline]
    pub(super) fn iter(&self, chain: Chain<'_>) -> Iter<'_, T, N> {
        let back = match chain.tail {
            Some(tail) => self.follow(tail),
            None => None,
        };
        Iter { nodes: self, front: self.follow(chain.head), back, left: self.len() }
    }

    /// The values of a chain, to be changed.
    pub(super) fn iter_mut(&mut self, head: &Word<u32>) -> IterMut<'_, T, N> {
        let front = self.follow(head);
        let used = self.used();
        IterMut { nodes: self, front, left: used, used, _nodes: PhantomData }
    }

    /// Checks the chains, each with what tells whether a node may be in it. After a clean stop also what is derived
    /// of them.
    pub(super) fn check<'c>(
        &self,
        check: &mut Checker,
        chains: impl Iterator<Item = Chain<'c>>,
        belongs: impl Fn(usize, usize) -> bool,
    ) {
        let fresh = self.counts.fresh.get() as usize;
        if fresh > N {
            return check.problem(format_args!("expected at most {N} used nodes, found {fresh}"));
        }
        let (mut steps, mut derived) = (0, true);
        for (number, chain) in chains.enumerate() {
            let (mut link, mut prev) = (chain.head.get(), 0);
            while let Some(index) = link.checked_sub(1).map(|index| index as usize) {
                let node = match self.nodes.get(index) {
                    Some(node) if index < fresh && node.is_linked() && belongs(number, index) => node,
                    _ => {
                        return check
                            .problem(format_args!("expected a link to a node in use, found {index}"));
                    }
                };
                steps += 1;
                if steps > fresh {
                    return check.problem(format_args!("expected chains of {fresh} nodes, found a circle"));
                }
                derived &= node.links.prev.get() == prev;
                (link, prev) = (node.links.next.get(), link);
            }
            derived &= chain.tail.is_none_or(|tail| tail.get() == prev);
        }
        if !check.is_settled() {
            return;
        }
        // A linked node outside of the chains may lead into one: an insert behind it would make a circle.
        let linked = self.nodes[..fresh].iter().filter(|node| node.is_linked()).count();
        if linked != steps {
            check.problem(format_args!("expected {linked} linked nodes in chains, found {steps}"));
        } else if !derived || self.len() != linked || !self.lists_all_free() {
            check.derived_is_off();
        }
    }

    /// Whether the free list leads to each free node below `fresh` that can be used again, and then ends.
    fn lists_all_free(&self) -> bool {
        let used = &self.nodes[..self.used()];
        let is_free = |node: &Node<T>| !node.is_linked() && node.generation() != u32::MAX;
        let mut link = self.counts.free.get();
        for _ in used.iter().filter(|node| is_free(node)) {
            match link.checked_sub(1).and_then(|index| used.get(index as usize)) {
                Some(node) if is_free(node) => link = node.links.next.get(),
                _ => return false,
            }
        }
        // As many steps as there are free nodes, to free nodes, and no further: each came once.
        link == 0
    }

    /// Where the values of linked nodes are, for a check of all of them: also of those that are in no chain, as
    /// a handle may lead to them.
    pub(super) fn values(&self) -> impl Iterator<Item = (u64, *const u8)> {
        let linked = self.nodes[..self.used()].iter().enumerate().filter(|(_, node)| node.is_linked());
        linked.map(|(index, node)| (index as u64, node.value.as_ptr().cast()))
    }

    /// Rebuilds what is derived, also within the values; `chains` are all there are.
    ///
    /// # Safety
    /// The nodes passed [`check`](Self::check), and nobody else uses them; `value` describes `T`.
    pub(super) unsafe fn rebuild<'c>(
        &mut self,
        rebuild: &mut Rebuild,
        chains: impl Iterator<Item = Chain<'c>>,
        value: &'static TypeDesc,
    ) {
        self.derive(chains);
        let used = self.used();
        rebuild.slots_visited += used as u64;
        if !value.rebuilds {
            return;
        }
        for node in self.nodes[..used].iter_mut().filter(|node| node.is_linked()) {
            // SAFETY: a linked node's value exists and passed the check; the borrow is exclusive.
            unsafe { rebuild.value(value, ptr::from_mut(&mut node.value).cast()) };
        }
    }
}

/// The values of a chain, from both ends where its owner keeps the end.
///
/// # Invariants
/// `front` and `back` are what [`Nodes::follow`] gave since the nodes were borrowed.
pub(super) struct Iter<'n, T, const N: usize> {
    nodes: &'n Nodes<T, N>,
    pub(super) front: Option<usize>,
    back: Option<usize>,
    pub(super) left: usize,
}

impl<T, const N: usize> Clone for Iter<'_, T, N> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<'n, T, const N: usize> Iter<'n, T, N> {
    /// The value of a node that a link of this chain was followed to.
    ///
    /// # Safety
    /// [`Nodes::follow`] gave `index` while the nodes were borrowed as they are now.
    #[inline]
    unsafe fn value(&self, index: usize) -> Option<(usize, &'n T)> {
        let node = self.nodes.nodes.get(index)?;
        // SAFETY: `follow` gives linked nodes only, whose values exist; nobody has changed them since.
        Some((index, unsafe { node.value.assume_init_ref() }))
    }
}

impl<'n, T, const N: usize> Iterator for Iter<'n, T, N> {
    type Item = (usize, &'n T);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let index = self.front?;
        self.front = self.nodes.next(index);
        // SAFETY: `front` is what a link was followed to (the invariant).
        unsafe { self.value(index) }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.left))
    }
}

impl<T, const N: usize> DoubleEndedIterator for Iter<'_, T, N> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let index = self.back?;
        self.back = self.nodes.prev(index);
        // SAFETY: `back` is what a link was followed to (the invariant).
        unsafe { self.value(index) }
    }
}

/// The values of a chain, to be changed; in one direction, as only `next` is truth, and a node that came
/// twice would be borrowed twice.
pub(super) struct IterMut<'n, T, const N: usize> {
    nodes: *mut Nodes<T, N>,
    front: Option<usize>,
    left: usize,
    used: usize,
    _nodes: PhantomData<&'n mut T>,
}

impl<'n, T, const N: usize> Iterator for IterMut<'n, T, N> {
    type Item = &'n mut T;

    fn next(&mut self) -> Option<&'n mut T> {
        self.left = self.left.checked_sub(1)?;
        let index = self.front?;
        // SAFETY: the nodes are borrowed for 'n; this reaches the array without a reference to the whole,
        // which would end the borrows of values that were given out.
        let first = unsafe { &raw mut (*self.nodes).nodes }.cast::<Node<T>>();
        let node = first.wrapping_add(index);
        // SAFETY: `follow` gives positions below N only: within the array.
        let next = unsafe { &(*node).links.next }.get().checked_sub(1).map(|next| next as usize);
        self.front = next.filter(|&next| {
            let links = first.wrapping_add(next);
            // SAFETY: found below `used`, at most N: within the array; links are not borrowed elsewhere.
            next < self.used && unsafe { &(*links).links.word }.get() & LINKED != 0
        });
        // SAFETY: within the array; only the value is borrowed.
        let value = unsafe { &mut (*node).value };
        // SAFETY: a linked node's value exists; a chain has no circle, so each comes once.
        Some(unsafe { value.assume_init_mut() })
    }
}

/// Descriptors of a node with one value and of the array of nodes.
pub(super) struct NodeDescs<T, const N: usize>(PhantomData<T>);

impl<T: ShmSafe, const N: usize> NodeDescs<T, N> {
    const NODE_ID: &'static Ident = &Ident::new("Node", &[IdentArg::Type(T::ID)]);
    const NODE: &'static TypeDesc = &TypeDesc::c_struct(
        Self::NODE_ID,
        &[
            FieldDesc { name: "word", offset: 0, ty: u64::DESC },
            FieldDesc { name: "next", offset: 8, ty: u32::DESC },
            FieldDesc { name: "prev", offset: 12, ty: u32::DESC },
            FieldDesc { name: "value", offset: Node::<T>::VALUE_OFFSET, ty: T::DESC },
        ],
        size_of::<Node<T>>(),
        align_of::<Node<T>>(),
    );
    const ARRAY_ID: &'static Ident =
        &Ident::new("[]", &[IdentArg::Type(Self::NODE_ID), IdentArg::Const(N as i128)]);
    pub(super) const ARRAY: &'static TypeDesc = &TypeDesc::new(
        Self::ARRAY_ID,
        Kind::Array { elem: Self::NODE, len: N as u64 },
        size_of::<[Node<T>; N]>(),
        align_of::<[Node<T>; N]>(),
    );
}
