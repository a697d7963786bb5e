//! The gates of an attach that only read: from a name to a locked object whose header is proved.
//!
//! ```text
//! name → open (no symlink) → regular, uid, mode → flock → nobody has it mapped → still linked → size
//!      → prefix by a copy → magic → version → CRC → machine → geometry → state → size → boot → root → layout
//! ```
//!
//! Nothing is mapped or written here. What comes after (mapping, journal, values, hooks) is in `root`.

use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::backend::{Access, Backend, Facts, Failed, MODE, Object, SIZING};
use super::candidate::Candidate;
use super::error::OpenError;
use super::geometry::{Geometry, Parts};
use super::map::ADDRESS_END;
use super::name::SegmentName;
use super::owner::{self, Liveness, Owner};
use super::prefix::{BIG_ENDIAN, HEADER_VERSION, LITTLE_ENDIAN, MAGIC, PREFIX_BYTES, Prefix};
use super::words::{HEADER_BYTES, State, Word, WordValues};

/// The endianness of this machine's state.
pub(super) const ENDIANNESS: u32 = if cfg!(target_endian = "little") { LITTLE_ENDIAN } else { BIG_ENDIAN };

/// How often an open starts again because the name moved to another object meanwhile.
const TRIES_MAX: u32 = 8;

/// How long a lock without a living owner is waited for. A process that opens the segment has the lock a
/// moment before it is in the header; a child that the dead owner was just starting has it until its exec.
const LOCK_WAIT: Duration = Duration::from_millis(500);
const LOCK_POLL: Duration = Duration::from_millis(2);

/// A record larger than this is damage, not layout.
const RECORD_BYTES_MAX: u64 = 64 << 20;

/// An object of the right kind and owner, locked by this process for as long as this value lives.
#[derive(Debug)]
pub(crate) struct Locked {
    pub(super) name: SegmentName,
    pub(super) object: Object,
    /// The process that took the lock; a child forked from it shares the descriptor's lock.
    pid: u32,
}

impl Drop for Locked {
    fn drop(&mut self) {
        // Closing is not enough: a child that another thread is just starting holds a copy of the
        // descriptor until its exec, and with it the lock. But a forked child must not unlock its parent.
        if self.pid == std::process::id() {
            let _ = self.object.lock_fd().map(|fd| flock(fd, FlockOperation::Unlock));
        }
    }
}

/// What is behind a name.
#[derive(Debug)]
pub(crate) enum Found {
    /// New, or left by a create that died: nobody has seen it Live.
    Unfinished(Locked),
    /// A whole segment.
    Complete(Box<Candidate>),
}

/// Opens and locks the object of `name`, and makes it when `create` is set.
pub(crate) fn lock(name: &SegmentName, backend: &Backend, create: bool) -> Result<Locked, OpenError> {
    for _ in 0..TRIES_MAX {
        let opened = match backend.open(name, Access::ReadWrite) {
            Ok(Some(object)) => Some(object),
            Ok(None) if !create => return Err(OpenError::NotFound { name: name.to_string() }),
            Ok(None) => backend.create(name).map_err(|e| os(name, e))?,
            Err(e) => return Err(refused_to_open(name, e)),
        };
        let Some(object) = opened else { continue };
        let mut locked = Locked { name: name.clone(), object, pid: std::process::id() };
        check_object(name, &locked.facts()?)?;
        locked.take_lock()?;
        // Somebody may have removed the name between open and lock, or put another object there.
        let facts = locked.facts()?;
        if facts.linked {
            check_object(name, &facts)?;
            return Ok(locked);
        }
    }
    Err(OpenError::Unstable { name: name.to_string(), tries: TRIES_MAX })
}

/// Who may have written the bytes.
pub(super) fn check_object(name: &SegmentName, facts: &Facts) -> Result<(), OpenError> {
    let name = name.to_string();
    if let Some(found) = &facts.foreign {
        return Err(OpenError::NotRegular { name, found: found.clone() });
    }
    let uid = rustix::process::geteuid().as_raw();
    if facts.uid != uid {
        return Err(OpenError::OtherUser { name, expected: uid, found: facts.uid });
    }
    if facts.mode != MODE {
        return Err(OpenError::Mode { name, expected: MODE, found: facts.mode });
    }
    Ok(())
}

impl Locked {
    pub(super) fn facts(&self) -> Result<Facts, OpenError> {
        self.object.facts().map_err(|e| self.failed(e))
    }

    pub(super) fn os(&self, call: &'static str, errno: Errno) -> OpenError {
        self.failed(Failed { call, errno })
    }

    pub(super) fn failed(&self, failed: Failed) -> OpenError {
        os(&self.name, failed)
    }

    /// Whether the lock is this process's now, and nobody has mapped the object without it.
    fn try_lock(&mut self) -> Result<bool, OpenError> {
        let Some(fd) = self.object.lock_fd() else { return Err(self.os("flock", Errno::BADF)) };
        let locked = owner::try_lock(fd).map_err(|e| self.os("flock", e))?;
        Ok(locked && self.object.is_detached().map_err(|e| self.failed(e))?)
    }

