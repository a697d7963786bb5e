//! Counts the world: what must be true between any two transactions, whatever died in between.

use crate::state::{ITEMS, SceneServer};

use super::join::ATTACK_AT_START;

/// Sums over the whole state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Census {
    /// Players.
    pub players: u64,
    /// Players that their name finds.
    pub players_found: u64,
    /// Gold that players have.
    pub gold: u64,
    /// Gold that was ever made.
    pub gold_made: u64,
    /// Things that lie or are carried.
    pub items: [u64; ITEMS],
    /// Things that were ever made.
    pub items_made: [u64; ITEMS],
    /// Damage that players did.
    pub damage_dealt: u64,
    /// Damage that players suffered.
    pub damage_taken: u64,
    /// Players whose attack is not what their buffs make it.
    pub attacks_wrong: u64,
    /// Population of all scenes.
    pub population: u64,
    /// Events set aside.
    pub quarantined: u64,
}

/// Counts.
pub fn census(root: &SceneServer) -> Census {
    let mut census = Census {
        players: root.players.len() as u64,
        gold_made: root.mint.gold,
        items_made: root.mint.items,
        quarantined: root.quarantine.len() as u64,
        ..Census::default()
    };
    for (_, scene) in root.scenes.iter() {
        census.population += scene.population;
        for (sum, lying) in census.items.iter_mut().zip(scene.ground) {
            *sum += lying;
        }
    }
    for (handle, player) in root.players.iter() {
        census.players_found += u64::from(root.players_by_name.get(&player.name) == Some(&handle));
        census.gold += player.gold;
        census.damage_dealt += player.attributes.damage_dealt;
        census.damage_taken += player.attributes.damage_taken;
        let attack = ATTACK_AT_START + player.buffs.iter().map(|buff| buff.attack).sum::<u32>();
        census.attacks_wrong += u64::from(attack != player.attributes.attack);
        for (item, carried) in player.inventory.iter() {
            census.items[*item as usize] += carried;
        }
    }
    census
}

impl Census {
    /// What is not as it must be.
    pub fn violations(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut must = |holds: bool, what: String| {
            if !holds {
                found.push(what);
            }
        };
        must(
            self.gold == self.gold_made,
            format!("{} gold was made, {} is there", self.gold_made, self.gold),
        );
        must(
            self.items == self.items_made,
            format!("{:?} things were made, {:?} are there", self.items_made, self.items),
        );
        must(
            self.damage_dealt == self.damage_taken,
            format!("{} damage was dealt, {} suffered", self.damage_dealt, self.damage_taken),
        );
        must(
            self.players == self.players_found,
            format!("{} players, {} found by name", self.players, self.players_found),
        );
        must(
            self.players == self.population,
            format!("{} players, {} live in scenes", self.players, self.population),
        );
        must(self.attacks_wrong == 0, format!("{} players' attack is not base + buffs", self.attacks_wrong));
        found
    }
}
