//! The mapping of a segment at its base address.

use core::ffi::c_void;
use core::sync::atomic::{AtomicU32, Ordering};
use std::fs;

use rustix::io::Errno;
use rustix::mm::{Advice, MapFlags, MlockFlags, ProtFlags, madvise, mlock_with, mmap, munmap};

use super::backend::{Failed, FileObject, Object, failed};

/// The default base. ASLR places nothing near it: mappings grow down from the stack to 0x6ffd_c968_f000 at
/// the lowest and executables up to 0x6554_f3bf_7000 at the highest, measured with 32 bits of entropy.
pub const BASE_DEFAULT: u64 = 0x6800_0000_0000;

/// Addresses from here on are the kernel's (47 bits, less a guard page).
pub(crate) const ADDRESS_END: u64 = 0x7fff_ffff_f000;

/// Why a mapping could not be made.
#[derive(Debug)]
pub(crate) enum MapError {
    /// Something is there already.
    Taken { conflict: String },
    /// The kernel's own error.
    Failed(Failed),
}

/// How many segments this process has mapped.
static MAPPED: AtomicU32 = AtomicU32::new(0);

/// A mapped segment; dropped, it is unmapped.
///
/// # Invariants
/// `base` is page-aligned and the `bytes` from it are one shared, readable and writable mapping that this
/// value owns, in the process that made it (a forked child does not have it).
#[derive(Debug)]
pub(crate) struct Mapping {
    base: *mut u8,
    bytes: usize,
    pid: u32,
}

impl Mapping {
    /// Maps an object of `bytes` at `base`, or not at all. `base` is a multiple of a page.
    pub(super) fn new(object: &Object, base: u64, bytes: u64) -> Result<Self, MapError> {
        let too_large = || MapError::Failed(failed("mmap")(Errno::NOMEM));
        let length = usize::try_from(bytes).map_err(|_| too_large())?;
        let got = match object {
            Object::File(file) => map_file(file, base, length),
            Object::SystemV(object) => object.map(base),
        };
        let got = match got {
            Ok(got) => got,
            // `mmap` says the first for a range that is taken, `shmat` the second for that and other things.
            Err(Failed { errno: Errno::EXIST, .. }) => return Err(taken(base, bytes)),
            Err(Failed { errno: Errno::INVAL, .. }) if is_taken(base, bytes) => {
                return Err(taken(base, bytes));
            }
            Err(e) => return Err(MapError::Failed(e)),
        };
        let mapping = Self { base: got.cast(), bytes: length, pid: std::process::id() };
        MAPPED.fetch_add(1, Ordering::Relaxed);
        if got.addr() as u64 != base {
            return Err(taken(base, bytes));
        }
        // A forked child neither writes state behind the owner's back nor keeps the object alive.
        // SAFETY: the range is the mapping made above, nobody has a reference into it, and the advice
        // changes nothing in this process.
        let advised = unsafe { madvise(got, length, Advice::LinuxDontFork) };
        advised.map_err(failed("madvise(MADV_DONTFORK)")).map_err(MapError::Failed)?;
        Ok(mapping)
    }

    /// Gives the kernel one of the advices that change no byte.
    pub(super) fn advise(&self, advice: Advice) -> Result<(), Errno> {
        debug_assert!(matches!(
            advice,
            Advice::LinuxPopulateWrite | Advice::LinuxHugepage | Advice::LinuxDontDump
        ));
        // SAFETY: the range is this value's mapping, and by the line above its bytes stay as they are:
        // populating touches pages as a store would and stores nothing.
        unsafe { madvise(self.base.cast(), self.bytes, advice) }
    }

    /// Keeps its pages in memory.
    pub(super) fn lock(&self, flags: MlockFlags) -> Result<(), Errno> {
        // SAFETY: the range is this value's mapping; locking changes no byte of it.
        unsafe { mlock_with(self.base.cast(), self.bytes, flags) }
    }

    pub(crate) fn base(&self) -> *mut u8 {
        self.base
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether this is the process that mapped it.
    pub(crate) fn is_here(&self) -> bool {
        self.pid == std::process::id()
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        if !self.is_here() {
            return;
        }
        MAPPED.fetch_sub(1, Ordering::Relaxed);
        // A System V mapping goes by this call too; the kernel counts mappings, not detaches.
        // SAFETY: by the invariant the range is a mapping that this value owns; every user of it borrows
        // or owns this value, so none is left.
        let unmapped = unsafe { munmap(self.base.cast(), self.bytes) };
        debug_assert!(unmapped.is_ok(), "munmap of an own mapping: {unmapped:?}");
    }
}

fn map_file(file: &FileObject, base: u64, bytes: usize) -> Result<*mut c_void, Failed> {
    let want = core::ptr::without_provenance_mut::<c_void>(base as usize);
    let (access, flags) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED | MapFlags::FIXED_NOREPLACE);
    // SAFETY: `FIXED_NOREPLACE` never replaces a mapping, so no existing memory changes; a kernel too old
    // to know the flag takes the address as a hint only, which the caller compares.
    unsafe { mmap(want, bytes, access, flags, file, 0) }.map_err(failed("mmap"))
}

fn taken(base: u64, bytes: u64) -> MapError {
    MapError::Taken { conflict: conflict(base, bytes) }
}

fn is_taken(base: u64, bytes: u64) -> bool {
    let end = base.saturating_add(bytes);
    fs::read_to_string("/proc/self/maps").is_ok_and(|maps| maps.lines().any(|line| overlaps(line, base, end)))
}

/// Whether this process has any segment mapped.
pub(super) fn any_is_mapped() -> bool {
    MAPPED.load(Ordering::Relaxed) > 0
}

/// The lines of `/proc/self/maps` that overlap the range.
fn conflict(base: u64, bytes: u64) -> String {
    let Ok(maps) = fs::read_to_string("/proc/self/maps") else {
        return "an unknown mapping (/proc/self/maps cannot be read)".to_owned();
    };
    let found: Vec<&str> =
        maps.lines().filter(|line| overlaps(line, base, base.saturating_add(bytes))).collect();
    match found.as_slice() {
        [] => "a mapping that has gone meanwhile".to_owned(),
        [one] => (*one).to_owned(),
        [first, rest @ ..] => format!("{first} (and {} more)", rest.len()),
    }
}

fn overlaps(line: &str, start: u64, end: u64) -> bool {
    let parse = || {
        let (from, to) = line.split(' ').next()?.split_once('-')?;
        Some((u64::from_str_radix(from, 16).ok()?, u64::from_str_radix(to, 16).ok()?))
    };
    parse().is_some_and(|(from, to): (u64, u64)| from < end && start < to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlap_is_half_open() {
        let line = "1000-3000 rw-p 00000000 00:00 0   [heap]";
        assert!(overlaps(line, 0x2fff, 0x5000));
        assert!(!overlaps(line, 0x3000, 0x5000));
        assert!(!overlaps(line, 0x0, 0x1000));
        assert!(!overlaps("nonsense", 0, u64::MAX));
    }
}
