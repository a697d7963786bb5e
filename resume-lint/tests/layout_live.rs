//! A live segment as a side, with the real containers.
#[path = "support/scratch.rs"]
mod scratch;

use resume_core::ShmSafe;
use resume_core::container::{StaticMap, StaticString, StaticVec};
use resume_core::event::EventQueue;
use resume_core::pool::{Handle, Pool};
use resume_core::root::{Context, Options, Resumed, Root, RootRecord};
use scratch::{Scratch, cargo_resume};

#[derive(ShmSafe, Clone, Copy)]
#[repr(C)]
struct Hit {
    target: Handle<Player>,
    damage: u32,
    critical: bool,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Player {
    name: StaticString<24>,
    hp: u32,
    buffs: StaticVec<u64, 8>,
}

#[derive(ShmSafe)]
#[repr(C)]
struct Scene {
    players: Pool<Player, 100>,
    by_id: StaticMap<u64, Handle<Player>, 256>,
    events: EventQueue<Hit, 64>,
}

resume_core::root!(Scene);

impl Root for Scene {
    type Env = ();
    fn start(&mut self, (): &mut (), _: &Context<'_>) {}
    fn resume(&mut self, (): &mut (), _: &Context<'_>, _: &Resumed) {}
    fn tick(&mut self, (): &mut (), _: &Context<'_>) {}
}

/// Removes the segment, also when the test fails.
struct Removed(String);

impl Drop for Removed {
    fn drop(&mut self) {
        // The test may have removed it; and a failure here must not hide why the test failed.
        let _ = resume_core::segment::remove(&self.0);
    }
}

#[test]
fn a_live_segment_is_read_while_its_owner_runs() {
    let name = format!("/resume-lint-live-{}", std::process::id());
    let _removed = Removed(name.clone());
    let live = Options::new(&name).open_or_create::<Scene>(&mut ()).expect("a segment").live;
    let scratch = Scratch::new();
    let executable = scratch.elf("scene", Scene::RECORD);
    let shm = format!("shm:{name}");
    let runs = [
        cargo_resume(&["diff", &name, &executable]),
        cargo_resume(&["diff", &executable, &shm]),
        cargo_resume(&["layout", &name]),
        cargo_resume(&["diff", &format!("/dev/shm{name}"), &executable]),
    ];
    let copy = scratch.file("copy", std::fs::read(format!("/dev/shm{name}")).expect("the segment's file"));
    live.remove().expect("it is ours");
    for run in &runs {
        run.assert_status(0);
    }
    for line in ["    []: Player", "[].key: u64", "[].value: Handle<Player>", "    []: Hit", "critical: bool"]
    {
        assert!(runs[2].stdout.contains(line), "{line}\nis not in\n{}", runs[2].stdout);
    }
    // A copy, such as one from another machine, is read as well; a damaged one is refused.
    cargo_resume(&["diff", &copy, &executable]).assert_status(0);
    let whole = std::fs::read(&copy).expect("the copy");
    for (at, says) in [(9, "segment header version"), (47, "layout record"), (1100, "layout record")] {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x40;
        let run = cargo_resume(&["layout", &scratch.file("damaged", &bytes)]);
        run.assert_status(2);
        assert!(run.stderr.contains(says), "{at}: {}", run.stderr);
    }
    for end in [8, 600, 1040] {
        cargo_resume(&["layout", &scratch.file("cut", &whole[..end])]).assert_status(2);
    }
    let gone = cargo_resume(&["layout", &name]);
    gone.assert_status(2);
    assert!(gone.stderr.contains("expected to find it, found none"), "{}", gone.stderr);
    let misspelt = cargo_resume(&["layout", "shm:a/b"]);
    misspelt.assert_status(2);
    assert_eq!(misspelt.stdout, "");
}
