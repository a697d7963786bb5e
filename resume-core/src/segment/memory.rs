//! What a program asks of the memory behind a segment: huge pages, prefault, lock, core dump.
//!
//! None of it changes a byte, so it is done after the gates and before the first write. What the program
//! relies on (prefault, lock) is an error when it fails; what only makes things faster or easier to look at
//! is reported.

use std::fmt;
use std::fs;

use rustix::io::Errno;
use rustix::mm::{Advice, MlockFlags};

use super::backend::{Backing, Object};
use super::error::OpenError;
use super::map::Mapping;

/// What was asked.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct MemoryOptions {
    pub(crate) huge_pages: bool,
    pub(crate) prefault: bool,
    pub(crate) lock: bool,
    pub(crate) core_dump: bool,
}

/// What became of one option.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// It was not asked for.
    NotAsked,
    /// It is in force.
    Applied,
    /// This host does not do it; everything else works.
    Unavailable {
        /// Why, and what to do.
        why: String,
    },
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Effect::NotAsked => f.write_str("not asked for"),
            Effect::Applied => f.write_str("applied"),
            Effect::Unavailable { why } => write!(f, "not available here: {why}"),
        }
    }
}

/// What became of the memory options of an open.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryReport {
    /// [`Options::huge_pages`](crate::root::Options::huge_pages)
    pub huge_pages: Effect,
    /// [`Options::prefault`](crate::root::Options::prefault)
    pub prefault: Effect,
    /// [`Options::lock_memory`](crate::root::Options::lock_memory)
    pub lock_memory: Effect,
    /// [`Options::core_dump`](crate::root::Options::core_dump)
    pub core_dump: Effect,
}

/// Does what was asked. `populate`: the pages of a new segment are to be set aside, and its object has not
/// done it.
pub(super) fn apply(
    name: &str,
    object: &Object,
    mapping: &Mapping,
    asked: &MemoryOptions,
    populate: bool,
) -> Result<MemoryReport, OpenError> {
    let refused = |option, call, errno| OpenError::Memory {
        name: name.to_owned(),
        option,
        call,
        errno,
        hint: hint(option, errno),
    };
    let core_dump = core_dump(object, mapping, asked.core_dump);
    // Before any page is touched: the advice is for pages to come.
    let huge_pages = if asked.huge_pages { huge_pages(object, mapping) } else { Effect::NotAsked };
    let prefault = match (asked.prefault || populate).then(|| mapping.advise(Advice::LinuxPopulateWrite)) {
        None => Effect::NotAsked,
        Some(Ok(())) if asked.prefault => Effect::Applied,
        Some(Ok(())) => Effect::NotAsked,
        Some(Err(Errno::INVAL)) => unavailable("MADV_POPULATE_WRITE needs Linux 5.14"),
        Some(Err(e)) => return Err(refused("prefault", "madvise(MADV_POPULATE_WRITE)", e)),
    };
    let lock_memory = if asked.lock {
        // Without a prefault the lock must not touch every page either.
        let flags = if asked.prefault { MlockFlags::empty() } else { MlockFlags::ONFAULT };
        mapping.lock(flags).map_err(|e| refused("lock_memory", "mlock2", e))?;
        Effect::Applied
    } else {
        Effect::NotAsked
    };
    Ok(MemoryReport { huge_pages, prefault, lock_memory, core_dump })
}

fn unavailable(why: impl Into<String>) -> Effect {
    Effect::Unavailable { why: why.into() }
}

fn hint(option: &str, errno: Errno) -> &'static str {
    match (option, errno) {
        ("lock_memory", Errno::NOMEM | Errno::PERM | Errno::AGAIN) => {
            "raise RLIMIT_MEMLOCK (systemd: LimitMEMLOCK=) above the segment's size, or give CAP_IPC_LOCK"
        }
        // EFAULT is what a store would have met as SIGBUS.
        (_, Errno::NOMEM | Errno::FAULT) => {
            "there is not enough shared memory: free some, or leave the option"
        }
        _ => "see madvise(2) and mlock(2)",
    }
}

