//! Events and what they do.

use resume_core::ShmSafe;
use resume_core::event::EventQueue;

#[derive(Clone, Copy, Debug, PartialEq, ShmSafe)]
#[repr(C)]
pub struct Event {
    pub kind: u64,
    pub amount: u64,
}

#[derive(Clone, Copy, ShmSafe)]
#[repr(C, u8)]
pub enum Command {
    Move { steps: u64 },
    Stop,
}

#[derive(ShmSafe)]
#[repr(C)]
pub struct World {
    pub score: u64,
    pub queue: EventQueue<Event, 8>,
    pub commands: EventQueue<Command, 8>,
}

impl World {
    /// Complex logic.
    pub fn apply(&mut self, event: &Event) {
        for _ in 0..event.amount {
            self.score += event.kind;
        }
    }

    /// Short, but it changes state.
    pub fn count(&mut self, event: &Event) {
        self.score += event.amount;
    }

    /// Marks the head.
    pub fn done(&mut self) {
        self.queue.skip();
    }
}

/// Complex logic.
pub fn handle(event: &Event) -> u64 {
    let mut sum = 0;
    for step in 0..event.amount {
        sum += step;
    }
    sum
}

/// Complex logic.
pub fn walk(steps: u64) -> u64 {
    (0..steps).map(|step| walk(step)).max().unwrap_or(0)
}

/// A simple leaf.
pub fn is_urgent(event: &Event) -> bool {
    event.kind > 3
}
