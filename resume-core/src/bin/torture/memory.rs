//! Anonymous memory objects.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;

use rustix::fs::{MemfdFlags, memfd_create};

const PAGE: usize = 4096;

/// A memfd with these bytes. A page of zeros is not written and stays a hole: an object without any page is one that
/// nobody has begun.
pub(crate) fn memfd(name: &str, bytes: &[u8]) -> Result<OwnedFd, String> {
    let made = memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING);
    let file = File::from(made.map_err(|e| format!("memfd_create: {e}"))?);
    rustix::fs::fchmod(&file, 0o600.into()).map_err(|e| format!("fchmod: {e}"))?;
    file.set_len(bytes.len() as u64).map_err(|e| format!("sizing a memfd: {e}"))?;
    for (page, number) in bytes.chunks(PAGE).zip(0..).filter(|(page, _)| page.iter().any(|byte| *byte != 0)) {
        file.write_all_at(page, number * PAGE as u64).map_err(|e| format!("writing to a memfd: {e}"))?;
    }
    Ok(file.into())
}
