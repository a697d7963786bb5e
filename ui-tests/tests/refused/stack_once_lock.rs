use resume_core::ShmSafe;
use std::sync::OnceLock;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    gold: OnceLock<u64>,
}

fn main() {}
