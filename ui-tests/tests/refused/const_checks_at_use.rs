//! What the compiler laid out in another way than the derive read is found where a descriptor is used; a root uses
//! those of all its parts.
use resume_core::ShmSafe;
use resume_core::layout::TypeDesc;
use ui_tests_attribute_macros::replace;

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
enum Tagged {
    Idle(i8),
    Hit(u32),
}
#[derive(ShmSafe)]
#[replace(C C, packed)]
#[repr(C)]
struct Packed(u8, u32);
#[derive(ShmSafe)]
#[replace(C C, align(16))]
#[repr(C)]
struct Aligned(u8, u32);
#[derive(ShmSafe)]
#[replace(C align(4))]
#[repr(C)]
struct Reordered(u8, u32, u16, u64);

const _: &TypeDesc = Renumbered::DESC;
const _: &TypeDesc = OnlyRenumbered::DESC;
const _: &TypeDesc = Exchanged::DESC;
const _: &TypeDesc = Tagged::DESC; //~ refused
const _: &TypeDesc = Packed::DESC; //~ refused
const _: &TypeDesc = Aligned::DESC; //~ refused
const _: &TypeDesc = Reordered::DESC; //~ refused

fn main() {}
