//! Private fields and types in nested modules, reached through aliases and re-exports.
#![deny(warnings)]
#![allow(dead_code)]

mod parts {
    mod hidden {
        use resume_core::ShmSafe;

        #[derive(ShmSafe)]
        #[repr(C)]
        pub struct Position {
            x: f32,
            pub(super) y: f32,
            pub(in crate::parts) z: f32,
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
    pub(crate) use hidden::{Holder, Position as Place};
    pub type Place2 = Place;
}

#[derive(resume_core::ShmSafe)]
#[repr(C)]
struct Player {
    place: parts::Place2,
    holder: parts::Holder,
}

fn main() {}
