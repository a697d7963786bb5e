//! The value check of an attach against `memcpy` of the same bytes, in one run.
//!
//! ```text
//! cargo bench -p resume-core --bench value_check
//! ```
//! Rounds of the two sides alternate, so that a change of the machine's speed hits both; the ratio is the
//! median of the rounds' own ratios (check time / memcpy time: below 1 the check is the faster one). GB/s
//! counts all bytes of the state, of which the check reads only those that can be wrong.
#![allow(clippy::unwrap_used, reason = "a failure ends the benchmark")]

#[path = "../tests/container_support/mod.rs"]
mod container_support;
#[path = "../tests/support/random.rs"]
#[allow(dead_code, reason = "a part of it")]
mod random;

use std::hint::black_box;
use std::time::Instant;

use container_support::Arena;
use random::Random;
use resume_core::check::Rebuild;
use resume_core::container::{StaticMap, StaticString, StaticVec};
use resume_core::pool::{Handle, Pool};
use resume_core::{ShmInstant, ShmOption, ShmSafe};

const ROUNDS: usize = 11;

#[derive(ShmSafe, Clone, Copy)]
#[repr(u8)]
enum Quality {
    Common,
    Rare,
    Epic,
    Legendary,
}

#[derive(ShmSafe, Clone, Copy)]
#[repr(C)]
struct Item {
    id: u32,
    count: u16,
    bound: bool,
    quality: Quality,
}

#[derive(ShmSafe, Clone, Copy)]
#[repr(C)]
struct Buff {
    id: u32,
    stacks: u16,
    harmful: bool,
    source: Handle<Player>,
    expires_at: ShmInstant,
}

#[derive(ShmSafe, Clone, Copy)]
#[repr(C)]
struct Quest {
    step: u16,
    tracked: bool,
    quality: Quality,
}

#[derive(ShmSafe, Clone, Copy)]
#[repr(C, u8)]
enum Action {
    Idle,
    Walking { to: [f32; 2], running: bool },
    Casting { skill: u32, target: Handle<Player>, until: ShmInstant },
    Dead { at: ShmInstant, revivable: bool },
}

/// What a game keeps of a player: some 1.2 KB, of which few bytes can be invalid.
#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    id: u64,
    name: StaticString<36>,
    alive: bool,
    online: bool,
    muted: bool,
    class: Quality,
    position: [f32; 3],
    velocity: [f32; 3],
    attributes: [i32; 32],
    action: Action,
    target: ShmOption<Handle<Player>>,
    party: ShmOption<u32>,
    title: ShmOption<StaticString<20>>,
    inventory: StaticVec<Item, 40>,
    buffs: StaticVec<Buff, 8>,
    quests: StaticMap<u32, Quest, 16>,
    cooldowns: StaticMap<u32, ShmInstant, 16>,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Plain {
    id: u64,
    position: [f32; 3],
    attributes: [i32; 32],
    target: Handle<Plain>,
    history: [u64; 128],
}

fn quality(random: &mut Random) -> Quality {
    [Quality::Common, Quality::Rare, Quality::Epic, Quality::Legendary][random.below(4)]
}

fn text<const N: usize>(random: &mut Random) -> StaticString<N> {
    let letters = random.below(N / 2);
    let accent = if random.below(8) == 0 { "é" } else { "e" };
    let word: String = (0..letters).map(|i| if i == 3 { accent } else { "a" }).collect();
    StaticString::try_from(&word[..]).unwrap_or_default()
}

