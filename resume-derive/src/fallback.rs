//! After an error: every error, and an impl that keeps the rest of the crate quiet about it.
//!
//! The type system still judges the fields that syntax did not refuse, so that one compile shows all
//! errors of the type.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use crate::ast::{Body, Field, Model};
use crate::expand::{asked, bounds, shm_impl};
use crate::input::refused_syntax;
use crate::runtime::Runtime;
use crate::validate::at;

/// `error`, the checks of the remaining fields, and an impl of a type that cannot be built anyway.
pub(crate) fn fallback(model: &Model<'_>, error: &syn::Error) -> TokenStream {
    let (shm, span) = (&model.shm, at(model.ident.span()));
    let checks = match &model.body {
        // The checks take references to fields, which rustc refuses here with errors of its own.
        _ if model.repr.packed.is_some() => TokenStream::new(),
        Body::Struct(fields) => checks(shm, &quote_spanned!(span=> Self), fields),
        Body::Enum(variants) => variants
            .iter()
            .map(|v| {
                let ident = v.ident;
                checks(shm, &quote_spanned!(span=> Self::#ident), &v.fields)
            })
            .collect(),
        Body::Union(_) => TokenStream::new(),
    };
    let desc = quote_spanned!(span=> const DESC: &'static #shm::TypeDesc = { #checks #shm::REFUSED };);
    let item = shm_impl(model, &bounds(model, true), &[Some(desc)]);
    let errors = error.to_compile_error();
    quote!(#errors #item)
}

/// Asks the type system about the fields that syntax left open.
fn checks(shm: &Runtime, of: &TokenStream, fields: &[Field<'_>]) -> TokenStream {
    let left: Vec<_> = fields.iter().filter(|f| refused_syntax(f.ty).is_none()).collect();
    asked(shm, of, &left)
}
