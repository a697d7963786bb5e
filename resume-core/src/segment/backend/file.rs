//! Objects that are a file of a tmpfs: POSIX shared memory and memfd.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{
    FallocateFlags, FileType, Mode, OFlags, SealFlags, Stat, fallocate, fcntl_add_seals, fcntl_get_seals,
    fstat, fstatvfs, ftruncate,
};
use rustix::io::{Errno, pread, pwrite};
use rustix::shm;

use super::{Access, Facts, Failed, SIZING, failed};
use crate::segment::name::SegmentName;

/// The seals of a memfd: nobody, not even its keeper, can cut the ground from under the mapping.
const SEALS: SealFlags = SealFlags::SHRINK.union(SealFlags::GROW);

/// A shared-memory file.
#[derive(Debug)]
pub(in crate::segment) struct FileObject {
    pub(super) fd: OwnedFd,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Posix,
    Memfd,
}

impl FileObject {
    /// Never follows a symbolic link and never blocks on what turns out not to be a regular file.
    pub(super) fn open_posix(name: &SegmentName, access: Access) -> Result<Option<Self>, Failed> {
        let flags = match access {
            Access::Read => shm::OFlags::RDONLY,
            Access::ReadWrite => shm::OFlags::RDWR,
        };
        match shm::open(name.as_str(), flags | careful(), Mode::empty()) {
            Ok(fd) => Ok(Some(Self { fd, kind: Kind::Posix })),
            Err(Errno::NOENT) => Ok(None),
            Err(e) => Err(failed("shm_open")(e)),
        }
    }

    pub(super) fn create_posix(name: &SegmentName) -> Result<Option<Self>, Failed> {
        let mode = Mode::RUSR | Mode::WUSR;
        let flags = shm::OFlags::RDWR | shm::OFlags::CREATE | shm::OFlags::EXCL | careful();
        match shm::open(name.as_str(), flags, mode) {
            Ok(fd) => {
                // A umask can only have narrowed it.
                rustix::fs::fchmod(&fd, mode).map_err(failed("fchmod"))?;
                Ok(Some(Self { fd, kind: Kind::Posix }))
            }
            Err(Errno::EXIST) => Ok(None),
            Err(e) => Err(failed("shm_open")(e)),
        }
    }

    /// A memfd, by an open file description of its own.
    pub(super) fn memfd(fd: OwnedFd) -> Self {
        Self { fd, kind: Kind::Memfd }
    }

    pub(super) fn is_memfd(&self) -> bool {
        self.kind == Kind::Memfd
    }

    fn stat(&self) -> Result<Stat, Failed> {
        fstat(&self.fd).map_err(failed("fstat"))
    }

    fn seals(&self) -> Result<SealFlags, Failed> {
        fcntl_get_seals(&self.fd).map_err(failed("F_GET_SEALS"))
    }

    pub(super) fn facts(&self) -> Result<Facts, Failed> {
        let stat = self.stat()?;
        let kind = FileType::from_raw_mode(stat.st_mode);
        let foreign = if kind != FileType::RegularFile {
            Some(format!("{kind:?}"))
        } else if self.is_memfd() && (stat.st_nlink > 0 || self.seals().is_err()) {
            Some("a file with a name, or one that knows no seals".to_owned())
        } else {
            None
        };
        Ok(Facts {
            foreign,
            uid: stat.st_uid,
            mode: stat.st_mode & 0o7777,
            bytes: stat.st_size as u64,
            // A memfd never had a name.
            linked: self.is_memfd() || stat.st_nlink > 0,
        })
    }

    /// Empty; or a memfd that its keeper gave a size and nobody wrote to yet, so that it has no pages. Zero
    /// bytes alone do not say so: they can be damage.
    pub(super) fn is_untouched(&self) -> Result<bool, Failed> {
        let stat = self.stat()?;
        Ok(stat.st_size == 0 || self.is_memfd() && stat.st_blocks == 0)
    }

    pub(super) fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<usize, Failed> {
        rustix::io::retry_on_intr(|| pread(&self.fd, &mut *buffer, offset)).map_err(failed("pread"))
    }

    pub(super) fn write_at(&self, mut bytes: &[u8], mut offset: u64) -> Result<(), Failed> {
        while !bytes.is_empty() {
            match rustix::io::retry_on_intr(|| pwrite(&self.fd, bytes, offset)) {
                Ok(0) => return Err(failed("pwrite")(Errno::IO)),
                Ok(n) => {
                    bytes = &bytes[n..];
                    offset += n as u64;
                }
                Err(e) => return Err(failed("pwrite")(e)),
            }
        }
        Ok(())
    }

    pub(super) fn available(&self, reserve: bool, memory: u64) -> Result<u64, Failed> {
        if self.is_memfd() {
            return Ok(memory);
        }
        let fs = fstatvfs(&self.fd).map_err(failed("fstatvfs"))?;
        // A tmpfs mounted without a limit says 0 blocks in all.
        let limit = if fs.f_blocks == 0 { u64::MAX } else { fs.f_bavail.saturating_mul(fs.f_frsize) };
        // A tmpfs may be larger than what is left of the memory; taking that would kill somebody.
        Ok(if reserve { limit.min(memory) } else { limit })
    }

    pub(super) fn begin(&self, bytes: u64) -> Result<(), Failed> {
        if self.is_memfd() && self.seals()?.intersects(SEALS) {
            let found = self.stat()?.st_size as u64;
            if found != bytes {
                return Err(failed(SIZING)(Errno::PERM));
            }
            return self.free_pages(found);
        }
        ftruncate(&self.fd, 0).map_err(failed("ftruncate"))
    }

    /// Turns all pages into holes: the bytes are zero, the size stays.
    fn free_pages(&self, bytes: u64) -> Result<(), Failed> {
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        fallocate(&self.fd, flags, 0, bytes).map_err(failed("fallocate"))
    }

    pub(super) fn complete(&self, bytes: u64, reserve: bool) -> Result<(), Failed> {
        if self.stat()?.st_size as u64 != bytes {
            ftruncate(&self.fd, bytes).map_err(failed("ftruncate"))?;
        }
        if reserve {
            let fill = || fallocate(&self.fd, FallocateFlags::empty(), 0, bytes);
            rustix::io::retry_on_intr(fill).map_err(failed("fallocate"))?;
        }
        self.seal()
    }

    pub(super) fn seal(&self) -> Result<(), Failed> {
        if !self.is_memfd() || self.seals()?.contains(SEALS) {
            return Ok(());
        }
        fcntl_add_seals(&self.fd, SEALS).map_err(failed("F_ADD_SEALS"))
    }

    pub(super) fn unlink(&self, name: &SegmentName) -> Result<(), Failed> {
        let mine = self.stat()?;
        if self.is_memfd() {
            // The keeper has it for as long as it likes, so the state goes, not the object.
            return self.free_pages(mine.st_size as u64);
        }
        let Some(named) = Self::open_posix(name, Access::Read)? else { return Ok(()) };
        let named = named.stat()?;
        if (mine.st_dev, mine.st_ino) == (named.st_dev, named.st_ino) {
            shm::unlink(name.as_str()).map_err(failed("shm_unlink"))?;
        }
        Ok(())
    }
}

/// The flags that `shm_open` of glibc adds and rustix's does not; close-on-exec both do.
fn careful() -> shm::OFlags {
    shm::OFlags::from_bits_retain((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits())
}

impl AsFd for FileObject {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
