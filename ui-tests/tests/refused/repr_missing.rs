use resume_core::ShmSafe;

#[derive(ShmSafe)]
struct Player {
    level: u32,
    items: Vec<u32>,
}

#[derive(ShmSafe)]
enum State {
    Idle,
    Busy(u32),
}

#[derive(ShmSafe)]
#[repr(Rust)]
struct Explicit(u32);

fn main() {}
