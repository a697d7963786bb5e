use resume_core::ShmSafe;
use std::thread::ThreadId;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    owner: ThreadId,
}

fn main() {}
