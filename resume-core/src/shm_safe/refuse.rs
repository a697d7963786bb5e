//! The refused: types that people reach for, and what to use instead.
//!
//! Every type that is not on the allowlist is refused; those here are refused with a message of their
//! own, at any depth, through any alias. Each has an impl of [`ShmSafe`] under a bound that nobody can
//! meet: `Sealed` is a private marker, and no group trait is implemented for it. rustc then reports the
//! bound that failed, which is the group's message. With the refused type itself as `Self` of the group
//! trait it would report `ShmSafe` instead; hence the marker.
//!
//! - `for<'no>` defers the check of a bound without type parameters from the impl to its use.
//! - A type parameter is called `Refused`, because rustc's list of "other types that implement" shows it.
//! - `Option<Refused>` stands beside the allowed `Option<NonZero<u32>>`: coherence sees that the bound
//!   fails for the latter.

use std::{any, borrow, cell, collections, ffi, fs, io, mem, net, ops, path, pin, process, ptr, rc, sync};
use std::{os, task, thread, time};

use core::num::NonZero;
use core::ops::ControlFlow;

use super::ShmSafe;
use crate::layout::{Ident, TypeDesc};

/// Has no impl of any group trait, and cannot be named outside this crate.
pub struct Sealed;

/// Addresses.
#[diagnostic::on_unimplemented(
    message = "`{T}` is an address, and what it points to is gone or elsewhere after a crash",
    label = "an address may not live in shared memory",
    note = "keep the value itself, or a `Handle<T>` into a `Pool<T, N>` and look it up at use"
)]
pub trait Address<T: ?Sized> {}

/// Function pointers and what identifies code.
#[diagnostic::on_unimplemented(
    message = "`{T}` stands for code, which moves with every build and every start",
    label = "code may not live in shared memory",
    note = "keep a stable id, such as an enum with `#[repr(u16)]`, and `match` on it where you call"
)]
pub trait Code<T: ?Sized> {}

/// Heap memory with one owner or a count of owners.
#[diagnostic::on_unimplemented(
    message = "`{T}` owns memory on the heap, which is gone after a crash",
    label = "heap memory may not be owned by shared memory",
    note = "keep the value itself; where it is optional or shared, a `Handle<T>` into a `Pool<T, N>`"
)]
pub trait HeapValue<T: ?Sized> {}

/// Growing sequences.
#[diagnostic::on_unimplemented(
    message = "`{T}` keeps its elements on the heap, which is gone after a crash",
    label = "heap memory may not be owned by shared memory",
    note = "use `StaticVec<T, N>` (a double-ended queue: `Ring<T, N>`; events in order: `EventQueue<T, N>`; objects with \
            handles: `Pool<T, N>`; of no fixed length: `HeapVec<T>` beside a `Heap<BYTES>`)"
)]
pub trait HeapSequence<T: ?Sized> {}

/// Growing texts.
#[diagnostic::on_unimplemented(
    message = "`{T}` keeps its text on the heap, which is gone after a crash",
    label = "heap memory may not be owned by shared memory",
    note = "use `StaticString<N>`, where `N` is the number of bytes it holds at most (of no fixed length: `HeapString` \
            beside a `Heap<BYTES>`)"
)]
pub trait HeapText<T: ?Sized> {}

/// Growing sets.
#[diagnostic::on_unimplemented(
    message = "`{T}` keeps its elements on the heap, which is gone after a crash",
    label = "heap memory may not be owned by shared memory",
    note = "use `StaticSet<T, N>`; for small numbers `BitSet`"
)]
pub trait HeapSet<T: ?Sized> {}

/// Growing maps.
#[diagnostic::on_unimplemented(
    message = "`{T}` keeps its entries on the heap, which is gone after a crash",
    label = "heap memory may not be owned by shared memory",
    note = "use `StaticMap<K, V, N>`"
)]
pub trait HeapMap<T: ?Sized> {}

/// Borrow flags and locks.
#[diagnostic::on_unimplemented(
    message = "`{T}` keeps a lock or a borrow flag, which a dead stack would hold for ever",
    label = "a lock may not live in shared memory",
    note = "state has one writer and needs no lock: keep the value itself, or a `Cell<T>`"
)]
pub trait Lock<T: ?Sized> {}

