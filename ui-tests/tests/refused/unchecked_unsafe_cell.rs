use resume_core::ShmSafe;
use std::cell::UnsafeCell;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    gold: UnsafeCell<u64>,
}

fn main() {}
