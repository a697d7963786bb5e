#![forbid(unsafe_code)]
use resume_core::ShmSafe;
use resume_core::heap::{Heap, HeapSlice, HeapString, HeapVec};

#[derive(ShmSafe)]
#[repr(C)]
struct Texts(HeapVec<String>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct Borrowed(HeapVec<&'static str>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct Boxed(HeapSlice<Box<u8>>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct Elsewhere(&'static Heap<64>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct Perhaps(Option<HeapString>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct Guarded(HeapVec<std::sync::Mutex<u8>>); //~ refused

fn main() {}
