//! What clients and the server say to each other.
//!
//! A client joins by name, then sends commands counted from 1; at most [`WINDOW`](crate::state::WINDOW)
//! of them may be without a verdict. After a reconnect it joins again and repeats, in order, all that it
//! has no verdict on. Handles of players stay good across the server's crashes.

use resume_core::pool::Handle;
use resume_core::{ShmDuration, ShmInstant};

use crate::logic::Incident;
use crate::logic::census::Census;
use crate::state::{Command, Expiry, HANDLERS, Item, Player, Position, Refusal, Skill, Verdict};
use crate::wire::{Malformed, Wire, wire_enum, wire_struct};

/// From a client.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// Plays as the player of that name from now on.
    Join {
        /// The name.
        name: String,
    },
    /// Asks for an effect.
    Do {
        /// Counted from 1 by each player.
        sequence: u64,
        /// Which effect.
        command: Command,
    },
    /// Asks what the state says of the own player.
    Inspect,
    /// Asks for the sums over the state.
    Count,
}

/// From the server.
#[derive(Debug, Clone, PartialEq)]
pub enum Response {
    /// Joined.
    Welcome {
        /// As whom.
        player: Handle<Player>,
        /// The last command that is settled.
        settled: u64,
    },
    /// The verdict on a command; its effect is in the state.
    Settled {
        /// Which command.
        sequence: u64,
        /// How.
        verdict: Verdict,
    },
    /// Something happened to the player. It is lost when the server dies before telling it.
    Noticed {
        /// What.
        incident: Incident,
    },
    /// What the state says of the player.
    Inspected {
        /// All of it.
        report: Report,
    },
    /// The sums over the state.
    Counted {
        /// All of them.
        census: Census,
    },
    /// The request makes no sense here; the connection is closed.
    Rejected {
        /// Why.
        reason: String,
    },
}

/// What the state says of a player.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// The last command that is settled.
    pub settled: u64,
    /// Effects, by [`Handler`](crate::state::Handler).
    pub applied: [u64; HANDLERS],
    /// The hash over all applied commands.
    pub chain: u64,
    /// Where the player is.
    pub position: Position,
    /// Buffs that have not ended: the command that gave them, and the nanosecond since boot they end.
    pub buffs: Vec<[u64; 2]>,
    /// How many buffs have ended.
    pub expired: u64,
    /// Buffs that have ended lately.
    pub expiries: Vec<Expiry>,
    /// The clock of the tick that answered.
    pub now: ShmInstant,
}

wire_enum!(Request { 1 => Join { name }, 2 => Do { sequence, command }, 3 => Inspect, 4 => Count });
wire_enum!(Response {
    1 => Welcome { player, settled },
    2 => Settled { sequence, verdict },
    3 => Noticed { incident },
    4 => Inspected { report },
    5 => Counted { census },
    6 => Rejected { reason },
});
wire_enum!(Command {
    1 => Chat,
    2 => Walk { dx, dy },
    3 => PickUp { item },
    4 => Use { item },
    5 => Cast { skill, target },
    6 => Bless { attack, lasts },
    7 => Buy { seller, item, price },
});
wire_enum!(Incident { 1 => Hit { damage }, 2 => Sold { price }, 3 => BuffEnded { sequence } });
wire_struct!(Report { settled, applied, chain, position, buffs, expired, expiries, now });
wire_struct!(Expiry { sequence, due, at });
wire_struct!(Position { x, y });
wire_struct!(Census {
    players,
    players_found,
    gold,
    gold_made,
    items,
    items_made,
    damage_dealt,
    damage_taken,
    attacks_wrong,
    population,
    quarantined,
});

/// Gives a type the wire form of another one.
macro_rules! wire_as {
    ($($ty:ty as $as:ty, $expected:literal: $put:expr, $take:expr;)*) => {$(
        impl Wire for $ty {
            fn put(&self, out: &mut Vec<u8>) {
                let put: fn(Self) -> $as = $put;
                put(*self).put(out);
            }

            fn take(from: &mut &[u8]) -> Result<Self, Malformed> {
                let take: fn($as) -> Option<Self> = $take;
                take(<$as>::take(from)?).ok_or(Malformed { expected: $expected })
            }
        }
    )*};
}

wire_as! {
    Item as u8, "an item": |item| item as u8, |n| Item::ALL.get(usize::from(n)).copied();
    Skill as u8, "a skill": |skill| skill as u8, |n| Skill::ALL.get(usize::from(n)).copied();
    ShmInstant as u64, "an instant": ShmInstant::as_nanos, |n| Some(ShmInstant::from_nanos(n));
    ShmDuration as u64, "a duration": ShmDuration::as_nanos, |n| Some(ShmDuration::from_nanos(n));
    Verdict as u8, "a verdict": verdict_number, verdict_of_number;
}

impl<T> Wire for Handle<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.to_bits().put(out);
    }

    fn take(from: &mut &[u8]) -> Result<Self, Malformed> {
        Ok(Handle::from_bits(u64::take(from)?))
    }
}

const REFUSED: u8 = 16;

fn verdict_number(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Unknown => 0,
        Verdict::Applied => 1,
        Verdict::Quarantined => 2,
        Verdict::Refused(refusal) => REFUSED + refusal as u8,
    }
}

fn verdict_of_number(number: u8) -> Option<Verdict> {
    match number {
        0 => Some(Verdict::Unknown),
        1 => Some(Verdict::Applied),
        2 => Some(Verdict::Quarantined),
        _ => Refusal::ALL.get(usize::from(number.checked_sub(REFUSED)?)).copied().map(Verdict::Refused),
    }
}
