//! The fast pass of the value check says the same as the walk of the descriptor, for each kind of type.
#![allow(clippy::unwrap_used, reason = "a failure ends the test")]
#![allow(dead_code, reason = "values are made of bytes here, never by name")]

#[path = "support/random.rs"]
#[allow(dead_code, reason = "a part of it")]
mod random;

use std::cell::Cell;
use std::mem::offset_of;
use std::num::{NonZeroI8, NonZeroI64, NonZeroU16, NonZeroU32, NonZeroU128};
use std::sync::atomic::AtomicBool;

use random::Random;
use resume_core::check::Checker;
use resume_core::container::{
    BitSet, OrderedMap, Ring, StaticList, StaticMap, StaticSet, StaticString, StaticVec, Versioned,
};
use resume_core::event::{EventQueue, Quarantine};
use resume_core::layout::TypeDesc;
use resume_core::pool::{Handle, Pool};
use resume_core::{ShmOption, ShmSafe};

const ROUNDS: usize = 2_000;

macro_rules! unit_enums {
    ($($name:ident: $repr:ident { $($variant:ident = $value:literal),* })*) => {$(
        #[derive(ShmSafe, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr($repr)]
        enum $name { $($variant = $value),* }
    )*};
}

unit_enums! {
    Dense: u8 { A = 0, B = 1, C = 2 }
    One: u8 { A = 0 }
    NotZero: u8 { A = 1, B = 2 }
    Gaps: u8 { A = 0, B = 7, C = 127, D = 128, E = 255 }
    Negative: i8 { A = -128, B = -1, C = 0, D = 1 }
    Dense16: u16 { A = 0, B = 1, C = 2 }
    Negative16: i16 { A = -2, B = 0 }
    Dense32: u32 { A = 0, B = 1 }
    Gaps32: i32 { A = -1, B = 0, C = 256 }
    Dense64: u64 { A = 0, B = 1, C = 2 }
    Negative64: i64 { A = -1, B = 0 }
    Of128: C { A = 0, B = 1 }
}

#[derive(ShmSafe, Clone, Copy)]
#[repr(C)]
struct Tiny(u8, bool);

#[derive(ShmSafe, Clone, Copy)]
#[repr(C)]
struct NonZeroes {
    flag: bool,
    number: NonZeroU16,
    deep: [NonZeroI8; 2],
}

#[derive(ShmSafe, Clone, Copy)]
#[repr(C)]
struct Eight {
    id: u32,
    count: u16,
    bound: bool,
    quality: Dense,
}

/// Bytes under tests at the start, in the middle, across words and at the very end.
#[derive(ShmSafe, Clone, Copy)]
#[repr(C)]
struct Mixed {
    first: bool,
    plain: [u8; 5],
    dense: Dense,
    negative: Negative,
    flags: [bool; 11],
    letter: char,
    gaps: Gaps,
    wide: Dense32,
    nested: [Tiny; 3],
    handle: Handle<Mixed>,
    last: (),
    end: Option<std::num::NonZeroU8>,
    tail: bool,
}

#[derive(ShmSafe, Clone, Copy)]
#[repr(C)]
enum DataC {
    None,
    Flag(bool),
    Both { letter: char, flag: bool },
    Deep([ShmOption<Tiny>; 2]),
}

#[derive(ShmSafe, Clone, Copy)]
#[repr(u8)]
enum DataU8 {
    Low(bool) = 3,
    High { number: NonZeroU32, quality: Dense } = 200,
    Plain(u64) = 201,
}

#[derive(ShmSafe, Clone, Copy)]
#[repr(C, i16)]
enum DataI16 {
    Below(bool) = -1,
    Zero = 0,
    Above(DataU8) = 9,
}

#[derive(ShmSafe)]
#[repr(C)]
struct WithContainers {
    alive: bool,
    name: StaticString<7>,
    title: ShmOption<StaticString<3>>,
    items: StaticVec<Eight, 3>,
    data: DataC,
    nested: StaticVec<StaticVec<bool, 2>, 2>,
    by_name: StaticMap<StaticString<2>, Dense, 16>,
    options: [ShmOption<ShmOption<bool>>; 3],
}

