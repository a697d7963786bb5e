//! The values and containers of `resume-core`, as fields and within each other.
#![allow(dead_code, reason = "described, never built")]

use resume_core::container::{StaticMap, StaticString, StaticVec};
use resume_core::event::EventQueue;
use resume_core::pool::{Handle, Pool};
use resume_core::{
    Id128, ShmDuration, ShmInstant, ShmIpAddr, ShmIpv4, ShmIpv6, ShmOption, ShmPair, ShmRange,
    ShmRangeInclusive, ShmResult, ShmSafe, ShmSocketAddr, ShmTriple,
};

#[derive(ShmSafe)]
#[repr(C)]
struct Times {
    at: ShmInstant,
    flag: bool,
    takes: ShmDuration,
    maybe: ShmOption<ShmInstant>,
}

#[derive(ShmSafe, Clone, Copy)]
#[repr(C)]
struct Buff {
    kind: u16,
    expires: ShmInstant,
    caster: ShmOption<u32>,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Texts {
    one: StaticString<1>,
    name: StaticString<24>,
    lines: StaticVec<StaticString<10>, 4>,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Containers {
    vec: StaticVec<Buff, 7>,
    nested: StaticVec<StaticVec<bool, 3>, 5>,
    map: StaticMap<u32, Buff, 16>,
    map_of_map: StaticMap<u64, StaticMap<u8, char, 16>, 16>,
    pool: Pool<Buff, 11>,
    handle: Handle<Buff>,
    queue: EventQueue<Event, 8>,
}

#[derive(ShmSafe, Clone, Copy)]
#[repr(C, u8)]
enum Event {
    Tick,
    Hit { who: Handle<Buff>, amount: u32 },
}

#[derive(ShmSafe)]
#[repr(C, u8)]
enum Holder {
    None,
    Vec(StaticVec<u64, 2>),
    Map { map: StaticMap<u16, u16, 16> },
    Twice(ShmOption<ShmOption<bool>>),
}

#[derive(ShmSafe)]
#[repr(C)]
struct Zero {
    vec: StaticVec<(), 3>,
    units: ShmOption<()>,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Replacements {
    last: ShmResult<ShmPair<u8, u32>, u16>,
    at: ShmTriple<f32, f32, u8>,
    levels: ShmRange<u16>,
    damage: ShmRangeInclusive<i32>,
    peer: ShmSocketAddr,
    ip: ShmIpAddr,
    v4: ShmIpv4,
    v6: ShmIpv6,
    flag: bool,
    id: Id128,
    wraps: std::num::Wrapping<u32>,
    saturates: [std::num::Saturating<i16>; 3],
}

pub(super) fn types() -> Vec<super::Entry> {
    entries![
        Times,
        Buff,
        Texts,
        Containers,
        Event,
        Holder,
        Zero,
        ShmOption<ShmOption<u8>>,
        ShmInstant,
        Replacements
    ]
}
