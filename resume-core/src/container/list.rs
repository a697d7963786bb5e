//! [`StaticList`]: a doubly linked list of fixed capacity, whose elements keep their place.
//!
//! Truth: the head and the forward links. Back links, the end, the count and the free nodes are derived; how
//! they follow is what `nodes.rs` says.
//!
//! | operation | commits with | cost |
//! |---|---|---|
//! | push_front, push_back, insert_after, insert_before | the link that leads to the new node | O(1) |
//! | pop_front, pop_back, remove | the link that led to the node | O(1) |
//! | set | the store of the element, if it is a number; else the undo log: the element | O(1), 2 copies |
//! | clear | the head | O(nodes ever used) |
//!
//! A crash leaves the list of before or of after the operation. An element stays where it is until it is
//! removed, and its [`Handle`] leads to it until then and never to a later one; handles may be kept in state.

use core::fmt;
use core::marker::PhantomData;
use core::mem::offset_of;

use super::InsertError;
use super::nodes::{self, Chain, NodeDescs, Nodes};
use super::replace::replace;
use crate::ShmSafe;
use crate::check::{Checker, Rebuild};
use crate::journal::{Span, Word, save_open};
use crate::layout::{ContainerOps, FieldDesc, Ident, IdentArg, Kind, Role, TypeDesc};
use crate::pool::{Full, Handle};

/// Up to `N` elements in a chain. See the [module](self) for what a crash leaves.
///
/// ```
/// # use resume_core::container::StaticList;
/// let mut queue = StaticList::<u32, 8>::new();
/// let first = queue.push_back(1)?;
/// let third = queue.push_back(3)?;
/// queue.insert_before(third, 2)?;
/// assert!(queue.iter().eq(&[1, 2, 3]));
/// assert_eq!(queue.remove(first), Some(1));
/// assert_eq!(queue.get(first), None);
/// # Ok::<(), resume_core::container::InsertError<u32>>(())
/// ```
#[repr(C)]
pub struct StaticList<T, const N: usize> {
    head: Word<u32>,
    tail: Word<u32>,
    nodes: Nodes<T, N>,
    _this_thread: PhantomData<*mut ()>,
}

impl<T: ShmSafe, const N: usize> StaticList<T, N> {
    /// An empty list, as all-zero bytes are too.
    pub const fn new() -> Self {
        const { Nodes::<T, N>::CAPACITY_FITS };
        Self { head: Word::new(0), tail: Word::new(0), nodes: Nodes::new(), _this_thread: PhantomData }
    }