fn player(random: &mut Random) -> Player {
    let now = ShmInstant::now();
    let flag = |random: &mut Random| random.below(2) == 0;
    let mut player = Player {
        id: random.next(),
        name: text(random),
        alive: flag(random),
        online: flag(random),
        muted: flag(random),
        class: quality(random),
        position: [1.0; 3],
        velocity: [2.0; 3],
        attributes: [3; 32],
        action: match random.below(4) {
            0 => Action::Idle,
            1 => Action::Walking { to: [1.0; 2], running: flag(random) },
            2 => Action::Casting { skill: 7, target: Handle::NULL, until: now },
            _ => Action::Dead { at: now, revivable: flag(random) },
        },
        target: if flag(random) { ShmOption::Some(Handle::NULL) } else { ShmOption::None },
        party: if flag(random) { ShmOption::Some(9) } else { ShmOption::None },
        title: if flag(random) { ShmOption::Some(text(random)) } else { ShmOption::None },
        inventory: StaticVec::new(),
        buffs: StaticVec::new(),
        quests: StaticMap::new(),
        cooldowns: StaticMap::new(),
    };
    for id in 0..random.below(40) as u32 {
        let item = Item { id, count: 3, bound: flag(random), quality: quality(random) };
        let _ = player.inventory.push(item);
    }
    for id in 0..random.below(8) as u32 {
        let harmful = flag(random);
        let _ = player.buffs.push(Buff { id, stacks: 1, harmful, source: Handle::NULL, expires_at: now });
    }
    for _ in 0..random.below(12) {
        let quest = Quest { step: 2, tracked: flag(random), quality: quality(random) };
        let _ = player.quests.insert(random.next() as u32, quest);
        let _ = player.cooldowns.insert(random.next() as u32, now);
    }
    player
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Checks the root of `arena` and copies its bytes, in turn.
fn compare<R: ShmSafe>(name: &str, elements: usize, arena: &mut Arena) {
    let bytes = size_of::<R>();
    let mut copy = vec![1_u8; bytes];
    let (mut check_s, mut copy_s) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let start = Instant::now();
        assert_eq!(black_box(arena.check::<R>()), []);
        let checked = start.elapsed().as_secs_f64();
        let start = Instant::now();
        copy.copy_from_slice(&arena.root_bytes()[..bytes]);
        black_box(&mut copy);
        let copied = start.elapsed().as_secs_f64();
        // The first round warms both up.
        if round > 0 {
            check_s.push(checked);
            copy_s.push(copied);
        }
    }
    let mut rebuild_s = Vec::new();
    for _ in 0..3 {
        let start = Instant::now();
        // SAFETY: the root's bytes, aligned and owned; they passed the check.
        unsafe { Rebuild::default().value(R::DESC, arena.root_bytes().as_mut_ptr()) };
        rebuild_s.push(start.elapsed().as_secs_f64());
    }
    let rebuild_ms = median(rebuild_s) * 1e3;
    let ratio = median(check_s.iter().zip(&copy_s).map(|(check, copy)| check / copy).collect());
    let (check, copy) = (median(check_s), median(copy_s));
    let gb = bytes as f64 / 1e9;
    println!(
        "{name:40} {:7.1} MB  value check: {:8.1} GB/s, memcpy {:5.1} GB/s, ratio {ratio:.3}  \
         ({:.1} ns per element, rebuild {rebuild_ms:.1} ms)",
        bytes as f64 / 1e6,
        gb / check,
        gb / copy,
        check * 1e9 / elements as f64,
    );
}

fn players<const N: usize>(live: usize, name: &str) {
    let mut random = Random::new(1);
    let mut arena = Arena::new::<Pool<Player, N>>();
    arena.with(|pool: &mut Pool<Player, N>| {
        let handles: Vec<_> = (0..N).filter_map(|_| pool.insert(player(&mut random)).ok()).collect();
        assert_eq!(handles.len(), N);
        // Those that left are spread over the pool.
        for handle in handles.iter().filter(|_| live < N) {
            if random.below(N) >= live {
                pool.remove(*handle);
            }
        }
    });
    compare::<Pool<Player, N>>(name, N, &mut arena);
}

fn empty<const N: usize>() {
    let mut arena = Arena::new::<Pool<[bool; 64], N>>();
    compare::<Pool<[bool; 64], N>>("pool of 1,000,000, never used", N, &mut arena);
    arena.with(|pool: &mut Pool<[bool; 64], N>| {
        while pool.insert([false; 64]).is_ok() {}
        pool.clear();
    });
    compare::<Pool<[bool; 64], N>>("pool of 1,000,000, all removed", N, &mut arena);
}

fn plain<const N: usize>() {
    let mut arena = Arena::new::<[Plain; N]>();
    compare::<[Plain; N]>("plain array", N, &mut arena);
    let mut arena = Arena::new::<Pool<Plain, N>>();
    arena.with(|pool: &mut Pool<Plain, N>| {
        let plain = || Plain {
            id: 1,
            position: [0.0; 3],
            attributes: [1; 32],
            target: Handle::NULL,
            history: [2; 128],
        };
        while pool.insert(plain()).is_ok() {}
    });
    compare::<Pool<Plain, N>>("pool of plain values", N, &mut arena);
}

#[derive(ShmSafe, Clone, Copy)]
#[repr(C)]
struct Cell {
    height: f32,
    walkable: bool,
    seen: bool,
    quality: Quality,
}

fn arrays<const N: usize>() {
    let mut random = Random::new(2);
    let mut arena = Arena::new::<[bool; N]>();
    arena.with(|bools: &mut [bool; N]| bools.iter_mut().for_each(|b| *b = random.next().is_multiple_of(2)));
    compare::<[bool; N]>("[bool; N]", N, &mut arena);
    let mut arena = Arena::new::<StaticVec<bool, N>>();
    arena.with(|bools: &mut StaticVec<bool, N>| while bools.push(true).is_ok() {});
    compare::<StaticVec<bool, N>>("StaticVec<bool, N>", N, &mut arena);
    let mut arena = Arena::new::<[Quality; N]>();
    compare::<[Quality; N]>("[unit enum; N]", N, &mut arena);
    let mut arena = Arena::new::<[char; N]>();
    compare::<[char; N]>("[char; N]", N, &mut arena);
    let mut arena = Arena::new::<[Cell; N]>();
    compare::<[Cell; N]>("[{ f32, bool, bool, enum }; N]", N, &mut arena);
}

fn main() {
    if std::env::args().any(|arg| arg == "players") {
        players::<1_000>(1_000, "players, all 1,000 slots");
        return players::<100_000>(100_000, "players, all 100,000 slots");
    }
    players::<100_000>(100_000, "players, all 100,000 slots");
    players::<100_000>(50_000, "players, half of 100,000 slots");
    empty::<1_000_000>();
    plain::<100_000>();
    arrays::<{ 16 << 20 }>();
}
