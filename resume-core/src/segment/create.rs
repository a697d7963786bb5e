//! Making a segment, so that a death at any moment leaves what the next open recognises.
//!
//! ```text
//! empty object, locked ─► header with state Creating (one page, one write) ─► space, seals ─► record
//!                      ─► map ─► start hook (root) ─► state Live (one store)
//! ```
//!
//! Until the last store the object is empty or its state says Creating: nobody has seen it, and the next
//! open that gets the lock starts over in place. On an orderly failure the name is removed again.
//!
//! Space: `fallocate` makes the kernel set every page of the segment aside now, in the kernel, 0.1
//! to 0.6 s a GiB; this process touches none of them and takes no page faults. Without it (see
//! [`Options::reserve`](crate::root::Options::reserve)) creating takes microseconds at any size, the free
//! space is only compared, and running out later is a SIGBUS. Where there is no `fallocate`, the mapping's
//! pages are populated instead, which is as slow.

use rustix::io::Errno;

use super::attached::{Attached, check_base_option};
use super::backend::Failed;
use super::candidate::Identity;
use super::error::OpenError;
use super::gates::{ENDIANNESS, Locked};
use super::geometry::{Geometry, Parts};
use super::memory::MemoryOptions;
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
pub(crate) fn create(
    mut locked: Locked,
    program: &Identity,
    plan: &Plan,
    memory: &MemoryOptions,
) -> Result<Attached, OpenError> {
    let made = prefix_for(&locked, program, plan)
        .and_then(|prefix| write(&mut locked, program, plan, memory, &prefix).map(|()| prefix));
    let prefix = match made {
        Ok(prefix) => prefix,
        Err(error) => return Err(abandon(error, &locked)),
    };
    let populate = plan.reserve && !reserves_by_itself(&locked, memory);
    Attached::map(locked, &prefix, memory, populate).map_err(|refused| {
        let (error, locked) = *refused;
        abandon(when_full(error, &locked, prefix.segment_bytes), &locked)
    })
}

/// Huge pages come with the first touch of a mapping that asks for them, never by `fallocate`.
fn reserves_by_itself(locked: &Locked, memory: &MemoryOptions) -> bool {
    locked.object.reserves_by_itself() && !memory.huge_pages
}

/// Populating that runs out of memory is what a reservation would have said.
fn when_full(error: OpenError, locked: &Locked, needed: u64) -> OpenError {
    match error {
        OpenError::Memory { option: "prefault", errno: Errno::NOMEM | Errno::FAULT, call, .. } => {
            no_space(locked, needed, Failed { call, errno: Errno::NOMEM })
        }
        other => other,
    }
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

fn write(
    locked: &mut Locked,
    program: &Identity,
    plan: &Plan,
    memory: &MemoryOptions,
    prefix: &Prefix,
) -> Result<(), OpenError> {
    let owner = Owner::this_process().map_err(|e| locked.os("reading /proc/self/stat", super::errno(&e)))?;
    let bytes = prefix.segment_bytes;
    check_space(locked, bytes, plan.reserve)?;
    locked.object.begin(bytes, plan.reserve).map_err(|e| no_space(locked, bytes, e))?;
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
    locked.object.write_at(&header, 0).map_err(|e| no_space(locked, bytes, e))?;
    let reserve = plan.reserve && reserves_by_itself(locked, memory);
    locked.object.complete(bytes, reserve).map_err(|e| no_space(locked, bytes, e))?;
    locked.object.write_at(program.record, prefix.record_offset).map_err(|e| no_space(locked, bytes, e))
}

/// Compares with what is free, before anything is taken: a reservation that fails half-way would starve
/// the rest of the machine for a moment.
fn check_space(locked: &Locked, needed: u64, reserve: bool) -> Result<(), OpenError> {
    let available = locked.object.available(reserve).map_err(|e| locked.failed(e))?;
    if needed > available {
        return Err(OpenError::NoSpace { name: locked.name.to_string(), needed, available });
    }
    Ok(())
}

/// What a refusal means while a segment is given its memory.
fn no_space(locked: &Locked, needed: u64, failed: Failed) -> OpenError {
    match failed.errno {
        Errno::NOSPC | Errno::NOMEM => OpenError::NoSpace {
            name: locked.name.to_string(),
            needed,
            available: locked.object.available(true).unwrap_or(0),
        },
        _ => locked.failed(failed),
    }
}
