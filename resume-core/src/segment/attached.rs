//! A segment that this process holds locked and mapped.

use std::os::fd::{AsFd, OwnedFd};

use super::backend::Object;
use super::candidate::Candidate;
use super::error::OpenError;
use super::gates::Locked;
use super::map::{ADDRESS_END, MapError, Mapping};
use super::memory::{self, MemoryOptions, MemoryReport};
use super::owner::Owner;
use super::prefix::Prefix;
use super::reexec;
use super::words::{Running, Word, Words};

/// The lowest base: below it lies what the kernel keeps free to catch null pointers.
const BASE_MIN: u64 = 0x1_0000;

/// Mapping and lock of one segment.
///
/// # Invariants
/// The mapping is of the whole segment, whose geometry the gates have proved; the fields are dropped in
/// order, so the lock goes last.
#[derive(Debug)]
pub(crate) struct Attached {
    mapping: Mapping,
    words: Words,
    locked: Locked,
    memory: MemoryReport,
    journal: (usize, usize),
    root_offset: usize,
}

impl Attached {
    /// Maps a segment whose prefix is proved.
    pub(super) fn map(
        locked: Locked,
        prefix: &Prefix,
        asked: &MemoryOptions,
        populate: bool,
    ) -> Result<Self, Box<(OpenError, Locked)>> {
        let mapping = match Mapping::new(&locked.object, prefix.base, prefix.segment_bytes) {
            Ok(mapping) => mapping,
            Err(MapError::Failed(e)) => return Err(Box::new((locked.failed(e), locked))),
            Err(MapError::Taken { conflict }) => {
                let name = locked.name.to_string();
                let end = prefix.base.saturating_add(prefix.segment_bytes);
                let error = OpenError::AddressTaken {
                    name,
                    base: prefix.base,
                    end,
                    conflict,
                    reexecs: reexec::count(),
                };
                return Err(Box::new((error, locked)));
            }
        };
        let memory = memory::apply(locked.name.as_str(), &locked.object, &mapping, asked, populate);
        let memory = match memory {
            Ok(memory) => memory,
            Err(error) => {
                drop(mapping);
                return Err(Box::new((error, locked)));
            }
        };
        // SAFETY: the mapping starts with the header, on a page, is readable and writable, and lives as
        // long as `Attached`, which hands no copy of the words out beyond a borrow.
        let words = unsafe { Words::new(mapping.base()) };
        Ok(Self {
            mapping,
            words,
            locked,
            memory,
            journal: (prefix.journal_offset as usize, prefix.journal_bytes as usize),
            root_offset: prefix.root_offset as usize,
        })
    }

    /// Maps what passed the gates.
    pub(crate) fn from_candidate(candidate: Candidate, asked: &MemoryOptions) -> Result<Self, OpenError> {
        check_base(candidate.locked.name.as_str(), &candidate.prefix)?;
        Self::map(candidate.locked, &candidate.prefix, asked, false).map_err(|refused| refused.0)
    }

    pub(crate) fn name(&self) -> &str {
        self.locked.name.as_str()
    }

    pub(crate) fn words(&self) -> &Words {
        &self.words
    }

    pub(crate) fn base(&self) -> *mut u8 {
        self.mapping.base()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.mapping.bytes()
    }

    /// Offset and bytes of the journal.
    pub(crate) fn journal(&self) -> (usize, usize) {
        self.journal
    }

    /// The root's first byte: aligned for it and followed by all its bytes, within the mapping.
    pub(crate) fn root(&self) -> *mut u8 {
        self.mapping.base().wrapping_add(self.root_offset)
    }

    /// The object's descriptor once more, where the kernel can be asked what of the object was ever written.
    pub(crate) fn seekable(&self) -> Option<OwnedFd> {
        match &self.locked.object {
            Object::File(file) => file.as_fd().try_clone_to_owned().ok(),
            Object::SystemV(_) => None,
        }
    }

    /// Whether this process is the one that attached, not a child forked from it.
    pub(crate) fn is_here(&self) -> bool {
        self.mapping.is_here()
    }

    /// Writes this process in as owner, of a new generation.
    pub(crate) fn take_over(&self, owner: &Owner) -> u64 {
        self.words.set(Word::OwnerPid, u64::from(owner.pid));
        self.words.set(Word::OwnerStartTicks, owner.start_ticks);
        self.words.set(Word::OwnerPidNamespace, owner.pid_namespace);
        let generation = self.words.get(Word::Generation).wrapping_add(1);
        self.words.set(Word::Generation, generation);
        generation
    }

    /// Keeps what ran at the crash, for as long as its resume takes and however often that fails.
    pub(crate) fn remember_crash(&self, generation: u64, running: Option<Running>) {
        let Running { handler, event } = running.unwrap_or(Running { handler: 0, event: 0 });
        self.words.set(Word::CrashedGeneration, generation);
        self.words.set(Word::CrashedHandler, u64::from(handler));
        self.words.set(Word::CrashedEvent, event);
        self.words.set(Word::CrashedRunning, u64::from(running.is_some()));
    }

    /// The generation that crashed, and what it ran.
    pub(crate) fn remembered_crash(&self) -> (u64, Option<Running>) {
        let running = (self.words.get(Word::CrashedRunning) == 1).then(|| Running {
            handler: self.words.get(Word::CrashedHandler) as u32,
            event: self.words.get(Word::CrashedEvent),
        });
        (self.words.get(Word::CrashedGeneration), running)
    }

    /// Removes the name.
    pub(crate) fn unlink(&self) -> Result<(), OpenError> {
        self.locked.unlink()
    }

    /// What became of the memory options.
    pub(crate) fn memory(&self) -> &MemoryReport {
        &self.memory
    }
}

impl Locked {
    /// Removes the object; what is not this process's to remove is left alone.
    pub(super) fn unlink(&self) -> Result<(), OpenError> {
        self.object.unlink(&self.name).map_err(|e| self.failed(e))
    }
}

/// Refuses a range that is not all user addresses.
pub(super) fn check_base(name: &str, prefix: &Prefix) -> Result<(), OpenError> {
    let base_max = ADDRESS_END.saturating_sub(prefix.segment_bytes);
    if (BASE_MIN..=base_max).contains(&prefix.base) {
        return Ok(());
    }
    Err(OpenError::Inconsistent {
        name: name.to_owned(),
        what: "a base that leaves room for the segment below the kernel's addresses, at most",
        expected: base_max,
        found: prefix.base,
    })
}

/// The same for a base that a program chose.
pub(super) fn check_base_option(base: u64, align: u64, bytes: u64) -> Result<(), OpenError> {
    let base_max = ADDRESS_END.saturating_sub(bytes);
    if base.is_multiple_of(align) && (BASE_MIN..=base_max).contains(&base) {
        return Ok(());
    }
    Err(OpenError::Option {
        option: "base",
        expected: format!("a multiple of {align:#x} from {BASE_MIN:#x} to {base_max:#x}"),
        found: format!("{base:#x}"),
    })
}
