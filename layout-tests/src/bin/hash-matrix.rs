//! Identity over every installed toolchain, optimisation level and layout seed, `resume-core` rebuilt for
//! each. Takes minutes; leave the sources alone meanwhile.
//!
//! ```text
//! cargo run --release -p layout-tests --bin hash-matrix            # all builds
//! cargo run --release -p layout-tests --bin hash-matrix -- seed=2  # those whose line has this in it
//! ```
#![forbid(unsafe_code)]

use std::process::{Command, ExitCode};

use layout_tests::identity::{Build, printed, program};
use layout_tests::workshop::Workshop;

fn main() -> ExitCode {
    match matrix() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// How many builds differ.
fn matrix() -> Result<usize, String> {
    let list =
        Command::new("rustup").args(["toolchain", "list", "--quiet"]).output().map_err(|e| e.to_string())?;
    let list = String::from_utf8_lossy(&list.stdout).into_owned();
    let only = std::env::args().nth(1).unwrap_or_default();
    let (mut builds, mut different) = (0, 0);
    let root = layout_tests::state_root();
    let expected = format!("{:032x} {:032x}", root.layout, root.schema);
    for toolchain in list.lines().filter_map(|line| line.split_whitespace().next()) {
        let mut settings = vec!["-Copt-level=0", "-Copt-level=3", "-Copt-level=s"];
        if toolchain.starts_with("nightly") {
            settings.extend([
                "-Zrandomize-layout -Zlayout-seed=1",
                "-Zrandomize-layout -Zlayout-seed=2 -Copt-level=3",
                "-Zrandomize-layout -Zlayout-seed=3",
            ]);
        }
        settings.retain(|all| format!("{toolchain} {all}").contains(&only));
        for all in settings {
            let shop = Workshop::new("hash-matrix").map_err(|e| e.to_string())?;
            let package = program(&shop, "state", "state", "game")?;
            let build = Build { toolchain: Some(toolchain), all, own: &[] };
            let text = printed(&build, &package, &shop.root().join("target"))?;
            let same = text.starts_with(&expected);
            builds += 1;
            different += usize::from(!same);
            println!("{} {toolchain} {all}", if same { "equal    " } else { "DIFFERENT" });
        }
    }
    println!("builds={builds} different={different}");
    match builds {
        0 => Err(format!("expected a build with `{only}` in its line, found none")),
        _ => Ok(different),
    }
}
