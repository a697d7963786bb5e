//! What no handle and no owner leads to is found and named, and nothing else is.
#![allow(clippy::unwrap_used, reason = "a failure ends the test")]

mod container_support;

use container_support::Arena;
use resume_core::check::{Reach, Reached};
use resume_core::container::{StaticList, StaticMap, StaticString, StaticVec, Timers, Versioned};
use resume_core::event::EventQueue;
use resume_core::heap::{Heap, HeapString, HeapVec};
use resume_core::pool::{Handle, Pool};
use resume_core::{ShmInstant, ShmOption, ShmSafe};

#[derive(ShmSafe)]
#[repr(C)]
struct Buff {
    strength: u32,
    /// Buffs lead to each other: a circle of them is not reachable for that.
    next: Handle<Buff>,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    target: ShmOption<Handle<Player>>,
    buffs: StaticVec<Handle<Buff>, 4>,
    mount: Handle<Horse>,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Horse(u64);

#[derive(ShmSafe, Clone, Copy)]
#[repr(C)]
struct Event {
    of: Handle<Player>,
}

/// Nobody has a handle to one.
#[derive(ShmSafe)]
#[repr(C)]
struct Scene {
    owner: Handle<Player>,
    marks: Pool<u16, 3>,
}

#[derive(ShmSafe)]
#[repr(C)]
struct World {
    players: Pool<Player, 8>,
    by_name: StaticMap<u32, Handle<Player>, 16>,
    buffs: Pool<Buff, 8>,
    horses: Pool<Horse, 4>,
    spare_horses: Pool<Horse, 4>,
    scenes: Pool<Scene, 4>,
    events: EventQueue<Event, 4>,
    leader: Versioned<Handle<Player>>,
    queue: StaticList<u64, 4>,
    first_of_queue: Handle<u64>,
    timers: Timers<Handle<Buff>, 4, 8>,
    heap: Heap<1024>,
    parties: HeapVec<Party>,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Party {
    name: HeapString,
    of: HeapVec<Handle<Player>>,
}

fn player(buffs: &[Handle<Buff>], mount: Handle<Horse>) -> Player {
    let mut player = Player { target: ShmOption::None, buffs: StaticVec::new(), mount };
    player.buffs.extend_from_slice(buffs).unwrap();
    player
}

fn search(arena: &mut Arena, reach: &Reach) -> Reached {
    arena.with(|world: &mut World| reach.of(world))
}

fn told(reached: &Reached) -> Vec<String> {
    reached.leaked.iter().chain(&reached.dangling).map(ToString::to_string).collect()
}

#[test]
fn what_is_named_from_anywhere_is_reachable() {
    let mut arena = Arena::new::<World>();
    arena.with(|world: &mut World| {
        let add = |world: &mut World| {
            let buff = world.buffs.insert(Buff { strength: 1, next: Handle::NULL }).unwrap();
            world.players.insert(player(&[buff], Handle::NULL)).unwrap()
        };
        // From a map, an event, a versioned value, another player, a scene of a pool nobody names, a block of a
        // heap within a block of it; and a buff by a timer.
        let handles: [Handle<Player>; 6] = std::array::from_fn(|_| add(world));
        world.by_name.insert(7, handles[0]).unwrap();
        world.events.push(Event { of: handles[1] }).unwrap();
        world.leader.set(handles[2]);
        world.players.get_mut(handles[2]).unwrap().target = ShmOption::Some(handles[3]);
        world.scenes.insert(Scene { owner: handles[4], marks: Pool::new() }).map_err(|_| "full").unwrap();
        let mut of = HeapVec::new();
        of.push(&mut world.heap, handles[5]).unwrap();
        let name = HeapString::from_str(&mut world.heap, "party").unwrap();
        world.parties.push(&mut world.heap, Party { name, of }).unwrap();
        let buff = world.buffs.insert(Buff { strength: 2, next: Handle::NULL }).unwrap();
        world.timers.schedule(ShmInstant::now(), buff).unwrap();
        world.first_of_queue = world.queue.push_back(1).unwrap();
        // Elements of a list need no handle.
        world.queue.push_back(2).unwrap();
    });
    let reached = search(&mut arena, &Reach::new());
    assert_eq!(told(&reached), [""; 0]);
    assert_eq!((reached.slots, reached.handles), (14, 14));
    assert_eq!(reached.to_string(), "slots=14 handles=14 leaked=0 dangling=0 ambiguous=0");
}

#[test]
fn leaks_are_named_also_when_they_lead_to_each_other() {
    let mut arena = Arena::new::<World>();
    arena.with(|world: &mut World| {
        let one = world.buffs.insert(Buff { strength: 1, next: Handle::NULL }).unwrap();
        let two = world.buffs.insert(Buff { strength: 2, next: one }).unwrap();
        world.buffs.get_mut(one).unwrap().next = two;
        let kept = world.buffs.insert(Buff { strength: 3, next: Handle::NULL }).unwrap();
        let known = world.players.insert(player(&[kept], Handle::NULL)).unwrap();
        world.by_name.insert(1, known).unwrap();
        // A player that nobody knows, with a horse that nobody else has.
        let horse = world.horses.insert(Horse(1)).unwrap();
        world.players.insert(player(&[], horse)).unwrap();
        let scene = world.scenes.insert(Scene { owner: Handle::NULL, marks: Pool::new() });
        world.scenes.get_mut(scene.map_err(|_| "full").unwrap()).unwrap().marks.insert(3).unwrap();
        let _ = HeapString::from_str(&mut world.heap, "forgotten").unwrap();
    });
    let reached = search(&mut arena, &Reach::new());
    assert_eq!(
        told(&reached),
        [
            "World.players[1]: expected a handle to this Player, found none",
            "World.buffs[0]: expected a handle to this Buff, found none",
            "World.buffs[1]: expected a handle to this Buff, found none",
            "World.horses[0]: expected a handle to this Horse, found none",
            "World.heap[granule 0]: expected an owner of this block of 32 bytes, found none",
        ]
    );
    // Told that the program walks over its players, it follows them.
    let reached = search(&mut arena, &Reach::new().kept("players").kept("buffs"));
    assert_eq!(told(&reached).len(), 1, "{reached}");
    assert_eq!(told(&search(&mut arena, &Reach::new().kept("players"))).len(), 3);
}

#[test]
fn what_dangles_is_named() {
    let mut arena = Arena::new::<World>();
    arena.with(|world: &mut World| {
        let gone = world.players.insert(player(&[], Handle::NULL)).unwrap();
        world.players.remove(gone).unwrap();
        world.by_name.insert(77, gone).unwrap();
        world.first_of_queue = Handle::from_bits(5 << 32 | 9);
        let mut of = HeapVec::new();
        of.push(&mut world.heap, gone).unwrap();
        let mut name = HeapString::from_str(&mut world.heap, "gone too").unwrap();
        // SAFETY: an owner has no drop glue, and two of one block are no danger to memory.
        let copy = unsafe { std::ptr::read(&name) };
        name.free(&mut world.heap).unwrap();
        world.parties.push(&mut world.heap, Party { name: copy, of }).unwrap();
    });
    let found = told(&search(&mut arena, &Reach::new()));
    assert_eq!(found.len(), 4, "{found:?}");
    for (expected, end) in [
        ("World.by_name[", ", key 77].value: expected a Player at 0v1, found none"),
        ("World.first_of_queue: ", "expected a u64 at 9v5, found none"),
        ("World.parties[0].of[0]: ", "expected a Player at 0v1, found none"),
        ("World.parties[0].name: expected a block with id 0x", " of a heap, found none"),
    ] {
        assert!(found.iter().any(|f| f.starts_with(expected) && f.ends_with(end)), "{expected}: {found:?}");
    }
}

#[test]
fn twins_in_pools_of_one_type_are_counted_and_never_reported_for_each_other() {
    let mut arena = Arena::new::<World>();
    arena.with(|world: &mut World| {
        let horse = world.horses.insert(Horse(1)).unwrap();
        let twin = world.spare_horses.insert(Horse(2)).unwrap();
        assert_eq!(horse, twin);
        let lonely = world.spare_horses.insert(Horse(3)).unwrap();
        assert_eq!(lonely.index(), 1);
        let rider = world.players.insert(player(&[], horse)).unwrap();
        world.leader.set(rider);
    });
    let reached = search(&mut arena, &Reach::new());
    assert_eq!(told(&reached), ["World.spare_horses[1]: expected a handle to this Horse, found none"]);
    assert_eq!(reached.ambiguous, 1);
}

#[test]
fn many_leaks_are_counted() {
    #[derive(ShmSafe)]
    #[repr(C)]
    struct Many {
        pool: Pool<u64, 1500>,
        one: Handle<u64>,
    }
    let mut arena = Arena::new::<Many>();
    let reached = arena.with(|many: &mut Many| {
        (0..1500).for_each(|n| many.one = many.pool.insert(n).unwrap());
        Reach::new().of(many)
    });
    assert_eq!((reached.leaked.len(), reached.leaked_dropped), (Reach::FOUND_MAX, 499));
}

/// Keys are clients' texts: one with a bracket does not change which pool is meant.
#[test]
fn a_pool_behind_any_key_is_kept() {
    #[derive(ShmSafe)]
    #[repr(C)]
    struct Squads {
        squads: StaticMap<StaticString<8>, Pool<u64, 2>, 16>,
        leader: Handle<u64>,
    }
    let mut arena = Arena::new::<Squads>();
    arena.with(|root: &mut Squads| {
        for key in ["plain", "a]b", "a[b", "]["] {
            let mut squad = Pool::new();
            squad.insert(7).unwrap();
            root.squads.insert(StaticString::try_from(key).unwrap(), squad).unwrap();
        }
        assert_eq!(Reach::new().of(root).leaked.len(), 4);
        assert_eq!(told(&Reach::new().kept("squads[].value").of(root)), [""; 0]);
    });
}
