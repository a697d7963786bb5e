//! Runs a program that torments the runtime, and reads its last line.

use std::process::{Command, Output};

/// What the program at `path` printed, as it is and its standard output as text.
pub(crate) fn run(path: &str, args: &[&str]) -> (Output, String) {
    let output = Command::new(path).args(args).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output, text)
}

/// The number behind `name=` in the last line.
pub(crate) fn total(text: &str, name: &str) -> u64 {
    let last = text.lines().last().unwrap();
    let word = last.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    word.unwrap_or_else(|| panic!("no {name}: {last}")).parse().unwrap()
}
