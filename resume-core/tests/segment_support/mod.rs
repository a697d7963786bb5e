//! What the tests of `segment` and `root` share: names and addresses of their own, roots, child processes.
//!
//! A child is this test binary again, told by an environment variable which role to play; it says what it
//! does on standard output, one word a line. Everything a test makes is removed by a drop guard; what a
//! killed test run left is removed by the next one, by the process id in the name.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "each test binary uses its part")]

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use resume_core::ShmSafe;
use resume_core::root::{Context, Opened, Options, Resumed, Root};
use resume_core::segment::{self, Backend, Inspection, Memfd, OpenError};

pub mod system_v;

static NEXT: AtomicU64 = AtomicU64::new(0);

/// A segment name of this test alone, and an address for it; dropped, the object is gone.
pub struct Place {
    pub name: String,
    pub base: u64,
    pub backend: Backend,
}

/// Each backend, by the name that the conformance suite gives it.
pub fn backend(kind: &str, name: &str) -> Backend {
    match kind {
        "posix" => Backend::Posix,
        "system_v" => Backend::SystemV { key: None },
        "memfd" => Backend::Memfd(Memfd::create(&name[1..]).unwrap()),
        other => panic!("no such backend: {other}"),
    }
}

const PREFIX: &str = "resume-test-";

impl Place {
    pub fn new() -> Self {
        Self::new_in("posix")
    }

    /// In a backend of the conformance suite.
    pub fn new_in(kind: &str) -> Self {
        janitor();
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        // 32 GiB apart, so that a 1 GiB root and its neighbours fit.
        let base = 0x6800_0000_0000 + n * 0x8_0000_0000;
        let name = format!("/{PREFIX}{}-{n}", std::process::id());
        Self { backend: backend(kind, &name), name, base }
    }

