//! Hostile bytes: what passes the value check can be used through the safe API, all of it.
//!
//! Each round damages a state that holds every container, and asks for a check. What it refuses is refused by
//! path; what it lets through is read and changed as after a clean stop and as after a crash, and each bool,
//! tag, char and text is looked at as bytes: an invalid one is a hole in the check. Run it under
//! AddressSanitizer to see reads beyond the containers too:
//!
//! ```text
//! RUSTFLAGS=-Zsanitizer=address cargo +nightly test -p resume-core --target x86_64-unknown-linux-gnu --test check_hostile
//! ```
#![allow(clippy::unwrap_used, reason = "a failure ends the test")]

mod container_support;
#[path = "support/random.rs"]
#[allow(dead_code, reason = "a part of it")]
mod random;

use std::hash::Hash;
use std::ptr;

use container_support::Arena;
use random::Random;
use resume_core::check::Checker;
use resume_core::container::{Ring, StaticList, StaticMap, StaticSet, StaticString, StaticVec, Versioned};
use resume_core::event::{EventQueue, Quarantine};
use resume_core::pool::{Handle, Pool};
use resume_core::{ShmInstant, ShmOption, ShmSafe};

/// `RESUME_HOSTILE_ROUNDS` asks for more.
const ROUNDS: usize = 4_000;

#[derive(ShmSafe, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
enum Class {
    Mage = 0,
    Thief = 5,
    Smith = 6,
}

#[derive(ShmSafe, Clone, Copy)]
#[repr(C, u8)]
enum Event {
    Joined(bool),
    Said { letter: char, class: Class },
    Left(ShmOption<bool>),
}

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    alive: bool,
    class: Class,
    name: StaticString<8>,
    friend: Handle<Player>,
    last: Event,
    items: StaticVec<Class, 5>,
    done: StaticMap<u16, bool, 16>,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Root {
    players: Pool<Player, 6>,
    letters: Pool<char, 5>,
    by_name: StaticMap<StaticString<4>, Class, 16>,
    rooms: StaticVec<StaticVec<bool, 3>, 3>,
    events: EventQueue<Event, 5>,
    aside: Quarantine<Event, 3>,
    letters_said: Ring<char, 3>,
    rules: Versioned<Event>,
    seen: StaticSet<char, 16>,
    board: [[bool; 3]; 3],
    letter: char,
}

/// The byte of a value of one byte, as memory has it and not as the compiler believes it to be.
fn raw<T>(value: &T) -> u8 {
    assert_eq!(size_of::<T>(), 1);
    // SAFETY: the value is one initialised byte.
    unsafe { ptr::from_ref(value).cast::<u8>().read_volatile() }
}

fn see_bool(value: &bool) {
    assert!(raw(value) <= 1, "a bool of {}", raw(value));
}

fn see_class(value: &Class) {
    assert!([0, 5, 6].contains(&raw(value)), "a Class of {}", raw(value));
}

fn see_char(value: &char) {
    // SAFETY: a `char` is four initialised bytes.
    let bits = unsafe { ptr::from_ref(value).cast::<u32>().read_volatile() };
    assert!(char::from_u32(bits).is_some(), "a char of {bits:#x}");
}

fn see_text(text: &str) {
    assert!(std::str::from_utf8(text.as_bytes()).is_ok(), "text of {:x?}", text.as_bytes());
}

fn see_event(event: &Event) {
    // SAFETY: the tag is the first byte (`repr(C, u8)`).
    let tag = unsafe { ptr::from_ref(event).cast::<u8>().read_volatile() };
    assert!(tag <= 2, "an Event of {tag}");
    match event {
        Event::Joined(flag) => see_bool(flag),
        Event::Said { letter, class } => {
            see_char(letter);
            see_class(class);
        }
        Event::Left(option) => {
            // SAFETY: the tag is the first byte.
            let tag = unsafe { ptr::from_ref(option).cast::<u8>().read_volatile() };
            assert!(tag <= 1, "a ShmOption of {tag}");
            option.iter().for_each(see_bool);
        }
    }
}

fn see_player(player: &Player) {
    see_bool(&player.alive);
    see_class(&player.class);
    see_text(&player.name);
    see_event(&player.last);
    player.items.iter().for_each(see_class);
    for (key, done) in &player.done {
        see_bool(done);
        let _ = player.done.get(key);
    }
    (0..40).for_each(|key| player.done.get(&key).into_iter().for_each(see_bool));
}

/// All handles that any code could hold: those of each slot's own generation, and some of none.
fn handles<T>(words: &[u64]) -> Vec<Handle<T>> {
    let own =
        words.iter().enumerate().map(|(index, word)| Handle::from_bits(word >> 32 << 32 | index as u64));
    own.chain([Handle::NULL, Handle::from_bits(u64::MAX), Handle::from_bits(1 << 32 | 99)]).collect()
}

