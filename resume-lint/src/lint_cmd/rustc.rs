//! The second call of rustc, the one that prints MIR.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

/// Options of rustc that take the next argument and must not reach the second call.
const DROPPED_WITH_VALUE: &[&str] =
    &["--emit", "--error-format", "--json", "--diagnostic-width", "--out-dir", "-o"];

/// Prints the MIR of what `args` compile.
///
/// # Errors
///
/// What rustc said, if it failed.
pub(super) fn mir(rustc: &Path, args: &[String], dir: &Path) -> Result<String, String> {
    let mut command = Command::new(rustc);
    command.current_dir(dir).args(without_outputs(args));
    command.args(["--emit=metadata", "--cap-lints=allow", "--error-format=human", "--color=never"]);
    command.args([
        "-Zunpretty=mir",
        "-Zmir-opt-level=0",
        "-Zmir-include-spans=on",
        "-Ztrim-diagnostic-paths=false",
    ]);
    // For this one call: build scripts and proc macros were compiled and run without it.
    command.env("RUSTC_BOOTSTRAP", "1");
    let output = command.output().map_err(|error| format!("{}: {error}", rustc.display()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("the second call of rustc failed ({}): {}", output.status, said.trim()));
    }
    String::from_utf8(output.stdout).map_err(|_| "rustc printed MIR that is not UTF-8".to_owned())
}

/// The arguments without what writes files or formats messages, and without the incremental cache, which belongs to
/// the first call.
fn without_outputs(args: &[String]) -> Vec<OsString> {
    let mut kept = Vec::new();
    let mut args = args.iter().peekable();
    while let Some(arg) = args.next() {
        if DROPPED_WITH_VALUE.contains(&arg.as_str()) {
            args.next();
        } else if DROPPED_WITH_VALUE
            .iter()
            .any(|name| name.starts_with("--") && arg.starts_with(&format!("{name}=")))
        {
        } else if arg == "-C" && args.peek().is_some_and(|value| value.starts_with("incremental=")) {
            args.next();
        } else if !arg.starts_with("-Cincremental=") {
            kept.push(OsString::from(arg));
        }
    }
    kept
}
