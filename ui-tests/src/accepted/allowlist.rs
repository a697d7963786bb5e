//! Every built-in member of the allowlist, as a field.
#![allow(dead_code, reason = "described, never built")]

use std::cell::Cell;
use std::marker::PhantomData;
use std::num::{NonZero, NonZeroU8, NonZeroU32};
use std::sync::atomic::*;

use resume_core::ShmSafe;

#[derive(ShmSafe)]
#[repr(C)]
struct Unsigned {
    a: u8,
    b: u16,
    c: u32,
    d: u64,
    e: u128,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Signed {
    e: i128,
    d: i64,
    c: i32,
    b: i16,
    a: i8,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Floats(f32, f64, f32);

#[derive(ShmSafe)]
#[repr(C)]
struct Checked(bool, char, bool);

#[derive(ShmSafe)]
#[repr(C)]
struct NonZeros {
    a: NonZeroU8,
    b: NonZero<u16>,
    c: NonZeroU32,
    d: NonZero<u64>,
    e: NonZero<u128>,
    f: NonZero<i8>,
    g: NonZero<i64>,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Options {
    a: Option<NonZeroU8>,
    b: Option<NonZero<u16>>,
    c: Option<NonZeroU32>,
    d: Option<NonZero<u64>>,
    e: Option<NonZero<i128>>,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Atomics {
    a: AtomicU8,
    b: AtomicU16,
    c: AtomicU32,
    d: AtomicU64,
    e: AtomicI8,
    f: AtomicI16,
    g: AtomicI32,
    h: AtomicI64,
    i: AtomicBool,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Cells {
    a: Cell<u8>,
    b: Cell<[Cell<u64>; 3]>,
    c: [Cell<bool>; 5],
    d: Cell<Option<NonZeroU32>>,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Phantoms {
    a: PhantomData<u64>,
    b: u8,
    c: PhantomData<[NonZeroU32; 9]>,
    d: PhantomData<PhantomData<Cells>>,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Units((), u16, ());

#[derive(ShmSafe)]
#[repr(C)]
struct Arrays {
    none: [u64; 0],
    one: [u8; 1],
    matrix: [[[u16; 2]; 3]; 4],
    flags: [bool; 1000],
}

#[derive(ShmSafe)]
#[repr(C)]
struct Words {
    #[shm(allow_usize)]
    count: usize,
    #[shm(allow_usize)]
    delta: isize,
    #[shm(allow_usize)]
    shared: AtomicUsize,
    #[shm(allow_usize)]
    signed: AtomicIsize,
}

#[derive(ShmSafe)]
#[repr(C, u8)]
enum WordEvent {
    Idle,
    Took(#[shm(allow_usize)] usize),
}

#[derive(ShmSafe)]
#[repr(C)]
struct Everything {
    unsigned: Unsigned,
    signed: Signed,
    floats: [Floats; 2],
    checked: Checked,
    non_zeros: NonZeros,
    options: Options,
    atomics: Atomics,
    cells: Cells,
    phantoms: Phantoms,
    units: Units,
    arrays: Arrays,
    words: Words,
    event: WordEvent,
}

pub(super) fn types() -> Vec<super::Entry> {
    entries![
        Unsigned, Signed, Floats, Checked, NonZeros, Options, Atomics, Cells, Phantoms, Units, Arrays, Words,
        WordEvent, Everything,
    ]
}