fn see_root(root: &Root, players: &[Handle<Player>], letters: &[Handle<char>]) {
    for handle in players.iter().copied().chain(root.players.iter().map(|(_, player)| player.friend)) {
        root.players.get(handle).into_iter().for_each(see_player);
    }
    root.players.iter().for_each(|(_, player)| see_player(player));
    letters.iter().filter_map(|handle| root.letters.get(*handle)).for_each(see_char);
    root.letters.iter().for_each(|(_, letter)| see_char(letter));
    for (name, class) in &root.by_name {
        see_text(name);
        see_class(class);
    }
    for name in ["a", "bb", "ccc"] {
        root.by_name.get(name).into_iter().for_each(see_class);
    }
    root.rooms.iter().flatten().for_each(see_bool);
    root.events.iter().for_each(|(_, event)| see_event(event));
    root.events.in_flight().into_iter().for_each(|(_, event)| see_event(event));
    root.events.peek().into_iter().for_each(see_event);
    root.aside.iter().for_each(|entry| see_event(&entry.event));
    root.letters_said.iter().for_each(see_char);
    root.letters_said.as_slices().1.iter().for_each(see_char);
    root.rules.get().into_iter().for_each(see_event);
    root.seen.iter().for_each(see_char);
    let _ = root.seen.contains(&'é');
    root.board.iter().flatten().for_each(see_bool);
    see_char(&root.letter);
}

fn player(random: &mut Random) -> Player {
    let mut player = Player {
        alive: true,
        class: Class::Smith,
        name: StaticString::try_from("Zoé").unwrap(),
        friend: Handle::from_bits((random.next() % 8) | 1 << 32),
        last: Event::Left(ShmOption::Some(true)),
        items: StaticVec::new(),
        done: StaticMap::new(),
    };
    for key in 0..random.below(6) as u16 {
        let _ = player.items.push(Class::Thief);
        let _ = player.done.insert(key * 7, true);
    }
    player
}

/// Operations of each container, some of them on what the damage left.
fn change(root: &mut Root, random: &mut Random, players: &[Handle<Player>]) {
    let _ = root.players.remove(players[random.below(players.len())]).inspect(see_player);
    while root.players.insert(player(random)).is_ok() {}
    drop(root.players.reserve());
    while root.letters.insert('é').is_ok() {}
    for name in ["a", "bb", "ccc", "dddd"] {
        let name = StaticString::try_from(name).unwrap();
        if let Ok(Some(old)) = root.by_name.insert(name, Class::Mage) {
            see_class(&old);
        }
    }
    let _ = root.by_name.remove("bb").inspect(see_class);
    let _ = root.by_name.retain(|name, class| {
        see_text(name);
        see_class(class);
        name.len() > 1
    });
    let _ = root.rooms.pop().inspect(|room| room.iter().for_each(see_bool));
    let _ = root.rooms.insert(0, StaticVec::new());
    root.events.clear_in_flight().into_iter().for_each(|(_, event)| see_event(&event));
    while let Some(event) = root.events.begin() {
        see_event(&event);
        root.events.finish(event);
    }
    let _ = root.letters_said.pop_back().inspect(see_char);
    if let Ok(Some(letter)) = root.letters_said.push_back_evicting('b') {
        see_char(&letter);
    }
    root.rules.update(|event| {
        see_event(event);
        Event::Joined(true)
    });
    let _ = root.seen.insert('é');
    root.seen.remove(&'a');
    for _ in 0..6 {
        if let Ok(id) = root.events.push(Event::Joined(true)) {
            let _ = root.aside.add(id, Event::Joined(false), ShmInstant::now());
        }
    }
}

fn start(random: &mut Random) -> Arena {
    let mut arena = Arena::new::<Root>();
    arena.with(|root: &mut Root| {
        for _ in 0..random.below(7) {
            let _ = root.players.insert(player(random));
            let _ = root.letters.insert('λ');
        }
        if random.below(2) == 0 {
            let first = root.players.iter().next().map(|(handle, _)| handle);
            let _ = first.and_then(|handle| root.players.remove(handle));
        }
        for (name, class) in [("a", Class::Mage), ("ccc", Class::Thief)] {
            let _ = root.by_name.insert(StaticString::try_from(name).unwrap(), class);
        }
        let mut room = StaticVec::new();
        let _ = room.push(true);
        let _ = root.rooms.push(room);
        for _ in 0..random.below(9) {
            let _ = root.events.push(Event::Said { letter: 'x', class: Class::Smith });
            let event = root.events.begin();
            let _ = root.events.push(Event::Left(ShmOption::None));
            if let Some(event) = event.filter(|_| random.below(4) > 0) {
                root.events.finish(event);
            }
        }
        let _ = root
            .events
            .peek()
            .copied()
            .map(|event| root.aside.add(Default::default(), event, ShmInstant::now()));
        for letter in ['a', 'é', 'λ'].into_iter().take(random.below(4)) {
            let _ = root.letters_said.push_back(letter);
            let _ = root.seen.insert(letter);
            root.rules.set(Event::Said { letter, class: Class::Thief });
        }
        root.letter = 'q';
    });
    assert_eq!(arena.check::<Root>(), []);
    arena
}

