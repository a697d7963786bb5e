//! The mutable words: bytes 512 to 1023, each an aligned `u64` that one store changes.
//!
//! The owner writes them through the mapping, everybody else reads a copy by `pread`. The process can die
//! between any two stores; `state` is the word that commits each transition, so the others are written
//! before it. What runs (the flight recorder) lies in two slots: the one that `running_cursor` does not
//! select is filled first and then selected by one store, so a torn pair is never selected.

use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};

use super::prefix::HeaderField;

/// Bytes of prefix and words together.
pub const HEADER_BYTES: usize = 1024;

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident / $variant:ident = $offset:literal;)*) => {
        /// The words as they were at one moment.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct WordValues {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl WordValues {
            /// Where each word is.
            pub const FIELDS: &'static [HeaderField] =
                &[$(HeaderField { name: stringify!($name), offset: $offset, bytes: 8 },)*];

            /// Reads the words from a copy of the header.
            pub(super) fn decode(header: &[u8; HEADER_BYTES]) -> Self {
                Self { $($name: word_at(header, $offset),)* }
            }
        }

        impl Words {
            /// Puts every word back, the state last: a refusal after the first store leaves no trace.
            pub(crate) fn restore(&self, before: &WordValues) {
                $(if !matches!(Word::$variant, Word::State) {
                    self.set(Word::$variant, before.$name);
                })*
                self.set(Word::State, before.state);
            }
        }

        /// Names a word by its offset.
        #[derive(Debug, Clone, Copy)]
        #[repr(usize)]
        pub(crate) enum Word {
            $($variant = $offset,)*
        }
    };
}

words! {
    /// A [`State`], packed.
    state / State = 512;
    /// How many processes have owned the segment, the present one included.
    generation / Generation = 520;
    /// Resumes that began and did not get to Live, since the last that did.
    resumes_failed / ResumesFailed = 528;
    /// The owner's process id, in its own pid namespace.
    owner_pid / OwnerPid = 536;
    /// The owner's start, in clock ticks since boot: tells it from a later process of the same id.
    owner_start_ticks / OwnerStartTicks = 544;
    /// The inode of the owner's pid namespace.
    owner_pid_namespace / OwnerPidNamespace = 552;
    /// `CLOCK_BOOTTIME` of the last tick, in nanoseconds.
    heartbeat_ns / HeartbeatNs = 576;
    /// 0 when nothing runs; else a count of starts, shifted left once, plus 1: its parity, count and 1,
    /// selects the slot.
    running_cursor / RunningCursor = 640;
    /// Handler id in slot 0.
    running_handler_0 / RunningHandler0 = 648;
    /// Event id in slot 0.
    running_event_0 / RunningEvent0 = 656;
    /// Handler id in slot 1.
    running_handler_1 / RunningHandler1 = 664;
    /// Event id in slot 1.
    running_event_1 / RunningEvent1 = 672;
    /// The generation that crashed, while its resume is under way.
    crashed_generation / CrashedGeneration = 704;
    /// 1 when it had something running.
    crashed_running / CrashedRunning = 712;
    /// Its handler id.
    crashed_handler / CrashedHandler = 720;
    /// Its event id.
    crashed_event / CrashedEvent = 728;
}

fn word_at(header: &[u8; HEADER_BYTES], offset: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&header[offset..offset + 8]);
    u64::from_le_bytes(bytes)
}

/// What a handler id and an event id say of the moment of death.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Running {
    /// The handler's id, as the program numbers them.
    pub handler: u32,
    /// The event's id.
    pub event: u64,
}

impl fmt::Display for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "handler {} on event {}", self.handler, self.event)
    }
}

impl WordValues {
    /// The state, or `None` when the word holds no state that this version knows.
    pub fn state(&self) -> Option<State> {
        State::unpack(self.state)
    }

    /// What runs at present, or ran at death.
    pub fn running(&self) -> Option<Running> {
        let (handler, event) = match self.running_cursor {
            0 => return None,
            cursor if cursor >> 1 & 1 == 0 => (self.running_handler_0, self.running_event_0),
            _ => (self.running_handler_1, self.running_event_1),
        };
        Some(Running { handler: handler as u32, event })
    }

    /// What ran when [`crashed_generation`](Self::crashed_generation) died.
    pub fn crashed_running(&self) -> Option<Running> {
        let running = Running { handler: self.crashed_handler as u32, event: self.crashed_event };
        (self.crashed_running == 1).then_some(running)
    }
}

/// Where a segment is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// Between create and the end of the start hook. Nobody has seen it: the next open starts over.
    Creating,
    /// Owned and ticking; when the owner is dead: crashed.
    Live,
    /// An attach passed all gates and is at this step; when the owner is dead: the resume crashed.
    Resuming(Step),
    /// Stopped cleanly.
    Stopped,
    /// Given up after too many failed resumes, until somebody releases it.
    Quarantined,
}

/// A step of a resume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Step {
    /// The journal is rolled back.
    Rollback,
    /// Values are checked as bytes.
    Values,
    /// Derived data is rebuilt.
    Rebuild,
    /// The program's own resume hook runs.
    Hook,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            State::Creating => "creating",
            State::Live => "live",
            State::Resuming(Step::Rollback) => "resuming (rollback)",
            State::Resuming(Step::Values) => "resuming (value check)",
            State::Resuming(Step::Rebuild) => "resuming (rebuild)",
            State::Resuming(Step::Hook) => "resuming (resume hook)",
            State::Stopped => "stopped",
            State::Quarantined => "quarantined",
        })
    }
}

