//! What the derive accepts, and what it refuses in which words.
//!
//! Each file in `refused/` has its blessed message beside it; bless with `TRYBUILD=overwrite`.
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

/// The names of the files in `folder` with `extension`, without it.
fn stems(folder: &str, extension: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
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

#[test]
fn the_suite_has_its_size() {
    assert!(stems("refused", "rs").len() >= 30);
    assert!(stems("accepted", "rs").len() >= 15);
}
