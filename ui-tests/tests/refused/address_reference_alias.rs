use resume_core::ShmSafe;

type Name = &'static str;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    name: Name,
}

fn main() {}
