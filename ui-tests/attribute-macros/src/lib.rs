//! Attribute macros that rewrite a struct, for the tests of the derive: placed below
//! `#[derive(ShmSafe)]` they run after it and change what it saw.
#![forbid(unsafe_code)]

use proc_macro::{Delimiter, Group, Ident, TokenStream, TokenTree};

/// Adds the field given as the attribute's argument.
#[proc_macro_attribute]
pub fn add_field(field: TokenStream, item: TokenStream) -> TokenStream {
    item.into_iter()
        .map(|token| match token {
            TokenTree::Group(body) if body.delimiter() == Delimiter::Brace => {
                let mut stream = body.stream();
                stream.extend(field.clone());
                Group::new(Delimiter::Brace, stream).into()
            }
            other => other,
        })
        .collect()
}

/// Makes a `Text` of each `u32`.
#[proc_macro_attribute]
pub fn retype(_: TokenStream, item: TokenStream) -> TokenStream {
    fn rewrite(tokens: TokenStream) -> TokenStream {
        tokens
            .into_iter()
            .map(|token| match token {
                TokenTree::Ident(ident) if ident.to_string() == "u32" => {
                    Ident::new("Text", ident.span()).into()
                }
                TokenTree::Group(group) => Group::new(group.delimiter(), rewrite(group.stream())).into(),
                other => other,
            })
            .collect()
    }
    rewrite(item)
}

/// Gives the item back as it is.
#[proc_macro_attribute]
pub fn unchanged(_: TokenStream, item: TokenStream) -> TokenStream {
    item
}

/// Replaces each token whose text is the first of the argument by the rest of the argument, at any depth.
#[proc_macro_attribute]
pub fn replace(argument: TokenStream, item: TokenStream) -> TokenStream {
    fn rewrite(tokens: TokenStream, from: &str, to: &TokenStream) -> TokenStream {
        tokens
            .into_iter()
            .flat_map(|token| match token {
                token if token.to_string() == from => to.clone(),
                TokenTree::Group(group) => {
                    let inner = rewrite(group.stream(), from, to);
                    TokenTree::from(Group::new(group.delimiter(), inner)).into()
                }
                other => other.into(),
            })
            .collect()
    }
    let mut argument = argument.into_iter();
    let from = argument.next().map(|token| token.to_string()).unwrap_or_default();
    rewrite(item, &from, &argument.collect())
}
