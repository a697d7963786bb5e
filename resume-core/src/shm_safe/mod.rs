//! What may live in a segment: the [`ShmSafe`] allowlist.
//!
//! A type is in by an impl in `allow`, by a container of this crate, or by `#[derive(ShmSafe)]`; there
//! is no other way in. `refuse` holds the groups of types that people reach for and must not, each with
//! a message that names what to use instead.

use crate::layout::{Found, Ident, IdentArg, Stated, TypeDesc, describe};

mod allow;
pub(crate) mod refuse;

/// State that outlives its process: plain data, of fixed layout, without an address, code or drop glue.
///
/// Implement it with `#[derive(ShmSafe)]`. A hand-written impl is an exception to review (convention R18).
///
/// # Examples
/// ```
/// use resume_core::{ShmInstant, ShmOption, ShmSafe};
///
/// #[derive(ShmSafe)]
/// #[repr(C)]
/// struct Buff {
///     kind: u16,
///     expires: ShmInstant,
///     caster: ShmOption<u32>,
/// }
///
/// assert_eq!(Buff::DESC.size as usize, size_of::<Buff>());
/// assert!(Buff::DESC.zero_valid);
/// ```
///
/// What is not on the list does not compile:
/// ```compile_fail
/// #[derive(resume_core::ShmSafe)]
/// #[repr(C)]
/// struct Player {
///     name: String, // use `StaticString<N>`
/// }
/// ```
///
/// # Safety
/// The implementor promises, for every value and at any depth:
/// - [`DESC`](Self::DESC) states the type's true size, alignment, field offsets, tags and validity;
/// - the layout is guaranteed by the language (`repr(C)`, `repr(transparent)`, `repr(u8)`…), not chosen
///   anew by each compiler;
/// - no part is an address, code, or an index into something that dies with the process;
/// - the type has no drop glue;
/// - any bytes that pass the check of [`DESC`](Self::DESC) are a valid value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` may not live in shared memory: it is not `ShmSafe`",
    label = "not `ShmSafe`",
    note = "if `{Self}` is a type of yours, add `#[derive(ShmSafe)]` and `#[repr(C)]` (an enum: `#[repr(C, u8)]`) to it",
    note = "if it is a type of another crate, keep the key that finds its value, and look it up at use"
)]
pub unsafe trait ShmSafe: Sized + 'static {
    // What the derive states: the least that makes `ID` and `DESC`, for every `cargo check` pays for it.
    #[doc(hidden)]
    const NAME: &'static str = "";
    #[doc(hidden)]
    const ARGS: &'static [IdentArg] = &[];
    #[doc(hidden)]
    const FIELDS: Found = Found::NONE;
    #[doc(hidden)]
    const STATED: Stated = Stated::C { align: 1 };

    /// The stable name. A hand-written impl states it; the default is for the derive.
    const ID: &'static Ident = &Ident::new(Self::NAME, Self::ARGS);
    /// The layout and its two hashes. A hand-written impl states it; the default is for the derive.
    const DESC: &'static TypeDesc = &describe::<Self>();
}
