//! `cargo resume layout` and `diff` as a user runs them.
#[path = "../../resume-core/tests/support/schema.rs"]
mod schema;
#[path = "support/scratch.rs"]
mod scratch;

use scratch::{Scratch, cargo_resume};

const V1: &str = "
    SceneServer { tick: u64, players: Pool<Player, 5000>, scenes: StaticVec<Scene, 64>, names: StaticMap<u64, StaticString<16>, 128> }
    Player { id: u64, hp: u32, mana: u32, pos: Vec3, flags: [u8; 6], buffs: StaticVec<Buff, 8>, target: Handle<Player>, state: State, mood: Mood, bag: [Item; 40] }
    Vec3 { x: f32, y: f32, z: f32 }
    Item { kind: u32, amount: u16, bound: bool }
    Buff { kind: u16, expires_at: u64 }
    Scene { id: u32, spawn: Vec3, reserved: [u8; 20] }
    enum Mood: u8 { Calm, Angry, Afraid }
    enum State: i8 { Idle, Walking { to: Vec3 } = -3, Casting { skill: u32, until: u64 } }";

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
    for line in [
        "SceneServer: 2.6 MiB (2,726,560 B), alignment 8",
        "        8  2.6 MiB  players: Pool<Player, 5000>                    5,000 × 544 B = 2.6 MiB",
        "        8    536 B    []: Player",
        "       34      6 B      (padding)",
        "                          Walking = -3",
        "      208      1 B      mood: Mood                                 u8: Calm, Angry, Afraid",
        "        0      8 B    [].key: u64",
        "  664.1 KiB   24.9 %  SceneServer.players[].buffs: 5,000 × 8 × 16 B",
        "padding in structs: 493.7 KiB (18.5 %)",
    ] {
        assert!(run.stdout.lines().any(|l| l == line), "{line}\nis not in\n{}", run.stdout);
    }
    assert!(run.stdout.lines().all(|l| l.chars().count() <= 100), "{}", run.stdout);
}

#[test]
fn a_diff_names_exactly_the_edits() {
    let scratch = Scratch::new();
    let (v1, v2) = (elf(&scratch, "v1", V1), elf(&scratch, "v2", &v2()));
    let run = cargo_resume(&["diff", &v1, &v2]);
    run.assert_status(3);
    assert_eq!(
        run.stdout,
        "\
migratable: 3 changes to SceneServer (2.6 MiB → 4.2 MiB)
~ SceneServer.players
    capacity_changed (migratable): 5,000 → 8,000 elements, 2.6 MiB → 4.2 MiB
~ SceneServer.players[].mana ⇄ .hp
    fields_swapped (migratable): u32, offset 12 → 8
+ SceneServer.players[].buffs[].stacks
    field_added (migratable): u16, 2 B at offset 2
(as a consequence 2 fields shift, 1 type changes its size)
Old state must be converted before the new executable may use it.
"
    );
    let verbose = cargo_resume(&["diff", &v1, &v2, "--verbose"]);
    assert!(
        verbose.stdout.contains("follows: ~ SceneServer.scenes\n    field_shifted"),
        "{}",
        verbose.stdout
    );
    let json: serde_json::Value =
        serde_json::from_str(&cargo_resume(&["diff", &v1, &v2, "--format", "json"]).stdout).unwrap();
    let paths: Vec<_> =
        json["changes"].as_array().unwrap().iter().map(|c| c["path"].as_str().unwrap()).collect();
    assert_eq!(
        paths,
        ["SceneServer.players", "SceneServer.players[].mana", "SceneServer.players[].buffs[].stacks"]
    );
    assert_eq!(json["changes"][1]["partner"], "SceneServer.players[].hp");
    assert_eq!((&json["format"], &json["class"]), (&"resume-diff".into(), &"migratable".into()));
}

