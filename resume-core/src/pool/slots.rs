//! [`Pool`] itself. The [parent](super) says what is truth and which store commits.

use core::fmt;
use core::marker::PhantomData;
use core::mem::{MaybeUninit, offset_of};
use core::ptr;

use super::{Full, Handle, Iter, IterMut, PoolFull, Reserved};
use crate::ShmSafe;
use crate::check::{Checker, Rebuild};
use crate::journal::{Span, Word, barrier, save_open, try_save_open};
use crate::layout::{ContainerOps, FieldDesc, Ident, IdentArg, Kind, Role, TypeDesc};

/// A slot's word, taken apart. See the table of the [parent](super).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SlotWord(pub(super) u64);

const TAG_SHIFT: u32 = 30;
const FREE: u32 = 0;
const RESERVED: u32 = 1 << TAG_SHIFT;
const OCCUPIED: u32 = 2 << TAG_SHIFT;
const RETIRED: u32 = 3 << TAG_SHIFT;
const LINK: u32 = RESERVED - 1;

impl SlotWord {
    const fn new(generation: u32, low: u32) -> Self {
        Self((generation as u64) << 32 | low as u64)
    }

    pub(super) const fn generation(self) -> u32 {
        (self.0 >> 32) as u32
    }

    const fn low(self) -> u32 {
        self.0 as u32
    }

    const fn tag(self) -> u32 {
        self.low() & !LINK
    }

    const fn link(self) -> u32 {
        self.low() & LINK
    }

    pub(super) const fn is_occupied(self) -> bool {
        self.tag() == OCCUPIED
    }
}

#[repr(C)]
pub(super) struct Slot<T> {
    pub(super) word: Word<u64>,
    pub(super) value: MaybeUninit<T>,
}

impl<T> Slot<T> {
    pub(super) fn load(&self) -> SlotWord {
        SlotWord(self.word.get())
    }
}

/// Descriptors of a slot and of the array of slots.
struct Slots<T, const N: usize>(PhantomData<T>);

impl<T: ShmSafe, const N: usize> Slots<T, N> {
    const SLOT_ID: &'static Ident = &Ident::new("Pool.Slot", &[IdentArg::Type(T::ID)]);
    const SLOT: &'static TypeDesc = &TypeDesc::c_struct(
        Self::SLOT_ID,
        &[
            FieldDesc { name: "word", offset: 0, ty: u64::DESC },
            FieldDesc { name: "value", offset: offset_of!(Slot<T>, value) as u64, ty: T::DESC },
        ],
        size_of::<Slot<T>>(),
        align_of::<Slot<T>>(),
    );
    const ARRAY_ID: &'static Ident =
        &Ident::new("[]", &[IdentArg::Type(Self::SLOT_ID), IdentArg::Const(N as i128)]);
    const ARRAY: &'static TypeDesc = &TypeDesc::new(
        Self::ARRAY_ID,
        Kind::Array { elem: Self::SLOT, len: N as u64 },
        size_of::<[Slot<T>; N]>(),
        align_of::<[Slot<T>; N]>(),
    );
}

/// Up to `N` values of one type, each named by a [`Handle`].
///
/// All zero is the empty pool. Values move neither in memory nor between slots. See the
/// [module](super) for what a crash leaves.
///
/// ```
/// # use resume_core::pool::Pool;
/// let mut pool = Pool::<u64, 4>::new();
/// let handle = pool.insert(7)?;
/// assert_eq!(pool.get(handle), Some(&7));
/// assert_eq!(pool.remove(handle), Some(7));
/// assert_eq!(pool.get(handle), None);
/// # Ok::<(), resume_core::pool::Full<u64>>(())
/// ```
#[repr(C)]
pub struct Pool<T, const N: usize> {
    len: Word<u32>,
    head: Word<u32>,
    fresh: Word<u32>,
    phase: Word<u32>,
    slots: [Slot<T>; N],
    _this_thread: PhantomData<*mut ()>,
}

