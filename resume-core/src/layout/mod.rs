//! Layout identity: descriptors, hashes, the record that leaves the process, and what a difference means.
//!
//! ```text
//! desc (const, per type) ──► encode ──► record: ELF section, segment ──► decode ──► model ──► diff
//!        └── hash: LAYOUT and SCHEMA ◄──── recomputed by whoever reads ─────────────┘
//! ```
//!
//! `model` holds what a reader may rely on, `geometry` why; `write`(mod@write) turns a model back into
//! a record. `base` is how values begin. `elements`, [`names`] and [`human`] serve those who show layouts to people.

mod base;
mod decode;
mod desc;
mod diff;
mod elements;
pub mod encode;
mod geometry;
mod hash;
pub mod human;
mod model;
pub mod names;
mod stated;
mod write;

pub(crate) use base::Missing;
#[doc(hidden)]
pub use base::generated as generated_base;
pub use base::{Base, BaseWriter};
pub use decode::{DecodeError, decode, split};
pub use desc::{
    ContainerOps, FieldDesc, FieldMark, Ident, IdentArg, Kind, Prim, Role, TypeDesc, VariantDesc, align_up,
};
pub use diff::{Change, Class, Diff, Head, Part, Place, Reason, Side, TypeMap, diff};
pub use elements::Element;
pub use model::{Claim, DEPTH_MAX, Draft, Field, Layout, Marks, ModelError, Shape, Type, Variant, hex};
#[doc(hidden)]
pub use stated::{Found, Stated, describe};
