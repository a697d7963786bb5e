use resume_core::ShmSafe;

#[derive(ShmSafe)]
#[repr(C)]
struct Slot<T> {
    value: Option<T>,
}

fn main() {}
