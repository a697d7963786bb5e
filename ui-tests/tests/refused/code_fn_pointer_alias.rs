use resume_core::ShmSafe;

type OnHit = extern "C" fn(u32) -> bool;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    on_hit: OnHit,
}

fn main() {}