    fn take_lock(&mut self) -> Result<(), OpenError> {
        let mut waited = Duration::ZERO;
        while !self.try_lock()? {
            let name = self.name.to_string();
            let owner = self.header()?.and_then(|bytes| recorded_owner(&bytes));
            match owner.map(|o| (o, o.liveness())) {
                Some((owner, Liveness::Alive { command, age_s, stopped })) => {
                    return Err(OpenError::LiveOwner { name, owner, command, age_s, stopped });
                }
                Some((owner, Liveness::NotVisible)) => {
                    return Err(OpenError::LiveOwnerElsewhere { name, owner });
                }
                _ if waited < LOCK_WAIT => {}
                _ => {
                    let stat = self.object.lock_stat().map_err(|e| self.failed(e))?;
                    let holders = stat.zip(self.object.lock_fd());
                    let holders = holders.map_or_else(Vec::new, |(stat, fd)| owner::holders(&stat, fd));
                    return Err(OpenError::LockInherited { name, dead: owner, holders });
                }
            }
            std::thread::sleep(LOCK_POLL);
            waited += LOCK_POLL;
        }
        Ok(())
    }

    /// The header's bytes; `None` when the object is shorter.
    pub(super) fn header(&self) -> Result<Option<[u8; HEADER_BYTES]>, OpenError> {
        read_header(&self.object).map_err(|e| self.failed(e))
    }

    /// Examines what was locked.
    pub(crate) fn examine(self) -> Result<Found, OpenError> {
        if self.object.is_untouched().map_err(|e| self.failed(e))? {
            return Ok(Found::Unfinished(self));
        }
        let size = self.facts()?.bytes;
        let Some(header) = self.header()? else {
            return Err(OpenError::TooShort {
                name: self.name.to_string(),
                expected: HEADER_BYTES as u64,
                found: size,
            });
        };
        let prefix = check_prefix(&self.name, &header)?;
        let words = WordValues::decode(&header);
        let Some(state) = words.state() else {
            return Err(OpenError::StateUnknown { name: self.name.to_string(), found: words.state });
        };
        if state == State::Creating {
            return Ok(Found::Unfinished(self));
        }
        let expected = prefix.segment_bytes;
        if size != expected {
            return Err(OpenError::Size { name: self.name.to_string(), expected, found: size });
        }
        self.object.seal().map_err(|e| self.failed(e))?;
        let boot_id = super::boot_id().map_err(|e| self.os("reading the boot id", e))?;
        if prefix.boot_id != boot_id {
            return Err(OpenError::OtherBoot {
                name: self.name.to_string(),
                expected: super::uuid_text(&boot_id),
                found: super::uuid_text(&prefix.boot_id),
            });
        }
        Ok(Found::Complete(Box::new(Candidate { locked: self, prefix, words, state })))
    }
}

impl Locked {
    /// Writes one word of a segment that is not mapped.
    pub(super) fn write_word(&self, word: Word, value: u64) -> Result<(), OpenError> {
        self.object.write_at(&value.to_le_bytes(), word as u64).map_err(|e| self.failed(e))
    }
}

/// The owner that a header names, if it is a header.
pub(super) fn recorded_owner(header: &[u8; HEADER_BYTES]) -> Option<Owner> {
    let words = WordValues::decode(header);
    (header[..MAGIC.len()] == MAGIC && words.owner_pid != 0).then_some(Owner {
        pid: words.owner_pid as u32,
        start_ticks: words.owner_start_ticks,
        pid_namespace: words.owner_pid_namespace,
    })
}

pub(super) fn read_header(object: &Object) -> Result<Option<[u8; HEADER_BYTES]>, Failed> {
    let mut header = [0; HEADER_BYTES];
    let len = read_all(object, &mut header, 0)?;
    Ok((len == HEADER_BYTES).then_some(header))
}

/// Fills the buffer as far as the object goes.
fn read_all(object: &Object, buffer: &mut [u8], offset: u64) -> Result<usize, Failed> {
    let mut len = 0;
    while len < buffer.len() {
        match object.read_at(&mut buffer[len..], offset + len as u64)? {
            0 => break,
            n => len += n,
        }
    }
    Ok(len)
}

