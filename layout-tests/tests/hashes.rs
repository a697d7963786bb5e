//! What must not change the identity: where, by whom and how a state is compiled.
//!
//! `cargo run --release -p layout-tests --bin hash-matrix` tries every installed toolchain and setting.
#![forbid(unsafe_code)]

use layout_tests::identity::{Build, printed, program};
use layout_tests::workshop::{self, Workshop};

fn shop() -> Workshop {
    Workshop::new("layout-hashes").unwrap_or_else(|error| panic!("{error}"))
}

fn print(shop: &Workshop, build: &Build<'_>, names: [&str; 3]) -> String {
    let [folder, name, module] = names;
    let target = shop.root().join("target");
    let text = program(shop, folder, name, module).and_then(|package| printed(build, &package, &target));
    text.unwrap_or_else(|error| panic!("{build:?}: {error}"))
}

/// The hashes of the state in this very build.
fn here() -> String {
    let root = layout_tests::state_root();
    format!("{:032x} {:032x}", root.layout, root.schema)
}

#[test]
fn folder_crate_module_and_optimisation_do_not_matter() {
    let shop = shop();
    let first = print(&shop, &Build::default(), ["one", "first", "game"]);
    let build = Build { own: &["-Copt-level=3"], ..Build::default() };
    let second = print(&shop, &build, ["two/below/it", "second", "elsewhere"]);
    assert!(first.starts_with(&here()), "this build: {}\nanother: {:.65}", here(), first);
    assert!(first.len() > 4_000, "a record of {} digits", first.len());
    assert_eq!(first, second);
}

#[test]
fn nightly_and_its_random_layouts_do_not_matter() {
    if workshop::installed("nightly") != Some(true) {
        println!("no nightly toolchain is installed: its hashes are not compared");
        return;
    }
    let shop = shop();
    let build = Build { toolchain: Some("nightly"), all: "-Zrandomize-layout -Zlayout-seed=1", own: &[] };
    let first = print(&shop, &build, ["one", "first", "game"]);
    assert!(first.starts_with(&here()), "this build: {}\nnightly: {:.65}", here(), first);
    let other = Build { own: &["-Zlayout-seed=77", "-Copt-level=3"], ..build };
    assert_eq!(first, print(&shop, &other, ["two", "second", "elsewhere"]));
}
