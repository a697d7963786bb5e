use resume_core::ShmSafe;
use std::num::NonZeroU32;
use ui_tests_attribute_macros::replace;

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
// The macro runs after the derive has read `1`, `u8`, `A`, `align`.
#[derive(ShmSafe)]
#[replace(1 2)]
#[repr(u8)]
enum Renumbered { //~ refused
    Idle = 0,
    Hit(u32) = 1,
}
#[derive(ShmSafe)]
#[replace(7 8)]
#[repr(u8)]
enum OnlyRenumbered { //~ refused
    Hit(u32) = 7,
}
#[derive(ShmSafe)]
#[replace(5 4 + 3 - 7)]
#[repr(i16)]
enum Exchanged { //~ refused
    Idle(u8) = 5,
    Hit(u32) = 1,
}
#[derive(ShmSafe)]
#[replace(u8 C, u8)]
#[repr(u8)]
enum Tagged { //~ refused
    Idle(i8),
    Hit(u32),
}
#[derive(ShmSafe)]
#[replace(C C, packed)]
#[repr(C)]
struct Packed(u8, u32); //~ refused
#[derive(ShmSafe)]
#[replace(C C, align(16))]
#[repr(C)]
struct Aligned(u8, u32); //~ refused
#[derive(ShmSafe)]
#[replace(C align(4))]
#[repr(C)]
struct Reordered(u8, u32, u16, u64); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct Transient(u8, #[shm(transient)] NonZeroU32); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct Reserved(u8, #[shm(reserved)] [bool; 3]); //~ refused

fn main() {}
