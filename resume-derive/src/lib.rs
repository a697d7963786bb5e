//! `#[derive(ShmSafe)]`: the way in for user types.
//!
//! A pipeline by file, each stage knowing only those before it:
//!
//! ```text
//! input (tokens) ─► ast (what was written) ─► attr (#[repr], #[shm]) ─► validate (all errors at once)
//!                                   ├─ no error ─► expand   (the impl)
//!                                   └─ errors   ─► fallback (the errors, and an impl so that nothing cascades)
//! ```
//!
//! `base` is the part of `validate` and `expand` that is about `#[shm(default)]`; `runtime` is the path that generated
//! code begins with.
//!
//! The macro judges syntax only. Whether a field's type is allowed is decided by the type system, in the
//! generated impl, so that aliases, generics and re-exports cannot fool it and a user type that is called
//! `Box` or `Vec` is not refused for its name.
#![forbid(unsafe_code)]

mod ast;
mod attr;
mod base;
mod expand;
mod fallback;
mod input;
mod runtime;
mod validate;

use proc_macro2::TokenStream;

/// Derives `ShmSafe` for a struct or an enum of guaranteed layout.
///
/// Representations: `repr(C)` (also with `align(N)`) and `repr(transparent)` structs; enums with an integer
/// representation, `repr(C)` or `repr(C, u8)`…
///
/// On the type:
/// - `#[shm(id = "…")]`: the stable name, where it is not the type's own.
/// - `#[shm(renamed_from = "…")]`: the name before, so that a comparison of layouts knows the type again.
/// - `#[shm(crate = "…")]`: the path of `resume_core`, where it is not `::resume_core`.
///
/// On a field:
/// - `#[shm(allow_usize)]`: a `usize` or `isize` that is a count or an index, never an address.
/// - `#[shm(renamed_from = "…")]`: the name before, so that a comparison of layouts knows the field again.
/// - `#[shm(reserved)]`: numbers that are space for later fields.
/// - `#[shm(transient)]`: bound again by the resume hook; each resume puts it into its base state first.
/// - `#[shm(default = CONST)]`: its base state, what it is in a fresh segment, where that is not zero;
///   `#[shm(default)]` alone takes what `Default` says.
///
/// On a variant:
/// - `#[shm(default)]`: the base state of an enum that has no variant with number 0.
#[proc_macro_derive(ShmSafe, attributes(shm))]
pub fn derive_shm_safe(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    match input::Input::read(input.into()) {
        Ok(input) => derive(&input).into(),
        Err(error) => error.into_compile_error().into(),
    }
}

fn derive(input: &input::Input) -> TokenStream {
    let mut errors = attr::Errors::default();
    let model = ast::Model::of(input, &mut errors);
    validate::validate(&model, &mut errors);
    match errors.into_error() {
        None => expand::expand(&model),
        Some(error) => fallback::fallback(&model, &error),
    }
}
