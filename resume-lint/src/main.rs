//! `cargo resume`: the gate of a resume-safe project.
//!
//! * `lint` keeps the conventions that types cannot keep ([`lint_cmd`], [`lints`]).
//! * `layout` and `diff` show what state looks like and what changed ([`layout_cmd`]).
//! * `explain` prints a lint's page, or what a diff's reason means.
//!
//! Code map: [`mir`] and [`source`] read what rustc and the user wrote, [`program`] joins them, [`flow`] follows values
//! through a body, [`lints`] decide, [`report`] prints, [`facts`] carry what is known of a crate to the next one.

#![forbid(unsafe_code)]

mod analysis;
mod facts;
mod flow;
mod layout_cmd;
mod lint_cmd;
mod lints;
mod mir;
mod names;
mod program;
mod report;
mod runtime;
mod source;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// `cargo resume …` as cargo starts it: with `resume` as the first argument.
#[derive(Debug, Parser)]
#[command(name = "cargo", bin_name = "cargo")]
struct Cargo {
    #[command(subcommand)]
    resume: Resume,
}

#[derive(Debug, Subcommand)]
enum Resume {
    /// The gate of a resume-safe project
    #[command(version)]
    Resume {
        #[command(subcommand)]
        command: Cmd,
    },
}

#[derive(Debug, Subcommand)]
enum Cmd {
    /// Look for what would not survive a crash.
    ///
    /// Exit status: 0 clean, 1 findings, 2 the tool failed or was used wrongly, 3 not analysed.
    Lint(lint_cmd::Options),
    /// Print the layout of a root: of an executable (without running it), a saved layout or a live segment
    Layout(layout_cmd::LayoutArgs),
    /// Print what changed between two layouts; the exit status says what it means for live state
    Diff(layout_cmd::DiffArgs),
    /// Print the page of a lint, or what a reason in a diff means
    Explain {
        /// Its name; all are listed without one
        lint: Option<String>,
    },
}

fn main() -> ExitCode {
    if lint_cmd::is_wrapper() {
        return lint_cmd::run_wrapper();
    }
    let Cargo { resume: Resume::Resume { command } } = Cargo::parse();
    match command {
        Cmd::Lint(options) => lint_cmd::run(&options),
        Cmd::Layout(args) => layout_cmd::run_layout(&args),
        Cmd::Diff(args) => layout_cmd::run_diff(&args),
        Cmd::Explain { lint } => explain(lint.as_deref()),
    }
}

fn explain(name: Option<&str>) -> ExitCode {
    use std::io::Write;
    let name = name.map(|name| name.trim_start_matches(report::CODE_PREFIX));
    let lints = lints::LINTS.iter().map(|lint| format!("{} ({})\n", lint.name, lint.convention));
    let text = match name {
        None => lints.chain(layout_cmd::pages().map(|(name, of)| format!("{name} ({of})\n"))).collect(),
        Some(name) => {
            let page = lints::find(name).map(|lint| lints::page_of(lint.page));
            let Some(text) = page.or_else(|| layout_cmd::explain(name)) else {
                let known: Vec<&str> = lints::LINTS
                    .iter()
                    .map(|lint| lint.name)
                    .chain(layout_cmd::pages().map(|p| p.0))
                    .collect();
                eprintln!(
                    "error: `{name}` is neither a lint nor a reason in a diff; there are {}",
                    known.join(", ")
                );
                return ExitCode::from(2);
            };
            text
        }
    };
    // A closed pipe (`| head`) is no failure.
    let _ = std::io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}
