//! Writes the base state and its mutants; `tests/mutations.rs` compiles and judges them.
#![forbid(unsafe_code)]

#[path = "generate/edit.rs"]
mod edit;
#[path = "generate/source.rs"]
mod source;
#[path = "generate/state.rs"]
mod state;

use std::path::Path;

fn main() -> std::io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=generate");
    let Some(out) = std::env::var_os("OUT_DIR") else {
        return Err(std::io::Error::other("cargo runs build scripts with OUT_DIR"));
    };
    let base = state::base();
    std::fs::write(Path::new(&out).join("base.rs"), source::base(&base))?;
    std::fs::write(Path::new(&out).join("mutants.rs"), source::mutants(&base))
}
