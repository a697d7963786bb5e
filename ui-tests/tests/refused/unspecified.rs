use resume_core::ShmSafe;
use std::cell::UnsafeCell;
use std::cmp::Ordering;
use std::convert::Infallible;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::net::*;
use std::num::{NonZero, NonZeroIsize};
use std::ops::*;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant, SystemTime};

type Pair = (u8, f32);
type Len = usize;
type Vector = std::arch::x86_64::__m128;

#[derive(ShmSafe)]
#[repr(C)]
struct S0(u8, Instant); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S1(u8, SystemTime); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S2(u8, Duration); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S3(u8, Option<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S4(u8, Option<Option<u8>>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S5(u8, Option<bool>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S6(u8, Option<NonZero<usize>>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S7(u8, Result<u8, u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S8(u8, Bound<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S9(u8, ControlFlow<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S10(u8, Ordering); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S11(u8, (u8,)); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S12(u8, (u8, u16)); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S13(u8, Pair); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S14(u8, ((), ())); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S15(u8, Range<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S16(u8, RangeInclusive<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S17(u8, RangeFrom<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S18(u8, RangeTo<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S19(u8, IpAddr); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S20(u8, Ipv4Addr); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S21(u8, Ipv6Addr); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S22(u8, SocketAddr); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S23(u8, usize); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S24(u8, isize); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S25(u8, AtomicUsize); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S26(u8, NonZero<usize>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S27(u8, NonZeroIsize); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S28(u8, Len); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S29(u8, [usize; 3]); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S31(u8, MaybeUninit<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S32(u8, ManuallyDrop<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S33(u8, ManuallyDrop<Box<u8>>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S34(u8, UnsafeCell<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S35(u8, Infallible); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S36(u8, Vector); //~ refused

fn main() {}
