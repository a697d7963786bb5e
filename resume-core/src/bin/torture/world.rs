//! The root: one of every container, with elements of which most bit patterns are no value.

use core::num::{NonZeroU16, NonZeroU32};

use resume_core::container::{
    BitSet, OrderedMap, Ring, StaticList, StaticMap, StaticSet, StaticString, StaticVec, Timers, Versioned,
};
use resume_core::event::{EventQueue, InFlight, Quarantine};
use resume_core::heap::{Heap, HeapString, HeapVec};
use resume_core::pool::{Handle, Pool};
use resume_core::{Context, Resumed, Root, ShmOption, ShmSafe, root};

/// An element; all of it follows from `id`, so that a torn or damaged one shows.
#[derive(ShmSafe, Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Item {
    pub(crate) id: u64,
    letter: char,
    alive: bool,
    mood: Mood,
    level: NonZeroU16,
    deed: Deed,
    bonus: ShmOption<NonZeroU32>,
    echo: u64,
}

#[derive(ShmSafe, Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Mood {
    Calm = 3,
    Angry = 40,
    Gone = 41,
}

#[derive(ShmSafe, Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C, u8)]
enum Deed {
    Idle,
    Cast { skill: u32, charged: bool },
    Walk(char),
}

impl Item {
    pub(crate) fn new(id: u64) -> Self {
        let echo = id.wrapping_mul(0x2545_f491_4f6c_dd1d).rotate_left(29);
        let level = NonZeroU16::MIN.saturating_add(id as u16);
        let letter = ['a', 'ß', '€', '𐍈'][id as usize % 4];
        Self {
            id,
            letter,
            alive: id % 5 > 2,
            mood: [Mood::Calm, Mood::Angry, Mood::Gone][id as usize % 3],
            level,
            deed: match id % 7 {
                0..=2 => Deed::Idle,
                3 | 4 => Deed::Cast { skill: id as u32, charged: id.is_multiple_of(2) },
                _ => Deed::Walk(letter),
            },
            bonus: if id.is_multiple_of(3) { ShmOption::None } else { ShmOption::Some(level.into()) },
            echo,
        }
    }

    /// The id of a whole item.
    pub(crate) fn check(&self) -> Result<u64, String> {
        if *self == Self::new(self.id) { Ok(self.id) } else { Err(format!("torn: {self:?}")) }
    }
}

/// Words of [`World::ballast`]: more bytes than the journal has.
pub(crate) const BALLAST: usize = 6 * 1024;

/// Bytes of the journal.
pub(crate) const JOURNAL_BYTES: u64 = 32 * 1024;

/// One of everything.
#[derive(ShmSafe)]
#[repr(C)]
pub(crate) struct World {
    pub(crate) gold: [u64; 4],
    pub(crate) vec: StaticVec<Item, 20>,
    pub(crate) numbers: StaticVec<u64, 8>,
    pub(crate) text: StaticString<40>,
    pub(crate) names: StaticVec<StaticString<12>, 6>,
    pub(crate) map: StaticMap<u64, Item, 32>,
    pub(crate) set: StaticSet<u32, 32>,
    pub(crate) ordered: OrderedMap<u32, Item, 24>,
    pub(crate) list: StaticList<Item, 16>,
    pub(crate) ring: Ring<Item, 10>,
    pub(crate) bits: BitSet<3>,
    pub(crate) versioned: Versioned<Item>,
    pub(crate) timers: Timers<Item, 12, 8>,
    pub(crate) pool: Pool<Item, 16>,
    /// The actors and, by id, where they are: changed together.
    pub(crate) actors: Pool<Item, 12>,
    pub(crate) index: StaticMap<u64, Handle<Item>, 16>,
    pub(crate) queue: EventQueue<Item, 8>,
    pub(crate) quarantine: Quarantine<Item, 6>,
    /// With room for all that its three owners are ever given, so that a failure is never by chance.
    pub(crate) heap: Heap<{ 16 * 1024 }>,
    pub(crate) bag: HeapVec<Item>,
    pub(crate) speech: HeapString,
    pub(crate) letters: StaticMap<u64, HeapString, 16>,
    /// What no transaction can save.
    pub(crate) ballast: [u64; BALLAST],
}

root!(World);

/// What is outside the state.
#[derive(Default)]
pub(crate) struct Env {
    /// How the state was taken over.
    pub(crate) resumed: Option<Resumed>,
    /// The event that this process started.
    pub(crate) started: Option<InFlight<Item>>,
}

impl Root for World {
    type Env = Env;

    fn start(&mut self, _: &mut Env, _: &Context) {
        self.gold = [1000; 4];
    }

    fn resume(&mut self, env: &mut Env, _: &Context, how: &Resumed) {
        env.resumed = Some(how.clone());
    }

    fn tick(&mut self, _: &mut Env, _: &Context) {}
}
