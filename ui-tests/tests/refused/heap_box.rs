use resume_core::ShmSafe;

struct Node;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    next: Box<Node>,
}

fn main() {}
