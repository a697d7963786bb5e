//! Huge pages, prefault, lock and core dump: what is asked is in force, refused with its reason, or
//! reported.

#![allow(clippy::unwrap_used, reason = "a failing helper fails its test")]

mod segment_support;

use resume_core::ShmSafe;
use resume_core::root::{Context, Opened, Options, Outcome, Resumed, Root};
use resume_core::segment::{BASE_DEFAULT, Effect, OpenError};
use segment_support::{Place, small_dev_shm};

/// 16 MiB, of which the hooks touch nothing.
#[derive(ShmSafe)]
#[repr(C)]
struct Large {
    words: [u64; 2 << 20],
}

resume_core::root!(Large);

impl Root for Large {
    type Env = ();
    fn start(&mut self, (): &mut (), _: &Context) {}
    fn resume(&mut self, (): &mut (), _: &Context, _: &Resumed) {}
    fn tick(&mut self, (): &mut (), _: &Context) {}
}

const KINDS: [&str; 3] = ["posix", "system_v", "memfd"];

fn open(options: &Options) -> Opened<Large> {
    options.open_or_create::<Large>(&mut ()).unwrap()
}

/// The value of a line of the mapping at `base` in `/proc/self/smaps`.
fn smaps(base: u64, field: &str) -> String {
    let text = std::fs::read_to_string("/proc/thread-self/smaps").unwrap();
    let mut lines = text.lines().skip_while(|line| !line.starts_with(&format!("{base:x}-")));
    lines.find_map(|line| line.strip_prefix(field)).unwrap().trim().to_owned()
}

fn kib(base: u64, field: &str) -> u64 {
    smaps(base, field).strip_suffix(" kB").unwrap().trim().parse().unwrap()
}

fn flag(base: u64, flag: &str) -> bool {
    smaps(base, "VmFlags:").split(' ').any(|f| f == flag)
}

#[test]
fn a_segment_is_left_out_of_core_dumps_unless_asked() {
    for kind in KINDS {
        let place = Place::new_in(kind);
        let opened = open(&place.options().reserve(false));
        assert!(flag(place.base, "dd"), "{kind}: {}", smaps(place.base, "VmFlags:"));
        assert!(flag(place.base, "dc"), "{kind}: a forked child would have it");
        assert_eq!(opened.memory.core_dump, Effect::NotAsked);
        drop(opened);

        let opened = open(&place.options().core_dump(true));
        assert!(!flag(place.base, "dd"), "{kind}: {}", smaps(place.base, "VmFlags:"));
        let filter = std::fs::read_to_string("/proc/self/coredump_filter").unwrap();
        let filter = u64::from_str_radix(filter.trim(), 16).unwrap();
        let bit = if kind == "posix" { 3 } else { 1 };
        match &opened.memory.core_dump {
            Effect::Applied => assert_eq!(filter >> bit & 1, 1, "{kind} {filter:#x}"),
            Effect::Unavailable { why } => {
                assert_eq!(filter >> bit & 1, 0, "{kind} {filter:#x}");
                assert!(why.contains(&format!("{:#x}", filter | 1 << bit)), "{why}");
            }
            other => panic!("{kind}: {other}"),
        }
    }
}

#[test]
fn a_prefault_touches_every_page_at_create_and_at_attach() {
    for kind in KINDS {
        let place = Place::new_in(kind);
        let opened = open(&place.options().reserve(false));
        assert_eq!(opened.memory.prefault, Effect::NotAsked);
        assert!(kib(place.base, "Rss:") < 1024, "{kind}: {} kB", kib(place.base, "Rss:"));
        drop(opened);
        let opened = open(&place.options().prefault(true));
        assert_eq!(opened.outcome, Outcome::ResumedAfterStop { generation: 2 });
        assert_eq!(opened.memory.prefault, Effect::Applied);
        assert_eq!(kib(place.base, "Rss:"), kib(place.base, "Size:"), "{kind}");
        opened.live.remove().unwrap();
        let opened = open(&place.options().prefault(true));
        assert_eq!((&opened.outcome, &opened.memory.prefault), (&Outcome::Created, &Effect::Applied));
        assert_eq!(kib(place.base, "Rss:"), kib(place.base, "Size:"), "{kind}");
    }
}

#[test]
fn a_reserved_system_v_segment_has_its_pages() {
    let place = Place::new_in("system_v");
    let opened = open(&place.options());
    assert_eq!(opened.memory.prefault, Effect::NotAsked);
    assert_eq!(kib(place.base, "Rss:"), kib(place.base, "Size:"));
}

#[test]
fn a_lock_holds_what_is_touched_or_everything() {
    for kind in KINDS {
        let place = Place::new_in(kind);
        let opened = open(&place.options().reserve(false).lock_memory(true));
        assert_eq!(opened.memory.lock_memory, Effect::Applied);
        assert!(flag(place.base, "lo"), "{kind}: {}", smaps(place.base, "VmFlags:"));
        assert!(kib(place.base, "Rss:") < 1024, "{kind}: locking alone touches nothing");
        drop(opened);
        let opened = open(&place.options().lock_memory(true).prefault(true));
        assert_eq!(opened.memory.lock_memory, Effect::Applied);
        assert_eq!(kib(place.base, "Locked:"), kib(place.base, "Size:"), "{kind}");
    }
}

