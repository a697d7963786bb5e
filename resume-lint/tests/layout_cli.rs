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
    Scene { id: u32, spawn: Vec3, reserved!: [u8; 20] }
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
        "                        ── cache line 3 ──",
        "field orders that save padding (each is a migratable change)",
        "space by type",
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
    let renamed = elf(&scratch, "renamed", &V1.replace("hp:", "health@hp:"));
    let appended =
        elf(&scratch, "appended", &V1.replace("reserved!: [u8; 20]", "level: u32, reserved!: [u8; 16]"));
    let suspected = elf(&scratch, "suspected", &V1.replace("hp:", "health:"));
    let migratable = elf(&scratch, "migratable", &v2());
    let fatal = elf(&scratch, "fatal", &V1.replace("Scene, 64", "Scene, 32"));
    for (new, allow, status) in [
        (&v1, None, 0),
        (&renamed, None, 1),
        (&appended, None, 1),
        (&suspected, None, 3),
        (&suspected, Some("appended"), 3),
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
    assert!(
        run.stdout.starts_with("fields_swapped: Two fields changed places.\n\nClass: `migratable`."),
        "{}",
        run.stdout
    );
    let all = cargo_resume(&["explain"]);
    assert!(all.stdout.contains("capacity_changed (diff)\n"), "{}", all.stdout);
    // Every name in the list has a page.
    for line in all.stdout.lines() {
        let name = line.split(' ').next().unwrap();
        let page = cargo_resume(&["explain", name]);
        page.assert_status(0);
        assert!(page.stdout.lines().count() > 3, "{name}: {}", page.stdout);
    }
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
    newer[8] = 3;
    assert_refused(
        &scratch.elf("newer", &newer),
        &["expected layout record version 2, found 3", "`cargo resume`"],
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
    let newer = saved.replace("\"version\": 2", "\"version\": 7");
    assert_refused(&json(newer), &["expected a saved layout of version 2, found 7"]);
    let edited = saved.replace("\"capacity\": 5000", "\"capacity\": 5001");
    assert_refused(&json(edited), &["expected the LAYOUT hash", "for `Pool<Player, 5000>`", "save it again"]);
    let unmarked = saved.replace("\"reserved\": true", "\"reserved\": false");
    assert_refused(&json(unmarked), &["expected the marks hash", "save it again"]);
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
             #[allow(dead_code)] fn main() {{ std::process::abort() }}"
        ),
    );
    let reference = elf(&scratch, "reference", V1);
    for (name, flags) in [
        ("debug", &["-Cdebuginfo=2"][..]),
        ("stripped", &["-Copt-level=3", "-Cstrip=symbols"]),
        ("no-pie", &["-Crelocation-model=static"]),
        ("static-pie", &["-Ctarget-feature=+crt-static"]),
        ("gc", &["-Copt-level=3", "-Clink-arg=-Wl,--gc-sections"]),
        ("library.so", &["-Copt-level=3", "-Cstrip=symbols", "--crate-type=cdylib"]),
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
    // Some packers drop even the section headers: then the loaded bytes are searched.
    let mut bare = std::fs::read(scratch.path("stripped")).unwrap();
    bare[40..48].fill(0);
    bare[58..64].fill(0);
    let bare = scratch.file("bare", &bare);
    let run = cargo_resume(&["diff", &bare, &reference]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
}

#[test]
fn a_lock_file_is_a_gate() {
    let scratch = Scratch::new();
    let (v1, v2) = (elf(&scratch, "v1", V1), elf(&scratch, "v2", &v2()));
    let lock = scratch.path("resume-layout.lock");
    let check =
        |side: &str, more: &[&str]| cargo_resume(&[&["layout", side, "--check", &lock], more].concat());
    let missing = check(&v1, &[]);
    missing.assert_status(2);
    assert!(missing.stderr.contains("found none; write it with --bless"), "{}", missing.stderr);
    let first = check(&v1, &["--bless"]);
    first.assert_status(0);
    assert!(first.stdout.ends_with("resume-layout.lock: written; commit it\n"), "{}", first.stdout);
    check(&v1, &[]).assert_status(0);
    let text = std::fs::read_to_string(&lock).unwrap();
    let same = cargo_resume(&["layout", &v1, "--format", "lock"]);
    assert_eq!(same.stdout, text);
    for line in [
        "resume-layout.lock version 2",
        "struct Scene  size 36 align 4",
        "      16  reserved: [u8; 20]  reserved",
        "enum State: i8  size 24 align 8",
        "  Walking = -3",
        "container Pool<Player, 5000>  pool capacity 5000  size 2720008 align 8",
    ] {
        assert!(text.lines().any(|l| l == line), "{line}\nis not in\n{text}");
    }
    // The gate: it says what changed and exits as `diff` does.
    let changed = check(&v2, &[]);
    changed.assert_status(3);
    assert!(changed.stdout.contains("players[].mana ⇄ .hp"), "{}", changed.stdout);
    assert!(changed.stdout.contains("run this again with --bless"), "{}", changed.stdout);
    check(&v2, &["--allow", "migratable"]).assert_status(0);
    assert_eq!(std::fs::read_to_string(&lock).unwrap(), text, "a check writes nothing");
    let blessed = check(&v2, &["--bless"]);
    blessed.assert_status(0);
    assert!(blessed.stdout.starts_with("migratable: 3 changes"), "{}", blessed.stdout);
    check(&v2, &[]).assert_status(0);
    // Only lines of what changed differ.
    let after = std::fs::read_to_string(&lock).unwrap();
    let lines: std::collections::HashSet<&str> = text.lines().collect();
    let new: Vec<&str> = after.lines().filter(|line| !lines.contains(line)).collect();
    assert!(new.contains(&"       2  stacks: u16") && new.len() < 20, "{new:#?}");
    // It is a side as any other, and nothing was left beside it.
    cargo_resume(&["diff", &lock, &v2]).assert_status(0);
    let left = std::fs::read_dir(scratch.path(".")).unwrap().count();
    assert_eq!(left, 3);
    check(&v1, &["--bless", "--allow", "renamed"]).assert_status(2);
    cargo_resume(&["layout", &v1, "--bless"]).assert_status(2);
    cargo_resume(&["layout", &v1, "--allow", "renamed"]).assert_status(2);
}

#[test]
fn a_damaged_lock_file_is_named_by_line() {
    let scratch = Scratch::new();
    let v1 = elf(&scratch, "v1", V1);
    let text = cargo_resume(&["layout", &v1, "--format", "lock"]).stdout;
    let damaged = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}\nis not in\n{text}");
        scratch.file("damaged.lock", text.replacen(from, to, 1))
    };
    let line = |of: &str| format!("line {}: ", 1 + text.lines().position(|l| l.contains(of)).unwrap());
    assert_refused(&damaged("version 2", "version 9"), &["line 1: ", "version 2, found 9"]);
    assert_refused(&damaged("version 2", "version 1"), &["line 1: ", "version 2, found 1", "--bless"]);
    assert_refused(&damaged("  hp: u32", "  hp: u64"), &["overlaps", &line("struct Player ")]);
    assert_refused(&damaged("  hp: u32", "  hq: u32"), &["expected the schema hash", &line("schema ")]);
    assert_refused(
        &damaged("  hp: u32", "  hp: Strange"),
        &["the name of a type in the file", &line("hp: u32")],
    );
    // Marks are in neither hash, and guarded by one of their own.
    for (from, to) in [
        ("[u8; 20]  reserved", "[u8; 20]"),
        ("[u8; 20]  reserved", "[u8; 20]  transient"),
        ("  hp: u32", "  hp: u32  transient"),
        ("  hp: u32", "  hp: u32  default"),
        ("  hp: u32", "  hp: u32  renamed from life"),
        ("struct Player  size 536 align 8", "struct Player  size 536 align 8  renamed from Hero"),
    ] {
        let marks = ["expected the marks hash", "--bless", &line("marks ")];
        assert_refused(&damaged(from, to), &marks);
    }
    assert_refused(&damaged("  hp: u32", "  hp u32"), &["`offset  field: Type`", &line("hp: u32")]);
    assert_refused(&damaged("size 36 align 4", "size 36"), &["size, alignment", &line("struct Scene ")]);
    assert_refused(&damaged("struct Scene ", "class Scene "), &["found `class`", &line("struct Scene ")]);
    assert_refused(&damaged("  Walking = -3", "  Walking"), &["`Variant = number`", &line("Walking")]);
    assert_refused(
        &damaged("\nstruct Scene ", "\n<<<<<<< HEAD\nstruct Scene "),
        &["conflict marker", "--bless"],
    );
    assert_refused(&damaged("root ", "rood "), &["found `rood`"]);
    // `--bless` repairs a bad merge, and does not write over what is no lock file.
    let path = damaged("\nstruct Scene ", "\n<<<<<<< HEAD\nstruct Scene ");
    let run = cargo_resume(&["layout", &v1, "--check", &path, "--bless"]);
    run.assert_status(0);
    assert!(run.stdout.contains("could not be compared"), "{}", run.stdout);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    let other = scratch.file("notes.txt", "buy milk");
    cargo_resume(&["layout", &v1, "--check", &other, "--bless"]).assert_status(2);
    assert_eq!(std::fs::read_to_string(&other).unwrap(), "buy milk");
}