/// Flips, small numbers and noise, at some places or over a range; rarely everywhere.
fn damage(random: &mut Random, bytes: &mut [u8]) {
    let len = bytes.len();
    let noise = |random: &mut Random| match random.below(5) {
        0 => 0,
        1 => 1,
        2 => random.below(10) as u8,
        3 => 0x80,
        _ => random.next() as u8,
    };
    match random.below(40) {
        0 => bytes.iter_mut().for_each(|byte| *byte = noise(random)),
        1..5 => {
            let start = random.below(len);
            bytes[start..len.min(start + 32)].iter_mut().for_each(|byte| *byte = noise(random));
        }
        5..20 => (0..=random.below(4)).for_each(|_| bytes[random.below(len)] ^= 1 << random.below(8)),
        _ => (0..=random.below(4)).for_each(|_| bytes[random.below(len)] = noise(random)),
    }
}

/// The words of a pool's slots, as a program that knows the layout would forge handles from them.
fn words(bytes: &[u8], pool: usize, slot_bytes: usize, slots: usize) -> Vec<u64> {
    let at = |index: usize| pool + 16 + index * slot_bytes;
    (0..slots).map(|i| u64::from_le_bytes(bytes[at(i)..at(i) + 8].try_into().unwrap())).collect()
}

#[test]
fn what_passes_the_check_is_safe_to_use() {
    let rounds = std::env::var("RESUME_HOSTILE_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let seed = 0x7e57;
    let mut random = Random::new(seed);
    let (mut passed, mut refused) = (0, 0);
    for round in 0..rounds {
        let mut arena = start(&mut random);
        damage(&mut random, &mut arena.root_bytes()[..size_of::<Root>()]);
        let problems = arena.check::<Root>();
        if !problems.is_empty() {
            assert!(problems.iter().all(|p| p.path.starts_with('.') && !p.what.is_empty()), "{problems:?}");
            refused += 1;
            continue;
        }
        passed += 1;
        // After a crash derived data is made anew, after a clean stop it is what it is.
        if round % 2 == 0 {
            arena.recover::<Root>();
        }
        let bytes = arena.root_bytes();
        let player_slot = (size_of::<Pool<Player, 6>>() - 16) / 6;
        let players = handles(&words(bytes, 0, player_slot, 6));
        let letters = handles(&words(bytes, std::mem::offset_of!(Root, letters), 16, 5));
        arena.with(|root: &mut Root| {
            see_root(root, &players, &letters);
            change(root, &mut random, &players);
            see_root(root, &players, &letters);
            root.players.clear();
            root.by_name.clear();
            root.players.insert(player(&mut random)).map_err(|_| "full").unwrap();
            see_root(root, &players, &letters);
        });
        assert_eq!(arena.check::<Root>(), [], "round {round} of seed {seed:#x}");
    }
    println!("{passed} damaged states passed, {refused} were refused");
    assert!(passed > rounds / 10 && refused > rounds / 10, "{passed} passed, {refused} refused");
}

/// A slot that was never used holds nothing, whatever its bytes say: no handle and no repair brings it to
/// life.
#[test]
fn a_forged_slot_behind_the_used_ones_is_never_a_value() {
    type P = Pool<bool, 8>;
    for used in 0..8 {
        let mut arena = Arena::new::<P>();
        arena.with(|pool: &mut P| (0..used).for_each(|_| assert!(pool.insert(true).is_ok())));
        for slot in used..8 {
            // Generation 3, occupied, and no bool.
            let at = 16 + 16 * slot;
            arena.root_bytes()[at..at + 8].copy_from_slice(&(3_u64 << 32 | 2 << 30).to_le_bytes());
            arena.root_bytes()[at + 8] = 0xee;
        }
        assert_eq!(arena.check::<P>(), []);
        arena.with(|pool: &mut P| {
            let forged = |index: usize| Handle::from_bits(3 << 32 | index as u64);
            for index in used..8 {
                assert!(pool.get(forged(index)).is_none() && pool.get_mut(forged(index)).is_none());
                assert!(pool.remove(forged(index)).is_none());
            }
            assert_eq!(pool.iter().count(), used);
            while pool.insert(true).is_ok() {}
            pool.iter().for_each(|(_, value)| see_bool(value));
            assert_eq!((pool.iter().count(), pool.len()), (8, 8), "{used} used");
        });
        assert_eq!(arena.check::<P>(), []);
    }
}

#[derive(ShmSafe, Clone, Copy)]
#[repr(C)]
struct Cached {
    alive: bool,
    #[shm(transient)]
    class: ShmOption<Class>,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Transients {
    pool: Pool<Cached, 3>,
    vec: StaticVec<Cached, 3>,
    ring: Ring<Cached, 3>,
    map: StaticMap<u8, Cached, 16>,
    #[shm(transient)]
    text: StaticString<4>,
}

/// Transient bytes are not checked, so the pass behind the check has to reach each of them.
#[test]
fn what_is_transient_is_zero_behind_the_check() {
    let mut arena = Arena::new::<Transients>();
    let cached = |alive| Cached { alive, class: ShmOption::Some(Class::Smith) };
    arena.with(|root: &mut Transients| {
        for alive in [true, false] {
            let _ = root.pool.insert(cached(alive));
            let _ = root.vec.push(cached(alive));
            let _ = root.ring.push_front(cached(alive));
            let _ = root.map.insert(u8::from(alive), cached(alive));
        }
        let _ = root.text.push_str("text");
    });
    // Tag and value of each `class`, wherever it is, and the text.
    let bytes = &mut arena.root_bytes()[..size_of::<Transients>()];
    let places: Vec<usize> =
        (1..bytes.len() - 1).filter(|&i| bytes[i..i + 2] == [1, Class::Smith as u8]).collect();
    assert_eq!(places.len(), 8);
    for at in places {
        bytes[at..at + 2].fill(0xee);
    }
    let text = std::mem::offset_of!(Transients, text);
    bytes[text..text + 8].fill(0xee);
    arena.recover::<Transients>();
    arena.with(|root: &mut Transients| {
        let all = root
            .pool
            .iter()
            .map(|(_, c)| c)
            .chain(&root.vec)
            .chain(root.ring.iter())
            .chain(root.map.values());
        let mut seen = 0;
        for cached in all {
            see_bool(&cached.alive);
            assert!(cached.class.is_none());
            seen += 1;
        }
        assert_eq!((seen, root.text.as_str()), (8, ""));
    });
}

/// A list's node: 8 bytes of head and tail, 16 of counts; then 24 for each: word, next, prev, value.
fn node(index: usize) -> usize {
    24 + 24 * index
}

#[test]
fn a_node_outside_of_the_chain_is_no_way_into_it() {
    type L = StaticList<u64, 6>;
    let mut arena = Arena::new::<L>();
    arena.with(|list: &mut L| (0..3).for_each(|value| assert!(list.push_back(value).is_ok())));
    // The last one is cut off: still linked, as a crash leaves it, which the rebuild corrects.
    arena.root_bytes()[node(1) + 8..node(1) + 12].fill(0);
    assert_eq!(arena.check::<L>(), []);
    let mut checker = Checker::after_clean_stop();
    // SAFETY: the root's bytes, aligned and owned.
    unsafe { checker.value(L::DESC, arena.root_bytes().as_ptr()) };
    let problems = checker.finish().0;
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].what, "expected 3 linked nodes in chains, found 2");
    arena.recover::<L>();
    arena.with(|list: &mut L| assert!(list.iter().eq(&[0, 1])));
}

