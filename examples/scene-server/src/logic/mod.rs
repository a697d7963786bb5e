//! The logic: functions over the [`state`](crate::state), which keep none of their own (R10).
//!
//! Handlers share one shape (R5): gather the inputs and refuse what cannot be, compute, assign
//! consecutively, and hand back what others must be told. Nobody is told before the commit.

use resume_core::pool::Handle;

use crate::state::{Player, Refusal, SKILLS, SceneServer, Verdict};

pub mod audit;
pub mod buffs;
pub mod census;
pub mod events;
pub mod items;
pub mod join;
pub mod skills;
#[cfg(test)]
mod tests;
pub mod trade;
pub mod walk;

/// The configuration of the game. It belongs to the process and is loaded at every start (R7).
#[derive(Debug, Clone)]
pub struct Rules {
    /// What each skill does, by [`Skill`](crate::state::Skill).
    pub skills: [SkillSpec; SKILLS],
    /// Whether a command that comes again is answered from the record. Always, but in a test that shows
    /// that the crash demo would notice.
    pub dedupe: bool,
}

/// What a skill does.
#[derive(Debug, Clone, Copy)]
pub struct SkillSpec {
    /// Damage before attack and defence.
    pub power: u32,
    /// Time until the next use.
    pub cooldown: std::time::Duration,
    /// The planted bug: it takes the process down, half-way through.
    pub crashes: bool,
}

impl Default for Rules {
    fn default() -> Self {
        let skill = |power, cooldown_ms, crashes| SkillSpec {
            power,
            cooldown: std::time::Duration::from_millis(cooldown_ms),
            crashes,
        };
        Self { skills: [skill(3, 0, false), skill(12, 20, false), skill(0, 0, true)], dedupe: true }
    }
}

/// Where the logic tells the world what was committed.
pub trait Audience {
    /// A command was settled.
    fn verdict(&mut self, player: Handle<Player>, sequence: u64, verdict: Verdict);
    /// Something happened to a player.
    fn notice(&mut self, notice: Notice);
}

/// Something that happened to a player by somebody else's doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notice {
    /// To whom.
    pub player: Handle<Player>,
    /// What.
    pub what: Incident,
}

/// What can happen to a player.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Incident {
    /// Damage was suffered.
    Hit {
        /// How much.
        damage: u32,
    },
    /// A thing was sold.
    Sold {
        /// For how much.
        price: u32,
    },
    /// A buff ended.
    BuffEnded {
        /// The command that had given it.
        sequence: u64,
    },
}

/// Looks a player up, or refuses.
fn player(root: &SceneServer, handle: Handle<Player>) -> Result<&Player, Refusal> {
    root.players.get(handle).ok_or(Refusal::NoSuchPlayer)
}

/// Looks a player up for change, or refuses.
fn player_mut(root: &mut SceneServer, handle: Handle<Player>) -> Result<&mut Player, Refusal> {
    root.players.get_mut(handle).ok_or(Refusal::NoSuchPlayer)
}
