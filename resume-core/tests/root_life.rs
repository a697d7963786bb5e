//! Create, stop, crash, resume, crash in the resume: with real processes and SIGKILL.

#![allow(clippy::unwrap_used, reason = "a failing helper fails its test")]

mod segment_support;

use resume_core::root::{Outcome, Resumed};
use resume_core::segment::{self, OpenError, Running, State, Step};
use segment_support::{Act, Actor, FLAG_OFFSET, Place, World, play, role};

/// Not a test of its own: the entry of child processes.
#[test]
fn plays_its_role() {
    let Some((role, place)) = role() else { return };
    play(&role, &place);
}

fn crash(outcome: Outcome) -> resume_core::root::Crash {
    match outcome {
        Outcome::ResumedAfterCrash(crash) => crash,
        other => panic!("expected a crash, found {other:?}"),
    }
}

#[test]
fn a_new_segment_is_created_and_started_once() {
    let place = Place::new();
    let mut opened = place.open().unwrap();
    assert_eq!(opened.outcome, Outcome::Created);
    assert_eq!(opened.live.generation(), 1);
    opened.live.with(|root, cx| {
        assert_eq!((root.starts, root.resumes, root.ticks), (1, 0, 0));
        assert_eq!(cx.generation(), 1);
    });
    opened.live.remove().unwrap();
    assert!(!place.exists());
}

#[test]
fn a_clean_stop_is_told_from_a_crash() {
    let place = Place::stopped();
    assert_eq!(segment::inspect(&place.name).unwrap().state, Some(State::Stopped));
    let mut world = World::default();
    let mut opened = place.options().attach(&mut world).unwrap();
    assert_eq!(opened.outcome, Outcome::ResumedAfterStop { generation: 2 });
    assert_eq!(world.resumed, Some(Resumed::AfterStop));
    opened.live.with(|root: &mut segment_support::Probe, _| {
        assert_eq!((root.starts, root.resumes, root.ticks), (1, 1, 3));
    });
}

#[test]
fn attach_never_creates() {
    let place = Place::new();
    let error = place.options().attach::<segment_support::Probe>(&mut World::default()).unwrap_err();
    assert!(matches!(error, OpenError::NotFound { .. }), "{error}");
    assert!(!place.exists());
}

#[test]
fn a_kill_in_a_tick_is_resumed_with_what_was_running() {
    let place = Place::new();
    let mut owner = Actor::start("tick", &place);
    owner.wait_for("tick");
    owner.kill();
    let seen = segment::inspect(&place.name).unwrap();
    assert_eq!(seen.state, Some(State::Live));
    assert_eq!(seen.running, Some(Running { handler: 7, event: 3 }));
    assert_eq!(seen.owner_liveness, Some(segment::Liveness::Dead));
    assert_eq!(seen.locked, Some(false));

    let mut opened = place.open().unwrap();
    let crash = crash(opened.outcome);
    assert_eq!((crash.generation, crash.crashed_generation, crash.resumes_failed), (2, 1, 0));
    assert_eq!(crash.running, Some(Running { handler: 7, event: 3 }));
    assert_eq!(crash.resume_died_at, None);
    opened.live.with(|root, _| assert_eq!((root.ticks, root.resumes), (3, 1)));
    opened.live.stop();
    assert!(matches!(place.open().unwrap().outcome, Outcome::ResumedAfterStop { generation: 3 }));
}

#[test]
fn a_kill_in_create_leaves_a_segment_that_is_made_anew() {
    let place = Place::new();
    for _ in 0..2 {
        let mut owner = Actor::start("die-in-start", &place);
        owner.wait_for("start");
        owner.kill();
        assert_eq!(segment::inspect(&place.name).unwrap().state, Some(State::Creating));
        let error = place.options().attach::<segment_support::Probe>(&mut World::default()).unwrap_err();
        assert!(matches!(error, OpenError::NotFound { .. }), "{error}");
    }
    let mut opened = place.open().unwrap();
    assert_eq!(opened.outcome, Outcome::Created);
    opened.live.with(|root, _| assert_eq!(root.starts, 1));
}

#[test]
fn every_length_that_a_killed_create_leaves_is_made_anew() {
    // The steps of a create: empty, header only, full length without record, full length.
    let place = Place::stopped();
    let whole = place.bytes();
    for keep in [0, 1024, 1500, whole.len()] {
        std::fs::write(place.path(), &whole[..keep]).unwrap();
        if keep > 0 {
            place.poke(512, b"CREA\0\0\0\0");
        }
        let mut opened = place.open().unwrap();
        assert_eq!(opened.outcome, Outcome::Created, "{keep} bytes");
        opened.live.with(|root, _| assert_eq!((root.starts, root.ticks), (1, 0)));
        opened.live.stop();
        let seen = segment::inspect(&place.name).unwrap();
        assert_eq!(seen.record, <segment_support::Probe as resume_core::root::RootRecord>::RECORD);
    }
}

