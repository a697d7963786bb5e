#![no_implicit_prelude]
#![allow(dead_code)]

#[derive(::resume_core::ShmSafe)]
#[repr(C)]
struct Player<T, const N: usize> {
    level: u32,
    items: [T; N],
}

#[derive(::resume_core::ShmSafe)]
#[repr(u8)]
enum State {
    A,
    B,
}

#[derive(::resume_core::ShmSafe)]
#[repr(C, u8)]
enum Event<T> {
    A(T),
    B { state: State },
}

fn main() {}
