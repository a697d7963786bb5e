use resume_core::ShmSafe;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    name: &'static str,
}

fn main() {}
