//! A type is judged by what it is, not by what it is called.
#![allow(dead_code, unused_imports, unused_parens, reason = "described, never built")]

mod state {
    use resume_core::ShmSafe as Derive;

    #[derive(Derive)]
    #[repr(C)]
    pub(super) struct Box(u32);

    #[derive(Derive)]
    #[repr(C)]
    pub(super) struct Vec<Option> {
        first: Option,
    }

    #[derive(Derive)]
    #[repr(C, u8)]
    pub(super) enum Option<String> {
        None,
        Some(String),
    }

    #[derive(Derive)]
    #[repr(C, u8)]
    pub(super) enum Result<Ok, Err> {
        Ok(Ok),
        Err(Err),
    }

    #[derive(Derive)]
    #[repr(C)]
    pub(super) struct String {
        r#box: Box,
        vec: Vec<Option<Box>>,
        instant: Instant,
        result: Result<Box, Instant>,
    }

    #[derive(Derive)]
    #[repr(u8)]
    pub(super) enum Instant {
        Result,
        Ok,
        Err,
    }

    #[derive(Derive)]
    #[repr(C)]
    #[allow(non_camel_case_types, reason = "the point")]
    pub(super) struct u32(i32);

    #[derive(Derive)]
    #[repr(C)]
    #[allow(non_camel_case_types, reason = "the point")]
    pub(super) struct usize(u32);

    #[allow(non_camel_case_types, reason = "the point")]
    type i32 = u8;
    #[allow(non_camel_case_types, reason = "the point")]
    type i128 = ();

    #[derive(Derive)]
    #[repr(C)]
    pub(super) struct Rc<T>(T);

    #[derive(Derive)]
    #[repr(C)]
    pub(super) struct HashMap<K, V>(K, V);

    #[derive(Derive)]
    #[repr(C)]
    pub(super) struct Counts {
        count: usize,
        maps: HashMap<Rc<u32>, Box>,
    }

    pub(super) trait ShmSafe {}
    pub(super) struct Self_;
}

mod derived_names {
    use resume_core::ShmSafe as Derive;

    #[derive(Derive)]
    #[repr(C)]
    pub(super) struct ShmSafe(u8);

    #[derive(Derive)]
    #[repr(C)]
    pub(super) struct TypeDesc(u16);

    #[derive(Derive)]
    #[repr(C)]
    pub(super) struct FieldDesc<Ident>(Ident);

    #[derive(Derive)]
    #[repr(u8)]
    pub(super) enum IdentArg {
        Type(FieldDesc<u8>),
        Const,
    }
}

#[allow(non_camel_case_types, reason = "the point")]
mod raw {
    use resume_core::ShmSafe;

    #[derive(ShmSafe)]
    #[repr(C)]
    pub(super) struct r#struct<r#type> {
        r#fn: u8,
        r#match: r#type,
        größe: u16,
        r#plain: u8,
    }

    #[derive(ShmSafe)]
    #[repr(C, u8)]
    #[allow(non_camel_case_types, reason = "the point")]
    pub(super) enum r#enum {
        r#if { r#else: u32, r#gen: u8 },
        r#while = 9,
        r#loop(u64),
    }

    #[derive(ShmSafe)]
    #[repr(i8)]
    #[allow(non_camel_case_types, reason = "the point")]
    pub(super) enum r#union {
        r#for = -1,
        r#in,
    }

    #[derive(ShmSafe)]
    #[repr(transparent)]
    pub(super) struct Ünïcode(u8);
}

mod parts {
    mod hidden {
        use resume_core::ShmSafe;

        #[derive(ShmSafe)]
        #[repr(C)]
        pub(crate) struct Position {
            x: f32,
            pub(super) y: f32,
            pub(in crate::accepted::names::parts) z: f32,
        }

        #[derive(ShmSafe)]
        #[repr(C)]
        struct Private(u8);

        #[derive(ShmSafe)]
        #[repr(C)]
        pub(crate) struct Holder {
            private: Private,
        }
    }
    pub(super) use hidden::{Holder, Position as Place};
    pub(super) type Place2 = Place;
    pub(super) use self::Place as Vec;
}

use parts::*;
type Aliased<T> = [T; 2];
type Twice = Aliased<Aliased<parts::Place2>>;

#[derive(resume_core::ShmSafe)]
#[repr(C)]
struct Reached {
    place: parts::Place2,
    holder: self::parts::Holder,
    vec: Vec,
    twice: Twice,
    path: super::names::parts::Place,
    full: crate::accepted::names::state::Box,
    paren: (u8),
    double: ((parts::Vec)),
}

/// Two types of one name, told apart by an id.
mod twin {
    #[derive(resume_core::ShmSafe)]
    #[repr(C)]
    #[shm(id = "twin.Reached")]
    pub(super) struct Reached(u64);
}

pub(super) fn types() -> std::vec::Vec<super::Entry> {
    entries![
        state::Box,
        state::Vec<state::Box>,
        state::Option<state::Instant>,
        state::Result<u64, u8>,
        state::String,
        state::Instant,
        state::u32,
        state::usize,
        state::Rc<state::Rc<u8>>,
        state::HashMap<u8, u64>,
        state::Counts,
        derived_names::ShmSafe,
        derived_names::TypeDesc,
        derived_names::FieldDesc<u8>,
        derived_names::IdentArg,
        raw::r#struct<raw::r#enum>,
        raw::r#enum,
        raw::r#union,
        raw::Ünïcode,
        parts::Place,
        parts::Holder,
        Reached,
        twin::Reached,
    ]
}
