//! Damaged and hostile bytes of heaps and owners: refused by path, or harmless.
//!
//! Run it under AddressSanitizer to see reads beyond the heap too:
//! ```text
//! RUSTFLAGS=-Zsanitizer=address cargo +nightly test -p resume-core --target x86_64-unknown-linux-gnu --test heap_damage
//! ```
#![allow(clippy::unwrap_used, reason = "a failure ends the test")]

mod container_support;
#[path = "support/random.rs"]
#[allow(dead_code, reason = "a part of it")]
mod random;
mod segment_support;

use std::mem::offset_of;

use container_support::Arena;
use random::Random;
use resume_core::ShmSafe;
use resume_core::check::{Checker, Reach};
use resume_core::container::{StaticMap, StaticVec};
use resume_core::heap::{Heap, HeapError, HeapSlice, HeapString, HeapVec};
use resume_core::root;
use resume_core::root::{Context, Outcome, Resumed};
use resume_core::transaction::{TransactionError, transaction};

/// `RESUME_HOSTILE_ROUNDS` asks for more.
const ROUNDS: usize = 3_000;

#[derive(ShmSafe)]
#[repr(C)]
struct Room {
    open: bool,
    name: HeapString,
    doors: HeapVec<bool>,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Root {
    first: Heap<768>,
    rooms: HeapVec<Room>,
    letters: HeapSlice<char>,
    text: HeapString,
    second: Heap<512>,
    flags: StaticVec<HeapVec<bool>, 3>,
    names: StaticMap<u16, HeapString, 16>,
}

fn start(root: &mut Root) {
    for name in ["kitchen", "hall, with a long name", ""] {
        let name = HeapString::from_str(&mut root.first, name).unwrap();
        let doors = HeapVec::from_slice(&mut root.first, &[true, false]).unwrap();
        root.rooms.push(&mut root.first, Room { open: true, name, doors }).unwrap();
    }
    let letters = HeapSlice::from_slice(&mut root.first, &['a', 'ß', '€']).unwrap();
    let _ = root.letters.replace(letters).unwrap();
    root.text.push_str(&mut root.first, "text").unwrap();
    for len in 0..3 {
        let flags = HeapVec::from_slice(&mut root.second, &vec![true; len]).unwrap();
        root.flags.push(flags).unwrap();
        let name = HeapString::from_str(&mut root.second, "name").unwrap();
        root.names.insert(len as u16, name).unwrap();
    }
    root.names.remove(&1).unwrap().free(&mut root.second).unwrap();
}

fn byte(value: &bool) -> u8 {
    // SAFETY: a bool is one initialised byte.
    unsafe { std::ptr::from_ref(value).cast::<u8>().read_volatile() }
}

/// Looks at every value as bytes: an invalid one is a hole in the check.
fn see(root: &Root) {
    let texts = [root.text.as_str(&root.first)].into_iter();
    let of_rooms = root.rooms.iter(&root.first).map(|room| room.name.as_str(&root.first));
    let names = root.names.values().map(|name| name.as_str(&root.second));
    for text in texts.chain(of_rooms).chain(names) {
        assert!(std::str::from_utf8(text.as_bytes()).is_ok());
    }
    let doors =
        root.rooms.iter(&root.first).flat_map(|room| room.doors.iter(&root.first).chain([&room.open]));
    let flags = root.flags.iter().flat_map(|flags| flags.iter(&root.second));
    doors.chain(flags).for_each(|flag| assert!(byte(flag) <= 1));
    for letter in root.letters.as_slice(&root.first) {
        // SAFETY: a char is four initialised bytes.
        let bits = unsafe { std::ptr::from_ref(letter).cast::<u32>().read_volatile() };
        assert!(char::from_u32(bits).is_some());
    }
}

/// Fills both heaps with bytes that are no bool and no text, and frees that again.
fn fill(root: &mut Root) {
    let mut fillers = Vec::new();
    for bytes in [100, 16] {
        while let Ok(filler) = HeapVec::<u8>::from_slice(&mut root.first, &vec![0xee; bytes]) {
            fillers.push(filler);
        }
        while let Ok(mut filler) = HeapVec::<u8>::from_slice(&mut root.second, &vec![0xee; bytes]) {
            assert!(matches!(filler.free(&mut root.first), Err(HeapError::NotHere(()))));
            fillers.push(filler);
        }
    }
    see(root);
    for mut filler in fillers {
        if filler.free(&mut root.first).is_err() {
            filler.free(&mut root.second).unwrap();
        }
    }
}

fn change(root: &mut Root, random: &mut Random) {
    let index = random.below(4);
    if let Some(room) = root.rooms.at(&mut root.first, index) {
        let _ = room.project(|room| &mut room.doors).push(true);
    }
    if let Some(room) = root.rooms.at(&mut root.first, index) {
        let _ = room.project(|room| &mut room.name).push_str(" grows and grows");
    }
    let _ = root.text.assign(&mut root.first, "another text");
    if let Some(flags) = root.flags.last_mut() {
        let _ = flags.insert(&mut root.second, 0, false);
        let _ = flags.pop(&mut root.second);
    }
    if let Ok(mut room) = root.rooms.remove(&mut root.first, 0) {
        room.name.free(&mut root.first).unwrap();
        room.doors.free(&mut root.first).unwrap();
    }
}

fn damage(random: &mut Random, bytes: &mut [u8]) {
    for _ in 0..=random.below(2) {
        let at = random.below(bytes.len());
        match random.below(4) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = random.below(256) as u8,
            2 => {
                // One place over another: an owner, a header.
                let (from, to) = (at / 16 * 16, random.below(bytes.len()) / 16 * 16);
                let end = (from.max(to) + 16).min(bytes.len()) - from.max(to);
                bytes.copy_within(from..from + end, to);
            }
            _ => {
                let end = (at + random.below(40)).min(bytes.len());
                bytes[at..end].fill(if random.below(2) == 0 { 0 } else { 0xff });
            }
        }
    }
}

