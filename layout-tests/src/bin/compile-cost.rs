//! What `#[derive(ShmSafe)]` costs: `cargo check` of 1,000 state types with three std derives, against the
//! same crate with the derive besides. And a root of 2,000 types must compile with all warnings denied.
//!
//! ```text
//! cargo run --release -p layout-tests --bin compile-cost [-- ROUNDS]
//! ```
//!
//! Rounds alternate between the crates, so that a busy machine hits all of them; medians are compared.
//! Processor time decides: elapsed time is told too, but other jobs on the machine are in it.
#![forbid(unsafe_code)]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use layout_tests::workshop::{self, Workshop};

const TYPES: usize = 1_000;
const ROUNDS: usize = 5;
const EXTRA_MS_MAX: f64 = 1.5;
const STD: &str = "Debug, Clone, PartialEq";

fn main() -> ExitCode {
    let rounds = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(ROUNDS);
    match measure(rounds) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

/// One of the crates that are compared.
struct Contender {
    name: &'static str,
    package: PathBuf,
    wall: Vec<Duration>,
    processor: Vec<Duration>,
}

fn measure(rounds: usize) -> Result<bool, String> {
    let shop = Workshop::new("compile-cost").map_err(|e| e.to_string())?;
    let target = shop.root().join("target");
    let mut contenders = Vec::new();
    for (name, derives) in [
        ("no-derives", String::new()),
        ("std-derives", format!("#[derive({STD})]")),
        ("std-and-shm-safe", format!("#[derive({STD}, ShmSafe)]")),
        ("shm-safe", "#[derive(ShmSafe)]".into()),
    ] {
        let source = types(TYPES, &derives, false);
        let package = shop.package(name, name, false, &source).map_err(|e| e.to_string())?;
        workshop::run(&mut workshop::cargo_in(None, &package, &target, ["check"]))?;
        contenders.push(Contender { name, package, wall: Vec::new(), processor: Vec::new() });
    }
    for _ in 0..rounds {
        for contender in &mut contenders {
            let (wall, processor) = check_again(&contender.package, &target)?;
            contender.wall.push(wall);
            contender.processor.push(processor);
        }
    }
    for c in &mut contenders {
        let (wall, processor) = (median(&mut c.wall), median(&mut c.processor));
        println!("{:18} {:7.0} ms elapsed {:7.0} ms processor", c.name, ms(wall), ms(processor));
    }
    let per_type = |of: fn(&mut Contender) -> &mut Vec<Duration>, contenders: &mut [Contender]| {
        let [_, std, both, _] = contenders else { return f64::NAN };
        (ms(median(of(both))) - ms(median(of(std)))) / TYPES as f64
    };
    let wall = per_type(|c| &mut c.wall, &mut contenders);
    let extra = per_type(|c| &mut c.processor, &mut contenders);
    let root_ms = large_root(&shop, &target)?;
    println!("root of 2,000 types: builds with warnings denied in {root_ms:.0} ms elapsed");
    let good = extra <= EXTRA_MS_MAX;
    println!(
        "types={TYPES} rounds={rounds} extra_ms_per_type={extra:.2} elapsed_ms_per_type={wall:.2} \
         goal={EXTRA_MS_MAX:.2} {}",
        if good { "ok" } else { "MISSED" }
    );
    Ok(good)
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Checks a package whose source counts as changed.
fn check_again(package: &Path, target: &Path) -> Result<(Duration, Duration), String> {
    let source = package.join("src/lib.rs");
    let text = std::fs::read(&source).map_err(|e| e.to_string())?;
    std::fs::write(&source, text).map_err(|e| e.to_string())?;
    let (start, used) = (Instant::now(), children_processor_time()?);
    let mut check = workshop::cargo_in(None, package, target, ["check", "--quiet"]);
    // Incremental reuse would hide the cost of an unchanged source.
    workshop::run(check.env("CARGO_INCREMENTAL", "0"))?;
    Ok((start.elapsed(), children_processor_time()?.saturating_sub(used)))
}

/// Processor time of all children that were waited for, in the kernel's ticks of 10 ms.
fn children_processor_time() -> Result<Duration, String> {
    let stat = std::fs::read_to_string("/proc/self/stat").map_err(|e| e.to_string())?;
    let after_name = stat.rsplit_once(") ").map(|(_, rest)| rest).unwrap_or_default();
    let ticks: u64 = after_name.split(' ').skip(13).take(2).filter_map(|n| n.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(ticks * 10))
}

/// A root that reaches 2,000 types besides the numbers: its record and hashes are made in a `const`.
fn large_root(shop: &Workshop, target: &Path) -> Result<f64, String> {
    let source = types(2_000, "#[derive(ShmSafe)]", true);
    let package = shop.package("large-root", "large-root", false, &source).map_err(|e| e.to_string())?;
    let start = Instant::now();
    workshop::run(&mut workshop::cargo_in(None, &package, target, ["build"]))?;
    Ok(ms(start.elapsed()))
}

/// A crate of `count` state types: of five, four are structs of seven fields and one is an enum.
fn types(count: usize, derives: &str, root: bool) -> String {
    let mut out = String::from(
        "//! Generated.\n#![deny(warnings)]\n#![forbid(unsafe_code)]\n#![allow(missing_docs, unused_imports, dead_code)]\n\
         use resume_core::{ShmDuration, ShmInstant, ShmOption, ShmSafe};\n",
    );
    for i in 0..count {
        let text = match i % 5 {
            4 => format!(
                "{derives}\n#[repr(C, u8)]\npub enum T{i} {{ Idle, Moving {{ x: i64, y: i64, speed: u32 }}, \
                 Casting(u16, ShmInstant), Holding(T{}), Dead = 9 }}\n",
                i - 1
            ),
            // A struct refers to a few before it, so that the graph has some depth.
            _ => {
                let part = |back: usize| {
                    i.checked_sub(back).map_or("u64".into(), |at| format!("T{}", at / 5 * 5 % 50))
                };
                format!(
                    "{derives}\n#[repr(C)]\npub struct T{i} {{ pub id: u64, pub at: [i32; {}], pub until: ShmInstant, \
                     pub every: ShmDuration, pub owner: ShmOption<u32>, pub part: {}, pub alive: bool }}\n",
                    1 + i % 7,
                    if i < 50 { "u64".into() } else { part(50) },
                )
            }
        };
        out.push_str(&text);
    }
    if root {
        out.push_str("#[derive(ShmSafe)]\n#[repr(C)]\npub struct Root {\n");
        for i in 0..count {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "    pub f{i}: T{i},");
        }
        out.push_str("}\nresume_core::root!(Root);\n");
    }
    out
}
