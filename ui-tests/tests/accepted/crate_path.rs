use resume_core as _;

mod engine {
    pub mod parts {
        pub use ::resume_core as state;
    }
}

mod resume_core {}

#[derive(engine::parts::state::ShmSafe)]
#[shm(crate = "crate::engine::parts::state", id = "game.Player:v1")]
#[repr(C)]
struct Player<T> {
    level: T,
}

#[derive(engine::parts::state::ShmSafe)]
#[shm(crate = "engine::parts::state")]
#[repr(C, u8)]
enum Event<T> {
    Idle,
    Hit(Player<T>),
}

fn main() {
    use engine::parts::state::ShmSafe;
    assert_eq!(Event::<u8>::ID.to_string(), "Event<u8>");
    assert_eq!(Player::<u8>::ID.to_string(), "game.Player:v1<u8>");
}