#[test]
fn a_resume_that_dies_is_resumed_and_the_third_death_quarantines() {
    let place = Place::new();
    let mut owner = Actor::start("tick", &place);
    owner.wait_for("tick");
    owner.kill();
    for _ in 0..3 {
        let mut owner = Actor::start("die-in-resume", &place);
        owner.wait_for("resume");
        owner.kill();
        assert_eq!(segment::inspect(&place.name).unwrap().state, Some(State::Resuming(Step::Hook)));
    }
    for _ in 0..2 {
        let error = place.open().unwrap_err();
        let OpenError::Quarantined { max: 3, found: 3, crashed, .. } = error else {
            panic!("{error}");
        };
        assert_eq!(crashed, Some(Running { handler: 7, event: 3 }));
        assert_eq!(segment::inspect(&place.name).unwrap().state, Some(State::Quarantined));
    }
    // Refused from here on without a change.
    assert!(place.refused().to_string().contains("after a crash in handler 7 on event 3"));

    assert!(segment::release(&place.name).unwrap());
    assert!(!segment::release(&place.name).unwrap(), "only once");
    let mut opened = place.open().unwrap();
    let crash = crash(opened.outcome);
    assert_eq!((crash.crashed_generation, crash.generation, crash.resumes_failed), (1, 5, 0));
    assert_eq!(crash.running, Some(Running { handler: 7, event: 3 }));
    opened.live.with(|root, _| assert_eq!((root.ticks, root.resumes), (3, 1)));
}

#[test]
fn a_resume_that_died_at_any_step_is_begun_again() {
    let place = Place::stopped();
    let steps = [Step::Rollback, Step::Values, Step::Rebuild, Step::Hook];
    for (number, step) in (1u32..).zip(steps) {
        place.poke(512, &[*b"RESU", number.to_le_bytes()].concat());
        let opened = place.open().unwrap();
        let crash = crash(opened.outcome);
        assert_eq!(crash.resume_died_at, Some(step));
        assert_eq!(crash.resume_was_running, None);
        opened.live.stop();
    }
}

#[test]
fn a_second_resume_knows_the_crash_and_the_death_of_the_first() {
    let place = Place::new();
    let mut owner = Actor::start("tick", &place);
    owner.wait_for("tick");
    owner.kill();
    let mut owner = Actor::start("die-in-resume", &place);
    owner.wait_for("resume");
    owner.kill();
    let opened = place.open().unwrap();
    let crash = crash(opened.outcome);
    assert_eq!((crash.crashed_generation, crash.generation, crash.resumes_failed), (1, 3, 1));
    assert_eq!(crash.running, Some(Running { handler: 7, event: 3 }));
    assert_eq!(crash.resume_died_at, Some(Step::Hook));
    assert_eq!(crash.resume_was_running, Some(Running { handler: 99, event: 1 }));
    // It went live, so the count starts again.
    assert_eq!(segment::inspect(&place.name).unwrap().words.resumes_failed, 0);
}

#[test]
fn a_resume_after_a_clean_stop_that_dies_is_a_crash_without_a_running_event() {
    let place = Place::stopped();
    let mut owner = Actor::start("die-in-resume", &place);
    owner.wait_for("resume");
    owner.kill();
    let crash = crash(place.open().unwrap().outcome);
    assert_eq!((crash.running, crash.crashed_generation, crash.generation), (None, 1, 3));
    assert_eq!(crash.resume_died_at, Some(Step::Hook));
}

#[test]
fn a_value_broken_at_the_crash_is_refused_by_path_and_not_counted() {
    let place = Place::new();
    let mut owner = Actor::start("tick", &place);
    owner.wait_for("tick");
    owner.kill();
    let root = segment::inspect(&place.name).unwrap().prefix.root_offset;
    place.poke(root + FLAG_OFFSET, &[2]);
    for _ in 0..5 {
        let error = place.refused();
        let OpenError::Values { problems, dropped: 0, .. } = &error else { panic!("{error}") };
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].to_string(), ".flag: expected a bool (0 or 1), found 2");
    }
    place.poke(root + FLAG_OFFSET, &[1]);
    let mut opened = place.open().unwrap();
    let generation = opened.live.generation();
    assert_eq!(generation, 2, "refused attempts leave no trace");
    opened.live.with(|root, _| assert!(root.flag));
}

#[test]
fn a_value_broken_after_a_clean_stop_is_refused_by_path() {
    let place = Place::stopped();
    let root = segment::inspect(&place.name).unwrap().prefix.root_offset;
    place.poke(root + FLAG_OFFSET, &[2]);
    let error = place.refused();
    let OpenError::Values { problems, .. } = &error else { panic!("{error}") };
    assert_eq!(problems[0].to_string(), ".flag: expected a bool (0 or 1), found 2");
    place.poke(root + FLAG_OFFSET, &[1]);
    let opened = place.open().unwrap();
    assert!(matches!(opened.outcome, Outcome::ResumedAfterStop { .. }), "{:?}", opened.outcome);
}

