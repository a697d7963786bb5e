//! The line that a server prints when it serves.

use std::fmt;

use resume_core::ShmInstant;
use resume_core::root::Outcome;

use super::SPAWNED_AT;
use crate::fields::Line;
use crate::state::Handler;

/// How the server came up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    /// The TCP port.
    pub port: u16,
    /// `created`, `resumed-after-stop` or `resumed-after-crash`.
    pub outcome: String,
    /// The handler that was running when the process before died, and the number of its event.
    pub running: Option<(String, u64)>,
    /// Whether a half-done transaction was rolled back.
    pub rolled_back: bool,
    /// From before the parent's `spawn` to the end of the first tick, in microseconds of the boot clock:
    /// fork, exec, dynamic linking, all attach gates, recovery, the resume hook and one tick.
    pub first_tick_us: Option<u64>,
}

impl Ready {
    /// What to tell after the first tick.
    pub fn new(port: u16, outcome: &Outcome, first_tick: ShmInstant) -> Self {
        let spawned_at = std::env::var(SPAWNED_AT).ok().and_then(|ns| ns.parse::<u64>().ok());
        let (name, crash) = match outcome {
            Outcome::Created => ("created", None),
            Outcome::ResumedAfterStop { .. } => ("resumed-after-stop", None),
            Outcome::ResumedAfterCrash(crash) => ("resumed-after-crash", Some(crash)),
            _ => ("unknown", None),
        };
        let running = crash.and_then(|crash| crash.running.as_ref());
        Self {
            port,
            outcome: name.to_owned(),
            running: running.map(|running| (handler_name(running.handler), running.event)),
            rolled_back: crash.is_some_and(|crash| crash.rolled_back.entries > 0),
            first_tick_us: spawned_at.map(|then| first_tick.as_nanos().saturating_sub(then) / 1_000),
        }
    }

    /// Reads the line back.
    pub fn parse(text: &str) -> Option<Self> {
        let line = Line::parse(text);
        (line.word == "ready").then_some(())?;
        Some(Self {
            port: line.number("port")?.try_into().ok()?,
            outcome: line.text("outcome")?.to_owned(),
            running: line.text("handler").map(str::to_owned).zip(line.number("event")),
            rolled_back: line.number("rolled_back")? != 0,
            first_tick_us: line.number("first_tick_us"),
        })
    }
}

impl fmt::Display for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ready port={} outcome={}", self.port, self.outcome)?;
        write!(f, " rolled_back={}", u8::from(self.rolled_back))?;
        if let Some((handler, event)) = &self.running {
            write!(f, " handler={handler} event={event}")?;
        }
        if let Some(us) = self.first_tick_us {
            write!(f, " first_tick_us={us}")?;
        }
        Ok(())
    }
}

fn handler_name(number: u32) -> String {
    Handler::ALL.get(number as usize).map_or_else(|| number.to_string(), |handler| format!("{handler:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_reads_back() {
        let mut ready = Ready {
            port: 4711,
            outcome: "resumed-after-crash".into(),
            running: Some(("Cast".into(), 9)),
            rolled_back: true,
            first_tick_us: Some(812),
        };
        assert_eq!(Ready::parse(&ready.to_string()), Some(ready.clone()));
        (ready.running, ready.first_tick_us) = (None, None);
        assert_eq!(Ready::parse(&ready.to_string()), Some(ready));
        assert_eq!(Ready::parse("progress acked=3"), None);
    }
}
