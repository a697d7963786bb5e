//! The item as it was written, read straight from its tokens.
//!
//! rustc has parsed the item before it calls a derive, so nothing here judges syntax. A full parser is not used, because
//! a debug build of it costs each `cargo check` more than the rest of the macro: types are kept as tokens, and only
//! what the derive looks into is parsed (by `syn`): the attributes `repr`, `shm` and `deprecated`, generics, and
//! discriminants.

use proc_macro2::token_stream::IntoIter;
use proc_macro2::{Delimiter, Group, Ident, Spacing, Span, TokenStream, TokenTree};
use syn::parse::Parser;
use syn::{Attribute, Expr, Generics};

/// The item that derives.
pub(crate) struct Input {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) data: Data,
}

/// What kind of item it is.
pub(crate) enum Data {
    Struct(Vec<Field>),
    Enum(Vec<Variant>),
    /// The span of the keyword.
    Union(Span, Vec<Field>),
}

/// A field of a struct or a variant.
pub(crate) struct Field {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) ident: Option<Ident>,
    pub(crate) ty: Vec<TokenTree>,
}

/// A variant of an enum.
pub(crate) struct Variant {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) ident: Ident,
    /// No parentheses or braces follow the name.
    pub(crate) unit: bool,
    pub(crate) fields: Vec<Field>,
    pub(crate) discriminant: Option<Expr>,
}

impl Input {
    /// Reads the item.
    pub(crate) fn read(item: TokenStream) -> syn::Result<Self> {
        let mut tokens = Tokens::new(item);
        let attrs = tokens.attrs()?;
        tokens.visibility();
        let keyword = tokens.ident()?;
        let ident = tokens.ident()?;
        let mut generics = tokens.generics()?;
        generics.where_clause = tokens.where_clause()?;
        let data = match tokens.body() {
            Some(body) => {
                let fields = fields(&body);
                match keyword.to_string().as_str() {
                    "enum" => Data::Enum(variants(&body)?),
                    "union" => Data::Union(keyword.span(), fields?),
                    _ => Data::Struct(fields?),
                }
            }
            None => Data::Struct(Vec::new()),
        };
        // Behind the fields of a tuple struct.
        if generics.where_clause.is_none() {
            generics.where_clause = tokens.where_clause()?;
        }
        Ok(Self { attrs, ident, generics, data })
    }
}

/// The fields in parentheses or braces.
fn fields(body: &Group) -> syn::Result<Vec<Field>> {
    let (mut tokens, mut all) = (Tokens::new(body.stream()), Vec::new());
    let named = body.delimiter() == Delimiter::Brace;
    while !tokens.is_empty() {
        let attrs = tokens.attrs()?;
        tokens.visibility();
        let ident = if named { Some(tokens.ident()?) } else { None };
        if named {
            tokens.next();
        }
        all.push(Field { attrs, ident, ty: tokens.until_comma(true) });
    }
    Ok(all)
}

fn variants(body: &Group) -> syn::Result<Vec<Variant>> {
    let (mut tokens, mut all) = (Tokens::new(body.stream()), Vec::new());
    while !tokens.is_empty() {
        let attrs = tokens.attrs()?;
        tokens.visibility();
        let ident = tokens.ident()?;
        let body = tokens.body();
        let fields = body.as_ref().map_or(Ok(Vec::new()), fields)?;
        let discriminant = if tokens.is_punct('=') { Some(tokens.discriminant()?) } else { None };
        tokens.skip_comma();
        all.push(Variant { attrs, ident, unit: body.is_none(), fields, discriminant });
    }
    Ok(all)
}

/// What is left of a stream.
struct Tokens {
    next: Option<TokenTree>,
    rest: IntoIter,
}

impl Tokens {
    fn new(stream: TokenStream) -> Self {
        let mut rest = stream.into_iter();
        Self { next: rest.next(), rest }
    }

    fn is_empty(&self) -> bool {
        self.next.is_none()
    }

    fn next(&mut self) -> Option<TokenTree> {
        core::mem::replace(&mut self.next, self.rest.next())
    }

    fn is_punct(&self, c: char) -> bool {
        matches!(&self.next, Some(TokenTree::Punct(punct)) if punct.as_char() == c)
    }

