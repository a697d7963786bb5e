use resume_core::ShmSafe;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    last: Result<u32, u8>,
}

fn main() {}
