use resume_core::ShmSafe;
use std::time::Duration;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    cooldown: Duration,
}

fn main() {}