#[test]
fn a_forged_node_behind_the_used_ones_is_never_a_value() {
    type L = StaticList<bool, 6>;
    let mut arena = Arena::new::<L>();
    arena.with(|list: &mut L| assert!(list.push_back(true).is_ok()));
    // Nodes of 20 bytes, rounded up; generation 3, linked, and no bool.
    for index in 1..6 {
        let at = 24 + 24 * index;
        arena.root_bytes()[at..at + 8].copy_from_slice(&(3_u64 << 32 | 1).to_le_bytes());
        arena.root_bytes()[at + 16] = 0xee;
    }
    // The end and the link back of the first, which are derived, lead there.
    arena.root_bytes()[4] = 3;
    arena.root_bytes()[24 + 12] = 4;
    for mut checker in [Checker::new(), Checker::after_clean_stop()] {
        // SAFETY: the root's bytes, aligned and owned.
        unsafe { checker.value(L::DESC, arena.root_bytes().as_ptr()) };
        assert_eq!(checker.finish().0, []);
    }
    arena.with(|list: &mut L| {
        (1..6).for_each(|index| assert!(list.get(Handle::from_bits(3 << 32 | index)).is_none()));
        list.iter().chain(list.iter().rev()).chain(list.back()).chain(list.front()).for_each(see_bool);
    });
}
