//! What syntax alone can refuse: representations, lifetimes, unions, bare addresses and code.
//!
//! Each refusal says what to write instead. Types behind a name are not judged here; see `expand`.

use proc_macro2::Span;
use syn::GenericParam;

use crate::ast::{Body, Field, Model};
use crate::attr::Errors;
use crate::input::refused_syntax;

/// Collects every syntactic refusal of `model`.
pub(crate) fn validate(model: &Model<'_>, errors: &mut Errors) {
    generics(model, errors);
    crate::base::validate(model, errors);
    match &model.body {
        Body::Struct(fields) => {
            struct_repr(model, errors);
            fields.iter().for_each(|f| field(model, f, errors));
        }
        Body::Enum(variants) => {
            enum_repr(model, errors);
            if variants.is_empty() {
                errors.at(
                    model.ident.span(),
                    format_args!("ShmSafe: `{}` has no variants, so no bytes are a valid value", model.ident),
                );
            }
            variants.iter().flat_map(|v| &v.fields).for_each(|f| field(model, f, errors));
        }
        Body::Union(keyword) => errors.at(
            *keyword,
            format_args!(
                "ShmSafe: `{}` is a union: nothing in its bytes says which field is valid after a resume; \
                 use an enum with `#[repr(C, u8)]`",
                model.ident
            ),
        ),
    }
}

fn generics(model: &Model<'_>, errors: &mut Errors) {
    for param in &model.generics.params {
        if let GenericParam::Lifetime(lifetime) = param {
            errors.at(
                lifetime.lifetime.span(),
                format_args!(
                    "ShmSafe: `{}` borrows for `{}`, and no borrow outlives the process; \
                     keep a `Handle<T>` or a key, and look it up at use",
                    model.ident, lifetime.lifetime
                ),
            );
        }
    }
}

fn packed(model: &Model<'_>, errors: &mut Errors) {
    if let Some(span) = model.repr.packed {
        errors.at(
            span,
            format_args!(
                "ShmSafe: `{}` is packed: an unaligned field cannot be committed with one store; \
                 use `#[repr(C)]` and order the fields by falling alignment",
                model.ident
            ),
        );
    }
}

fn struct_repr(model: &Model<'_>, errors: &mut Errors) {
    packed(model, errors);
    let repr = &model.repr;
    if repr.c.is_none() && repr.transparent.is_none() {
        let span = repr.other.as_ref().map_or(model.ident.span(), |o| o.span());
        errors.at(
            span,
            format_args!(
                "ShmSafe: the layout of `{}` is not specified, so the next build may choose another; \
                 add `#[repr(C)]` (or `#[repr(transparent)]` to a wrapper of one field)",
                model.ident
            ),
        );
    }
}

fn enum_repr(model: &Model<'_>, errors: &mut Errors) {
    packed(model, errors);
    let repr = &model.repr;
    let name = model.ident;
    if let Some((_, span)) = repr.align {
        errors.at(
            span,
            format_args!("ShmSafe: `align` on the enum `{name}`: put it on a `#[repr(C)]` struct around it"),
        );
    }
    match &repr.int {
        Some(int) if int.prim().is_none() => errors.at(
            int.ident.span(),
            format_args!(
                "ShmSafe: the tag of `{name}` is a `{}`, whose width is not fixed; \
                 use `u8` to `u64` or `i8` to `i64`",
                int.ident
            ),
        ),
        None if repr.c.is_none() => errors.at(
            repr.transparent.unwrap_or(name.span()),
            format_args!(
                "ShmSafe: the layout of the enum `{name}` is not specified, so the next build may choose another; \
                 add `#[repr(u8)]` (or `#[repr(C, u8)]` if it carries data)"
            ),
        ),
        _ => {}
    }
}

fn field(model: &Model<'_>, field: &Field<'_>, errors: &mut Errors) {
    if let Some(why) = refused_syntax(field.ty) {
        let (owner, name) = (model.ident, &field.name);
        errors.at(field.span, format_args!("ShmSafe: field `{name}` of `{owner}` {why}"));
    }
}

/// The tokens of generated code: placed at `span` for messages, and resolved so that they can neither
/// see nor be seen by the user's local names. Lints take code with this span for a macro's.
pub(crate) fn at(span: Span) -> Span {
    span.resolved_at(Span::mixed_site())
}
