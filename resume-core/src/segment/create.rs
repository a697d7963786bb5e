//! Making a segment, so that a death at any moment leaves what the next open recognises.
//!
//! ```text
//! empty object, locked ─► header with state Creating (one page, one write) ─► space ─► record
//!                      ─► map ─► start hook (root) ─► state Live (one store)
//! ```
//!
//! Until the last store the object is empty or its state says Creating: nobody has seen it, and the next
//! open that gets the lock starts over in place. On an orderly failure the name is removed again.
//!
//! Space: `fallocate` makes the kernel set every page of the segment aside now, in the kernel, 0.1
//! to 0.6 s a GiB; this process touches none of them and takes no page faults. Without it (see
//! [`Options::reserve`](crate::root::Options::reserve)) creating takes microseconds at any size, the free
//! space is only compared, and running out later is a SIGBUS.

use std::os::fd::AsFd;

use rustix::fs::{FallocateFlags, fallocate, fstatvfs, ftruncate};
use rustix::io::{Errno, pwrite};

use super::attached::{Attached, check_base_option};
use super::candidate::Identity;
use super::error::OpenError;
use super::gates::{ENDIANNESS, Locked};
use super::geometry::{Geometry, Parts};
use super::owner::Owner;
use super::prefix::{HEADER_VERSION, MAGIC, PREFIX_BYTES, Prefix, ROOT_NAME_BYTES};
use super::words::{HEADER_BYTES, State, Word, WordValues};

/// What a program may decide about a new segment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) base: u64,
    pub(crate) journal_bytes: u64,
    pub(crate) reserve: bool,
}

/// Makes a whole segment in `locked`, with a root of zero bytes, this process as its owner and the state
/// Creating. On an error the name is gone again.
pub(crate) fn create(locked: Locked, program: &Identity, plan: &Plan) -> Result<Attached, OpenError> {
    let made = prefix_for(&locked, program, plan)
        .and_then(|prefix| write(&locked, program, plan, &prefix).map(|()| prefix));
    let prefix = match made {
        Ok(prefix) => prefix,
        Err(error) => return Err(abandon(error, &locked)),
    };
    Attached::map(locked, &prefix).map_err(|(error, locked)| abandon(error, &locked))
}

/// Removes what was begun, and passes the error on.
fn abandon(error: OpenError, locked: &Locked) -> OpenError {
    // What is left over when this fails is empty or says Creating; the first error is the one to report.
    let _ = locked.unlink();
    error
}

fn prefix_for(locked: &Locked, program: &Identity, plan: &Plan) -> Result<Prefix, OpenError> {
    let page_bytes = rustix::param::page_size() as u64;
    let parts = Parts {
        page_bytes,
        record_bytes: program.record.len() as u64,
        journal_bytes: plan.journal_bytes.checked_next_multiple_of(page_bytes).unwrap_or(u64::MAX),
        root_bytes: program.bytes,
        root_align: program.align,
    };
    let too_large = || OpenError::Option {
        option: "journal_bytes",
        expected: "a size that leaves the segment below 2^63 bytes".to_owned(),
        found: plan.journal_bytes.to_string(),
    };
    let g = Geometry::of(&parts).filter(|g| i64::try_from(g.segment_bytes).is_ok()).ok_or_else(too_large)?;
    check_base_option(plan.base, program.align.max(page_bytes), g.segment_bytes)?;
    let name = program.root_name.to_string();
    let mut root_name = [0; ROOT_NAME_BYTES];
    let kept = name.len().min(ROOT_NAME_BYTES);
    root_name[..kept].copy_from_slice(&name.as_bytes()[..kept]);
    Ok(Prefix {
        magic: MAGIC,
        header_version: HEADER_VERSION,
        endianness: ENDIANNESS,
        pointer_bytes: size_of::<usize>() as u32,
        page_bytes: page_bytes as u32,
        base: plan.base,
        segment_bytes: g.segment_bytes,
        record_offset: g.record_offset,
        record_bytes: parts.record_bytes,
        journal_offset: g.journal_offset,
        journal_bytes: parts.journal_bytes,
        root_offset: g.root_offset,
        root_bytes: parts.root_bytes,
        root_align: parts.root_align,
        created_ns: super::boottime_ns(),
        record_crc: crc32fast::hash(program.record),
        root_name_bytes: kept as u32,
        uuid: super::random_uuid().map_err(|e| locked.os("reading a random uuid", e))?,
        boot_id: super::boot_id().map_err(|e| locked.os("reading the boot id", e))?,
        root_id: program.root_id,
        root_layout: program.layout,
        root_schema: program.schema,
        root_name,
        reserved: [0; 124],
        crc: 0,
    })
}

