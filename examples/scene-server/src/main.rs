//! The command line of the scene server.
#![forbid(unsafe_code)]

use std::error::Error;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use scene_server::{bot, crash_demo, server};

/// A scene server whose state survives SIGKILL.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves clients on a TCP port of this machine until Ctrl-C; the state stays for the next start.
    Serve(server::Args),
    /// Plays as several clients; takes orders on stdin, reports on stdout (see crash-demo).
    Bot(bot::Args),
    /// Kills a server under load, again and again, and shows that nothing is lost and nothing happens twice.
    CrashDemo(crash_demo::Args),
}

fn main() -> ExitCode {
    let done = run(&Cli::parse().command);
    done.unwrap_or_else(|error| {
        eprintln!("scene-server: {error}");
        ExitCode::FAILURE
    })
}

fn run(command: &Command) -> Result<ExitCode, Box<dyn Error>> {
    match command {
        Command::Serve(args) => server::serve(args)?,
        Command::Bot(args) => bot::play(args)?,
        Command::CrashDemo(args) => return Ok(crash_demo::run(args)?),
    }
    Ok(ExitCode::SUCCESS)
}
