//! State types of a crate of an old edition, for the accepted suite of `ui-tests`.
#![forbid(unsafe_code)]

use resume_core::ShmSafe;

/// Names that later editions took for keywords.
#[derive(ShmSafe)]
#[repr(C)]
pub struct Keywords {
    /// A keyword since 2024.
    pub gen: u32,
    /// Written raw where it need not be.
    pub r#async: u64,
}

/// Data behind a tag.
#[derive(ShmSafe)]
#[repr(C, u8)]
pub enum Event<T> {
    /// Nothing.
    Idle,
    /// Something.
    Hit {
        /// How hard.
        amount: T,
        /// By whom.
        by: [u32; 2],
    } = 9,
}

/// A tag alone.
#[derive(ShmSafe)]
#[repr(i16)]
pub enum State {
    /// Below zero.
    Low = -300,
    /// Behind it.
    Next,
}
