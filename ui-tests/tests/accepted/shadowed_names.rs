//! Whatever the expansion says can also be a name of the user's.
#![allow(dead_code, unused_macros, non_camel_case_types, non_upper_case_globals)]

mod core {}
mod std {}
mod resume_core {}
mod __private {}

use ::resume_core::ShmSafe as Derive;

struct ShmSafe;
struct TypeDesc;
struct Ident;
struct IdentArg;
struct FieldDesc;
const None: u8 = 0;
const Some: u8 = 0;
const f0: u8 = 0;
const field: u8 = 0;
const ID: u8 = 0;
const DESC: u8 = 0;
type usize = u8;
type i128 = u8;

macro_rules! offset_of {
    () => {};
}
macro_rules! assert {
    () => {};
}

#[derive(Derive)]
#[repr(C)]
struct Fields<const N: u8> {
    ID: u8,
    DESC: u16,
    field: u32,
    offset_of: u64,
    __shm_field_0: u8,
}

#[derive(Derive)]
#[repr(C, u8)]
enum Variants<None, const N: u8> {
    None(None),
    Some { Some: u8, __shm_start: u16 },
    Self_,
}

fn main() {}
