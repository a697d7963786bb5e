use resume_core::ShmSafe;
use std::any::TypeId;
use std::cell::Cell;
use std::marker::PhantomData;
use std::mem::Discriminant;
use std::rc::Rc;

trait Skill {}
type Hook = fn(u8, u8) -> u8;
type HookOf<T> = fn(T);
type Ranked = for<'a> fn(&'a u8) -> &'a u8;
type Many = fn(u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8);
type Dyn<T> = Box<dyn Fn(T) -> T>;

#[derive(ShmSafe)]
#[repr(C)]
struct S0(u8, fn()); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S1(u8, fn(u32) -> u8); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S2(u8, unsafe fn()); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S3(u8, extern "C" fn(u8)); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S4(u8, unsafe extern "C" fn(u8) -> u8); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S5(u8, Hook); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S6(u8, HookOf<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S7(u8, Ranked); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S8(u8, [Hook; 3]); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S9(u8, Option<Hook>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S10(u8, Many); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S11(u8, TypeId); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S12(u8, Discriminant<Option<u8>>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S13(u8, dyn Skill); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S14(u8, Box<dyn Skill>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S15(u8, Rc<dyn Fn(u8)>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S16(u8, &'static dyn Skill); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S17(u8, Dyn<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S18(u8, Vec<Box<dyn Skill>>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S19(u8, PhantomData<dyn Skill>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S20(u8, PhantomData<fn()>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S21(u8, PhantomData<fn() -> u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S22(u8, Cell<fn(u8)>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S23(u8, std::alloc::Layout); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S24(u8, std::task::RawWaker); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S25(u8, std::backtrace::Backtrace); //~ refused

fn main() {}