const CLEARING: u32 = 1;

/// Where the next value goes: a slot and, if it is the first of the free list, the rest of that list.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) index: usize,
    pub(super) generation: u32,
    rest: Option<u32>,
}

impl<T: ShmSafe, const N: usize> Pool<T, N> {
    const CAPACITY_FITS: () = assert!(N < LINK as usize, "Pool: N must be less than 2^30 - 1");

    /// An empty pool, as all-zero bytes are too.
    pub const fn new() -> Self {
        const { Self::CAPACITY_FITS };
        Self {
            len: Word::new(0),
            head: Word::new(0),
            fresh: Word::new(0),
            phase: Word::new(0),
            slots: [const { Slot { word: Word::new(0), value: MaybeUninit::uninit() } }; N],
            _this_thread: PhantomData,
        }
    }

    /// Values in the pool; reserved slots hold none yet.
    pub fn len(&self) -> usize {
        self.len.get() as usize
    }

    /// Whether the pool holds no value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Slots of the pool: `N`.
    pub const fn capacity(&self) -> usize {
        N
    }

    /// Whether the next insert would fail. A slot is lost for good after 2^32 values.
    pub fn is_full(&self) -> bool {
        self.find_place().is_none() && self.free_scan().is_none()
    }

    /// The slot that `handle` names. One that was never used is not among them: no attach has checked what its
    /// bytes are, which matters where not all of them are valid.
    #[inline]
    fn slot(&self, handle: Handle<T>) -> Option<&Slot<T>> {
        let slot = self.slots.get(handle.index as usize)?;
        (const { T::DESC.plain } || handle.index < self.fresh.get()).then_some(slot)
    }

    /// The value that `handle` names, if it is still there.
    #[inline]
    pub fn get(&self, handle: Handle<T>) -> Option<&T> {
        let slot = self.slot(handle)?;
        if slot.load() != SlotWord::new(handle.generation, OCCUPIED) {
            return None;
        }
        // SAFETY: the word says Occupied, so `commit_value` wrote the value before it (and an attach checked it).
        Some(unsafe { slot.value.assume_init_ref() })
    }

    /// The value that `handle` names, to change it. Writes through it are the caller's own: more than one
    /// word at once belongs into a [transaction](mod@crate::transaction).
    #[inline]
    pub fn get_mut(&mut self, handle: Handle<T>) -> Option<&mut T> {
        self.slot(handle)?;
        let slot = self.slots.get_mut(handle.index as usize)?;
        if slot.load() != SlotWord::new(handle.generation, OCCUPIED) {
            return None;
        }
        // SAFETY: as in `get`; the borrow is exclusive.
        Some(unsafe { slot.value.assume_init_mut() })
    }

    /// Whether `handle` still names a value.
    #[inline]
    pub fn contains(&self, handle: Handle<T>) -> bool {
        self.get(handle).is_some()
    }

    /// Puts a value into a free slot. All or nothing on a crash.
    ///
    /// # Errors
    /// [`Full`] gives the value back.
    #[inline]
    pub fn insert(&mut self, value: T) -> Result<Handle<T>, Full<T>> {
        let Some(place) = self.place() else { return Err(Full(value)) };
        let slot = &self.slots[place.index];
        save_open(|| [Span::of(slot), Span::of(&self.len), Span::of(&self.head), Span::of(&self.fresh)]);
        self.raise_fresh(place);
        let handle = self.occupy(place.index, place.generation, value);
        self.unlink(place);
        Ok(handle)
    }

