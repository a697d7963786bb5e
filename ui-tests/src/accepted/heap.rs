//! Owners of heap blocks: in structs, enums and containers, within each other, and beside several heaps.
#![allow(dead_code, reason = "described, never built")]

use resume_core::ShmSafe;
use resume_core::container::{StaticMap, StaticVec};
use resume_core::heap::{Heap, HeapSlice, HeapString, HeapVec};
use resume_core::pool::{Handle, Pool};

#[derive(ShmSafe)]
#[repr(C)]
struct World {
    heap: Heap<65536>,
    motto: HeapString,
    players: Pool<Player, 8>,
    mail: StaticMap<u32, HeapVec<Letter>, 16>,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    name: HeapString,
    friends: HeapVec<Handle<Player>>,
    tiles: HeapSlice<u128>,
    last: Said,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Letter {
    read: bool,
    text: HeapString,
    lines: HeapVec<HeapVec<char>>,
}

#[derive(ShmSafe)]
#[repr(C, u8)]
enum Said {
    Nothing,
    Text(HeapString),
    Words { words: HeapVec<HeapString>, loud: bool },
}

/// A fault in one scene stays in its heap.
#[derive(ShmSafe)]
#[repr(C)]
struct Scene<T, const BYTES: usize> {
    heap: Heap<BYTES>,
    things: HeapVec<T>,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Scenes {
    all: StaticVec<Scene<Letter, 4096>, 3>,
    small: [Scene<u8, 64>; 2],
}

pub(super) fn types() -> Vec<super::Entry> {
    entries![
        World,
        Player,
        Letter,
        Said,
        Scene<Letter, 4096>,
        Scenes,
        Heap<64>,
        HeapString,
        HeapVec<u128>,
        HeapVec<HeapSlice<HeapVec<u8>>>,
    ]
}
