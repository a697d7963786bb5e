use resume_core::ShmSafe;
use std::sync::atomic::{AtomicIsize, AtomicUsize};

#[derive(ShmSafe)]
#[repr(C)]
struct Counts {
    #[shm(allow_usize)]
    len: usize,
    #[shm(allow_usize)]
    delta: isize,
    #[shm(allow_usize)]
    shared: AtomicUsize,
    #[shm(allow_usize)]
    signed: AtomicIsize,
}

#[derive(ShmSafe)]
#[repr(C, u8)]
enum Event {
    Idle,
    Took(#[shm(allow_usize)] usize),
}

fn main() {
    assert_eq!(Counts::DESC.size, 32);
    let _ = (Event::Idle, Event::Took(3));
}
