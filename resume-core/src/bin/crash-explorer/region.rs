//! The memory that an operation is stepped in, and recovery of a copy of it.
//!
//! A region is a miniature segment: a journal, then the state. It is shared with the stepped child, so that
//! what the child's stores left is what the parent reads, as after a real crash.

use core::ptr::NonNull;

use resume_core::ShmSafe;
use resume_core::check::{Checker, Rebuild};
use resume_core::journal;
use resume_core::layout::TypeDesc;
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};

/// Bytes of the journal, at the start of a region.
const JOURNAL_BYTES: usize = 16 * 1024;

/// A mapping that children of this process share.
///
/// # Invariants
/// `base` is the start of a mapping of `bytes` bytes, page aligned, owned by this value.
pub(crate) struct Region {
    base: NonNull<u8>,
    bytes: usize,
}

// SAFETY: a region is memory and its address; nothing in it is tied to a thread, and it has one owner.
unsafe impl Send for Region {}

impl Region {
    /// A region of zeros for a state of this type.
    pub(crate) fn new(ty: &TypeDesc) -> std::io::Result<Self> {
        let bytes = (JOURNAL_BYTES + ty.size as usize).next_multiple_of(4096);
        let prot = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new anonymous mapping at an address of the kernel's choice aliases nothing.
        let base = unsafe { mmap_anonymous(core::ptr::null_mut(), bytes, prot, MapFlags::SHARED) }?;
        let base = NonNull::new(base.cast()).ok_or(std::io::ErrorKind::OutOfMemory)?;
        Ok(Self { base, bytes })
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: the invariant gives a readable mapping of `bytes` bytes; the only other writer is a
        // traced child, which is stopped whenever this process runs, and the borrow ends before it goes on.
        unsafe { core::slice::from_raw_parts(self.base.as_ptr(), self.bytes) }
    }

    pub(crate) fn load(&mut self, image: &[u8]) {
        assert_eq!(image.len(), self.bytes, "an image of another region");
        // SAFETY: the invariant and the assertion: both sides are `bytes` long, and a mapping owned by
        // `self` cannot overlap a slice borrowed from elsewhere.
        unsafe { core::ptr::copy_nonoverlapping(image.as_ptr(), self.base.as_ptr(), self.bytes) };
    }

    /// The state, as a place of type `S`.
    fn state<S: ShmSafe>(&self) -> *mut S {
        assert!(JOURNAL_BYTES + size_of::<S>() <= self.bytes, "the state fits its region");
        self.base.as_ptr().wrapping_add(JOURNAL_BYTES).cast()
    }

    /// Runs `f` on the state with the journal active, as the owner of a live segment would.
    pub(crate) fn with<S: ShmSafe, T>(&mut self, f: impl FnOnce(&mut S) -> T) -> T {
        let at = self.state::<S>();
        // SAFETY: the mapping is valid for reads and writes, this process alone uses it, and the guard is
        // dropped before `self` is borrowed again; only the journal touches the journal's bytes.
        let active = unsafe { journal::activate(self.base.as_ptr(), self.bytes, 0, JOURNAL_BYTES) };
        // SAFETY: `at` lies behind the journal and within the region (asserted in `state`), and `f` gets the
        // one reference to it.
        let _active = unsafe { active.with_root(at.cast(), size_of::<S>()) };
        // SAFETY: page aligned plus 16 KiB suits every alignment up to that; the bytes are all zero, which
        // every subject's type allows, or were made by its operations, or passed `recover`.
        f(unsafe { &mut *at })
    }

    /// What an attach after a crash does: roll back, check, rebuild.
    pub(crate) fn recover(&mut self, ty: &'static TypeDesc) -> Result<Rebuild, String> {
        // SAFETY: the mapping is valid for reads and writes of `bytes` bytes, and this process alone uses it.
        let rolled_back = unsafe { journal::rollback(self.base.as_ptr(), self.bytes, 0, JOURNAL_BYTES) };
        rolled_back.map_err(|damaged| format!("the journal is damaged: {damaged}"))?;
        let at = self.base.as_ptr().wrapping_add(JOURNAL_BYTES);
        let mut checker = Checker::new();
        // SAFETY: `at` is page aligned and readable for the type's size; nobody writes.
        unsafe { checker.value(ty, at) };
        if let Some(problem) = checker.finish().0.first() {
            return Err(format!("the check failed at {problem}"));
        }
        let mut rebuild = Rebuild::default();
        // SAFETY: as above, writable too, and the bytes have just passed the check.
        unsafe { rebuild.value(ty, at) };
        Ok(rebuild)
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: the invariant: the mapping is ours, and no borrow of it outlives `self`.
        let unmapped = unsafe { munmap(self.base.as_ptr().cast(), self.bytes) };
        debug_assert!(unmapped.is_ok(), "a whole mapping unmaps");
    }
}
