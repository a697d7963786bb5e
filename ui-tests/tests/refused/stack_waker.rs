use resume_core::ShmSafe;
use std::task::Waker;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    waker: Waker,
}

fn main() {}
