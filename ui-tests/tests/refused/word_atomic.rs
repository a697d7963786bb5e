use resume_core::ShmSafe;
use std::sync::atomic::AtomicUsize;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    count: AtomicUsize,
}

fn main() {}