#[test]
fn a_policy_decides_what_passes() {
    let scratch = Scratch::new();
    let (v1, v2) = (elf(&scratch, "v1", V1), elf(&scratch, "v2", &v2()));
    let fatal = elf(&scratch, "fatal", &V1.replace("Scene, 64", "Scene, 32"));
    let run = |new: &str, text: &str| {
        let policy = scratch.file("resume-policy.toml", text);
        cargo_resume(&["diff", &v1, new, "--policy", &policy])
    };
    run(&v2, "").assert_status(3);
    run(&v2, "allow = [\"migratable\"]").assert_status(0);
    run(&v2, "allow = [\"renamed\", \"appended\"]").assert_status(3);
    run(&v2, "allow = [\"migratable\"]\ndeny-reasons = [\"fields_swapped\"]").assert_status(3);
    run(&v2, "allow-reasons = [\"fields_swapped\", \"field_added\", \"capacity_changed\"]").assert_status(0);
    run(&fatal, "allow-reasons = [\"capacity_changed\"]").assert_status(4);
    let exception =
        "[[exception]]\npath = \"*.scenes\"\nreasons = [\"capacity_changed\"]\nwhy = \"never over 20\"\n";
    let passed = run(&fatal, exception);
    passed.assert_status(0);
    assert!(passed.stdout.contains("(exception: never over 20)"), "{}", passed.stdout);
    let stale = run(&v1, exception);
    stale.assert_status(0);
    assert!(stale.stdout.contains("the exception for `*.scenes` matches no change"), "{}", stale.stdout);
    let bad = run(&v2, "alow = []");
    bad.assert_status(2);
    assert!(bad.stderr.contains("unknown field `alow`"), "{}", bad.stderr);
    let policy = scratch.file("p.toml", exception);
    let json = cargo_resume(&["diff", &v1, &fatal, "--policy", &policy, "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["changes"][0]["passes"], "exception: never over 20");
    let lock = scratch.path("resume-layout.lock");
    cargo_resume(&["layout", &v1, "--check", &lock, "--bless"]).assert_status(0);
    cargo_resume(&["layout", &fatal, "--check", &lock, "--policy", &policy]).assert_status(0);
    let page = cargo_resume(&["explain", "policy"]);
    assert!(page.stdout.contains("[[exception]]"), "{}", page.stdout);
}

#[test]
fn a_report_with_maps_is_one_file() {
    let scratch = Scratch::new();
    let (v1, v2) = (elf(&scratch, "v1", V1), elf(&scratch, "v2", &v2()));
    let path = scratch.path("diff.html");
    let run = cargo_resume(&["diff", &v1, &v2, "--format", "html", "-o", &path]);
    run.assert_status(3);
    assert_eq!(run.stdout, "");
    let html = std::fs::read_to_string(&path).unwrap();
    assert!(html.starts_with("<!doctype html>") && html.ends_with("</html>\n"));
    assert!(html.contains("5,000 → 8,000 elements") && html.contains("<svg class=\"bytes\""));
    let nowhere = scratch.path("no/such/folder/diff.html");
    cargo_resume(&["diff", &v1, &v2, "--format", "html", "-o", &nowhere]).assert_status(2);
}

/// Each file was found by a fuzz loop or written to break a reader; its name says what is in it.
#[test]
fn what_once_was_hard_to_refuse_is_refused() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/regressions");
    let mut tried = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let start = std::time::Instant::now();
        let run = cargo_resume(&["layout", path.to_str().unwrap()]);
        run.assert_status(2);
        assert!(run.stderr.starts_with("error: ") && run.stderr.len() < 1000, "{path:?}: {}", run.stderr);
        assert!(!run.stderr.contains("panicked"), "{path:?}: {}", run.stderr);
        assert!(start.elapsed().as_secs() < 10, "{path:?}");
        tried += 1;
    }
    assert!(tried >= 19, "{tried}");
}
