use resume_core::ShmSafe;
use std::cell::{OnceCell, RefCell};
use std::fs::File;
use std::io::Stdin;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::Child;
use std::sync::mpsc::{Receiver, Sender};
use std::sync::*;
use std::task::{Poll, Waker};
use std::thread::{JoinHandle, Thread, ThreadId};

#[derive(ShmSafe)]
#[repr(C)]
struct S0(u8, RefCell<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S1(u8, OnceCell<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S2(u8, Mutex<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S3(u8, RwLock<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S4(u8, OnceLock<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S5(u8, Once); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S6(u8, Condvar); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S7(u8, Barrier); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S8(u8, MutexGuard<'static, u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S9(u8, std::cell::Ref<'static, u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S10(u8, Sender<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S11(u8, Receiver<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S12(u8, JoinHandle<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S13(u8, Thread); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S14(u8, Waker); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S15(u8, Poll<u8>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S16(u8, std::task::Context<'static>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S17(u8, std::thread::Scope<'static, 'static>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S18(u8, File); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S19(u8, OwnedFd); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S20(u8, BorrowedFd<'static>); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S21(u8, TcpStream); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S22(u8, TcpListener); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S23(u8, UdpSocket); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S24(u8, UnixStream); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S25(u8, UnixListener); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S26(u8, Stdin); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S27(u8, Child); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S28(u8, ThreadId); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S29(u8, std::fs::Metadata); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S30(u8, std::fs::DirEntry); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S31(u8, std::process::Command); //~ refused
#[derive(ShmSafe)]
#[repr(C)]
struct S32(u8, std::process::ExitStatus); //~ refused

fn main() {}
