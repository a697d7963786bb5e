use resume_core::ShmSafe;

struct Buff {
    level: u32,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    buff: Buff, //~ refused
}

fn main() {}