#[test]
fn the_exit_status_decides_a_deploy() {
    let scratch = Scratch::new();
    let v1 = elf(&scratch, "v1", V1);
    let renamed = elf(&scratch, "renamed", &V1.replace("hp:", "health:"));
    let appended =
        elf(&scratch, "appended", &V1.replace("reserved: [u8; 20]", "level: u32, reserved: [u8; 16]"));
    let migratable = elf(&scratch, "migratable", &v2());
    let fatal = elf(&scratch, "fatal", &V1.replace("Scene, 64", "Scene, 32"));
    for (new, allow, status) in [
        (&v1, None, 0),
        (&renamed, None, 1),
        (&appended, None, 1),
        (&migratable, None, 3),
        (&fatal, None, 4),
        (&renamed, Some("renamed"), 0),
        (&appended, Some("renamed"), 1),
        (&appended, Some("appended"), 0),
        (&migratable, Some("migratable"), 0),
        (&fatal, Some("migratable"), 4),
    ] {
        let mut args = vec!["diff", &v1, new];
        args.extend(allow.iter().flat_map(|class| ["--allow", class]));
        cargo_resume(&args).assert_status(status);
    }
    cargo_resume(&["diff", &v1, &v1, "--allow", "fatal"]).assert_status(2);
    cargo_resume(&["diff", &v1]).assert_status(2);
}

#[test]
fn reasons_are_explained() {
    let run = cargo_resume(&["explain", "fields_swapped"]);
    run.assert_status(0);
    assert_eq!(run.stdout, "fields_swapped: Two fields changed places.\n");
    let all = cargo_resume(&["explain"]);
    assert!(all.stdout.contains("capacity_changed (diff)\n"), "{}", all.stdout);
    let none = cargo_resume(&["explain", "nothing"]);
    none.assert_status(2);
    assert!(none.stderr.contains("there are "), "{}", none.stderr);
}

#[test]
fn a_saved_layout_is_read_back() {
    let scratch = Scratch::new();
    let v1 = elf(&scratch, "v1", V1);
    let saved = cargo_resume(&["layout", &v1, "--format", "json"]);
    saved.assert_status(0);
    let path = scratch.file("v1.json", &saved.stdout);
    assert_eq!(cargo_resume(&["layout", &path, "--format", "json"]).stdout, saved.stdout);
    let run = cargo_resume(&["diff", &v1, &path]);
    run.assert_status(0);
    assert_eq!(run.stdout, "identical: SceneServer has the same layout on both sides\n");
    // A record by itself, such as one cut out of a core dump, is a side as well.
    let record = scratch.file("v1.record", schema::layout(V1).to_record());
    cargo_resume(&["diff", &record, &path]).assert_status(0);
}

/// Runs `layout` on a bad side: status 2, nothing on stdout, and the message says all of it.
#[track_caller]
fn assert_refused(side: &str, says: &[&str]) {
    let run = cargo_resume(&["layout", side]);
    run.assert_status(2);
    assert_eq!(run.stdout, "");
    for part in says {
        assert!(run.stderr.contains(part), "{part}\nis not in\n{}", run.stderr);
    }
    // The same side in a diff is trouble too, never a difference.
    cargo_resume(&["diff", side, side]).assert_status(2);
}

#[test]
fn bad_files_are_named_with_what_to_do() {
    let scratch = Scratch::new();
    assert_refused(&scratch.path("nothing"), &["No such file", "expected an executable, a saved layout"]);
    assert_refused(&scratch.path("."), &["expected a regular file, found a directory"]);
    assert_refused("/dev/null", &["expected a regular file, found a device"]);
    assert_refused(&scratch.file("empty", ""), &["found a file that starts with nothing (it is empty)"]);
    let script = scratch.file("script", "#!/bin/sh\nexit\n");
    assert_refused(
        &script,
        &["expected an ELF executable", "starts with \"#!/bin/sh\"", "save a layout with"],
    );
    assert_refused(
        &scratch.elf("no-root", b""),
        &["`.resume.layout`, found none", "resume_core::root!(YourRoot)"],
    );
    let binary = std::fs::read(elf(&scratch, "v1", V1)).unwrap();
    for end in [16, 64, binary.len() / 2, binary.len() - 1] {
        assert_refused(&scratch.file("cut", &binary[..end]), &["damaged or truncated"]);
    }
    let record = schema::layout(V1).to_record();
    assert_refused(
        &scratch.elf("half", &record[..record.len() / 2]),
        &["expected a layout record of", "bytes (so its header says), found"],
    );
    let mut newer = record.clone();
    newer[8] = 2;
    assert_refused(
        &scratch.elf("newer", &newer),
        &["expected layout record version 1, found 2", "`cargo resume`"],
    );
    let mut flipped = record;
    flipped[300] ^= 1;
    assert_refused(&scratch.elf("flipped", &flipped), &["the layout record is damaged"]);
}

