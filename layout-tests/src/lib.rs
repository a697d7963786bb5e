//! Layout identity against things that do not know it: the debug information of rustc, generated edits of
//! realistic state, other compilers and settings, and the clock.
//!
//! - `tests/dwarf.rs`: descriptors against what rustc wrote about the same types;
//! - `tests/mutations.rs`: every edit of state is found, and nothing else is;
//! - `tests/hashes.rs`: what must not change the hashes;
//! - `--bin compile-cost`: what the derive costs.
#![forbid(unsafe_code)]

pub mod dwarf;
pub mod oracle;
pub mod workshop;
