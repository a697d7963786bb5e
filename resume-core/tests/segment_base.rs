//! The base address: free in every start, and what happens when it is not.

#![allow(clippy::unwrap_used, reason = "a failing helper fails its test")]

mod segment_support;

use std::process::Command;

use resume_core::root::Outcome;
use segment_support::{Actor, Obstacle, Place, Probe, World, play, role};

/// Not a test of its own: the entry of child processes.
#[test]
fn plays_its_role() {
    let Some((role, place)) = role() else { return };
    play(&role, &place);
}

#[test]
fn a_process_whose_range_is_taken_executes_itself_again() {
    for kind in ["posix", "system_v"] {
        for place in [Place::new_in(kind), Place::stopped_in(kind)] {
            let mut actor = Actor::start("occupied-2", &place);
            for count in 0..3 {
                assert_eq!(actor.wait_for("start"), format!("start {count}"));
            }
            let said = actor.wait_for_either("opened", "refused");
            assert!(said.starts_with("opened"), "{said}");
            actor.kill();
            let outcome = place.open().unwrap().outcome;
            assert!(matches!(outcome, Outcome::ResumedAfterCrash(_)), "{outcome:?}");
        }
    }
}

#[test]
fn a_range_that_stays_taken_ends_the_tries() {
    let place = Place::stopped();
    let before = place.bytes();
    let mut actor = Actor::start("occupied-99", &place);
    for count in 0..=3 {
        assert_eq!(actor.wait_for("start"), format!("start {count}"));
    }
    let said = actor.wait_for_either("opened", "refused");
    assert!(said.contains("executed again 3 times"), "{said}");
    assert!(said.contains(&format!("{:x}-", place.base)), "{said}");
    actor.kill();
    assert!(place.bytes() == before);
}

#[test]
fn a_process_with_another_segment_mapped_never_executes_itself_again() {
    let (mapped, place) = (Place::new(), Place::new());
    let _mapped = mapped.open().unwrap();
    let _obstacle = Obstacle::at(place.base);
    // If it did, this test would begin again, and again.
    let error = place.options().reexec_max(2).open_or_create::<Probe>(&mut World::default()).unwrap_err();
    assert!(error.to_string().contains("to be free"), "{error}");
}

#[test]
fn a_few_starts_never_find_the_default_base_taken() {
    let ran = Command::new(env!("CARGO_BIN_EXE_base-starts")).args(["--starts", "40"]).output().unwrap();
    let text = String::from_utf8(ran.stdout).unwrap();
    assert!(ran.status.success(), "{text}{}", String::from_utf8_lossy(&ran.stderr));
    assert!(text.contains("starts=40 collisions=0 rnd_bits="), "{text}");
}
