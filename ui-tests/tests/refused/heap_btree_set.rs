use resume_core::ShmSafe;
use std::collections::BTreeSet;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    seen: BTreeSet<u32>,
}

fn main() {}
