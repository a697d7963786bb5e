//! Base states and transient fields through the life of a root: created, killed at the worst moments, taken over.

#![allow(clippy::unwrap_used, reason = "a failing helper fails its test")]

mod segment_support;

use core::num::NonZeroU32;

use resume_core::container::StaticVec;
use resume_core::layout::Base;
use resume_core::root::{Context, Opened, Outcome, Resumed, Root};
use resume_core::segment::{self, State};
use resume_core::{Id128, ShmOption, ShmSafe, base_state};
use segment_support::{Act, Actor, Place, hang, role};

/// Zero is none of its values.
#[derive(ShmSafe, Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Phase {
    #[shm(default)]
    Lobby = 7,
    Running = 9,
}

/// Its base state comes from std's `Default`, where a process can be made to die.
#[derive(ShmSafe, Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Difficulty {
    Easy = 1,
    Normal = 2,
}

impl Default for Difficulty {
    fn default() -> Self {
        if role().is_some_and(|(role, _)| role == "die-in-base") {
            hang("base");
        }
        Self::Normal
    }
}

#[derive(ShmSafe, Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C, i16)]
enum Order {
    Move {
        to: u64,
    } = 3,
    #[shm(default)]
    Hold {
        until: Phase,
        #[shm(default = 3)]
        times: u32,
        way: [u8; 4],
    } = -2,
}

/// The variant with number 0 is the base state, and one of its fields is not zero there.
#[derive(ShmSafe, Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C, u8)]
enum Weather {
    Wind {
        #[shm(default = 8)]
        force: u16,
    },
    #[allow(dead_code, reason = "there is more than one variant")]
    Calm,
}

#[derive(ShmSafe, Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
struct Rules {
    #[shm(default = NonZeroU32::new(20).unwrap())]
    rate: NonZeroU32,
    gold: u64,
    #[shm(allow_usize, default = 4)]
    rounds: usize,
}

#[derive(ShmSafe, Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
struct Session {
    kept: u32,
    #[shm(transient)]
    socket: u32,
    #[shm(transient, default = u32::MAX)]
    ping: u32,
    #[shm(transient)]
    phase: Phase,
}

const LARGE: usize = 32 << 20;

#[derive(ShmSafe)]
#[repr(C)]
struct Arena {
    // More than any stack.
    map: [u8; LARGE],
    phases: [Phase; 1000],
    orders: [[Order; 3]; 2],
    weather: Weather,
    rules: Rules,
    #[shm(default)]
    difficulty: Difficulty,
    #[shm(default = ShmOption::Some(Phase::Running))]
    next: ShmOption<Phase>,
    #[shm(default = Id128::new(Self::ID_OF_ALL))]
    id: Id128,
    session: Session,
    sessions: StaticVec<Session, 4>,
    none: [NonZeroU32; 0],
}

impl Arena {
    const ID_OF_ALL: u128 = 1 << 100 | 1;
}

resume_core::root!(Arena);

/// What a new owner of the segment found in `start` or `resume`, before it bound anything.
#[derive(Default)]
struct World {
    start: Act,
    tick: Act,
    found: Vec<Session>,
}

const FRESH: Session = Session { kept: 0, socket: 0, ping: u32::MAX, phase: Phase::Lobby };

impl Root for Arena {
    type Env = World;

    fn start(&mut self, world: &mut World, _: &Context) {
        assert_is_base(self);
        // A create that dies from here on leaves bytes that are anything but a base state.
        self.map.fill(0xff);
        self.phases.fill(Phase::Running);
        self.orders = [[Order::Move { to: u64::MAX }; 3]; 2];
        self.rules.rate = NonZeroU32::MAX;
        if world.start == Act::Hang {
            hang("start");
        }
    }

    fn resume(&mut self, world: &mut World, _: &Context, _: &Resumed) {
        world.found.push(self.session);
        world.found.extend(self.sessions.iter());
        self.session.socket = 77;
    }

    fn tick(&mut self, world: &mut World, _: &Context) {
        self.session = Session { kept: 5, socket: 6, ping: 7, phase: Phase::Running };
        let _ = self.sessions.push(Session { kept: 1, ..self.session });
        if world.tick == Act::Hang {
            hang("tick");
        }
    }
}

fn assert_is_base(arena: &Arena) {
    assert!(arena.map.iter().all(|byte| *byte == 0));
    assert!(arena.phases.iter().all(|phase| *phase == Phase::Lobby));
    let hold = Order::Hold { until: Phase::Lobby, times: 3, way: [0; 4] };
    assert_eq!(arena.orders, [[hold; 3]; 2]);
    assert_eq!(arena.weather, Weather::Wind { force: 8 });
    assert_eq!((arena.rules.rate.get(), arena.rules.gold, arena.rules.rounds), (20, 0, 4));
    assert_eq!(arena.difficulty, Difficulty::Normal);
    assert_eq!(arena.next, ShmOption::Some(Phase::Running));
    assert_eq!(arena.id, Id128::new(Arena::ID_OF_ALL));
    assert_eq!(arena.session, FRESH);
    assert!(arena.sessions.is_empty());
}