#[test]
fn damaged_heaps_are_refused_by_path_or_harmless() {
    let rounds = std::env::var("RESUME_HOSTILE_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(ROUNDS);
    let mut random = Random::new(0x4ea9);
    let mut whole = Arena::new::<Root>();
    whole.with(start);
    let (mut passed, mut refused) = (0, 0);
    // The words of the heaps are most of the root, and derived: damage what matters.
    let starts = [1900, offset_of!(Root, rooms), offset_of!(Root, second) + 1900, offset_of!(Root, flags)];
    for round in 0..rounds {
        let mut arena = whole.copy();
        let (from, bytes) = (starts[random.below(4)], arena.root_bytes());
        damage(&mut random, &mut bytes[from..][..800.min(size_of::<Root>() - from)]);
        if random.below(8) == 0 {
            damage(&mut random, &mut bytes[..size_of::<Root>()]);
        }
        // SAFETY: the root's bytes, aligned and owned. They may be anything.
        let _ = unsafe { Reach::new().bytes(Root::DESC, bytes.as_ptr()) }.to_string();
        let at = arena.root_bytes().as_ptr();
        // SAFETY: the root's bytes, aligned and owned.
        let passes = unsafe { Checker::new().passes(Root::DESC, at) };
        let mut walk = Checker::new();
        // SAFETY: as above.
        unsafe { walk.walk(Root::DESC, at) };
        assert_eq!(passes, walk.finish().0.is_empty(), "round {round}: both passes agree");
        let problems = arena.check::<Root>();
        if !problems.is_empty() {
            assert!(problems.iter().all(|p| p.path.starts_with('.') && !p.what.is_empty()), "{problems:?}");
            refused += 1;
            continue;
        }
        passed += 1;
        if round % 2 == 0 {
            arena.recover::<Root>();
        } else {
            stop_and_start(&mut arena);
        }
        arena.with(|root: &mut Root| {
            see(root);
            fill(root);
            change(root, &mut random);
            see(root);
            fill(root);
        });
        assert_eq!(arena.check::<Root>(), [], "round {round}");
    }
    println!("{passed} damaged states passed, {refused} were refused");
    assert!(passed > rounds / 10 && refused > rounds / 10, "{passed} passed, {refused} refused");
}

/// What an attach after a clean stop does.
fn stop_and_start(arena: &mut Arena) -> u64 {
    let mut checker = Checker::after_clean_stop();
    // SAFETY: the root's bytes, aligned and owned.
    unsafe { checker.value(Root::DESC, arena.root_bytes().as_mut_ptr()) };
    let heaps = checker.take_heaps();
    assert_eq!(checker.finish().0, []);
    // SAFETY: they passed the check just now, through a pointer that may write.
    unsafe { heaps.rebuild() }
}

fn problem(damage: impl FnOnce(&mut [u8])) -> String {
    let mut arena = Arena::new::<Root>();
    arena.with(start);
    damage(arena.root_bytes());
    let problems = arena.check::<Root>();
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems[0].to_string()
}

/// Where a block is, by what its payload holds.
fn find(bytes: &[u8], payload: &[u8]) -> usize {
    bytes.windows(payload.len()).position(|window| window == payload).unwrap()
}

#[test]
fn what_is_broken_is_told_by_path() {
    let owner = offset_of!(Root, text);
    assert!(problem(|b| b[owner] ^= 4).starts_with(".text: expected a block with id 0x"), "id");
    assert!(problem(|b| b[owner + 8] ^= 1).starts_with(".text: expected a block with id 0x"), "place");
    assert!(problem(|b| b[owner + 8..owner + 12].fill(0xff)).contains("at granule 4294967295"), "far away");
    let kitchen = |b: &[u8]| find(b, b"kitchen");
    assert_eq!(
        problem(|b| b[kitchen(b)] = 0xff),
        ".rooms[0].name: expected UTF-8, found none: invalid utf-8 sequence of 1 bytes from index 0"
    );
    let long = problem(|b| b[kitchen(b) - 4] = 17);
    assert_eq!(long, ".rooms[0].name: expected at most 16 elements in its block, found 17");
    let doors = problem(|b| {
        let at = kitchen(b) + 32;
        assert_eq!(b[at..at + 2], [1, 0]);
        b[at] = 2;
    });
    assert_eq!(doors, ".rooms[0].doors[0]: expected a bool (0 or 1), found 2");
    // An owner that has the id of blocks that are parked would share it with all of them.
    let parked = problem(|b| {
        let header = find(b, b"text") - 16;
        for at in [owner, header] {
            b[at..at + 8].copy_from_slice(&(u64::MAX - 1).to_ne_bytes());
        }
    });
    assert!(parked.starts_with(".text: expected a block with id 0xfffffffffffffffe"), "{parked}");
    let large = problem(|b| b[kitchen(b) - 7] = 0xff);
    assert!(large.starts_with(".rooms[0].name: expected a block with id"), "{large}");
}

#[test]
fn two_owners_of_one_block_are_refused_and_named() {
    #[derive(ShmSafe)]
    #[repr(C)]
    struct Pair {
        heap: Heap<256>,
        texts: [HeapString; 2],
    }
    let mut arena = Arena::new::<Pair>();
    let stash = arena.with(|pair: &mut Pair| {
        pair.texts[0].push_str(&mut pair.heap, "one text").unwrap();
        // Safe code gets a second owner: the transaction hands it out, and is rolled back.
        let mut stash = None;
        let aborted = transaction(pair, |pair, _| {
            stash = Some(pair.texts[0].take());
            Err::<(), _>(())
        });
        assert!(aborted.is_err());
        let mut stash = stash.unwrap();
        assert_eq!((stash.as_str(&pair.heap), pair.texts[0].as_str(&pair.heap)), ("one text", "one text"));
        // One block: what one does, both see.
        stash.push_str(&mut pair.heap, "!").unwrap();
        assert_eq!(pair.texts[0].as_str(&pair.heap), "one text!");
        // After growth elsewhere, or a free, the other one is stale: empty, and no way to anybody's block.
        let mut blocker = HeapVec::<u8>::with_capacity(&mut pair.heap, 16).unwrap();
        pair.texts[0].push_str(&mut pair.heap, " and more than fits the block").unwrap();
        assert_eq!(stash.as_str(&pair.heap), "");
        assert!(matches!(stash.push_str(&mut pair.heap, "x"), Err(HeapError::NotHere(()))));
        assert!(matches!(stash.free(&mut pair.heap), Err(HeapError::NotHere(()))));
        assert!(pair.texts[0].as_str(&pair.heap).ends_with("fits the block"));
        blocker.free(&mut pair.heap).unwrap();
        let aborted = transaction(pair, |pair, _| Err::<(), _>(pair.texts[0].take()));
        let Err(TransactionError::Aborted(copy)) = aborted else { panic!() };
        copy
    });
    assert_eq!(arena.check::<Pair>(), []);
    arena.with(|pair: &mut Pair| _ = pair.texts[1].replace(stash).unwrap());
    let problems = arena.check::<Pair>();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].to_string().starts_with(".texts[1]: expected a block of its own"), "{problems:?}");
}

