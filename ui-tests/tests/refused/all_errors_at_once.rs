use resume_core::ShmSafe;

type Items = Vec<u32>;

#[derive(ShmSafe)]
#[shm(id = "a b", color)]
struct Player {
    name: &'static str,
    #[shm(allow_usize, allow_usize)]
    count: usize,
    items: Items,
    on_hit: fn(u32),
    target: Option<u32>,
}

// The fallback impl keeps this type free of errors of its own.
#[derive(ShmSafe)]
#[repr(C)]
struct Guild {
    leader: Player,
}

fn main() {}
