use resume_core::ShmSafe;
use ui_tests_attribute_macros::add_field;

#[derive(ShmSafe)]
#[add_field(name: String,)]
#[repr(C)]
struct Player {
    level: u32,
}

fn main() {}