/// Takes this thread's right to lock memory beyond the limit, and makes the limit nothing.
fn forbid_mlock() {
    #[repr(C)]
    struct Header {
        version: u32,
        pid: i32,
    }
    const VERSION_3: u32 = 0x2008_0522;
    const IPC_LOCK: u32 = 14;
    let header = Header { version: VERSION_3, pid: 0 };
    let mut sets = [0u32; 6];
    // SAFETY: version 3 reads the header and writes two times three words.
    assert_eq!(unsafe { libc::syscall(libc::SYS_capget, &raw const header, sets.as_mut_ptr()) }, 0);
    sets[0] &= !(1 << IPC_LOCK);
    // SAFETY: version 3 reads the header and two times three words.
    assert_eq!(unsafe { libc::syscall(libc::SYS_capset, &raw const header, sets.as_ptr()) }, 0);
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: reads one rlimit. Other threads of the test keep the capability and do not need the limit.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_MEMLOCK, &raw const none) }, 0);
}

#[test]
fn a_lock_beyond_the_limit_is_an_error_that_changes_and_leaves_nothing() {
    for kind in KINDS {
        let (place, fresh) = (Place::new_in(kind), Place::new_in(kind));
        open(&place.options()).live.stop();
        let before = place.bytes();
        let forbidden = || {
            forbid_mlock();
            for place in [&place, &fresh] {
                let asked = place.options().lock_memory(true);
                let error = asked.open_or_create::<Large>(&mut ()).unwrap_err();
                let OpenError::Memory { option: "lock_memory", .. } = &error else { panic!("{error}") };
                assert!(error.to_string().contains("RLIMIT_MEMLOCK"), "{error}");
            }
        };
        std::thread::scope(|scope| scope.spawn(forbidden).join()).unwrap();
        assert!(place.bytes() == before, "{kind}: refused, but changed");
        assert!(!fresh.exists(), "{kind}");
        let opened = open(&place.options());
        assert_eq!(opened.outcome, Outcome::ResumedAfterStop { generation: 2 });
    }
}

#[test]
fn huge_pages_are_in_force_where_dev_shm_allows_them() {
    let shmem = std::fs::read_to_string("/sys/kernel/mm/transparent_hugepage/shmem_enabled").unwrap();
    assert!(!shmem.contains("[deny]"), "this test needs huge pages for shared memory: {shmem}");
    let place = Place::new();
    let in_a_huge_one = || {
        small_dev_shm("size=64m,huge=advise");
        let opened = open(&place.options().huge_pages(true));
        assert_eq!(opened.memory.huge_pages, Effect::Applied);
        assert!(flag(place.base, "hg"));
        // Reserved by populating: all there, most of it huge. The ends of a segment need not be.
        assert_eq!(kib(place.base, "Rss:"), kib(place.base, "Size:"));
        let huge = kib(place.base, "ShmemPmdMapped:");
        assert!(huge >= 8 << 10, "{huge} kB in huge pages");
    };
    std::thread::scope(|scope| scope.spawn(in_a_huge_one).join()).unwrap();
    // Asked where they are not to be had: it works, and says so.
    let in_a_plain_one = || {
        small_dev_shm("size=64m,huge=never");
        let opened = open(&place.options().huge_pages(true));
        let Effect::Unavailable { why } = &opened.memory.huge_pages else { panic!("{:?}", opened.memory) };
        assert!(why.contains("huge=never") || shmem.contains("[force]"), "{why}");
    };
    std::thread::scope(|scope| scope.spawn(in_a_plain_one).join()).unwrap();
}

#[test]
fn a_full_dev_shm_is_an_error_at_create_with_huge_pages_or_prefault_too() {
    let place = Place::new();
    let in_a_small_one = || {
        small_dev_shm("size=8m,huge=advise");
        for options in [
            place.options().huge_pages(true),
            place.options().prefault(true),
            place.options().prefault(true).reserve(false),
        ] {
            let error = options.base(BASE_DEFAULT).open_or_create::<Large>(&mut ()).unwrap_err();
            assert!(matches!(error, OpenError::NoSpace { .. }), "{error}");
            assert_eq!(std::fs::read_dir("/dev/shm").unwrap().count(), 0);
        }
    };
    std::thread::scope(|scope| scope.spawn(in_a_small_one).join()).unwrap();
}

#[test]
fn a_prefault_that_finds_no_memory_at_attach_is_an_error_that_changes_nothing() {
    let place = Place::new();
    let in_a_small_one = || {
        small_dev_shm("size=20m");
        open(&place.options().reserve(false)).live.stop();
        // Somebody else takes what was free when it was made.
        std::fs::write("/dev/shm/ballast", vec![1; 10 << 20]).unwrap();
        let before = place.bytes();
        let asked = place.options().prefault(true);
        let error = asked.open_or_create::<Large>(&mut ()).unwrap_err();
        assert!(matches!(error, OpenError::Memory { option: "prefault", .. }), "{error}");
        std::fs::remove_file("/dev/shm/ballast").unwrap();
        assert!(place.bytes() == before);
        let opened = open(&asked);
        assert_eq!(opened.outcome, Outcome::ResumedAfterStop { generation: 2 });
    };
    std::thread::scope(|scope| scope.spawn(in_a_small_one).join()).unwrap();
}
