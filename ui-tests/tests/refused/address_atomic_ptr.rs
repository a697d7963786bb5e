use resume_core::ShmSafe;
use std::sync::atomic::AtomicPtr;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    target: AtomicPtr<u8>,
}

fn main() {}