/// Magic to geometry: whatever can be said of the prefix by itself.
pub(super) fn check_prefix(name: &SegmentName, header: &[u8; HEADER_BYTES]) -> Result<Prefix, OpenError> {
    let mut bytes = [0; PREFIX_BYTES];
    bytes.copy_from_slice(&header[..PREFIX_BYTES]);
    let prefix = Prefix::decode(&bytes);
    let name = name.to_string();
    if prefix.magic != MAGIC {
        return Err(OpenError::NotASegment {
            name,
            expected: MAGIC.escape_ascii().to_string(),
            found: prefix.magic.escape_ascii().to_string(),
        });
    }
    if prefix.header_version != HEADER_VERSION {
        let found = prefix.header_version;
        return Err(OpenError::HeaderVersion { name, expected: HEADER_VERSION, found });
    }
    let crc = Prefix::crc_of(&bytes);
    if prefix.crc != crc {
        return Err(OpenError::PrefixDamaged { name, expected: prefix.crc, found: crc });
    }
    let machine = [
        ("endianness (1 little, 2 big)", u64::from(ENDIANNESS), u64::from(prefix.endianness)),
        ("bytes of a pointer", size_of::<usize>() as u64, u64::from(prefix.pointer_bytes)),
        ("bytes of a page", rustix::param::page_size() as u64, u64::from(prefix.page_bytes)),
    ];
    if let Some(&(what, expected, found)) = machine.iter().find(|(_, expected, found)| expected != found) {
        return Err(OpenError::OtherMachine { name, what, expected, found });
    }
    check_geometry(&name, &prefix)?;
    Ok(prefix)
}

fn check_geometry(name: &str, p: &Prefix) -> Result<(), OpenError> {
    let parts = Parts {
        page_bytes: u64::from(p.page_bytes),
        record_bytes: p.record_bytes,
        journal_bytes: p.journal_bytes,
        root_bytes: p.root_bytes,
        root_align: p.root_align,
    };
    // A journal of part of a page would leave the geometry as it is.
    if p.journal_bytes == 0 || !p.journal_bytes.is_multiple_of(parts.page_bytes) {
        let (what, expected) = ("bytes of the journal in pages of", parts.page_bytes);
        let found = p.journal_bytes;
        return Err(OpenError::Inconsistent { name: name.to_owned(), what, expected, found });
    }
    let Some(g) = Geometry::of(&parts) else {
        let (what, expected) = ("sizes that fit an address space, segment size at most", ADDRESS_END);
        let found = p.segment_bytes;
        return Err(OpenError::Inconsistent { name: name.to_owned(), what, expected, found });
    };
    let offsets = [
        ("record offset", g.record_offset, p.record_offset),
        ("journal offset", g.journal_offset, p.journal_offset),
        ("root offset", g.root_offset, p.root_offset),
        ("segment size", g.segment_bytes, p.segment_bytes),
        ("base modulo root alignment", 0, p.base % p.root_align.max(u64::from(p.page_bytes))),
    ];
    check_equal(name, &offsets)
}

pub(super) fn check_equal(name: &str, pairs: &[(&'static str, u64, u64)]) -> Result<(), OpenError> {
    match pairs.iter().find(|(_, expected, found)| expected != found) {
        None => Ok(()),
        Some(&(what, expected, found)) => {
            Err(OpenError::Inconsistent { name: name.to_owned(), what, expected, found })
        }
    }
}

/// The layout record, proved by its CRC.
pub(super) fn read_record(
    name: &SegmentName,
    object: &Object,
    prefix: &Prefix,
) -> Result<Vec<u8>, OpenError> {
    let name_text = name.to_string();
    if prefix.record_bytes > RECORD_BYTES_MAX {
        return Err(OpenError::Inconsistent {
            name: name_text,
            what: "bytes of the layout record, at most",
            expected: RECORD_BYTES_MAX,
            found: prefix.record_bytes,
        });
    }
    let mut record = vec![0; prefix.record_bytes as usize];
    let len = read_all(object, &mut record, prefix.record_offset).map_err(|e| os(name, e))?;
    if len < record.len() {
        let (expected, found) = (prefix.segment_bytes, prefix.record_offset + len as u64);
        return Err(OpenError::Size { name: name_text, expected, found });
    }
    let crc = crc32fast::hash(&record);
    if crc != prefix.record_crc {
        return Err(OpenError::Inconsistent {
            name: name_text,
            what: "CRC of the layout record",
            expected: u64::from(prefix.record_crc),
            found: u64::from(crc),
        });
    }
    Ok(record)
}

pub(super) fn refused_to_open(name: &SegmentName, failed: Failed) -> OpenError {
    let found = match failed.errno {
        Errno::LOOP => "a symbolic link",
        Errno::ISDIR => "a folder",
        Errno::NXIO => "a socket or a device",
        _ => return os(name, failed),
    };
    OpenError::NotRegular { name: name.to_string(), found: found.to_owned() }
}

pub(super) fn os(name: &SegmentName, failed: Failed) -> OpenError {
    let Failed { call, errno } = failed;
    let hint = match errno {
        Errno::PERM if call == "F_ADD_SEALS" => "make the memfd with MFD_ALLOW_SEALING",
        Errno::PERM if call == SIZING => {
            "the keeper sealed it at another size: pass one that is empty and not sealed yet"
        }
        Errno::ACCESS | Errno::PERM => {
            "it may belong to another user: check who owns it and run as that user"
        }
        Errno::NOENT => "are /dev/shm and /proc mounted?",
        Errno::MFILE | Errno::NFILE => "raise the limit of open files",
        Errno::NOMEM => "the address space or memory limit of the process is too small for the segment",
        _ => "see the errno's manual page",
    };
    OpenError::Os { name: name.to_string(), call, errno, hint }
}
