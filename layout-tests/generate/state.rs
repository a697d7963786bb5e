//! The state that is edited: a small game server with every kind of part, and a chain ten types deep.

/// A type of the state.
#[derive(Clone)]
pub(crate) struct Ty {
    pub(crate) name: String,
    /// What stands in `#[repr(…)]`.
    pub(crate) repr: String,
    pub(crate) body: Body,
}

#[derive(Clone)]
pub(crate) enum Body {
    Struct(Vec<Field>),
    Enum(Vec<Variant>),
}

/// A field; a number as its name makes it that of a tuple.
#[derive(Clone, PartialEq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) ty: String,
}

#[derive(Clone)]
pub(crate) struct Variant {
    pub(crate) name: String,
    pub(crate) discriminant: Option<i64>,
    pub(crate) fields: Vec<Field>,
}

pub(crate) fn field(name: &str, ty: &str) -> Field {
    Field { name: name.into(), ty: ty.into() }
}

/// Fields are separated by `; `, so an array is written `[T*N]`.
fn fields(text: &str) -> Vec<Field> {
    text.split("; ")
        .filter_map(|f| f.split_once(": "))
        .map(|(name, ty)| field(name, &ty.replace('*', "; ")))
        .collect()
}

fn structure(name: &str, text: &str) -> Ty {
    Ty { name: name.into(), repr: "C".into(), body: Body::Struct(fields(text)) }
}

/// `variants` are separated by ` | `, each `Name`, `Name=4` or `Name(fields)`.
fn enumeration(name: &str, repr: &str, variants: &str) -> Ty {
    let variant = |text: &str| {
        let (name, inside) = text.trim_end_matches(')').split_once('(').unwrap_or((text, ""));
        let (name, number) = name.split_once('=').unwrap_or((name, ""));
        Variant { name: name.into(), discriminant: number.parse().ok(), fields: fields(inside) }
    };
    Ty {
        name: name.into(),
        repr: repr.into(),
        body: Body::Enum(variants.split(" | ").map(variant).collect()),
    }
}

/// The root is the last.
pub(crate) fn base() -> Vec<Ty> {
    let mut types = vec![
        enumeration("Calling", "u8", "Warrior | Mage | Rogue"),
        enumeration("Weather", "u16", "Clear=1 | Rain=5 | Snow=9 | Fog=2"),
        enumeration("Mood", "i8", "Angry=-3 | Calm=0 | Happy=4"),
        structure("Position", "x: i32; y: i32; z: i32; facing: u16"),
        structure("Attributes", "health: u32; mana: u32; strength: u16; speed: f32; luck: u8; regen: f64"),
        structure("Entry", "0: u32; 1: u16; 2: u16; 3: u64"),
        structure("Buff", "kind: u8; stacks: u16; until: ShmInstant; every: ShmDuration; power: f32"),
        structure(
            "Monster",
            "species: u32; health: u32; at: Position; mood: Mood; prey: Handle<Player>; rank: u8",
        ),
        structure(
            "Player",
            "id: u64; guild: u32; party: u32; calling: Calling; letter: char; online: bool; at: Position; \
             attributes: Attributes; target: Handle<Monster>; buffs: StaticVec<Buff, 4>; \
             name: StaticString<24>; mount: ShmOption<u32>; skills: [u16*6]; gold: Option<NonZeroU64>; \
             bag: StaticMap<u32, u64, 16>",
        ),
        enumeration(
            "Command",
            "C, u8",
            "Idle | Hit(by: Handle<Player>; amount: u32; critical: bool) | Move(0: i32; 1: i32; 2: u8) | \
             Say(channel: u8; length: u16; text: [u8*12])",
        ),
        enumeration("Reward", "u32", "None | Gold(amount: u64) | Item(kind: u16; count: u16; bound: bool)"),
        structure("Deep9", "seed: u64; step: u32; left: u16; right: u16; weather: Weather"),
    ];
    for level in (1..9).rev() {
        let text = format!("before: u32; inner: Deep{}; after: u16", level + 1);
        types.push(structure(&format!("Deep{level}"), &text));
    }
    types.push(structure(
        "Root",
        "tick: u64; deep: Deep1; players: Pool<Player, 8>; monsters: Pool<Monster, 8>; \
         by_name: StaticMap<u64, Handle<Player>, 16>; events: EventQueue<Command, 8>; log: StaticVec<Entry, 6>; \
         reward: Reward; title: StaticString<16>; spare: u32; counters: [u64*4]",
    ));
    types
}
