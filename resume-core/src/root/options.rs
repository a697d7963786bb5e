//! How a segment is opened.

use std::os::fd::OwnedFd;

use super::{Opened, Root, open};
use crate::check::Reach;
use crate::segment::{BASE_DEFAULT, Backend, Memfd, MemoryOptions, OpenError, Plan};

/// Name and options of a segment.
#[derive(Debug, Clone)]
pub struct Options {
    pub(super) name: String,
    pub(super) backend: Backend,
    pub(super) plan: Plan,
    pub(super) memory: MemoryOptions,
    pub(super) resumes_failed_max: u64,
    pub(super) reexec_max: u32,
    pub(super) reach: Option<Reach>,
}

impl Options {
    /// The journal's size unless told otherwise.
    pub const JOURNAL_BYTES_DEFAULT: u64 = 1 << 20;

    /// Failed resumes in a row that are allowed unless told otherwise.
    pub const RESUMES_FAILED_MAX_DEFAULT: u64 = 3;

    /// The defaults; the name starts with a slash and is checked when the segment is opened.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            backend: Backend::default(),
            plan: Plan { base: BASE_DEFAULT, journal_bytes: Self::JOURNAL_BYTES_DEFAULT, reserve: true },
            memory: MemoryOptions::default(),
            resumes_failed_max: Self::RESUMES_FAILED_MAX_DEFAULT,
            reexec_max: 0,
            reach: None,
        }
    }

    /// The defaults, for a memfd that a keeper handed over. The name in messages is the memfd's.
    ///
    /// ```
    /// use resume_core::root::Options;
    /// use resume_core::segment::Memfd;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// // In the keeper, once; in the server: `Memfd::from_listen_fds("scene")` or `Memfd::from_fd(fd)`.
    /// let memory = Memfd::create("scene")?;
    /// let options = Options::memfd(memory);
    /// # Ok(())
    /// # }
    /// ```
    pub fn memfd(memory: Memfd) -> Self {
        Self::new(&memory.label()).backend(Backend::Memfd(memory))
    }

    /// As [`memfd`](Self::memfd), from a descriptor.
    pub fn from_fd(fd: OwnedFd) -> Self {
        Self::memfd(Memfd::from_fd(fd))
    }

    /// Where a new segment is mapped, in this process and every later one. An existing one is mapped where
    /// it was created. Two segments in one process need two bases.
    #[must_use]
    pub fn base(mut self, address: u64) -> Self {
        self.plan.base = address;
        self
    }

    /// The undo journal of a new segment, rounded up to pages: bounds what one transaction may change.
    /// Pages of it that are never used are never touched.
    #[must_use]
    pub fn journal_bytes(mut self, bytes: u64) -> Self {
        self.plan.journal_bytes = bytes;
        self
    }

    /// Whether the kernel sets the memory of a new segment aside at create (the default), 0.1 to 0.6 s
    /// a GiB. Without, creating takes microseconds at any size and only compares with what is free now: when
    /// memory runs out later, the first store to a new page is a SIGBUS.
    #[must_use]
    pub fn reserve(mut self, reserve: bool) -> Self {
        self.plan.reserve = reserve;
        self
    }

    /// After how many failed resumes in a row the segment is quarantined.
    #[must_use]
    pub fn resumes_failed_max(mut self, count: u64) -> Self {
        self.resumes_failed_max = count;
        self
    }

    /// How often, in its life, this process may execute itself again (same file, arguments and environment)
    /// when the address range of the segment is taken, to get another layout of its address space. None
    /// unless asked: everything that the process has done until then is done again, so open the segment
    /// first. A process that has another segment mapped never does.
    ///
    /// Descriptors that are closed on exec are gone then; one from [`Memfd::from_listen_fds`] is found again.
    #[must_use]
    pub fn reexec_max(mut self, count: u32) -> Self {
        self.reexec_max = count;
        self
    }

    /// Asks for huge pages (`MADV_HUGEPAGE`): fewer TLB misses on a large state, for memory in steps of
    /// 2 MiB. Whether shared memory may have them is the host's decision, which
    /// [`Opened::memory`] reports. A new segment that is [reserved](Self::reserve) is then populated
    /// through the mapping, because reserving gives small pages.
    #[must_use]
    pub fn huge_pages(mut self, ask: bool) -> Self {
        self.memory.huge_pages = ask;
        self
    }

    /// Touches every page before the state is live, 50 to 300 ms a GiB: no page fault later. Failing is an
    /// error; a kernel before 5.14 is reported.
    #[must_use]
    pub fn prefault(mut self, ask: bool) -> Self {
        self.memory.prefault = ask;
        self
    }

    /// Keeps the pages in memory, never in swap: with [`prefault`](Self::prefault) all of them at once,
    /// otherwise each from its first touch on. Beyond `RLIMIT_MEMLOCK` it is an error.
    #[must_use]
    pub fn lock_memory(mut self, ask: bool) -> Self {
        self.memory.lock = ask;
        self
    }

    /// Whether a core dump of this process holds the segment. Not by default: it survives the process
    /// anyway, and the dying process keeps the lock until its dump is written, so that gigabytes of it
    /// delay the resume. `/proc/self/coredump_filter` has to allow it too, which [`Opened::memory`]
    /// reports.
    #[must_use]
    pub fn core_dump(mut self, include: bool) -> Self {
        self.memory.core_dump = include;
        self
    }

    /// The kind of shared memory.
    #[must_use]
    pub fn backend(mut self, backend: Backend) -> Self {
        self.backend = backend;
        self
    }

    /// Looks for what is leaked when a state is taken over, as it was left: before blocks that nobody owns are
    /// freed, and before the resume hook. The result is in [`Opened::reached`]. It takes as long as the check of the
    /// values, or more.
    #[must_use]
    pub fn reach(mut self, reach: Reach) -> Self {
        self.reach = Some(reach);
        self
    }

    /// Gives the state: as it was left, or a new one.
    ///
    /// # Errors
    /// Every gate refuses with its own [`OpenError`]; the segment's bytes are then as before.
    pub fn open_or_create<R: Root>(&self, env: &mut R::Env) -> Result<Opened<R>, OpenError> {
        open::open(self, true, env)
    }

    /// Gives the state as it was left; never makes one.
    ///
    /// # Errors
    /// As [`open_or_create`](Self::open_or_create), and [`OpenError::NotFound`].
    pub fn attach<R: Root>(&self, env: &mut R::Env) -> Result<Opened<R>, OpenError> {
        open::open(self, false, env)
    }
}
