//! The path by which generated code reaches the runtime.

use proc_macro2::{Ident, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt};
use syn::Path;

/// `<crate>::__private`, absolute, to be shown at a span.
///
/// Its tokens are made once and then copied one by one: a stream of its own in each place costs a debug build of the
/// macro more than all else.
pub(crate) struct Runtime(Vec<TokenTree>);

impl Runtime {
    /// Of the crate at this path; `None`: `::resume_core`.
    pub(crate) fn new(krate: Option<&Path>, span: Span) -> Self {
        let mut tokens = Vec::with_capacity(6);
        match krate {
            Some(path) => tokens.extend(path.to_token_stream()),
            None => {
                separator(&mut tokens, span);
                tokens.push(Ident::new("resume_core", span).into());
            }
        }
        separator(&mut tokens, span);
        tokens.push(Ident::new("__private", span).into());
        Self(tokens).shown_at(span)
    }

    /// The same, shown elsewhere: a message shows all from the first token of what it is about to the last.
    pub(crate) fn shown_at(&self, span: Span) -> Self {
        let token = |token: &TokenTree| {
            let mut token = token.clone();
            token.set_span(token.span().located_at(span));
            token
        };
        Self(self.0.iter().map(token).collect())
    }
}

impl ToTokens for Runtime {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.append_all(&self.0);
    }
}

/// `::`
fn separator(tokens: &mut Vec<TokenTree>, span: Span) {
    for spacing in [Spacing::Joint, Spacing::Alone] {
        let mut punct = Punct::new(':', spacing);
        punct.set_span(span);
        tokens.push(punct.into());
    }
}
