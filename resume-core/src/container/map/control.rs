//! The control bytes of a table, and how a search walks over them.
//!
//! A *window* is 16 control bytes in a row, from any position, round the end. So that one can be read with one
//! load, the first 16 bytes stand once more behind the last: the mirror, which is derived.

use core::mem::offset_of;
use core::ptr;
use core::sync::atomic::{AtomicU8, Ordering::Relaxed, Ordering::Release};

use super::group::{DELETED, EMPTY, GROUP, Group};
use crate::journal::{Span, barrier};

/// One byte for each of `N` buckets: see [`group`](super::group) for what it says.
#[repr(C)]
pub(super) struct Control<const N: usize> {
    control: [AtomicU8; N],
    mirror: [AtomicU8; GROUP],
}

impl<const N: usize> Control<N> {
    /// Offset of the mirror.
    pub(super) const MIRROR_OFFSET: u64 = offset_of!(Self, mirror) as u64;

    pub(super) const fn new() -> Self {
        Self { control: [const { AtomicU8::new(EMPTY) }; N], mirror: [const { AtomicU8::new(EMPTY) }; GROUP] }
    }

    /// The bytes without the mirror.
    pub(super) fn as_slice(&self) -> &[AtomicU8] {
        &self.control
    }

    /// The byte of a bucket; none has a byte that is full from `N` on.
    #[inline]
    pub(super) fn get(&self, index: usize) -> u8 {
        self.control.get(index).map_or(EMPTY, |byte| byte.load(Relaxed))
    }

    /// The bytes behind the others, to be saved.
    pub(super) fn mirror(&self) -> &[AtomicU8; GROUP] {
        &self.mirror
    }

    /// Where a bucket's byte stands the second time, or the first time where there is no second: then a store too
    /// many is cheaper than to ask.
    #[inline]
    fn mirrored(&self, index: usize) -> &AtomicU8 {
        let at = (index.wrapping_sub(GROUP) & (N - 1)) + GROUP;
        let byte = ptr::from_ref(self).cast::<AtomicU8>().wrapping_add(at);
        // SAFETY: `N` is a power of two, so this is one of the N + 16 bytes of `self`; they are atomics.
        unsafe { &*byte }
    }

    /// All that a change of a bucket's byte overwrites.
    pub(super) fn spans(&self, index: usize) -> [Span<'_>; 2] {
        [Span::of(&self.control[index]), Span::of(self.mirrored(index))]
    }

    /// Changes a bucket's byte with the one store that commits; what follows from it is stored after that.
    #[inline]
    pub(super) fn commit(&self, index: usize, control: u8) {
        self.control[index].store(control, Release);
        barrier();
        self.mirrored(index).store(control, Relaxed);
    }

    /// Empties every bucket, in any order.
    pub(super) fn empty_all(&mut self) {
        let at = ptr::from_mut(self).cast::<u8>();
        // SAFETY: all bytes of `self`, borrowed exclusively; EMPTY is a valid pattern of each.
        unsafe { at.write_bytes(EMPTY, size_of::<Self>()) };
    }

    /// Makes the mirror anew.
    pub(super) fn derive_mirror(&self) {
        for (mirror, byte) in self.mirror.iter().zip(&self.control) {
            mirror.store(byte.load(Relaxed), Relaxed);
        }
    }

    /// Whether the mirror is as the bytes are.
    pub(super) fn is_mirrored(&self) -> bool {
        self.mirror.iter().zip(&self.control).all(|(mirror, byte)| mirror.load(Relaxed) == byte.load(Relaxed))
    }

    /// The window that starts at `position`, which is less than `N`.
    #[inline]
    pub(super) fn window(&self, position: usize) -> Group {
        debug_assert!(position < N);
        let at = ptr::from_ref(self).cast::<u8>().wrapping_add(position & (N - 1)).cast::<[u8; GROUP]>();
        // SAFETY: 16 bytes from a position below `N` lie within the N + 16 of `self`; `N` is a power of two, so the mask
        // holds for any position; nobody writes them while `self` is borrowed: a map is neither Send nor Sync.
        Group::load(unsafe { &*at })
    }

