//! A scene server whose state survives SIGKILL: the worked example of the toolkit.
//!
//! Read [`state`], then [`logic::events`], then [`server`]. [`crash_demo`] kills the server under the load
//! of [`bot`]s that keep their own books, and compares.
//!
//! ```text
//! client -TCP-> reader thread -> inbox -> [ logic thread: event queue -> handler in a transaction ] -> writer thread
//!                                          owns the segment; nothing else touches the state
//! ```
#![forbid(unsafe_code)]

pub mod bot;
pub mod crash_demo;
pub mod fields;
pub mod logic;
pub mod protocol;
pub mod random;
pub mod server;
pub mod state;
pub mod wire;