    fn is_ident(&self, name: &str) -> bool {
        matches!(&self.next, Some(TokenTree::Ident(ident)) if ident == name)
    }

    fn skip_comma(&mut self) {
        if self.is_punct(',') {
            self.next();
        }
    }

    fn ident(&mut self) -> syn::Result<Ident> {
        match self.next() {
            Some(TokenTree::Ident(ident)) => Ok(ident),
            // From a macro, around what it was given.
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::None => {
                Tokens::new(group.stream()).ident()
            }
            other => {
                let span = other.map_or_else(Span::call_site, |token| token.span());
                Err(syn::Error::new(span, "ShmSafe: expected a name; derive on a struct or an enum"))
            }
        }
    }

    /// The attributes that are read.
    fn attrs(&mut self) -> syn::Result<Vec<Attribute>> {
        let mut all = Vec::new();
        while self.is_punct('#') {
            let attr = [self.next(), self.next()];
            let Some(TokenTree::Group(inner)) = &attr[1] else { continue };
            if first_ident(inner.stream())
                .is_some_and(|name| ["repr", "shm", "deprecated"].iter().any(|n| name == n))
            {
                all.extend(Attribute::parse_outer.parse2(attr.into_iter().flatten().collect())?);
            }
        }
        Ok(all)
    }

    /// Skips `pub` and `pub(…)`, also in the invisible group of a macro.
    fn visibility(&mut self) {
        match &self.next {
            Some(TokenTree::Ident(ident)) if ident == "pub" => {
                self.next();
                if matches!(&self.next, Some(TokenTree::Group(group)) if is_restriction(group)) {
                    self.next();
                }
            }
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::None => {
                let mut inner = Tokens::new(group.stream());
                inner.visibility();
                if inner.is_empty() {
                    self.next();
                }
            }
            _ => {}
        }
    }

    /// `<…>`, if it is there.
    fn generics(&mut self) -> syn::Result<Generics> {
        if !self.is_punct('<') {
            return Ok(Generics::default());
        }
        let mut angles = Angles::default();
        let mut all = TokenStream::new();
        while let Some(token) = self.next() {
            angles.see(&token);
            all.extend([token]);
            if angles.depth == 0 {
                break;
            }
        }
        syn::parse2(all)
    }

    /// `where …`, if it is there.
    fn where_clause(&mut self) -> syn::Result<Option<syn::WhereClause>> {
        if !self.is_ident("where") {
            return Ok(None);
        }
        let mut angles = Angles::default();
        let mut all = TokenStream::new();
        while let Some(token) = &self.next {
            let end = match token {
                TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                TokenTree::Punct(punct) => punct.as_char() == ';',
                _ => false,
            };
            if end && angles.depth == 0 {
                break;
            }
            angles.see(token);
            all.extend(self.next());
        }
        syn::parse2(all).map(Some)
    }

    /// Parentheses or braces, if they are next.
    fn body(&mut self) -> Option<Group> {
        match &self.next {
            Some(TokenTree::Group(group)) if group.delimiter() != Delimiter::None => {
                let group = group.clone();
                self.next();
                Some(group)
            }
            _ => None,
        }
    }

    /// All up to the next comma, which is skipped; in types, commas between angle brackets do not count.
    fn until_comma(&mut self, in_type: bool) -> Vec<TokenTree> {
        let (mut angles, mut all) = (Angles::default(), Vec::new());
        while let Some(token) = self.next() {
            if matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ',') && angles.depth == 0 {
                break;
            }
            if in_type {
                angles.see(&token);
            }
            all.push(token);
        }
        all
    }

    /// `= …`. A comma ends it, unless that is one of `f::<A, B>()`: then what is before it is no expression.
    fn discriminant(&mut self) -> syn::Result<Expr> {
        self.next();
        let mut all = TokenStream::new();
        loop {
            all.extend(self.until_comma(false));
            match syn::parse2(all.clone()) {
                Err(_) if !self.is_empty() => {
                    all.extend([TokenTree::from(proc_macro2::Punct::new(',', Spacing::Alone))])
                }
                read => return read,
            }
        }
    }
}