/// What is transient may be anything: it is reset before anybody refers to it.
#[derive(ShmSafe, Clone, Copy)]
#[repr(C)]
struct Transient {
    first: bool,
    #[shm(transient)]
    flags: [bool; 9],
    second: bool,
    #[shm(transient)]
    data: DataC,
    last: char,
}

#[derive(ShmSafe, Clone, Copy)]
#[repr(C, u8)]
enum TransientData {
    None,
    Some {
        #[shm(transient)]
        letter: char,
        flag: bool,
    },
    Nested(Transient),
}

/// Bytes at an alignment that suits each type.
struct Bytes {
    lines: Vec<u128>,
    len: usize,
}

impl Bytes {
    fn zeros(ty: &TypeDesc) -> Self {
        assert!(ty.align <= 16);
        let len = ty.size as usize;
        Self { lines: vec![0; len.div_ceil(16).max(1)], len }
    }

    fn at(&self) -> *const u8 {
        self.lines.as_ptr().cast()
    }

    fn set(&mut self, index: usize, byte: u8) {
        let (line, shift) = (&mut self.lines[index / 16], 8 * (index % 16));
        *line = *line & !(0xff << shift) | u128::from(byte) << shift;
    }
}

fn byte(random: &mut Random) -> u8 {
    match random.below(10) {
        0..4 => 0,
        4 | 5 => 1,
        6 => random.below(9) as u8,
        7 => 0xff,
        8 => 0x80 | random.next() as u8,
        _ => random.next() as u8,
    }
}

/// Fills a few bytes near each other, a few anywhere, or all.
fn damage(random: &mut Random, bytes: &mut Bytes) {
    if bytes.len == 0 {
        return;
    }
    match random.below(4) {
        0 => (0..bytes.len).for_each(|i| bytes.set(i, byte(random))),
        1 => {
            let start = random.below(bytes.len);
            (start..bytes.len.min(start + 24)).for_each(|i| bytes.set(i, byte(random)));
        }
        _ => (0..=random.below(6)).for_each(|_| bytes.set(random.below(bytes.len), byte(random))),
    }
}

/// How many random values were valid, and how many not.
fn agree<T: ShmSafe>(name: &str) -> (usize, usize) {
    let mut random = Random::new(0x5eed);
    let (mut valid, mut invalid) = (0, 0);
    let rounds = if size_of::<T>() > 4096 { ROUNDS / 50 } else { ROUNDS };
    let mut bytes = Bytes::zeros(T::DESC);
    for round in 0..rounds {
        // Damage adds up for a while, so that combinations occur.
        if round % 7 == 0 {
            bytes = Bytes::zeros(T::DESC);
        }
        damage(&mut random, &mut bytes);
        let mut checker = Checker::new();
        // SAFETY: `bytes` are as large as a `T`, aligned and owned.
        let passes = unsafe { checker.passes(T::DESC, bytes.at()) };
        // SAFETY: as above.
        unsafe { checker.walk(T::DESC, bytes.at()) };
        let (problems, _) = checker.finish();
        assert_eq!(passes, problems.is_empty(), "{name}, round {round}: {problems:?} in {:x?}", bytes.lines);
        assert!(problems.iter().all(|p| p.what.contains("expected")), "{name}: {problems:?}");
        if passes { valid += 1 } else { invalid += 1 }
    }
    (valid, invalid)
}

macro_rules! agree {
    ($($ty:ty),* $(,)?) => {$({
        let (valid, invalid) = agree::<$ty>(stringify!($ty));
        let plain = <$ty>::DESC.plain || size_of::<$ty>() == 0;
        assert!(valid > 0 && (invalid > 0) != plain, "{}: {valid} valid, {invalid} not", stringify!($ty));
    })*};
}

