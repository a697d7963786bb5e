//! Runs `cargo resume lint` over the fixture crates in `lints/` and compares what it says with `expected.txt`.
//!
//! A line with `//~` must be the primary place of a finding (`//~^`: the line above), and no other line may be. The
//! texts are compared too; `RESUME_BLESS=1 cargo test -p ui-tests --test lints` writes them anew.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

const FIXTURES: &[&str] =
    &["address_in_state", "execute_before_mark", "owner_held_across_call", "suppressions"];

fn fixtures_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("lints")
}

/// Builds the tool, once.
fn tool() -> &'static Path {
    static TOOL: OnceLock<PathBuf> = OnceLock::new();
    TOOL.get_or_init(|| {
        let output = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--package", "resume-lint", "--message-format=json"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("cargo starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let stdout = String::from_utf8(output.stdout).expect("JSON is UTF-8");
        let mut executables = stdout.lines().filter_map(|line| {
            let message: serde_json::Value = serde_json::from_str(line).ok()?;
            message["executable"].as_str().map(PathBuf::from)
        });
        let found = executables.next_back();
        found.expect("the build names the executable")
    })
}

/// A directory that is removed at the end, also of a test that fails.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("lints-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a directory for the test");
        Scratch(dir)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// `cargo resume lint` in `dir`, with its own target directory.
fn lint(dir: &Path, target: &Path, args: &[&str]) -> Output {
    Command::new(tool())
        .args(["resume", "lint"])
        .args(args)
        .current_dir(dir)
        .env("CARGO_TARGET_DIR", target)
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .output()
        .expect("the tool starts")
}

struct Finding {
    file: String,
    line: u64,
    code: String,
    rendered: String,
}

/// The findings in cargo's JSON messages, by place.
fn findings(output: &Output) -> Vec<Finding> {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let mut all: Vec<Finding> = stdout
        .lines()
        .filter_map(|line| {
            let message: serde_json::Value = serde_json::from_str(line).ok()?;
            let message = message.get("message")?;
            let code = message["code"]["code"].as_str()?.strip_prefix("resume::")?.to_owned();
            let spans = message["spans"].as_array()?;
            let primary = spans.iter().find(|span| span["is_primary"] == true)?;
            Some(Finding {
                file: primary["file_name"].as_str()?.to_owned(),
                line: primary["line_start"].as_u64()?,
                code,
                rendered: message["rendered"].as_str()?.to_owned(),
            })
        })
        .collect();
    all.sort_by(|a, b| (&a.file, a.line, &a.code, &a.rendered).cmp(&(&b.file, b.line, &b.code, &b.rendered)));
    all
}

/// `file:line` of each place that a fixture marks.
fn marked(fixture: &str) -> BTreeSet<String> {
    let sources = fixtures_dir().join(fixture).join("src");
    let mut marked = BTreeSet::new();
    for entry in std::fs::read_dir(sources).expect("the fixture has sources") {
        let path = entry.expect("the directory can be read").path();
        let text = std::fs::read_to_string(&path).expect("the source can be read");
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        for (line, number) in text.lines().zip(1_u32..) {
            if line.trim() == "//~^" {
                marked.insert(format!("{fixture}/src/{name}:{}", number - 1));
            } else if line.ends_with("//~") && !line.starts_with("//!") {
                marked.insert(format!("{fixture}/src/{name}:{number}"));
            }
        }
    }
    marked
}

