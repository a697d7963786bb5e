use resume_core::ShmSafe;
use std::thread::JoinHandle;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    worker: JoinHandle<()>,
}

fn main() {}
