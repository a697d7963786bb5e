//! Where the bytes live. A [`Backend`] opens, makes and removes an [`Object`]; what can be done with an
//! object is the same for all of them, so that gates, create and map are written once.
//!
//! ```text
//! backend    named by           lock is flock on      grows by             removed by
//! Posix      /dev/shm/NAME      the object            fallocate            shm_unlink
//! SystemV    a key              /dev/shm/resume@…     made at full size    IPC_RMID
//! Memfd      a descriptor       the object, reopened  fallocate + seals    freeing its pages
//! ```

use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{Stat, fstat};
use rustix::io::Errno;

use super::name::SegmentName;

mod file;
mod memfd;
mod system_v;

pub(super) use file::FileObject;
pub use memfd::{ListenFdsError, Memfd};
use system_v::SystemVObject;

/// A kind of shared memory.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum Backend {
    /// POSIX shared memory: `shm_open`, on Linux a file in `/dev/shm`.
    #[default]
    Posix,
    /// System V shared memory: `shmget` and `shmat`. `ipcs -m` shows it, `/dev/shm`'s size does not limit
    /// it. Its lock is a file beside the POSIX objects, `/dev/shm/resume@UID-KEY`, for the kernel gives no
    /// descriptor to lock.
    SystemV {
        /// The key; `None` derives it from the name. Two names with one key are told apart and refused.
        key: Option<i32>,
    },
    /// Memory without a name that a keeper process holds and hands over by descriptor. It lives as long as
    /// somebody has it open, whatever happens to `/dev/shm`.
    Memfd(Memfd),
}

/// How an object is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    ReadWrite,
}

/// Exactly this mode, at create and at attach.
pub(super) const MODE: u32 = 0o600;

/// What a sealed memfd of another size refuses.
pub(super) const SIZING: &str = "sizing a sealed memfd";

/// A call that the kernel refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Failed {
    pub(super) call: &'static str,
    pub(super) errno: Errno,
}

/// For `map_err`: names the call.
pub(super) fn failed(call: &'static str) -> impl Fn(Errno) -> Failed {
    move |errno| Failed { call, errno }
}

/// What the kernel says of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Facts {
    /// What it is, when it is not what the backend makes.
    pub(super) foreign: Option<String>,
    pub(super) uid: u32,
    pub(super) mode: u32,
    pub(super) bytes: u64,
    /// Whether the name still leads to it.
    pub(super) linked: bool,
}

/// Whose pages an object has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Backing {
    /// The tmpfs that is mounted on `/dev/shm`, with its options.
    DevShm,
    /// The kernel's own mount, which nobody sees.
    Kernel,
}

/// An opened object.
#[derive(Debug)]
pub(super) enum Object {
    File(FileObject),
    SystemV(SystemVObject),
}

impl Backend {
    /// Opens the object; `None` when there is none.
    pub(super) fn open(&self, name: &SegmentName, access: Access) -> Result<Option<Object>, Failed> {
        match self {
            Backend::Posix => Ok(FileObject::open_posix(name, access)?.map(Object::File)),
            Backend::SystemV { key } => Ok(SystemVObject::open(name, *key)?.map(Object::SystemV)),
            Backend::Memfd(memfd) => memfd.open(access).map(|file| Some(Object::File(file))),
        }
    }

    /// Makes the object, empty; `None` when there is one already.
    pub(super) fn create(&self, name: &SegmentName) -> Result<Option<Object>, Failed> {
        match self {
            Backend::Posix => Ok(FileObject::create_posix(name)?.map(Object::File)),
            Backend::SystemV { key } => SystemVObject::create(name, *key).map(|o| Some(Object::SystemV(o))),
            // It exists by being handed over.
            Backend::Memfd(_) => Ok(None),
        }
    }
}

impl Object {
    pub(super) fn facts(&self) -> Result<Facts, Failed> {
        match self {
            Object::File(file) => file.facts(),
            Object::SystemV(object) => object.facts(),
        }
    }

