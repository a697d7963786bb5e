//! System V shared memory.
//!
//! The kernel knows a segment by a number (the key) and gives no descriptor, so two things differ from a
//! file. The lock is `flock` on a small file in `/dev/shm`, whose name holds a character that names of
//! POSIX segments cannot hold. And bytes are read and written through a mapping anywhere, made and undone
//! for each access.
//!
//! The lock file can be lost (somebody cleans `/dev/shm`) and with it the lock. So the kernel's own count
//! of mappings is asked too: a segment that anybody has mapped is owned, whoever has the lock.
//!
//! Lock file: one byte, `C` while a create has not written its header yet, else `R`; then the name of the
//! segment, for two names can have one key.

use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr;
use core::sync::atomic::{AtomicU64, Ordering};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{CWD, Mode, OFlags, fchmod, fstat, openat, unlink};
use rustix::io::{Errno, pread, pwrite};

use super::{Facts, Failed, MODE, failed};
use crate::segment::name::SegmentName;

const CREATING: u8 = b'C';
const READY: u8 = b'R';

/// `SHM_DEST` of `<bits/shm.h>`, which libc does not have: removed, and gone with its last mapping.
const SHM_DEST: u32 = 0o1000;

/// A System V segment, or its key when there is none yet.
#[derive(Debug)]
pub(in crate::segment) struct SystemVObject {
    key: i32,
    name: String,
    id: Option<i32>,
    lock: Option<OwnedFd>,
    lock_path: String,
}

/// The key that a name stands for, and never the one that makes a private segment.
fn key_of(name: &SegmentName, key: Option<i32>) -> Result<i32, Failed> {
    match key {
        Some(libc::IPC_PRIVATE) => Err(failed("shmget with key 0 (IPC_PRIVATE)")(Errno::INVAL)),
        Some(key) => Ok(key),
        None => Ok(crc32fast::hash(name.as_str().as_bytes()) as i32 | 1),
    }
}

impl SystemVObject {
    fn at_key(name: &SegmentName, key: Option<i32>) -> Result<Self, Failed> {
        let key = key_of(name, key)?;
        let uid = rustix::process::geteuid().as_raw();
        let lock_path = format!("/dev/shm/resume@{uid}-{:08x}", key as u32);
        Ok(Self { key, name: name.to_string(), id: lookup(key)?, lock: None, lock_path })
    }

    /// Opens the segment; the lock file is made when it was lost.
    pub(super) fn open(name: &SegmentName, key: Option<i32>) -> Result<Option<Self>, Failed> {
        let mut object = Self::at_key(name, key)?;
        if object.id.is_none() {
            return Ok(None);
        }
        object.open_lock()?;
        Ok(Some(object))
    }

    /// Makes the lock file; the segment itself is made when its size is known.
    pub(super) fn create(name: &SegmentName, key: Option<i32>) -> Result<Self, Failed> {
        let mut object = Self::at_key(name, key)?;
        object.open_lock()?;
        Ok(object)
    }