    /// Of the object, where it has one; a memfd's is a way to its descriptor that other processes have too.
    pub fn path(&self) -> String {
        use std::os::fd::{AsFd, AsRawFd};
        match &self.backend {
            Backend::Memfd(memfd) => {
                format!("/proc/{}/fd/{}", std::process::id(), memfd.as_fd().as_raw_fd())
            }
            _ => format!("/dev/shm{}", self.name),
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        match self.backend {
            Backend::SystemV { .. } => system_v::read(&self.name),
            _ => std::fs::read(self.path()).unwrap(),
        }
    }

    /// Whether there is any state.
    pub fn exists(&self) -> bool {
        use std::os::unix::fs::MetadataExt;
        match self.backend {
            Backend::SystemV { .. } => {
                let lock_file = system_v::lock_path(&self.name);
                system_v::id(&self.name).is_some() || std::fs::symlink_metadata(lock_file).is_ok()
            }
            Backend::Memfd(_) => std::fs::metadata(self.path()).is_ok_and(|m| m.blocks() > 0),
            _ => std::fs::symlink_metadata(self.path()).is_ok(),
        }
    }

    /// Puts an object of other bytes, and perhaps another length, in its place.
    pub fn replace(&mut self, bytes: &[u8]) {
        match &self.backend {
            Backend::SystemV { .. } => system_v::replace(&self.name, bytes),
            Backend::Memfd(_) => {
                self.backend = backend("memfd", &self.name);
                std::fs::write(self.path(), bytes).unwrap();
            }
            _ => std::fs::write(self.path(), bytes).unwrap(),
        }
    }

    pub fn chmod(&self, mode: u32) {
        use std::os::unix::fs::PermissionsExt;
        match self.backend {
            Backend::SystemV { .. } => system_v::set(&self.name, |perm| perm.mode = mode as _),
            _ => std::fs::set_permissions(self.path(), std::fs::Permissions::from_mode(mode)).unwrap(),
        }
    }

    pub fn inspect(&self) -> Result<Inspection, OpenError> {
        segment::inspect_in(&self.backend, &self.name)
    }

    /// Writes into the object from outside, as a damage would.
    pub fn poke(&self, offset: u64, bytes: &[u8]) {
        use std::os::unix::fs::FileExt;
        if matches!(self.backend, Backend::SystemV { .. }) {
            return system_v::write(&self.name, offset, bytes);
        }
        let file = std::fs::OpenOptions::new().write(true).open(self.path()).unwrap();
        file.write_all_at(bytes, offset).unwrap();
    }

    pub fn truncate(&self, bytes: u64) {
        std::fs::OpenOptions::new().write(true).open(self.path()).unwrap().set_len(bytes).unwrap();
    }

    /// Changes the prefix and makes its CRC fit again.
    pub fn forge(&self, offset: usize, bytes: &[u8]) {
        let mut prefix = self.bytes()[..512].to_vec();
        prefix[offset..offset + bytes.len()].copy_from_slice(bytes);
        let crc = crc32fast::hash(&prefix[..508]);
        prefix[508..].copy_from_slice(&crc.to_le_bytes());
        self.poke(0, &prefix);
    }

    pub fn options(&self) -> Options {
        Options::new(&self.name).base(self.base).journal_bytes(4096).backend(self.backend.clone())
    }

    pub fn open(&self) -> Result<Opened<Probe>, OpenError> {
        self.options().open_or_create::<Probe>(&mut World::default())
    }

    /// Makes a segment that was stopped cleanly after three ticks.
    pub fn stopped() -> Self {
        Self::stopped_in("posix")
    }

    pub fn stopped_in(kind: &str) -> Self {
        let place = Self::new_in(kind);
        let mut opened = place.open().unwrap();
        for _ in 0..3 {
            opened.live.tick(&mut World::default());
        }
        opened.live.stop();
        place
    }

    /// Opens and expects a refusal that leaves every byte as it was.
    pub fn refused(&self) -> OpenError {
        let before = self.bytes();
        let error = self.open().unwrap_err();
        assert!(self.bytes() == before, "the segment was changed, though refused: {error}");
        error
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        match self.backend {
            Backend::SystemV { .. } => return system_v::remove(&self.name),
            Backend::Memfd(_) => return,
            _ => {}
        }
        let path = self.path();
        let _ = std::fs::remove_file(&path).or_else(|_| std::fs::remove_dir(&path));
    }
}

/// Removes the objects of test runs that were killed.
fn janitor() {
    for entry in std::fs::read_dir("/dev/shm").unwrap().flatten() {
        let name = entry.file_name();
        if name.to_str().is_some_and(|n| n.starts_with("resume@")) {
            system_v::sweep(&entry.path());
            continue;
        }
        let pid = name.to_str().and_then(|n| n.strip_prefix(PREFIX)).and_then(|n| n.split('-').next());
        if pid.is_some_and(is_gone) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn is_gone(pid: &str) -> bool {
    !std::path::Path::new(&format!("/proc/{pid}")).exists()
}

/// The root of most tests.
#[derive(ShmSafe)]
#[repr(C)]
pub struct Probe {
    pub ticks: u64,
    pub starts: u32,
    pub resumes: u32,
    pub left: u32,
    pub right: u32,
    pub flag: bool,
}

/// Where [`Probe`] has its `flag`, from the start of the root.
pub const FLAG_OFFSET: u64 = 24;

resume_core::root!(Probe);

/// What a hook does besides its work.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    #[default]
    Nothing,
    /// Says so, then waits to be killed.
    Hang,
    Panic,
}

impl Act {
    fn run(self, what: &str) {
        match self {
            Act::Nothing => {}
            Act::Hang => hang(what),
            Act::Panic => panic!("planned: {what}"),
        }
    }
}

/// Something that is in the way at an address.
pub struct Obstacle(*mut core::ffi::c_void);

impl Obstacle {
    const BYTES: usize = 4096;

    pub fn at(address: u64) -> Self {
        use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};
        let flags = MapFlags::PRIVATE | MapFlags::FIXED_NOREPLACE;
        let at = core::ptr::without_provenance_mut(address as usize);
        // SAFETY: a new mapping that replaces nothing.
        Self(unsafe { mmap_anonymous(at, Self::BYTES, ProtFlags::READ, flags) }.unwrap())
    }
}

impl Drop for Obstacle {
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's own, and nothing refers to it.
        unsafe { rustix::mm::munmap(self.0, Self::BYTES) }.unwrap();
    }
}

