//! The server process: one logic thread that owns the state, threads around it for the sockets.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use resume_core::ShmInstant;
use resume_core::root::{Opened, Options};
use resume_core::segment::OpenError;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

mod net;
mod ready;
mod root;

pub use net::Net;
pub use ready::Ready;
pub use root::Env;

use crate::logic::Rules;
use crate::state::SceneServer;

/// The longest time between two ticks; a command that arrives starts one at once.
const TICK: Duration = Duration::from_millis(1);
/// Where the parent tells the clock at which it started this process; see [`Ready::first_tick_us`].
pub const SPAWNED_AT: &str = "SCENE_SERVER_SPAWNED_AT_NS";

/// What `serve` is told.
#[derive(clap::Args, Debug, Clone)]
pub struct Args {
    /// Name of the shared-memory object that holds the state
    #[arg(long, default_value = "/scene-server")]
    pub segment: String,
    /// TCP port on 127.0.0.1; 0 takes a free one and tells which
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Stop when stdin closes, and leave no state behind
    #[arg(long)]
    pub ephemeral: bool,
    /// Break a promise, so that a test can see the crash demo notice
    #[arg(long, hide = true)]
    pub sabotage: Option<Sabotage>,
}

/// A promise that is not kept.
#[derive(clap::ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sabotage {
    /// Commands are acknowledged when they arrive, not when they are committed.
    AcknowledgeEarly,
    /// A command that comes again is handled again.
    NoDedupe,
}

/// Why the server cannot serve.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The state cannot be had.
    #[error("the state in {name}: {source}")]
    State {
        /// The segment.
        name: String,
        /// What is wrong with it.
        source: OpenError,
    },
    /// The system refuses something else.
    #[error("cannot {what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

/// Serves until SIGINT or SIGTERM, or until stdin closes if the state is ephemeral.
///
/// # Errors
/// The state is refused, or the system is out of something.
pub fn serve(args: &Args) -> Result<(), ServeError> {
    let system = |what| move |source| ServeError::System { what, source };
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register(signal, Arc::clone(&stop)).map_err(system("watch for signals"))?;
    }
    if args.ephemeral {
        stop_when_stdin_closes(Arc::clone(&stop)).map_err(system("start a thread"))?;
    }
    let (inbox, net) = Net::new(args.sabotage == Some(Sabotage::AcknowledgeEarly));
    let rules = Rules { dedupe: args.sabotage != Some(Sabotage::NoDedupe), ..Rules::default() };
    let mut env = Env { rules, net };

    let state = |source| ServeError::State { name: args.segment.clone(), source };
    let Opened { mut live, outcome, .. } =
        Options::new(&args.segment).open_or_create::<SceneServer>(&mut env).map_err(state)?;
    live.tick(&mut env);
    let first_tick = ShmInstant::now();

    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port)).map_err(system("bind the port"))?;
    let port = listener.local_addr().map_err(system("tell the port"))?.port();
    net::accept(listener, inbox).map_err(system("start a thread"))?;
    let ready = Ready::new(port, &outcome, first_tick);
    writeln!(io::stdout(), "{ready}").map_err(system("write to stdout"))?;

    while !stop.load(Ordering::Relaxed) {
        env.net.wait(TICK);
        live.tick(&mut env);
    }
    if args.ephemeral {
        return live.remove().map_err(state);
    }
    live.stop();
    Ok(())
}

fn stop_when_stdin_closes(stop: Arc<AtomicBool>) -> io::Result<()> {
    let watch = move || {
        let mut ignored = [0; 64];
        while io::stdin().read(&mut ignored).is_ok_and(|read| read > 0) {}
        stop.store(true, Ordering::Relaxed);
    };
    thread::Builder::new().name("stdin".into()).spawn(watch).map(drop)
}
