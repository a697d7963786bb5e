//! Things: picked up from the ground of the scene, used up, and back on the ground.

use resume_core::pool::Handle;
use resume_core::transaction::Tx;

use super::{Notice, player, player_mut};
use crate::state::{Inventory, Item, Player, Refusal, Scene, SceneServer};

/// Hit points of a new player, and the most there are.
pub const HEALTH_MAX: u32 = 100;
/// Things of one kind that one can carry.
pub const CARRIED_MAX: u64 = 20;
const POTION_HEALS: u32 = 25;

/// Takes a thing from the ground.
///
/// # Errors
/// There is none, or the player carries enough of it.
pub fn pick_up(
    root: &mut SceneServer,
    tx: &Tx,
    who: Handle<Player>,
    item: Item,
) -> Result<Option<Notice>, Refusal> {
    let scene = player(root, who)?.scene;
    let lying = ground(root, scene, item)?.checked_sub(1).ok_or(Refusal::NoSuchItem)?;
    let carried = room_for(&player(root, who)?.inventory, item)?;

    tx.set(ground(root, scene, item)?, lying);
    put(&mut player_mut(root, who)?.inventory, item, carried)?;
    Ok(None)
}

/// Uses a thing up; a potion heals.
///
/// # Errors
/// The player has none.
pub fn use_up(
    root: &mut SceneServer,
    tx: &Tx,
    who: Handle<Player>,
    item: Item,
) -> Result<Option<Notice>, Refusal> {
    let user = player(root, who)?;
    let scene = user.scene;
    let carried = carried(&user.inventory, item).checked_sub(1).ok_or(Refusal::NoSuchItem)?;
    let heals = if item == Item::Potion { POTION_HEALS } else { 0 };
    let health = (user.attributes.health + heals).min(HEALTH_MAX);
    let lying = *ground(root, scene, item)? + 1;

    tx.set(ground(root, scene, item)?, lying);
    let user = player_mut(root, who)?;
    put(&mut user.inventory, item, carried)?;
    tx.set(&mut user.attributes.health, health);
    Ok(None)
}

/// How many of `item` are carried.
pub fn carried(inventory: &Inventory, item: Item) -> u64 {
    inventory.get(&item).copied().unwrap_or(0)
}

/// How many of `item` will be carried after one more.
///
/// # Errors
/// That would be too many.
pub fn room_for(inventory: &Inventory, item: Item) -> Result<u64, Refusal> {
    let more = carried(inventory, item) + 1;
    if more > CARRIED_MAX { Err(Refusal::Full) } else { Ok(more) }
}

/// Sets how many of `item` are carried.
///
/// # Errors
/// The inventory has no room for another kind.
pub fn put(inventory: &mut Inventory, item: Item, count: u64) -> Result<(), Refusal> {
    if count == 0 {
        inventory.remove(&item);
        return Ok(());
    }
    inventory.insert(item, count).map(drop).map_err(|_| Refusal::Full)
}

fn ground(root: &mut SceneServer, scene: Handle<Scene>, item: Item) -> Result<&mut u64, Refusal> {
    root.scenes.get_mut(scene).map(|scene| &mut scene.ground[item as usize]).ok_or(Refusal::NoSuchItem)
}
