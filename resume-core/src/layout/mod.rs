//! Layout identity: descriptors, hashes, the record that leaves the process, and what a difference means.
//!
//! ```text
//! desc (const, per type) ──► encode ──► record: ELF section, segment ──► decode ──► diff
//!        └── hash: LAYOUT and SCHEMA
//! ```

mod decode;
mod desc;
mod diff;
pub mod encode;
mod geometry;
mod hash;
pub mod human;
mod model;
mod write;

pub use decode::{DecodeError, decode, split};
pub use desc::{ContainerOps, FieldDesc, Ident, IdentArg, Kind, Prim, Role, TypeDesc, VariantDesc, align_up};
pub use diff::{Change, Class, Diff, Head, Reason, Side, diff};
pub use model::{Claim, DEPTH_MAX, Draft, Field, Layout, ModelError, Shape, Type, Variant, hex};
