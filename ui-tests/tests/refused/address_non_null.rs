use resume_core::ShmSafe;
use std::ptr::NonNull;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    target: NonNull<u8>,
}

fn main() {}
