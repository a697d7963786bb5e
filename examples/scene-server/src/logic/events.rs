//! Runs queued commands exactly once.
//!
//! ```text
//! begin          one commit store marks the event as started; it will never start again (R8)
//! transaction    effect + verdict + finish: all of it or nothing
//! tell           the client hears of it, at last
//! ```
//! Killed before `begin`, the event runs after the resume. Killed inside, nothing happened, and
//! [`set_aside`] records that. Killed after the commit, the client asks again and is answered from the
//! record.

use std::convert::Infallible;

use resume_core::root::Context;
use resume_core::transaction::{TransactionError, Tx, transaction};

use super::{Audience, Notice, Rules, audit, buffs, items, player_mut, skills, trade, walk};
use crate::state::{Command, Event, Refusal, SceneServer, Verdict, WINDOW};

/// Runs all queued events.
pub fn run(root: &mut SceneServer, rules: &Rules, cx: &Context, audience: &mut impl Audience) {
    while let Some(started) = root.events.begin() {
        let event = *started;
        cx.running(event.command.handler() as u32, started.id().0);
        let settled = transaction(root, |root, tx| {
            let settled = settle(root, tx, rules, cx, &event);
            root.events.finish(started);
            Ok::<_, TransactionError<Infallible>>(settled)
        });
        match settled {
            Ok((verdict, notice)) => {
                audience.verdict(event.player, event.sequence, verdict);
                if let Some(notice) = notice {
                    audience.notice(notice);
                }
            }
            Err(_) => set_aside(root, cx),
        }
    }
    cx.idle();
}

/// Settles an event: from the record if it was settled before, by handling it otherwise.
fn settle(
    root: &mut SceneServer,
    tx: &Tx,
    rules: &Rules,
    cx: &Context,
    event: &Event,
) -> (Verdict, Option<Notice>) {
    let Some(player) = root.players.get(event.player) else {
        return (Verdict::Refused(Refusal::NoSuchPlayer), None);
    };
    let settled = player.session.settled;
    if event.sequence <= settled && rules.dedupe {
        let forgotten = settled - event.sequence >= WINDOW as u64;
        let recorded = player.session.verdicts[slot(event.sequence)];
        return (if forgotten { Verdict::Unknown } else { recorded }, None);
    }
    if event.sequence > settled + 1 {
        return (Verdict::Refused(Refusal::OutOfOrder), None);
    }
    // A savepoint: what a refusing handler has changed is undone, its verdict is recorded all the same.
    let (verdict, notice) = match transaction(root, |root, tx| handle(root, tx, rules, cx, event)) {
        Ok(notice) => (Verdict::Applied, notice),
        Err(TransactionError::Aborted(refusal)) => (Verdict::Refused(refusal), None),
        Err(_) => (Verdict::Refused(Refusal::TooLarge), None),
    };
    record(root, tx, event, verdict);
    (verdict, notice)
}

/// Lets the handler of the command have its effect.
fn handle(
    root: &mut SceneServer,
    tx: &Tx,
    rules: &Rules,
    cx: &Context,
    event: &Event,
) -> Result<Option<Notice>, Refusal> {
    let who = event.player;
    let notice = match event.command {
        Command::Chat => None,
        Command::Walk { dx, dy } => walk::walk(root, tx, who, dx, dy)?,
        Command::PickUp { item } => items::pick_up(root, tx, who, item)?,
        Command::Use { item } => items::use_up(root, tx, who, item)?,
        Command::Cast { skill, target } => skills::cast(root, tx, rules, cx, who, skill, target)?,
        Command::Bless { attack, lasts } => buffs::bless(root, tx, cx, event, attack, lasts)?,
        Command::Buy { seller, item, price } => trade::buy(root, tx, who, seller, item, price)?,
    };
    audit::applied(tx, &mut player_mut(root, who)?.audit, event);
    Ok(notice)
}

/// Records the verdict on the player's next command. Any other was settled before, or comes too early.
fn record(root: &mut SceneServer, tx: &Tx, event: &Event, verdict: Verdict) {
    if let Some(player) = root.players.get_mut(event.player)
        && event.sequence == player.session.settled + 1
    {
        tx.set(&mut player.session.verdicts[slot(event.sequence)], verdict);
        tx.set(&mut player.session.settled, event.sequence);
    }
}

/// Settles what was running when the process died: it had no effect and is not tried again, for it may
/// be what killed the process.
pub fn set_aside(root: &mut SceneServer, cx: &Context) {
    let Some((id, &event)) = root.events.in_flight() else { return };
    // If this one fails too, the event stays in flight and the next resume comes here again.
    let _ = transaction(root, |root, tx| {
        if root.quarantine.len() == root.quarantine.capacity() {
            let oldest = root.quarantine.iter().next().map(|held| held.id);
            oldest.and_then(|id| root.quarantine.release(id));
        }
        let _ = root.quarantine.add(id, event, cx.now());
        record(root, tx, &event, Verdict::Quarantined);
        root.events.clear_in_flight();
        Ok::<_, Infallible>(())
    });
}

fn slot(sequence: u64) -> usize {
    (sequence % WINDOW as u64) as usize
}
