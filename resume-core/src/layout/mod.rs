//! Layout identity: descriptors, hashes, the record that leaves the process, and what a difference means.
//!
//! ```text
//! desc (const, per type) ──► encode ──► record: ELF section, segment ──► decode ──► diff
//!        └── hash: LAYOUT and SCHEMA
//! ```

mod desc;
pub mod encode;
mod hash;

pub use desc::{ContainerOps, FieldDesc, Ident, IdentArg, Kind, Prim, Role, TypeDesc, VariantDesc, align_up};