    /// Takes a slot that belongs to the running code until it is [committed](Reserved::commit); dropped or
    /// crashed before that, the slot is free again.
    ///
    /// # Errors
    /// [`PoolFull`] when no slot is free.
    pub fn reserve(&mut self) -> Result<Reserved<'_, T, N>, PoolFull> {
        let place = self.place().ok_or(PoolFull { capacity: N })?;
        let slot = &self.slots[place.index];
        save_open(|| [Span::of(slot), Span::of(&self.len), Span::of(&self.head), Span::of(&self.fresh)]);
        self.raise_fresh(place);
        slot.word.commit(SlotWord::new(place.generation, RESERVED).0);
        self.unlink(place);
        Ok(Reserved::new(self, Handle::new(place.index as u32, place.generation)))
    }

    /// Takes the value that `handle` names out of the pool. All or nothing on a crash.
    #[inline]
    pub fn remove(&mut self, handle: Handle<T>) -> Option<T> {
        let slot = self.slot(handle)?;
        if slot.load() != SlotWord::new(handle.generation, OCCUPIED) {
            return None;
        }
        save_open(|| [Span::of(&slot.word), Span::of(&self.len), Span::of(&self.head)]);
        // SAFETY: the word says Occupied, so the value exists; the store below makes this its last use.
        let value = unsafe { slot.value.assume_init_read() };
        self.free(handle.index as usize, handle.generation);
        self.set_len(self.len().wrapping_sub(1));
        Some(value)
    }

    /// Removes every value, and frees slots whose [`Reserved`] was forgotten. All or nothing on a crash.
    pub fn clear(&mut self) {
        let used = self.used();
        save_open(|| [Span::of(&self.len), Span::of(&self.head), Span::of(&self.phase)]);
        for slot in &self.slots[..used] {
            save_open(|| [Span::of(&slot.word)]);
        }
        self.phase.commit(CLEARING);
        self.finish_clear();
    }

    /// The values with their handles, in the order of their slots.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter::new(&self.slots[..self.used()])
    }

    /// The values with their handles, to change them.
    pub fn iter_mut(&mut self) -> IterMut<'_, T> {
        let used = self.used();
        IterMut::new(&mut self.slots[..used])
    }

    /// Slots that were ever used.
    fn used(&self) -> usize {
        (self.fresh.get() as usize).min(N)
    }

    fn set_len(&self, len: usize) {
        self.len.set(len as u32);
    }

    /// Follows the free list, or takes an untouched slot. `None` also when the list is damaged.
    #[inline]
    fn find_place(&self) -> Option<Place> {
        let head = self.head.get();
        let fresh = self.fresh.get();
        let (index, listed) = if head == 0 { (fresh, false) } else { (head - 1, true) };
        let word = self.slots.get(index as usize)?.load();
        if listed && index >= fresh {
            return None;
        }
        let generation = word.generation().checked_add(1)?;
        (word.tag() == FREE).then_some(Place {
            index: index as usize,
            generation,
            rest: listed.then_some(word.link()),
        })
    }

    #[inline]
    fn place(&self) -> Option<Place> {
        self.find_place().or_else(|| self.place_after_repair())
    }

    /// The pool looks full: either it is, or its derived words are damaged.
    #[cold]
    #[inline(never)]
    fn place_after_repair(&self) -> Option<Place> {
        self.free_scan()?;
        save_open(|| [Span::of(&self.len), Span::of(&self.head), Span::of(&self.fresh)]);
        for slot in &self.slots {
            save_open(|| [Span::of(&slot.word)]);
        }
        // What was never used holds nothing, whatever its word says: no attach has checked it.
        for slot in &self.slots[self.used()..] {
            slot.word.set(0);
        }
        barrier();
        self.fresh.commit(N as u32);
        self.derive(&mut 0);
        self.find_place()
    }

    /// A free slot, found without derived words.
    #[cold]
    fn free_scan(&self) -> Option<usize> {
        let used = self.used();
        if used < N {
            return Some(used);
        }
        // A list that ends while all slots were used is the common full pool: nothing to scan for.
        if self.head.get() == 0 && self.fresh.get() as usize == N {
            return None;
        }
        self.slots.iter().position(|s| s.load().tag() == FREE && s.load().generation() != u32::MAX)
    }

    /// Counts a slot as used before it is: see the module on `fresh`.
    #[inline]
    fn raise_fresh(&self, place: Place) {
        if place.rest.is_none() {
            self.fresh.commit(place.index as u32 + 1);
        }
    }

    #[inline]
    fn unlink(&self, place: Place) {
        if let Some(rest) = place.rest {
            self.head.set(rest);
        }
    }

    /// Writes the value, then commits it.
    #[inline]
    fn occupy(&mut self, index: usize, generation: u32, value: T) -> Handle<T> {
        let slot = &mut self.slots[index];
        slot.value.write(value);
        slot.word.commit(SlotWord::new(generation, OCCUPIED).0);
        self.set_len(self.len().wrapping_add(1));
        Handle::new(index as u32, generation)
    }

    pub(super) fn commit_reserved(&mut self, handle: Handle<T>, value: T) -> Handle<T> {
        let slot = &self.slots[handle.index as usize];
        save_open(|| [Span::of(slot), Span::of(&self.len)]);
        self.occupy(handle.index as usize, handle.generation, value)
    }

    /// Frees a reserved slot. It runs in a drop, perhaps while unwinding, and so must not unwind itself.
    pub(super) fn cancel_reserved(&mut self, handle: Handle<T>) {
        let slot = &self.slots[handle.index as usize];
        if try_save_open(&[Span::of(&slot.word), Span::of(&self.head)]) {
            self.free(handle.index as usize, handle.generation);
        }
    }

    /// Makes a slot free, or retires it when its generation is used up.
    #[inline]
    fn free(&self, index: usize, generation: u32) {
        let slot = &self.slots[index];
        if generation == u32::MAX {
            slot.word.commit(SlotWord::new(generation, RETIRED).0);
            return barrier();
        }
        let head = self.head.get() & LINK;
        slot.word.commit(SlotWord::new(generation, FREE | head).0);
        self.head.set(index as u32 + 1);
    }

    /// Frees every slot that is not. It may be interrupted and run again.
    fn finish_clear(&self) {
        for slot in &self.slots[..self.used()] {
            let word = slot.load();
            if word.tag() != FREE {
                let tag = if word.generation() == u32::MAX { RETIRED } else { FREE };
                slot.word.commit(SlotWord::new(word.generation(), tag).0);
            }
        }
        self.derive(&mut 0);
        barrier();
        self.phase.commit(0);
    }

    /// Makes the derived words anew from the slots' words; frees what is reserved.
    fn derive(&self, reserved_freed: &mut u64) {
        let (mut head, mut len) = (0, 0);
        for (index, slot) in self.slots[..self.used()].iter().enumerate().rev() {
            let word = slot.load();
            let free = match word.tag() {
                OCCUPIED => {
                    len += 1;
                    false
                }
                RESERVED => {
                    *reserved_freed += 1;
                    true
                }
                tag => tag == FREE,
            };
            if free && word.generation() == u32::MAX {
                slot.word.commit(SlotWord::new(word.generation(), RETIRED).0);
            } else if free {
                slot.word.commit(SlotWord::new(word.generation(), FREE | head).0);
                head = index as u32 + 1;
            }
        }
        self.head.set(head);
        self.len.set(len);
    }

    /// # Safety
    /// As [`ContainerOps::check`].
    unsafe fn check(at: *const u8, check: &mut Checker) {
        // SAFETY: the caller vouches for the bytes, which nobody writes; words are numbers and values
        // `MaybeUninit`, so a reference to the whole is sound whatever they are.
        let pool = unsafe { &*at.cast::<Self>() };
        let (fresh, phase) = (pool.fresh.get(), pool.phase.get());
        if fresh as usize > N {
            check.problem(format_args!("expected at most {N} used slots, found {fresh}"));
        }
        if phase > CLEARING {
            check.problem(format_args!("expected a pool phase of 0 or 1, found {phase}"));
        }
        // While a clear was interrupted too: what it has not freed yet is valid, and stays so if the phase was
        // damage.
        let values = pool.slots[..pool.used()]
            .iter()
            .enumerate()
            .filter(|(_, slot)| slot.load().is_occupied())
            .map(|(index, slot)| (index as u64, slot.value.as_ptr().cast()));
        // Where values are looked at anyway, so is their count. The free list is repaired where it is followed.
        if check.is_settled() && !T::DESC.plain && values.clone().count() != pool.len() {
            check.derived_is_off();
        }
        // SAFETY: the values' bytes are within the pool's, aligned by `repr(C)`.
        unsafe { check.elements(T::DESC, values) };
    }

    /// # Safety
    /// As [`ContainerOps::rebuild`].
    unsafe fn rebuild(at: *mut u8, rebuild: &mut Rebuild) {
        // SAFETY: the caller vouches for the bytes, which passed `check`, and nobody else uses them; a
        // `Pool` has no invalid patterns: its values are `MaybeUninit`.
        let pool = unsafe { &mut *at.cast::<Self>() };
        let used = pool.used();
        rebuild.slots_visited += used as u64;
        if pool.phase.get() == CLEARING {
            return pool.finish_clear();
        }
        pool.derive(&mut rebuild.reserved_freed);
        if !T::DESC.rebuilds {
            return;
        }
        for slot in pool.slots[..used].iter_mut().filter(|s| s.load().is_occupied()) {
            let value = ptr::from_mut(&mut slot.value).cast();
            // SAFETY: an occupied slot's value exists and passed the check; the borrow is exclusive.
            unsafe { rebuild.value(T::DESC, value) };
        }
    }
}

