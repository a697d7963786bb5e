//! The segment that is killed on, as supervisor and worker see it: made, named, read, removed.

use std::fs::{File, OpenOptions};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::path::Path;

use resume_core::Options;
use resume_core::segment::{Backend, Memfd};

use crate::torture::memfd;

/// A kind of shared memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Posix,
    SystemV,
    Memfd,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Posix, Self::SystemV, Self::Memfd];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Posix => "posix",
            Self::SystemV => "system-v",
            Self::Memfd => "memfd",
        }
    }
}

/// Where the bytes are. Dropped, they are gone.
pub(crate) enum Segment {
    Posix(String),
    SystemV(String),
    /// A descriptor of this process, and its path for others.
    Memfd(File, String),
}

const NAME: &str = "resume-kill-loop-";

impl Segment {
    pub(crate) fn new(kind: Kind) -> Result<Self, String> {
        let name = || format!("/{NAME}{}", std::process::id());
        Ok(match kind {
            Kind::Posix => Self::Posix(name()),
            Kind::SystemV => Self::SystemV(name()),
            Kind::Memfd => {
                let fd = memfd("kill-loop", &[])?;
                let path = shared(&fd);
                Self::Memfd(fd.into(), path)
            }
        })
    }

    /// What a worker is told: kind and place.
    pub(crate) fn arguments(&self) -> [&str; 2] {
        match self {
            Self::Posix(name) => [Kind::Posix.name(), name],
            Self::SystemV(name) => [Kind::SystemV.name(), name],
            Self::Memfd(_, path) => [Kind::Memfd.name(), path],
        }
    }

    /// The bytes; `None` where there is no object.
    pub(crate) fn bytes(&self) -> Result<Option<Vec<u8>>, String> {
        match self {
            Self::Posix(name) => match std::fs::read(format!("/dev/shm{name}")) {
                Ok(bytes) => Ok(Some(bytes)),
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(e) => Err(format!("reading the segment: {e}")),
            },
            Self::SystemV(name) => system_v::id(name).map(system_v::read).transpose(),
            Self::Memfd(file, _) => {
                let bytes = file.metadata().map_err(|e| format!("fstat: {e}"))?.len();
                let mut all = vec![0; bytes as usize];
                file.read_exact_at(&mut all, 0).map_err(|e| format!("reading the memfd: {e}"))?;
                Ok(Some(all))
            }
        }
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        match self {
            // Absent where the create was killed early.
            Self::Posix(name) => _ = std::fs::remove_file(format!("/dev/shm{name}")),
            Self::SystemV(name) => system_v::remove(name),
            Self::Memfd(..) => {}
        }
    }
}

/// The path of a descriptor for other processes.
pub(crate) fn shared(fd: &OwnedFd) -> String {
    format!("/proc/{}/fd/{}", std::process::id(), fd.as_raw_fd())
}

/// How a worker opens what [`Segment::arguments`] told it.
pub(crate) fn options(kind: &str, place: &str) -> Result<Options, String> {
    if kind == Kind::Memfd.name() {
        let file = OpenOptions::new().read(true).write(true).open(place);
        return Ok(Options::memfd(Memfd::from_fd(file.map_err(|e| format!("{place}: {e}"))?.into())));
    }
    let options = Options::new(place);
    Ok(if kind == Kind::SystemV.name() { options.backend(Backend::SystemV { key: None }) } else { options })
}

/// Removes the segments of runs that were killed themselves.
pub(crate) fn sweep() {
    let is_gone = |name: &str| {
        let pid = name.strip_prefix(NAME);
        pid.is_some_and(|pid| !Path::new(&format!("/proc/{pid}")).exists())
    };
    for entry in std::fs::read_dir("/dev/shm").into_iter().flatten().flatten() {
        let file = entry.file_name();
        let Some(file) = file.to_str() else { continue };
        if is_gone(file) {
            let _ = std::fs::remove_file(entry.path());
        } else if let Some(name) = system_v::name_in(file, &entry.path()).filter(|name| is_gone(&name[1..])) {
            system_v::remove(&name);
        }
    }
}

/// What `docs/LAYOUT.md` says of key and lock file.
mod system_v {
    use std::path::Path;

    fn key(name: &str) -> i32 {
        crc32fast::hash(name.as_bytes()) as i32 | 1
    }

    pub(super) fn id(name: &str) -> Option<i32> {
        // SAFETY: touches no memory.
        let id = unsafe { libc::shmget(key(name), 0, 0) };
        (id >= 0).then_some(id)
    }

    /// A copy of the bytes. Nobody has them mapped: the worker is dead.
    pub(super) fn read(id: i32) -> Result<Vec<u8>, String> {
        let failed = |call: &str| format!("{call}: {}", std::io::Error::last_os_error());
        // SAFETY: all fields are integers, of which zero is a value.
        let mut stat: libc::shmid_ds = unsafe { core::mem::zeroed() };
        // SAFETY: `stat` is a place for what the call writes.
        if unsafe { libc::shmctl(id, libc::IPC_STAT, &raw mut stat) } != 0 {
            return Err(failed("shmctl(IPC_STAT)"));
        }
        // SAFETY: a new mapping where nothing is.
        let at = unsafe { libc::shmat(id, core::ptr::null(), libc::SHM_RDONLY) };
        if at.addr() == usize::MAX {
            return Err(failed("shmat"));
        }
        // SAFETY: mapped and readable for all its bytes; nobody writes them.
        let bytes = unsafe { core::slice::from_raw_parts(at.cast::<u8>(), stat.shm_segsz) }.to_vec();
        // SAFETY: the mapping made above, to which nothing refers any more.
        let gone = unsafe { libc::shmdt(at) };
        if gone == 0 { Ok(bytes) } else { Err(failed("shmdt")) }
    }

    pub(super) fn remove(name: &str) {
        if let Some(id) = id(name) {
            // SAFETY: IPC_RMID takes no memory.
            unsafe { libc::shmctl(id, libc::IPC_RMID, core::ptr::null_mut()) };
        }
        let uid = rustix::process::geteuid().as_raw();
        let _ = std::fs::remove_file(format!("/dev/shm/resume@{uid}-{:08x}", key(name) as u32));
    }

    /// The name of the segment that a lock file is of: behind a mark of one byte.
    pub(super) fn name_in(file: &str, path: &Path) -> Option<String> {
        let note = if file.starts_with("resume@") { std::fs::read(path).ok()? } else { return None };
        let name = std::str::from_utf8(note.get(1..)?).ok()?;
        name.starts_with('/').then(|| name.to_owned())
    }
}