/// Gives this thread a `/dev/shm` of its own; it ends with the thread.
pub fn small_dev_shm(options: &str) {
    assert!(rustix::process::geteuid().is_root(), "this test must run as root to mount a small /dev/shm");
    // SAFETY: gives this thread mounts of its own; no memory is involved.
    assert_eq!(unsafe { libc::unshare(libc::CLONE_NEWNS) }, 0);
    let flags = libc::MS_REC | libc::MS_PRIVATE;
    let none = core::ptr::null();
    // SAFETY: the strings are terminated; null is allowed where this kind of mount takes no argument.
    assert_eq!(unsafe { libc::mount(none, c"/".as_ptr(), none, flags, none.cast()) }, 0);
    let options = std::ffi::CString::new(options).unwrap();
    let (kind, target) = (c"tmpfs".as_ptr(), c"/dev/shm".as_ptr());
    // SAFETY: all strings are terminated and live until the call returns.
    assert_eq!(unsafe { libc::mount(kind, target, kind, 0, options.as_ptr().cast()) }, 0);
}

/// Says a word to the parent.
pub fn say(word: &str) {
    println!("{word}");
    std::io::stdout().flush().unwrap();
}

/// Says a word, then waits to be killed.
pub fn hang(word: &str) -> ! {
    say(word);
    loop {
        std::thread::sleep(std::time::Duration::from_secs(3600));
    }
}

#[derive(Debug, Default)]
pub struct World {
    pub start: Act,
    pub resume: Act,
    pub tick: Act,
    pub resumed: Option<Resumed>,
    pub resume_runs: Option<(u32, u64)>,
}

impl Root for Probe {
    type Env = World;

    fn start(&mut self, world: &mut World, _: &Context) {
        assert_eq!((self.ticks, self.starts, self.resumes), (0, 0, 0), "a fresh root is zero");
        self.starts += 1;
        world.start.run("start");
    }

    fn resume(&mut self, world: &mut World, cx: &Context, how: &Resumed) {
        world.resumed = Some(how.clone());
        if let Some((handler, event)) = world.resume_runs {
            cx.running(handler, event);
        }
        world.resume.run("resume");
        self.resumes += 1;
    }

    fn tick(&mut self, world: &mut World, cx: &Context) {
        self.ticks += 1;
        cx.running(7, self.ticks);
        world.tick.run("tick");
        cx.idle();
    }
}

const ROLE: &str = "RESUME_TEST_ROLE";

