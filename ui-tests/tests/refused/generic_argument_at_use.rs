use resume_core::ShmSafe;

#[derive(ShmSafe)]
#[repr(C)]
struct Slot<T> {
    value: T,
}

fn root<R: ShmSafe>() {}

fn main() {
    root::<Slot<u32>>();
    root::<Slot<Vec<u32>>>();
}
