//! What bots feel like doing.

use resume_core::ShmDuration;
use resume_core::pool::Handle;

use crate::random::Random;
use crate::state::{Command, Item, Player, Skill};

/// The most buffs that a bot asks for at a time; the state holds twice as many.
const BUFFS_AT_A_TIME: usize = 4;

/// The next command; `buffs` of the bot's own are running.
pub(super) fn choose(random: &mut Random, others: &[Handle<Player>], buffs: usize) -> Command {
    let step = |random: &mut Random| random.below(2_001) as i32 - 1_000;
    match random.below(100) {
        0..10 => Command::Chat,
        10..40 => Command::Walk { dx: step(random), dy: step(random) },
        40..55 => Command::PickUp { item: random.pick(&Item::ALL) },
        55..65 => Command::Use { item: random.pick(&Item::ALL) },
        65..85 if !others.is_empty() => {
            let skill = if random.below(8) == 0 { Skill::Fireball } else { Skill::Strike };
            Command::Cast { skill, target: random.pick(others) }
        }
        85..98 if !others.is_empty() => Command::Buy {
            seller: random.pick(others),
            item: random.pick(&Item::ALL),
            price: random.below(10) as u32,
        },
        98..100 if buffs < BUFFS_AT_A_TIME => {
            let lasts = ShmDuration::from_millis(50 + random.below(1_200));
            Command::Bless { attack: 1 + random.below(5) as u32, lasts }
        }
        _ => Command::Chat,
    }
}
