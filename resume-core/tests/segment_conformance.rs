//! What every backend does alike: the tests are written once and run on each.

#![allow(clippy::unwrap_used, reason = "a failing helper fails its test")]

mod segment_support;

use resume_core::ShmSafe;
use resume_core::root::{Context, Options, Outcome, Resumed, Root};
use resume_core::segment::{self, Backend, Liveness, Memfd, OpenError, Running, State, Step};
use segment_support::{Act, Actor, Place, Probe, World, play, role};

/// Not a test of its own: the entry of child processes.
#[test]
fn plays_its_role() {
    let Some((role, place)) = role() else { return };
    play(&role, &place);
}

macro_rules! conformance {
    ($($test:ident)*) => {
        conformance!(@in posix: $($test)*);
        conformance!(@in system_v: $($test)*);
        conformance!(@in memfd: $($test)*);
    };
    (@in $backend:ident: $($test:ident)*) => {
        mod $backend {
            $(#[test]
            fn $test() {
                super::$test(stringify!($backend));
            })*
        }
    };
}

conformance! {
    create_stop_resume_remove
    a_killed_owner_is_resumed_with_what_was_running
    a_second_owner_is_refused_and_changes_nothing
    a_second_open_in_the_same_process_is_refused
    attach_never_creates
    a_kill_in_create_is_made_anew
    a_kill_in_resume_is_begun_again
    a_panic_in_start_leaves_nothing
    every_truncation_is_refused_untouched
    every_flipped_bit_of_the_prefix_is_refused_untouched
    flipped_states_are_refused_untouched
    any_other_mode_is_refused
    too_little_memory_is_an_error_that_leaves_nothing
    a_taken_range_is_named_and_leaves_nothing
    bad_names_and_options_leave_nothing
    removing_from_outside
    quarantine_and_release
    unreserved_segments_work_alike
    a_kill_at_any_moment_never_blocks_the_next_open
}

fn crash(outcome: Outcome) -> resume_core::root::Crash {
    match outcome {
        Outcome::ResumedAfterCrash(crash) => crash,
        other => panic!("expected a crash, found {other:?}"),
    }
}

fn create_stop_resume_remove(kind: &str) {
    let place = Place::new_in(kind);
    assert!(!place.exists());
    let mut opened = place.open().unwrap();
    assert_eq!(opened.outcome, Outcome::Created);
    opened.live.with(|root, _| assert_eq!((root.starts, root.resumes, root.ticks), (1, 0, 0)));
    opened.live.tick(&mut World::default());
    opened.live.stop();
    let seen = place.inspect().unwrap();
    assert_eq!((seen.state, seen.locked), (Some(State::Stopped), Some(false)));
    assert_eq!(seen.record, <Probe as resume_core::root::RootRecord>::RECORD);
    assert_eq!((seen.object_bytes, seen.prefix.base), (seen.prefix.segment_bytes, place.base));
    let mut opened = place.open().unwrap();
    assert_eq!(opened.outcome, Outcome::ResumedAfterStop { generation: 2 });
    opened.live.with(|root, _| assert_eq!((root.starts, root.resumes, root.ticks), (1, 1, 1)));
    opened.live.remove().unwrap();
    assert!(!place.exists());
    // And a new one in the same place.
    assert_eq!(place.open().unwrap().outcome, Outcome::Created);
}

fn a_killed_owner_is_resumed_with_what_was_running(kind: &str) {
    let place = Place::new_in(kind);
    let mut owner = Actor::start("tick", &place);
    owner.wait_for("tick");
    owner.kill();
    let seen = place.inspect().unwrap();
    assert_eq!((seen.state, seen.locked), (Some(State::Live), Some(false)));
    assert_eq!(seen.owner_liveness, Some(Liveness::Dead));
    let mut opened = place.open().unwrap();
    let crash = crash(opened.outcome);
    assert_eq!((crash.generation, crash.crashed_generation), (2, 1));
    assert_eq!(crash.running, Some(Running { handler: 7, event: 3 }));
    opened.live.with(|root, _| assert_eq!((root.ticks, root.resumes), (3, 1)));
}

fn a_second_owner_is_refused_and_changes_nothing(kind: &str) {
    let place = Place::new_in(kind);
    let mut owner = Actor::start("hold", &place);
    owner.wait_for("holding");
    let error = place.refused();
    let OpenError::LiveOwner { owner: found, .. } = &error else { panic!("{error}") };
    assert_eq!(found.pid, owner.child.id());
    let error = segment::remove_in(&place.backend, &place.name).unwrap_err();
    assert!(matches!(error, OpenError::LiveOwner { .. }), "{error}");
    let seen = place.inspect().unwrap();
    assert_eq!((seen.state, seen.locked), (Some(State::Live), Some(true)));
    assert!(matches!(seen.owner_liveness, Some(Liveness::Alive { .. })));
    owner.kill();
    crash(place.open().unwrap().outcome);
}

