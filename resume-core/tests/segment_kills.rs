//! An owner killed inside create and attach: before each of its system calls, and after each change that it
//! makes to the header.

#![allow(clippy::unwrap_used, reason = "a failing helper fails its test")]

mod segment_support;

use std::os::unix::fs::FileExt;

use resume_core::root::Outcome;
use resume_core::segment::{OpenError, State};
use segment_support::{Actor, Place, Probe, World, play, role, say};

/// Not a test of its own: the entry of child processes.
#[test]
fn plays_its_role() {
    let Some((role, place)) = role() else { return };
    if role != "traced" {
        return play(&role, &place);
    }
    // SAFETY: asks to be traced; no memory is involved.
    unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) };
    // SAFETY: takes no argument.
    say(&format!("traced {}", unsafe { libc::gettid() }));
    // SAFETY: stops this thread until the tracer lets it go on.
    unsafe { libc::raise(libc::SIGSTOP) };
    let opened = place.open();
    let status = i32::from(opened.is_err());
    // SAFETY: ends the process at once; the segment stays as if it were killed.
    unsafe { libc::_exit(status) };
}

/// A child that is about to open, stopped.
struct Traced {
    actor: Actor,
    thread: i32,
}

impl Drop for Traced {
    fn drop(&mut self) {
        self.end();
    }
}

enum Stop {
    /// At a system call, or after an instruction.
    There,
    Ended,
}

impl Traced {
    fn start(place: &Place) -> Self {
        let mut actor = Actor::start("traced", place);
        let thread = actor.wait_for("traced").split(' ').nth(1).unwrap().parse().unwrap();
        let traced = Self { actor, thread };
        assert!(matches!(traced.wait(), Stop::There));
        let options = libc::PTRACE_O_TRACESYSGOOD | libc::PTRACE_O_EXITKILL;
        traced.request(libc::PTRACE_SETOPTIONS, options.into());
        traced
    }

    /// Kills it where it is, if it has not ended, and waits for its end.
    fn end(&mut self) {
        let _ = self.actor.child.kill();
        // A traced thread that is not the process's first keeps it from ending until it is waited for.
        let mut status = 0;
        // SAFETY: `status` is a valid place for the result.
        while unsafe { libc::waitpid(self.thread, &raw mut status, libc::__WALL) } == self.thread {}
        let _ = self.actor.child.wait();
    }

    fn request(&self, request: libc::c_uint, data: libc::c_long) {
        // SAFETY: the thread is traced by this one and stopped; these requests take numbers only.
        let done = unsafe { libc::ptrace(request, self.thread, 0, data) };
        assert_eq!(done, 0, "{}", std::io::Error::last_os_error());
    }

    fn wait(&self) -> Stop {
        let mut status = 0;
        // SAFETY: `status` is a valid place for the result.
        let waited = unsafe { libc::waitpid(self.thread, &raw mut status, libc::__WALL) };
        assert_eq!(waited, self.thread);
        if libc::WIFSTOPPED(status) {
            return Stop::There;
        }
        assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0, "the open failed: {status:#x}");
        Stop::Ended
    }

    /// Whether it has mapped something at the place's base.
    fn has_mapped(&self, place: &Place) -> bool {
        let maps = std::fs::read_to_string(format!("/proc/{}/maps", self.actor.child.id())).unwrap();
        maps.lines().any(|line| line.starts_with(&format!("{:x}-", place.base)))
    }

    /// Goes on to the next system call, before or behind it; or by one instruction.
    fn next(&self, request: libc::c_uint) -> Stop {
        self.request(request, 0);
        self.wait()
    }
}

/// What there is before the open.
#[derive(Debug, Clone, Copy)]
enum Before {
    Nothing,
    Stopped,
    Crashed,
    /// A resume that died in its hook.
    ResumeCrashed,
}

const ALL: [Before; 4] = [Before::Nothing, Before::Stopped, Before::Crashed, Before::ResumeCrashed];

impl Before {
    fn place(self, kind: &str) -> Place {
        let place = match self {
            Before::Nothing => Place::new_in(kind),
            _ => Place::stopped_in(kind),
        };
        match self {
            Before::Nothing | Before::Stopped => {}
            Before::Crashed => place.poke(512, b"LIVE\0\0\0\0"),
            Before::ResumeCrashed => place.poke(512, b"RESU\x04\0\0\0"),
        }
        place
    }

    /// What an open after the death of another must find.
    fn check(self, place: &Place, what: &str) {
        let mut opened = place.open().unwrap_or_else(|error| panic!("{self:?}, {what}: {error}"));
        let (outcome, generation) = (opened.outcome.clone(), opened.live.generation());
        let (ticks, starts, resumes) = opened.live.with(|root, _| (root.ticks, root.starts, root.resumes));
        let context = format!("{self:?}, {what}: {outcome:?}, {ticks} {starts} {resumes}");
        match self {
            Before::Nothing => {
                assert_eq!((ticks, starts), (0, 1), "{context}");
                let created = outcome == Outcome::Created;
                assert_eq!(created, resumes == 0, "{context}");
                assert_eq!(created, generation == 1, "{context}");
            }
            _ => {
                assert_eq!((ticks, starts), (3, 1), "{context}");
                // The killed one may have been through its hook; the hook runs again then.
                assert!((1..=2).contains(&resumes) && (2..=3).contains(&generation), "{context}");
            }
        }
        opened.live.stop();
        let outcome = place.open().unwrap().outcome;
        assert!(matches!(outcome, Outcome::ResumedAfterStop { .. }), "{context}, then {outcome:?}");
    }
}

