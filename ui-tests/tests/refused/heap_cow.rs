use resume_core::ShmSafe;
use std::borrow::Cow;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    name: Cow<'static, str>,
}

fn main() {}
