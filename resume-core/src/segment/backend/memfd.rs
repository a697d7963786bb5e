//! Memory that a keeper process hands over by descriptor.
//!
//! A keeper (a small parent process, or systemd's descriptor store) holds the memfd; the server that uses
//! it may die and be started again. The server never locks the descriptor it was given: that open file
//! description is the keeper's too, and so would be the lock, which then outlived every server. It opens
//! the object once more through `/proc/self/fd` and locks that.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::sync::Arc;

use rustix::fs::{CWD, MemfdFlags, Mode, OFlags, fchmod, fstat, memfd_create, openat};
use rustix::io::Errno;

use super::file::FileObject;
use super::{Access, Failed, MODE, failed};

/// The first descriptor that systemd hands over: `SD_LISTEN_FDS_START`.
const LISTEN_FDS_START: RawFd = 3;

/// A descriptor of a memfd. Clones share it.
#[derive(Debug, Clone)]
pub struct Memfd(Arc<OwnedFd>);

/// Why no descriptor could be taken from the environment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ListenFdsError {
    /// No descriptors were handed to this process.
    #[error(
        "expected LISTEN_PID to name this process ({expected}), found {found:?}; start it by its service \
         manager or keeper"
    )]
    NotForThisProcess {
        /// This process's id.
        expected: u32,
        /// What the variable says, empty when it is not set.
        found: String,
    },
    /// None of them has the name.
    #[error(
        "expected a descriptor named {name:?} in LISTEN_FDNAMES, found {found:?}; set FileDescriptorName or \
         FDNAME to it"
    )]
    NoSuchName {
        /// The name looked for.
        name: String,
        /// The names given.
        found: String,
    },
    /// The variables contradict each other, or the descriptor is not open.
    #[error("expected {expected}, found {found}; see sd_listen_fds(3)")]
    Malformed {
        /// What should hold.
        expected: &'static str,
        /// What is there.
        found: String,
    },
}

impl Memfd {
    /// Makes an empty memfd: what a keeper does, once. The descriptor is closed on exec, as any; to hand it
    /// to a child, pass it as one of the child's standard descriptors or clear the flag.
    ///
    /// # Errors
    /// The kernel's.
    pub fn create(name: &str) -> std::io::Result<Self> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let fd = memfd_create(name, flags)?;
        fchmod(&fd, Mode::from_raw_mode(MODE))?;
        Ok(Self(Arc::new(fd)))
    }

    /// Takes a descriptor that was handed over. That it is a memfd is checked when the segment is opened.
    pub fn from_fd(fd: OwnedFd) -> Self {
        Self(Arc::new(fd))
    }

    /// Finds the descriptor called `name` among those that systemd's descriptor store, or a keeper that
    /// speaks its protocol, gave to this process: `LISTEN_PID`, `LISTEN_FDS` and `LISTEN_FDNAMES`. It is a
    /// copy; the descriptor that was handed over stays open, so that a program that executes itself again
    /// finds it again.
    ///
    /// # Errors
    /// Nothing was handed over, not under that name, or the variables are broken.
    pub fn from_listen_fds(name: &str) -> Result<Self, ListenFdsError> {
        let var = |key: &str| std::env::var(key).unwrap_or_default();
        let at =
            find(name, std::process::id(), &var("LISTEN_PID"), &var("LISTEN_FDS"), &var("LISTEN_FDNAMES"))?;
        // SAFETY: F_DUPFD_CLOEXEC takes any number and touches no memory; a number that is not open is an
        // error.
        let copy = unsafe { libc::fcntl(at, libc::F_DUPFD_CLOEXEC, LISTEN_FDS_START) };
        if copy < 0 {
            let expected = "an open descriptor for each name";
            return Err(ListenFdsError::Malformed { expected, found: format!("descriptor {at} closed") });
        }
        // SAFETY: the call above made this descriptor, and nobody else knows it.
        Ok(Self::from_fd(unsafe { OwnedFd::from_raw_fd(copy) }))
    }

    /// What `/proc` calls it, for messages.
    pub(crate) fn label(&self) -> String {
        let link = std::fs::read_link(self.path());
        let link = link.ok().and_then(|l| l.to_str().map(str::to_owned)).unwrap_or_default();
        let name = link.strip_prefix("/memfd:").and_then(|l| l.strip_suffix(" (deleted)")).unwrap_or("memfd");
        let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '_' };
        format!("/{}", name.chars().map(plain).take(200).collect::<String>())
    }

    fn path(&self) -> String {
        format!("/proc/self/fd/{}", self.0.as_raw_fd())
    }

    pub(super) fn open(&self, access: Access) -> Result<FileObject, Failed> {
        let stat = fstat(&self.0).map_err(failed("fstat"))?;
        let own = stat.st_uid == rustix::process::geteuid().as_raw();
        if access == Access::ReadWrite && own && stat.st_blocks == 0 && stat.st_nlink == 0 {
            // memfd_create makes it 0777; whoever may read this process's /proc could open it.
            fchmod(&self.0, Mode::from_raw_mode(MODE)).map_err(failed("fchmod"))?;
        }
        let flags = match access {
            Access::Read => OFlags::RDONLY,
            Access::ReadWrite => OFlags::RDWR,
        };
        // Not by NOFOLLOW: the link in /proc is what is opened.
        let flags = flags | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let fd = openat(CWD, self.path(), flags, Mode::empty()).map_err(failed("open of /proc/self/fd"))?;
        let again = fstat(&fd).map_err(failed("fstat"))?;
        if (stat.st_dev, stat.st_ino) != (again.st_dev, again.st_ino) {
            return Err(failed("open of /proc/self/fd")(Errno::BADF));
        }
        Ok(FileObject::memfd(fd))
    }
}

