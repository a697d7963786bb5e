//! System V segments as a test sees them from outside: read, damaged, removed.

use std::path::Path;

/// The key and the lock file of a name, as `docs/LAYOUT.md` says.
fn key(name: &str) -> i32 {
    crc32fast::hash(name.as_bytes()) as i32 | 1
}

pub fn lock_path(name: &str) -> String {
    let uid = rustix::process::geteuid().as_raw();
    format!("/dev/shm/resume@{uid}-{:08x}", key(name) as u32)
}

pub fn id(name: &str) -> Option<i32> {
    // SAFETY: touches no memory.
    let id = unsafe { libc::shmget(key(name), 0, 0) };
    (id >= 0).then_some(id)
}

fn stat(id: i32) -> libc::shmid_ds {
    // SAFETY: all fields are integers, of which zero is a value.
    let mut ds: libc::shmid_ds = unsafe { core::mem::zeroed() };
    // SAFETY: `ds` is a place for what the call writes.
    assert_eq!(unsafe { libc::shmctl(id, libc::IPC_STAT, &raw mut ds) }, 0);
    ds
}

/// Changes owner or mode.
pub fn set(name: &str, change: impl FnOnce(&mut libc::ipc_perm)) {
    let id = id(name).unwrap();
    let mut ds = stat(id);
    change(&mut ds.shm_perm);
    // SAFETY: `ds` holds what the call reads.
    assert_eq!(unsafe { libc::shmctl(id, libc::IPC_SET, &raw mut ds) }, 0);
}

fn with<T>(name: &str, f: impl FnOnce(*mut u8, usize) -> T) -> T {
    let id = id(name).unwrap();
    let bytes = stat(id).shm_segsz;
    // SAFETY: a new mapping where nothing is.
    let at = unsafe { libc::shmat(id, core::ptr::null(), 0) };
    assert_ne!(at.addr(), usize::MAX);
    let result = f(at.cast(), bytes);
    // SAFETY: the mapping made above, to which nothing refers any more.
    assert_eq!(unsafe { libc::shmdt(at) }, 0);
    result
}

pub fn read(name: &str) -> Vec<u8> {
    // SAFETY: mapped and readable for all its bytes; the tests that read have nobody writing what they
    // compare.
    with(name, |at, bytes| unsafe { core::slice::from_raw_parts(at, bytes) }.to_vec())
}

pub fn write(name: &str, offset: u64, bytes: &[u8]) {
    with(name, |at, len| {
        assert!(offset as usize + bytes.len() <= len);
        // SAFETY: within the mapping, by the line above.
        let to = unsafe { at.add(offset as usize) };
        // SAFETY: both ranges are valid for the bytes and apart.
        unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len()) };
    });
}

fn remove_id(id: i32) {
    // SAFETY: IPC_RMID takes no memory.
    unsafe { libc::shmctl(id, libc::IPC_RMID, core::ptr::null_mut()) };
}

pub fn replace(name: &str, bytes: &[u8]) {
    if let Some(id) = id(name) {
        remove_id(id);
    }
    // SAFETY: touches no memory of this process.
    let made = unsafe { libc::shmget(key(name), bytes.len(), libc::IPC_CREAT | libc::IPC_EXCL | 0o600) };
    assert!(made >= 0);
    write(name, 0, bytes);
}

pub fn remove(name: &str) {
    if let Some(id) = id(name) {
        remove_id(id);
    }
    let _ = std::fs::remove_file(lock_path(name));
}

/// Removes what a killed test run left: its name is in the lock file.
pub fn sweep(lock: &Path) {
    let Ok(note) = std::fs::read(lock) else { return };
    let Some(name) = note.get(1..).and_then(|n| std::str::from_utf8(n).ok()) else { return };
    let pid =
        name.strip_prefix('/').and_then(|n| n.strip_prefix(super::PREFIX)).and_then(|n| n.split('-').next());
    if pid.is_some_and(super::is_gone) {
        remove(name);
    }
}
