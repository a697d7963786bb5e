#![forbid(unsafe_code)]
use resume_core::ShmSafe;
use resume_core::heap::{Heap, HeapSlice, HeapVec};

#[derive(ShmSafe)]
#[repr(C, align(32))]
struct Wide(u8);
#[derive(ShmSafe)]
#[repr(C, align(64))]
struct Wider(u8);

#[derive(ShmSafe)]
#[repr(C)]
struct NoBytes(HeapVec<()>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct TooWide(HeapVec<Wide>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct TooWideSlice(HeapSlice<Wider>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct Odd(Heap<100>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct TooSmall(Heap<16>); //~ refused

fn main() {}
