//! What a 1 GiB root costs to create and to attach: no pages, no stack, no time that grows with it.

#![allow(clippy::unwrap_used, reason = "a failing helper fails its test")]

mod segment_support;

use std::time::Duration;

use resume_core::ShmSafe;
use resume_core::root::{Context, Opened, Outcome, Resumed, Root};
use segment_support::Place;

#[derive(ShmSafe)]
#[repr(C)]
struct Gigabyte {
    ticks: u64,
    rows: [[u64; 1024]; 131_071],
}

resume_core::root!(Gigabyte);

impl Root for Gigabyte {
    type Env = ();
    fn start(&mut self, (): &mut (), _: &Context) {
        self.ticks = 1;
    }
    fn resume(&mut self, (): &mut (), _: &Context, _: &Resumed) {}
    fn tick(&mut self, (): &mut (), _: &Context) {}
}

/// Page faults and processor time of this thread while `f` runs; not the time on the wall, which depends
/// on what else the machine does.
fn cost<T>(f: impl FnOnce() -> T) -> (T, i64, Duration) {
    let (faults, start) = (faults_of_thread(), time_of_thread());
    let result = f();
    let elapsed = time_of_thread() - start;
    (result, faults_of_thread() - faults, elapsed)
}

fn time_of_thread() -> Duration {
    let t = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(t.tv_sec as u64, t.tv_nsec as u32)
}

fn faults_of_thread() -> i64 {
    // SAFETY: all bytes zero is a valid `rusage`.
    let mut usage: libc::rusage = unsafe { core::mem::zeroed() };
    // SAFETY: `usage` is a valid place for the result.
    assert_eq!(unsafe { libc::getrusage(libc::RUSAGE_THREAD, &raw mut usage) }, 0);
    usage.ru_minflt + usage.ru_majflt
}

/// On a stack that a thousandth of the root would overflow.
fn on_a_small_stack<T: Send>(f: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(128 << 10).spawn_scoped(scope, f).unwrap();
        thread.join().unwrap()
    })
}

/// The header, a page of root, tables for the kernel's page tables, the reading of /proc.
const FAULTS_MAX: i64 = 100;

const COST_MAX: Duration = Duration::from_millis(20);

fn creates_and_attaches(reserve: bool) {
    let place = Place::new();
    let options = place.options().reserve(reserve);
    let open = || -> Opened<Gigabyte> { options.open_or_create(&mut ()).unwrap() };
    on_a_small_stack(|| {
        let (opened, faults, created_in) = cost(open);
        assert_eq!(opened.outcome, Outcome::Created);
        assert!(faults < FAULTS_MAX, "{faults} page faults at create");
        opened.live.stop();

        let (opened, faults, attached_in) = cost(open);
        assert!(matches!(opened.outcome, Outcome::ResumedAfterStop { .. }));
        assert!(faults < FAULTS_MAX, "{faults} page faults at attach");
        // Touching the pages would take ten times as long.
        assert!(attached_in < COST_MAX, "{attached_in:?}");
        if !reserve {
            assert!(created_in < COST_MAX, "{created_in:?}");
        }

        // As crashed: nothing but plain numbers, so the value check costs nothing either.
        opened.live.stop();
        place.poke(512, b"LIVE\0\0\0\0");
        let (mut opened, faults, resumed_in) = cost(open);
        assert!(matches!(opened.outcome, Outcome::ResumedAfterCrash(_)));
        assert!(faults < FAULTS_MAX, "{faults} page faults at resume");
        assert!(resumed_in < COST_MAX, "{resumed_in:?}");
        // A reference into the far end works.
        opened.live.with(|root, _| {
            assert_eq!((root.ticks, root.rows[131_070][1023]), (1, 0));
        });
    });
    let blocks = std::os::unix::fs::MetadataExt::blocks(&std::fs::metadata(place.path()).unwrap());
    let in_memory = blocks * 512;
    match reserve {
        true => assert!(in_memory >= size_of::<Gigabyte>() as u64, "set aside: {in_memory}"),
        false => assert!(in_memory < 1 << 20, "not set aside: {in_memory}"),
    }
}

#[test]
fn a_gigabyte_is_created_and_attached_without_touching_its_pages() {
    creates_and_attaches(true);
}

#[test]
fn without_reservation_nothing_is_set_aside() {
    creates_and_attaches(false);
}
