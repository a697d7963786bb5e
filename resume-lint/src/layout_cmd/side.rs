//! Where a layout comes from.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use resume_core::layout::encode::{MAGIC, SECTION};
use resume_core::layout::{DecodeError, Layout, decode, split};
use resume_core::segment::{self, OpenError, inspect};

use super::{elf, json, lock};

/// Why a side has no layout to show.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum SideError {
    /// No such file, or it cannot be read.
    #[error(
        "`{path}`: {source}; expected an executable, a saved layout (JSON), a lock file or a segment (`shm:/name`)"
    )]
    Io { path: String, source: io::Error },
    /// A directory, a pipe or a device.
    #[error("`{path}`: expected a regular file, found {found}")]
    NotAFile { path: String, found: &'static str },
    /// Nothing that holds a layout.
    #[error(
        "`{path}`: expected an ELF executable, a saved layout (JSON), a lock file, a layout record or a \
         segment's file, found a file that starts with {start}; build the program for Linux, or save a layout with \
         `cargo resume layout EXECUTABLE --format json`"
    )]
    UnknownFile { path: String, start: String },
    /// An ELF file that cannot be read.
    #[error(
        "`{path}`: expected a whole ELF file, found a damaged or truncated one ({what}); build or copy it again"
    )]
    BadElf { path: String, what: String },
    /// An executable without a root.
    #[error(
        "`{path}`: expected the section `{SECTION}`, found none; the program has no root: put \
         `resume_core::root!(YourRoot);` beside the root's type and build it again"
    )]
    NoRecord { path: String },
    /// More than one root, and none was chosen.
    #[error("`{path}`: expected one root, found {}; choose one with --root", .roots.join(", "))]
    SeveralRoots { path: String, roots: Vec<String> },
    /// The chosen root is not there.
    #[error("`{path}`: expected the root {wanted}, found {}", .roots.join(", "))]
    NoSuchRoot { path: String, wanted: String, roots: Vec<String> },
    /// A record that cannot be believed.
    #[error("`{path}`: {source}")]
    Record { path: String, source: DecodeError },
    /// A saved layout that cannot be believed.
    #[error("`{path}`: {source}")]
    Json { path: String, source: json::JsonError },
    /// A lock file that cannot be believed.
    #[error("`{path}`: {source}")]
    Lock { path: String, source: Box<lock::LockError> },
    /// A segment that cannot be looked at.
    #[error("{0}")]
    Segment(OpenError),
    /// Neither.
    #[error("`{name}`: found neither a file nor a segment of that name; {source}")]
    NeitherFileNorSegment { name: String, source: OpenError },
    /// A segment's file that holds no record.
    #[error("`{path}`: expected a segment's file with its layout record, found {what}; copy it again")]
    SegmentFile { path: String, what: String },
    /// A segment that is being created right now.
    #[error(
        "segment {name}: expected its layout record, found a segment that is still being created; try again"
    )]
    NoRecordYet { name: String },
}

/// A saved layout or a lock file larger than this is something else.
const SAVED_BYTES_MAX: u64 = 256 << 20;

/// Reads the layout that `text` names: a segment as `shm:/name` or `/name` (unless there is such a file),
/// else a file, told apart by how it starts.
pub(super) fn read(text: &str, root: Option<&str>) -> Result<Layout, SideError> {
    if let Some(name) = text.strip_prefix("shm:") {
        return choose(text, segment_record(name)?, root);
    }
    let path = Path::new(text);
    let one_part = text.strip_prefix('/').is_some_and(|rest| !rest.is_empty() && !rest.contains('/'));
    if one_part && !path.exists() {
        let record = segment_record(text).map_err(|e| match e {
            SideError::Segment(source @ OpenError::NotFound { .. }) => {
                SideError::NeitherFileNorSegment { name: text.to_owned(), source }
            }
            other => other,
        })?;
        return choose(text, record, root);
    }
    read_file(text, root)
}

