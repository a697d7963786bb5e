//! What tools may do to a segment: look at it, release it from quarantine, remove it.

use super::backend::{Access, Backend};
use super::error::OpenError;
use super::gates::{self, Found, check_object, check_prefix, read_header, recorded_owner};
use super::name::SegmentName;
use super::owner::{self, Liveness, Owner};
use super::prefix::Prefix;
use super::words::{HEADER_BYTES, Running, State, Word, WordValues};

/// A segment as seen from outside, without lock or mapping. The words of a living owner move on while it
/// is taken; each of them is whole.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Inspection {
    /// The segment.
    pub name: SegmentName,
    /// The frozen prefix, proved by its CRC.
    pub prefix: Prefix,
    /// The mutable words.
    pub words: WordValues,
    /// The state, or `None` when the word holds none that this version knows.
    pub state: Option<State>,
    /// The last owner.
    pub owner: Option<Owner>,
    /// Whether that owner lives.
    pub owner_liveness: Option<Liveness>,
    /// Whether somebody holds the lock; `None` when the host does not tell.
    pub locked: Option<bool>,
    /// What runs, or ran at death.
    pub running: Option<Running>,
    /// The layout record of the root, as the creating program wrote it; proved by its CRC.
    pub record: Vec<u8>,
    /// The object's size.
    pub object_bytes: u64,
    /// Whether it was made in this boot.
    pub this_boot: bool,
}

/// Looks at a segment of the default backend. Takes no lock, maps nothing, changes nothing: an owner does
/// not notice.
///
/// # Errors
/// The gates of object and prefix; a damaged record.
pub fn inspect(name: &str) -> Result<Inspection, OpenError> {
    inspect_in(&Backend::default(), name)
}

/// [`inspect`] in a chosen backend.
///
/// # Errors
/// As [`inspect`].
pub fn inspect_in(backend: &Backend, name: &str) -> Result<Inspection, OpenError> {
    let name = SegmentName::new(name)?;
    let object = match backend.open(&name, Access::Read) {
        Ok(Some(object)) => object,
        Ok(None) => return Err(OpenError::NotFound { name: name.to_string() }),
        Err(e) => return Err(gates::refused_to_open(&name, e)),
    };
    let facts = object.facts().map_err(|e| gates::os(&name, e))?;
    check_object(&name, &facts)?;
    let Some(header) = read_header(&object).map_err(|e| gates::os(&name, e))? else {
        let (expected, found) = (HEADER_BYTES as u64, facts.bytes);
        return Err(OpenError::TooShort { name: name.to_string(), expected, found });
    };
    let prefix = check_prefix(&name, &header)?;
    let words = WordValues::decode(&header);
    let owner = recorded_owner(&header);
    let record = match words.state() {
        // Not written yet, perhaps.
        Some(State::Creating) => Vec::new(),
        _ => gates::read_record(&name, &object, &prefix)?,
    };
    Ok(Inspection {
        state: words.state(),
        owner,
        owner_liveness: owner.map(|o| o.liveness()),
        locked: object.lock_stat().ok().flatten().and_then(|stat| owner::is_locked(&stat)),
        running: words.running(),
        record,
        object_bytes: facts.bytes,
        this_boot: super::boot_id().is_ok_and(|id| id == prefix.boot_id),
        name,
        prefix,
        words,
    })
}

/// Lets a quarantined segment be resumed again: the next open treats it as crashed, with no failed resume.
/// Gives whether it was quarantined.
///
/// # Errors
/// A living owner, and the gates of object and header.
pub fn release(name: &str) -> Result<bool, OpenError> {
    release_in(&Backend::default(), name)
}

/// [`release`] in a chosen backend.
///
/// # Errors
/// As [`release`].
pub fn release_in(backend: &Backend, name: &str) -> Result<bool, OpenError> {
    let name = SegmentName::new(name)?;
    match gates::lock(&name, backend, false)?.examine()? {
        Found::Complete(candidate) if candidate.state == State::Quarantined => {
            // The counter first: a death in between leaves it quarantined.
            candidate.locked.write_word(Word::ResumesFailed, 0)?;
            candidate.locked.write_word(Word::State, RELEASED.pack())?;
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// A resume that failed at its last step: everything is done again, and what ran at the crash is kept.
const RELEASED: State = State::Resuming(super::words::Step::Hook);

/// Removes a segment, whatever its bytes hold. Gives whether there was one.
///
/// # Errors
/// A living owner; an object of another user, mode or kind.
pub fn remove(name: &str) -> Result<bool, OpenError> {
    remove_in(&Backend::default(), name)
}

/// [`remove`] in a chosen backend. Of a memfd the state is removed; the object is its keeper's.
///
/// # Errors
/// As [`remove`].
pub fn remove_in(backend: &Backend, name: &str) -> Result<bool, OpenError> {
    let name = SegmentName::new(name)?;
    match gates::lock(&name, backend, false) {
        Ok(locked) => {
            locked.unlink()?;
            Ok(true)
        }
        Err(OpenError::NotFound { .. }) => Ok(false),
        Err(e) => Err(e),
    }
}