/// A child process; dropped, it is killed and waited for.
pub struct Actor {
    pub child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Actor {
    /// Starts this test binary again in a role on a place.
    pub fn start(role: &str, place: &Place) -> Self {
        let exe = std::env::current_exe().unwrap();
        let mut child = Command::new(exe)
            .args(["--exact", "plays_its_role", "--nocapture", "--test-threads=1"])
            .env(ROLE, format!("{role} {} {} {}", place.name, place.base, kind_of(place)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The same in a process that finds `memfd` as systemd's descriptor store hands it over: number 3,
    /// named "state".
    pub fn start_with_listen_fds(role: &str, place: &Place, memfd: &Memfd) -> Self {
        use std::os::fd::{AsFd, AsRawFd};
        use std::os::unix::process::CommandExt;
        let exe = std::env::current_exe().unwrap();
        let mut command = Command::new("/bin/sh");
        // Only the process itself knows its id before it starts.
        command.args(["-c", "LISTEN_PID=$$ exec \"$@\"", "sh"]);
        command.arg(exe).args(["--exact", "plays_its_role", "--nocapture", "--test-threads=1"]);
        command.env(ROLE, format!("{role} {} {} listen", place.name, place.base));
        command.env("LISTEN_FDS", "1").env("LISTEN_FDNAMES", "state");
        let fd = memfd.as_fd().as_raw_fd();
        let hand_over = move || {
            // A descriptor that is number 3 already would stay closed on exec.
            // SAFETY: touches no memory.
            let copy = if fd == 3 { unsafe { libc::dup(fd) } } else { fd };
            // SAFETY: touches no memory; the copy is without close-on-exec.
            match unsafe { libc::dup2(copy, 3) } {
                3 if fd != 3 => Ok(()),
                // SAFETY: touches no memory.
                3 => match unsafe { libc::fcntl(3, libc::F_SETFD, 0) } {
                    0 => Ok(()),
                    _ => Err(std::io::Error::last_os_error()),
                },
                _ => Err(std::io::Error::last_os_error()),
            }
        };
        // SAFETY: dup, dup2 and fcntl may be called between fork and exec.
        unsafe { command.pre_exec(hand_over) };
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// Reads on until the child says `word`, which may have more behind it; gives the line.
    pub fn wait_for(&mut self, word: &str) -> String {
        for line in &mut self.lines {
            let line = line.unwrap();
            // The harness writes the test's name before the first word on the same line.
            if let Some(at) = line.find(word) {
                return line[at..].to_owned();
            }
        }
        panic!("the child ended before it said {word:?}");
    }

    /// Reads on until the child says one of two words; gives the line.
    pub fn wait_for_either(&mut self, word: &str, other: &str) -> String {
        for line in &mut self.lines {
            let line = line.unwrap();
            if line.starts_with(word) || line.starts_with(other) {
                return line;
            }
        }
        panic!("the child ended before it said {word:?} or {other:?}");
    }

    /// Lets a child go on that waits for a line.
    pub fn go(&mut self) {
        self.child.stdin.as_mut().unwrap().write_all(b"go\n").unwrap();
    }

    /// SIGKILL, and its end.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        assert_eq!(self.child.wait().unwrap().signal(), Some(9));
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// In a child: the role, and the place it plays on (which it does not remove).
pub fn role() -> Option<(String, std::mem::ManuallyDrop<Place>)> {
    let text = std::env::var(ROLE).ok()?;
    let death = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
    death.unwrap();
    let mut parts = text.split(' ').map(str::to_owned);
    let (role, name, base) = (parts.next()?, parts.next()?, parts.next()?.parse().unwrap());
    let backend = match parts.next()?.as_str() {
        "listen" => Backend::Memfd(Memfd::from_listen_fds("state").unwrap()),
        path if path.starts_with('/') => {
            let file = std::fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
            Backend::Memfd(Memfd::from_fd(file.into()))
        }
        kind => backend(kind, &name),
    };
    Some((role, std::mem::ManuallyDrop::new(Place { name, base, backend })))
}

/// How a child finds the object.
fn kind_of(place: &Place) -> String {
    match place.backend {
        Backend::SystemV { .. } => "system_v".to_owned(),
        Backend::Memfd(_) => place.path(),
        _ => "posix".to_owned(),
    }
}

/// The roles that more than one test binary uses.
pub fn play(role: &str, place: &Place) {
    let mut world = World::default();
    match role {
        "tick" => {
            let mut opened = place.options().open_or_create::<Probe>(&mut world).unwrap();
            opened.live.tick(&mut world);
            opened.live.tick(&mut world);
            world.tick = Act::Hang;
            opened.live.tick(&mut world);
        }
        "hold" => {
            let _opened = place.options().open_or_create::<Probe>(&mut world).unwrap();
            hang("holding");
        }
        "die-in-start" => {
            world.start = Act::Hang;
            let _ = place.options().open_or_create::<Probe>(&mut world).unwrap();
        }
        "die-in-resume" => {
            world.resume = Act::Hang;
            world.resume_runs = Some((99, 1));
            let _ = place.options().open_or_create::<Probe>(&mut world).unwrap();
        }
        "churn" => {
            // Every transition, as fast as it goes.
            say("churning");
            for round in 0u64.. {
                let options = place.options().resumes_failed_max(u64::MAX);
                let mut opened = options.open_or_create::<Probe>(&mut world).unwrap();
                for _ in 0..round % 3 {
                    opened.live.tick(&mut world);
                }
                if round % 5 == 4 {
                    opened.live.remove().unwrap();
                } else {
                    opened.live.stop();
                }
            }
        }
        // In a process whose first layouts of its address space, as many as the role says, are in the way.
        occupied if occupied.starts_with("occupied-") => {
            let taken: u32 = occupied["occupied-".len()..].parse().unwrap();
            let count = std::env::var("RESUME_REEXEC").unwrap_or_default();
            let count = count.rsplit(':').next().and_then(|n| n.parse().ok()).unwrap_or(0);
            say(&format!("start {count}"));
            let _obstacle = (count < taken).then(|| Obstacle::at(place.base));
            let options = place.options().reexec_max(3);
            match options.open_or_create::<Probe>(&mut world) {
                Ok(opened) => hang(&format!("opened {:?}", opened.outcome)),
                Err(error) => hang(&format!("refused {error}")),
            }
        }
        other => panic!("no such role: {other}"),
    }
}
