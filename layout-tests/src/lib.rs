//! Layout identity against things that do not know it: the debug information of rustc, generated edits of
//! realistic state, other compilers and settings, and the clock.
//!
//! - `tests/dwarf.rs`: descriptors against what rustc wrote about the same types;
//! - `tests/mutations.rs`: every edit of state is found, and nothing else is;
//! - `tests/hashes.rs`: what must not change the hashes;
//! - `--bin compile-cost`: what the derive costs.
#![forbid(unsafe_code)]

pub mod dwarf;
pub mod identity;
pub mod model;
pub mod oracle;
pub mod signature;
pub mod workshop;

/// The generated base state, as it is in this crate.
#[allow(dead_code, missing_docs, unreachable_pub, reason = "generated: described, never built")]
mod state {
    include!(concat!(env!("OUT_DIR"), "/base.rs"));
}

/// The descriptor of the generated base state; `tests/mutations.rs` compares it with its own.
pub fn state_root() -> &'static resume_core::layout::TypeDesc {
    <state::Root as resume_core::ShmSafe>::DESC
}