/// An operation that does not fit the journal has changed nothing when it unwinds, even for code that catches that
/// and goes on in the doomed transaction.
#[test]
fn a_transaction_that_fills_the_journal_changes_nothing() {
    let mut arena = Arena::with_journal::<Root>(4096);
    arena.with(|root: &mut Root| {
        start(root);
        let before = (root.first.used_bytes(), root.first.blocks(), root.first.high_water_bytes());
        for catches in [false, true] {
            let outcome = transaction(root, |root, _| {
                for round in 0..200 {
                    let Root { first, text, rooms, .. } = &mut *root;
                    let mut step = || {
                        let mut name = HeapString::from_str(first, "a text of another length").unwrap();
                        let _ = rooms.pop(first);
                        let _ = text.push_str(first, "grows");
                        name.free(first).unwrap();
                    };
                    match catches {
                        false => step(),
                        true => _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(step)),
                    }
                    see(root);
                    assert!(round < 100 || catches, "the journal holds no such amount");
                }
                Ok::<_, ()>(())
            });
            assert!(matches!(outcome, Err(TransactionError::JournalFull(_))), "{outcome:?}");
            assert_eq!(before, (root.first.used_bytes(), root.first.blocks(), root.first.high_water_bytes()));
            assert_eq!((root.text.as_str(&root.first), root.rooms.len(&root.first)), ("text", 3));
            see(root);
        }
        fill(root);
    });
    assert_eq!(arena.recover::<Root>().heap_blocks_freed, 0);
}

