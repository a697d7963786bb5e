use resume_core::ShmSafe;
use std::mem::MaybeUninit;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    next: MaybeUninit<u32>,
}

fn main() {}
