use resume_core::ShmSafe;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    count: usize,
}

fn main() {}
