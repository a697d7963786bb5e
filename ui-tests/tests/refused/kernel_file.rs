use resume_core::ShmSafe;
use std::fs::File;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    log: File,
}

fn main() {}