#[test]
fn each_fixture_gives_exactly_the_findings_that_are_marked_and_blessed() {
    let scratch = Scratch::new("fixtures");
    let blessing = std::env::var_os("RESUME_BLESS").is_some();
    let mut wrong = String::new();
    for fixture in FIXTURES {
        let output = lint(&fixtures_dir(), &scratch.0, &["--package", fixture, "--message-format", "json"]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{fixture}: {stderr}");
        let all = findings(&output);
        let own = format!("{fixture}/");
        let all: Vec<&Finding> = all.iter().filter(|found| found.file.starts_with(&own)).collect();
        let places: BTreeSet<String> =
            all.iter().map(|found| format!("{}:{}", found.file, found.line)).collect();
        let marked = marked(fixture);
        assert!(!marked.is_empty(), "{fixture} marks nothing");
        for place in marked.difference(&places) {
            let _ = writeln!(wrong, "missed: {place}");
        }
        for place in places.difference(&marked) {
            let _ = writeln!(wrong, "false: {place}");
        }
        let text: String = all.iter().map(|found| found.rendered.as_str()).collect();
        let path = fixtures_dir().join(fixture).join("expected.txt");
        if blessing {
            std::fs::write(&path, &text).expect("the blessed text can be written");
        } else if std::fs::read_to_string(&path).unwrap_or_default() != text {
            let _ = writeln!(wrong, "{} differs; it is now:\n{text}", path.display());
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_lint_is_registered_and_has_a_page_and_fixtures() {
    let explain = |args: &[&str]| {
        let output =
            Command::new(tool()).args(["resume", "explain"]).args(args).output().expect("the tool starts");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let list = explain(&[]);
    // Other things can be explained too; a lint is listed with its convention.
    let names: Vec<&str> = list.lines().filter_map(|line| Some(line.split_once(" (R")?.0)).collect();
    assert!(names.len() >= 3, "{names:?}");
    for name in &names {
        let page = explain(&[name]);
        for part in ["## What it does", "## Why", "## Example", "## Use instead"] {
            assert!(page.contains(part), "{name}: no `{part}`");
        }
        for file in ["fail.rs", "pass.rs"] {
            let path = fixtures_dir().join(name).join("src").join(file);
            assert!(path.is_file(), "{} is missing", path.display());
        }
        assert!(FIXTURES.contains(name), "{name} is not run by this test");
    }
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../resume-lint/src/lints");
    for entry in std::fs::read_dir(sources).expect("the lints' directory") {
        let path = entry.expect("the directory can be read").path();
        if !path.is_file() {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("the source can be read");
        let stem = path.file_stem().expect("a file").to_string_lossy().into_owned();
        if text.contains("const LINT: Lint") {
            assert!(names.contains(&stem.as_str()), "{stem} is not registered");
        }
    }
}

/// A package of its own: `(manifest directory, target directory)`.
fn package(scratch: &Scratch, source: &str) -> (PathBuf, PathBuf) {
    let dir = scratch.0.join("package");
    std::fs::create_dir_all(dir.join("src")).expect("a package");
    let manifest = "[package]\nname = \"one\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n";
    std::fs::write(dir.join("Cargo.toml"), manifest).expect("a manifest");
    std::fs::write(dir.join("src/lib.rs"), source).expect("a source");
    (dir, scratch.0.join("target"))
}

/// The state trait is known by its name: nothing needs to be built for these.
const BAD: &str = "pub unsafe trait ShmSafe {}\npub struct State { pub link: u64 }\nunsafe impl ShmSafe for State {}\n\
                   pub fn store(state: &mut State, text: &str) { state.link = text.as_ptr() as u64; }\n";
const GOOD: &str = "pub fn fine() {}\n";

#[test]
fn findings_are_replayed_from_cargos_cache_and_the_status_stays() {
    let scratch = Scratch::new("replay");
    let (dir, target) = package(&scratch, BAD);
    let first = lint(&dir, &target, &["--message-format", "json"]);
    let second = lint(&dir, &target, &["--message-format", "json"]);
    for output in [&first, &second] {
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert_eq!(findings(output).len(), 1);
        assert!(
            stderr.contains("resume lint: 1 finding, 1 function analysed in 1 crate, 0 skipped"),
            "{stderr}"
        );
    }
    assert!(String::from_utf8_lossy(&second.stdout).contains("\"fresh\":true"));
    let human = lint(&dir, &target, &[]);
    let stderr = String::from_utf8_lossy(&human.stderr);
    assert!(stderr.contains("error[resume::address_in_state]"), "{stderr}");
    assert!(!stderr.contains('\u{1b}'), "no colours where there is no terminal: {stderr}");
}

#[test]
fn a_clean_crate_ends_with_status_zero_and_coverage() {
    let scratch = Scratch::new("clean");
    let (dir, target) = package(&scratch, GOOD);
    let output = lint(&dir, &target, &[]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert!(
        stderr.ends_with("resume lint: 0 findings, 1 function analysed in 1 crate, 0 skipped\n"),
        "{stderr}"
    );
}

#[test]
fn code_that_does_not_compile_is_not_analysed() {
    let scratch = Scratch::new("broken");
    let (dir, target) = package(&scratch, "pub fn broken( {}\n");
    let output = lint(&dir, &target, &[]);
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn bad_usage_is_a_failure_of_its_own() {
    let scratch = Scratch::new("usage");
    let usage = lint(&scratch.0, &scratch.0, &["--no-such-option"]);
    assert_eq!(usage.status.code(), Some(2));
    let missing = lint(&scratch.0, &scratch.0, &["--manifest-path", "no/Cargo.toml"]);
    assert_eq!(missing.status.code(), Some(2), "{}", String::from_utf8_lossy(&missing.stderr));
    let (dir, target) = package(&scratch, GOOD);
    let package = lint(&dir, &target, &["--package", "nobody"]);
    assert_eq!(package.status.code(), Some(2), "{}", String::from_utf8_lossy(&package.stderr));
}

#[test]
fn facts_that_are_lost_are_not_taken_for_a_clean_crate() {
    let scratch = Scratch::new("lost");
    let (dir, target) = package(&scratch, GOOD);
    assert_eq!(lint(&dir, &target, &[]).status.code(), Some(0));
    let mut lost = 0;
    for entry in std::fs::read_dir(target.join("resume-lint/debug/deps")).expect("cargo's artifacts") {
        let path = entry.expect("the directory can be read").path();
        if path.to_string_lossy().ends_with(".resume.json") {
            std::fs::remove_file(path).expect("the file can be removed");
            lost += 1;
        }
    }
    assert_eq!(lost, 1);
    assert_eq!(lint(&dir, &target, &[]).status.code(), Some(3));
}

#[test]
fn build_scripts_do_not_see_the_switch_that_prints_mir() {
    let scratch = Scratch::new("build-script");
    let (dir, target) = package(&scratch, GOOD);
    let script = "fn main() { assert!(std::env::var_os(\"RUSTC_BOOTSTRAP\").is_none()); }\n";
    std::fs::write(dir.join("build.rs"), script).expect("a build script");
    let output = lint(&dir, &target, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A rustc that prints `mir` when it is asked for MIR, and is the real one otherwise.
#[cfg(unix)]
fn rustc_that_prints(scratch: &Scratch, mir: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let path = scratch.0.join("rustc");
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in *unpretty=mir*) printf '%s' '{mir}';; *) exec rustc \"$@\";; esac\n"
    );
    std::fs::write(&path, script).expect("a script");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("the script may run");
    path
}

#[cfg(unix)]
#[test]
fn nothing_passes_when_the_canary_is_missed_or_the_mir_is_not_understood() {
    for (name, mir, says) in [
        (
            "missed",
            "",
            "the canary was missed by address_in_state, execute_before_mark, owner_held_across_call",
        ),
        ("strange", "frobnicate f() {\n", "this rustc's MIR is not understood (line 1)"),
    ] {
        let scratch = Scratch::new(name);
        let (dir, target) = package(&scratch, GOOD);
        let rustc = rustc_that_prints(&scratch, mir);
        let output = Command::new(tool())
            .args(["resume", "lint"])
            .current_dir(&dir)
            .env("CARGO_TARGET_DIR", &target)
            .env("RUSTC", rustc)
            .output()
            .expect("the tool starts");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{name}: {stderr}");
        assert!(stderr.contains(says), "{name}: {stderr}");
    }
}
