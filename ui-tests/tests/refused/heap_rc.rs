use resume_core::ShmSafe;
use std::rc::Rc;

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    guild: Rc<u32>,
}

fn main() {}