/// What a stack frame hands back when it is left.
#[diagnostic::on_unimplemented(
    message = "`{T}` is handed back by the stack frame that holds it, and a crash ends that frame without it",
    label = "a handle that a stack manages may not live in shared memory",
    note = "keep it in the process-local `Env` of the root, and in the state the key to find it"
)]
pub trait StackManaged<T: ?Sized> {}

/// Wrappers that switch off what makes a value checkable.
#[diagnostic::on_unimplemented(
    message = "`{T}` hides whether its bytes are a value, or what they own",
    label = "bytes that cannot be checked may not live in shared memory",
    note = "use the value itself, `Cell<T>` for a shared mutable one, `ShmOption<T>` for one that may be absent"
)]
pub trait Unchecked<T: ?Sized> {}

/// What the kernel keeps for one process.
#[diagnostic::on_unimplemented(
    message = "`{T}` names something that the kernel keeps for this process only, and closes when it dies",
    label = "a kernel handle may not live in shared memory",
    note = "keep it in the process-local `Env` of the root; in the state keep what opens it again: a path, an address, an id"
)]
pub trait KernelHandle<T: ?Sized> {}

/// Clocks.
#[diagnostic::on_unimplemented(
    message = "`{T}` has no specified layout, and its clock may jump or start anew between two processes",
    label = "a reading of this clock may not live in shared memory",
    note = "use `ShmInstant`, which counts from the boot of the machine"
)]
pub trait Clock<T: ?Sized> {}

/// `Duration`.
#[diagnostic::on_unimplemented(
    message = "the layout of `{T}` is not specified, so the next build may choose another",
    label = "a type without a specified layout may not live in shared memory",
    note = "use `ShmDuration`, which converts from and to `Duration`"
)]
pub trait UnspecifiedDuration<T: ?Sized> {}

/// `Option`.
#[diagnostic::on_unimplemented(
    message = "the layout of `{T}` is not specified, so the next build may choose another",
    label = "a type without a specified layout may not live in shared memory",
    note = "use `ShmOption<T>`, which converts from and to `Option<T>`; `Option<NonZeroU32>` and its like are allowed"
)]
pub trait UnspecifiedOption<T: ?Sized> {}

/// `Result`.
#[diagnostic::on_unimplemented(
    message = "the layout of `{T}` is not specified, so the next build may choose another",
    label = "a type without a specified layout may not live in shared memory",
    note = "use `ShmResult<T, E>`, which converts from and to `Result<T, E>`"
)]
pub trait UnspecifiedResult<T: ?Sized> {}

/// Other sums of the standard library.
#[diagnostic::on_unimplemented(
    message = "the layout of `{T}` is not specified, so the next build may choose another",
    label = "a type without a specified layout may not live in shared memory",
    note = "use an enum of your own with `#[repr(C, u8)]` and `#[derive(ShmSafe)]`"
)]
pub trait UnspecifiedEnum<T: ?Sized> {}

/// Tuples of two.
#[diagnostic::on_unimplemented(
    message = "the layout of `{T}` is not specified, so the next build may choose another",
    label = "a type without a specified layout may not live in shared memory",
    note = "use a struct of your own with named fields, or `ShmPair<A, B>`, which converts from and to `(A, B)`"
)]
pub trait UnspecifiedPair<T: ?Sized> {}

/// Tuples of three.
#[diagnostic::on_unimplemented(
    message = "the layout of `{T}` is not specified, so the next build may choose another",
    label = "a type without a specified layout may not live in shared memory",
    note = "use a struct of your own with named fields, or `ShmTriple<A, B, C>`, which converts from and to \
            `(A, B, C)`"
)]
pub trait UnspecifiedTriple<T: ?Sized> {}

/// Ranges.
#[diagnostic::on_unimplemented(
    message = "the layout of `{T}` is not specified, so the next build may choose another",
    label = "a type without a specified layout may not live in shared memory",
    note = "use `ShmRange<T>` (`a..b`) or `ShmRangeInclusive<T>` (`a..=b`), which convert from and to std's"
)]
pub trait UnspecifiedRange<T: ?Sized> {}

/// Other tuples.
#[diagnostic::on_unimplemented(
    message = "the layout of `{T}` is not specified, so the next build may choose another",
    label = "a type without a specified layout may not live in shared memory",
    note = "use a struct of your own with named fields, `#[repr(C)]` and `#[derive(ShmSafe)]`"
)]
pub trait UnspecifiedStruct<T: ?Sized> {}

