use resume_core::ShmSafe;
use std::marker::PhantomData;

type Slice = [u8];

#[derive(ShmSafe)]
struct A(u8); //~ refused
#[derive(ShmSafe)]
#[repr(Rust)] //~ refused
struct B(u8);
#[derive(ShmSafe)]
#[repr(align(8))]
struct C(u8); //~ refused
#[derive(ShmSafe)]
#[repr(C, packed)] //~ refused
struct D(u8, u32);
#[derive(ShmSafe)]
#[repr(C, packed(2))] //~ refused
struct E(u8, u32);
#[derive(ShmSafe)]
#[cfg_attr(any(), repr(C))]
struct F(u8); //~ refused
#[derive(ShmSafe)]
#[cfg_attr(all(), repr(packed))] //~ refused
#[repr(C)]
struct G(u8, u64);
#[derive(ShmSafe)]
enum H { //~ refused
    A,
    B,
}
#[derive(ShmSafe)]
enum I { //~ refused
    A(u8),
    B,
}
#[derive(ShmSafe)]
#[repr(usize)] //~ refused
enum J {
    A,
    B,
}
#[derive(ShmSafe)]
#[repr(C, isize)] //~ refused
enum K {
    A(u8),
    B,
}
#[derive(ShmSafe)]
#[repr(u8, align(16))] //~ refused
enum L {
    A,
    B,
}
#[derive(ShmSafe)]
enum Never {} //~ refused
#[derive(ShmSafe)]
#[repr(transparent)] //~ refused
enum M {
    A(u32),
}
#[derive(ShmSafe)]
#[repr(C)]
union N { //~ refused
    a: u32,
    b: f32,
}
#[derive(ShmSafe)]
#[repr(transparent)]
union O { //~ refused
    a: u32,
}
#[derive(ShmSafe)]
#[repr(C)]
struct P<'a>(u8, PhantomData<&'a u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct Q<'a, 'b: 'a, T>(T, PhantomData<(&'a u8, &'b u8)>); //~ refused
#[derive(ShmSafe)]
#[repr(C, u8)]
enum R<'a> { //~ refused
    A(&'a u8), //~ refused
}
#[derive(ShmSafe)]
#[repr(C)]
struct S(u8, [u8]); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct T(u8, str); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct U(u8, Slice); //~ refused

fn main() {}
