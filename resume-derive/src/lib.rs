//! `#[derive(ShmSafe)]`.
#![forbid(unsafe_code)]
