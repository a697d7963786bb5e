//! Derived data that was damaged while nobody ran: made anew by the attach, after a clean stop too.
#![allow(clippy::unwrap_used, reason = "a failure ends the test")]

#[path = "../src/bin/segment-fuzz/places.rs"]
#[allow(dead_code, reason = "the program uses more of it")]
mod places;
#[path = "../src/bin/torture/mod.rs"]
mod torture;

use std::fs::File;
use std::os::unix::fs::FileExt;

use resume_core::check::Checker;
use resume_core::root::Outcome;
use resume_core::segment::Memfd;
use resume_core::{Options, ShmSafe};
use rustix::fs::{MemfdFlags, memfd_create};
use torture::{Env, JOURNAL_BYTES, Model, Op, World};

/// Of its own, as tests run in parallel in one process.
const BASE: u64 = 0x6810_0000_0000;

fn memfd(bytes: &[u8]) -> (Options, File) {
    let file = File::from(memfd_create("derived", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap());
    rustix::fs::fchmod(&file, 0o600.into()).unwrap();
    file.write_all_at(bytes, 0).unwrap();
    let options = Options::memfd(Memfd::from_fd(file.try_clone().unwrap().into()));
    (options.journal_bytes(JOURNAL_BYTES), file)
}

/// A segment that was stopped after so many operations, and what it holds.
fn stopped(base: u64, operations: u64) -> (Vec<u8>, Model) {
    let (options, file) = memfd(&[]);
    let mut env = Env::default();
    let mut live = options.base(base).open_or_create::<World>(&mut env).unwrap().live;
    let model = live.with(|world, _| {
        (0..operations).for_each(|number| Op::at(5, number).apply(world, &mut env));
        Model::of(world).unwrap()
    });
    live.stop();
    let mut bytes = vec![0; file.metadata().unwrap().len() as usize];
    file.read_exact_at(&mut bytes, 0).unwrap();
    (bytes, model)
}

#[test]
fn a_clean_stop_leaves_derived_data_that_the_next_attach_takes_as_it_is() {
    for operations in [0, 1, 10, 100, 1_000, 3_000, 10_000] {
        let (bytes, model) = stopped(BASE, operations);
        let mut live = memfd(&bytes).0.attach::<World>(&mut Env::default()).unwrap().live;
        live.with(|world, _| {
            let mut checker = Checker::after_clean_stop();
            // SAFETY: a reference is readable for its type, and nobody writes.
            unsafe { checker.value(World::DESC, core::ptr::from_ref(world).cast()) };
            assert!(!checker.needs_rebuild(), "after {operations} operations");
            assert_eq!(Model::of(world).unwrap(), model);
        });
    }
}

#[test]
fn damaged_derived_data_is_made_anew_after_a_clean_stop() {
    let base = BASE + (1 << 32);
    let (bytes, model) = stopped(base, 3_000);
    let root = u64::from_le_bytes(bytes[72..80].try_into().unwrap()) as usize;
    let derived = ["len", "deleted", "mirror", "tail", "free", "prev", "earliest", "links"];
    let mut tried = 0;
    for (field, places) in places::of_root::<World>(root).iter().enumerate() {
        // A list, an ordered map, timers, pools, maps; of others the count is truth.
        if !places.iter().any(|place| matches!(place.name, "word" | "control")) {
            continue;
        }
        for place in places.iter().filter(|place| derived.contains(&place.name)) {
            for value in [0_u64, 1, 7, u64::MAX] {
                let mut damaged = bytes.clone();
                let new = &value.to_le_bytes()[..place.bytes];
                damaged[place.at..place.at + place.bytes].copy_from_slice(new);
                let mut env = Env::default();
                let mut opened = memfd(&damaged).0.attach::<World>(&mut env).unwrap();
                assert!(matches!(opened.outcome, Outcome::ResumedAfterStop { .. }));
                let found = opened.live.with(|world, _| Model::of(world));
                assert_eq!(found.as_ref(), Ok(&model), "field {field}, {place:?} is {value}");
                tried += 1;
            }
        }
    }
    assert!(tried > 500, "{tried}");
}
