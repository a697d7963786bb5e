//! What every row needs: a segment's memory, random numbers, values of a game object's size.

use std::fs::File;
use std::os::fd::AsFd;
use std::ptr;

use resume_core::ShmSafe;
use resume_core::journal;
use rustix::fs::{MemfdFlags, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// As in a segment by default.
const JOURNAL_BYTES: usize = 1 << 20;

/// Shared memory with a journal and a root, as a segment is: tmpfs pages of 4 KiB, where the heap of the peers
/// has pages of the same size.
pub(crate) struct Shared {
    base: *mut u8,
    bytes: usize,
}

impl Shared {
    pub(crate) fn new<R: ShmSafe>() -> Self {
        let bytes = (JOURNAL_BYTES + size_of::<R>()).next_multiple_of(4096);
        let file = File::from(memfd_create("resume-bench", MemfdFlags::CLOEXEC).expect("memfd"));
        file.set_len(bytes as u64).expect("memory for the benchmark");
        let flags = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED);
        // SAFETY: a new mapping at an address that the kernel chooses replaces none.
        let base = unsafe { mmap(ptr::null_mut(), bytes, flags.0, flags.1, file.as_fd(), 0) };
        Self { base: base.expect("room for a mapping").cast(), bytes }
    }

    /// Runs `f` on the root with the journal active, as a server's tick does.
    pub(crate) fn with<R: ShmSafe, T>(&mut self, f: impl FnOnce(&mut R) -> T) -> T {
        assert!(align_of::<R>() <= 4096);
        let at = self.base.wrapping_add(JOURNAL_BYTES);
        // SAFETY: the mapping is owned by `self` and outlives the guard; nobody else uses it.
        let active = unsafe { journal::activate(self.base, self.bytes, 0, JOURNAL_BYTES) };
        // SAFETY: the root is behind the journal, and the reference below is the one way to it.
        let _active = unsafe { active.with_root(at, size_of::<R>()) };
        // SAFETY: within the mapping and aligned (asserted); zero bytes are valid for the roots used here.
        f(unsafe { &mut *at.cast::<R>() })
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: the mapping of `new`, which nothing refers to any more.
        unsafe { munmap(self.base.cast(), self.bytes) }.expect("a mapping of ours");
    }
}

/// Random numbers that are the same in each run (splitmix64, Steele, Lea, Flood 2014).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    pub(crate) fn keys(&mut self, count: usize) -> Vec<u64> {
        (0..count).map(|_| self.next()).collect()
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }

    /// The numbers below `count` in random order.
    pub(crate) fn order(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        self.shuffle(&mut order);
        order
    }
}

/// A value of a game object's size.
#[derive(ShmSafe, Clone, Copy)]
#[repr(C)]
pub(crate) struct Unit(pub(crate) [u64; 8]);

impl Unit {
    pub(crate) fn new(number: u64) -> Self {
        Self([number; 8])
    }
}

/// Passes over `elements` that make a round long enough for the clock and short enough to fit between two turns of
/// other processes.
pub(crate) fn repeats(elements: usize) -> usize {
    (60_000 / elements).max(1)
}
