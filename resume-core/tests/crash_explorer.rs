//! The crash explorer on itself: it catches what is known to be broken, and runs on the real containers in
//! this build profile. The whole exploration is a command of its own.

use std::process::{Command, Output};

fn explorer(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_crash-explorer")).args(args).output().expect("the explorer starts")
}

fn last_line(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().last().unwrap_or_default().to_string()
}

#[test]
fn every_known_bad_variant_is_caught() {
    let output = explorer(&["--self-test"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(last_line(&output).ends_with("missed=0"), "{text}");
    for mistake in ["commit store before", "transaction was not told", "execute before mark"] {
        assert!(text.contains(mistake), "no variant `{mistake}`:\n{text}");
    }
}

#[test]
fn operations_are_whole_at_every_instruction_of_this_build() {
    for container in [
        "vec::push",
        "map::insert",
        "pool::remove",
        "queue::begin",
        "string::assign",
        "list::insert",
        "timers::reschedule",
        "heap::string.push_str",
    ] {
        let output = explorer(&["--quick", container]);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        assert!(last_line(&output).ends_with("violations=0"), "{text}");
    }
}

#[test]
fn bad_usage_is_told_apart_from_violations() {
    for args in [&["--quack"][..], &[], &["--quick", "--jobs", "0"], &["--quick", "no such operation"]] {
        let output = explorer(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(!output.stderr.is_empty(), "{args:?}");
    }
}
