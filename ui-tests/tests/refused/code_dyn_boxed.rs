use resume_core::ShmSafe;

trait Skill {}

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    level: u32,
    skill: Box<dyn Skill>,
}

fn main() {}
