use resume_core::ShmSafe;

#[derive(ShmSafe)]
#[shm(id = "a", id = "b", crate = "resume_core")]
#[shm(crate = "resume_core", allow_usize)]
#[repr(C)]
struct Twice {
    #[shm(id = "x", renamed_from = "y", spelling)]
    a: u32,
    #[shm = "z"]
    b: u32,
}

#[derive(ShmSafe)]
#[shm(id = "")]
#[repr(u8)]
enum State {
    #[shm(default)]
    Idle,
}

#[derive(ShmSafe)]
#[shm(id = 7)]
#[repr(C)]
struct Number(u32);

fn main() {}
