//! Scenes and players come into being.

use resume_core::ShmInstant;
use resume_core::container::{Full, StaticMap, StaticVec};
use resume_core::pool::Handle;
use resume_core::transaction::{TransactionError, transaction};

use super::items::HEALTH_MAX;
use crate::state::{
    Attributes, Audit, Expiry, HANDLERS, ITEMS, Name, Player, Position, Refusal, SKILLS, Scene, SceneServer,
    Session, Verdict, WINDOW,
};

/// Gold of a new player.
pub const GOLD_AT_START: u64 = 1_000;
/// [`Attributes::attack`] without buffs.
pub const ATTACK_AT_START: u32 = 5;
const SCENES_AT_START: usize = 4;
const ITEMS_PER_SCENE: u64 = 10_000;

/// Makes the first scenes, on a fresh state or on what a crash left of making them.
pub fn make_scenes(root: &mut SceneServer) {
    while root.scenes.len() < SCENES_AT_START {
        let made = transaction(root, |root, tx| {
            let items = root.mint.items.map(|made| made + ITEMS_PER_SCENE);
            let scene = Scene { population: 0, ground: [ITEMS_PER_SCENE; ITEMS] };
            root.scenes.insert(scene)?;
            tx.set(&mut root.mint.items, items);
            Ok::<_, Full<Scene>>(())
        });
        if made.is_err() {
            return;
        }
    }
}

/// Finds the player of that name, or makes one.
///
/// # Errors
/// There is no room for another player.
pub fn join(root: &mut SceneServer, name: &Name) -> Result<Handle<Player>, Refusal> {
    if let Some(&known) = root.players_by_name.get(name) {
        return Ok(known);
    }
    let joined = transaction(root, |root, tx| {
        let emptiest = root.scenes.iter().min_by_key(|(_, scene)| scene.population);
        let (scene, population) = emptiest.map(|(h, s)| (h, s.population)).ok_or(Refusal::Full)?;
        let gold = root.mint.gold + GOLD_AT_START;

        let newborn = newborn(name, scene);
        let player = root.players.insert(newborn).map_err(|_| Refusal::Full)?;
        root.players_by_name.insert(name.clone(), player).map_err(|_| Refusal::Full)?;
        if let Some(scene) = root.scenes.get_mut(scene) {
            tx.set(&mut scene.population, population + 1);
        }
        tx.set(&mut root.mint.gold, gold);
        Ok(player)
    });
    joined.map_err(|e| if let TransactionError::Aborted(refusal) = e { refusal } else { Refusal::TooLarge })
}

/// A player in the base state (R4).
fn newborn(name: &Name, scene: Handle<Scene>) -> Player {
    let attributes = Attributes {
        health: HEALTH_MAX,
        attack: ATTACK_AT_START,
        defence: 2,
        defeats: 0,
        damage_dealt: 0,
        damage_taken: 0,
    };
    let never = Expiry { sequence: 0, due: ShmInstant::default(), at: ShmInstant::default() };
    Player {
        name: name.clone(),
        scene,
        position: Position::default(),
        attributes,
        gold: GOLD_AT_START,
        inventory: StaticMap::default(),
        buffs: StaticVec::default(),
        ready_at: [ShmInstant::default(); SKILLS],
        session: Session { settled: 0, verdicts: [Verdict::Unknown; WINDOW] },
        audit: Audit { applied: [0; HANDLERS], chain: 0, expired: 0, expiries: [never; 32] },
        #[cfg(feature = "layout-v2")]
        title: 0,
    }
}
