use resume_core::ShmSafe;

#[derive(ShmSafe)]
#[repr(C)]
struct Slot {
    index: u32,
}

impl Drop for Slot {
    fn drop(&mut self) {}
}

fn main() {}