    /// Elements in the list.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.first().is_none()
    }

    /// Whether the next insert would fail.
    pub fn is_full(&self) -> bool {
        self.nodes.is_full()
    }

    /// `N`. A place that held 2^32 - 1 elements one after the other is not used again.
    pub const fn capacity(&self) -> usize {
        N
    }

    /// The chain and its nodes, apart.
    #[inline]
    fn parts(&mut self) -> (Chain<'_>, &mut Nodes<T, N>) {
        (Chain { head: &self.head, tail: Some(&self.tail) }, &mut self.nodes)
    }

    #[inline]
    fn chain(&self) -> Chain<'_> {
        Chain { head: &self.head, tail: Some(&self.tail) }
    }

    /// The first element's handle.
    #[inline]
    pub fn first(&self) -> Option<Handle<T>> {
        self.nodes.follow(&self.head).map(|index| self.nodes.handle(index))
    }

    /// The last element's handle.
    #[inline]
    pub fn last(&self) -> Option<Handle<T>> {
        self.nodes.follow(&self.tail).map(|index| self.nodes.handle(index))
    }

    /// The handle of the element behind one.
    #[inline]
    pub fn next(&self, handle: Handle<T>) -> Option<Handle<T>> {
        let index = self.nodes.next(self.nodes.find(handle)?)?;
        Some(self.nodes.handle(index))
    }

    /// The handle of the element before one.
    #[inline]
    pub fn prev(&self, handle: Handle<T>) -> Option<Handle<T>> {
        let index = self.nodes.prev(self.nodes.find(handle)?)?;
        Some(self.nodes.handle(index))
    }

    /// The element that `handle` names.
    #[inline]
    pub fn get(&self, handle: Handle<T>) -> Option<&T> {
        self.nodes.find_value(handle)
    }

    /// As [`get`](Self::get), to change it. What spans more than one word belongs into [`set`](Self::set) or a
    /// [transaction](mod@crate::transaction).
    #[inline]
    pub fn get_mut(&mut self, handle: Handle<T>) -> Option<&mut T> {
        let index = self.nodes.find(handle)?;
        self.nodes.get_mut(index)
    }

    /// Whether `handle` still names an element.
    #[inline]
    pub fn contains(&self, handle: Handle<T>) -> bool {
        self.nodes.find(handle).is_some()
    }

    /// The first element.
    #[inline]
    pub fn front(&self) -> Option<&T> {
        self.get(self.first()?)
    }

    /// The last element.
    #[inline]
    pub fn back(&self) -> Option<&T> {
        self.get(self.last()?)
    }

    #[inline(always)]
    fn insert(&mut self, before: Option<usize>, value: T) -> Result<Handle<T>, Full<T>> {
        let (chain, nodes) = self.parts();
        nodes.insert_after(chain, before, value).map_err(Full)
    }

    /// Puts an element ahead of the first. All or nothing on a crash.
    ///
    /// # Errors
    /// [`Full`] gives the value back.
    #[inline(always)]
    pub fn push_front(&mut self, value: T) -> Result<Handle<T>, Full<T>> {
        self.insert(None, value)
    }

    /// Appends an element. All or nothing on a crash.
    ///
    /// # Errors
    /// [`Full`] gives the value back.
    #[inline(always)]
    pub fn push_back(&mut self, value: T) -> Result<Handle<T>, Full<T>> {
        self.insert(self.nodes.follow(&self.tail), value)
    }

    /// Puts an element behind another. All or nothing on a crash.
    ///
    /// # Errors
    /// Full, or no such element; the value comes back.
    #[inline(always)]
    pub fn insert_after(&mut self, handle: Handle<T>, value: T) -> Result<Handle<T>, InsertError<T>> {
        match self.nodes.find(handle) {
            Some(before) => self.insert(Some(before), value).map_err(InsertError::from),
            None => Err(InsertError::NoSuchPlace(value)),
        }
    }

    /// Puts an element ahead of another. All or nothing on a crash.
    ///
    /// # Errors
    /// Full, or no such element; the value comes back.
    #[inline(always)]
    pub fn insert_before(&mut self, handle: Handle<T>, value: T) -> Result<Handle<T>, InsertError<T>> {
        let index = self.nodes.find(handle);
        match index.and_then(|index| self.nodes.link_before(self.chain(), index)) {
            Some((_, before)) => {
                let before = before.checked_sub(1).map(|before| before as usize);
                self.insert(before, value).map_err(InsertError::from)
            }
            None => Err(InsertError::NoSuchPlace(value)),
        }
    }

    /// Removes the element that `handle` names. All or nothing on a crash.
    #[inline]
    pub fn remove(&mut self, handle: Handle<T>) -> Option<T> {
        let index = self.nodes.find(handle)?;
        let (chain, nodes) = self.parts();
        nodes.unlink(chain, index)
    }

    /// Removes the first element. All or nothing on a crash.
    #[inline]
    pub fn pop_front(&mut self) -> Option<T> {
        let index = self.nodes.follow(&self.head)?;
        let (chain, nodes) = self.parts();
        nodes.unlink(chain, index)
    }

    /// Removes the last element. All or nothing on a crash.
    #[inline]
    pub fn pop_back(&mut self) -> Option<T> {
        let index = self.nodes.follow(&self.tail)?;
        let (chain, nodes) = self.parts();
        nodes.unlink(chain, index)
    }

    /// Replaces an element and gives the old one. All or nothing on a crash.
    ///
    /// # Errors
    /// No such element, or one too large for the journal; the value comes back.
    #[inline]
    pub fn set(&mut self, handle: Handle<T>, value: T) -> Result<T, InsertError<T>> {
        match self.get_mut(handle) {
            None => Err(InsertError::NoSuchPlace(value)),
            Some(element) => {
                replace(element, value).map_err(|(value, full)| InsertError::JournalFull(value, full))
            }
        }
    }

    /// Removes every element. All or nothing on a crash.
    pub fn clear(&mut self) {
        save_open(|| [Span::of(&self.head), Span::of(&self.tail)]);
        self.nodes.save_all();
        self.head.commit(0);
        self.nodes.derive([self.chain()].into_iter());
    }

    /// The elements, first to last.
    #[inline]
    pub fn iter(&self) -> Iter<'_, T, N> {
        Iter { nodes: self.nodes.iter(self.chain()) }
    }

    /// The elements with their handles, first to last.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = (Handle<T>, &T)> {
        self.nodes.iter(self.chain()).map(|(index, value)| (self.nodes.handle(index), value))
    }

    /// The elements, first to last, to change them.
    pub fn iter_mut(&mut self) -> IterMut<'_, T, N> {
        IterMut { nodes: self.nodes.iter_mut(&self.head) }
    }

    /// # Safety
    /// As [`ContainerOps::check`].
    unsafe fn check(at: *const u8, check: &mut Checker) {
        // SAFETY: the caller vouches for the bytes, which nobody writes; words are numbers and values
        // `MaybeUninit`, so a reference to the whole is sound whatever they are.
        let list = unsafe { &*at.cast::<Self>() };
        list.nodes.check(check, [list.chain()].into_iter(), |_, _| true);
        // SAFETY: values lie within their nodes, aligned.
        unsafe { check.elements(T::DESC, list.nodes.values()) };
    }

    /// # Safety
    /// As [`ContainerOps::rebuild`].
    unsafe fn rebuild(at: *mut u8, rebuild: &mut Rebuild) {
        // SAFETY: the caller vouches for the bytes, which passed `check`, and nobody else uses them.
        let (chain, nodes) = unsafe { &mut *at.cast::<Self>() }.parts();
        // SAFETY: forwarded; `T::DESC` describes the values.
        unsafe { nodes.rebuild(rebuild, [chain].into_iter(), T::DESC) };
    }
}