fn write(locked: &Locked, program: &Identity, plan: &Plan, prefix: &Prefix) -> Result<(), OpenError> {
    let owner = Owner::this_process().map_err(|e| locked.os("reading /proc/self/stat", super::errno(&e)))?;
    ftruncate(&locked.fd, 0).map_err(|e| locked.os("ftruncate", e))?;
    check_space(locked, prefix.segment_bytes)?;
    let mut header = [0; HEADER_BYTES];
    header[..PREFIX_BYTES].copy_from_slice(&prefix.encode());
    let words = [
        (Word::State, State::Creating.pack()),
        (Word::Generation, 1),
        (Word::OwnerPid, u64::from(owner.pid)),
        (Word::OwnerStartTicks, owner.start_ticks),
        (Word::OwnerPidNamespace, owner.pid_namespace),
    ];
    for (word, value) in words {
        let at = word as usize;
        header[at..at + 8].copy_from_slice(&value.to_le_bytes());
    }
    debug_assert_eq!(WordValues::decode(&header).generation, 1);
    write_all(locked, &header, 0)?;
    if plan.reserve {
        reserve(locked, prefix.segment_bytes)?;
    } else {
        ftruncate(&locked.fd, prefix.segment_bytes).map_err(|e| locked.os("ftruncate", e))?;
    }
    write_all(locked, program.record, prefix.record_offset)
}

/// Compares with what is free, before anything is taken: a reservation that fails half-way would starve
/// the rest of the machine for a moment.
fn check_space(locked: &Locked, needed: u64) -> Result<(), OpenError> {
    let available = available(locked)?;
    if needed > available {
        return Err(OpenError::NoSpace { name: locked.name.to_string(), needed, available });
    }
    Ok(())
}

fn available(locked: &Locked) -> Result<u64, OpenError> {
    let fs = fstatvfs(&locked.fd).map_err(|e| locked.os("fstatvfs", e))?;
    // A tmpfs mounted without a limit says 0 blocks in all.
    Ok(if fs.f_blocks == 0 { u64::MAX } else { fs.f_bavail.saturating_mul(fs.f_frsize) })
}

fn reserve(locked: &Locked, bytes: u64) -> Result<(), OpenError> {
    loop {
        return match fallocate(&locked.fd, FallocateFlags::empty(), 0, bytes) {
            Ok(()) => Ok(()),
            Err(Errno::INTR) => continue,
            Err(Errno::NOSPC) => Err(OpenError::NoSpace {
                name: locked.name.to_string(),
                needed: bytes,
                available: available(locked)?,
            }),
            Err(e) => Err(locked.os("fallocate", e)),
        };
    }
}

fn write_all(locked: &Locked, mut bytes: &[u8], mut offset: u64) -> Result<(), OpenError> {
    while !bytes.is_empty() {
        match pwrite(locked.fd.as_fd(), bytes, offset) {
            Ok(0) => return Err(locked.os("pwrite", Errno::IO)),
            Ok(n) => {
                bytes = &bytes[n..];
                offset += n as u64;
            }
            Err(Errno::INTR) => {}
            Err(e) => return Err(locked.os("pwrite", e)),
        }
    }
    Ok(())
}
