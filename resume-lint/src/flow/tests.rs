//! States and the solver on small bodies.

use super::*;
use crate::mir::{self, Statement, StatementKind};

fn path(local: u32, steps: &[Step]) -> Path {
    Path { local, steps: steps.to_vec() }
}

#[test]
fn a_token_moves_with_the_value_around_it() {
    let mut state = State::default();
    state.add(&path(1, &[Step::Field(1)]), [7]);
    let taken = state.take(&Path::local(1));
    assert!(state.is_empty());
    state.put(&path(2, &[Step::Variant("Some".into()), Step::Field(0)]), taken);
    let places: Vec<&Path> = state.places_of(7).collect();
    assert_eq!(places, [&path(2, &[Step::Variant("Some".into()), Step::Field(0), Step::Field(1)])]);
}

#[test]
fn taking_a_part_of_what_is_only_known_whole_takes_the_whole() {
    let mut state = State::default();
    state.add(&Path::local(1), [7]);
    assert_eq!(state.take(&path(1, &[Step::Field(3)])), vec![(Vec::new(), BTreeSet::from([7]))]);
    assert!(state.is_empty());
}

#[test]
fn killing_a_field_leaves_its_sibling() {
    let mut state = State::default();
    state.add(&path(1, &[Step::Field(0)]), [1]);
    state.add(&path(1, &[Step::Field(1)]), [2]);
    state.kill(&path(1, &[Step::Field(0)]));
    assert_eq!(state.tokens(), BTreeSet::from([2]));
}

#[test]
fn joining_unites_and_tells_whether_it_added() {
    let (mut left, mut right) = (State::default(), State::default());
    left.add(&Path::local(1), [1]);
    right.add(&Path::local(1), [2]);
    assert!(left.join(&right));
    assert!(!left.join(&right));
    assert_eq!(left.tokens(), BTreeSet::from([1, 2]));
}

/// A loop: bb0 → bb1 → bb2 → bb1, bb1 → bb3.
const LOOP: &str = "fn f(_1: &mut T) -> () {
    let mut _0: (); // return place in scope 0 at a.rs:1:1: 1:2
    let mut _2: &mut T; // in scope 0 at a.rs:1:1: 1:2
    let mut _3: &mut u8; // in scope 0 at a.rs:1:1: 1:2

    bb0: {
        _2 = &mut (*_1); // scope 0 at a.rs:1:1: 1:2
        _3 = &mut ((*_2).4: u8); // scope 0 at a.rs:1:1: 1:2
        goto -> bb1; // scope 0 at a.rs:1:1: 1:2
    }

    bb1: {
        switchInt(const true) -> [0: bb3, otherwise: bb2]; // scope 0 at a.rs:1:1: 1:2
    }

    bb2: {
        StorageDead(_2); // scope 0 at a.rs:1:1: 1:2
        goto -> bb1; // scope 0 at a.rs:1:1: 1:2
    }

    bb3: {
        return; // scope 0 at a.rs:1:1: 1:2
    }
}
";

struct MarkBlocks<'b>(&'b mir::Body);

impl Transfer for MarkBlocks<'_> {
    fn statement(&self, state: &mut State, statement: &Statement) {
        if matches!(statement.kind, StatementKind::StorageDead(_)) {
            state.add(&Path::local(0), [99]);
        }
    }

    fn terminator(&self, state: &State, block: u32) -> Vec<(u32, State)> {
        let next = self.0.blocks[block as usize].terminator.successors();
        next.into_iter().map(|next| (next, state.clone())).collect()
    }
}

#[test]
fn what_happens_in_a_loop_reaches_its_head_and_its_exit() {
    let bodies = mir::parse(LOOP).unwrap();
    let states = solve(&bodies[0], State::default(), &MarkBlocks(&bodies[0]));
    let marked: Vec<bool> =
        states.iter().map(|state| state.as_ref().is_some_and(|state| state.tokens().contains(&99))).collect();
    assert_eq!(marked, [false, true, true, true]);
    assert_eq!(reaches(&bodies[0], 2), BTreeSet::from([1, 2, 3]));
}

#[test]
fn a_chain_of_references_is_looked_through() {
    let bodies = mir::parse(LOOP).unwrap();
    let aliases = Aliases::of(&bodies[0]);
    let through = mir::Place { local: 3, proj: vec![mir::Proj::Deref] };
    assert_eq!(aliases.path(&through), path(1, &[Step::Deref, Step::Field(4)]));
}