/// The elements of a [`StaticList`].
pub struct Iter<'l, T, const N: usize> {
    nodes: nodes::Iter<'l, T, N>,
}

impl<T, const N: usize> Clone for Iter<'_, T, N> {
    fn clone(&self) -> Self {
        Self { nodes: self.nodes.clone() }
    }
}

impl<'l, T, const N: usize> Iterator for Iter<'l, T, N> {
    type Item = &'l T;

    #[inline]
    fn next(&mut self) -> Option<&'l T> {
        self.nodes.next().map(|(_, value)| value)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.nodes.size_hint()
    }
}

impl<T, const N: usize> DoubleEndedIterator for Iter<'_, T, N> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.nodes.next_back().map(|(_, value)| value)
    }
}

/// The elements of a [`StaticList`], to be changed.
pub struct IterMut<'l, T, const N: usize> {
    nodes: nodes::IterMut<'l, T, N>,
}

impl<'l, T, const N: usize> Iterator for IterMut<'l, T, N> {
    type Item = &'l mut T;

    fn next(&mut self) -> Option<&'l mut T> {
        self.nodes.next()
    }
}

impl<T, const N: usize> fmt::Debug for Iter<'_, T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ListIter(..)")
    }
}

impl<T, const N: usize> fmt::Debug for IterMut<'_, T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ListIterMut(..)")
    }
}

impl<T: ShmSafe, const N: usize> Default for StaticList<T, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: ShmSafe + fmt::Debug, const N: usize> fmt::Debug for StaticList<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'l, T: ShmSafe, const N: usize> IntoIterator for &'l StaticList<T, N> {
    type Item = &'l T;
    type IntoIter = Iter<'l, T, N>;

    fn into_iter(self) -> Iter<'l, T, N> {
        self.iter()
    }
}

impl<'l, T: ShmSafe, const N: usize> IntoIterator for &'l mut StaticList<T, N> {
    type Item = &'l mut T;
    type IntoIter = IterMut<'l, T, N>;

    fn into_iter(self) -> IterMut<'l, T, N> {
        self.iter_mut()
    }
}

// SAFETY: `repr(C)` over words and nodes of `T: ShmSafe`; the fields and offsets are the real ones; links and
// the values of linked nodes are checked by `check`; links are positions; no drop glue, as `T` has none.
unsafe impl<T: ShmSafe, const N: usize> ShmSafe for StaticList<T, N> {
    const ID: &'static Ident =
        &Ident::new("StaticList", &[IdentArg::Type(T::ID), IdentArg::Const(N as i128)]);
    const DESC: &'static TypeDesc = &TypeDesc::new(
        Self::ID,
        Kind::Container {
            role: Role::List,
            capacity: {
                let () = Nodes::<T, N>::CAPACITY_FITS;
                N as u64
            },
            fields: &[
                FieldDesc { name: "head", offset: 0, ty: u32::DESC },
                FieldDesc { name: "tail", offset: 4, ty: u32::DESC },
                FieldDesc { name: "len", offset: offset_of!(Self, nodes) as u64, ty: u32::DESC },
                FieldDesc { name: "free", offset: offset_of!(Self, nodes) as u64 + 4, ty: u32::DESC },
                FieldDesc { name: "fresh", offset: offset_of!(Self, nodes) as u64 + 8, ty: u32::DESC },
                FieldDesc {
                    name: "nodes",
                    offset: offset_of!(Self, nodes) as u64 + Nodes::<T, N>::NODES_OFFSET,
                    ty: NodeDescs::<T, N>::ARRAY,
                },
            ],
            ops: &ContainerOps { check: Self::check, rebuild: Self::rebuild },
        },
        size_of::<Self>(),
        align_of::<Self>(),
    );
}