fn open(place: &Place, world: &mut World) -> Opened<Arena> {
    place.options().open_or_create::<Arena>(world).unwrap()
}

/// Not a test of its own: the entry of child processes.
#[test]
fn plays_its_role() {
    let Some((role, place)) = role() else { return };
    let mut world = World::default();
    match role.as_str() {
        "die-in-start" => world.start = Act::Hang,
        "die-in-tick" => world.tick = Act::Hang,
        // Hangs in `Difficulty::default`.
        "die-in-base" => {}
        other => panic!("no such role: {other}"),
    }
    open(&place, &mut world).live.tick(&mut world);
}

#[test]
fn a_root_starts_in_its_base_state_however_often_its_create_was_killed() {
    let place = Place::new();
    for death in ["base", "start", "base"] {
        let mut owner = Actor::start(&format!("die-in-{death}"), &place);
        owner.wait_for(death);
        owner.kill();
        let seen = segment::inspect(&place.name).unwrap();
        assert_eq!(seen.state, Some(State::Creating), "killed in {death}");
    }
    // `start` asserts the base state.
    let opened = open(&place, &mut World::default());
    assert_eq!(opened.outcome, Outcome::Created);
    opened.live.stop();
    let again = open(&place, &mut World::default());
    assert!(matches!(again.outcome, Outcome::ResumedAfterStop { generation: 2 }), "{:?}", again.outcome);
}

#[test]
fn a_half_written_base_state_is_written_anew() {
    let place = Place::new();
    open(&place, &mut World::default()).live.stop();
    place.poke(512, b"CREA\0\0\0\0");
    assert_eq!(open(&place, &mut World::default()).outcome, Outcome::Created);
}

#[test]
fn transient_fields_are_in_their_base_state_in_the_resume_hook_and_bound_there() {
    let place = Place::new();
    let mut owner = Actor::start("die-in-tick", &place);
    owner.wait_for("tick");
    owner.kill();
    let mut world = World::default();
    let mut opened = open(&place, &mut world);
    let Outcome::ResumedAfterCrash(crash) = &opened.outcome else { panic!("{:?}", opened.outcome) };
    assert_eq!(crash.rebuild.transient_reset, 2 * 3);
    let reset = |kept| Session { kept, ..FRESH };
    assert_eq!(world.found, [reset(5), reset(1)], "a crash keeps what is not transient");
    opened.live.with(|arena, _| assert_eq!(arena.session, Session { socket: 77, ..reset(5) }));
    opened.live.tick(&mut world);
    opened.live.stop();
    let mut world = World::default();
    let opened = open(&place, &mut world);
    assert!(matches!(opened.outcome, Outcome::ResumedAfterStop { .. }));
    assert_eq!(world.found, [reset(5), reset(1), reset(1)], "a clean stop does, too");
}

#[test]
fn a_base_state_is_known_where_there_is_one() {
    assert_eq!(base_state::<Rules>(), Rules { rate: NonZeroU32::new(20).unwrap(), gold: 0, rounds: 4 });
    assert_eq!(base_state::<[Order; 2]>()[1], Order::Hold { until: Phase::Lobby, times: 3, way: [0; 4] });
    assert_eq!(Phase::DESC.base, Base::Variant(0));
    assert_eq!(Order::DESC.base, Base::Variant(1));
    assert_eq!(Weather::DESC.base, Base::Variant(0));
    assert_eq!(<[Phase; 2]>::DESC.base, Base::Parts);
    assert_eq!(Difficulty::DESC.base, Base::None);
    assert_eq!(NonZeroU32::DESC.base, Base::None);
    assert_eq!(<StaticVec<NonZeroU32, 4>>::DESC.base, Base::Zero);
    assert_eq!(<ShmOption<NonZeroU32>>::DESC.base, Base::Zero);
    // Zero stays a valid value of what starts as another.
    assert!(Weather::DESC.zero_valid && Weather::DESC.base != Base::Zero);
}

#[test]
fn a_base_state_is_no_part_of_the_hashes() {
    mod plain {
        #[derive(resume_core::ShmSafe)]
        #[repr(C)]
        #[allow(dead_code, reason = "looked at as a type")]
        pub(crate) struct Rules {
            rate: core::num::NonZeroU32,
            gold: u64,
            #[shm(allow_usize)]
            rounds: usize,
        }
    }
    let (with, without) = (Rules::DESC, plain::Rules::DESC);
    assert_eq!((with.layout, with.schema), (without.layout, without.schema));
    assert_eq!(without.base, Base::None);
}
