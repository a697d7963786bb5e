//! The root: one type that holds all state, its life in a segment, and the hooks around it.
//!
//! A program names its root with [`root!`](crate::root!), gives it [`Root::start`], [`Root::resume`] and
//! [`Root::tick`], and opens it:
//!
//! ```
//! use resume_core::ShmSafe;
//! use resume_core::root::{Context, Options, Outcome, Resumed, Root};
//!
//! #[derive(ShmSafe)]
//! #[repr(C)]
//! struct Counter {
//!     ticks: u64,
//! }
//! resume_core::root!(Counter);
//!
//! impl Root for Counter {
//!     type Env = ();
//!     fn start(&mut self, _: &mut (), _: &Context) {}
//!     fn resume(&mut self, _: &mut (), _: &Context, _: &Resumed) {}
//!     fn tick(&mut self, _: &mut (), _: &Context) {
//!         self.ticks += 1;
//!     }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let name = format!("/resume-doc-{}", std::process::id());
//! let options = Options::new(&name);
//! let mut opened = options.open_or_create::<Counter>(&mut ())?;
//! assert!(matches!(opened.outcome, Outcome::Created));
//! opened.live.tick(&mut ());
//! opened.live.stop();
//!
//! let mut opened = options.open_or_create::<Counter>(&mut ())?;
//! assert!(matches!(opened.outcome, Outcome::ResumedAfterStop { generation: 2 }));
//! assert_eq!(opened.live.with(|counter, _| counter.ticks), 1);
//! opened.live.remove()?;
//! # Ok(())
//! # }
//! ```

mod context;
mod live;
mod open;
mod options;
mod outcome;
mod record;

pub use crate::segment::{OpenError, Running};
pub use context::Context;
pub use live::Live;
pub use options::Options;
pub use outcome::{Crash, Opened, Outcome, Resumed};
#[doc(hidden)]
pub use record::__private;
pub use record::RootRecord;

use crate::ShmSafe;

/// The state of a program: what survives, and what happens around it.
///
/// The hooks are called by the runtime, on the thread that opens or ticks, with the undo journal active.
/// A process may die in each of them.
pub trait Root: ShmSafe + RootRecord {
    /// The process-local world: configuration, sockets, objects of third parties. It is made anew by each
    /// process and never part of the state (R7).
    type Env;

    /// Makes the first state. `self` is in its base state: containers are empty, numbers 0, fields with
    /// `#[shm(default = …)]` what that says. A death in here leaves nothing: the next open starts over.
    fn start(&mut self, env: &mut Self::Env, cx: &Context);

    /// Takes the state over from a dead process: binds again what is process-local, looks at what was
    /// running. A death in here is a failed resume, and the hook is run again by the next process: write
    /// it so that a second run does no harm.
    fn resume(&mut self, env: &mut Self::Env, cx: &Context, how: &Resumed);

    /// One step of the program's logic.
    fn tick(&mut self, env: &mut Self::Env, cx: &Context);
}
