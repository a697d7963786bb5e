use resume_core::ShmSafe;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    levels: std::ops::Range<u32>,
}

fn main() {}
