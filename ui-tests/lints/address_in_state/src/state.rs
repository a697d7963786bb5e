//! State types, and one that is not.

use resume_core::ShmSafe as Persistent;
use std::cell::Cell;
use std::num::NonZeroU64;
use std::sync::atomic::AtomicU64;

#[derive(Persistent)]
#[repr(C)]
pub struct Player {
    pub id: u64,
    pub link: u64,
    pub words: [u64; 4],
    pub place: Place,
}

#[derive(Default, Clone, Copy, resume_core::ShmSafe)]
#[repr(C)]
pub struct Place {
    #[shm(allow_usize)]
    pub x: usize,
    #[shm(allow_usize)]
    pub y: usize,
}

#[derive(Persistent)]
#[repr(C)]
pub struct Shared {
    pub counter: AtomicU64,
    pub cell: Cell<u64>,
    pub maybe: Option<NonZeroU64>,
}

#[derive(Persistent)]
#[repr(C, u8)]
pub enum Target {
    None,
    At(u64),
    Named { key: u64, link: u64 },
}

#[derive(Persistent)]
#[repr(C)]
pub struct Generic<T> {
    pub value: T,
}

/// Lives on the stack or the heap: may hold addresses.
pub struct Scratch {
    pub link: u64,
}

macro_rules! state {
    ($name:ident { $($field:ident: $ty:ty),* $(,)? }) => {
        #[derive(Persistent)]
        #[repr(C)]
        pub struct $name { $(pub $field: $ty),* }
    };
}

state!(Made { id: u64, link: u64 });

pub mod deeper {
    macro_rules! generic_state {
        ($name:ident) => {
            #[derive(resume_core::ShmSafe)]
            #[repr(C, u8)]
            pub enum $name<T> {
                None,
                Link(T),
            }
        };
    }
    generic_state!(MadeGeneric);
}
