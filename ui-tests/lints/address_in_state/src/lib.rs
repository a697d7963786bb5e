//! Fixtures of `address_in_state`: a finding at each `//~` in `fail`, none in `pass`.
#![allow(missing_docs, dead_code, unused, function_casts_as_integer)]

mod fail;
mod pass;
mod state;
