//! The record of the generated state, as other builds make it: other folder, crate, compiler, settings.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::workshop::{self, Workshop};

/// A way to build the state.
#[derive(Debug, Clone, Default)]
pub struct Build<'a> {
    /// As rustup knows it; the caller's for `None`.
    pub toolchain: Option<&'a str>,
    /// `RUSTFLAGS`, which `resume-core` is built with too.
    pub all: &'a str,
    /// Flags of the state's crate only.
    pub own: &'a [&'a str],
}

/// Writes a program that prints the record of the state. `folder`, `name` and `module` are to differ.
///
/// # Errors
/// When a file cannot be written.
pub fn program(shop: &Workshop, folder: &str, name: &str, module: &str) -> Result<PathBuf, String> {
    let state = include_str!(concat!(env!("OUT_DIR"), "/base.rs"));
    let source = format!(
        "#[allow(dead_code, clippy::all)]\nmod {module} {{ pub mod state {{\n{state}\n}} }}\n\
         use resume_core::{{ShmSafe, layout::encode}};\n\
         type Root = {module}::state::Root;\n\
         const BYTES: usize = encode::record_bytes(Root::DESC);\n\
         static RECORD: [u8; BYTES] = encode::record::<BYTES>(Root::DESC);\n\
         fn main() {{\n\
         println!(\"{{:032x}} {{:032x}}\", Root::DESC.layout, Root::DESC.schema);\n\
         for byte in &RECORD {{ print!(\"{{byte:02x}}\"); }}\n}}\n"
    );
    shop.package(folder, name, true, &source).map_err(|e| e.to_string())
}

/// What the program at `package` prints: both hashes, and the record.
///
/// # Errors
/// When it cannot be built or run.
pub fn printed(build: &Build<'_>, package: &Path, target: &Path) -> Result<String, String> {
    let mut cargo = workshop::cargo_in(build.toolchain, package, target, ["rustc", "--quiet"]);
    cargo.arg("--").args(build.own);
    cargo.env("RUSTFLAGS", build.all).env("CARGO_PROFILE_DEV_DEBUG", "0");
    workshop::run(&mut cargo)?;
    let name = package_name(package)?;
    let output = workshop::run(&mut Command::new(target.join("debug").join(name)))?;
    String::from_utf8(output.stdout).map_err(|e| e.to_string())
}

fn package_name(package: &Path) -> Result<String, String> {
    let manifest = std::fs::read_to_string(package.join("Cargo.toml")).map_err(|e| e.to_string())?;
    let name = manifest.lines().find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    name.map(str::to_owned).ok_or_else(|| format!("{}: no name", package.display()))
}
