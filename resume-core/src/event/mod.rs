//! Events that are marked before they are handled (convention R8), and those that crashed their handler.
//!
//! An event whose logic crashes the process must not run again after the resume: it would crash again, for
//! ever. So an [`EventQueue`] marks an event as started with one store and only then hands it out. After a
//! crash [`EventQueue::in_flight`] tells which one was running; [`Quarantine`] keeps it for a look.

mod quarantine;
pub mod queue;

pub use quarantine::{Quarantine, Quarantined};
pub use queue::{EventId, EventQueue, InFlight, Iter};
