//! The expansion brings no warning into the strictest crate.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications, unused_lifetimes, deprecated)]
#![deny(let_underscore_drop, missing_debug_implementations, single_use_lifetimes, trivial_casts)]
#![deny(trivial_numeric_casts, unused_crate_dependencies, unused_results, variant_size_differences)]
#![deny(unstable_features, unused_import_braces, non_ascii_idents, keyword_idents, unit_bindings)]
#![deny(elided_lifetimes_in_paths, explicit_outlives_requirements, meta_variable_misuse, unused_macro_rules)]
#![allow(unused_crate_dependencies)]

use resume_core::ShmSafe;

/// A player.
#[derive(ShmSafe, Debug)]
#[repr(C)]
#[non_exhaustive]
#[must_use]
pub struct Player<T, const N: usize> {
    /// Level.
    pub level: u32,
    #[deprecated]
    old: u32,
    items: [T; N],
    _reserved: [u8; 4],
}

/// An event.
#[derive(ShmSafe, Debug, Clone, Copy)]
#[repr(C, u8)]
#[deprecated]
pub enum Event {
    /// Nothing.
    Idle,
    /// A hit.
    #[deprecated]
    Hit {
        /// How hard.
        amount: u8,
    },
}

/// A state.
#[derive(ShmSafe, Debug, Clone, Copy)]
#[repr(u8)]
pub enum State {
    /// Nothing.
    #[deprecated]
    Idle = 0,
    /// Something.
    Busy = 1,
}

fn main() {}
