//! A cycle of types ends at a handle, which names its target.
use resume_core::ShmSafe;
use resume_core::layout::{Ident, IdentArg, Kind, TypeDesc};
use std::marker::PhantomData;

#[repr(C)]
struct Link<T> {
    index: u32,
    generation: u32,
    of: PhantomData<fn() -> T>,
}

// SAFETY: two `u32`; no bound on `T`'s descriptor, which would close the cycle.
unsafe impl<T: ShmSafe> ShmSafe for Link<T> {
    const ID: &'static Ident = &Ident::new("Link", &[IdentArg::Type(T::ID)]);
    const DESC: &'static TypeDesc = &TypeDesc::new(Self::ID, Kind::Handle { target: T::ID }, 8, 4);
}

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    guild: Link<Guild>,
    friends: [Link<Player>; 8],
}

#[derive(ShmSafe)]
#[repr(C)]
struct Guild {
    leader: Link<Player>,
    news: News<Guild>,
}

#[derive(ShmSafe)]
#[repr(C, u8)]
enum News<T> {
    None,
    About(Link<T>),
}

fn main() {
    assert_eq!(Player::DESC.size, 72);
    assert_ne!(Player::DESC.schema, Guild::DESC.schema);
}
