use resume_core::ShmSafe;
use std::mem::ManuallyDrop;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    next: ManuallyDrop<Box<u32>>,
}

fn main() {}