/// A segment is left out of core dumps unless asked: it survives the process anyway, and a dump of
/// gigabytes delays the resume by as long as it takes, because the dying process keeps the lock until it is
/// written.
fn core_dump(object: &Object, mapping: &Mapping, asked: bool) -> Effect {
    if !asked {
        return match mapping.advise(Advice::LinuxDontDump) {
            Ok(()) => Effect::NotAsked,
            Err(e) => unavailable(format!("MADV_DONTDUMP: {e}")),
        };
    }
    let bit = match object.backing() {
        // Removed or nameless memory counts as anonymous; that of a file with a name does not.
        Backing::DevShm => 3,
        Backing::Kernel => 1,
    };
    let filter = fs::read_to_string("/proc/self/coredump_filter").unwrap_or_default();
    match u64::from_str_radix(filter.trim(), 16) {
        Ok(bits) if bits >> bit & 1 == 1 => Effect::Applied,
        Ok(bits) => {
            let wanted = bits | 1 << bit;
            unavailable(format!(
                "/proc/self/coredump_filter is {bits:#x} and leaves shared memory of this kind out; write \
                 {wanted:#x} to it before the start"
            ))
        }
        Err(_) => unavailable("/proc/self/coredump_filter cannot be read"),
    }
}

/// Advises huge pages, and says whether the host will give any: the advice itself succeeds anyway.
fn huge_pages(object: &Object, mapping: &Mapping) -> Effect {
    if let Err(e) = mapping.advise(Advice::LinuxHugepage) {
        return unavailable(format!("this kernel refuses MADV_HUGEPAGE: {e}"));
    }
    let bytes = read(HUGE, "hpage_pmd_size").and_then(|text| text.parse().ok()).unwrap_or(2 << 20);
    if mapping.bytes() < bytes || !mapping.base().addr().is_multiple_of(bytes) {
        return unavailable(format!("a segment of {bytes} bytes or more at a multiple of that is needed"));
    }
    match policy(object.backing()) {
        Ok(()) => Effect::Applied,
        Err(why) => unavailable(why),
    }
}

const HUGE: &str = "/sys/kernel/mm/transparent_hugepage";

fn read(folder: &str, file: &str) -> Option<String> {
    Some(fs::read_to_string(format!("{folder}/{file}")).ok()?.trim().to_owned())
}

/// Whether the host lets this kind of shared memory have huge pages on advice.
fn policy(backing: Backing) -> Result<(), String> {
    let Some(shmem) = read(HUGE, "shmem_enabled") else {
        return Err("this kernel has no huge pages for shared memory".to_owned());
    };
    match (chosen(&shmem), backing) {
        ("deny", _) => Err(format!("{HUGE}/shmem_enabled says deny")),
        ("force", _) => Ok(()),
        (_, Backing::DevShm) => {
            // The calling thread may have mounts of its own.
            let mounts = fs::read_to_string("/proc/thread-self/mountinfo").unwrap_or_default();
            match dev_shm_huge(&mounts) {
                "always" | "within_size" | "advise" => Ok(()),
                other => Err(format!(
                    "/dev/shm is mounted with huge={other}; mount -o remount,huge=advise /dev/shm"
                )),
            }
        }
        ("always" | "within_size" | "advise", Backing::Kernel) => Ok(()),
        (global, Backing::Kernel) => {
            let sized = read(HUGE, "hugepages-2048kB/shmem_enabled").unwrap_or_default();
            match chosen(&sized) {
                "always" | "within_size" | "advise" => Ok(()),
                _ => Err(format!("{HUGE}/shmem_enabled says {global}; write advise to it")),
            }
        }
    }
}

/// The word in brackets.
fn chosen(text: &str) -> &str {
    text.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map_or("", |(word, _)| word)
}

/// The `huge=` option of the last mount on `/dev/shm`.
fn dev_shm_huge(mountinfo: &str) -> &str {
    let mount = mountinfo.lines().rfind(|line| line.split(' ').nth(4) == Some("/dev/shm"));
    let options = mount.and_then(|line| line.rsplit(' ').next()).unwrap_or_default();
    options.split(',').find_map(|option| option.strip_prefix("huge=")).unwrap_or("never")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_policy_is_read_as_it_is_written() {
        assert_eq!(chosen("always within_size advise [never] deny force"), "never");
        assert_eq!(chosen("nothing"), "");
        let mounts = "30 23 0:26 / /dev/shm rw,nosuid - tmpfs tmpfs rw,size=24k\n\
                      99 30 0:99 / /dev/shm rw - tmpfs x rw,huge=advise,inode64\n\
                      31 23 0:27 / /run rw - tmpfs tmpfs rw,huge=always\n";
        assert_eq!(dev_shm_huge(mounts), "advise");
        assert_eq!(dev_shm_huge(&mounts[..60]), "never");
        assert_eq!(dev_shm_huge(""), "never");
    }
}
