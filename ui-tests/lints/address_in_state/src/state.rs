//! State types, and one that is not.

use resume_core::ShmSafe as Persistent;
use std::cell::Cell;
use std::num::NonZeroUsize;
use std::sync::atomic::AtomicUsize;

#[derive(Default)]
#[repr(C)]
pub struct Player {
    pub id: u64,
    pub link: u64,
    pub words: [u64; 4],
    pub place: Place,
}
unsafe impl Persistent for Player {}

#[derive(Default, Clone, Copy)]
#[repr(C)]
pub struct Place {
    pub x: usize,
    pub y: usize,
}
unsafe impl resume_core::ShmSafe for Place {}

#[repr(C)]
pub struct Shared {
    pub counter: AtomicUsize,
    pub cell: Cell<usize>,
    pub maybe: Option<NonZeroUsize>,
}
unsafe impl resume_core::ShmSafe for Shared {}

#[repr(C, u8)]
pub enum Target {
    None,
    At(u64),
    Named { key: u64, link: u64 },
}
unsafe impl resume_core::ShmSafe for Target {}

#[repr(C)]
pub struct Generic<T> {
    pub value: T,
}
unsafe impl<T: resume_core::ShmSafe> resume_core::ShmSafe for Generic<T> {}

/// Lives on the stack or the heap: may hold addresses.
pub struct Scratch {
    pub link: u64,
}
