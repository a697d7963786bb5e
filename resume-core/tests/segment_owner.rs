//! One owner at a time: two-owner races, dead owners, forked children.

#![allow(clippy::unwrap_used, reason = "a failing helper fails its test")]

mod segment_support;

use resume_core::root::Outcome;
use resume_core::segment::{self, Liveness, OpenError, State};
use segment_support::{Actor, Place, World, hang, play, role, say};

/// Not a test of its own: the entry of child processes.
#[test]
fn plays_its_role() {
    let Some((role, place)) = role() else { return };
    match role.as_str() {
        "fork-and-hold" => fork_and_hold(&place),
        "race" => race(&place),
        "contend" => contend(&place),
        other => play(other, &place),
    }
}

/// Opens, forks a child that keeps the descriptors, and waits.
fn fork_and_hold(place: &Place) {
    let _opened = place.open().unwrap();
    // SAFETY: the child calls only what is safe after a fork: it waits in the kernel until it is killed.
    let child = unsafe { libc::fork() };
    if child == 0 {
        // It must outlive its parent, but not the test: a minute is longer than any of them.
        // SAFETY: sleep has no preconditions.
        unsafe { libc::sleep(60) };
        // SAFETY: ends the child at once, without running what belongs to its parent.
        unsafe { libc::_exit(0) };
    }
    hang(&format!("forked {child} end"));
}

/// Opens when it is told to, and says how it went.
fn race(place: &Place) {
    say("ready");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    match place.open() {
        Ok(_opened) => hang("won"),
        Err(OpenError::LiveOwner { .. } | OpenError::LockInherited { .. }) => hang("lost"),
        Err(other) => hang(&format!("failed {other}")),
    }
}

/// Opens again and again, and looks whether anybody else is in the state meanwhile.
fn contend(place: &Place) {
    say("contending");
    let me = std::process::id();
    let mut owned = 0u32;
    while owned < 150 {
        let options = place.options().resumes_failed_max(u64::MAX);
        match options.open_or_create::<segment_support::Probe>(&mut World::default()) {
            Ok(mut opened) => {
                owned += 1;
                opened.live.with(|root, _| {
                    for _ in 0..100 {
                        root.left = me;
                        // SAFETY: a read of a borrowed field, volatile so that it is one.
                        let seen = unsafe { (&raw const root.left).read_volatile() };
                        assert_eq!(seen, me, "somebody else writes the state");
                        root.right += 1;
                    }
                    assert_eq!(root.right % 100, 0);
                });
                match owned % 3 {
                    0 => opened.live.remove().unwrap(),
                    _ => opened.live.stop(),
                }
            }
            Err(OpenError::LiveOwner { .. } | OpenError::LockInherited { .. }) => {}
            Err(OpenError::Unstable { .. }) => {}
            Err(other) => hang(&format!("bad: {other}")),
        }
    }
    hang("done");
}

#[test]
fn contenders_that_stop_and_remove_are_never_in_the_state_together() {
    let place = Place::new();
    let mut actors: Vec<Actor> = (0..3).map(|_| Actor::start("contend", &place)).collect();
    for actor in &mut actors {
        assert_eq!(actor.wait_for_either("done", "bad"), "done");
    }
}

#[test]
fn a_second_process_is_refused_while_the_first_lives() {
    let place = Place::new();
    let mut owner = Actor::start("hold", &place);
    owner.wait_for("holding");
    let error = place.refused();
    let OpenError::LiveOwner { owner: found, command, .. } = &error else { panic!("{error}") };
    assert_eq!(found.pid, owner.child.id());
    assert!(!command.is_empty() && error.to_string().contains(command), "{error}");
    // Nor can it be removed under the owner's hands.
    assert!(matches!(segment::remove(&place.name), Err(OpenError::LiveOwner { .. })));
    // Looking is always allowed.
    let seen = segment::inspect(&place.name).unwrap();
    assert_eq!((seen.state, seen.locked), (Some(State::Live), Some(true)));
    assert!(matches!(seen.owner_liveness, Some(Liveness::Alive { .. })), "{:?}", seen.owner_liveness);

    owner.kill();
    assert!(matches!(place.open().unwrap().outcome, Outcome::ResumedAfterCrash(_)));
}

#[test]
fn a_second_open_in_the_same_process_is_refused() {
    let place = Place::new();
    let opened = place.open().unwrap();
    let error = place.refused();
    let OpenError::LiveOwner { owner, .. } = &error else { panic!("{error}") };
    assert_eq!(owner.pid, std::process::id());
    // Inspecting opens and closes the object; that must not drop the lock.
    segment::inspect(&place.name).unwrap();
    assert!(matches!(place.refused(), OpenError::LiveOwner { .. }));
    drop(opened);
    assert!(place.open().is_ok());
}

