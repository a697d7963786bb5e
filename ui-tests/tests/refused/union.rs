use resume_core::ShmSafe;

#[derive(ShmSafe, Clone, Copy)]
#[repr(C)]
union Number {
    int: u32,
    float: f32,
}

fn main() {}
