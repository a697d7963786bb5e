//! Buffs: attributes that rise for a while. What ends them is a boot-relative deadline in the state, so
//! a buff that runs out while no process is there ends in the first tick after the resume.

use resume_core::pool::Handle;
use resume_core::root::Context;
use resume_core::transaction::{Tx, transaction};
use resume_core::{ShmDuration, ShmInstant};

use super::{Audience, Incident, Notice, audit, player_mut};
use crate::state::{Buff, Event, Player, Refusal, SceneServer};

/// The strongest buff that can be asked for.
pub const ATTACK_MAX: u32 = 10;

/// Adds a buff to a player.
///
/// # Errors
/// The player has as many buffs as fit.
pub fn bless(
    root: &mut SceneServer,
    tx: &Tx,
    cx: &Context,
    event: &Event,
    attack: u32,
    lasts: ShmDuration,
) -> Result<Option<Notice>, Refusal> {
    let player = player_mut(root, event.player)?;
    let buff =
        Buff { sequence: event.sequence, expires_at: cx.now() + lasts, attack: attack.min(ATTACK_MAX) };
    let raised = player.attributes.attack + buff.attack;

    player.buffs.push(buff).map_err(|_| Refusal::Full)?;
    tx.set(&mut player.attributes.attack, raised);
    Ok(None)
}

/// Ends all buffs that are due.
pub fn expire(root: &mut SceneServer, cx: &Context, audience: &mut impl Audience) {
    let now = cx.now();
    let is_due = |player: &Player| player.buffs.iter().any(|buff| buff.expires_at <= now);
    let due: Vec<_> = root.players.iter().filter(|(_, player)| is_due(player)).map(|(who, _)| who).collect();
    for player in due {
        // A transaction each: one player's trouble is not the others' (R6).
        while let Ok(sequence) = transaction(root, |root, tx| expire_one(root, tx, player, now).ok_or(())) {
            audience.notice(Notice { player, what: Incident::BuffEnded { sequence } });
        }
    }
}

/// Ends one buff of a player that is due, if there is one, and tells which command had given it.
fn expire_one(root: &mut SceneServer, tx: &Tx, who: Handle<Player>, now: ShmInstant) -> Option<u64> {
    let player = root.players.get_mut(who)?;
    let index = player.buffs.iter().position(|buff| buff.expires_at <= now)?;
    let buff = *player.buffs.get(index)?;
    let lowered = player.attributes.attack.saturating_sub(buff.attack);

    player.buffs.swap_remove(index).ok()?;
    tx.set(&mut player.attributes.attack, lowered);
    audit::expired(tx, &mut player.audit, buff, now);
    Some(buff.sequence)
}
