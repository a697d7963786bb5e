#![forbid(unsafe_code)]
use resume_core::ShmSafe;
use resume_core::heap::{Heap, HeapSlice, HeapVec};
use resume_core::layout::TypeDesc;

#[derive(ShmSafe)]
#[repr(C, align(32))]
struct Wide(u8);
#[derive(ShmSafe)]
#[repr(C, align(64))]
struct Wider(u8);

const NO_BYTES: &TypeDesc = HeapVec::<()>::DESC; //~ refused
const TOO_WIDE: &TypeDesc = HeapVec::<Wide>::DESC; //~ refused
const TOO_WIDE_SLICE: &TypeDesc = HeapSlice::<Wider>::DESC; //~ refused
const ODD: &TypeDesc = Heap::<100>::DESC; //~ refused
const TOO_SMALL: &TypeDesc = Heap::<16>::DESC; //~ refused

fn main() {}
