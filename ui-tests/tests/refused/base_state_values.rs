use core::num::NonZeroU32;
use resume_core::ShmSafe;

#[derive(ShmSafe)]
#[repr(C)]
struct Panics(#[shm(default = NonZeroU32::new(0).unwrap())] NonZeroU32); //~ refused

#[derive(ShmSafe)]
#[repr(C)]
struct NotConst(#[shm(default = std::process::id())] u32); //~ refused

#[derive(ShmSafe)]
#[repr(C)]
struct Unsafe(#[shm(default = unsafe_number())] u32); //~ refused

const unsafe fn unsafe_number() -> u32 {
    7
}

fn main() {}

// `Panics` is told once by a check and once more by a build: the whole suite builds, and is what blesses this file; this
// case run alone is only checked.