fn a_second_open_in_the_same_process_is_refused(kind: &str) {
    let place = Place::new_in(kind);
    let opened = place.open().unwrap();
    assert!(matches!(place.refused(), OpenError::LiveOwner { .. }));
    place.inspect().unwrap();
    assert!(matches!(place.refused(), OpenError::LiveOwner { .. }));
    drop(opened);
    assert!(place.open().is_ok());
}

fn attach_never_creates(kind: &str) {
    let place = Place::new_in(kind);
    let error = place.options().attach::<Probe>(&mut World::default()).unwrap_err();
    assert!(matches!(error, OpenError::NotFound { .. }), "{error}");
    assert!(!place.exists());
}

fn a_kill_in_create_is_made_anew(kind: &str) {
    let place = Place::new_in(kind);
    for _ in 0..2 {
        let mut owner = Actor::start("die-in-start", &place);
        owner.wait_for("start");
        owner.kill();
        assert_eq!(place.inspect().unwrap().state, Some(State::Creating));
        let error = place.options().attach::<Probe>(&mut World::default()).unwrap_err();
        assert!(matches!(error, OpenError::NotFound { .. }), "{error}");
    }
    let mut opened = place.open().unwrap();
    assert_eq!(opened.outcome, Outcome::Created);
    opened.live.with(|root, _| assert_eq!(root.starts, 1));
}

fn a_kill_in_resume_is_begun_again(kind: &str) {
    let place = Place::stopped_in(kind);
    let mut owner = Actor::start("die-in-resume", &place);
    owner.wait_for("resume");
    owner.kill();
    let crash = crash(place.open().unwrap().outcome);
    assert_eq!((crash.crashed_generation, crash.generation), (1, 3));
    assert_eq!(crash.resume_died_at, Some(Step::Hook));
}

fn a_panic_in_start_leaves_nothing(kind: &str) {
    let place = Place::new_in(kind);
    let open = || {
        let mut world = World { start: Act::Panic, ..World::default() };
        place.options().open_or_create::<Probe>(&mut world).map(|_| ())
    };
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(open)).is_err());
    assert!(!place.exists());
    assert_eq!(place.open().unwrap().outcome, Outcome::Created);
}

fn every_truncation_is_refused_untouched(kind: &str) {
    let mut place = Place::stopped_in(kind);
    let whole = place.bytes();
    let lengths = (1..1100).step_by(101).chain((1100..whole.len()).step_by(3001)).chain([whole.len() - 1]);
    for length in lengths {
        place.replace(&whole[..length]);
        let error = place.refused();
        match length {
            ..1024 => assert!(matches!(error, OpenError::TooShort { .. }), "{length}: {error}"),
            _ => assert!(matches!(error, OpenError::Size { .. }), "{length}: {error}"),
        }
    }
    place.replace(&[&whole[..], &[0]].concat());
    assert!(matches!(place.refused(), OpenError::Size { .. }));
    place.replace(&whole);
    assert!(matches!(place.open().unwrap().outcome, Outcome::ResumedAfterStop { .. }));
}

fn every_flipped_bit_of_the_prefix_is_refused_untouched(kind: &str) {
    let place = Place::stopped_in(kind);
    let whole = place.bytes();
    for bit in (0..512 * 8).step_by(3) {
        let (at, mask) = (bit / 8, 1 << (bit % 8));
        place.poke(at as u64, &[whole[at] ^ mask]);
        let error = place.refused();
        let right = match at {
            0..8 => matches!(error, OpenError::NotASegment { .. }),
            8..12 => matches!(error, OpenError::HeaderVersion { .. }),
            _ => matches!(error, OpenError::PrefixDamaged { .. }),
        };
        assert!(right, "bit {bit}: {error}");
        place.poke(at as u64, &whole[at..=at]);
    }
    place.poke(0, &[0; 1024]);
    assert!(matches!(place.refused(), OpenError::NotASegment { .. }), "zeros are damage, not emptiness");
    place.poke(0, &whole[..1024]);
    assert!(place.open().is_ok());
}

fn flipped_states_are_refused_untouched(kind: &str) {
    let place = Place::stopped_in(kind);
    let whole = place.bytes();
    for bit in 0..64 {
        let at = 512 + bit / 8;
        place.poke(at as u64, &[whole[at] ^ 1 << (bit % 8)]);
        assert!(matches!(place.refused(), OpenError::StateUnknown { .. }), "bit {bit}");
        place.poke(at as u64, &whole[at..=at]);
    }
}

