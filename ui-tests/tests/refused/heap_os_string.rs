use resume_core::ShmSafe;
use std::ffi::OsString;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    name: OsString,
}

fn main() {}
