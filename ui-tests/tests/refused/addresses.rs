use resume_core::ShmSafe;
use std::any::Any;
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::atomic::AtomicPtr;

type Ref = &'static u8;
type Raw = *const u8;
type Maybe = Option<NonNull<u8>>;
type Str = &'static str;
type Twice<T> = [T; 2];
trait Next {
    type Then;
}
impl<T: 'static> Next for T {
    type Then = &'static T;
}
type Then<T> = <T as Next>::Then;
macro_rules! same {
    ($t:ty) => {
        $t
    };
}

#[derive(ShmSafe)]
#[repr(C)]
struct S0(u8, &'static u8); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S1(u8, &'static mut u8); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S2(u8, &'static str); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S3(u8, &'static [u8]); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S4(u8, *const u8); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S5(u8, *mut u8); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S6(u8, *const dyn Any); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S7(u8, *const [u32]); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S8(u8, NonNull<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S9(u8, NonNull<[u8]>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S10(u8, AtomicPtr<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S11(u8, Pin<&'static u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S12(u8, Pin<Box<u8>>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S13(u8, Ref); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S14(u8, Raw); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S15(u8, Maybe); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S16(u8, Str); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S17(u8, [&'static u8; 4]); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S18(u8, [Raw; 0]); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S19(u8, [[Ref; 2]; 3]); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S20(u8, (&'static u8)); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S21(u8, Twice<Ref>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S22(u8, same!(Raw)); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S23(u8, same!(&'static u8)); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S24(u8, Then<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S25(u8, core::slice::Iter<'static, u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S26(u8, core::str::Chars<'static>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S27(u8, core::panic::Location<'static>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S28(u8, core::ffi::c_void); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S29(u8, &'static core::ffi::CStr); //~ refused
#[derive(ShmSafe)]
#[repr(transparent)]
struct Transparent(NonNull<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C, align(64))]
struct Named {
    a: u8,
    r#type: Raw, //~ refused
    b: Ref, //~ refused
}

fn main() {}
