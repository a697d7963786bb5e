use resume_core::ShmSafe;

#[derive(ShmSafe)]
#[shm(crate = "my game::resume")] //~ refused
#[repr(C)]
struct Player {
    level: u32,
}

fn main() {}