/// Reads the layout that a file holds, told apart by how it starts.
pub(super) fn read_file(text: &str, root: Option<&str>) -> Result<Layout, SideError> {
    let path = Path::new(text);
    let io = |source| SideError::Io { path: text.to_owned(), source };
    let meta = path.metadata().map_err(io)?;
    if !meta.is_file() {
        let found = if meta.is_dir() { "a directory" } else { "a device, pipe or socket" };
        return Err(SideError::NotAFile { path: text.to_owned(), found });
    }
    let mut file = File::open(path).map_err(io)?;
    let mut start = Vec::new();
    (&mut file).take(64).read_to_end(&mut start).map_err(io)?;
    file.seek(SeekFrom::Start(0)).map_err(io)?;
    if start.starts_with(b"\x7fELF") {
        let records = elf::record_section(file).map_err(|e| match e {
            elf::ElfError::Damaged(what) => SideError::BadElf { path: text.to_owned(), what },
            elf::ElfError::NoSection => SideError::NoRecord { path: text.to_owned() },
        })?;
        return choose(text, records, root);
    }
    let first = start.iter().find(|b| !b.is_ascii_whitespace());
    let is_json = first == Some(&b'{');
    let is_lock = start.starts_with(lock::FIRST_LINE.as_bytes());
    if start.starts_with(&segment::MAGIC) {
        let record = segment_file(&mut file, text)?;
        return choose(text, record, root);
    }
    if !is_json && !is_lock && !start.starts_with(&MAGIC) {
        return Err(SideError::UnknownFile { path: text.to_owned(), start: quote(&start) });
    }
    let mut bytes = Vec::new();
    file.take(SAVED_BYTES_MAX).read_to_end(&mut bytes).map_err(io)?;
    if is_json {
        return json::read(&bytes).map_err(|source| SideError::Json { path: text.to_owned(), source });
    }
    if is_lock {
        return lock::read(&bytes)
            .map_err(|e| SideError::Lock { path: text.to_owned(), source: Box::new(e) });
    }
    choose(text, bytes, root)
}

/// The record in a segment's file, or in a copy of one. Its hashes prove it, so nothing else of the header is
/// believed: no lock is taken and no owner asked.
fn segment_file(file: &mut File, path: &str) -> Result<Vec<u8>, SideError> {
    let io = |source| SideError::Io { path: path.to_owned(), source };
    let damaged = |what: String| SideError::SegmentFile { path: path.to_owned(), what };
    let mut prefix = Vec::new();
    file.take(segment::PREFIX_BYTES as u64).read_to_end(&mut prefix).map_err(io)?;
    let number = |name: &str| {
        let field = segment::Prefix::FIELDS.iter().find(|field| field.name == name);
        let bytes = field.and_then(|field| prefix.get(field.offset..field.offset + field.bytes));
        let bytes = bytes.ok_or_else(|| damaged(format!("only {} bytes of its header", prefix.len())))?;
        Ok(bytes.iter().rev().fold(0u64, |number, byte| number << 8 | u64::from(*byte)))
    };
    let (version, expected) = (number("header_version")?, segment::HEADER_VERSION);
    if version != u64::from(expected) {
        return Err(damaged(format!("segment header version {version}, where {expected} is known")));
    }
    let (at, bytes) = (number("record_offset")?, number("record_bytes")?);
    if bytes == 0 || bytes > RECORD_BYTES_MAX {
        return Err(damaged(format!("a layout record of {bytes} bytes")));
    }
    file.seek(SeekFrom::Start(at)).map_err(|_| damaged(format!("a layout record at offset {at}")))?;
    let mut record = Vec::new();
    file.take(bytes).read_to_end(&mut record).map_err(io)?;
    if (record.len() as u64) < bytes {
        return Err(damaged(format!("{} of the {bytes} bytes of its layout record", record.len())));
    }
    Ok(record)
}

/// No layout record is longer.
const RECORD_BYTES_MAX: u64 = 64 << 20;

fn segment_record(name: &str) -> Result<Vec<u8>, SideError> {
    let inspection = inspect(name).map_err(SideError::Segment)?;
    if inspection.record.is_empty() {
        return Err(SideError::NoRecordYet { name: name.to_owned() });
    }
    Ok(inspection.record)
}

/// The one record, or the one that was asked for.
fn choose(path: &str, records: Vec<u8>, wanted: Option<&str>) -> Result<Layout, SideError> {
    let record_error = |source| SideError::Record { path: path.to_owned(), source };
    let mut layouts: Vec<Layout> = Vec::new();
    let mut rest = records.as_slice();
    while !rest.is_empty() {
        let (record, after) = split(rest).map_err(record_error)?;
        let layout = decode(record).map_err(record_error)?;
        if !layouts.contains(&layout) {
            layouts.push(layout);
        }
        // The linker may fill up to an alignment.
        let padding = after.iter().take_while(|b| **b == 0).count();
        rest = &after[padding..];
    }
    let roots: Vec<String> = layouts.iter().map(|layout| layout.root().name.clone()).collect();
    if let Some(wanted) = wanted {
        let found = layouts.into_iter().find(|layout| layout.root().name == wanted);
        return found.ok_or(SideError::NoSuchRoot {
            path: path.to_owned(),
            wanted: wanted.to_owned(),
            roots,
        });
    }
    match (layouts.pop(), layouts.is_empty()) {
        (None, _) => Err(SideError::NoRecord { path: path.to_owned() }),
        (Some(only), true) => Ok(only),
        (Some(_), false) => Err(SideError::SeveralRoots { path: path.to_owned(), roots }),
    }
}

/// The start of a file, for a message.
fn quote(start: &[u8]) -> String {
    if start.is_empty() {
        return "nothing (it is empty)".to_owned();
    }
    let end = start.iter().position(|b| *b == b'\n').unwrap_or(start.len()).min(24);
    format!("\"{}\"", start[..end].escape_ascii())
}
