use resume_core::ShmSafe;
use std::pin::Pin;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    target: Pin<&'static u8>,
}

fn main() {}
