//! Refusals. Each says what was expected, what was found and what to do.

use rustix::io::Errno;

use super::name::NameError;
use super::owner::{Holder, Owner};
use super::words::Running;
use crate::check::Problem;
use crate::layout::Diff;

/// Why a segment was not opened. Whenever one is returned, the segment's bytes are what they were (the
/// one exception says so).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The name breaks a rule.
    #[error(transparent)]
    Name(#[from] NameError),

    /// An option has a value that cannot work.
    #[error("option {option}: expected {expected}, found {found}; change the option")]
    Option {
        /// Its name.
        option: &'static str,
        /// What it must be.
        expected: String,
        /// What it is.
        found: String,
    },

    /// The kernel refused a call.
    #[error("segment {name}: {call} failed: {errno}; {hint}")]
    Os {
        /// The segment.
        name: String,
        /// The call.
        call: &'static str,
        /// The kernel's answer.
        errno: Errno,
        /// What is usually behind it.
        hint: &'static str,
    },

    /// There is none, and the caller asked not to create one.
    #[error(
        "segment {name}: expected to find it, found none; start the program that creates it, or use open_or_create"
    )]
    NotFound {
        /// The segment.
        name: String,
    },

    /// The name changed hands again and again while it was opened.
    #[error(
        "segment {name}: expected the name to stay on one object, found it created and removed {tries} times \
         while it was opened; find out who removes it"
    )]
    Unstable {
        /// The segment.
        name: String,
        /// Attempts made.
        tries: u32,
    },

    /// Not a regular shared-memory object.
    #[error(
        "segment {name}: expected a regular shared-memory object, found {found}; remove it or choose another name"
    )]
    NotRegular {
        /// The segment.
        name: String,
        /// What it is.
        found: String,
    },

    /// It belongs to another user.
    #[error(
        "segment {name}: expected it to belong to uid {expected}, found uid {found}; run as that user, or \
         remove the object"
    )]
    OtherUser {
        /// The segment.
        name: String,
        /// The effective uid of this process.
        expected: u32,
        /// The object's.
        found: u32,
    },

    /// Its permissions let others in.
    #[error(
        "segment {name}: expected mode {expected:04o}, found {found:04o}; somebody changed it: find out who \
         may have written to it, then chmod {expected:04o} or remove it"
    )]
    Mode {
        /// The segment.
        name: String,
        /// The one mode allowed.
        expected: u32,
        /// The object's.
        found: u32,
    },

    /// Another process owns it.
    #[error("segment {name}: expected no living owner, found pid {} ({command}), started {age_s} s ago{}", owner.pid, end_it(*stopped))]
    LiveOwner {
        /// The segment.
        name: String,
        /// The process.
        owner: Owner,
        /// Its name.
        command: String,
        /// Seconds since it started.
        age_s: u64,
        /// Whether a signal or a debugger has stopped it.
        stopped: bool,
    },

    /// Another process owns it, in a pid namespace that this one cannot see.
    #[error(
        "segment {name}: expected no living owner, found the lock held and pid {} of pid namespace {} as the \
         last owner; look in that container", owner.pid, owner.pid_namespace
    )]
    LiveOwnerElsewhere {
        /// The segment.
        name: String,
        /// The process, in its own namespace.
        owner: Owner,
    },

    /// The lock is held, but not by the process that the header names.
    #[error(
        "segment {name}: expected the lock to end with its owner{}, found it held by {}; that is a child it \
         forked without exec, or a process that is opening the segment now: end the child, or try again",
        dead.map_or(String::new(), |o| format!(" (pid {}, dead)", o.pid)), list(holders)
    )]
    LockInherited {
        /// The segment.
        name: String,
        /// The owner that the header names, if there is a header.
        dead: Option<Owner>,
        /// The processes that have the object open, as far as this user may see.
        holders: Vec<Holder>,
    },

    /// Too short for a header.
    #[error(
        "segment {name}: expected at least {expected} bytes of header, found {found} bytes; it is truncated: remove it"
    )]
    TooShort {
        /// The segment.
        name: String,
        /// Bytes of a header.
        expected: u64,
        /// The object's bytes.
        found: u64,
    },

    /// The magic is missing.
    #[error(
        "segment {name}: expected the magic {expected:?}, found {found:?}; it is not a segment, or its first bytes are damaged: choose another name"
    )]
    NotASegment {
        /// The segment.
        name: String,
        /// [`MAGIC`](super::MAGIC)
        expected: String,
        /// The first bytes, escaped.
        found: String,
    },

    /// Written by another version of this crate.
    #[error(
        "segment {name}: expected header version {expected}, found {found}; start the program that wrote it, \
         stop it cleanly, or remove the segment"
    )]
    HeaderVersion {
        /// The segment.
        name: String,
        /// The version of this crate.
        expected: u32,
        /// The segment's.
        found: u32,
    },

    /// The prefix was changed after it was written.
    #[error(
        "segment {name}: expected CRC {expected:08x} of its first 508 bytes, found {found:08x}; the header is damaged: keep a copy, then remove it"
    )]
    PrefixDamaged {
        /// The segment.
        name: String,
        /// The CRC written in it.
        expected: u32,
        /// The CRC of the bytes.
        found: u32,
    },

    /// Made on another kind of machine.
    #[error(
        "segment {name}: expected {what} {expected}, found {found}; it was made on another kind of machine: remove it"
    )]
    OtherMachine {
        /// The segment.
        name: String,
        /// Which property.
        what: &'static str,
        /// This machine's.
        expected: u64,
        /// The segment's.
        found: u64,
    },

    /// A valid prefix that contradicts itself.
    #[error(
        "segment {name}: expected {what} {expected}, found {found}; the header contradicts itself: remove it"
    )]
    Inconsistent {
        /// The segment.
        name: String,
        /// Which field.
        what: &'static str,
        /// What follows from the other fields.
        expected: u64,
        /// What it says.
        found: u64,
    },

    /// The state word holds nothing known.
    #[error(
        "segment {name}: expected a known state, found the word {found:#018x}; the header is damaged: keep a copy, then remove it"
    )]
    StateUnknown {
        /// The segment.
        name: String,
        /// The word.
        found: u64,
    },

    /// The object is not as long as its header says.
    #[error(
        "segment {name}: expected {expected} bytes, found {found}; it was truncated or extended: keep a copy, then remove it"
    )]
    Size {
        /// The segment.
        name: String,
        /// Bytes by the header.
        expected: u64,
        /// The object's bytes.
        found: u64,
    },

    /// Made before the last boot.
    #[error(
        "segment {name}: expected boot {expected}, found {found}; it is a copy from before a reboot, and its \
         deadlines mean nothing now: remove it"
    )]
    OtherBoot {
        /// The segment.
        name: String,
        /// This boot's id.
        expected: String,
        /// The segment's.
        found: String,
    },

    /// It holds another root.
    #[error(
        "segment {name}: expected root {expected}, found root {found}; choose another name, or start the program it belongs to"
    )]
    OtherRoot {
        /// The segment.
        name: String,
        /// This program's root.
        expected: String,
        /// The segment's.
        found: String,
    },

    /// It holds this root with another layout.
    #[error(transparent)]
    Layout(Box<LayoutMismatch>),

    /// Resumes failed too often.
    #[error(
        "segment {name}: expected at most {max} failed resumes, found {found}{}; it is quarantined: copy it, \
         find the cause, then release or remove it",
        at(crashed)
    )]
    Quarantined {
        /// The segment.
        name: String,
        /// Failed resumes allowed.
        max: u64,
        /// Failed resumes.
        found: u64,
        /// What ran at the crash that could not be resumed.
        crashed: Option<Running>,
    },

    /// The address range is taken.
    #[error(
        "segment {name}: expected the addresses {base:#x} to {end:#x} to be free, found {conflict}{}; start \
         again, or choose another base for a new segment",
        after(*reexecs)
    )]
    AddressTaken {
        /// The segment.
        name: String,
        /// The first address.
        base: u64,
        /// The address behind the last.
        end: u64,
        /// The line of `/proc/self/maps`.
        conflict: String,
        /// How often this process has executed itself again because of it.
        reexecs: u32,
    },

    /// Not enough shared memory.
    #[error(
        "segment {name}: expected {needed} bytes free in shared memory, found {available}; remove old \
         segments, enlarge /dev/shm (docker: --shm-size), or make the state smaller"
    )]
    NoSpace {
        /// The segment.
        name: String,
        /// Bytes the segment takes.
        needed: u64,
        /// Bytes that are free.
        available: u64,
    },

    /// A memory option that the program relies on cannot be had.
    #[error("segment {name}: expected option {option} to take effect, found {call} refused: {errno}; {hint}")]
    Memory {
        /// The segment.
        name: String,
        /// The option.
        option: &'static str,
        /// The call.
        call: &'static str,
        /// The kernel's answer.
        errno: Errno,
        /// What to do.
        hint: &'static str,
    },

    /// The journal cannot be rolled back.
    #[error("segment {name}: expected an intact undo journal, found {what}; keep a copy, then remove it")]
    Journal {
        /// The segment.
        name: String,
        /// What is wrong.
        what: String,
    },

    /// Some values are not valid. The journal has been rolled back.
    #[error(
        "segment {name}: expected valid values after a crash, found {} broken: {}; keep a copy, then repair or \
         remove it", problems.len() as u64 + dropped, list(problems)
    )]
    Values {
        /// The segment.
        name: String,
        /// Where and what.
        problems: Vec<Problem>,
        /// How many more there are.
        dropped: u64,
    },
}

