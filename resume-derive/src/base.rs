//! `#[shm(default)]`: what a fresh value is where zero is not it.
//!
//! The value of a field is given as an expression, which stands in a `const` block: it is evaluated by the compiler,
//! so creating a segment cannot fail half-way through user code, and no `return` in it gets past the write. Its type
//! is inferred from the field, as everywhere in [`expand`](crate::expand). Without an expression it is what
//! `Default` says, at run time.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::Expr;

use crate::ast::{Body, Field, Model};
use crate::attr::Errors;
use crate::expand::{grouped, local, probe};
use crate::validate::at;

/// What an attribute `default` of a field says.
pub(crate) struct FieldDefault {
    pub(crate) span: proc_macro2::Span,
    /// `None`: what `Default` says.
    pub(crate) expr: Option<Expr>,
}

/// Refuses what syntax alone shows to be wrong.
pub(crate) fn validate(model: &Model<'_>, errors: &mut Errors) {
    let reserved = |fields: &[Field<'_>], errors: &mut Errors| {
        for default in
            fields.iter().filter(|f| f.attrs.reserved.is_some()).filter_map(|f| f.attrs.default.as_ref())
        {
            errors.at(
                default.span,
                "ShmSafe: reserved space stays zero, so that a later field finds it so: remove `default`",
            );
        }
    };
    match &model.body {
        Body::Struct(fields) => reserved(fields, errors),
        Body::Enum(variants) => {
            variants.iter().for_each(|v| reserved(&v.fields, errors));
            for again in variants.iter().filter_map(|v| v.default).skip(1) {
                errors.at(
                    again,
                    format_args!(
                        "ShmSafe: `{}` has one base state, and another variant is it already",
                        model.ident
                    ),
                );
            }
        }
        Body::Union(_) => {}
    }
}

/// `Some(…)` with what writes the base value of a field of `of` (the struct or the variant).
pub(crate) fn writer(model: &Model<'_>, of: &TokenStream, field: &Field<'_>) -> Option<TokenStream> {
    let default = field.attrs.default.as_ref()?;
    let span = at(field.span);
    let shm = model.shm.shown_at(span);
    let (probe, local) = (probe(model, of, [field], true), local(0, field.span));
    let value = match &default.expr {
        Some(expr) => {
            let expr = grouped(expr);
            quote_spanned!(span=> #shm::base::of_type(#local, const { #expr }))
        }
        None => quote_spanned!(span=> #shm::base::std_default(#local)),
    };
    // Once more where the compiler evaluates it now: else `cargo check` would not see a panic in it.
    let evaluated =
        default.expr.is_some().then(|| quote_spanned!(span=> { #probe #shm::base::evaluated(#value); }));
    Some(quote_spanned! {span=> #shm::Some({
        #evaluated
        #shm::base::BaseWriter::new(|__shm_at| {
            #probe
            let __shm_value = #value;
            unsafe { #shm::base::write(__shm_at, __shm_value) }
        })
    })})
}

/// Whether a variant is marked as the base state.
pub(crate) fn has_variant(model: &Model<'_>) -> bool {
    matches!(&model.body, Body::Enum(variants) if variants.iter().any(|v| v.default.is_some()))
}

/// `desc` with its base variant, where one is marked.
pub(crate) fn with_variant(model: &Model<'_>, desc: TokenStream) -> TokenStream {
    let Body::Enum(variants) = &model.body else { return desc };
    let marked = variants.iter().enumerate().find_map(|(i, v)| Some((i, v.default?)));
    let Some((position, span)) = marked else { return desc };
    let span = at(span);
    let shm = model.shm.shown_at(span);
    quote_spanned!(span=> #shm::TypeDesc::with_base_variant(#desc, #position))
}
