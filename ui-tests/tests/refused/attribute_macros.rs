use resume_core::ShmSafe;
use ui_tests_attribute_macros::{add_field, replace, retype};

type Text = String;
#[derive(ShmSafe)]
#[retype]
#[repr(C)]
struct A(u32); //~ refused
#[derive(ShmSafe)]
#[replace(u64 & 'static u64)]
#[repr(C)]
struct B(u64); //~ refused
#[derive(ShmSafe)]
#[replace(u64 fn())]
#[repr(C, u8)]
enum C {
    A(u64), //~ refused
}
#[retype]
#[derive(ShmSafe)]
#[repr(C)]
struct D(u32); //~ refused
#[add_field(name: *const u8,)] //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct E {
    level: u32,
}
#[derive(ShmSafe)]
#[add_field(name: u8,)]
#[repr(C)]
struct F { //~ refused
    level: u32,
}
#[derive(ShmSafe)]
#[add_field(B,)]
#[repr(u8)]
enum G { //~ refused
    A,
}
#[derive(ShmSafe)]
#[add_field(B(u32),)]
#[repr(u8)]
enum H { //~ refused
    A(u8),
}
#[derive(ShmSafe)]
#[replace(Rust C)]
#[repr(Rust)] //~ refused
struct I(u8);

fn main() {}
