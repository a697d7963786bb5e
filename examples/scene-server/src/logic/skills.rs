//! Skills: one player changes another.

use resume_core::ShmDuration;
use resume_core::pool::Handle;
use resume_core::root::Context;
use resume_core::transaction::Tx;

use super::items::HEALTH_MAX;
use super::{Incident, Notice, Rules, player, player_mut};
use crate::state::{Attributes, Player, Refusal, SceneServer, Skill};

/// Uses a skill on another player.
///
/// # Errors
/// The skill is not ready, the target is gone or oneself.
pub fn cast(
    root: &mut SceneServer,
    tx: &Tx,
    rules: &Rules,
    cx: &Context,
    who: Handle<Player>,
    skill: Skill,
    target: Handle<Player>,
) -> Result<Option<Notice>, Refusal> {
    // Gather.
    let spec = rules.skills[skill as usize];
    let caster = player(root, who)?;
    let struck = player(root, target)?.attributes;
    if who == target {
        return Err(Refusal::OnlyOthers);
    }
    if caster.ready_at[skill as usize] > cx.now() {
        return Err(Refusal::NotReady);
    }

    // Compute.
    let damage = (spec.power + caster.attributes.attack).saturating_sub(struck.defence);
    let ready_at = cx.now() + ShmDuration::from(spec.cooldown);
    let dealt = caster.attributes.damage_dealt + u64::from(damage);
    let struck = suffer(struck, damage);

    // Assign. A crash between the two halves leaves neither.
    let caster = player_mut(root, who)?;
    tx.set(&mut caster.ready_at[skill as usize], ready_at);
    tx.set(&mut caster.attributes.damage_dealt, dealt);
    if spec.crashes {
        // Stands for a wild write in a native library: no unwinding, no last words.
        std::process::abort();
    }
    tx.set(&mut player_mut(root, target)?.attributes, struck);

    // Notify, once this is committed.
    Ok(Some(Notice { player: target, what: Incident::Hit { damage } }))
}

/// What damage makes of somebody.
fn suffer(of: Attributes, damage: u32) -> Attributes {
    let defeated = of.health <= damage;
    Attributes {
        health: if defeated { HEALTH_MAX } else { of.health - damage },
        defeats: of.defeats + u32::from(defeated),
        damage_taken: of.damage_taken + u64::from(damage),
        ..of
    }
}
