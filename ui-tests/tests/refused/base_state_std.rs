use resume_core::ShmSafe;

#[derive(ShmSafe)]
#[repr(u8)]
enum NotDefault {
    Idle = 1,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Bare {
    #[shm(default)]
    a: NotDefault, //~ refused
}

fn main() {}
