use resume_core::ShmSafe;
use std::time::SystemTime;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    expires: SystemTime,
}

fn main() {}
