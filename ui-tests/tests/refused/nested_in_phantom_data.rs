use resume_core::ShmSafe;
use std::marker::PhantomData;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    owner: PhantomData<&'static u32>,
}

fn main() {}
