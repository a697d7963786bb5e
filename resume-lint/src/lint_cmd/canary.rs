//! The canary: a crate with one violation per lint, looked at once per rustc and build of this tool. A lint that does
//! not see its canary would pass real code for the same reason, so nothing else is looked at then.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::rustc;
use crate::analysis::{Input, analyse};
use crate::lints::LINTS;
use crate::runtime;

const CANARY: &str = include_str!("../../canary/canary.rs");
const RUNTIME: &str = include_str!("../../canary/runtime.rs");

/// Looks at the canary with the rustc that cargo will use in `workspace`, unless that was done before.
///
/// # Errors
///
/// What went wrong, or which lints are blind.
pub(super) fn check(cache: &Path, workspace: &Path, tool: &str) -> Result<(), String> {
    let rustc = std::env::var_os("RUSTC").map_or_else(|| PathBuf::from("rustc"), PathBuf::from);
    let version = version(&rustc, workspace)?;
    let done = cache
        .join(format!("{}-{tool}", version.replace(|c: char| !c.is_ascii_alphanumeric() && c != '.', "-")));
    if done.is_file() {
        return Ok(());
    }
    let dir = cache.join(format!("run-{}", std::process::id()));
    let result = std::fs::create_dir_all(&dir)
        .map_err(|error| format!("{}: {error}", dir.display()))
        .and_then(|()| look(&rustc, &dir, workspace));
    // Left-overs of the canary are in the way of nothing.
    let _ = std::fs::remove_dir_all(&dir);
    result?;
    std::fs::write(&done, "").map_err(|error| format!("{}: {error}", done.display()))
}

fn version(rustc: &Path, workspace: &Path) -> Result<String, String> {
    let output = Command::new(rustc).arg("--version").current_dir(workspace).output();
    let output = output.map_err(|error| format!("{}: {error}", rustc.display()))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn look(rustc: &Path, dir: &Path, workspace: &Path) -> Result<(), String> {
    let write = |name: &str, text: &str| {
        let path = dir.join(name);
        std::fs::write(&path, text)
            .map(|()| path.to_string_lossy().into_owned())
            .map_err(|error| error.to_string())
    };
    let runtime_file = write("runtime.rs", RUNTIME)?;
    let canary_file = write("canary.rs", CANARY)?;
    let common = |file: &str, name: &str| -> Vec<String> {
        [file, "--edition=2024", "--crate-type=lib", "--crate-name", name].map(str::to_owned).to_vec()
    };
    // `workspace` decides the toolchain, where rustup is in charge of that.
    let output = Command::new(rustc)
        .args(common(&runtime_file, runtime::CRATE))
        .args(["--emit=metadata", "--cap-lints=allow", "--out-dir"])
        .arg(dir)
        .current_dir(workspace)
        .output()
        .map_err(|error| format!("{}: {error}", rustc.display()))?;
    if !output.status.success() {
        return Err(format!("the canary does not compile: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let metadata = dir.join(format!("lib{}.rmeta", runtime::CRATE));
    let mut args = common(&canary_file, "canary");
    args.extend(["--extern".to_owned(), format!("{}={}", runtime::CRATE, metadata.display())]);
    let mir = rustc::mir(rustc, &args, workspace)?;
    let input = Input { krate: "canary", dir, root: "canary.rs", mir: &mir, deps: Vec::new(), tool: "" };
    // The root is given absolutely, so that its name in the MIR and on disk is the same.
    let input = Input { root: &canary_file, ..input };
    let analysis = analyse(input).map_err(|error| error.to_string())?;
    let blind: Vec<&str> = LINTS
        .iter()
        .map(|lint| lint.name)
        .filter(|name| !analysis.findings.iter().any(|finding| finding.lint == *name))
        .collect();
    if blind.is_empty() {
        return Ok(());
    }
    Err(format!(
        "the canary was missed by {}: with this rustc these lints see nothing, so nothing was analysed",
        blind.join(", ")
    ))
}
