//! A miniature segment on the heap: a journal and a root, to be crashed by copying its bytes.
#![allow(dead_code, reason = "each test uses a part")]

use resume_core::ShmSafe;
use resume_core::check::{Checker, Problem, Rebuild};
use resume_core::journal::{self, JournalDamaged, RolledBack};

pub(crate) const JOURNAL_BYTES: usize = 64 * 1024;

/// Bytes of one cache line, so that the memory is aligned.
#[repr(C, align(64))]
#[derive(Clone, Copy)]
struct Line([u8; 64]);

pub(crate) struct Arena {
    lines: Vec<Line>,
    journal_bytes: usize,
}

impl Arena {
    /// Zeros for a root of type `R`.
    pub(crate) fn new<R: ShmSafe>() -> Self {
        Self::with_journal::<R>(JOURNAL_BYTES)
    }

    pub(crate) fn with_journal<R: ShmSafe>(journal_bytes: usize) -> Self {
        assert!(align_of::<R>() <= 64 && journal_bytes.is_multiple_of(64));
        let lines = (journal_bytes + size_of::<R>()).div_ceil(64);
        Self { lines: vec![Line([0; 64]); lines], journal_bytes }
    }

    /// What a crash leaves: the bytes as they are now.
    pub(crate) fn copy(&self) -> Self {
        Self { lines: self.lines.clone(), journal_bytes: self.journal_bytes }
    }

    fn base(&mut self) -> *mut u8 {
        self.lines.as_mut_ptr().cast()
    }

    pub(crate) fn bytes_len(&self) -> usize {
        size_of_val(&self.lines[..])
    }

    pub(crate) fn bytes(&mut self) -> &mut [u8] {
        let len = self.bytes_len();
        // SAFETY: the lines are `len` initialised bytes, borrowed exclusively.
        unsafe { core::slice::from_raw_parts_mut(self.base(), len) }
    }

    pub(crate) fn root_bytes(&mut self) -> &mut [u8] {
        let at = self.journal_bytes;
        &mut self.bytes()[at..]
    }

    /// Runs `f` on the root with the journal active.
    pub(crate) fn with<R: ShmSafe, T>(&mut self, f: impl FnOnce(&mut R) -> T) -> T {
        let (base, bytes, journal_bytes) = (self.base(), self.bytes_len(), self.journal_bytes);
        assert!(journal_bytes + size_of::<R>() <= bytes);
        let at = base.wrapping_add(journal_bytes);
        // SAFETY: the memory is owned by `self` and outlives the guard; nobody else uses it.
        let active = unsafe { journal::activate(base, bytes, 0, journal_bytes) };
        // SAFETY: the root is behind the journal, and the reference below is the one way to it.
        let _active = unsafe { active.with_root(at, size_of::<R>()) };
        // SAFETY: in bounds and aligned (asserted); tests use types of which zero is valid, and bytes that
        // passed the check.
        f(unsafe { &mut *at.cast::<R>() })
    }

    pub(crate) fn rollback(&mut self) -> Result<RolledBack, JournalDamaged> {
        let (base, bytes, journal_bytes) = (self.base(), self.bytes_len(), self.journal_bytes);
        // SAFETY: the memory is owned by `self`.
        unsafe { journal::rollback(base, bytes, 0, journal_bytes) }
    }

    pub(crate) fn check<R: ShmSafe>(&mut self) -> Vec<Problem> {
        let at = self.base().wrapping_add(self.journal_bytes);
        let mut checker = Checker::new();
        // SAFETY: the root's bytes are owned by `self`, aligned.
        unsafe { checker.value(R::DESC, at) };
        checker.finish().0
    }

    /// What an attach after a crash does.
    pub(crate) fn recover<R: ShmSafe>(&mut self) -> Rebuild {
        self.rollback().unwrap();
        assert_eq!(self.check::<R>(), []);
        let at = self.base().wrapping_add(self.journal_bytes);
        let mut rebuild = Rebuild::default();
        // SAFETY: the root's bytes are owned by `self`, aligned, and have passed the check.
        unsafe { rebuild.value(R::DESC, at) };
        rebuild
    }
}