#[test]
fn a_copy_of_a_heap_is_refused() {
    #[derive(ShmSafe)]
    #[repr(C)]
    struct Twins {
        heaps: [Heap<256>; 2],
        text: HeapString,
    }
    let mut arena = Arena::new::<Twins>();
    arena.with(|twins: &mut Twins| {
        twins.text.push_str(&mut twins.heaps[0], "text").unwrap();
        assert_eq!(twins.text.as_str(&twins.heaps[1]), "");
    });
    assert_eq!(arena.check::<Twins>(), []);
    let bytes = arena.root_bytes();
    bytes.copy_within(..size_of::<Heap<256>>(), size_of::<Heap<256>>());
    let problems = arena.check::<Twins>();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].to_string().starts_with(".heaps[1]: expected a heap of its own"), "{problems:?}");
}

#[test]
fn an_id_is_never_used_again_after_a_rollback() {
    #[derive(ShmSafe)]
    #[repr(C)]
    struct Mixed {
        heap: Heap<256>,
        flags: HeapVec<bool>,
    }
    let mut arena = Arena::new::<Mixed>();
    arena.with(|mixed: &mut Mixed| {
        // Bytes that are no bools, in a block that the rollback takes back; the owner gets out.
        let mut stash = None;
        let _ = transaction(mixed, |mixed, _| {
            stash = HeapVec::<u8>::from_slice(&mut mixed.heap, &[1; 8]).ok();
            Err::<(), _>(())
        });
        mixed.flags.extend_from_slice(&mut mixed.heap, &[true; 8]).unwrap();
        let mut stash = stash.unwrap();
        stash.as_mut_slice(&mut mixed.heap).fill(0xee);
        assert!(stash.set(&mut mixed.heap, 0, 0xee).is_err());
        assert!(mixed.flags.iter(&mixed.heap).all(|flag| byte(flag) == 1));
        assert_eq!(mixed.heap.blocks(), 1);
    });
}

root!(Leaky);

#[derive(ShmSafe)]
#[repr(C)]
struct Leaky {
    heap: Heap<4096>,
    text: HeapString,
}

impl resume_core::Root for Leaky {
    type Env = ();
    fn start(&mut self, (): &mut (), _: &Context) {
        self.text.push_str(&mut self.heap, "stays").unwrap();
    }
    fn resume(&mut self, (): &mut (), _: &Context, _: &Resumed) {
        assert_eq!((self.heap.blocks(), self.text.as_str(&self.heap)), (1, "stays"));
    }
    fn tick(&mut self, (): &mut (), _: &Context) {
        let _ = HeapString::from_str(&mut self.heap, "is forgotten").unwrap();
    }
}

#[test]
fn what_is_leaked_is_named_at_the_attach_and_free_again() {
    let place = segment_support::Place::new();
    let options = place.options().reach(Reach::new());
    let mut opened = options.open_or_create::<Leaky>(&mut ()).unwrap();
    assert_eq!(opened.reached, None);
    opened.live.tick(&mut ());
    opened.live.with(|root, _| {
        assert_eq!(root.heap.blocks(), 2);
        let found = Reach::new().of(root).leaked;
        let expected = "Leaky.heap[granule 2]: expected an owner of this block of 32 bytes, found none";
        assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), [expected]);
    });
    opened.live.tick(&mut ());
    opened.live.stop();
    let mut opened = options.attach::<Leaky>(&mut ()).unwrap();
    assert_eq!(opened.outcome, Outcome::ResumedAfterStop { generation: 2 });
    assert_eq!(opened.reached.unwrap().leaked.len(), 2);
    opened.live.tick(&mut ());
    // A panic in the logic leaves the segment as crashed.
    let crashed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        opened.live.with(|_, _| std::panic::resume_unwind(Box::new(())));
    }));
    assert!(crashed.is_err());
    drop(opened.live);
    let opened = options.attach::<Leaky>(&mut ()).unwrap();
    let Outcome::ResumedAfterCrash(crash) = opened.outcome else { panic!() };
    assert_eq!((crash.rebuild.heap_blocks_freed, opened.reached.unwrap().leaked.len()), (1, 1));
    opened.live.remove().unwrap();
}