fn any_other_mode_is_refused(kind: &str) {
    let place = Place::stopped_in(kind);
    for mode in [0o644, 0o660, 0o700, 0o601] {
        place.chmod(mode);
        let error = place.open().unwrap_err();
        let OpenError::Mode { expected: 0o600, found, .. } = error else { panic!("{mode:o}: {error}") };
        assert_eq!(found, mode);
    }
    place.chmod(0o600);
    assert!(place.open().is_ok());
}

/// More than any machine's memory: 8 TiB.
#[derive(ShmSafe)]
#[repr(C)]
struct Huge {
    words: [u64; 1 << 40],
}

resume_core::root!(Huge);

impl Root for Huge {
    type Env = ();
    fn start(&mut self, (): &mut (), _: &Context) {}
    fn resume(&mut self, (): &mut (), _: &Context, _: &Resumed) {}
    fn tick(&mut self, (): &mut (), _: &Context) {}
}

fn too_little_memory_is_an_error_that_leaves_nothing(kind: &str) {
    for reserve in [true, false] {
        let place = Place::new_in(kind);
        let options = place.options().base(segment::BASE_DEFAULT).reserve(reserve);
        let error = options.open_or_create::<Huge>(&mut ()).unwrap_err();
        let OpenError::NoSpace { needed, available, .. } = error else { panic!("{error}") };
        assert!(needed > 8 << 40 && available < needed, "{needed} {available}");
        assert!(!place.exists());
    }
}

fn a_taken_range_is_named_and_leaves_nothing(kind: &str) {
    let place = Place::stopped_in(kind);
    let fresh = Place::new_in(kind);
    {
        // The first has the addresses of the second, and the other way round.
        let _obstacle = segment_support::Obstacle::at(place.base + 8192);
        let error = place.refused();
        let OpenError::AddressTaken { base, conflict, .. } = &error else { panic!("{error}") };
        assert_eq!(*base, place.base);
        assert!(conflict.starts_with(&format!("{:x}-", place.base + 8192)), "{conflict}");
        let _obstacle = segment_support::Obstacle::at(fresh.base);
        let error = fresh.open().unwrap_err();
        assert!(matches!(error, OpenError::AddressTaken { .. }), "{error}");
        assert!(!fresh.exists());
    }
    assert!(place.open().is_ok());
    assert!(fresh.open().is_ok());
}

fn bad_names_and_options_leave_nothing(kind: &str) {
    let place = Place::new_in(kind);
    for options in [place.options().base(4095), place.options().journal_bytes(0)] {
        let error = options.open_or_create::<Probe>(&mut World::default()).unwrap_err();
        assert!(matches!(error, OpenError::Option { .. }), "{error}");
        assert!(!place.exists());
    }
    for name in ["no-slash", "/", "/a/b", "/..", "/a@b"] {
        let options = Options::new(name).backend(place.backend.clone());
        let error = options.open_or_create::<Probe>(&mut World::default()).unwrap_err();
        assert!(matches!(error, OpenError::Name(_)), "{error}");
    }
}

fn removing_from_outside(kind: &str) {
    let place = Place::stopped_in(kind);
    assert!(segment::remove_in(&place.backend, &place.name).unwrap());
    assert!(!place.exists());
    assert_eq!(place.open().unwrap().outcome, Outcome::Created);
}

fn quarantine_and_release(kind: &str) {
    let place = Place::stopped_in(kind);
    place.poke(528, &3u64.to_le_bytes());
    place.poke(512, b"RESU\x04\0\0\0");
    for _ in 0..2 {
        let error = place.open().unwrap_err();
        assert!(matches!(error, OpenError::Quarantined { max: 3, found: 3, .. }), "{error}");
        assert_eq!(place.inspect().unwrap().state, Some(State::Quarantined));
    }
    assert!(segment::release_in(&place.backend, &place.name).unwrap());
    assert!(!segment::release_in(&place.backend, &place.name).unwrap(), "only once");
    crash(place.open().unwrap().outcome);
}

fn unreserved_segments_work_alike(kind: &str) {
    let place = Place::new_in(kind);
    let options = place.options().reserve(false);
    let mut opened = options.open_or_create::<Probe>(&mut World::default()).unwrap();
    opened.live.tick(&mut World::default());
    opened.live.stop();
    let mut opened = place.open().unwrap();
    assert_eq!(opened.live.with(|root, _| root.ticks), 1);
}

fn a_kill_at_any_moment_never_blocks_the_next_open(kind: &str) {
    let place = Place::new_in(kind);
    for round in 0..12u64 {
        let mut owner = Actor::start("churn", &place);
        owner.wait_for("churning");
        std::thread::sleep(std::time::Duration::from_micros(round * round * 77 % 5000));
        owner.kill();
        let options = place.options().resumes_failed_max(u64::MAX);
        let mut opened = options.open_or_create(&mut World::default()).unwrap();
        opened.live.with(|root: &mut Probe, _| assert_eq!(root.starts, 1));
        opened.live.stop();
    }
}

