//! The state: plain data below one root, and nothing else (conventions R10 and R11).
//!
//! A crash leaves these bytes as they are; the next process goes on with them. So nothing here knows a
//! socket, a clock of this process or a piece of code: sockets are found again by player, deadlines are
//! boot-relative, skills are named by a key. The functions over it are in [`logic`](crate::logic).
//!
//! All-zero bytes are a valid, empty server: a fresh segment needs no constructor.

use resume_core::container::{StaticMap, StaticString, StaticVec, buckets_for};
use resume_core::event::{EventQueue, Quarantine};
use resume_core::pool::{Handle, Pool};
use resume_core::{ShmDuration, ShmInstant, ShmSafe};

/// Scenes that fit.
pub const SCENES_MAX: usize = if cfg!(feature = "layout-v2") { 16 } else { 8 };
/// Players that fit.
pub const PLAYERS_MAX: usize = 1024;
/// Commands that wait for their turn; behind that, TCP makes the clients wait.
pub const EVENTS_MAX: usize = 4096;
/// Events kept aside because the process died while it handled them.
pub const QUARANTINE_MAX: usize = 64;
/// Commands that one player may have sent without having seen their verdicts.
pub const WINDOW: usize = 64;
/// Kinds of things; see [`Item`].
pub const ITEMS: usize = 4;
/// Kinds of commands; see [`Handler`].
pub const HANDLERS: usize = 7;
/// Skills; see [`Skill`].
pub const SKILLS: usize = 3;

/// Things carried, by kind.
pub type Inventory = StaticMap<Item, u64, { buckets_for(ITEMS) }>;
/// A player's name.
pub type Name = StaticString<24>;

/// The first global state.
#[derive(ShmSafe)]
#[repr(C)]
pub struct SceneServer {
    /// The scenes.
    pub scenes: Pool<Scene, SCENES_MAX>,
    /// Everybody who ever joined.
    pub players: Pool<Player, PLAYERS_MAX>,
    /// Finds a player who comes back.
    pub players_by_name: StaticMap<Name, Handle<Player>, { buckets_for(PLAYERS_MAX) }>,
    /// Accepted commands, marked as started before they run (R8).
    pub events: EventQueue<Event, EVENTS_MAX>,
    /// What was running when the process died.
    pub quarantine: Quarantine<Event, QUARANTINE_MAX>,
    /// What was ever brought into the world.
    pub mint: Mint,
}

resume_core::root!(SceneServer);

/// All gold and things that were ever made: what is there now must add up to it.
#[derive(ShmSafe, Debug, Clone, Copy)]
#[repr(C)]
pub struct Mint {
    /// Gold given to new players.
    pub gold: u64,
    /// Things laid into new scenes.
    pub items: [u64; ITEMS],
}

/// A place with players in it and things on its ground.
#[derive(ShmSafe)]
#[repr(C)]
pub struct Scene {
    /// How many live here.
    pub population: u64,
    /// What lies on the ground.
    pub ground: [u64; ITEMS],
}

/// A player, online or not.
#[derive(ShmSafe)]
#[repr(C)]
pub struct Player {
    /// The key in [`SceneServer::players_by_name`].
    pub name: Name,
    /// Where the player is.
    pub scene: Handle<Scene>,
    /// Where in the scene.
    pub position: Position,
    /// What buffs and fights change.
    pub attributes: Attributes,
    /// Money.
    pub gold: u64,
    /// Things carried; a kind that ran out has no entry.
    pub inventory: Inventory,
    /// Temporary changes of attributes, each with what is to be undone at its end (R5).
    pub buffs: StaticVec<Buff, 8>,
    /// When each skill may be used again.
    pub ready_at: [ShmInstant; SKILLS],
    /// Which commands are settled, and how.
    pub session: Session,
    /// What the crash demo compares with the bots' own records.
    pub audit: Audit,
    /// An honorary title, by number.
    #[cfg(feature = "layout-v2")]
    pub title: u32,
}

/// A point in a scene, in millimetres.
#[derive(ShmSafe, Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct Position {
    /// East.
    pub x: i64,
    /// North.
    pub y: i64,
}

/// The numbers that fights are about.
#[derive(ShmSafe, Debug, Clone, Copy)]
#[repr(C)]
pub struct Attributes {
    /// Hit points; at 0 the player starts again with all of them.
    pub health: u32,
    /// Added to the power of a skill, buffs included.
    #[cfg(not(feature = "layout-v2"))]
    pub attack: u32,
    /// Taken off the power of a skill.
    pub defence: u32,
    /// Added to the power of a skill, buffs included.
    #[cfg(feature = "layout-v2")]
    pub attack: u32,
    /// How often health reached 0.
    pub defeats: u32,
    /// All damage done to others.
    pub damage_dealt: u64,
    /// All damage suffered.
    pub damage_taken: u64,
}

/// A temporary rise of [`Attributes::attack`].
#[derive(ShmSafe, Debug, Clone, Copy)]
#[repr(C)]
pub struct Buff {
    /// The command that gave it.
    pub sequence: u64,
    /// Boot-relative, so that it means the same after a crash (R17).
    pub expires_at: ShmInstant,
    /// What was added, to be taken off again.
    pub attack: u32,
}

/// A thing.
#[derive(ShmSafe, Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Item {
    /// Heals its user.
    Potion,
    /// Good for selling only.
    Gem,
    /// Good for selling only.
    Scroll,
    /// Good for selling only.
    Torch,
}

