//! Single-stepping a child through an operation with `ptrace`.
//!
//! ```text
//! child:  TRACEME, marker ── operation ── marker        (a marker stops the child with SIGSTOP)
//! parent:          └─ step, look at the region, step, … ─┘ kill
//! ```
//!
//! `PTRACE_SINGLESTEP` stops after every instruction, and within `rep` string instructions after every
//! round, so each stop is a point at which a crash could have happened.

use std::io;

/// What a stop shows.
pub(crate) struct Stop {
    /// Instructions since the start of the operation.
    pub(crate) step: u64,
    pid: libc::pid_t,
}

impl Stop {
    /// The address of the next instruction, as an offset into the executable where it lies there.
    pub(crate) fn location(&self) -> String {
        let address = instruction_pointer(self.pid);
        match executable_range() {
            Some((start, end)) if (start..end).contains(&address) => {
                format!("executable+{:#x}", address - start)
            }
            _ => format!("{address:#x}"),
        }
    }
}

/// Forks a child that runs `operation`, and calls `look` after each instruction between its two [`marker`]s.
///
/// Gives the number of instructions, or what `look` found wrong.
pub(crate) fn step_through(
    operation: impl FnOnce(),
    mut look: impl FnMut(&Stop) -> Result<(), String>,
) -> Result<u64, String> {
    let child = Child::fork(operation).map_err(|e| format!("cannot fork: {e}"))?;
    child.wait_for_marker()?;
    let mut step = 0;
    loop {
        child.request(libc::PTRACE_SINGLESTEP)?;
        match child.wait()? {
            libc::SIGTRAP => {}
            libc::SIGSTOP => return Ok(step),
            other => return Err(format!("the operation itself died of signal {other} at step {step}")),
        }
        step += 1;
        look(&Stop { step, pid: child.pid })?;
    }
}

/// A traced child; killed and reaped when dropped.
struct Child {
    pid: libc::pid_t,
}

impl Child {
    fn fork(operation: impl FnOnce()) -> io::Result<Self> {
        // SAFETY: the child runs `run_child` alone, which leaves by SIGKILL; of what other threads may have
        // locked at the fork, operations use the allocator alone, which glibc makes usable in the child.
        match unsafe { libc::fork() } {
            -1 => Err(io::Error::last_os_error()),
            0 => run_child(operation),
            pid => Ok(Self { pid }),
        }
    }

    /// Waits for the SIGSTOP that the child raises before the operation.
    fn wait_for_marker(&self) -> Result<(), String> {
        match self.wait()? {
            libc::SIGSTOP => {}
            other => return Err(format!("the child died of signal {other} before the operation")),
        }
        // However this process ends, the child must not go on: PTRACE_O_EXITKILL.
        // SAFETY: `pid` is our stopped child; the options are a number, the address is not used.
        match unsafe { libc::ptrace(libc::PTRACE_SETOPTIONS, self.pid, 0, libc::PTRACE_O_EXITKILL) } {
            -1 => Err(format!("ptrace(SETOPTIONS): {}", io::Error::last_os_error())),
            _ => Ok(()),
        }
    }

    fn request(&self, request: libc::c_uint) -> Result<(), String> {
        // SAFETY: `pid` is our stopped child and this thread traces it; the request reads neither address
        // nor data (0: deliver no signal).
        match unsafe { libc::ptrace(request, self.pid, 0, 0) } {
            -1 => Err(format!("ptrace({request}): {}", io::Error::last_os_error())),
            _ => Ok(()),
        }
    }

    /// Waits for the next stop and gives its signal.
    fn wait(&self) -> Result<i32, String> {
        let mut status = 0;
        loop {
            // SAFETY: `status` is a local that lives through the call.
            if unsafe { libc::waitpid(self.pid, &mut status, libc::__WALL) } != -1 {
                break;
            }
            let error = io::Error::last_os_error();
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(format!("waitpid: {error}"));
            }
        }
        match status {
            s if libc::WIFSTOPPED(s) => Ok(libc::WSTOPSIG(s)),
            s if libc::WIFSIGNALED(s) => Ok(libc::WTERMSIG(s)),
            s => Err(format!("the child ended early (wait status {s:#x})")),
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // SAFETY: `pid` is our own child and not reaped yet, so the number cannot mean another process.
        unsafe { libc::kill(self.pid, libc::SIGKILL) };
        let mut status = 0;
        // SAFETY: as above; `status` is a local that lives through the call.
        unsafe { libc::waitpid(self.pid, &mut status, libc::__WALL) };
    }
}

fn run_child(operation: impl FnOnce()) -> ! {
    // SAFETY: asks for a signal at the death of the thread that traces us; no pointers.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
    // SAFETY: no pointers: our parent becomes our tracer.
    unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) };
    operation();
    // The parent kills us at the marker; should it not, end without running anybody's exit handlers.
    // SAFETY: ends the process; no pointers.
    unsafe { libc::_exit(3) }
}

/// Stops this process where the tracer sees it, in a handful of instructions: `raise` of libc would be some
/// hundred that are counted as crash points although they are no part of the operation.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn marker() {
    let pid = std::process::id();
    // SAFETY: `kill` of this process with SIGSTOP touches no memory of it; the kernel clobbers rcx and r11.
    // It is a full barrier for the compiler, as it is not marked as leaving memory alone.
    unsafe {
        core::arch::asm!(
            "syscall",
            inlateout("rax") libc::SYS_kill => _,
            in("rdi") pid as u64,
            in("rsi") libc::SIGSTOP as u64,
            out("rcx") _,
            out("r11") _,
        );
    }
}

/// Stops this process where the tracer sees it.
#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn marker() {
    // SAFETY: raises a signal in this thread; no pointers.
    unsafe { libc::raise(libc::SIGSTOP) };
}

fn instruction_pointer(pid: libc::pid_t) -> u64 {
    let mut regs = core::mem::MaybeUninit::<libc::user_regs_struct>::zeroed();
    // SAFETY: `pid` is our stopped child; the kernel writes one `user_regs_struct` to `regs`, which has room.
    unsafe { libc::ptrace(libc::PTRACE_GETREGS, pid, 0, regs.as_mut_ptr()) };
    // SAFETY: all bytes were zero at the start, and integers are valid whatever the kernel wrote.
    unsafe { regs.assume_init() }.rip
}

/// Where the executable is mapped, from its first to its last mapping.
fn executable_range() -> Option<(u64, u64)> {
    let exe = std::env::current_exe().ok()?;
    let exe = exe.to_str()?;
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let mut ranges = maps.lines().filter(|line| line.ends_with(exe)).filter_map(|line| {
        let (start, end) = line.split_whitespace().next()?.split_once('-')?;
        Some((u64::from_str_radix(start, 16).ok()?, u64::from_str_radix(end, 16).ok()?))
    });
    let first = ranges.next()?;
    Some((first.0, ranges.next_back().map_or(first.1, |last| last.1)))
}