    fn open_lock(&mut self) -> Result<(), Failed> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let mode = Mode::from_raw_mode(MODE);
        let call = failed("open of the lock file in /dev/shm");
        let lock = openat(CWD, &self.lock_path, flags, mode).map_err(&call)?;
        let stat = fstat(&lock).map_err(&call)?;
        if stat.st_uid != rustix::process::geteuid().as_raw() {
            return Err(call(Errno::ACCESS));
        }
        fchmod(&lock, mode).map_err(&call)?;
        self.lock = Some(lock);
        Ok(())
    }

    pub(super) fn lock_fd(&self) -> Option<BorrowedFd<'_>> {
        self.lock.as_ref().map(AsFd::as_fd)
    }

    fn lock_file(&self) -> Result<&OwnedFd, Failed> {
        self.lock.as_ref().ok_or_else(|| failed("open of the lock file in /dev/shm")(Errno::NOENT))
    }

    /// The mark and the name in the lock file, as far as they are written.
    fn note(&self) -> Result<Vec<u8>, Failed> {
        let mut note = [0; 1 + SegmentName::BYTES_MAX];
        let len = pread(self.lock_file()?, &mut note, 0).map_err(failed("pread of the lock file"))?;
        Ok(note[..len].to_vec())
    }

    fn write_note(&self, mark: u8) -> Result<(), Failed> {
        let note = [&[mark], self.name.as_bytes()].concat();
        pwrite(self.lock_file()?, &note, 0).map_err(failed("pwrite of the lock file")).map(|_| ())
    }

    fn id(&self) -> Result<i32, Failed> {
        self.id.ok_or_else(|| failed("shmget")(Errno::NOENT))
    }

    pub(super) fn facts(&self) -> Result<Facts, Failed> {
        let lock = fstat(self.lock_file()?).map_err(failed("fstat of the lock file"))?;
        let note = self.note()?;
        let other = note.get(1..).filter(|name| !name.is_empty() && *name != self.name.as_bytes());
        let foreign = other
            .map(|name| format!("key {:#010x} taken by segment {}", self.key as u32, name.escape_ascii()));
        let facts = Facts { foreign, uid: lock.st_uid, mode: MODE, bytes: 0, linked: lock.st_nlink > 0 };
        let Some(id) = self.id else { return Ok(facts) };
        let ds = stat(id)?;
        let perm = ds.shm_perm;
        let mode = u32::from(perm.mode);
        Ok(Facts {
            // Its maker keeps its rights when it is given away.
            uid: if perm.cuid == facts.uid { perm.uid } else { perm.cuid },
            mode: mode & 0o777,
            bytes: ds.shm_segsz as u64,
            linked: facts.linked && mode & SHM_DEST == 0,
            ..facts
        })
    }

    /// Looks the key up again: before the lock was there, another process may have changed it.
    pub(super) fn is_detached(&mut self) -> Result<bool, Failed> {
        self.id = lookup(self.key)?;
        match self.id.map(stat) {
            None => Ok(true),
            Some(Ok(ds)) => Ok(ds.shm_nattch == 0),
            // Gone since the line above.
            Some(Err(Failed { errno: Errno::INVAL | Errno::IDRM, .. })) => Ok(false),
            Some(Err(e)) => Err(e),
        }
    }

    pub(super) fn is_untouched(&self) -> Result<bool, Failed> {
        Ok(self.id.is_none() || self.note()?.first() == Some(&CREATING))
    }

    pub(super) fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<usize, Failed> {
        let Some(id) = self.id else { return Ok(0) };
        let view = View::new(id, libc::SHM_RDONLY)?;
        let len = (view.bytes.saturating_sub(offset)).min(buffer.len() as u64) as usize;
        for (i, chunk) in buffer[..len].chunks_mut(8).enumerate() {
            let word = view.word(offset + 8 * i as u64).load(Ordering::Acquire).to_ne_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(len)
    }

    pub(super) fn write_at(&self, bytes: &[u8], offset: u64) -> Result<(), Failed> {
        let view = View::new(self.id()?, 0)?;
        if offset.saturating_add(bytes.len() as u64) > view.bytes {
            return Err(failed("shmat")(Errno::FBIG));
        }
        for (i, chunk) in bytes.chunks(8).enumerate() {
            let word = view.word(offset + 8 * i as u64);
            let mut value = word.load(Ordering::Relaxed).to_ne_bytes();
            value[..chunk.len()].copy_from_slice(chunk);
            word.store(u64::from_ne_bytes(value), Ordering::Release);
        }
        Ok(())
    }

    /// A segment cannot change its size: an unfinished one is removed, and a new one made.
    pub(super) fn begin(&mut self, bytes: u64, reserve: bool) -> Result<(), Failed> {
        self.write_note(CREATING)?;
        if let Some(id) = self.id.take() {
            control(id, libc::IPC_RMID, ptr::null_mut()).map_err(failed("shmctl"))?;
        }
        let made = make(self.key, bytes, reserve);
        if made.is_err() {
            // What has the key now is not ours to remove.
            self.write_note(READY)?;
        }
        self.id = Some(made?);
        Ok(())
    }

    pub(super) fn header_written(&self) -> Result<(), Failed> {
        self.write_note(READY)
    }

    /// Maps it at `base` and nowhere else.
    pub(in crate::segment) fn map(&self, base: u64) -> Result<*mut c_void, Failed> {
        let at = ptr::without_provenance_mut::<c_void>(base as usize);
        // Without SHM_REMAP the kernel refuses a range that anything is mapped in.
        attach(self.id()?, at, 0)
    }

    pub(super) fn unlink(&self) -> Result<(), Failed> {
        if let Some(id) = self.id {
            match control(id, libc::IPC_RMID, ptr::null_mut()) {
                Ok(()) | Err(Errno::INVAL | Errno::IDRM) => {}
                Err(e) => return Err(failed("shmctl")(e)),
            }
        }
        // The lock is held: whoever waits for it finds the file unlinked and starts again.
        let lock = fstat(self.lock_file()?).map_err(failed("fstat of the lock file"))?;
        let named = rustix::fs::lstat(&self.lock_path);
        if named.is_ok_and(|named| (named.st_dev, named.st_ino) == (lock.st_dev, lock.st_ino)) {
            unlink(&self.lock_path).map_err(failed("unlink of the lock file"))?;
        }
        Ok(())
    }
}

