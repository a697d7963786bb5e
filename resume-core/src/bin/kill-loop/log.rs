//! The words that supervisor and worker share: what is to be done, and what is done.

use core::ptr::NonNull;
use core::sync::atomic::{AtomicU64, Ordering};
use std::os::fd::AsFd;

use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// A word of the log.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Word {
    /// Operations are made of it.
    Seed,
    /// Whether to do something that is not whole.
    Plant,
    /// Number of the operation to start with.
    First,
    /// Stop cleanly before the operation of this number.
    StopBefore,
    /// Operations that are done. From `First` on, one store each.
    Done,
    /// Where the worker is: a [`Phase`].
    Phase,
    /// `CLOCK_MONOTONIC` before the open, and behind it.
    OpenBegan,
    OpenEnded,
}

const WORDS: usize = 8;

/// What a worker is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// It has not come to `main` yet.
    Exec,
    Open,
    Live,
    Stop,
}

/// # Invariants
/// A shared mapping of [`WORDS`] words that this value owns.
pub(crate) struct Log(NonNull<AtomicU64>);

impl Log {
    pub(crate) const BYTES: usize = WORDS * size_of::<AtomicU64>();

    pub(crate) fn map(fd: impl AsFd) -> std::io::Result<Self> {
        let prot = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new mapping at an address of the kernel's choice aliases nothing of this process.
        let at = unsafe { mmap(core::ptr::null_mut(), Self::BYTES, prot, MapFlags::SHARED, fd, 0) }?;
        let at = NonNull::new(at.cast()).ok_or(std::io::ErrorKind::OutOfMemory)?;
        Ok(Self(at))
    }

    fn word(&self, word: Word) -> &AtomicU64 {
        let at = self.0.as_ptr().wrapping_add(word as usize);
        // SAFETY: the mapping has a word for each of `Word`; atomics may be shared with another process.
        unsafe { &*at }
    }

    pub(crate) fn get(&self, word: Word) -> u64 {
        self.word(word).load(Ordering::Acquire)
    }

    pub(crate) fn set(&self, word: Word, value: u64) {
        self.word(word).store(value, Ordering::Release);
    }

    pub(crate) fn phase(&self) -> Phase {
        match self.get(Word::Phase) {
            1 => Phase::Open,
            2 => Phase::Live,
            3 => Phase::Stop,
            _ => Phase::Exec,
        }
    }

    pub(crate) fn set_phase(&self, phase: Phase) {
        self.set(Word::Phase, phase as u64);
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        // SAFETY: the invariant: the mapping is ours, and no reference to a word outlives a call.
        let unmapped = unsafe { munmap(self.0.as_ptr().cast(), Self::BYTES) };
        debug_assert!(unmapped.is_ok(), "a whole mapping unmaps");
    }
}

/// `CLOCK_MONOTONIC`, which means the same in every process.
pub(crate) fn now_ns() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}
