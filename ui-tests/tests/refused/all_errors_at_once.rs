use resume_core::ShmSafe;

type Items = Vec<u32>;

#[derive(ShmSafe)]
#[shm(id = "a b", color)] //~ refused
struct Player { //~ refused
    name: &'static str, //~ refused
    #[shm(allow_usize, allow_usize)] //~ refused
    count: usize,
    items: Items, //~ refused
    on_hit: fn(u32), //~ refused
    target: Option<u32>, //~ refused
}

// The fallback impl keeps this type free of errors of its own.
#[derive(ShmSafe)]
#[repr(C)]
struct Guild {
    leader: Player,
}

fn main() {}