/// The key of a skill; what it does is configuration, looked up at use (R7).
#[derive(ShmSafe, Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Skill {
    /// Always ready.
    Strike,
    /// Strong, with a cooldown.
    Fireball,
    /// Holds the planted bug: whoever casts it takes the server down.
    Curse,
}

/// What a player may ask for.
#[derive(ShmSafe, Debug, Clone, Copy, PartialEq)]
#[repr(C, u8)]
pub enum Command {
    /// Says something, which changes nothing.
    Chat,
    /// Walks.
    Walk {
        /// Millimetres east.
        dx: i32,
        /// Millimetres north.
        dy: i32,
    },
    /// Takes a thing from the ground.
    PickUp {
        /// Which.
        item: Item,
    },
    /// Uses a thing up; it lies on the ground again.
    Use {
        /// Which.
        item: Item,
    },
    /// Uses a skill on somebody.
    Cast {
        /// Which.
        skill: Skill,
        /// On whom.
        target: Handle<Player>,
    },
    /// Strengthens oneself for a while.
    Bless {
        /// How much.
        attack: u32,
        /// How long.
        lasts: ShmDuration,
    },
    /// Buys a thing from somebody.
    Buy {
        /// From whom.
        seller: Handle<Player>,
        /// Which.
        item: Item,
        /// For how much.
        price: u32,
    },
}

/// The function that handles a command, as the flight recorder and the audit number it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Handler {
    /// [`Command::Chat`]
    Chat,
    /// [`Command::Walk`]
    Walk,
    /// [`Command::PickUp`]
    PickUp,
    /// [`Command::Use`]
    Use,
    /// [`Command::Cast`]
    Cast,
    /// [`Command::Bless`]
    Bless,
    /// [`Command::Buy`]
    Buy,
}

/// A command of a player, waiting for its turn.
#[derive(ShmSafe, Debug, Clone, Copy)]
#[repr(C)]
pub struct Event {
    /// Whose. Also the way back: a reply goes to the connection that this player has then, if any.
    pub player: Handle<Player>,
    /// Counted by the client from 1, without gaps.
    pub sequence: u64,
    /// What to do.
    pub command: Command,
}

/// What became of a command. It is recorded together with the command's effect.
#[derive(ShmSafe, Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C, u8)]
pub enum Verdict {
    /// Not settled yet, or so long ago that it is forgotten.
    Unknown,
    /// It took effect, exactly once.
    Applied,
    /// It had no effect: the rules are against it.
    Refused(Refusal),
    /// It had no effect: the process died while handling it, and it will not be tried again.
    Quarantined,
}

/// Why a command had no effect.
#[derive(ShmSafe, Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Refusal {
    /// The handle is of nobody, or of somebody who is gone.
    NoSuchPlayer,
    /// Nothing of that kind is where it was looked for.
    NoSuchItem,
    /// No room for another one.
    Full,
    /// Not enough gold.
    TooPoor,
    /// The skill needs more time.
    NotReady,
    /// Not with oneself.
    OnlyOthers,
    /// A command before this one is missing.
    OutOfOrder,
    /// The change is larger than the undo log.
    TooLarge,
}

/// The settled commands of a player.
#[derive(ShmSafe)]
#[repr(C)]
pub struct Session {
    /// The last settled command: all up to it are settled, none behind it.
    pub settled: u64,
    /// The verdicts of the last commands, by sequence number modulo [`WINDOW`].
    pub verdicts: [Verdict; WINDOW],
}

/// What really happened to a player, written by the handlers beside their effects.
#[derive(ShmSafe)]
#[repr(C)]
pub struct Audit {
    /// Effects, by [`Handler`].
    pub applied: [u64; HANDLERS],
    /// A hash over all applied commands in their order.
    pub chain: u64,
    /// How many buffs ever ended.
    pub expired: u64,
    /// The last buffs that ended, by [`expired`](Self::expired) modulo the length.
    pub expiries: [Expiry; 32],
}

/// The end of a buff.
#[derive(ShmSafe, Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct Expiry {
    /// The command that had given it.
    pub sequence: u64,
    /// When it should have ended.
    pub due: ShmInstant,
    /// When it ended.
    pub at: ShmInstant,
}

impl Item {
    /// All of them, by their number.
    pub const ALL: [Self; ITEMS] = [Self::Potion, Self::Gem, Self::Scroll, Self::Torch];
}

impl Skill {
    /// All of them, by their number.
    pub const ALL: [Self; SKILLS] = [Self::Strike, Self::Fireball, Self::Curse];
}

impl Refusal {
    /// All of them, by their number.
    pub const ALL: [Self; 8] = [
        Self::NoSuchPlayer,
        Self::NoSuchItem,
        Self::Full,
        Self::TooPoor,
        Self::NotReady,
        Self::OnlyOthers,
        Self::OutOfOrder,
        Self::TooLarge,
    ];
}

impl Handler {
    /// All of them, by their number.
    pub const ALL: [Self; HANDLERS] =
        [Self::Chat, Self::Walk, Self::PickUp, Self::Use, Self::Cast, Self::Bless, Self::Buy];
}

impl Command {
    /// Who handles it.
    pub fn handler(&self) -> Handler {
        match self {
            Self::Chat => Handler::Chat,
            Self::Walk { .. } => Handler::Walk,
            Self::PickUp { .. } => Handler::PickUp,
            Self::Use { .. } => Handler::Use,
            Self::Cast { .. } => Handler::Cast,
            Self::Bless { .. } => Handler::Bless,
            Self::Buy { .. } => Handler::Buy,
        }
    }
}
