//! Crates that are written, built and measured while a test runs, in a folder that goes with the test.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A temporary folder; it is removed when this is dropped, also by a panic.
#[derive(Debug)]
pub struct Workshop {
    root: PathBuf,
}

impl Workshop {
    /// Makes an empty folder whose name starts with `what`.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn new(what: &str) -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |t| t.as_nanos());
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("{what}-{}-{now:x}-{next}", std::process::id()));
        std::fs::create_dir_all(&root)?;
        Ok(Self { root })
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Writes a package that depends on this checkout's `resume-core`, with its locked dependencies, and
    /// gives its folder. `main` decides between `src/main.rs` and `src/lib.rs`.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn package(&self, folder: &str, name: &str, main: bool, source: &str) -> io::Result<PathBuf> {
        let package = self.root.join(folder);
        std::fs::create_dir_all(package.join("src"))?;
        let core = checkout().join("resume-core");
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
             [dependencies]\nresume-core = {{ path = {core:?} }}\n\n[workspace]\n"
        );
        std::fs::write(package.join("Cargo.toml"), manifest)?;
        std::fs::copy(checkout().join("Cargo.lock"), package.join("Cargo.lock"))?;
        std::fs::write(package.join(if main { "src/main.rs" } else { "src/lib.rs" }), source)?;
        Ok(package)
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        // Nothing better can be done in a destructor than to leave it to the system's cleaner.
        let _ = std::fs::remove_dir_all(&self.root);
    }
}

/// This workspace's folder.
pub fn checkout() -> PathBuf {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.parent().map_or(here.clone(), Path::to_path_buf)
}

/// Cargo of `toolchain` (that of the caller for `None`), offline and free of the caller's build settings.
pub fn cargo(toolchain: Option<&str>) -> Command {
    let mut command = match toolchain {
        None => Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())),
        Some(name) => {
            let mut command = Command::new("rustup");
            command.args(["run", name, "cargo"]);
            command
        }
    };
    for (key, _) in std::env::vars_os() {
        let Some(name) = key.to_str() else { continue };
        let building =
            name.starts_with("CARGO") || name.starts_with("RUST") && !name.starts_with("RUSTUP_HOME");
        let kept = matches!(name, "CARGO_HOME" | "RUSTUP_TOOLCHAIN")
            && !(toolchain.is_some() && name == "RUSTUP_TOOLCHAIN");
        if building && !kept {
            command.env_remove(&key);
        }
    }
    command.env("CARGO_NET_OFFLINE", "true");
    command
}

/// Runs `command`, and turns a failure into a text with what it said.
///
/// # Errors
/// When it cannot be started or fails.
pub fn run(command: &mut Command) -> Result<Output, String> {
    let output = command.output().map_err(|e| format!("{command:?}: {e}"))?;
    if output.status.success() {
        return Ok(output);
    }
    let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    Err(format!("{command:?}: {}\n{}", output.status, said.concat()))
}

/// Whether rustup has `toolchain` installed; `None` when there is no rustup.
pub fn installed(toolchain: &str) -> Option<bool> {
    let output = Command::new("rustup").args(["toolchain", "list"]).output().ok()?;
    let list = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(output.status.success() && list.lines().any(|line| line.starts_with(toolchain)))
}

/// `cargo` with `arguments` in `package`, building into `target`.
pub fn cargo_in(
    toolchain: Option<&str>,
    package: &Path,
    target: &Path,
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
) -> Command {
    let mut command = cargo(toolchain);
    command.args(arguments).arg("--target-dir").arg(target).current_dir(package);
    command
}