/// Words, not small numbers: one flipped bit must not turn a live segment into one to be made anew.
const CREATING: u32 = u32::from_le_bytes(*b"CREA");
const LIVE: u32 = u32::from_le_bytes(*b"LIVE");
const RESUMING: u32 = u32::from_le_bytes(*b"RESU");
const STOPPED: u32 = u32::from_le_bytes(*b"STOP");
const QUARANTINED: u32 = u32::from_le_bytes(*b"QUAR");

impl State {
    pub(crate) fn pack(self) -> u64 {
        let (kind, step) = match self {
            State::Creating => (CREATING, 0),
            State::Live => (LIVE, 0),
            State::Resuming(Step::Rollback) => (RESUMING, 1),
            State::Resuming(Step::Values) => (RESUMING, 2),
            State::Resuming(Step::Rebuild) => (RESUMING, 3),
            State::Resuming(Step::Hook) => (RESUMING, 4),
            State::Stopped => (STOPPED, 0),
            State::Quarantined => (QUARANTINED, 0),
        };
        u64::from(kind) | step << 32
    }

    pub(crate) fn unpack(word: u64) -> Option<Self> {
        match (word as u32, word >> 32) {
            (CREATING, 0) => Some(State::Creating),
            (LIVE, 0) => Some(State::Live),
            (RESUMING, 1) => Some(State::Resuming(Step::Rollback)),
            (RESUMING, 2) => Some(State::Resuming(Step::Values)),
            (RESUMING, 3) => Some(State::Resuming(Step::Rebuild)),
            (RESUMING, 4) => Some(State::Resuming(Step::Hook)),
            (STOPPED, 0) => Some(State::Stopped),
            (QUARANTINED, 0) => Some(State::Quarantined),
            _ => None,
        }
    }
}

/// The owner's access to the words of a mapped segment.
///
/// # Invariants
/// `base` is the start of a mapping of at least [`HEADER_BYTES`], page-aligned, that outlives this value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words {
    base: *mut u8,
}

impl Words {
    /// # Safety
    /// `base` is page-aligned and mapped readable and writable for [`HEADER_BYTES`] for as long as the
    /// result or a copy of it is used.
    pub(super) unsafe fn new(base: *mut u8) -> Self {
        Self { base }
    }

    fn word(&self, word: Word) -> &AtomicU64 {
        let at = self.base.wrapping_add(word as usize).cast::<u64>();
        // SAFETY: valid for reads and writes: within the header, which the invariant says is mapped.
        // Aligned: the base is on a page and every offset a multiple of 8 (tested). Data races: every
        // access in this process goes through this function; other processes only `pread`.
        unsafe { AtomicU64::from_ptr(at) }
    }

    pub(crate) fn get(&self, word: Word) -> u64 {
        u64::from_le(self.word(word).load(Ordering::Acquire))
    }

    /// One commit store: what was written before it in program order is in memory when it is.
    pub(crate) fn set(&self, word: Word, value: u64) {
        self.word(word).store(value.to_le(), Ordering::Release);
    }

    pub(crate) fn set_state(&self, state: State) {
        self.set(Word::State, state.pack());
    }

    /// Records what is about to run; see the module's text for the order.
    pub(crate) fn set_running(&self, running: Running, starts: u64) {
        let (handler, event) = match starts & 1 {
            0 => (Word::RunningHandler0, Word::RunningEvent0),
            _ => (Word::RunningHandler1, Word::RunningEvent1),
        };
        self.set(handler, u64::from(running.handler));
        self.set(event, running.event);
        self.set(Word::RunningCursor, starts << 1 | 1);
    }

    pub(crate) fn set_idle(&self) {
        self.set(Word::RunningCursor, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_aligned_and_in_the_header() {
        let mut end = crate::segment::PREFIX_BYTES;
        for field in WordValues::FIELDS {
            assert!(field.offset >= end && field.offset.is_multiple_of(8), "{}", field.name);
            end = field.offset + field.bytes;
        }
        assert!(end <= HEADER_BYTES);
    }

    #[test]
    fn no_flipped_bit_turns_a_state_into_another_kind() {
        let steps = [Step::Rollback, Step::Values, Step::Rebuild, Step::Hook].map(State::Resuming);
        let others = [State::Creating, State::Live, State::Stopped, State::Quarantined];
        for state in steps.into_iter().chain(others) {
            assert_eq!(State::unpack(state.pack()), Some(state));
            for bit in 0..64 {
                let flipped = State::unpack(state.pack() ^ 1 << bit);
                assert!(matches!(flipped, None | Some(State::Resuming(_))), "{state}: {flipped:?}");
            }
        }
    }

    #[test]
    fn the_recorder_never_selects_a_torn_pair() {
        let header = [const { AtomicU64::new(0) }; HEADER_BYTES / 8];
        // SAFETY: the array is aligned to 8, which is all the words need, is written through atomics only,
        // and outlives `words`.
        let words = unsafe { Words::new(header.as_ptr().cast::<u8>().cast_mut()) };
        let read = |_: &Words| {
            let mut bytes = [0; HEADER_BYTES];
            for (chunk, word) in bytes.chunks_exact_mut(8).zip(&header) {
                chunk.copy_from_slice(&word.load(Ordering::Relaxed).to_ne_bytes());
            }
            WordValues::decode(&bytes).running()
        };
        assert_eq!(read(&words), None);
        let (first, second) = (Running { handler: 1, event: 10 }, Running { handler: 2, event: 20 });
        words.set_running(first, 1);
        assert_eq!(read(&words), Some(first));
        // Death after each store of the second start.
        words.set(Word::RunningHandler0, 2);
        assert_eq!(read(&words), Some(first));
        words.set(Word::RunningEvent0, 20);
        assert_eq!(read(&words), Some(first));
        words.set_running(second, 2);
        assert_eq!(read(&words), Some(second));
        words.set_idle();
        assert_eq!(read(&words), None);
    }
}
