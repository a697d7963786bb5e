use resume_core::ShmSafe;
use std::collections::HashMap;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    counts: HashMap<u32, u64>,
}

fn main() {}
