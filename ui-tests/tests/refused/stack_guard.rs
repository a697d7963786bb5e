use resume_core::ShmSafe;
use std::sync::MutexGuard;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    gold: MutexGuard<'static, u64>,
}

fn main() {}