impl<T: ShmSafe, const N: usize> Default for Pool<T, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: ShmSafe + fmt::Debug, const N: usize> fmt::Debug for Pool<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

impl<'p, T: ShmSafe, const N: usize> IntoIterator for &'p Pool<T, N> {
    type Item = (Handle<T>, &'p T);
    type IntoIter = Iter<'p, T>;

    fn into_iter(self) -> Iter<'p, T> {
        self.iter()
    }
}

impl<'p, T: ShmSafe, const N: usize> IntoIterator for &'p mut Pool<T, N> {
    type Item = (Handle<T>, &'p mut T);
    type IntoIter = IterMut<'p, T>;

    fn into_iter(self) -> IterMut<'p, T> {
        self.iter_mut()
    }
}

// SAFETY: `repr(C)` over words and slots of `T: ShmSafe`; the fields and offsets are the real ones; the
// values of occupied slots are checked by `check`; links are indices; no drop glue, as `T` has none.
unsafe impl<T: ShmSafe, const N: usize> ShmSafe for Pool<T, N> {
    const ID: &'static Ident = &Ident::new("Pool", &[IdentArg::Type(T::ID), IdentArg::Const(N as i128)]);
    const DESC: &'static TypeDesc = &TypeDesc::new(
        Self::ID,
        Kind::Container {
            role: Role::Pool,
            capacity: {
                // Here, `cargo check` finds it in a derived owner; in `new` alone, only a build does.
                let () = Self::CAPACITY_FITS;
                N as u64
            },
            fields: &[
                FieldDesc { name: "len", offset: 0, ty: u32::DESC },
                FieldDesc { name: "head", offset: 4, ty: u32::DESC },
                FieldDesc { name: "fresh", offset: 8, ty: u32::DESC },
                FieldDesc { name: "phase", offset: 12, ty: u32::DESC },
                FieldDesc { name: "slots", offset: offset_of!(Self, slots) as u64, ty: Slots::<T, N>::ARRAY },
            ],
            ops: &ContainerOps { check: Self::check, rebuild: Self::rebuild },
        },
        size_of::<Self>(),
        align_of::<Self>(),
    );
}
