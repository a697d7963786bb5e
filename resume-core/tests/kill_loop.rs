//! The kill loop, for a few seconds; and on itself: it finds what is not whole. The long run is a command of its
//! own (`src/bin/kill-loop`).
#![allow(clippy::unwrap_used, reason = "a failure ends the test")]

mod torture_support;

use std::process::Output;

use torture_support::{run, total};

fn kill_loop(args: &[&str]) -> (Output, String) {
    run(env!("CARGO_BIN_EXE_kill-loop"), args)
}

#[test]
fn a_kill_at_any_moment_leaves_the_state_of_before_or_after_the_operation() {
    let (output, text) = kill_loop(&["--seconds", "5"]);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(total(&text, "violations"), 0, "{text}");
    assert!(total(&text, "kills") >= 50 && total(&text, "in_attach") >= 5, "{text}");
    assert!(total(&text, "operations") >= 1000, "{text}");
}

#[test]
fn each_kind_of_memory_is_killed_on_and_removed() {
    for backend in ["posix", "system-v", "memfd"] {
        let (output, text) = kill_loop(&["--backend", backend, "--kills", "20"]);
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        let line = text.lines().find(|line| line.starts_with(&format!("kills on {backend} "))).unwrap();
        assert!(line.ends_with(" 20"), "{text}");
    }
}

#[test]
fn a_change_that_is_not_whole_is_found() {
    let (output, text) = kill_loop(&["--plant", "--kills", "100", "--seed", "7"]);
    assert_eq!(output.status.code(), Some(1), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(total(&text, "violations") > 0, "{text}");
    assert!(text.lines().any(|line| line.starts_with("VIOLATION")), "{text}");
}

#[test]
fn bad_usage_is_told_apart_from_violations() {
    for args in
        [&["--kills"][..], &["--kills", "many"], &["--forever", "1"], &["now"], &["--backend", "disk"]]
    {
        let (output, text) = kill_loop(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {text}");
        assert!(!output.stderr.is_empty(), "{args:?}");
    }
}
