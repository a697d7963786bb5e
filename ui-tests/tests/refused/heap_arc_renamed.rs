use resume_core::ShmSafe;
use std::sync::Arc as Shared;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    guild: Shared<u32>,
}

fn main() {}
