//! `--check` and `--bless`: the lock file beside the layout that is.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use resume_core::layout::{Layout, diff};

use super::gate::{Gate, shown};
use super::side::{self, SideError};
use super::{lock, notes, text_of};

/// Why a lock file was neither compared nor written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum CheckError {
    /// There is none yet.
    #[error("`{path}`: expected a lock file, found none; write it with --bless and commit it")]
    Missing { path: String },
    /// It is something else, and `--bless` does not write over it.
    #[error("`{path}`: expected a lock file, found something else; --bless does not write over it")]
    NotALock { path: String },
    /// It cannot be read or believed.
    #[error(transparent)]
    Side(#[from] SideError),
    /// It cannot be written.
    #[error("`{path}`: the lock file cannot be written: {source}")]
    Write { path: String, source: io::Error },
}

/// What to print, and the exit status.
pub(super) struct Outcome {
    pub(super) text: String,
    pub(super) status: u8,
}

/// Compares `found` with the lock file.
pub(super) fn check(found: &Layout, path: &Path, gate: &Gate, verbose: bool) -> Result<Outcome, CheckError> {
    if !path.exists() {
        return Err(CheckError::Missing { path: shown(path) });
    }
    let locked = read(path)?;
    let changes = diff(&locked, found);
    let verdict = gate.judge(&changes);
    if changes.is_identical() {
        let same_text = std::fs::read_to_string(path).is_ok_and(|text| text == lock::write(found));
        let more = if same_text {
            ""
        } else {
            "; its text is not as --bless would write it (declarations or comments)"
        };
        let text = format!("{} agrees with {}{more}\n", shown(path), found.root().name);
        return Ok(Outcome { text, status: 0 });
    }
    let text = format!(
        "{}{}{} is not up to date: review the change, then run this again with --bless and commit the file\n",
        text_of(&changes, verbose),
        notes(&verdict),
        shown(path)
    );
    Ok(Outcome { text, status: verdict.status() })
}

/// Writes the lock file, and says what changed in it.
pub(super) fn bless(found: &Layout, path: &Path, verbose: bool) -> Result<Outcome, CheckError> {
    let text = lock::write(found);
    let written = |said: String| Ok(Outcome { text: said, status: 0 });
    if !path.exists() {
        write_atomically(path, &text)?;
        return written(format!("{}: written; commit it\n", shown(path)));
    }
    let before = std::fs::read(path).map_err(|source| SideError::Io { path: shown(path), source })?;
    if before == text.as_bytes() {
        return written(format!("{}: nothing to write, it agrees with {}\n", shown(path), found.root().name));
    }
    if !before.is_empty() && !before.starts_with(lock::FIRST_LINE.as_bytes()) && !is_conflict(&before) {
        return Err(CheckError::NotALock { path: shown(path) });
    }
    let old = read(path);
    write_atomically(path, &text)?;
    match old {
        Ok(old) => written(format!("{}{}: written\n", text_of(&diff(&old, found), verbose), shown(path))),
        Err(e) => {
            written(format!("{}: written anew; what was there could not be compared: {e}\n", shown(path)))
        }
    }
}

/// Whether git left both sides of a merge from the first line on.
fn is_conflict(text: &[u8]) -> bool {
    text.starts_with(b"<<<<<<<")
}

fn read(path: &Path) -> Result<Layout, SideError> {
    let text = path.to_str().ok_or_else(|| {
        let source = io::Error::new(io::ErrorKind::InvalidFilename, "expected a path of UTF-8");
        SideError::Io { path: shown(path), source }
    })?;
    side::read_file(text, None)
}

/// A reader sees the whole old file or the whole new one, also after a crash.
pub(super) fn write_atomically(path: &Path, text: &str) -> Result<(), CheckError> {
    let error = |source| CheckError::Write { path: shown(path), source };
    let mut name = path.file_name().ok_or_else(|| error(io::ErrorKind::InvalidFilename.into()))?.to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = Temporary(path.with_file_name(name));
    let mut file = File::create_new(&temporary.0).map_err(error)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(error)?;
    std::fs::rename(&temporary.0, path).map_err(error)
}

/// Removed if it is still there.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // After the rename there is nothing to remove, and no error here may hide the one that led here.
        let _ = std::fs::remove_file(&self.0);
    }
}
