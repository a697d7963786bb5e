use resume_core::ShmSafe;
use std::marker::PhantomData;
use std::ops::Deref;

trait Rules: 'static {
    type Score;
    type Of<T: 'static>;
}
#[derive(ShmSafe)]
#[repr(C)]
struct Arena;
impl Rules for Arena {
    type Score = Vec<u8>;
    type Of<T: 'static> = &'static T;
}
trait Points {
    type To: ?Sized;
}
impl Points for u8 {
    type To = &'static u8;
}
impl Points for u16 {
    type To = dyn Fn();
}
impl<T: Points> Points for [T; 1] {
    type To = T::To;
}
#[derive(ShmSafe)]
#[repr(C)]
struct A(u8, <Arena as Rules>::Score); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct B(u8, <Arena as Rules>::Of<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct C(u8, <u8 as Points>::To); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct D(u8, <[[u8; 1]; 1] as Points>::To); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct E(u8, PhantomData<<u16 as Points>::To>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct F<R: Rules>(u8, R::Score, PhantomData<R>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct G<R: Rules>(u8, R::Of<u8>, PhantomData<R>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct H<T: Iterator>(u8, T::Item); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct I<T>(u8, <T as Deref>::Target) //~ refused
where
    T: Deref<Target = &'static u8>;
#[derive(ShmSafe)]
#[repr(C)]
struct J<T: ToOwned>(u8, T::Owned); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct K<F: Fn() -> u8>(u8, [F; 2], *const F); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct L<T>(u8, &'static T) //~ refused
where
    T: 'static;
#[derive(ShmSafe)]
#[repr(C)]
struct M<T>(u8, Option<T>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct N<T>(u8, Vec<T>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct O<T: 'static, const N: usize>(u8, [Box<T>; N]); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct P<T, U = String>(T, U, String); //~ refused
#[derive(ShmSafe)]
#[repr(C, u8)]
enum Q<T> {
    A(T),
    B(Option<T>), //~ refused
    C { c: *const T }, //~ refused
}

fn main() {}
