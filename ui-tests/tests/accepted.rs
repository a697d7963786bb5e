//! The accepted suite: what compiles with the library, described as the compiler laid it out.
use std::collections::{HashMap, HashSet};

use ui_tests::accepted;

#[test]
fn the_suite_has_its_size_and_names_each_type_once() {
    let all = accepted::all();
    let mut names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all.len());
    println!("{} accepted types", names.len());
    assert!(names.len() >= 180, "{}", names.len());
}

/// Types that differ in a hash but share a stable name could not be in one root; those that share a SCHEMA
/// hash without sharing a name would be taken for one another.
#[test]
fn types_with_one_identity_have_one_layout() {
    let mut by_schema = HashMap::new();
    for (name, desc) in accepted::all() {
        let known = by_schema.insert(desc.schema, (name, desc));
        if let Some((other, known)) = known {
            assert_eq!((known.id, known.layout), (desc.id, desc.layout), "{name} and {other}");
        }
    }
}

#[test]
fn stable_names_hold_the_arguments_and_no_path() {
    let ids: HashSet<String> = accepted::all().iter().map(|(_, desc)| desc.id.to_string()).collect();
    for id in [
        "Slots<u32, 8, 1>",
        "Letter<97>",
        "Numbers<-128, 18446744073709551615, -9223372036854775808>",
        "Pair<u8, Pair<u64, Pair<bool, u16>>>",
        "game.Player:v1<u8>",
        "struct<enum>",
        "twin.Reached",
    ] {
        assert!(ids.contains(id), "{id} is not among {ids:?}");
    }
}