/// A mapping anywhere, for one access.
///
/// # Invariants
/// `base` is the page-aligned start of a mapping of this value's own, readable for `bytes` rounded up to
/// pages, and writable unless made with `SHM_RDONLY`.
struct View {
    base: *mut c_void,
    bytes: u64,
}

impl View {
    fn new(id: i32, flags: i32) -> Result<Self, Failed> {
        let bytes = stat(id)?.shm_segsz as u64;
        Ok(Self { base: attach(id, ptr::null_mut(), flags)?, bytes })
    }

    /// The word at `offset`, which is a multiple of 8 and below `bytes`.
    fn word(&self, offset: u64) -> &AtomicU64 {
        debug_assert!(offset.is_multiple_of(8) && offset < self.bytes);
        let at = self.base.cast::<u8>().wrapping_add(offset as usize).cast::<u64>();
        // SAFETY: valid: the caller's offset is below `bytes`, and the page that it lies in is mapped to its
        // end. Aligned: the base is on a page, the offset a multiple of 8. Data races: every access in this
        // process through a view is atomic, and so are those of `Words` through the owner's mapping; the
        // rest of a segment is read through a view only where it is frozen, and written only while this
        // process has the lock and no other mapping of it exists. A load needs no write access.
        unsafe { AtomicU64::from_ptr(at) }
    }
}

impl Drop for View {
    fn drop(&mut self) {
        // SAFETY: by the invariant the mapping is this value's own, and references into it borrow the value.
        let detached = unsafe { libc::shmdt(self.base) };
        debug_assert_eq!(detached, 0, "shmdt of an own mapping");
    }
}

fn last_error() -> Errno {
    crate::segment::errno(&std::io::Error::last_os_error())
}

/// The segment that has the key.
fn lookup(key: i32) -> Result<Option<i32>, Failed> {
    // SAFETY: touches no memory.
    match unsafe { libc::shmget(key, 0, 0) } {
        -1 => match last_error() {
            Errno::NOENT => Ok(None),
            e => Err(failed("shmget")(e)),
        },
        id => Ok(Some(id)),
    }
}

/// Makes a segment of zero bytes; never takes one that exists.
fn make(key: i32, bytes: u64, reserve: bool) -> Result<i32, Failed> {
    let bytes = usize::try_from(bytes).map_err(|_| failed("shmget")(Errno::NOMEM))?;
    let lazily = if reserve { 0 } else { libc::SHM_NORESERVE };
    let flags = libc::IPC_CREAT | libc::IPC_EXCL | lazily | MODE as i32;
    // SAFETY: touches no memory of this process.
    match unsafe { libc::shmget(key, bytes, flags) } {
        -1 => Err(failed("shmget")(last_error())),
        id => Ok(id),
    }
}

fn control(id: i32, command: i32, ds: *mut libc::shmid_ds) -> Result<(), Errno> {
    debug_assert!(command == libc::IPC_RMID || !ds.is_null());
    // SAFETY: both callers' commands, IPC_RMID and IPC_STAT, take what is passed: the first ignores `ds`,
    // the second writes one `shmid_ds` to it, which its caller has room for.
    match unsafe { libc::shmctl(id, command, ds) } {
        -1 => Err(last_error()),
        _ => Ok(()),
    }
}

fn stat(id: i32) -> Result<libc::shmid_ds, Failed> {
    let mut ds = MaybeUninit::<libc::shmid_ds>::zeroed();
    control(id, libc::IPC_STAT, ds.as_mut_ptr()).map_err(failed("shmctl"))?;
    // SAFETY: all its fields are integers, of which zero bytes are values, and the kernel filled it in.
    Ok(unsafe { ds.assume_init() })
}

/// Maps a segment at `at`, or anywhere when that is null.
fn attach(id: i32, at: *mut c_void, flags: i32) -> Result<*mut c_void, Failed> {
    debug_assert_eq!(flags & !libc::SHM_RDONLY, 0);
    // SAFETY: the flags hold no SHM_REMAP, so no existing mapping is changed, wherever `at` points.
    let got = unsafe { libc::shmat(id, at, flags) };
    if got.addr() == usize::MAX {
        return Err(failed("shmat")(last_error()));
    }
    Ok(got)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_stable_and_never_private() {
        let name = SegmentName::new("/scene-7").unwrap();
        assert_eq!(key_of(&name, None).unwrap(), key_of(&name, None).unwrap());
        assert_ne!(key_of(&name, None).unwrap(), libc::IPC_PRIVATE);
        assert_eq!(key_of(&name, Some(77)).unwrap(), 77);
        assert_eq!(key_of(&name, Some(0)).unwrap_err().errno, Errno::INVAL);
    }
}
