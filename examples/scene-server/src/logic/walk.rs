//! Walking.

use resume_core::pool::Handle;
use resume_core::transaction::Tx;

use super::{Notice, player_mut};
use crate::state::{Player, Position, Refusal, SceneServer};

/// Moves a player; the world has no walls.
///
/// # Errors
/// The player is gone.
pub fn walk(
    root: &mut SceneServer,
    tx: &Tx,
    who: Handle<Player>,
    dx: i32,
    dy: i32,
) -> Result<Option<Notice>, Refusal> {
    let player = player_mut(root, who)?;
    let Position { x, y } = player.position;
    let there = Position { x: x.wrapping_add(dx.into()), y: y.wrapping_add(dy.into()) };
    tx.set(&mut player.position, there);
    Ok(None)
}
