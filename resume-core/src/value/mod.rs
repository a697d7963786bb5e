//! Values of specified layout for the std types whose layout is not: [`ShmOption`], [`ShmInstant`],
//! [`ShmDuration`].
//!
//! All derive [`ShmSafe`](crate::ShmSafe) as any user type does, convert from and to their std counterpart,
//! and have zero as their empty value.

mod option;
mod time;

pub use option::ShmOption;
pub use time::{ShmDuration, ShmInstant};
