use resume_core::ShmSafe;
use resume_core::ShmOption;
use resume_core::container::{StaticMap, StaticVec};
use resume_core::event::EventQueue;
use resume_core::pool::{Handle, Pool};
use std::any::Any;
use std::cell::{Cell, UnsafeCell};
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr::NonNull;
use std::rc::Rc;

#[derive(ShmSafe)]
#[repr(C)]
struct Slot<T> {
    value: T,
}
#[derive(ShmSafe)]
#[repr(C, u8)]
enum Event<A, B> {
    A(A),
    B { b: [B; 2] },
}
#[derive(ShmSafe)]
#[repr(transparent)]
struct Id<Of>(u32, PhantomData<Of>);
struct NotDerived(u8);
type Deep<T> = Slot<Event<Slot<T>, [Cell<T>; 3]>>;
#[derive(ShmSafe)]
#[repr(C)]
struct S5(u8, Slot<&'static u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S6(u8, Slot<Slot<Slot<Box<u8>>>>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S7(u8, Slot<[[String; 2]; 3]>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S8(u8, Event<u8, Vec<u8>>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S9(u8, Event<fn(), u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S10(u8, Event<u8, Event<u8, Event<u8, usize>>>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S11(u8, Id<String>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S12(u8, Id<&'static u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S13(u8, Id<dyn Any>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S14(u8, Id<Id<fn()>>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S15(u8, Deep<Rc<u8>>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S16(u8, Deep<*mut u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S17(u8, Deep<Option<u8>>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S18(u8, Slot<NotDerived>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S19(u8, [Slot<NotDerived>; 4]); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S20(u8, Cell<&'static u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S21(u8, Cell<Cell<Box<u8>>>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S22(u8, PhantomData<&'static u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S23(u8, PhantomData<PhantomData<*const u8>>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S24(u8, PhantomData<[Vec<u8>; 0]>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S25(u8, PhantomData<NotDerived>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S26(u8, ShmOption<&'static u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S27(u8, ShmOption<Box<u8>>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S28(u8, ShmOption<ShmOption<NotDerived>>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S29(u8, StaticVec<&'static u8, 4>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S30(u8, StaticVec<StaticVec<String, 2>, 2>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S31(u8, StaticVec<NotDerived, 0>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S32(u8, StaticMap<&'static u8, u8, 4>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S33(u8, StaticMap<u64, Box<u8>, 4>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S34(u8, StaticMap<u64, StaticVec<fn(), 2>, 4>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S35(u8, Pool<Rc<u8>, 4>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S36(u8, Pool<Slot<NonNull<u8>>, 4>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S37(u8, Handle<&'static u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S38(u8, Handle<NotDerived>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S39(u8, Handle<Slot<dyn Any>>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S40(u8, EventQueue<Box<u8>, 4>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S41(u8, EventQueue<Event<u8, &'static u8>, 4>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S42(u8, ManuallyDrop<Slot<u8>>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S43(u8, MaybeUninit<Slot<u8>>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S44(u8, UnsafeCell<Slot<u8>>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S45(u8, Slot<ManuallyDrop<Box<u8>>>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S46(u8, Slot<(u8, u8)>); //~ refused

fn main() {}
