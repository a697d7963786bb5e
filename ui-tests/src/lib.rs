//! The adversarial suite of the derive: types it must accept, here; types it must refuse, and in which
//! words, in `tests/`. [`accepted::all`] gives the descriptors to whoever compares them with another source.
#![forbid(unsafe_code)]

pub mod accepted;
