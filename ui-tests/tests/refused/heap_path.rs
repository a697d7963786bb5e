use resume_core::ShmSafe;
use std::path::PathBuf;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    config: PathBuf,
}

fn main() {}
