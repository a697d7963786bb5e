//! What bots found, as numbers that add up.

use std::fmt;

use crate::fields::Line;

macro_rules! tally {
    ($($(#[$doc:meta])* $name:ident by $join:ident,)*) => {
        /// What was found so far, since the first connection.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct Tally {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl Tally {
            /// Both together.
            #[must_use]
            pub fn plus(self, other: Self) -> Self {
                Self { $($name: u64::$join(self.$name, other.$name),)* }
            }

            /// Reads what `Display` writes, after any word.
            pub fn parse(line: &Line<'_>) -> Option<Self> {
                Some(Self { $($name: line.number(stringify!($name))?,)* })
            }
        }

        impl fmt::Display for Tally {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let pairs = [$((stringify!($name), self.$name)),*];
                for (i, (name, value)) in pairs.iter().enumerate() {
                    write!(f, "{}{name}={value}", if i == 0 { "" } else { " " })?;
                }
                Ok(())
            }
        }
    };
}

tally! {
    /// Commands acknowledged as applied.
    acked by wrapping_add,
    /// Commands that the rules refused.
    refused by wrapping_add,
    /// Commands that were set aside because the server died while handling them.
    quarantined by wrapping_add,
    /// Commands that hold the planted bug and were set aside.
    curses by wrapping_add,
    /// Acknowledged commands whose effect is not in the state.
    lost by wrapping_add,
    /// Effects beyond one for each acknowledged command.
    duplicated by wrapping_add,
    /// Other contradictions: effects of wrong content or order, verdicts that change.
    wrong by wrapping_add,
    /// Buffs that ended.
    expired by wrapping_add,
    /// Buffs that ended while no server was there, in the first tick of the next one.
    expired_while_down by wrapping_add,
    /// Buffs that ended early or late.
    mistimed by wrapping_add,
    /// The longest that a buff outlived its end while a server was there, in microseconds.
    late_us_max by max,
}
