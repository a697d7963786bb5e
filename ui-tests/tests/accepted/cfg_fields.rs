use resume_core::ShmSafe;

#[derive(ShmSafe)]
#[cfg_attr(all(), repr(C))]
struct Player<#[cfg(any())] T> {
    level: u32,
    #[cfg(any())]
    name: String,
    #[cfg(all())]
    gold: u64,
}

#[derive(ShmSafe)]
#[repr(C, u8)]
enum Event {
    Idle,
    #[cfg(any())]
    Say(String),
    Hit(#[cfg(any())] String, #[cfg(all())] u16),
}

fn main() {
    assert_eq!((Player::DESC.size, Event::DESC.size), (16, 4));
}
