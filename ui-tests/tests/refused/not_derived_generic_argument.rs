use resume_core::ShmSafe;

#[derive(ShmSafe)]
#[repr(C)]
struct Slot<T> {
    value: T,
}

struct Buff;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    buff: Slot<Buff>, //~ refused
}

fn main() {}
