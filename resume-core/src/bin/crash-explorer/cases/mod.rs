//! The subjects: every container with its start states, operations and contents.
//!
//! Elements are wider than a machine word and carry a redundant word, so that a torn one shows.

mod bit_set;
pub(crate) mod heap;
mod list;
mod map;
mod ordered;
mod pool;
mod queue;
mod ring;
mod set;
mod string;
mod timers;
mod transaction;
mod transaction_linked;
mod vec;
mod versioned;
mod words;
mod wrapping;

use core::fmt;

use resume_core::ShmSafe;

use crate::explore::Case;

/// All cases of all containers.
pub(crate) fn all() -> Vec<Case> {
    let groups = [
        vec::cases(),
        string::cases(),
        map::cases(),
        set::cases(),
        list::cases(),
        ordered::cases(),
        timers::cases(),
        ring::cases(),
        bit_set::cases(),
        versioned::cases(),
        pool::cases(),
        heap::cases(),
        queue::cases(),
        transaction::cases(),
        transaction_linked::cases(),
        wrapping::cases(),
    ];
    groups.into_iter().flatten().collect()
}

/// An element of 24 bytes; `echo` tells whether all of it is there.
#[derive(ShmSafe, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(C)]
pub(crate) struct Item {
    value: u64,
    middle: u64,
    echo: u64,
}

impl Item {
    pub(crate) const fn new(value: u64) -> Self {
        Self { value, middle: !value, echo: value.rotate_left(32) ^ 0x5bd1_e995 }
    }
}

impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::new(self.value) {
            write!(f, "{}", self.value)
        } else {
            write!(f, "TORN({:#x}, {:#x}, {:#x})", self.value, self.middle, self.echo)
        }
    }
}

/// `Err(what)` unless `holds`.
pub(crate) fn expect(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}
