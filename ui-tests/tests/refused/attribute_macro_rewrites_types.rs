use resume_core::ShmSafe;
use ui_tests_attribute_macros::retype;

type Text = String;

#[derive(ShmSafe)]
#[retype]
#[repr(C)]
struct Player {
    level: u32,
}

fn main() {}