#[test]
fn bad_json_is_named_with_what_to_do() {
    let scratch = Scratch::new();
    let saved = cargo_resume(&["layout", &elf(&scratch, "v1", V1), "--format", "json"]).stdout;
    let json = |text: String| scratch.file("edited.json", text);
    assert_refused(&json(saved[..saved.len() / 2].into()), &["EOF while parsing", "save it again with"]);
    assert_refused(&json("{}".into()), &["missing field `format`"]);
    let other = saved.replace("resume-layout", "resume-diff");
    assert_refused(
        &json(other),
        &["expected JSON with \"format\": \"resume-layout\", found \"resume-diff\""],
    );
    let newer = saved.replace("\"version\": 1", "\"version\": 7");
    assert_refused(&json(newer), &["expected a saved layout of version 1, found 7"]);
    let edited = saved.replace("\"capacity\": 5000", "\"capacity\": 5001");
    assert_refused(&json(edited), &["expected the LAYOUT hash", "for `Pool<Player, 5000>`", "save it again"]);
    let stranger = saved.replace("\"type\": \"Vec3\"", "\"type\": \"Vec4\"");
    assert_refused(&json(stranger), &["expected the name of a type in the file", "found `Vec4`"]);
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep = saved.replace("\"types\": [", &format!("\"types\": {deep}, \"x\": ["));
    assert_refused(&json(deep), &["expected a saved layout (JSON), found an error in it"]);
}

#[test]
fn several_roots_in_one_executable_are_chosen_by_name() {
    let scratch = Scratch::new();
    let (first, second) = (schema::layout("Lobby { x: u32 }"), schema::layout("Scene { y: u64 }"));
    let both = scratch.elf("both", &[first.to_record(), second.to_record(), first.to_record()].concat());
    assert_refused(&both, &["expected one root, found Lobby, Scene; choose one with --root"]);
    let run = cargo_resume(&["layout", &both, "--root", "Scene"]);
    run.assert_status(0);
    assert!(run.stdout.starts_with("Scene: 8 B"), "{}", run.stdout);
    let run = cargo_resume(&["layout", &both, "--root", "Room"]);
    run.assert_status(2);
    assert!(run.stderr.contains("expected the root Room, found Lobby, Scene"), "{}", run.stderr);
}

#[test]
fn executables_of_all_sorts_are_read_without_running_them() {
    let scratch = Scratch::new();
    scratch.file("record", schema::layout(V1).to_record());
    let bytes = schema::layout(V1).to_record().len();
    let source = scratch.file(
        "main.rs",
        format!(
            "#[used] #[unsafe(link_section = \".resume.layout\")]\n\
             static RECORD: [u8; {bytes}] = *include_bytes!(\"record\");\n\
             fn main() {{ std::process::abort() }}"
        ),
    );
    let reference = elf(&scratch, "reference", V1);
    for (name, flags) in [
        ("debug", &["-Cdebuginfo=2"][..]),
        ("stripped", &["-Copt-level=3", "-Cstrip=symbols"]),
        ("no-pie", &["-Crelocation-model=static"]),
        ("static-pie", &["-Ctarget-feature=+crt-static"]),
        ("gc", &["-Copt-level=3", "-Clink-arg=-Wl,--gc-sections"]),
    ] {
        let path = scratch.path(name);
        let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
        let status = std::process::Command::new(rustc)
            .args(["--edition=2024", "-o", &path, &source])
            .args(flags)
            .status()
            .expect("rustc runs");
        assert!(status.success(), "{name}");
        let run = cargo_resume(&["diff", &path, &reference]);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{name}");
    }
}
