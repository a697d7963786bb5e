use resume_core::ShmSafe;
use std::os::fd::OwnedFd;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    log: OwnedFd,
}

fn main() {}
