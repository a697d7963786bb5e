use resume_core::ShmSafe;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    names: [String; 4],
}

fn main() {}
