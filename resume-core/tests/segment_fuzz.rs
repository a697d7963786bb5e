//! The segment fuzz, for a few seconds; and on itself: it notices references to damaged values. The long run is a
//! command of its own (`src/bin/segment-fuzz`).
#![allow(clippy::unwrap_used, reason = "a failure ends the test")]

mod torture_support;

use std::process::Output;

use torture_support::{run, total};

fn fuzz(args: &[&str]) -> (Output, String) {
    run(env!("CARGO_BIN_EXE_segment-fuzz"), args)
}

#[test]
fn a_damaged_segment_is_refused_or_can_be_used_without_harm() {
    let seed = std::process::id().to_string();
    let (output, text) = fuzz(&["--seconds", "4", "--seed", &seed]);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(total(&text, "violations"), 0, "{text}");
    assert!(total(&text, "refused") > 20 && total(&text, "attached") > 20, "{text}");
    assert_eq!(total(&text, "cases"), total(&text, "refused") + total(&text, "attached"), "{text}");
}

#[test]
fn references_to_values_that_were_damaged_behind_the_attach_are_noticed() {
    let (output, text) = fuzz(&["--plant", "--cases", "60"]);
    assert_eq!(output.status.code(), Some(1), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("a reference to bytes that are no value"), "{text}");
    assert!(total(&text, "violations") > 5, "{text}");
}

#[test]
fn one_case_tells_what_it_does() {
    let (output, text) = fuzz(&["--case", "7"]);
    assert!(output.status.success(), "{text}");
    assert!(text.starts_with("case 7 (") && total(&text, "cases") == 1, "{text}");
}

#[test]
fn bad_usage_is_told_apart_from_violations() {
    for args in [&["--cases"][..], &["--cases", "many"], &["--forever", "1"], &["--jobs", "0"]] {
        let (output, text) = fuzz(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {text}");
        assert!(!output.stderr.is_empty(), "{args:?}");
    }
}
