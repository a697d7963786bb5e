//! The runtime of the resume-safety toolkit: state in shared memory that outlives its process.
//!
//! Layers, each using only those above it: [`shm_safe`], [`layout`], [`check`], [`value`], [`segment`],
//! [`journal`], [`pool`], [`container`], [`heap`], [`event`], [`mod@transaction`], [`mod@root`].

// Paths of generated code start with `::resume_core`; they must work in this crate too.
extern crate self as resume_core;

#[doc(hidden)]
pub mod __private;
pub mod check;
pub mod container;
pub mod event;
pub mod heap;
pub mod journal;
pub mod layout;
pub mod pool;
pub mod root;
pub mod segment;
pub mod shm_safe;
pub mod transaction;
pub mod value;

pub use check::base_state;
pub use resume_derive::ShmSafe;
pub use root::{Context, Live, OpenError, Options, Outcome, Resumed, Root};
pub use shm_safe::ShmSafe;
pub use transaction::{Tx, transaction};
pub use value::{
    Id128, ShmDuration, ShmInstant, ShmIpAddr, ShmIpv4, ShmIpv6, ShmOption, ShmPair, ShmRange,
    ShmRangeInclusive, ShmResult, ShmSocketAddr, ShmTriple,
};

/// Compiles the README's example.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
