//! What an open found and did.

use core::fmt;

use super::{Live, Root};
use crate::check::{Reached, Rebuild};
use crate::journal::RolledBack;
use crate::segment::{MemoryReport, Running, Step};

/// An opened segment.
#[non_exhaustive]
pub struct Opened<R: Root> {
    /// The state, owned by this process.
    pub live: Live<R>,
    /// How it came about.
    pub outcome: Outcome,
    /// What became of the memory options.
    pub memory: MemoryReport,
    /// What was leaked when the state was taken over, if [`Options::reach`](super::Options::reach) asked.
    pub reached: Option<Reached>,
}

/// How a state came to be live in this process.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// There was none: [`Root::start`] made it.
    Created,
    /// The last owner stopped it cleanly.
    ResumedAfterStop {
        /// Of this process; the first is 1.
        generation: u64,
    },
    /// The last owner died.
    ResumedAfterCrash(Crash),
}

/// How a state is taken over, as [`Root::resume`] sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resumed {
    /// The last owner stopped it cleanly.
    AfterStop,
    /// The last owner died.
    AfterCrash(Crash),
}

/// A crash and what was done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Crash {
    /// Of this process.
    pub generation: u64,
    /// Of the process that crashed while it was live.
    pub crashed_generation: u64,
    /// What it was running, if anything.
    pub running: Option<Running>,
    /// Resumes since then that began and did not end.
    pub resumes_failed: u64,
    /// Where the last of them died.
    pub resume_died_at: Option<Step>,
    /// What it was running: a resume hook can use the flight recorder too.
    pub resume_was_running: Option<Running>,
    /// What the undo journal took back.
    pub rolled_back: RolledBack,
    /// What was rebuilt.
    pub rebuild: Rebuild,
}

impl Outcome {
    /// The generation of this process.
    pub fn generation(&self) -> u64 {
        match self {
            Outcome::Created => 1,
            Outcome::ResumedAfterStop { generation } => *generation,
            Outcome::ResumedAfterCrash(crash) => crash.generation,
        }
    }
}

// Not derived: that would ask `R` for `Debug`, and a root has no reason to have it.
impl<R: Root> fmt::Debug for Opened<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("live", &self.live)
            .field("outcome", &self.outcome)
            .field("memory", &self.memory)
            .field("reached", &self.reached)
            .finish()
    }
}
