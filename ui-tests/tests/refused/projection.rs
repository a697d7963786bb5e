use resume_core::ShmSafe;

trait Rules {
    type Score;
}

struct Arena;

impl Rules for Arena {
    type Score = Vec<u8>;
}

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    score: <Arena as Rules>::Score,
}

fn main() {}
