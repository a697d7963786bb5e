//! `cargo resume`: the gate of a resume-safe project.
//!
//! `layout` and `diff` show what state looks like and what changed ([`layout_cmd`]).

#![forbid(unsafe_code)]

mod layout_cmd;

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
    /// Print the layout of a root: of an executable (without running it), a saved layout or a live segment
    Layout(layout_cmd::LayoutArgs),
    /// Print what changed between two layouts; the exit status says what it means for live state
    Diff(layout_cmd::DiffArgs),
}

fn main() -> ExitCode {
    let Cargo { resume: Resume::Resume { command } } = Cargo::parse();
    match command {
        Cmd::Layout(args) => layout_cmd::run_layout(&args),
        Cmd::Diff(args) => layout_cmd::run_diff(&args),
    }
}
