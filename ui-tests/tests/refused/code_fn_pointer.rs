use resume_core::ShmSafe;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    on_hit: fn(&u32) -> bool,
}

fn main() {}
