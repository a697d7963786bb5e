//! Where the bytes live. One small enum: a backend opens, makes and unlinks an object and gives a file
//! descriptor; everything else is the same for all of them.

use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::shm;

use super::name::SegmentName;

/// A kind of shared memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Backend {
    /// POSIX shared memory: `shm_open`, on Linux a file in `/dev/shm`.
    #[default]
    Posix,
}

/// How an object is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    ReadWrite,
}

/// Exactly this mode, at create and at attach.
pub(super) const MODE: u32 = 0o600;

impl Backend {
    /// Opens the object; `None` when there is none. Never follows a symbolic link and never blocks on
    /// what turns out not to be a regular file.
    pub(super) fn open(self, name: &SegmentName, access: Access) -> Result<Option<OwnedFd>, Errno> {
        let flags = match access {
            Access::Read => shm::OFlags::RDONLY,
            Access::ReadWrite => shm::OFlags::RDWR,
        };
        match self {
            Backend::Posix => match shm::open(name.as_str(), flags | careful(), Mode::empty()) {
                Ok(fd) => Ok(Some(fd)),
                Err(Errno::NOENT) => Ok(None),
                Err(e) => Err(e),
            },
        }
    }

    /// Makes the object, empty; `None` when there is one already.
    pub(super) fn create(self, name: &SegmentName) -> Result<Option<OwnedFd>, Errno> {
        let mode = Mode::RUSR | Mode::WUSR;
        let flags = shm::OFlags::RDWR | shm::OFlags::CREATE | shm::OFlags::EXCL | careful();
        match self {
            Backend::Posix => match shm::open(name.as_str(), flags, mode) {
                Ok(fd) => {
                    // A umask can only have narrowed it.
                    rustix::fs::fchmod(&fd, mode)?;
                    Ok(Some(fd))
                }
                Err(Errno::EXIST) => Ok(None),
                Err(e) => Err(e),
            },
        }
    }

    /// Removes the name; the object lives on while somebody has it open.
    pub(super) fn unlink(self, name: &SegmentName) -> Result<(), Errno> {
        match self {
            Backend::Posix => shm::unlink(name.as_str()),
        }
    }
}

/// The flags that `shm_open` of glibc adds and rustix's does not; close-on-exec both do.
fn careful() -> shm::OFlags {
    shm::OFlags::from_bits_retain((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits())
}
