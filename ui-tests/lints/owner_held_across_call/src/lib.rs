//! Fixtures of `owner_held_across_call`: a finding at each `//~` in `fail`, none in `pass`.
#![allow(missing_docs, dead_code, unused)]

mod fail;
mod logic;
mod pass;
