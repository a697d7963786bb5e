//! Who owns a segment: the lock, and the process that the header names.
//!
//! The lock is `flock` on the object, held by an open file description for life. The kernel drops it with
//! the last descriptor, so a killed owner never blocks the next. Its one trap: a child forked without exec
//! inherits the descriptor, and the lock with it. That is told apart by comparing the header's owner with
//! the processes that hold the object open. POSIX record locks were rejected: closing *any* descriptor of
//! the object in the owner, even one opened to inspect it, drops them.

use std::fmt;
use std::fs;
use std::io;

use rustix::fd::{AsFd, BorrowedFd};
use rustix::fs::{FlockOperation, MetadataExt, Stat, flock};
use rustix::io::Errno;

/// A process as a segment names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Owner {
    /// Process id, in its own pid namespace.
    pub pid: u32,
    /// Start, in clock ticks since boot.
    pub start_ticks: u64,
    /// Inode of its pid namespace.
    pub pid_namespace: u64,
}

/// Whether an [`Owner`] lives.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Liveness {
    /// It runs.
    Alive {
        /// Its name, as `ps` shows it.
        command: String,
        /// Seconds since it started.
        age_s: u64,
        /// Whether a signal or a debugger has stopped it: it owns the segment and does nothing.
        stopped: bool,
    },
    /// It is gone; a later process may have its id.
    Dead,
    /// It is in another pid namespace, where ids mean something else.
    NotVisible,
}

/// A process that has the object open.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Holder {
    /// Process id.
    pub pid: u32,
    /// Its name, as `ps` shows it.
    pub command: String,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pid {} ({})", self.pid, self.command)
    }
}

/// What `/proc/PID/stat` says.
struct ProcStat {
    command: String,
    state: char,
    start_ticks: u64,
}

impl ProcStat {
    fn read(pid: &str) -> io::Result<Self> {
        let text = fs::read(format!("/proc/{pid}/stat"))?;
        Self::parse(&String::from_utf8_lossy(&text))
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "unknown format of /proc/PID/stat"))
    }

    /// `pid (command) state ppid …`, start time being the 22nd field; a command may hold anything, so
    /// the last parenthesis ends it.
    fn parse(text: &str) -> Option<Self> {
        let (head, rest) = text.rsplit_once(')')?;
        let (_, command) = head.split_once('(')?;
        let mut fields = rest.split_ascii_whitespace();
        let state = fields.next()?.chars().next()?;
        let start_ticks = fields.nth(18)?.parse().ok()?;
        Some(Self { command: command.to_owned(), state, start_ticks })
    }
}

impl Owner {
    /// This process.
    pub(crate) fn this_process() -> io::Result<Self> {
        Ok(Self {
            pid: std::process::id(),
            start_ticks: ProcStat::read("self")?.start_ticks,
            pid_namespace: pid_namespace()?,
        })
    }

    /// Looks whether it lives.
    pub fn liveness(&self) -> Liveness {
        if pid_namespace().ok() != Some(self.pid_namespace) {
            return Liveness::NotVisible;
        }
        match ProcStat::read(&self.pid.to_string()) {
            Ok(p) if p.start_ticks == self.start_ticks && !matches!(p.state, 'Z' | 'X') => {
                let started_s = p.start_ticks / rustix::param::clock_ticks_per_second().max(1);
                let age_s = (super::boottime_ns() / 1_000_000_000).saturating_sub(started_s);
                Liveness::Alive { command: p.command, age_s, stopped: matches!(p.state, 'T' | 't') }
            }
            _ => Liveness::Dead,
        }
    }
}

fn pid_namespace() -> io::Result<u64> {
    Ok(fs::metadata("/proc/self/ns/pid")?.ino())
}

/// Takes the lock, or says that somebody has it.
pub(super) fn try_lock(fd: impl AsFd) -> Result<bool, Errno> {
    match flock(fd, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK) => Ok(false),
        Err(e) => Err(e),
    }
}

/// Whether anybody holds the lock, found without taking it: a tool must not make an owner's open fail.
/// `None` when `/proc/locks` cannot be read.
pub(super) fn is_locked(stat: &Stat) -> Option<bool> {
    let locks = fs::read_to_string("/proc/locks").ok()?;
    let (major, minor) = (rustix::fs::major(stat.st_dev), rustix::fs::minor(stat.st_dev));
    let object = format!("{major:02x}:{minor:02x}:{}", stat.st_ino);
    Some(locks.lines().any(|line| line.contains("FLOCK") && line.split(' ').any(|word| word == object)))
}

/// The processes that have the object open, as far as this user may see; without this one's own `fd`.
pub(super) fn holders(object: &Stat, fd: BorrowedFd<'_>) -> Vec<Holder> {
    use std::os::fd::AsRawFd;
    let own = format!("/proc/{}/fd/{}", std::process::id(), fd.as_raw_fd());
    let mut found = Vec::new();
    for process in entries("/proc") {
        let Some(pid) = process.file_name().to_str().and_then(|n| n.parse::<u32>().ok()) else { continue };
        let holds = entries(&format!("/proc/{pid}/fd")).any(|f| {
            f.path().as_os_str() != own.as_str()
                && fs::metadata(f.path()).is_ok_and(|m| m.ino() == object.st_ino && m.dev() == object.st_dev)
        });
        if holds {
            let command = ProcStat::read(&pid.to_string()).map_or_else(|_| "?".to_owned(), |p| p.command);
            found.push(Holder { pid, command });
        }
    }
    found
}

fn entries(folder: &str) -> impl Iterator<Item = fs::DirEntry> + use<> {
    fs::read_dir(folder).into_iter().flatten().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_may_hold_parentheses_and_spaces() {
        let text = "7 (a) b (c)) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 9876 1 2";
        let stat = ProcStat::parse(text).unwrap();
        assert_eq!((stat.command.as_str(), stat.state, stat.start_ticks), ("a) b (c)", 'S', 9876));
        assert!(ProcStat::parse("7 (a) S 1 2").is_none());
        assert!(ProcStat::parse("").is_none());
    }

    #[test]
    fn pid_reuse_is_seen_by_the_start_time() {
        let me = Owner::this_process().unwrap();
        assert!(matches!(me.liveness(), Liveness::Alive { .. }));
        assert_eq!(Owner { start_ticks: me.start_ticks + 1, ..me }.liveness(), Liveness::Dead);
        assert_eq!(Owner { pid_namespace: 1, ..me }.liveness(), Liveness::NotVisible);
    }
}
