use resume_core::ShmSafe;
use std::time::Instant;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    expires: Instant,
}

fn main() {}
