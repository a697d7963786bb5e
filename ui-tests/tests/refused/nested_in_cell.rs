use resume_core::ShmSafe;
use std::cell::Cell;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    name: Cell<Option<u32>>,
}

fn main() {}