impl AsFd for Memfd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// The number of the descriptor called `name`.
fn find(name: &str, me: u32, pid: &str, count: &str, names: &str) -> Result<RawFd, ListenFdsError> {
    if pid.parse() != Ok(me) {
        return Err(ListenFdsError::NotForThisProcess { expected: me, found: pid.to_owned() });
    }
    let Some(count) = count.parse::<u16>().ok().filter(|n| *n > 0) else {
        let expected = "LISTEN_FDS to be a count of descriptors";
        return Err(ListenFdsError::Malformed { expected, found: count.to_owned() });
    };
    let given: Vec<&str> = names.split(':').collect();
    if given.len() != usize::from(count) {
        let expected = "as many names in LISTEN_FDNAMES as LISTEN_FDS says";
        return Err(ListenFdsError::Malformed { expected, found: format!("{count} and {names:?}") });
    }
    match given.iter().position(|given| *given == name) {
        Some(at) => Ok(LISTEN_FDS_START + at as RawFd),
        None => Err(ListenFdsError::NoSuchName { name: name.to_owned(), found: names.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_are_found_by_name() {
        assert_eq!(find("state", 7, "7", "2", "http:state"), Ok(4));
        assert_eq!(find("http", 7, "7", "2", "http:state"), Ok(3));
        let error = find("other", 7, "7", "2", "http:state").unwrap_err();
        assert!(matches!(error, ListenFdsError::NoSuchName { .. }), "{error}");
        for (pid, count, names) in [("", "1", "a"), ("8", "1", "a"), ("x", "1", "a")] {
            let error = find("a", 7, pid, count, names).unwrap_err();
            assert!(matches!(error, ListenFdsError::NotForThisProcess { .. }), "{error}");
        }
        for (count, names) in [("", "a"), ("0", ""), ("-1", "a"), ("2", "a"), ("99999", "a")] {
            let error = find("a", 7, "7", count, names).unwrap_err();
            assert!(matches!(error, ListenFdsError::Malformed { .. }), "{error}");
        }
    }
}
