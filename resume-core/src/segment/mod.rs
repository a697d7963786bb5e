//! Segments: named shared memory that outlives its process, and the gates in front of it.
//!
//! Vocabulary: an *object* is what the kernel knows by a name; a *segment* is an object with a header, a
//! layout record, an undo journal and a root; the *owner* is the one process that holds its lock; *attach*
//! is to pass all gates and to map it. This layer knows bytes, not types: [`mod@crate::root`] puts a type on
//! top, and is what programs use. Tools use [`inspect`], [`release`] and [`remove`].
//!
//! ```text
//! name ─► backend ─► gates (read-only) ─► map ─► journal, values, hooks (root) ─► Live
//!            │         prefix · words · owner
//!            └─► create: header with state Creating first, so that a death leaves nothing to guess
//! ```
//!
//! # Trust
//! The object belongs to this user and only this user can open it (mode 0600), and every owner holds the
//! lock. A process of the same user that writes into it without the lock is outside of what can be
//! guarded.
//!
//! # Traps of the host
//! - `/dev/shm` of a container holds 64 MiB unless told otherwise: create fails with
//!   [`OpenError::NoSpace`], never with a SIGBUS later, because the space is reserved up front.
//! - logind removes the objects of a non-system user at logout unless `RemoveIPC=no`: POSIX and System V
//!   ones, not a memfd. Run a server as a system user, or with lingering enabled.
//! - Whoever empties `/dev/shm` removes the lock files of System V segments too; an owner is still seen, by
//!   the kernel's count of mappings.
//! - A child that is forked without exec inherits the lock (not the mapping): it must close its
//!   descriptors or exec. [`OpenError::LockInherited`] names such a child.

use std::io;

use rustix::io::Errno;

use crate::value::ShmInstant;

mod attached;
mod backend;
mod candidate;
mod create;
mod error;
mod gates;
mod geometry;
mod inspect;
mod map;
mod memory;
mod name;
mod owner;
mod prefix;
mod reexec;
mod words;

pub use backend::{Backend, ListenFdsError, Memfd};
pub use error::{LayoutMismatch, OpenError};
pub use inspect::{Inspection, inspect, inspect_in, release, release_in, remove, remove_in};
pub use map::BASE_DEFAULT;
pub use memory::{Effect, MemoryReport};
pub use name::{NameError, SegmentName};
pub use owner::{Holder, Liveness, Owner};
pub use prefix::{
    BIG_ENDIAN, HEADER_VERSION, HeaderField, LITTLE_ENDIAN, MAGIC, PREFIX_BYTES, Prefix, ROOT_NAME_BYTES,
};
pub use words::{HEADER_BYTES, Running, State, Step, WordValues};

pub(crate) use attached::Attached;
pub(crate) use candidate::{Candidate, Identity};
pub(crate) use create::{Plan, create};
pub(crate) use gates::{Found, lock};
pub(crate) use memory::MemoryOptions;
pub(crate) use reexec::reexec;
pub(crate) use words::{Word, Words};

/// `CLOCK_BOOTTIME` in nanoseconds.
pub(crate) fn boottime_ns() -> u64 {
    ShmInstant::now().as_nanos()
}

/// This boot's id.
fn boot_id() -> Result<[u8; 16], Errno> {
    read_uuid("/proc/sys/kernel/random/boot_id")
}

/// 16 random bytes, as a version-4 UUID.
fn random_uuid() -> Result<[u8; 16], Errno> {
    read_uuid("/proc/sys/kernel/random/uuid")
}

fn read_uuid(path: &str) -> Result<[u8; 16], Errno> {
    let text = std::fs::read_to_string(path).map_err(|e| errno(&e))?;
    let hex: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    let number = u128::from_str_radix(&hex, 16).map_err(|_| Errno::INVAL)?;
    Ok(number.to_be_bytes())
}

fn errno(error: &io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}

/// `8-4-4-4-12` hexadecimal digits.
fn uuid_text(uuid: &[u8; 16]) -> String {
    let hex = format!("{:032x}", u128::from_be_bytes(*uuid));
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
