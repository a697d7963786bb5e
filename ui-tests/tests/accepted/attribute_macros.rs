//! What an attribute macro makes of a type is what is described, whether it runs before or after the derive.
use resume_core::ShmSafe;
use ui_tests_attribute_macros::{add_field, retype};

type Text = u64;

#[add_field(gold: u64,)]
#[derive(ShmSafe)]
#[repr(C)]
struct Before {
    level: u32,
}

#[derive(ShmSafe)]
#[retype]
#[repr(C)]
struct After {
    level: u32,
    flag: u8,
}

fn main() {
    assert_eq!(Before::DESC.size, 16);
    assert_eq!((After::DESC.size, After::DESC.align), (16, 8));
}