/// Network addresses.
#[diagnostic::on_unimplemented(
    message = "the layout of `{T}` is not specified, so the next build may choose another",
    label = "a type without a specified layout may not live in shared memory",
    note = "use `ShmIpv4`, `ShmIpv6`, `ShmIpAddr` or `ShmSocketAddr`, which convert from and to std's"
)]
pub trait UnspecifiedNet<T: ?Sized> {}

/// Numbers as wide as an address.
#[diagnostic::on_unimplemented(
    message = "`{T}` is as wide as an address, and may hide one",
    label = "a machine word may not live in shared memory",
    note = "use `u32` or `u64`; a `usize` field that is a count or an index can opt in with `#[shm(allow_usize)]`"
)]
pub trait MachineWord<T: ?Sized> {}

/// What stands for the descriptor of a type that has none.
pub const REFUSED: &TypeDesc = &TypeDesc::c_struct(&Ident::new("refused", &[]), &[], 0, 1);

/// `Group: impl[parameters] Type, …;`
macro_rules! refuse {
    ($($group:ident: $(impl[$($param:tt)*] $ty:ty),* $(,)?;)*) => {$($(
        // SAFETY: never applies. `Sealed` implements no group trait: there is no impl in this crate, and
        // no other crate can name `Sealed` or the trait to write one.
        #[expect(unused_lifetimes, reason = "its presence is what defers the check")]
        unsafe impl<$($param)*> ShmSafe for $ty
        where
            for<'no> Sealed: $group<$ty>,
        {
            const ID: &'static Ident = REFUSED.id;
            const DESC: &'static TypeDesc = REFUSED;
        }
    )*)*};
}

