//! The runtime of the resume-safety toolkit: state in shared memory that outlives its process.
//!
//! Layers, each using only those above it: [`shm_safe`], [`layout`], [`check`], [`segment`], [`root`].

// Paths of generated code start with `::resume_core`; they must work in this crate too.
extern crate self as resume_core;

#[doc(hidden)]
pub mod __private;
pub mod check;
pub mod layout;
pub mod root;
pub mod segment;
pub mod shm_safe;

pub use resume_derive::ShmSafe;
pub use shm_safe::ShmSafe;
