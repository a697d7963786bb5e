//! The mapping of a segment at its base address.

use core::ffi::c_void;
use std::fs;
use std::os::fd::BorrowedFd;

use rustix::io::Errno;
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap, munmap};

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
    Os(Errno),
}

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
    /// Maps `bytes` of `fd` at `base`, or not at all.
    pub(super) fn new(fd: BorrowedFd<'_>, base: u64, bytes: u64) -> Result<Self, MapError> {
        let Ok(bytes) = usize::try_from(bytes) else { return Err(MapError::Os(Errno::NOMEM)) };
        let want = core::ptr::without_provenance_mut::<c_void>(base as usize);
        let flags = MapFlags::SHARED | MapFlags::FIXED_NOREPLACE;
        // SAFETY: `FIXED_NOREPLACE` never replaces a mapping, so no existing memory changes; a kernel too
        // old to know the flag takes the address as a hint only, which is compared below.
        let got = match unsafe { mmap(want, bytes, ProtFlags::READ | ProtFlags::WRITE, flags, fd, 0) } {
            Ok(got) => got,
            Err(Errno::EXIST) => return Err(MapError::Taken { conflict: conflict(base, bytes as u64) }),
            Err(e) => return Err(MapError::Os(e)),
        };
        let mapping = Self { base: got.cast(), bytes, pid: std::process::id() };
        if got.addr() as u64 != base {
            return Err(MapError::Taken { conflict: conflict(base, bytes as u64) });
        }
        // A forked child neither writes state behind the owner's back nor keeps the object alive.
        // SAFETY: the range is the mapping made above, nobody has a reference into it, and the advice
        // changes nothing in this process.
        unsafe { madvise(got, bytes, Advice::LinuxDontFork) }.map_err(MapError::Os)?;
        Ok(mapping)
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
        // SAFETY: by the invariant the range is a mapping that this value owns; every user of it borrows
        // or owns this value, so none is left.
        let unmapped = unsafe { munmap(self.base.cast(), self.bytes) };
        debug_assert!(unmapped.is_ok(), "munmap of an own mapping: {unmapped:?}");
    }
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