refuse! {
    Address:
        impl[Refused: ?Sized + 'static] &'static Refused,
        impl[Refused: ?Sized + 'static] &'static mut Refused,
        impl[Refused: ?Sized + 'static] *const Refused,
        impl[Refused: ?Sized + 'static] *mut Refused,
        impl[Refused: ?Sized + 'static] ptr::NonNull<Refused>,
        impl[Refused: 'static] sync::atomic::AtomicPtr<Refused>,
        impl[Refused: 'static] pin::Pin<Refused>;
    Code:
        impl[] any::TypeId,
        impl[Refused: 'static] mem::Discriminant<Refused>;
    HeapValue:
        impl[Refused: ?Sized + 'static] Box<Refused>,
        impl[Refused: ?Sized + 'static] rc::Rc<Refused>,
        impl[Refused: ?Sized + 'static] rc::Weak<Refused>,
        impl[Refused: ?Sized + 'static] sync::Arc<Refused>,
        impl[Refused: ?Sized + 'static] sync::Weak<Refused>,
        impl[Refused: ?Sized + ToOwned + 'static] borrow::Cow<'static, Refused>;
    HeapSequence:
        impl[Refused: 'static] Vec<Refused>,
        impl[Refused: 'static] collections::VecDeque<Refused>,
        impl[Refused: 'static] collections::LinkedList<Refused>,
        impl[Refused: 'static] collections::BinaryHeap<Refused>;
    HeapText:
        impl[] String,
        impl[] ffi::CString,
        impl[] ffi::OsString,
        impl[] path::PathBuf;
    HeapMap:
        impl[RefusedK: 'static, RefusedV: 'static, S: 'static] collections::HashMap<RefusedK, RefusedV, S>,
        impl[RefusedK: 'static, RefusedV: 'static] collections::BTreeMap<RefusedK, RefusedV>;
    HeapSet:
        impl[Refused: 'static, S: 'static] collections::HashSet<Refused, S>,
        impl[Refused: 'static] collections::BTreeSet<Refused>;
    Lock:
        impl[Refused: 'static] cell::RefCell<Refused>,
        impl[Refused: 'static] cell::OnceCell<Refused>,
        impl[Refused: 'static, F: 'static] cell::LazyCell<Refused, F>,
        impl[Refused: 'static] sync::Mutex<Refused>,
        impl[Refused: 'static] sync::RwLock<Refused>,
        impl[Refused: 'static] sync::OnceLock<Refused>,
        impl[Refused: 'static, F: 'static] sync::LazyLock<Refused, F>,
        impl[] sync::Once,
        impl[] sync::Condvar,
        impl[] sync::Barrier;
    StackManaged:
        impl[Refused: ?Sized + 'static] cell::Ref<'static, Refused>,
        impl[Refused: ?Sized + 'static] cell::RefMut<'static, Refused>,
        impl[Refused: ?Sized + 'static] sync::MutexGuard<'static, Refused>,
        impl[Refused: ?Sized + 'static] sync::RwLockReadGuard<'static, Refused>,
        impl[Refused: ?Sized + 'static] sync::RwLockWriteGuard<'static, Refused>,
        impl[Refused: 'static] sync::mpsc::Sender<Refused>,
        impl[Refused: 'static] sync::mpsc::SyncSender<Refused>,
        impl[Refused: 'static] sync::mpsc::Receiver<Refused>,
        impl[Refused: 'static] thread::JoinHandle<Refused>,
        impl[] thread::Thread,
        impl[] task::Waker;
    Unchecked:
        impl[Refused: 'static] mem::MaybeUninit<Refused>,
        impl[Refused: 'static] mem::ManuallyDrop<Refused>,
        impl[Refused: 'static] cell::UnsafeCell<Refused>;
    KernelHandle:
        impl[] fs::File,
        impl[] os::fd::OwnedFd,
        impl[] os::fd::BorrowedFd<'static>,
        impl[] net::TcpStream,
        impl[] net::TcpListener,
        impl[] net::UdpSocket,
        impl[] os::unix::net::UnixStream,
        impl[] os::unix::net::UnixListener,
        impl[] os::unix::net::UnixDatagram,
        impl[] io::Stdin,
        impl[] io::Stdout,
        impl[] io::Stderr,
        impl[] process::Child,
        impl[] thread::ThreadId;
    Clock:
        impl[] time::Instant,
        impl[] time::SystemTime;
    UnspecifiedDuration:
        impl[] time::Duration;
    UnspecifiedOption:
        impl[Refused: 'static] Option<Refused>;
    UnspecifiedResult:
        impl[Refused: 'static, RefusedE: 'static] Result<Refused, RefusedE>;
    UnspecifiedEnum:
        impl[Refused: 'static] ops::Bound<Refused>,
        impl[Refused: 'static, RefusedC: 'static] ControlFlow<Refused, RefusedC>,
        impl[Refused: 'static] task::Poll<Refused>,
        impl[] core::cmp::Ordering;
    UnspecifiedRange:
        impl[Refused: 'static] ops::Range<Refused>,
        impl[Refused: 'static] ops::RangeInclusive<Refused>,
        impl[Refused: 'static] ops::RangeFrom<Refused>,
        impl[Refused: 'static] ops::RangeTo<Refused>,
        impl[Refused: 'static] ops::RangeToInclusive<Refused>;
    UnspecifiedNet:
        impl[] net::IpAddr,
        impl[] net::Ipv4Addr,
        impl[] net::Ipv6Addr,
        impl[] net::SocketAddr,
        impl[] net::SocketAddrV4,
        impl[] net::SocketAddrV6;
    MachineWord:
        impl[] usize,
        impl[] isize,
        impl[] sync::atomic::AtomicUsize,
        impl[] sync::atomic::AtomicIsize,
        impl[] NonZero<usize>,
        impl[] NonZero<isize>;
}

macro_rules! refuse_tuple {
    ($a:ident $b:ident) => {
        refuse! { UnspecifiedPair: impl[$a: 'static, $b: 'static] ($a, $b); }
    };
    ($a:ident $b:ident $c:ident) => {
        refuse! { UnspecifiedTriple: impl[$a: 'static, $b: 'static, $c: 'static] ($a, $b, $c); }
    };
    ($($name:ident)*) => {
        refuse! { UnspecifiedStruct: impl[$($name: 'static),*] ($($name,)*); }
    };
}

/// Tuples and function pointers have no common shape to write one impl for.
macro_rules! refuse_each_arity {
    ($($name:ident)*; $next:ident $($later:ident)*) => {
        refuse_tuple!($($name)* $next);
        refuse! {
            Code:
                impl[$($name: 'static,)* $next: 'static] fn($($name),*) -> $next,
                impl[$($name: 'static,)* $next: 'static] unsafe fn($($name),*) -> $next,
                impl[$($name: 'static,)* $next: 'static] extern "C" fn($($name),*) -> $next,
                impl[$($name: 'static,)* $next: 'static] unsafe extern "C" fn($($name),*) -> $next;
        }
        refuse_each_arity!($($name)* $next; $($later)*);
    };
    ($($name:ident)*;) => {};
}

refuse_each_arity!(; Refused B C D E F G H I J K L);
