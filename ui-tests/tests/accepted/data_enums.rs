use resume_core::{ShmInstant, ShmOption, ShmSafe};

#[derive(ShmSafe)]
#[repr(C, u8)]
enum Event {
    Idle,
    Hit { by: u32, amount: u64, crit: bool },
    Say([u8; 16], u8),
    Empty {},
    Nothing(),
    Nested(Inner),
}

#[derive(ShmSafe)]
#[repr(u16)]
enum Inner {
    A(u8) = 300,
    B { at: ShmInstant, then: ShmOption<u8> } = 2,
    C = LAST,
}

const LAST: u16 = 7;

#[derive(ShmSafe)]
#[repr(C)]
enum Plain<T, const N: usize> {
    One(T),
    Many([T; N]),
}

fn main() {
    assert_eq!(Event::DESC.size as usize, size_of::<Event>());
    assert_eq!(Plain::<Inner, 3>::DESC.size as usize, size_of::<Plain<Inner, 3>>());
}
