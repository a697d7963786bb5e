//! Kills a server under load, again and again, and compares what clients were told with what is there.
//!
//! ```text
//! start server, start bot processes
//! K times:   let them play for a random time -> SIGKILL -> start the next server on the same segment
//!            (now and then that one is killed while it comes up, and another one started)
//!            -> bots reconnect, repeat what is open, compare their books -> count the world
//! once:      a bot casts the skill with the planted bug; the server crashes by itself
//! finish:    bots settle and compare a last time -> table, checks, last line -> nothing is left behind
//! ```

use std::io::{self, Write};
use std::process::ExitCode;

mod census;
mod child;
mod demo;
mod report;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::server::Sabotage;
use demo::Demo;
pub use demo::DemoError;

/// What `crash-demo` is told.
#[derive(clap::Args, Debug, Clone)]
pub struct Args {
    /// How often the server is killed
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub kills: u64,
    /// How many bots play
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u64).range(2..=1_000))]
    pub bots: u64,
    /// Draws the bots' doings and the moments of death; another one each time unless told
    #[arg(long)]
    pub seed: Option<u64>,
    /// Name of the shared-memory object; one for this run unless told
    #[arg(long)]
    pub segment: Option<String>,
    /// Break a promise of the server, to see this demo notice
    #[arg(long, hide = true)]
    pub sabotage: Option<Sabotage>,
}

/// Runs the demo. Fails if it found anything, or was interrupted; everything is cleaned up in any case.
///
/// # Errors
/// The system refuses something, a deadline has passed, or the user interrupted.
pub fn run(args: &Args) -> Result<ExitCode, DemoError> {
    let interrupted = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&interrupted))?;
    }
    let mut demo = Demo::new(args, interrupted);
    let played = demo.play();
    let cleaned = demo.clean_up();
    let (conclusion, faultless) = demo.conclude();
    if !matches!(played, Err(DemoError::Interrupted)) {
        io::stdout().write_all(conclusion.as_bytes())?;
    }
    played?;
    cleaned?;
    Ok(if faultless { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
