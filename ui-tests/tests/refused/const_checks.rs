use resume_core::ShmSafe;
use std::num::NonZeroU32;

#[derive(ShmSafe)]
#[repr(C)]
struct Dropped(u32); //~ refused
impl Drop for Dropped {
    fn drop(&mut self) {}
}
#[derive(ShmSafe)]
#[repr(u8)]
enum DroppedEnum { //~ refused
    A(u8),
}
impl Drop for DroppedEnum {
    fn drop(&mut self) {}
}
#[derive(ShmSafe)]
#[repr(C)]
struct Transient(u8, #[shm(transient)] NonZeroU32); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct Reserved(u8, #[shm(reserved)] [bool; 3]); //~ refused

fn main() {}
