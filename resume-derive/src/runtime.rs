//! The path by which generated code reaches the runtime.

use proc_macro2::{Ident, Punct, Spacing, Span, TokenStream};
use quote::{ToTokens, TokenStreamExt};
use syn::Path;

/// `<crate>::__private`, absolute, to be shown at a span.
///
/// It is appended token by token: a stream of its own in each place costs a debug build of the macro more than all else.
pub(crate) struct Runtime<'m> {
    /// `None`: `::resume_core`.
    krate: Option<&'m Path>,
    private: Ident,
}

impl<'m> Runtime<'m> {
    pub(crate) fn new(krate: Option<&'m Path>, span: Span) -> Self {
        Self { krate, private: Ident::new("__private", span) }
    }

    /// The same, shown elsewhere: a message shows all from the first token of what it is about to the last.
    pub(crate) fn shown_at(&self, span: Span) -> Self {
        Self::new(self.krate, span)
    }
}

impl ToTokens for Runtime<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let span = self.private.span();
        match self.krate {
            Some(path) => tokens.extend(path.to_token_stream().into_iter().map(|mut token| {
                token.set_span(token.span().located_at(span));
                token
            })),
            None => {
                separator(tokens, span);
                tokens.append(Ident::new("resume_core", span));
            }
        }
        separator(tokens, span);
        tokens.append(self.private.clone());
    }
}

/// `::`
fn separator(tokens: &mut TokenStream, span: Span) {
    for spacing in [Spacing::Joint, Spacing::Alone] {
        let mut punct = Punct::new(':', spacing);
        punct.set_span(span);
        tokens.append(punct);
    }
}
