use resume_core::ShmSafe;
use std::cell::RefCell;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    gold: RefCell<u64>,
}

fn main() {}
