use resume_core::ShmSafe;
use std::borrow::Cow;
use std::collections::*;
use std::ffi::{CString, OsString};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc as Renamed;

type List<T> = Vec<T>;
type Name = String;
type Hasher = std::hash::BuildHasherDefault<std::hash::DefaultHasher>;

#[derive(ShmSafe)]
#[repr(C)]
struct S0(u8, Box<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S1(u8, Box<[u8]>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S2(u8, Box<str>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S3(u8, Rc<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S4(u8, Renamed<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S5(u8, std::rc::Weak<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S6(u8, std::sync::Weak<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S7(u8, Cow<'static, str>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S8(u8, Vec<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S9(u8, Vec<Vec<u8>>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S10(u8, VecDeque<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S11(u8, LinkedList<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S12(u8, BinaryHeap<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S13(u8, String); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S14(u8, CString); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S15(u8, OsString); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S16(u8, PathBuf); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S17(u8, HashMap<u8, u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S18(u8, HashMap<u8, u8, Hasher>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S19(u8, HashSet<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S20(u8, BTreeMap<u8, u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S21(u8, BTreeSet<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S22(u8, List<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S23(u8, Name); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S24(u8, Box<Box<u8>>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S25(u8, std::vec::IntoIter<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S26(u8, std::thread::LocalKey<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S27(u8, std::io::Error); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S28(u8, Box<dyn std::error::Error>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S29(u8, [String; 2]); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S30(u8, std::sync::LazyLock<u8>); //~ refused

fn main() {}