#[test]
fn a_panic_in_a_tick_leaves_the_segment_as_crashed() {
    let place = Place::new();
    let panicked = std::thread::scope(|scope| {
        scope
            .spawn(|| {
                let mut opened = place.open().unwrap();
                opened.live.tick(&mut World { tick: Act::Panic, ..World::default() });
            })
            .join()
    });
    assert!(panicked.is_err());
    let crash = crash(place.open().unwrap().outcome);
    assert_eq!(crash.running, Some(Running { handler: 7, event: 1 }));
}

#[test]
fn a_caught_panic_does_not_become_a_clean_stop() {
    let place = Place::new();
    let mut opened = place.open().unwrap();
    let mut world = World { tick: Act::Panic, ..World::default() };
    let tick = std::panic::AssertUnwindSafe(|| opened.live.tick(&mut world));
    assert!(std::panic::catch_unwind(tick).is_err());
    // The state can be used on, but nobody calls it clean.
    opened.live.with(|root, _| assert_eq!(root.ticks, 1));
    opened.live.stop();
    assert!(matches!(place.open().unwrap().outcome, Outcome::ResumedAfterCrash(_)));
}

#[test]
fn two_segments_are_used_one_after_the_other_never_nested() {
    let (place_a, place_b) = (Place::new(), Place::new());
    let mut a = place_a.open().unwrap();
    let mut b = place_b.open().unwrap();
    a.live.with(|root, _| root.left = 1);
    b.live.with(|root, _| root.left = 2);
    let nested = std::panic::AssertUnwindSafe(|| a.live.with(|_, _| b.live.with(|_, _| ())));
    assert!(std::panic::catch_unwind(nested).is_err());
    // The inner one was never entered; the outer one unwound.
    b.live.with(|root, _| assert_eq!(root.left, 2));
    b.live.stop();
    a.live.stop();
    assert!(matches!(place_b.open().unwrap().outcome, Outcome::ResumedAfterStop { .. }));
    assert!(matches!(place_a.open().unwrap().outcome, Outcome::ResumedAfterCrash(_)));
}

#[test]
fn a_panic_in_start_leaves_nothing() {
    let place = Place::new();
    let open = || {
        let mut world = World { start: Act::Panic, ..World::default() };
        place.options().open_or_create::<segment_support::Probe>(&mut world).map(|_| ())
    };
    assert!(std::panic::catch_unwind(open).is_err());
    assert!(!place.exists());
    assert_eq!(place.open().unwrap().outcome, Outcome::Created);
}

#[test]
fn a_panic_in_resume_counts_as_a_failed_one() {
    let place = Place::stopped();
    let open = || {
        let mut world = World { resume: Act::Panic, ..World::default() };
        place.options().open_or_create::<segment_support::Probe>(&mut world).map(|_| ())
    };
    assert!(std::panic::catch_unwind(open).is_err());
    let crash = crash(place.open().unwrap().outcome);
    assert_eq!((crash.resumes_failed, crash.resume_died_at), (1, Some(Step::Hook)));
}

#[test]
fn a_live_root_moves_to_another_thread() {
    let place = Place::new();
    let mut opened = place.open().unwrap();
    let ticks = std::thread::spawn(move || {
        opened.live.tick(&mut World::default());
        let ticks = opened.live.with(|root, _| root.ticks);
        opened.live.stop();
        ticks
    });
    assert_eq!(ticks.join().unwrap(), 1);
    assert!(matches!(place.open().unwrap().outcome, Outcome::ResumedAfterStop { .. }));
}

#[test]
fn time_stands_still_in_a_tick_and_goes_on_between_ticks() {
    let place = Place::new();
    let mut opened = place.open().unwrap();
    let times = |cx: &resume_core::root::Context| (cx.now(), cx.now());
    let (a, b) = opened.live.with(|_, cx| times(cx));
    let (c, _) = opened.live.with(|_, cx| times(cx));
    assert!(a == b && b < c, "{a:?} {b:?} {c:?}");
    let heartbeat = segment::inspect(&place.name).unwrap().words.heartbeat_ns;
    opened.live.tick(&mut World::default());
    assert!(segment::inspect(&place.name).unwrap().words.heartbeat_ns > heartbeat);
}

#[test]
fn a_kill_at_any_moment_never_blocks_the_next_open() {
    let place = Place::new();
    let mut ticks_seen = 0;
    for round in 0..40u64 {
        let mut owner = Actor::start("churn", &place);
        owner.wait_for("churning");
        std::thread::sleep(std::time::Duration::from_micros(round * round * 7 % 5000));
        owner.kill();
        let mut opened =
            place.options().resumes_failed_max(u64::MAX).open_or_create(&mut World::default()).unwrap();
        opened.live.with(|root: &mut segment_support::Probe, _| {
            // Created anew at times: the churn removes it, too.
            assert!(root.starts == 1 && root.ticks <= 1_000_000, "{} {}", root.starts, root.ticks);
            ticks_seen += root.ticks;
        });
        opened.live.stop();
    }
    assert!(ticks_seen > 0);
}
