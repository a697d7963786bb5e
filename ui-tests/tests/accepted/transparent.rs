use resume_core::ShmSafe;
use std::marker::PhantomData;

#[derive(ShmSafe)]
#[repr(transparent)]
struct Id<Of> {
    of: PhantomData<Of>,
    index: u32,
    unit: (),
}

#[derive(ShmSafe)]
#[repr(transparent)]
struct Gold(u64);

#[derive(ShmSafe)]
#[repr(transparent)]
struct Nothing;

fn main() {
    assert_eq!(Id::<Gold>::DESC.size, 4);
    assert_eq!(Id::<Gold>::ID.to_string(), "Id<Gold>");
    assert_eq!(Nothing::DESC.size, 0);
}
