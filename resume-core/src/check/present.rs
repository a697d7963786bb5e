//! Which pages of the state were ever written: a large state is mostly pages that nobody has touched, and to look
//! at one makes the kernel allocate it.
//!
//! A hole reads as zeros, and zero is empty: where that is so, the passes skip holes. The kernel is asked
//! (`SEEK_DATA`, `SEEK_HOLE`), some ten nanoseconds a page, and only about ranges for which that pays.

use core::cell::RefCell;
use core::ops::Range;
use std::os::fd::OwnedFd;

use rustix::fs::{SeekFrom, seek};
use rustix::io::Errno;

/// Smaller ranges are looked at rather than asked about.
const ASK_BYTES_MIN: usize = 256 * 1024;

/// Whether to ask about a range.
#[inline]
pub(crate) fn pays(bytes: usize) -> bool {
    bytes >= ASK_BYTES_MIN
}

/// The object whose bytes are mapped from `base` on.
struct Object {
    fd: OwnedFd,
    base: usize,
    bytes: usize,
}

thread_local! {
    static OBJECT: RefCell<Option<Object>> = const { RefCell::new(None) };
}

/// While it lives, the passes of this thread ask the object about holes.
#[must_use = "the passes ask until this is dropped"]
pub(crate) struct Asking(());

/// Names the object that the passes are about: `fd` is mapped, shared, from `base` on for `bytes` bytes, and
/// nobody else writes it while the passes run.
pub(crate) fn ask(fd: OwnedFd, base: *const u8, bytes: usize) -> Asking {
    OBJECT.set(Some(Object { fd, base: base.addr(), bytes }));
    Asking(())
}

impl Drop for Asking {
    fn drop(&mut self) {
        OBJECT.set(None);
    }
}

fn whole(len: usize) -> Vec<Range<usize>> {
    core::iter::once(0..len).collect()
}

/// The parts of `bytes` bytes from `at` on that may hold anything but zeros, in order, as offsets from `at`.
pub(crate) fn present(at: *const u8, bytes: usize) -> Vec<Range<usize>> {
    let asked = if pays(bytes) { OBJECT.with_borrow(|o| o.as_ref()?.present(at, bytes)) } else { None };
    asked.unwrap_or_else(|| whole(bytes))
}

/// As [`present`], of `len` elements of `stride` bytes: the indices of those that are not all hole.
pub(crate) fn present_elements(at: *const u8, stride: usize, len: usize) -> Vec<Range<usize>> {
    let mut elements: Vec<Range<usize>> = Vec::new();
    for part in present(at, stride.saturating_mul(len)) {
        let range = part.start / stride.max(1)..part.end.div_ceil(stride.max(1)).min(len);
        match elements.last_mut() {
            // Two parts can share an element.
            Some(last) if range.start <= last.end => last.end = range.end.max(last.end),
            _ => elements.push(range),
        }
    }
    if stride == 0 { whole(len) } else { elements }
}

impl Object {
    /// `None` when the range is not the object's, or the kernel does not say.
    fn present(&self, at: *const u8, bytes: usize) -> Option<Vec<Range<usize>>> {
        let start = at.addr().checked_sub(self.base)?;
        let end = start.checked_add(bytes).filter(|end| *end <= self.bytes)?;
        let (mut parts, mut from) = (Vec::new(), start);
        while from < end {
            let data = match seek(&self.fd, SeekFrom::Data(from as u64)) {
                Ok(data) => (data as usize).max(from),
                Err(Errno::NXIO) => break,
                Err(_) => return None,
            };
            if data >= end {
                break;
            }
            let hole = seek(&self.fd, SeekFrom::Hole(data as u64)).ok()? as usize;
            // A hole that does not lie behind the data is no answer.
            let hole = Some(hole.min(end)).filter(|hole| *hole > data)?;
            parts.push(data - start..hole - start);
            from = hole;
        }
        Some(parts)
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
    use rustix::io::pwrite;

    use super::*;

    const PAGE: usize = 4096;

    /// An object with some pages written; the addresses are never looked at.
    fn object(pages: usize, written: &[usize]) -> (Asking, *const u8) {
        let fd = memfd_create("present", MemfdFlags::CLOEXEC).unwrap();
        ftruncate(&fd, (pages * PAGE) as u64).unwrap();
        for page in written {
            assert_eq!(pwrite(fd.as_fd(), &[1], (page * PAGE) as u64), Ok(1));
        }
        let base = core::ptr::without_provenance(0x10_0000);
        (ask(fd, base, pages * PAGE), base)
    }

    #[test]
    fn what_was_written_is_present_and_nothing_else() {
        let (_asking, base) = object(1000, &[3, 4, 500, 999]);
        let pages = |page: usize, count: usize| present(base.wrapping_add(page * PAGE), count * PAGE);
        let page = |from: usize, to: usize| from * PAGE..to * PAGE;
        assert_eq!(pages(0, 1000), [page(3, 5), page(500, 501), page(999, 1000)]);
        assert_eq!(pages(4, 496), [page(0, 1)]);
        assert_eq!(pages(5, 495), []);
        // From the middle of a page to the middle of a page.
        let at = base.wrapping_add(4 * PAGE + 100);
        assert_eq!(present(at, 496 * PAGE), [0..PAGE - 100, 496 * PAGE - 100..496 * PAGE]);
        // What is small is not asked about, and what is not the object's is not known.
        assert_eq!(present(base, 100), whole(100));
        assert_eq!(pages(1, 1000), [page(0, 1000)]);
        assert_eq!(present(core::ptr::without_provenance(1), 1 << 20), whole(1 << 20));
    }

    #[test]
    fn elements_that_reach_into_a_written_page_are_present() {
        let (_asking, base) = object(1000, &[3, 4, 500]);
        // 3 pages, 2.5 pages, less than a page.
        assert_eq!(present_elements(base, 3 * PAGE, 333), [1..2, 166..167]);
        assert_eq!(present_elements(base, 2 * PAGE + PAGE / 2, 400), [1..2, 200..201]);
        assert_eq!(present_elements(base, 1000, 4096), [12..21, 2048..2053]);
        assert_eq!(present_elements(base, 0, 7), whole(7));
    }

    #[test]
    fn without_an_object_everything_is_present() {
        assert_eq!(present(core::ptr::without_provenance(4096), 1 << 30), whole(1 << 30));
    }
}
