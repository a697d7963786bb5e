use resume_core::ShmSafe;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    #[shm(allow_usize)]
    count: u32,
}

fn main() {}
