//! Types that the derive accepts, written by trying to break it.
//!
//! One file a theme, each with a `types` that lists what it declares. They compile with the crate, so the
//! build itself is the test that they are accepted.

#![allow(
    clippy::non_minimal_cfg,
    clippy::large_enum_variant,
    clippy::upper_case_acronyms,
    clippy::enum_variant_names,
    reason = "types nobody would write are the point"
)]

use resume_core::ShmSafe;
use resume_core::layout::TypeDesc;

/// Lists types with the names that debug information gives them.
macro_rules! entries {
    ($($ty:ty),* $(,)?) => { vec![$($crate::accepted::entry::<$ty>()),*] };
}

mod allowlist;
mod base;
mod enums;
mod generics;
mod heap;
mod hygiene;
mod macros;
mod names;
mod shapes;
mod syntax;
mod values;

/// The Rust path of a type, with its generic arguments, and its descriptor.
pub type Entry = (&'static str, &'static TypeDesc);

/// Not inlined: its instance keeps the type in the debug information.
#[inline(never)]
fn entry<T: ShmSafe>() -> Entry {
    (core::any::type_name::<T>(), T::DESC)
}

/// Every accepted type.
pub fn all() -> Vec<Entry> {
    [
        allowlist::types(),
        base::types(),
        enums::types(),
        generics::types(),
        heap::types(),
        hygiene::types(),
        macros::types(),
        names::types(),
        shapes::types(),
        syntax::types(),
        values::types(),
    ]
    .concat()
}
