//! What the lints know of `resume-core`: names, in one place, so that a rename there is one line here.
//!
//! A type is recognised by its crate and its last path segment: rustc prints the shortest visible path, so the same
//! type may print as `resume_core::pool::Reserved` or as `resume_core::Reserved`. Re-exports from a user's crate are
//! resolved before these tables are asked ([`crate::program`]).

/// The runtime crate.
pub(crate) const CRATE: &str = "resume_core";

/// The trait and the derive that make a type state.
pub(crate) const STATE_TRAIT: &str = "ShmSafe";

/// What constants of derived code call with the type that derives as their first argument: for a place of a struct, to
/// state where its fields are, and for the variants of an enum.
pub(crate) const STATE_WITNESSES: &[&str] = &["nowhere", "variants"];

/// Types that own a shared-memory resource on the stack.
pub(crate) const OWNERS: &[&str] = &["Reserved"];

/// A queue-like container: methods that show an element without marking it, and methods that mark.
#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) ty: &'static str,
    pub(crate) reads: &'static [&'static str],
    /// Reads that show the head only when their index is zero.
    pub(crate) reads_at: &'static [&'static str],
    pub(crate) marks: &'static [&'static str],
    /// Marks that take the head only when their index is zero.
    pub(crate) marks_at: &'static [&'static str],
}

/// Containers that hand out work in order.
pub(crate) const QUEUES: &[Queue] = &[
    Queue {
        ty: "EventQueue",
        reads: &["peek", "peek_mut", "iter", "front", "first", "next_event", "pending"],
        reads_at: &["get"],
        marks: &["begin", "skip"],
        marks_at: &[],
    },
    Queue {
        ty: "StaticVec",
        reads: &["first", "first_mut"],
        reads_at: &["get", "get_mut"],
        marks: &[],
        marks_at: &["remove"],
    },
    Queue {
        ty: "StaticList",
        reads: &["front", "front_mut", "first", "peek"],
        reads_at: &["get"],
        marks: &["pop_front", "pop_first"],
        marks_at: &["remove"],
    },
    Queue {
        ty: "Ring",
        reads: &["front", "front_mut", "first", "peek"],
        reads_at: &["get"],
        marks: &["pop_front", "pop"],
        marks_at: &["remove"],
    },
];

/// Methods that store a value in a container, in a reserved slot, in a cell or in an atomic.
pub(crate) const STORES: &[&str] = &[
    "push",
    "push_back",
    "push_front",
    "insert",
    "set",
    "replace",
    "commit",
    "store",
    "swap",
    "write",
    "fill",
    "extend_from_slice",
    "get_or_insert",
    "try_push",
    "try_insert",
    "fetch_add",
    "compare_exchange",
    "init",
];