/// Kills an opening process before its first system call, then before its second, and so on to its end.
fn kill_before_each_call(kind: &str, before: Before) -> usize {
    for calls in 0.. {
        let place = before.place(kind);
        let mut traced = Traced::start(&place);
        for _ in 0..2 * calls + 1 {
            if let Stop::Ended = traced.next(libc::PTRACE_SYSCALL) {
                traced.end();
                before.check(&place, "after its end");
                return calls;
            }
        }
        traced.end();
        before.check(&place, &format!("{kind}, killed before call {calls}"));
    }
    unreachable!()
}

fn every_call(kind: &str, befores: &[Before]) {
    for &before in befores {
        let calls = kill_before_each_call(kind, before);
        println!("{kind}, {before:?}: killed before each of {calls} system calls");
        assert!(calls > 20, "{kind}, {before:?}: only {calls} calls");
    }
}

#[test]
fn a_kill_before_each_system_call_of_an_open_of_a_posix_segment_is_resumed() {
    every_call("posix", &ALL);
}

#[test]
fn a_kill_before_each_system_call_of_an_open_of_a_system_v_segment_is_resumed() {
    every_call("system_v", &[Before::Nothing, Before::Crashed]);
}

#[test]
fn a_kill_before_each_system_call_of_an_open_of_a_memfd_is_resumed() {
    every_call("memfd", &[Before::Nothing, Before::Crashed]);
}

/// Steps through an open by instruction, from where it has mapped the segment (until then only a system call could
/// write to it, and those are killed one by one), and keeps the segment's bytes whenever its header has changed:
/// what a kill at that instruction leaves.
fn headers_of_an_open(before: Before) -> (Vec<Vec<u8>>, u64) {
    let place = before.place("posix");
    let untouched = place.bytes();
    let traced = Traced::start(&place);
    let mut seen: Vec<Vec<u8>> = Vec::new();
    let file = std::fs::File::open(place.path()).unwrap();
    let (mut header, mut now) = ([0; 1024], [0; 1024]);
    while !traced.has_mapped(&place) {
        assert!(matches!(traced.next(libc::PTRACE_SYSCALL), Stop::There), "it never mapped the segment");
    }
    assert!(place.bytes() == untouched, "written before it was mapped");
    let mut instructions = 0;
    while let Stop::There = traced.next(libc::PTRACE_SINGLESTEP) {
        instructions += 1;
        file.read_exact_at(&mut now, 0).unwrap();
        if now != header {
            seen.push(place.bytes());
            header = now;
        }
    }
    (seen, instructions)
}

#[test]
fn every_header_that_an_open_writes_is_resumed() {
    // Each header of a create is written by a system call, so the kills see it.
    for before in [Before::Stopped, Before::Crashed] {
        let (headers, instructions) = headers_of_an_open(before);
        println!("{before:?}: {} headers in {instructions} instructions", headers.len());
        // At least: owner, generation, counters, each state on the way, heartbeat.
        assert!(headers.len() >= 8, "{}", headers.len());
        for (number, bytes) in headers.iter().enumerate() {
            let mut place = before.place("posix");
            // Made for the address of another place, which is free by now; the prefix says which.
            place.replace(bytes);
            place.chmod(0o600);
            before.check(&place, &format!("header {number}"));
        }
    }
}

#[test]
fn entries_in_the_journal_of_a_stopped_segment_are_damage_and_of_a_crashed_one_are_not() {
    let place = Place::stopped();
    let journal = place.inspect().unwrap().prefix.journal_offset;
    place.poke(journal, &8u64.to_le_bytes());
    let error = place.refused();
    assert!(matches!(error, OpenError::Journal { .. }), "{error}");
    assert!(error.to_string().contains("stopped cleanly"), "{error}");
    place.poke(journal, &0u64.to_le_bytes());
    assert!(matches!(place.open().unwrap().outcome, Outcome::ResumedAfterStop { .. }));
}

#[test]
fn a_stop_with_entries_in_the_journal_is_left_as_a_crash() {
    let place = Place::new();
    let opened = place.open().unwrap();
    let journal = place.inspect().unwrap().prefix.journal_offset;
    // As a change that never ended would leave it: one entry of 8 bytes at the root's start.
    let root = place.inspect().unwrap().prefix.root_offset;
    let entry = [0u64.to_le_bytes(), root.to_le_bytes(), 8u64.to_le_bytes()].concat();
    place.poke(journal + 16, &entry);
    place.poke(journal, &(entry.len() as u64).to_le_bytes());
    opened.live.stop();
    assert_eq!(place.inspect().unwrap().state, Some(State::Live));
    let opened = place.options().attach::<Probe>(&mut World::default()).unwrap();
    let Outcome::ResumedAfterCrash(crash) = opened.outcome else { panic!("{:?}", opened.outcome) };
    assert_eq!(crash.rolled_back.entries, 1);
}

#[test]
fn an_entry_of_the_journal_that_names_the_header_is_refused() {
    let place = Place::stopped();
    place.poke(512, b"LIVE\0\0\0\0");
    let prefix = place.inspect().unwrap().prefix;
    for offset in
        [0, 504, 512, 1024, prefix.journal_offset - 8, prefix.journal_offset, prefix.root_offset - 8]
    {
        let entry = [0u64.to_le_bytes(), offset.to_le_bytes(), 8u64.to_le_bytes()].concat();
        place.poke(prefix.journal_offset + 16, &entry);
        place.poke(prefix.journal_offset, &(entry.len() as u64).to_le_bytes());
        let error = place.refused();
        assert!(matches!(error, OpenError::Journal { .. }), "{offset}: {error}");
        assert!(error.to_string().contains("behind the journal"), "{error}");
    }
}
