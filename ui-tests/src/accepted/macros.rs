//! Types that macros make, and types that attribute macros rewrite before or after the derive.
#![allow(dead_code, unused_braces, unused_parens, reason = "described, never built")]

use resume_core::ShmSafe;
use ui_tests_attribute_macros::{add_field, retype, unchanged};

macro_rules! ty {
    ($t:ty) => {
        $t
    };
}

macro_rules! state {
    ($name:ident { $($field:ident: $ty:ty),* }) => {
        #[derive(ShmSafe)]
        #[repr(C)]
        struct $name {
            hidden: u8,
            $($field: $ty,)*
            list: ty!([u8; 3]),
        }
    };
}

macro_rules! outer {
    ($repr:meta, $n:expr, $ty:ty) => {
        state!(Player { hidden_: u16, level: $ty });

        #[derive(ShmSafe)]
        #[$repr]
        enum State {
            A = $n,
            B(),
            C($ty) = $n * 3,
        }
    };
}

outer!(repr(i16), 2 + 1, [u32; { 1 + 1 }]);

/// One macro names the type, another its fields; `x` occurs twice with different hygiene.
macro_rules! twice {
    ($x:ident) => {
        #[derive(ShmSafe)]
        #[repr(C)]
        struct Twice {
            $x: u8,
            y: u32,
        }
    };
}
twice!(x);

macro_rules! generic {
    ($name:ident<$($p:ident),*> $($body:tt)*) => {
        #[derive(ShmSafe)]
        #[repr(C)]
        struct $name<$($p),*> $($body)*
    };
}
generic!(Generic<A, B> { a: A, b: [B; 2], });
generic!(GenericTuple<A> (A, u8););

macro_rules! recursive {
    ($name:ident: $ty:ty;) => {
        #[derive(ShmSafe)]
        #[repr(transparent)]
        struct $name($ty);
    };
    ($name:ident: $ty:ty; $next:tt $($rest:tt)*) => {
        recursive!($name: [$ty; 2]; $($rest)*);
    };
}
recursive!(Recursive: u8; + + + +);

/// Literals, lifetimes-free idents and attributes passed on as token trees.
macro_rules! tokens {
    ($($item:tt)*) => {
        $($item)*
    };
}
tokens! {
    #[derive(ShmSafe)]
    #[repr(C, align(8))]
    #[shm(id = "Tokens")]
    struct FromTokens { a: [u8; 2], #[shm(allow_usize)] b: usize }
}

type Text = u64;

#[add_field(gold: u64,)]
#[derive(ShmSafe)]
#[repr(C)]
struct AddedBefore {
    level: u32,
}

#[retype]
#[derive(ShmSafe)]
#[repr(C)]
struct RetypedBefore {
    level: u32,
    flag: u8,
}

/// What the macro below makes of a field is what is described.
#[derive(ShmSafe)]
#[retype]
#[repr(C)]
struct RetypedAfter {
    level: u32,
    flag: u8,
}

#[derive(ShmSafe)]
#[retype]
#[repr(C, u8)]
enum RetypedVariant {
    Idle,
    Hit { amount: u32, by: u8 },
    Say(u8, u32) = 9,
}

#[derive(ShmSafe)]
#[unchanged]
#[repr(u8)]
#[unchanged]
enum Untouched {
    Idle = 3,
    Busy(u32) = 1,
}

#[unchanged]
#[derive(Clone)]
#[unchanged]
#[derive(ShmSafe)]
#[unchanged]
#[derive(Debug)]
#[repr(C)]
struct Between {
    level: u32,
}

/// A macro in the place of a type and in the place of a length.
#[derive(ShmSafe)]
#[repr(C)]
struct Positions {
    at: ty!(ty!([f32; 3])),
    len: [u8; line_of!()],
    concat: [u8; concat!("ab", "c").len()],
}

macro_rules! line_of {
    () => {
        7
    };
}
use line_of;

pub(super) fn types() -> Vec<super::Entry> {
    entries![
        Player,
        State,
        Twice,
        Generic<u8, u64>,
        GenericTuple<Generic<u8, u8>>,
        Recursive,
        FromTokens,
        AddedBefore,
        RetypedBefore,
        RetypedAfter,
        RetypedVariant,
        Untouched,
        Between,
        Positions,
    ]
}
