//! What the derive refuses and in which words; and the accepted types that need a crate of their own.
//!
//! A file in `refused/` is a theme: many small types, all of whose errors come in one compile. A line on
//! which something must be refused says `//~ refused`. Each file has its blessed messages beside it; bless
//! with `TRYBUILD=overwrite`.
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

const MARK: &str = "//~ refused";

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// The names of the files in `of` with `extension`, without it.
fn stems(of: &str, extension: &str) -> BTreeSet<String> {
    let of = folder(of);
    fs::read_dir(&of)
        .unwrap_or_else(|error| panic!("{}: {error}", of.display()))
        .map(|entry| entry.expect("the folder stays readable").path())
        .filter(|path| path.extension() == Some(OsStr::new(extension)))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect()
}

#[test]
fn types_are_accepted_and_refused_as_blessed() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/accepted/*.rs");
    cases.compile_fail("tests/refused/*.rs");
}

#[test]
fn every_message_belongs_to_a_refusal_and_every_refusal_has_one() {
    assert_eq!(stems("refused", "rs"), stems("refused", "stderr"));
    assert!(stems("accepted", "stderr").is_empty(), "an accepted type has no message");
}

/// The lines at which an error points first, and of how many errors.
fn errors(stem: &str) -> (BTreeSet<usize>, usize) {
    let text = fs::read_to_string(folder("refused").join(format!("{stem}.stderr"))).expect("it is blessed");
    let place = format!("--> tests/refused/{stem}.rs:");
    let (mut lines, mut errors, mut of_error) = (BTreeSet::new(), 0, false);
    for line in text.lines() {
        if line.starts_with("error") {
            (errors, of_error) = (errors + 1, true);
        } else if let Some((_, at)) = line.split_once(&place).filter(|_| of_error) {
            let (at, _) = at.split_once(':').expect("a line and a column");
            lines.insert(at.parse().expect("a number"));
            of_error = false;
        }
    }
    (lines, errors)
}

#[test]
fn every_marked_line_is_refused_and_no_other() {
    let mut refused = 0;
    for stem in stems("refused", "rs") {
        let source = fs::read_to_string(folder("refused").join(format!("{stem}.rs"))).expect("it is there");
        let marked: BTreeSet<usize> =
            source.lines().zip(1..).filter(|(line, _)| line.contains(MARK)).map(|(_, at)| at).collect();
        let (found, _) = errors(&stem);
        assert_eq!(found, marked, "{stem}.rs: left are the lines with errors, right the marked ones");
        refused += marked.len();
    }
    println!("{refused} refusals");
    assert!(refused >= 300, "{refused}");
}