    /// The descriptor whose lock is the segment's; `None` for one that is only looked at and has none.
    pub(super) fn lock_fd(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Object::File(file) => Some(file.fd.as_fd()),
            Object::SystemV(object) => object.lock_fd(),
        }
    }

    pub(super) fn lock_stat(&self) -> Result<Option<Stat>, Failed> {
        self.lock_fd().map(|fd| fstat(fd).map_err(failed("fstat"))).transpose()
    }

    /// Whether no process has it mapped, as far as the kernel tells: a second proof beside the lock.
    pub(super) fn is_detached(&mut self) -> Result<bool, Failed> {
        match self {
            Object::File(_) => Ok(true),
            Object::SystemV(object) => object.is_detached(),
        }
    }

    /// Whether a create was cut off before it had written a header.
    pub(super) fn is_untouched(&self) -> Result<bool, Failed> {
        match self {
            Object::File(file) => file.is_untouched(),
            Object::SystemV(object) => object.is_untouched(),
        }
    }

    /// Reads as `pread` does: 0 at the end.
    pub(super) fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<usize, Failed> {
        match self {
            Object::File(file) => file.read_at(buffer, offset),
            Object::SystemV(object) => object.read_at(buffer, offset),
        }
    }

    /// Writes all of `bytes`.
    pub(super) fn write_at(&self, bytes: &[u8], offset: u64) -> Result<(), Failed> {
        match self {
            Object::File(file) => file.write_at(bytes, offset),
            Object::SystemV(object) => object.write_at(bytes, offset),
        }
    }

    /// Bytes of memory that a new object can have.
    pub(super) fn available(&self, reserve: bool) -> Result<u64, Failed> {
        let memory = memory_free().unwrap_or(u64::MAX);
        match self {
            Object::File(file) => file.available(reserve, memory),
            Object::SystemV(_) => Ok(memory),
        }
    }

    /// Forgets what it holds, and makes it ready for a header of a segment of `bytes`.
    pub(super) fn begin(&mut self, bytes: u64, reserve: bool) -> Result<(), Failed> {
        match self {
            Object::File(file) => file.begin(bytes),
            Object::SystemV(object) => object.begin(bytes, reserve),
        }
    }

    /// Gives it its size; the header is written, so a death from here on is seen in its state.
    pub(super) fn complete(&mut self, bytes: u64, reserve: bool) -> Result<(), Failed> {
        match self {
            Object::File(file) => file.complete(bytes, reserve),
            Object::SystemV(object) => object.header_written(),
        }
    }

    /// Whether [`complete`](Self::complete) can set the pages aside; otherwise the mapping has to touch them.
    pub(super) fn reserves_by_itself(&self) -> bool {
        matches!(self, Object::File(_))
    }

    /// Makes sure that nobody can change its size any more, where that is possible.
    pub(super) fn seal(&self) -> Result<(), Failed> {
        match self {
            Object::File(file) => file.seal(),
            Object::SystemV(_) => Ok(()),
        }
    }

    /// Removes the name, unless it leads to another object by now: somebody without the lock has removed
    /// this one's, and what has that name today is not this process's to remove.
    pub(super) fn unlink(&self, name: &SegmentName) -> Result<(), Failed> {
        match self {
            Object::File(file) => file.unlink(name),
            Object::SystemV(object) => object.unlink(),
        }
    }

    /// Which limits and policies its pages are under.
    pub(super) fn backing(&self) -> Backing {
        match self {
            Object::File(file) if !file.is_memfd() => Backing::DevShm,
            _ => Backing::Kernel,
        }
    }
}

/// `MemAvailable` and `SwapFree` of `/proc/meminfo`, in bytes.
fn memory_free() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()
    };
    Some((field("MemAvailable:")? + field("SwapFree:").unwrap_or(0)) << 10)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_host_tells_its_free_memory() {
        let bytes = super::memory_free().unwrap();
        assert!((1 << 20..1 << 50).contains(&bytes), "{bytes}");
    }
}