/// The layouts of program and segment differ.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[error(
    "segment {name}: expected the layout that this program has for its root {root}, found another; run the \
     program that wrote it, or migrate:\n{}",
    difference_text(self)
)]
pub struct LayoutMismatch {
    /// The segment.
    pub name: String,
    /// The root of both.
    pub root: String,
    /// The program's LAYOUT hash.
    pub expected_layout: u128,
    /// The program's SCHEMA hash.
    pub expected_schema: u128,
    /// The segment's LAYOUT hash.
    pub found_layout: u128,
    /// The segment's SCHEMA hash.
    pub found_schema: u128,
    /// What changed from the segment's layout (old) to the program's (new), or why its record cannot be
    /// read.
    pub difference: Result<Diff, String>,
}

fn difference_text(m: &LayoutMismatch) -> String {
    match &m.difference {
        Ok(diff) => diff.to_string(),
        Err(why) => format!(
            "layout {:032x}, schema {:032x} in the program; {:032x}, {:032x} in the segment, whose record \
             cannot be read: {why}",
            m.expected_layout, m.expected_schema, m.found_layout, m.found_schema
        ),
    }
}

fn end_it(stopped: bool) -> &'static str {
    match stopped {
        false => "; stop it first",
        true => ", alive but stopped by a signal or a debugger; let it go on (kill -CONT) and end it first",
    }
}

fn after(reexecs: u32) -> String {
    if reexecs == 0 { String::new() } else { format!(" (executed again {reexecs} times)") }
}

fn at(running: &Option<Running>) -> String {
    running.map_or(String::new(), |r| format!(" after a crash in {r}"))
}

fn list<T: std::fmt::Display>(items: &[T]) -> String {
    match items {
        [] => "a process that this user may not see".to_owned(),
        some => some.iter().map(T::to_string).collect::<Vec<_>>().join(", "),
    }
}
