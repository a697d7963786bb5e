//! Evidence: what really happened to a player, written in the transaction that made it happen.
//!
//! The bots of the crash demo keep the same record of what was acknowledged; the two must agree.

use resume_core::ShmInstant;
use resume_core::transaction::Tx;

use crate::state::{Audit, Buff, Command, Event, Expiry};

/// Notes an effect.
pub fn applied(tx: &Tx, audit: &mut Audit, event: &Event) {
    let count = &mut audit.applied[event.command.handler() as usize];
    let more = *count + 1;
    tx.set(count, more);
    let chain = chained(audit.chain, event.sequence, &event.command);
    tx.set(&mut audit.chain, chain);
}

/// Notes the end of a buff.
pub fn expired(tx: &Tx, audit: &mut Audit, buff: Buff, at: ShmInstant) {
    let slot = (audit.expired % audit.expiries.len() as u64) as usize;
    let more = audit.expired + 1;
    tx.set(&mut audit.expiries[slot], Expiry { sequence: buff.sequence, due: buff.expires_at, at });
    tx.set(&mut audit.expired, more);
}

/// The hash over all applied commands, with one more: it tells sequence, kind, content and order.
pub fn chained(chain: u64, sequence: u64, command: &Command) -> u64 {
    let (a, b) = match *command {
        Command::Chat => (0, 0),
        Command::Walk { dx, dy } => (dx as u64, dy as u64),
        Command::PickUp { item } | Command::Use { item } => (item as u64, 0),
        Command::Cast { skill, target } => (skill as u64, target.to_bits()),
        Command::Bless { attack, lasts } => (attack.into(), lasts.as_nanos()),
        Command::Buy { seller, item, price } => (item as u64 | u64::from(price) << 8, seller.to_bits()),
    };
    [sequence, command.handler() as u64, a, b].iter().fold(chain, |chain, word| {
        // The finalizer of SplitMix64: every bit of the input reaches every bit of the output.
        let mut z = (chain ^ word).wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    })
}
