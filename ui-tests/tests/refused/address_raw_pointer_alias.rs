use resume_core::ShmSafe;

type Target = *mut u8;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    targets: [Target; 4],
}

fn main() {}
