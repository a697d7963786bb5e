use resume_core::ShmSafe;
use std::ffi::CString;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    name: CString,
}

fn main() {}
