//! Fixtures of `execute_before_mark`: a finding at each `//~` in `fail`, none in `pass`.
#![allow(missing_docs, dead_code, unused)]

mod fail;
mod pass;
mod world;