#[test]
fn both_passes_agree_on_numbers_and_arrays() {
    agree!(bool, char, AtomicBool, Cell<bool>, NonZeroI8, NonZeroU16, NonZeroU32, NonZeroI64, NonZeroU128);
    agree!(u64, [u8; 3], Handle<Mixed>, Option<NonZeroU16>, ());
    agree!(
        [bool; 0],
        [bool; 1],
        [bool; 7],
        [bool; 8],
        [bool; 9],
        [bool; 200],
        [[bool; 3]; 5],
        [[bool; 0]; 4]
    );
    agree!([char; 3], [NonZeroU16; 5], [[char; 2]; 2], [Cell<bool>; 17]);
}

#[test]
fn both_passes_agree_on_enums() {
    agree!(
        Dense, One, NotZero, Gaps, Negative, Dense16, Negative16, Dense32, Gaps32, Dense64, Negative64, Of128
    );
    agree!([Dense; 33], [Gaps; 9], [Negative16; 5], [Gaps32; 4], [Negative64; 3]);
    agree!(DataC, DataU8, DataI16, [DataC; 3], [DataI16; 5]);
    agree!(
        ShmOption<u32>,
        ShmOption<bool>,
        ShmOption<ShmOption<char>>,
        ShmOption<[bool; 9]>,
        ShmOption<DataC>
    );
}

#[test]
fn both_passes_agree_on_structs() {
    agree!(Tiny, Eight, Mixed, NonZeroes, [NonZeroes; 2], [Tiny; 50], [Eight; 50], [Mixed; 7]);
    // More than one block of an array at a time.
    agree!([Tiny; 20_000], [Eight; 5_000], [Mixed; 300]);
}

#[test]
fn both_passes_agree_on_containers() {
    agree!(StaticVec<u32, 3>, StaticVec<bool, 9>, StaticVec<char, 4>, StaticVec<Eight, 4>, StaticVec<Mixed, 3>);
    agree!(StaticVec<DataC, 3>, StaticVec<StaticVec<bool, 2>, 2>, StaticVec<StaticString<3>, 3>);
    agree!(StaticString<0>, StaticString<5>, StaticString<40>);
    agree!(StaticMap<u32, u32, 16>, StaticMap<u32, bool, 16>, StaticMap<bool, char, 32>);
    agree!(StaticMap<StaticString<4>, Mixed, 16>, StaticMap<Dense, StaticVec<bool, 2>, 16>);
    agree!(Pool<u64, 4>, Pool<bool, 4>, Pool<Eight, 4>, Pool<Mixed, 3>, Pool<WithContainers, 2>);
    agree!(EventQueue<u8, 3>, EventQueue<bool, 3>, EventQueue<DataC, 4>, Quarantine<DataC, 2>);
    agree!(StaticList<bool, 4>, StaticList<DataC, 3>, OrderedMap<u8, bool, 4>, Ring<bool, 3>);
    agree!(Ring<DataC, 4>, Versioned<bool>, Versioned<WithContainers>, BitSet<2>);
    agree!(StaticSet<char, 16>, StaticSet<StaticString<3>, 16>);
    agree!(WithContainers, [WithContainers; 2]);
}

#[test]
fn both_passes_agree_that_transient_fields_are_not_looked_at() {
    agree!(Transient, TransientData, [Transient; 9], StaticVec<TransientData, 3>, Pool<Transient, 3>);
    let mut bytes = Bytes::zeros(Transient::DESC);
    let flags = offset_of!(Transient, flags)..offset_of!(Transient, second);
    let data = offset_of!(Transient, data)..offset_of!(Transient, last);
    flags.chain(data).for_each(|byte| bytes.set(byte, 0xee));
    // SAFETY: `bytes` are as large as the type, aligned and owned.
    assert!(unsafe { Checker::new().passes(Transient::DESC, bytes.at()) });
    bytes.set(offset_of!(Transient, second), 2);
    // SAFETY: as above.
    assert!(!unsafe { Checker::new().passes(Transient::DESC, bytes.at()) });
}
