use resume_core::ShmSafe;
use std::sync::Mutex;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    gold: Mutex<u64>,
}

fn main() {}
