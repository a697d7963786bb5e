use resume_core::ShmSafe;
use std::sync::atomic::AtomicPtr;

type Raw = *const u8;
type Mutable = *mut u8;

#[derive(ShmSafe)]
#[repr(C)]
struct A(#[shm(allow_usize)] u32); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct B(#[shm(allow_usize)] *const u8); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct C(#[shm(allow_usize)] Mutable); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct D(#[shm(allow_usize)] [usize; 2]); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct E<T>(#[shm(allow_usize)] T); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct F(#[shm(allow_usize)] fn()); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct G(#[shm(allow_usize)] Option<usize>); //~ refused
#[derive(ShmSafe)]
#[repr(C, u8)]
enum H {
    A(#[shm(allow_usize)] u64), //~ refused
    B(#[shm(allow_usize)] AtomicPtr<u8>), //~ refused
}
// Not even by saying so without `unsafe`.
impl resume_core::__private::Word for Raw { //~ refused
    const DESC: &'static resume_core::layout::TypeDesc = <u64 as ShmSafe>::DESC;
}

fn main() {}
