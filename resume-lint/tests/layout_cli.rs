//! `cargo resume layout` and `diff` as a user runs them.
#[path = "../../resume-core/tests/support/schema.rs"]
mod schema;
#[path = "support/scratch.rs"]
mod scratch;

use scratch::{Run, Scratch, cargo_resume};

const V1: &str = "
    SceneServer { tick: u64, players: Pool<Player, 5000>, scenes: StaticVec<Scene, 64>, names: StaticMap<u64, StaticString<16>, 128> }
    Player { id: u64, hp: u32, mana: u32, pos: Vec3, flags: [u8; 6], buffs: StaticVec<Buff, 8>, target: Handle<Player>, state: State, mood: Mood, bag: [Item; 40] }
    Vec3 { x: f32, y: f32, z: f32 }
    Item { kind: u32, amount: u16, bound: bool }
    Buff { kind: u16, expires_at: u64 }
    Scene { id: u32, spawn: Vec3, reserved: [u8; 20] }
    enum Mood: u8 { Calm, Angry, Afraid }
    enum State: u8 { Idle, Walking { to: Vec3 }, Casting { skill: u32, until: u64 } }";

fn v2() -> String {
    V1.replace("kind: u16, expires_at: u64", "kind: u16, stacks: u16, expires_at: u64")
        .replace("hp: u32, mana: u32", "mana: u32, hp: u32")
        .replace("Pool<Player, 5000>", "Pool<Player, 8000>")
}

fn elf(scratch: &Scratch, name: &str, schema: &str) -> String {
    scratch.elf(name, &schema::layout(schema).to_record())
}

#[test]
fn a_layout_is_a_tree_with_totals() {
    let scratch = Scratch::new();
    let run = cargo_resume(&["layout", &elf(&scratch, "v1", V1)]);
    run.assert_status(0);
    print!("{}", run.stdout);
    assert!(run.stdout.contains("5,000 × "), "{}", run.stdout);
}

#[test]
fn a_diff_names_exactly_the_edits() {
    let scratch = Scratch::new();
    let (v1, v2) = (elf(&scratch, "v1", V1), elf(&scratch, "v2", &v2()));
    let run = cargo_resume(&["diff", &v1, &v2]);
    print!("{}", run.stdout);
    run.assert_status(3);
    print!("{}", cargo_resume(&["diff", &v1, &v2, "--verbose"]).stdout);
    print!("{}", cargo_resume(&["diff", &v1, &v2, "--format", "json"]).stdout);
    let _: Run = run;
}
