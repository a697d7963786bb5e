//! Trade: gold goes one way, a thing the other.

use resume_core::pool::Handle;
use resume_core::transaction::Tx;

use super::items::{carried, put, room_for};
use super::{Incident, Notice, player, player_mut};
use crate::state::{Item, Player, Refusal, SceneServer};

/// Buys a thing from another player.
///
/// # Errors
/// The seller is gone, is oneself or has none; the buyer has too little gold or room.
pub fn buy(
    root: &mut SceneServer,
    tx: &Tx,
    who: Handle<Player>,
    seller: Handle<Player>,
    item: Item,
    price: u32,
) -> Result<Option<Notice>, Refusal> {
    if who == seller {
        return Err(Refusal::OnlyOthers);
    }
    let (buyer, from) = (player(root, who)?, player(root, seller)?);
    let gold_left = buyer.gold.checked_sub(price.into()).ok_or(Refusal::TooPoor)?;
    let things = room_for(&buyer.inventory, item)?;
    let things_left = carried(&from.inventory, item).checked_sub(1).ok_or(Refusal::NoSuchItem)?;
    let gold = from.gold + u64::from(price);

    let buyer = player_mut(root, who)?;
    tx.set(&mut buyer.gold, gold_left);
    put(&mut buyer.inventory, item, things)?;
    let from = player_mut(root, seller)?;
    tx.set(&mut from.gold, gold);
    put(&mut from.inventory, item, things_left)?;

    Ok(Some(Notice { player: seller, what: Incident::Sold { price } }))
}
