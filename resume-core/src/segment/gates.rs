//! The gates of an attach that only read: from a name to a locked object whose header is proved.
//!
//! ```text
//! name → open (no symlink) → regular, uid, mode → flock → still linked → size → prefix by pread
//!      → magic → version → CRC → machine → geometry → state → size → boot → root → layout
//! ```
//!
//! Nothing is mapped or written here. What comes after (mapping, journal, values, hooks) is in `root`.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::fs::{FileType, FlockOperation, Stat, flock, fstat};
use rustix::io::{Errno, pread};

use super::backend::{Access, Backend, MODE};
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
    pub(super) backend: Backend,
    pub(super) fd: OwnedFd,
    /// The process that took the lock; a child forked from it shares the descriptor's lock.
    pid: u32,
}

impl Drop for Locked {
    fn drop(&mut self) {
        // Closing is not enough: a child that another thread is just starting holds a copy of the
        // descriptor until its exec, and with it the lock. But a forked child must not unlock its parent.
        if self.pid == std::process::id() {
            let _ = flock(&self.fd, FlockOperation::Unlock);
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
pub(crate) fn lock(name: &SegmentName, backend: Backend, create: bool) -> Result<Locked, OpenError> {
    for _ in 0..TRIES_MAX {
        let opened = match backend.open(name, Access::ReadWrite) {
            Ok(Some(fd)) => Some(fd),
            Ok(None) if !create => return Err(OpenError::NotFound { name: name.to_string() }),
            Ok(None) => backend.create(name).map_err(|e| os(name, "shm_open", e))?,
            Err(e) => return Err(refused_to_open(name, e)),
        };
        let Some(fd) = opened else { continue };
        let locked = Locked { name: name.clone(), backend, fd, pid: std::process::id() };
        check_object(name, &locked.stat()?)?;
        locked.take_lock()?;
        // Somebody may have removed the name between open and lock.
        if locked.stat()?.st_nlink > 0 {
            return Ok(locked);
        }
    }
    Err(OpenError::Unstable { name: name.to_string(), tries: TRIES_MAX })
}

/// Who may have written the bytes.
pub(super) fn check_object(name: &SegmentName, stat: &Stat) -> Result<(), OpenError> {
    let name = name.to_string();
    let kind = FileType::from_raw_mode(stat.st_mode);
    if kind != FileType::RegularFile {
        return Err(OpenError::NotRegular { name, found: format!("{kind:?}") });
    }
    let uid = rustix::process::geteuid().as_raw();
    if stat.st_uid != uid {
        return Err(OpenError::OtherUser { name, expected: uid, found: stat.st_uid });
    }
    let mode = stat.st_mode & 0o7777;
    if mode != MODE {
        return Err(OpenError::Mode { name, expected: MODE, found: mode });
    }
    Ok(())
}

impl Locked {
    pub(super) fn stat(&self) -> Result<Stat, OpenError> {
        fstat(&self.fd).map_err(|e| self.os("fstat", e))
    }

    pub(super) fn os(&self, call: &'static str, errno: Errno) -> OpenError {
        os(&self.name, call, errno)
    }

    fn take_lock(&self) -> Result<(), OpenError> {
        let mut waited = Duration::ZERO;
        while !owner::try_lock(&self.fd).map_err(|e| self.os("flock", e))? {
            let name = self.name.to_string();
            let owner = self.header()?.and_then(|bytes| recorded_owner(&bytes));
            match owner.map(|o| (o, o.liveness())) {
                Some((owner, Liveness::Alive { command, age_s })) => {
                    return Err(OpenError::LiveOwner { name, owner, command, age_s });
                }
                Some((owner, Liveness::NotVisible)) => {
                    return Err(OpenError::LiveOwnerElsewhere { name, owner });
                }
                _ if waited < LOCK_WAIT => {}
                _ => {
                    let holders = owner::holders(&self.stat()?, self.fd.as_fd());
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
        read_header(self.fd.as_fd()).map_err(|e| self.os("pread", e))
    }

    /// Examines what was locked.
    pub(crate) fn examine(self) -> Result<Found, OpenError> {
        let size = self.stat()?.st_size as u64;
        if size == 0 {
            return Ok(Found::Unfinished(self));
        }
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
        match rustix::io::pwrite(&self.fd, &value.to_le_bytes(), word as u64) {
            Ok(8) => Ok(()),
            Ok(_) => Err(self.os("pwrite", Errno::IO)),
            Err(e) => Err(self.os("pwrite", e)),
        }
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

pub(super) fn read_header(fd: impl AsFd) -> Result<Option<[u8; HEADER_BYTES]>, Errno> {
    let mut header = [0; HEADER_BYTES];
    let mut len = 0;
    while len < HEADER_BYTES {
        match pread(&fd, &mut header[len..], len as u64) {
            Ok(0) => return Ok(None),
            Ok(n) => len += n,
            Err(Errno::INTR) => {}
            Err(e) => return Err(e),
        }
    }
    Ok(Some(header))
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
    fd: BorrowedFd<'_>,
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
    let mut len = 0;
    while len < record.len() {
        match pread(fd, &mut record[len..], prefix.record_offset + len as u64) {
            Ok(0) => {
                let (expected, found) = (prefix.segment_bytes, prefix.record_offset + len as u64);
                return Err(OpenError::Size { name: name_text, expected, found });
            }
            Ok(n) => len += n,
            Err(Errno::INTR) => {}
            Err(e) => return Err(os(name, "pread", e)),
        }
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

pub(super) fn refused_to_open(name: &SegmentName, errno: Errno) -> OpenError {
    let found = match errno {
        Errno::LOOP => "a symbolic link",
        Errno::ISDIR => "a folder",
        Errno::NXIO => "a socket or a device",
        _ => return os(name, "shm_open", errno),
    };
    OpenError::NotRegular { name: name.to_string(), found: found.to_owned() }
}

pub(super) fn os(name: &SegmentName, call: &'static str, errno: Errno) -> OpenError {
    let hint = match errno {
        Errno::ACCESS | Errno::PERM => {
            "it may belong to another user: check who owns it and run as that user"
        }
        Errno::NOENT => "is /dev/shm mounted?",
        Errno::MFILE | Errno::NFILE => "raise the limit of open files",
        Errno::NOMEM => "the address space or memory limit of the process is too small for the segment",
        _ => "see the errno's manual page",
    };
    OpenError::Os { name: name.to_string(), call, errno, hint }
}
