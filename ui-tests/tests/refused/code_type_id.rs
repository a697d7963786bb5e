use resume_core::ShmSafe;
use std::any::TypeId;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    kind: TypeId,
}

fn main() {}
