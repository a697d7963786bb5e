//! Values of specified layout for the std types whose layout is not.
//!
//! | instead of | use |
//! |---|---|
//! | `Option<T>`, `Result<T, E>` | [`ShmOption`], [`ShmResult`] |
//! | `(A, B)`, `(A, B, C)` | [`ShmPair`], [`ShmTriple`] |
//! | `a..b`, `a..=b` | [`ShmRange`], [`ShmRangeInclusive`] |
//! | `Duration`, `Instant` | [`ShmDuration`], [`ShmInstant`] |
//! | `Ipv4Addr`, `Ipv6Addr`, `IpAddr`, `SocketAddr` | [`ShmIpv4`], [`ShmIpv6`], [`ShmIpAddr`], [`ShmSocketAddr`] |
//! | an id of 128 bits, a UUID | [`Id128`] |
//!
//! All derive [`ShmSafe`](crate::ShmSafe) as any user type does, convert from and to their std counterpart,
//! and have the traits that it has. With the feature `serde` they are written and read as it is.

mod id;
mod net;
mod option;
mod range;
mod result;
#[cfg(feature = "serde")]
mod serde;
mod time;
mod tuple;

pub use id::{Id128, ParseIdError};
pub use net::{ShmIpAddr, ShmIpv4, ShmIpv6, ShmSocketAddr};
pub use option::ShmOption;
pub use range::{ShmRange, ShmRangeInclusive};
pub use result::ShmResult;
pub use time::{ShmDuration, ShmInstant};
pub use tuple::{ShmPair, ShmTriple};

/// Compiles the examples of the page about state types.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/STATE.md")]
struct Page;