#[test]
fn two_names_with_one_system_v_key_are_told_apart() {
    let place = Place::stopped_in("system_v");
    let backend = Backend::SystemV { key: Some(crc32fast::hash(place.name.as_bytes()) as i32 | 1) };
    let options = Options::new("/another").backend(backend.clone());
    let error = options.open_or_create::<Probe>(&mut World::default()).unwrap_err();
    assert!(error.to_string().contains(&format!("taken by segment {}", place.name)), "{error}");
    // A key that is given leads to the same segment as the name it belongs to.
    let mut opened = place.options().backend(backend).attach::<Probe>(&mut World::default()).unwrap();
    opened.live.with(|root, _| assert_eq!(root.ticks, 3));
}

#[test]
fn a_lost_system_v_lock_file_does_not_let_a_second_owner_in() {
    let place = Place::new_in("system_v");
    let mut owner = Actor::start("hold", &place);
    owner.wait_for("holding");
    let key = crc32fast::hash(place.name.as_bytes()) as i32 | 1;
    let lock = format!("/dev/shm/resume@{}-{:08x}", rustix::process::geteuid().as_raw(), key as u32);
    std::fs::remove_file(lock).unwrap();
    assert!(matches!(place.refused(), OpenError::LiveOwner { .. }));
    owner.kill();
    crash(place.open().unwrap().outcome);
}

#[test]
fn a_system_v_segment_of_another_user_is_refused() {
    assert!(rustix::process::geteuid().is_root(), "this test must run as root to give a segment away");
    let place = Place::stopped_in("system_v");
    segment_support::system_v::set(&place.name, |perm| perm.uid = 65534);
    let error = place.refused();
    assert!(matches!(error, OpenError::OtherUser { expected: 0, found: 65534, .. }), "{error}");
}

#[test]
fn a_memfd_in_use_is_sealed_and_one_that_was_sealed_at_its_size_is_taken() {
    use rustix::fs::{SealFlags, fcntl_add_seals, fcntl_get_seals, ftruncate};
    let place = Place::stopped_in("memfd");
    let Backend::Memfd(used) = &place.backend else { panic!() };
    let seals = SealFlags::SHRINK | SealFlags::GROW;
    assert_eq!(fcntl_get_seals(used).unwrap(), seals);
    assert_eq!(ftruncate(used, 0), Err(rustix::io::Errno::PERM));

    let bytes = place.bytes().len() as u64;
    for (size, fits) in [(bytes, true), (bytes + 4096, false)] {
        let fresh = Place::new_in("memfd");
        let Backend::Memfd(memfd) = &fresh.backend else { panic!() };
        ftruncate(memfd, size).unwrap();
        fcntl_add_seals(memfd, seals | SealFlags::SEAL).unwrap();
        match fresh.open() {
            Ok(opened) => assert!(fits && opened.outcome == Outcome::Created),
            Err(error) => assert!(!fits && error.to_string().contains("at another size"), "{error}"),
        }
    }
}

#[test]
fn a_descriptor_that_is_no_memfd_is_refused() {
    let place = Place::stopped();
    let before = place.bytes();
    for path in [place.path(), "/proc/self/exe".to_owned(), "/dev/null".to_owned()] {
        let file =
            std::fs::OpenOptions::new().read(true).write(!path.starts_with("/proc")).open(&path).unwrap();
        let options = Options::from_fd(file.into()).base(place.base);
        let error = options.open_or_create::<Probe>(&mut World::default()).unwrap_err();
        assert!(matches!(error, OpenError::NotRegular { .. } | OpenError::Os { .. }), "{path}: {error}");
    }
    assert!(place.bytes() == before);
}

/// The keeper of the memory is this process; its servers are killed and find the state again.
#[test]
fn a_server_behind_a_keeper_is_killed_and_its_successor_resumes() {
    let place = Place::new_in("memfd");
    let Backend::Memfd(memfd) = &place.backend else { panic!() };
    for generation in 1..=3 {
        let mut server = Actor::start_with_listen_fds("tick", &place, memfd);
        server.wait_for("tick");
        let error = place.refused();
        let OpenError::LiveOwner { owner, .. } = &error else { panic!("{error}") };
        assert_eq!(owner.pid, server.child.id());
        server.kill();
        let seen = place.inspect().unwrap();
        assert_eq!(seen.words.generation, generation);
        assert_eq!((seen.state, seen.locked), (Some(State::Live), Some(false)));
    }
    let mut opened = place.open().unwrap();
    opened.live.with(|root, _| assert_eq!((root.ticks, root.starts, root.resumes), (9, 1, 3)));
    assert!(Memfd::from_listen_fds("state").is_err(), "this process was handed nothing");
}
