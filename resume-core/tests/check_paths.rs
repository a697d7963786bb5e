//! What the value check says about broken bytes: the path, what was expected, and no more than is useful.
#![allow(clippy::unwrap_used, reason = "a failure ends the test")]

mod container_support;

use std::mem::offset_of;

use container_support::Arena;
use resume_core::check::Checker;
use resume_core::container::{StaticMap, StaticString, StaticVec};
use resume_core::event::EventQueue;
use resume_core::pool::{Handle, Pool};
use resume_core::{ShmOption, ShmSafe};

#[derive(ShmSafe, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
enum Slot {
    Head = 0,
    Hand = 4,
}

#[derive(ShmSafe, Clone, Copy)]
#[repr(C, u8)]
enum Action {
    Idle,
    Casting { skill: u32, ready: bool },
}

#[derive(ShmSafe, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(C)]
struct Place {
    x: i32,
    y: i32,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    alive: bool,
    action: Action,
    letter: char,
    slots: [Slot; 3],
    title: ShmOption<StaticString<4>>,
    buffs: StaticVec<Action, 4>,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Root {
    players: Pool<Player, 32>,
    done: StaticMap<u32, bool, 16>,
    worn: StaticMap<Slot, bool, 16>,
    named: StaticMap<StaticString<8>, bool, 16>,
    places: StaticMap<Place, bool, 16>,
    by_handle: StaticMap<Handle<Player>, bool, 16>,
    events: EventQueue<Action, 4>,
}

struct Broken {
    arena: Arena,
    handles: Vec<Handle<Player>>,
}

impl Broken {
    fn new() -> Self {
        let mut arena = Arena::new::<Root>();
        let handles = arena.with(|root: &mut Root| {
            let handles: Vec<_> = (0..20).map(|_| root.players.insert(player()).unwrap()).collect();
            root.done.insert(77, true).unwrap();
            root.worn.insert(Slot::Hand, true).unwrap();
            root.named.insert(StaticString::try_from("Ada").unwrap(), true).unwrap();
            root.places.insert(Place { x: -3, y: 4 }, true).unwrap();
            root.by_handle.insert(handles[5], true).unwrap();
            for _ in 0..6 {
                root.events.push(Action::Idle).unwrap();
                let event = root.events.begin().unwrap();
                root.events.finish(event);
            }
            root.events.push(Action::Casting { skill: 1, ready: true }).unwrap();
            handles
        });
        assert_eq!(arena.check::<Root>(), []);
        Self { arena, handles }
    }

    /// Writes `byte` `offset` bytes into what `find` finds, and gives the problems as text.
    fn with<T>(
        mut self,
        byte: u8,
        offset: usize,
        find: impl FnOnce(&Root, &[Handle<Player>]) -> *const T,
    ) -> Vec<String> {
        let start = self.arena.root_bytes().as_ptr() as usize;
        let handles = &self.handles;
        let at = self.arena.with(|root: &mut Root| find(root, handles) as usize);
        self.arena.root_bytes()[at - start + offset] = byte;
        self.arena.check::<Root>().iter().map(ToString::to_string).collect()
    }

