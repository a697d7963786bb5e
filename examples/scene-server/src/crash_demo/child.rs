//! Child processes of the demo: their lines, their end, and that they never outlive it.
//!
//! A child's stdin is held open by this process alone. When this process dies, however it dies, the pipe
//! closes and the child ends by itself. In their own process group, children do not see a Ctrl-C that is
//! meant for the demo.

use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// How long a child may take to end after its stdin closed.
const END_PATIENCE: Duration = Duration::from_secs(5);

/// Who said a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    /// The server of that life.
    Server(u64),
    /// That bot process.
    Crew(usize),
}

/// A line, or the end of all lines.
pub(super) type Said = (Speaker, Option<String>);

/// A running child; dropping it kills it.
pub(super) struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
}

impl Process {
    /// Starts this program again with other arguments; its lines go to `said`.
    ///
    /// # Errors
    /// The system does not start it.
    pub(super) fn start(
        speaker: Speaker,
        arguments: &[String],
        environment: &[(&str, String)],
        said: Sender<Said>,
    ) -> io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(arguments).envs(environment.iter().map(|(key, value)| (key, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
        let mut child = command.spawn()?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let process = Self { child, stdin };
        let listen = move || {
            for line in stdout.into_iter().flat_map(|out| BufReader::new(out).lines()).map_while(Result::ok) {
                if said.send((speaker, Some(line))).is_err() {
                    return;
                }
            }
            let _ = said.send((speaker, None));
        };
        thread::Builder::new().spawn(listen)?;
        Ok(process)
    }

    /// Gives the child an order.
    ///
    /// # Errors
    /// It does not listen any more.
    pub(super) fn order(&mut self, order: std::fmt::Arguments<'_>) -> io::Result<()> {
        let stdin = self.stdin.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        writeln!(stdin, "{order}")
    }

    /// Sends SIGKILL, and waits for the end: what it was.
    ///
    /// # Errors
    /// The system does not let it.
    pub(super) fn kill(&mut self) -> io::Result<ExitStatus> {
        // Not `Child::kill`: that is silent about a child that had ended before.
        if let Some(pid) = Pid::from_raw(self.child.id() as i32) {
            kill_process(pid, Signal::KILL)?;
        }
        self.child.wait()
    }

    /// How the child ended, if it has.
    ///
    /// # Errors
    /// The system does not tell.
    pub(super) fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Closes stdin and waits for the child to end by itself.
    ///
    /// # Errors
    /// It does not.
    pub(super) fn finish(mut self) -> io::Result<ExitStatus> {
        self.stdin = None;
        let deadline = Instant::now() + END_PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            thread::sleep(Duration::from_millis(2));
        }
        Err(io::Error::new(io::ErrorKind::TimedOut, "a child did not end after its stdin was closed"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both do nothing to a child whose end was waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a process ended, in words.
pub(super) fn end_in_words(status: ExitStatus) -> String {
    match status.signal() {
        Some(9) => "SIGKILL".to_owned(),
        Some(6) => "SIGABRT".to_owned(),
        Some(11) => "SIGSEGV".to_owned(),
        Some(signal) => format!("signal {signal}"),
        None => status.to_string(),
    }
}