    /// What a full bucket becomes when its entry goes: empty, if every window that it is in has an empty bucket
    /// besides. Else a search may have gone past one of them, and must do so again.
    #[inline]
    pub(super) fn when_removed(&self, index: usize) -> u8 {
        let before = self.window(index.wrapping_sub(GROUP) & (N - 1)).empty();
        let behind = self.window(index).empty();
        let taken = before.free_at_end() + behind.free_at_start();
        if taken < GROUP as u32 { EMPTY } else { DELETED }
    }
}

/// The windows that a search visits, by position: together every bucket, each once.
#[derive(Clone, Copy)]
pub(super) struct Probe<const N: usize> {
    /// Where the window starts; less than `N`.
    pub(super) position: usize,
    step: usize,
}

impl<const N: usize> Probe<N> {
    #[inline]
    pub(super) fn new(hash: u64) -> Self {
        Self { position: hash as usize & (N - 1), step: 0 }
    }

    /// Goes on to the next window, if there is one, in triangular order. Most searches end in the first, so all
    /// that is to be computed is computed here.
    #[inline]
    pub(super) fn advance(&mut self) -> bool {
        self.step += GROUP;
        self.position = (self.position + self.step) & (N - 1);
        self.step < N
    }

    /// The bucket at `offset` of the window.
    #[inline]
    pub(super) fn bucket(self, offset: usize) -> usize {
        (self.position + offset) & (N - 1)
    }

    /// Whether the bucket `index` is in the window.
    #[inline]
    pub(super) fn covers(self, index: usize) -> bool {
        (index.wrapping_sub(self.position) & (N - 1)) < GROUP
    }

    /// The windows before the first that has the bucket `index`.
    pub(super) fn until(mut self, index: usize) -> impl Iterator<Item = Self> {
        let mut goes_on = true;
        core::iter::from_fn(move || {
            let here = self;
            if !goes_on || here.covers(index) {
                return None;
            }
            goes_on = self.advance();
            Some(here)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_bucket_once<const N: usize>() {
        for hash in 0..N as u64 {
            let mut seen = vec![0; N];
            let mut probe = Probe::<N>::new(hash);
            loop {
                (0..GROUP).for_each(|offset| seen[probe.bucket(offset)] += 1);
                if !probe.advance() {
                    break;
                }
            }
            assert!(seen.iter().all(|&times| times == 1), "{N} {hash}: {seen:?}");
            for index in 0..N {
                let before = Probe::<N>::new(hash).until(index).count();
                let mut probe = Probe::<N>::new(hash);
                (0..before).for_each(|_| {
                    assert!(!probe.covers(index));
                    assert!(probe.advance());
                });
                assert!(probe.covers(index), "{N} {hash} {index}");
            }
        }
    }

    #[test]
    fn a_search_visits_every_bucket_once() {
        every_bucket_once::<16>();
        every_bucket_once::<64>();
        every_bucket_once::<256>();
    }

    #[test]
    fn a_bucket_becomes_empty_only_if_no_window_without_an_empty_one_has_it() {
        const N: usize = 64;
        const FULL: u8 = 0x80;
        let mut seed = 7_u64;
        for _ in 0..2_000 {
            let control = Control::<N>::new();
            for index in 0..N {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let byte = [EMPTY, DELETED, FULL, FULL, FULL, FULL, FULL, FULL][(seed >> 61) as usize];
                control.commit(index, byte);
            }
            assert!(control.is_mirrored());
            let is_empty = |index: usize| control.get(index % N) == EMPTY;
            for index in (0..N).filter(|&index| !is_empty(index)) {
                let all_have =
                    (index + N - GROUP + 1..=index + N).all(|from| (from..from + GROUP).any(is_empty));
                let expected = if all_have { EMPTY } else { DELETED };
                assert_eq!(control.when_removed(index), expected, "{index} of {:?}", control.as_slice());
            }
        }
    }

    #[test]
    fn the_mirror_is_made_anew() {
        let control = Control::<32>::new();
        control.commit(3, 0x91);
        control.mirror[3].store(0x92, Relaxed);
        assert!(!control.is_mirrored());
        control.derive_mirror();
        assert!(control.is_mirrored());
        assert_eq!(control.window(31).equal(super::super::group::Tag::of(0x91)).collect::<Vec<_>>(), [4]);
    }
}