/// The depth in angle brackets.
#[derive(Default)]
struct Angles {
    depth: usize,
    /// The token before is the `-` of an arrow.
    dash: bool,
}

impl Angles {
    fn see(&mut self, token: &TokenTree) {
        let c = match token {
            TokenTree::Punct(punct) => punct.as_char(),
            _ => ' ',
        };
        match c {
            '<' => self.depth += 1,
            '>' if !self.dash => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        self.dash = c == '-';
    }
}

/// Whether parentheses behind `pub` belong to it, and are not the type of a tuple's field.
fn is_restriction(group: &Group) -> bool {
    let mut inner = Tokens::new(group.stream());
    if group.delimiter() != Delimiter::Parenthesis {
        return false;
    }
    match inner.next() {
        Some(TokenTree::Ident(ident)) if ident == "in" => true,
        Some(TokenTree::Ident(ident)) => {
            ["crate", "self", "super"].iter().any(|n| ident == n) && inner.is_empty()
        }
        _ => false,
    }
}

fn first_ident(stream: TokenStream) -> Option<Ident> {
    match stream.into_iter().next()? {
        TokenTree::Ident(ident) => Some(ident),
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => first_ident(group.stream()),
        _ => None,
    }
}

/// Why the outermost syntax of a type is refused: a bare address or code.
pub(crate) fn refused_syntax(ty: &[TokenTree]) -> Option<&'static str> {
    let first = ty.first()?;
    match first {
        TokenTree::Ident(_) if ty.len() == 1 => None,
        TokenTree::Group(group) if ty.len() == 1 => in_group(group),
        TokenTree::Punct(punct) if punct.as_char() == '&' => Some(
            "is a reference, an address that dangles after a crash; \
             keep the value itself, or a `Handle<T>` into a `Pool<T, N>`",
        ),
        TokenTree::Punct(punct) if punct.as_char() == '*' => Some(
            "is a raw pointer, an address that dangles after a crash; \
             keep the value itself, or a `Handle<T>` into a `Pool<T, N>`",
        ),
        _ if is_function(ty) => Some(
            "is a function pointer, and code moves with every build and start; \
             keep a stable id (a `#[repr(u8)]` enum) and match on it where you call",
        ),
        _ if is_trait_object(ty) => Some(
            "is a trait object, whose vtable moves with every build and start; \
             use an enum with `#[repr(C, u8)]`, one variant a type",
        ),
        _ => None,
    }
}

/// An array, a slice, parentheses or the invisible group of a macro.
fn in_group(group: &Group) -> Option<&'static str> {
    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
    let found = |c| inner.iter().position(|t| matches!(t, TokenTree::Punct(punct) if punct.as_char() == c));
    match group.delimiter() {
        Delimiter::Bracket => match found(';') {
            Some(end) => refused_syntax(&inner[..end]),
            None => Some("is a slice, whose length is not fixed; use `[T; N]` or `StaticVec<T, N>`"),
        },
        // A tuple is judged by its type.
        Delimiter::Parenthesis if found(',').is_some() => None,
        _ => refused_syntax(&inner),
    }
}

/// `fn(…)`, with what may stand before it.
fn is_function(ty: &[TokenTree]) -> bool {
    let mut angles = Angles::default();
    let word = ty.iter().find_map(|token| {
        let outside = angles.depth == 0;
        angles.see(token);
        match token {
            TokenTree::Ident(ident) if outside && ident != "for" => Some(Some(ident)),
            TokenTree::Group(_) => Some(None),
            _ => None,
        }
    });
    word.flatten().is_some_and(|word| ["fn", "unsafe", "extern"].iter().any(|n| word == n))
}

/// `dyn …`, `A + B`, or a bound without `dyn`.
fn is_trait_object(ty: &[TokenTree]) -> bool {
    let starts = match ty {
        [TokenTree::Ident(first), TokenTree::Punct(second), ..] if second.as_char() == ':' => first == "for",
        [TokenTree::Ident(first), ..] => ["dyn", "for"].iter().any(|n| first == n),
        _ => false,
    };
    let mut angles = Angles::default();
    starts
        || ty.iter().any(|token| {
            angles.see(token);
            angles.depth == 0 && matches!(token, TokenTree::Punct(punct) if punct.as_char() == '+')
        })
}
