//! The crash explorer finds what it is for, and finds nothing in a good container.
#![allow(clippy::unwrap_used, reason = "a failure ends the test")]

use std::process::{Command, Output};

fn explorer(args: &[&str]) -> (Output, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_crash-explorer")).args(args).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output, text)
}

#[test]
fn every_known_bad_variant_is_caught() {
    let (output, text) = explorer(&["--self-test"]);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.lines().last().unwrap().ends_with("missed=0"), "{text}");
    let mistakes =
        ["commit store before the data", "count before", "without the journal", "execute before mark"];
    let containers = ["list:", "ordered map:", "ring:", "bit set:", "versioned:", "timers:", "map:", "set:"];
    for mistake in mistakes.into_iter().chain(containers) {
        assert!(text.lines().any(|l| l.starts_with("caught") && l.contains(mistake)), "{mistake}: {text}");
    }
}

#[test]
fn a_good_container_has_no_violation() {
    let (output, text) = explorer(&["--quick", "queue::"]);
    assert!(output.status.success(), "{text}");
    let last = text.lines().last().unwrap();
    assert!(last.starts_with("operations=") && last.ends_with(" violations=0"), "{last}");
}

#[test]
fn bad_usage_is_told() {
    for args in [&[][..], &["--fast"], &["--quick", "no such operation"], &["--all", "--jobs", "0"]] {
        let (output, text) = explorer(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {text}");
        assert!(!output.stderr.is_empty());
    }
}
