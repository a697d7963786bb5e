//! Process ids mean nothing by themselves: namespaces and reuse.

#![allow(clippy::unwrap_used, reason = "a failing helper fails its test")]

mod segment_support;

use std::time::Duration;

use resume_core::root::Outcome;
use resume_core::segment::{Liveness, OpenError};
use segment_support::{Actor, Place, hang, play, role, say};

/// Not a test of its own: the entry of child processes.
#[test]
fn plays_its_role() {
    let Some((role, place)) = role() else { return };
    match role.as_str() {
        "try" => match place.open() {
            Ok(opened) => hang(&format!("result {:?}", opened.outcome)),
            Err(error) => hang(&format!("result {error}")),
        },
        "fork-and-hold" => fork_and_hold(&place),
        "reuse" => reuse(&place),
        "hold-in-a-namespace" => in_a_namespace("hold", &place),
        "try-in-a-namespace" => in_a_namespace("try", &place),
        "reuse-in-a-namespace" => in_a_namespace("reuse", &place),
        other => play(other, &place),
    }
}

/// Plays a role as the first process of a pid namespace, which ends with this process.
fn in_a_namespace(role: &str, place: &Place) {
    assert!(rustix::process::geteuid().is_root(), "this test must run as root to make a pid namespace");
    // SAFETY: children are in namespaces of their own from here on; no memory is involved.
    assert_eq!(unsafe { libc::unshare(libc::CLONE_NEWPID | libc::CLONE_NEWNS) }, 0);
    let mut first = Actor::start(role, place);
    loop {
        let line = first.wait_for("");
        say(&line);
    }
}

/// A `/proc` of this process's own pid namespace.
fn mount_proc() {
    let none = core::ptr::null();
    let flags = libc::MS_REC | libc::MS_PRIVATE;
    // SAFETY: the strings are terminated; null is allowed where this kind of mount takes no argument.
    assert_eq!(unsafe { libc::mount(none, c"/".as_ptr(), none, flags, none.cast()) }, 0);
    let (kind, target) = (c"proc".as_ptr(), c"/proc".as_ptr());
    // SAFETY: all strings are terminated.
    assert_eq!(unsafe { libc::mount(kind, target, kind, 0, none.cast()) }, 0);
}

/// Opens, forks a child that keeps the descriptors, and waits.
fn fork_and_hold(place: &Place) {
    let _opened = place.open().unwrap();
    // SAFETY: the child calls only what is safe after a fork: it waits in the kernel until it is killed.
    let child = unsafe { libc::fork() };
    if child == 0 {
        // SAFETY: sleep has no preconditions.
        unsafe { libc::sleep(60) };
        // SAFETY: ends the child at once, without running what belongs to its parent.
        unsafe { libc::_exit(0) };
    }
    hang("forked");
}

/// In a pid namespace, where the next id can be chosen: an owner dies, a child that it forked keeps the
/// lock, and another process gets its id.
fn reuse(place: &Place) {
    mount_proc();
    let mut owner = Actor::start("fork-and-hold", place);
    owner.wait_for("forked");
    let pid = owner.child.id();
    owner.kill();
    // Ticks are 10 ms: the later process starts at another.
    std::thread::sleep(Duration::from_millis(30));
    std::fs::write("/proc/sys/kernel/ns_last_pid", (pid - 1).to_string()).unwrap();
    let mut later = std::process::Command::new("/bin/sleep").arg("60").spawn().unwrap();
    assert_eq!(later.id(), pid, "the id is in use again");
    let seen = place.inspect().unwrap();
    assert_eq!(seen.owner.map(|o| o.pid), Some(pid));
    assert_eq!(seen.owner_liveness, Some(Liveness::Dead));
    let error = place.refused();
    let told_apart = matches!(error, OpenError::LockInherited { dead: Some(dead), .. } if dead.pid == pid);
    later.kill().unwrap();
    later.wait().unwrap();
    hang(&format!("result {told_apart}"));
}

/// The next open after an owner's end, of which this process is not told.
fn open_when_free(place: &Place) -> Outcome {
    for _ in 0..1000 {
        match place.open() {
            Ok(opened) => return opened.outcome,
            Err(OpenError::LiveOwnerElsewhere { .. } | OpenError::LockInherited { .. }) => {
                std::thread::sleep(Duration::from_millis(2));
            }
            Err(error) => panic!("{error}"),
        }
    }
    panic!("the lock never came free");
}

#[test]
fn an_owner_in_another_pid_namespace_is_seen_as_such_and_its_death_too() {
    for kind in ["posix", "system_v", "memfd"] {
        let place = Place::new_in(kind);
        let mut namespace = Actor::start("hold-in-a-namespace", &place);
        namespace.wait_for("holding");
        let error = place.refused();
        let OpenError::LiveOwnerElsewhere { owner, .. } = &error else { panic!("{error}") };
        assert_eq!(owner.pid, 1, "its id in there; here process 1 is another, and alive");
        assert_eq!(place.inspect().unwrap().owner_liveness, Some(Liveness::NotVisible));
        namespace.kill();
        let outcome = open_when_free(&place);
        assert!(matches!(outcome, Outcome::ResumedAfterCrash(_)), "{kind}: {outcome:?}");
    }
}

#[test]
fn an_owner_outside_is_seen_from_a_pid_namespace() {
    let place = Place::new();
    let mut owner = Actor::start("hold", &place);
    owner.wait_for("holding");
    let mut namespace = Actor::start("try-in-a-namespace", &place);
    let said = namespace.wait_for("result");
    assert!(said.contains(&format!("pid {} of pid namespace", owner.child.id())), "{said}");
    drop(namespace);
    owner.kill();
    let mut namespace = Actor::start("try-in-a-namespace", &place);
    let said = namespace.wait_for("result");
    assert!(said.contains("ResumedAfterCrash"), "{said}");
}

#[test]
fn a_later_process_of_the_owners_id_is_not_taken_for_the_owner() {
    let place = Place::new();
    let mut namespace = Actor::start("reuse-in-a-namespace", &place);
    assert_eq!(namespace.wait_for("result"), "result true");
    namespace.kill();
    let outcome = open_when_free(&place);
    assert!(matches!(outcome, Outcome::ResumedAfterCrash(_)), "{outcome:?}");
}

#[test]
fn a_living_process_with_a_dead_owners_id_does_not_block() {
    let place = Place::stopped();
    // The owner that the header names: this process's id, started at another time.
    place.poke(512, b"LIVE\0\0\0\0");
    place.poke(536, &u64::from(std::process::id()).to_le_bytes());
    place.poke(544, &1u64.to_le_bytes());
    assert_eq!(place.inspect().unwrap().owner_liveness, Some(Liveness::Dead));
    let outcome = place.open().unwrap().outcome;
    assert!(matches!(outcome, Outcome::ResumedAfterCrash(_)), "{outcome:?}");
}
