//! Generic types, const parameters, bounds, associated types, recursion through handles.
#![allow(dead_code, reason = "described, never built")]

use std::fmt::Debug;
use std::marker::PhantomData;

use resume_core::ShmSafe;
use resume_core::container::{StaticMap, StaticVec};
use resume_core::pool::{Handle, Pool};

#[derive(ShmSafe)]
#[repr(C)]
struct Slots<T: Copy + Debug, const N: usize, const ON: bool = true>
where
    T: PartialEq,
    [T; N]: Sized,
{
    slots: [T; N],
    marker: PhantomData<[T; 3]>,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Flag<const ON: bool>(u8);

#[derive(ShmSafe)]
#[repr(C)]
struct Letter<const IS: char>(u16);

#[derive(ShmSafe)]
#[repr(C)]
struct Numbers<const A: i8, const B: u64, const C: i64>([u8; 3]);

#[derive(ShmSafe)]
#[repr(C)]
struct Matrix<const R: usize, const C: usize>([[f32; C]; R], u8);

#[derive(ShmSafe)]
#[repr(C)]
struct Defaulted<T = u64, const N: usize = 4>(u8, [T; N]);

#[derive(ShmSafe)]
#[repr(C)]
struct Pair<A, B>(A, B);

/// The bound `ShmSafe` brings `Sized` back.
#[derive(ShmSafe)]
#[repr(C)]
struct Unsized<T: ?Sized>(u8, T);

/// A type in its own marker is no cycle of bytes.
#[derive(ShmSafe)]
#[repr(C)]
struct Own(u8, PhantomData<Own>, PhantomData<[Own; 3]>);

#[derive(ShmSafe)]
#[repr(transparent)]
struct Wrapper<T>(T);

#[derive(ShmSafe)]
#[repr(C)]
struct Unused<T>(u8, PhantomData<T>);

type Swapped<A, B> = Pair<B, A>;
type Grid = [[Pair<u8, Swapped<u8, u64>>; 3]; 2];

#[derive(ShmSafe)]
#[repr(C)]
struct Aliased {
    grid: Grid,
    swapped: Swapped<u8, u64>,
}

trait Rules: 'static {
    type Score;
    type Table<const N: usize>;
    const PLAYERS: usize;
}

#[derive(ShmSafe)]
#[repr(C)]
struct Arena;

impl Rules for Arena {
    type Score = i64;
    type Table<const N: usize> = [u16; N];
    const PLAYERS: usize = 10;
}

#[derive(ShmSafe)]
#[repr(C)]
struct Match<R: Rules>
where
    R::Score: ShmSafe,
    R::Table<5>: ShmSafe,
{
    score: R::Score,
    table: R::Table<5>,
    rules: PhantomData<R>,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Projected {
    score: <Arena as Rules>::Score,
    table: <Arena as Rules>::Table<7>,
    seats: [u8; <Arena as Rules>::PLAYERS],
    item: <std::ops::Range<u32> as Iterator>::Item,
    output: <u64 as std::ops::Add>::Output,
}

trait Same {
    type It;
}

impl<T> Same for T {
    type It = T;
}

/// The field is the parameter, by a detour.
#[derive(ShmSafe)]
#[repr(C)]
struct Detour<T>(<T as Same>::It)
where
    <T as Same>::It: ShmSafe;

#[derive(ShmSafe)]
#[repr(C, u8)]
enum Either<A, B: Clone = u8>
where
    A: 'static,
{
    Left(A),
    Right { b: B, both: Pair<A, B> },
}

#[derive(ShmSafe)]
#[repr(u8)]
enum Tagged<T, const N: usize> {
    Many([T; N]) = 3,
    One(T) = 1,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    guild: Handle<Guild>,
    friends: [Handle<Player>; 8],
    target: Handle<News<Player>>,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Guild {
    leader: Handle<Player>,
    news: News<Guild>,
}

#[derive(ShmSafe)]
#[repr(C, u8)]
enum News<T> {
    None,
    About(Handle<T>),
    Within(Handle<News<T>>, u8),
}

#[derive(ShmSafe)]
#[repr(C)]
struct Tree<T> {
    value: T,
    left: Handle<Tree<T>>,
    right: Handle<Tree<T>>,
    parent: PhantomData<u8>,
}

#[derive(ShmSafe)]
#[repr(C)]
struct World {
    players: Pool<Player, 16>,
    guilds: Pool<Guild, 4>,
    trees: Pool<Tree<u32>, 8>,
    by_name: StaticMap<u64, StaticVec<Handle<Player>, 3>, 16>,
    grid: StaticVec<StaticVec<Pair<u8, u32>, 5>, 6>,
    maps: [StaticMap<u32, StaticMap<u32, bool, 16>, 16>; 2],
}

#[allow(single_use_lifetimes, reason = "the point")]
fn in_a_function() -> Vec<super::Entry> {
    #[derive(ShmSafe)]
    #[repr(C)]
    struct Local<T> {
        player: Player,
        value: T,
    }
    entries![Local<Local<u8>>, Local<bool>]
}

pub(super) fn types() -> Vec<super::Entry> {
    let mut all = entries![
        Slots<u32, 8>,
        Slots<u8, 0, false>,
        Flag<true>,
        Flag<false>,
        Letter<'a'>,
        Letter<'é'>,
        Numbers<-128, { u64::MAX }, { i64::MIN }>,
        Matrix<3, 4>,
        Matrix<0, 4>,
        Defaulted,
        Defaulted<u8, 1>,
        Pair<u8, Pair<u64, Pair<bool, u16>>>,
        Pair<Pair<u8, u16>, Pair<u8, u16>>,
        Wrapper<Wrapper<Wrapper<u32>>>,
        Unused<Gone>,
        Unsized<u16>,
        Own,
        Aliased,
        Match<Arena>,
        Projected,
        Detour<u16>,
        Either<u8, u64>,
        Either<Either<u8>, Either<u16>>,
        Tagged<u16, 3>,
        Tagged<Tagged<u8, 2>, 1>,
        Player,
        Guild,
        News<Player>,
        Tree<u8>,
        World,
    ];
    all.extend(in_a_function());
    all
}

/// Only ever named.
#[derive(ShmSafe, Clone, Copy)]
#[repr(C)]
struct Gone(u8);

impl<A: Clone + ShmSafe, B: Clone> Clone for Either<A, B> {
    fn clone(&self) -> Self {
        unreachable!("never built")
    }
}
