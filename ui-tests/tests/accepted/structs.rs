use resume_core::ShmSafe;
use std::cell::Cell;
use std::marker::PhantomData;
use std::num::{NonZeroU8, NonZeroU32};
use std::sync::atomic::{AtomicBool, AtomicU64};

#[derive(ShmSafe)]
#[repr(C)]
struct Scalars {
    a: u8,
    b: i16,
    c: u32,
    d: i64,
    e: u128,
    f: f32,
    g: f64,
    h: bool,
    i: char,
    j: NonZeroU8,
    k: Option<NonZeroU32>,
    l: AtomicBool,
    m: AtomicU64,
    n: Cell<u16>,
    o: (),
    p: [[u8; 3]; 5],
    q: PhantomData<u32>,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Pair(u8, u64);

#[derive(ShmSafe)]
#[repr(C)]
struct Unit;

#[derive(ShmSafe)]
#[repr(C)]
struct Empty {}

#[derive(ShmSafe)]
#[repr(C)]
struct Nested {
    pairs: [Pair; 4],
    unit: Unit,
    scalars: Scalars,
    empty: Empty,
}

fn main() {
    assert_eq!(Nested::DESC.size as usize, size_of::<Nested>());
}
