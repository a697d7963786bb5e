use resume_core::ShmSafe;

#[derive(ShmSafe)]
#[shm(id = "a", id = "b", crate = "resume_core")] //~ refused
#[shm(crate = "resume_core", allow_usize)] //~ refused
#[repr(C)]
struct Twice {
    #[shm(id = "x", renamed_from = "y", spelling)] //~ refused
    a: u32,
    #[shm = "z"] //~ refused
    b: u32,
}

#[derive(ShmSafe)]
#[shm(id = "")] //~ refused
#[repr(u8)]
enum State {
    #[shm(default = 1)] //~ refused
    Idle,
    #[shm(default, default)] //~ refused
    Busy,
    #[shm(transient)] //~ refused
    Gone,
}

#[derive(ShmSafe)]
#[shm(id = 7)] //~ refused
#[repr(C)]
struct Number(u32);

#[derive(ShmSafe)]
#[repr(C)]
#[shm(renamed_from = "a b")] //~ refused
#[shm(reserved, transient, default)] //~ refused
struct Marks {
    #[shm(renamed_from = "c", renamed_from = "d")] //~ refused
    a: u32,
    #[shm(reserved, reserved)] //~ refused
    b: u32,
    #[shm(transient = true)] //~ refused
    c: u32,
    #[shm(default = 1, default = 2)] //~ refused
    d: u32,
    #[shm(default = )] //~ refused
    e: u32,
}

fn main() {}
