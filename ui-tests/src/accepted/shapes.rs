//! Structs of every form: alignment, zero size, huge size, const lengths, deep nesting, `cfg`.
#![allow(dead_code, unused_braces, unused_parens, reason = "described, never built")]

use std::marker::PhantomData;

use resume_core::ShmSafe;

#[derive(ShmSafe)]
#[repr(C)]
struct Unit;

#[derive(ShmSafe)]
#[repr(C)]
struct EmptyBraces {}

#[derive(ShmSafe)]
#[repr(C)]
struct EmptyTuple();

#[derive(ShmSafe)]
#[repr(transparent)]
struct TransparentUnit;

#[derive(ShmSafe)]
#[repr(transparent)]
struct Gold(u64);

#[derive(ShmSafe)]
#[repr(transparent)]
struct Id<Of> {
    of: PhantomData<Of>,
    index: u32,
    unit: (),
}

#[derive(ShmSafe)]
#[repr(transparent)]
struct Nested(Id<Gold>);

#[derive(ShmSafe)]
#[repr(transparent)]
struct TransparentArray([Nested; 7]);

#[derive(ShmSafe)]
#[repr(C)]
struct Tuple(u8, u64, u16, u128, bool);

#[derive(ShmSafe)]
#[repr(C, align(64))]
struct CacheLine {
    a: u8,
    b: u32,
}

#[derive(ShmSafe)]
#[repr(align(2))]
#[repr(C)]
#[repr(align(32))]
struct AlignedTwice(u8);

/// `align` below what the fields need changes nothing.
#[derive(ShmSafe)]
#[repr(C, align(1))]
struct AlignedLow {
    a: u64,
    line: CacheLine,
}

#[derive(ShmSafe)]
#[repr(C, align(4096))]
struct Page {
    first: u8,
}

#[derive(ShmSafe)]
#[repr(C)]
struct BehindAPage(u8, Page, u8);

#[derive(ShmSafe)]
#[repr(C, align(16))]
struct AlignedNothing;

#[derive(ShmSafe)]
#[repr(C)]
struct ZeroSizedAligns {
    a: u8,
    b: AlignedNothing,
    c: u8,
    d: [u64; 0],
}

#[derive(ShmSafe)]
#[repr(C)]
struct OnlyPadding {
    a: [AlignedNothing; 0],
    b: u8,
}

#[derive(ShmSafe)]
#[repr(C)]
struct ManyNothings {
    a: [(); 1_000_000],
    b: [Unit; 9],
    c: [[u64; 0]; 5],
    d: u16,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Gibibyte {
    bytes: [u8; 1 << 30],
    behind: u8,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Tebibyte([[u64; 1 << 20]; 1 << 17], u8);

const LEN: usize = 3;

struct Lengths;

impl Lengths {
    const INNER: usize = size_of::<Tuple>() / 8;
}

trait Sized_ {
    const N: usize;
}

impl Sized_ for Lengths {
    const N: usize = "four".len();
}

const fn length(n: usize) -> usize {
    n * 2 + LEN
}

#[derive(ShmSafe)]
#[repr(C)]
struct ConstLengths {
    a: [u8; LEN],
    b: [u16; { 1 + LEN }],
    c: [u32; length(LEN)],
    d: [u8; Lengths::INNER],
    e: [u8; <Lengths as Sized_>::N],
    f: [u8; {
        const LEN: usize = 11;
        LEN
    }],
    g: [u64; usize::MIN],
}

#[derive(ShmSafe)]
#[cfg_attr(unix, repr(C))]
struct CfgFields<#[cfg(any())] T> {
    level: u32,
    #[cfg(any())]
    name: String,
    #[cfg(unix)]
    gold: u64,
    #[cfg(not(unix))]
    target: &'static Missing,
    #[cfg_attr(unix, shm(allow_usize))]
    count: usize,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Deep0(u8, u16);
macro_rules! deep {
    ($($name:ident of $inner:ident),*) => {$(
        #[derive(ShmSafe)]
        #[repr(C)]
        struct $name(u8, [$inner; 2], u8);
    )*};
}
deep!(Deep1 of Deep0, Deep2 of Deep1, Deep3 of Deep2, Deep4 of Deep3, Deep5 of Deep4);

#[derive(ShmSafe)]
#[repr(C)]
struct Padded {
    a: u8,
    b: u64,
    c: u8,
    d: u32,
    e: u8,
    f: u16,
    g: u8,
}

#[derive(ShmSafe)]
#[repr(C)]
#[shm(id = "game.Marked:v2", renamed_from = "Old")]
struct Marked {
    #[shm(renamed_from = "hp")]
    health: u32,
    #[shm(transient)]
    connection: u32,
    #[shm(reserved)]
    spare: [u8; 8],
}

/// Documented, deprecated and restricted in parts.
#[derive(ShmSafe, Debug, Clone, Default, PartialEq)]
#[repr(C)]
#[non_exhaustive]
#[must_use]
#[doc(hidden)]
pub(crate) struct Decorated {
    /// A doc comment.
    pub(super) a: u8,
    #[deprecated]
    pub(crate) b: u16,
    #[doc(alias = "see")]
    #[allow(unused)]
    c: u32,
}

macro_rules! wide {
    ($($field:ident)*) => {
        #[derive(ShmSafe)]
        #[repr(C)]
        struct Wide {
            $($field: u16,)*
        }

        #[derive(ShmSafe)]
        #[repr(C, u8)]
        enum WideEnum {
            $($field(u8, u32),)*
        }
    };
}
#[allow(non_camel_case_types, reason = "names of fields and variants at once")]
mod wide {
    use resume_core::ShmSafe;
    wide! {
        a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 b0 b1 b2 b3 b4 b5 b6 b7 b8 b9 c0 c1 c2 c3 c4 c5 c6 c7 c8 c9
        d0 d1 d2 d3 d4 d5 d6 d7 d8 d9 e0 e1 e2 e3 e4 e5 e6 e7 e8 e9 f0 f1 f2 f3 f4 f5 f6 f7 f8 f9
    }
    pub(super) fn types() -> Vec<crate::accepted::Entry> {
        entries![Wide, WideEnum]
    }
}

pub(super) fn types() -> Vec<super::Entry> {
    let mut all = entries![
        Unit,
        EmptyBraces,
        EmptyTuple,
        TransparentUnit,
        Gold,
        Id<Gold>,
        Nested,
        TransparentArray,
        Tuple,
        CacheLine,
        AlignedTwice,
        AlignedLow,
        Page,
        BehindAPage,
        AlignedNothing,
        ZeroSizedAligns,
        OnlyPadding,
        ManyNothings,
        Gibibyte,
        Tebibyte,
        ConstLengths,
        CfgFields,
        Deep0,
        Deep1,
        Deep5,
        Padded,
        Marked,
        Decorated,
    ];
    all.extend(wide::types());
    all
}
