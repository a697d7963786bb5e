//! `cargo resume lint`: the front that the user starts, and the wrapper that cargo starts for each crate.
//!
//! ```text
//! front: canary → cargo check, with a copy of this executable as RUSTC_WORKSPACE_WRAPPER
//!        └ wrapper, per crate: rustc as asked → rustc -Zunpretty=mir → analysis
//!                              → diagnostics on stderr (cargo keeps them), facts beside the metadata
//!        ← messages and artifacts from cargo; facts of every artifact, fresh or not → summary, exit status
//! ```

mod canary;
mod front;
mod rustc;
mod wrapper;

pub(crate) use front::{Options, run};
pub(crate) use wrapper::{is_wrapper, run as run_wrapper};