    fn player<T>(self, byte: u8, offset: usize, part: impl FnOnce(&Player) -> &T) -> Vec<String> {
        self.with(byte, offset, |root, handles| part(root.players.get(handles[17]).unwrap()))
    }
}

fn player() -> Player {
    let mut buffs = StaticVec::new();
    buffs.push(Action::Idle).unwrap();
    buffs.push(Action::Casting { skill: 1, ready: true }).unwrap();
    Player {
        alive: true,
        action: Action::Casting { skill: 1, ready: false },
        letter: 'a',
        slots: [Slot::Head; 3],
        title: ShmOption::Some(StaticString::try_from("abc").unwrap()),
        buffs,
    }
}

#[test]
fn a_problem_is_named_by_its_path() {
    let bool_2 = "expected a bool (0 or 1), found 2";
    assert_eq!(Broken::new().player(2, 0, |p| &p.alive), [format!(".players[17].alive: {bool_2}")]);
    assert_eq!(
        Broken::new().player(2, 8, |p| &p.action),
        [format!(".players[17].action.Casting.ready: {bool_2}")]
    );
    assert_eq!(
        Broken::new().player(9, 0, |p| &p.action),
        [".players[17].action: expected a tag of Action, one of 0 (Idle), 1 (Casting); found 9"]
    );
    assert_eq!(
        Broken::new().player(0xff, 3, |p| &p.letter),
        [".players[17].letter: expected a Unicode scalar value, found 0xff000061"]
    );
    assert_eq!(
        Broken::new().player(3, 0, |p| &p.slots[1]),
        [".players[17].slots[1]: expected a tag of Slot, one of 0 (Head), 4 (Hand); found 3"]
    );
    assert_eq!(
        Broken::new().player(5, offset_of!(Player, title) - offset_of!(Player, slots) + 4, |p| &p.slots),
        [".players[17].title.Some.0: expected at most 4 bytes of text, found 5"]
    );
    assert_eq!(
        Broken::new().player(2, 8, |p| &p.buffs[1]),
        [format!(".players[17].buffs[1].Casting.ready: {bool_2}")]
    );
    assert_eq!(
        Broken::new().with(2, 8, |root, _| root.events.iter().next().unwrap().1),
        [format!(".events[6].Casting.ready: {bool_2}")]
    );
}

#[test]
fn an_entry_of_a_map_is_named_by_its_key_too() {
    let check = |problems: Vec<String>, map: &str, key: &str| {
        let [problem] = &problems[..] else { panic!("expected one problem: {problems:?}") };
        let (path, what) = problem.split_once(": ").unwrap();
        assert!(path.starts_with(&format!(".{map}[")) && path.ends_with(".value"), "{problem}");
        assert!(path.contains(&format!(", key {key}]")), "{problem}");
        assert_eq!(what, "expected a bool (0 or 1), found 2");
    };
    check(Broken::new().with(2, 0, |root, _| root.done.get(&77).unwrap()), "done", "77");
    check(Broken::new().with(2, 0, |root, _| root.worn.get(&Slot::Hand).unwrap()), "worn", "Hand");
    check(Broken::new().with(2, 0, |root, _| root.named.get("Ada").unwrap()), "named", "\"Ada\"");
    check(
        Broken::new().with(2, 0, |root, _| root.places.get(&Place { x: -3, y: 4 }).unwrap()),
        "places",
        "(-3, 4)",
    );
    check(
        Broken::new().with(2, 0, |root, handles| root.by_handle.get(&handles[5]).unwrap()),
        "by_handle",
        "5v1",
    );
    // A key that is broken itself is no name.
    let problems = Broken::new().with(0xff, 4, |root, _| root.named.keys().next().unwrap());
    assert!(
        problems[0].starts_with(".named[") && problems[0].contains("].key: expected UTF-8"),
        "{problems:?}"
    );
}

#[test]
fn a_broken_phase_hides_no_value() {
    // A clear that did not end: after a crash it goes on behind the check, after a clean stop it does not.
    let phase = |at: usize| {
        let mut broken = Broken::new();
        broken.arena.root_bytes()[at] = 1;
        assert_eq!(broken.arena.check::<Root>(), []);
        broken
    };
    let problems = phase(12).player(2, 0, |p| &p.alive);
    assert_eq!(problems.len(), 1, "{problems:?}");
    let map = offset_of!(Root, done) + 8;
    let problems = phase(map).with(2, 0, |root, _| root.done.get(&77).unwrap());
    assert_eq!(problems.len(), 1, "{problems:?}");
}

#[test]
fn problems_beyond_the_limit_are_counted() {
    const N: usize = 1000;
    let mut arena = Arena::new::<[bool; N]>();
    arena.root_bytes()[..N].fill(7);
    let mut checker = Checker::new();
    // SAFETY: the root's bytes, aligned and owned.
    unsafe { checker.value(<[bool; N]>::DESC, arena.root_bytes().as_ptr()) };
    let (problems, dropped) = checker.finish();
    assert_eq!((problems.len(), dropped), (Checker::PROBLEMS_MAX, (N - Checker::PROBLEMS_MAX) as u64));
    assert_eq!(problems[63].path, "[63]");
}

#[test]
fn values_that_take_no_room_take_no_time() {
    // A walk over the elements would not end in this life.
    let mut arena = Arena::new::<[[bool; 0]; usize::MAX]>();
    assert_eq!(arena.check::<[[bool; 0]; usize::MAX]>(), []);
    arena.recover::<[[bool; 0]; usize::MAX]>();
    let mut checker = Checker::new();
    // SAFETY: a type without bytes.
    unsafe { checker.walk(<[[bool; 0]; usize::MAX]>::DESC, arena.root_bytes().as_ptr()) };
    assert!(checker.finish().0.is_empty());
}
