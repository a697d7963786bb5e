//! Items of odd syntax: what a derive that reads tokens could mistake for something else.
#![allow(dead_code, unused_braces, unused_parens, reason = "described, never built")]

use std::marker::PhantomData;

use resume_core::ShmSafe;

/// Parentheses behind `pub` that are a visibility, and such that are a type.
#[derive(ShmSafe)]
#[repr(C)]
pub(in crate::accepted) struct Visible(
    pub u8,
    pub(crate) u16,
    pub(in crate::accepted::syntax) u32,
    pub(super) u64,
    pub (u8),
    pub (),
    (pub_like::Word),
);

mod pub_like {
    pub(super) type Word = u64;
}

#[derive(ShmSafe)]
#[repr(C)]
struct BoundsBehindATuple<T>(T, u8)
where
    T: ShmSafe + Copy,
    [u8; { 1 + 1 }]: Sized;

#[derive(ShmSafe)]
#[repr(C)]
struct BracesInBounds<T>
where
    Sized2<{ 1 + 1 }>: Sized,
    T: ShmSafe,
{
    part: T,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Sized2<const N: usize>([u8; N]);

/// An arrow and a comparison beside angle brackets.
#[derive(ShmSafe)]
#[repr(C)]
struct Arrows<F: Fn(u8) -> Option<u8> + ShmSafe, const B: bool = { 1 < 2 }> {
    function: PhantomData<[F; 1]>,
    #[doc = "a, comma: and a colon"]
    after: Sized2<{ (4 > 3) as usize }>,
    last: u8,
}

/// Nothing of a function but its name.
#[derive(ShmSafe, Clone, Copy)]
#[repr(C)]
struct NamedLikeCode {
    r#fn: u8,
    r#unsafe: u16,
    r#dyn: u8,
    r#pub: u32,
    union: u8,
    r#where: u8,
}

#[derive(ShmSafe)]
#[repr(C)]
struct CommasInTypes {
    pair: resume_core::ShmPair<u8, resume_core::ShmPair<u16, u8>>,
    shifted: Sized2<{ 1 << 2 }>,
    qualified: <u8 as Second<u16, u32>>::Out,
    end: u8,
}

trait Second<A, B> {
    type Out;
}

impl<A, B> Second<A, B> for u8 {
    type Out = B;
}

const fn second<const A: u8, const B: u8>() -> u8 {
    B
}

/// Commas and comparisons in discriminants.
#[derive(ShmSafe)]
#[repr(u8)]
enum Discriminants {
    A = second::<1, 2>(),
    B = (1 < 2) as u8 + second::<2, 3>(),
    C,
    D = { 1 << 4 },
    E = 7 - 1,
}

#[derive(ShmSafe)]
#[repr(C, u8)]
enum DiscriminantsAndData {
    A(u8, u16) = second::<1, 2>(),
    B { r#type: u32 } = second::<2, 4>() - 1,
    C(),
    D {},
}

macro_rules! item {
    ($(#[$meta:meta])* $vis:vis $name:ident { $($field_vis:vis $field:ident: $ty:ty),* } where $bound:ty: $to:path) => {
        $(#[$meta])*
        $vis struct $name where $bound: $to { $($field_vis $field: $ty),* }
    };
    ($(#[$meta:meta])* $name:ident ($($field_vis:vis, $ty:ty);*) $length:expr) => {
        $(#[$meta])*
        struct $name($($field_vis $ty,)* [u8; $length]);
    };
}

item! {
    /// Attributes, visibilities and types that come in invisible groups.
    #[derive(ShmSafe)]
    #[repr(C)]
    pub(crate) FromAMacro { pub a: u8, pub(crate) b: resume_core::ShmPair<u16, u8>, c: [[u8; 2]; 3] } where u8: Copy
}

item! {
    #[derive(ShmSafe)]
    #[repr(C, align(16))]
    TupleFromAMacro(pub, u8; , (u16); pub(crate), [u32; 2]) 1 + 2
}

pub(super) fn types() -> Vec<super::Entry> {
    entries![
        Visible,
        BoundsBehindATuple<u16>,
        BracesInBounds<u32>,
        Sized2<3>,
        NamedLikeCode,
        CommasInTypes,
        Discriminants,
        DiscriminantsAndData,
        FromAMacro,
        TupleFromAMacro,
    ]
}
