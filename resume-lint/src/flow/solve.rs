//! The worklist that brings states to a fixed point.

use std::collections::{BTreeSet, VecDeque};

use crate::mir::{Body, Statement};

use super::State;

/// How a lint's state changes along a body.
pub(crate) trait Transfer {
    /// One statement.
    fn statement(&self, state: &mut State, statement: &Statement);

    /// The terminator of a block: the state on each edge. `state` is that after the statements.
    fn terminator(&self, state: &State, block: u32) -> Vec<(u32, State)>;
}

/// The state at the start of each block; `None` where control cannot come.
pub(crate) fn solve(body: &Body, start: State, transfer: &impl Transfer) -> Vec<Option<State>> {
    let mut states: Vec<Option<State>> = vec![None; body.blocks.len()];
    if body.blocks.is_empty() {
        return states;
    }
    states[0] = Some(start);
    let mut waiting = VecDeque::from([0_u32]);
    while let Some(number) = waiting.pop_front() {
        let Some(mut state) = states[number as usize].clone() else { continue };
        for statement in &body.blocks[number as usize].statements {
            transfer.statement(&mut state, statement);
        }
        for (next, out) in transfer.terminator(&state, number) {
            let Some(slot) = states.get_mut(next as usize) else { continue };
            let changed = match slot {
                Some(known) => known.join(&out),
                None => {
                    *slot = Some(out);
                    true
                }
            };
            if changed && !waiting.contains(&next) {
                waiting.push_back(next);
            }
        }
    }
    states
}

/// All blocks that control may reach from `from`, without those of the unwind paths.
pub(crate) fn reaches(body: &Body, from: u32) -> BTreeSet<u32> {
    let mut seen = BTreeSet::new();
    let mut waiting = vec![from];
    while let Some(number) = waiting.pop() {
        let Some(block) = body.blocks.get(number as usize) else { continue };
        if block.cleanup || !seen.insert(number) {
            continue;
        }
        waiting.extend(block.terminator.successors());
    }
    seen
}
