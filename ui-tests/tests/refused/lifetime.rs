use resume_core::ShmSafe;

#[derive(ShmSafe)]
#[repr(C)]
struct View<'a, T> {
    of: &'a T,
    level: u32,
}

fn main() {}
