//! What the kill loop and the segment fuzz share: a root with one of everything, operations on it by number,
//! and the same operations on a model made of std collections.
//!
//! An operation follows from a seed and its number alone, so that a process which was killed in one and
//! another that only counts them agree on what was done.

#![allow(dead_code, unused_imports, reason = "each program uses its part")]

mod memory;
mod model;
mod op;
mod random;
mod world;

pub(crate) use memory::memfd;
pub(crate) use model::Model;
pub(crate) use op::Op;
pub(crate) use random::Random;
pub(crate) use world::{Env, Item, JOURNAL_BYTES, World};