#[test]
fn a_lock_that_a_forked_child_inherited_is_told_apart() {
    let place = Place::new();
    let mut owner = Actor::start("fork-and-hold", &place);
    let pid = owner.child.id();
    let forked: u32 = owner.wait_for("forked").split(' ').nth(1).unwrap().parse().unwrap();
    let forked = KillOnDrop(forked);
    owner.kill();
    let error = place.refused();
    let OpenError::LockInherited { dead, holders, .. } = &error else { panic!("{error}") };
    assert_eq!(dead.map(|d| d.pid), Some(pid));
    assert_eq!(holders.iter().map(|h| h.pid).collect::<Vec<_>>(), [forked.0], "{error}");
    assert!(error.to_string().contains(&format!("pid {}", forked.0)), "{error}");
    drop(forked);
    // It is not this process's child, so its end is awaited by the lock.
    let opened = (0..100).find_map(|_| place.open().ok());
    assert!(matches!(opened.unwrap().outcome, Outcome::ResumedAfterCrash(_)));
}

struct KillOnDrop(u32);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        if let Some(pid) = rustix::process::Pid::from_raw(self.0 as i32) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
    }
}

#[test]
fn a_forked_child_does_not_have_the_mapping_and_does_not_stop_its_parents_segment() {
    let place = Place::new();
    let mut opened = place.open().unwrap();
    let base = place.base;
    // SAFETY: the child calls nothing but reads one word and ends.
    let touching = unsafe { libc::fork() };
    if touching == 0 {
        // SAFETY: not valid, on purpose: the child must die here of SIGSEGV, which the parent checks.
        unsafe { core::ptr::without_provenance::<u64>(base as usize).read_volatile() };
        // SAFETY: ends the child at once.
        unsafe { libc::_exit(0) };
    }
    assert_eq!(wait(touching), Err(libc::SIGSEGV));

    // SAFETY: the child drops the value, which only compares a process id, and ends.
    let dropping = unsafe { libc::fork() };
    if dropping == 0 {
        drop(opened);
        // SAFETY: ends the child at once.
        unsafe { libc::_exit(7) };
    }
    assert_eq!(wait(dropping), Ok(7));
    assert_eq!(segment::inspect(&place.name).unwrap().state, Some(State::Live));
    assert_eq!(opened.live.with(|root, _| root.starts), 1);
}

/// The status or the signal that a child ended with.
fn wait(pid: i32) -> Result<i32, i32> {
    let mut status = 0;
    // SAFETY: `status` is a valid place for the result.
    assert_eq!(unsafe { libc::waitpid(pid, &raw mut status, 0) }, pid);
    if libc::WIFSIGNALED(status) { Err(libc::WTERMSIG(status)) } else { Ok(libc::WEXITSTATUS(status)) }
}

#[test]
fn of_many_that_open_at_once_exactly_one_wins() {
    for existing in [false, true] {
        let place = if existing { Place::stopped() } else { Place::new() };
        let mut actors: Vec<Actor> = (0..6).map(|_| Actor::start("race", &place)).collect();
        for actor in &mut actors {
            actor.wait_for("ready");
        }
        for actor in &mut actors {
            actor.go();
        }
        let said: Vec<String> = actors.iter_mut().map(|a| a.wait_for("")).collect();
        assert_eq!(said.iter().filter(|s| *s == "won").count(), 1, "{said:?}");
        assert_eq!(said.iter().filter(|s| *s == "lost").count(), 5, "{said:?}");
        drop(actors);
        let outcome = place.open().unwrap().outcome;
        assert!(matches!(outcome, Outcome::ResumedAfterCrash(_)), "{outcome:?}");
    }
}

#[test]
fn an_owner_that_is_stopped_by_a_signal_still_owns() {
    let place = Place::new();
    let mut owner = Actor::start("hold", &place);
    owner.wait_for("holding");
    let pid = rustix::process::Pid::from_child(&owner.child);
    rustix::process::kill_process(pid, rustix::process::Signal::STOP).unwrap();
    // The signal is on its way until the kernel says so.
    let stopped = (0..500).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(2));
        let error = place.refused();
        let OpenError::LiveOwner { stopped, .. } = &error else { panic!("{error}") };
        assert_eq!(error.to_string().contains("alive but stopped"), *stopped, "{error}");
        *stopped
    });
    assert!(stopped);
    let seen = segment::inspect(&place.name).unwrap();
    assert!(matches!(seen.owner_liveness, Some(Liveness::Alive { stopped: true, .. })), "{seen:?}");
    owner.kill();
    assert!(place.options().attach::<segment_support::Probe>(&mut World::default()).is_ok());
}

#[test]
fn a_removed_segment_is_gone_and_removing_it_again_says_so() {
    let place = Place::stopped();
    assert!(segment::remove(&place.name).unwrap());
    assert!(!segment::remove(&place.name).unwrap());
    assert_eq!(place.open().unwrap().outcome, Outcome::Created);
}

#[test]
fn a_name_that_leads_to_another_segment_by_now_is_left_alone() {
    let place = Place::new();
    let first = place.open().unwrap();
    // Somebody removes it without asking, and another segment gets the name.
    std::fs::remove_file(place.path()).unwrap();
    let elsewhere = Place::new();
    let options = resume_core::root::Options::new(&place.name).base(elsewhere.base).journal_bytes(4096);
    let second = options.open_or_create::<segment_support::Probe>(&mut World::default()).unwrap();
    assert_eq!(second.outcome, Outcome::Created);
    first.live.remove().unwrap();
    assert!(place.exists());
    second.live.remove().unwrap();
    assert!(!place.exists());
}
