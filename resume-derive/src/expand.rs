//! The impl: names, inferred field types and the places that the const checks judge.
//!
//! No field type is written a second time. An attribute macro that runs after the derive may rewrite the
//! type; so field types are inferred from places, and an exhaustive pattern catches added fields and variants:
//!
//! ```text
//! unsafe impl ::resume_core::__private::ShmSafe for Player {
//!     const NAME: Name = "Player";
//!     const FIELDS: Found = unsafe {
//!         let at = nowhere::<Self>();
//!         let Self { id: _, hp: _ } = *at;
//!         fields2(0, at, "2:id2:hp", &raw const (*at).id, &raw const (*at).hp)
//!     };
//! }
//! impl ::resume_core::__private::DropNeverRunsAfterACrash for Player {}
//! ```
//!
//! The second impl conflicts with one for all types that implement `Drop`. An enum with data walks through its variants,
//! and states their names and discriminants besides:
//!
//! ```text
//! const FIELDS: Found = unsafe {
//!     let mut variants = Variants::<Self, _, 1>::new(Prim::U8, [0, 1]);
//!     while variants.next() {
//!         let at = variants.at();
//!         let found = match *at {
//!             Self::Idle {} => fields0(0),
//!             Self::Held { 0: ref f0 } => fields1(1, at, "1:0", f0),
//!         };
//!         variants.put(found);
//!     }
//!     Found::Many(&variants.fields())
//! };
//! const STATED: Stated = {
//!     let names = "4:Idle4:Held";
//!     Stated::Enum { tag: Prim::U8, c: true, variants: &variants::<Self, _>(names, [0, 1], [0, 1]) }
//! };
//! ```
//!
//! This is as little as the compiler can be asked: every `cargo check` pays for it, type by type, and tokens, bodies,
//! calls, struct literals and `const` blocks are what it pays for. The descriptor itself is made by the default of
//! `DESC`, where a root needs it.
//!
//! Every path is absolute, and no name of the user's can be mistaken for one of ours.

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::{
    Expr, ExprLit, ExprUnary, GenericParam, Lit, LitStr, Member, UnOp, WhereClause, WherePredicate,
    parse_quote, parse_quote_spanned,
};

use crate::ast::{Body, Field, Model, Variant, plain_name};
use crate::runtime::Runtime;
use crate::validate::at;

/// Fields that one call describes; see `fields12` of `resume_core::__private`.
const FIELDS_MAX: usize = 12;

/// The impl of a type without syntactic errors.
pub(crate) fn expand(model: &Model<'_>) -> TokenStream {
    let stated = match &model.body {
        Body::Struct(fields) => struct_stated(model, fields),
        Body::Enum(variants) => enum_stated(model, variants),
        Body::Union(_) => TokenStream::new(),
    };
    let (shm, span, ident) = (&model.shm, at(model.ident.span()), model.ident);
    let (impl_generics, type_generics, _) = model.generics.split_for_impl();
    let bounds = bounds(model, false);
    let allow = allow(model);
    let declared = declared(model);
    // What an author declares is evaluated where the type is defined, not only where a root reaches it.
    let declared_now = (declared.is_some() && model.generics.params.is_empty())
        .then(|| quote_spanned!(span=> #allow const _: () = { let _ = <#ident as #shm::ShmSafe>::DESC; };));
    let item = shm_impl(model, &bounds, &[Some(stated), declared]);
    // Without parameters the clauses of the type are true or false here; not assumed, a false one is an error.
    let proven = bounds.as_ref().filter(|_| !model.generics.params.is_empty());
    quote_spanned! {span=>
        #item
        #allow
        impl #impl_generics #shm::DropNeverRunsAfterACrash for #ident #type_generics #proven {}
        #declared_now
    }
}

/// `DESC`, where the author declared more than names and types.
fn declared(model: &Model<'_>) -> Option<TokenStream> {
    let (shm, span) = (&model.shm, at(model.ident.span()));
    let marks = marks(model);
    if marks.is_none() && !crate::base::has_variant(model) {
        return None;
    }
    let desc = crate::base::with_variant(model, quote_spanned!(span=> #shm::describe::<Self>() #marks));
    Some(quote_spanned!(span=> const DESC: &'static #shm::TypeDesc = &#desc;))
}

/// The impl with its name, around `consts`.
///
/// It is not marked `#[automatically_derived]`: for such an impl rustc advises users to write their own.
pub(crate) fn shm_impl(
    model: &Model<'_>,
    bounds: &Option<WhereClause>,
    consts: &[Option<TokenStream>],
) -> TokenStream {
    let (shm, span, ident) = (&model.shm, at(model.ident.span()), model.ident);
    let (impl_generics, type_generics, _) = model.generics.split_for_impl();
    let name = model.attrs.id.as_ref().map_or_else(|| plain_name(ident), |id| id.value());
    let (allow, args) = (allow(model), args(model));
    quote_spanned! {span=>
        #allow
        unsafe impl #impl_generics #shm::ShmSafe for #ident #type_generics #bounds {
            const NAME: #shm::Name = #name;
            #args
            #(#consts)*
        }
    }
}

/// The name's generic arguments.
fn args(model: &Model<'_>) -> Option<TokenStream> {
    let (shm, span) = (&model.shm, at(model.ident.span()));
    let args: Vec<_> = model
        .generics
        .params
        .iter()
        .filter_map(|param| match param {
            GenericParam::Type(p) => {
                let p = &p.ident;
                Some(quote_spanned!(span=> #shm::IdentArg::Type(<#p as #shm::ShmSafe>::ID)))
            }
            GenericParam::Const(p) => {
                let p = &p.ident;
                Some(quote_spanned!(span=> #shm::IdentArg::Const(#p as #shm::i128)))
            }
            GenericParam::Lifetime(_) => None,
        })
        .collect();
    (!args.is_empty()).then(|| quote_spanned!(span=> const ARGS: #shm::Args = &[#(#args),*];))
}

/// Only where needed: under `#![forbid(deprecated)]` an `allow` is an error.
fn allow(model: &Model<'_>) -> Option<TokenStream> {
    let span = at(model.ident.span());
    model.deprecated.then(|| quote_spanned!(span=> #[allow(deprecated)]))
}

/// What the impl asks of the generic parameters, besides what the type itself does.
///
/// `fallback` asks for an impl that adds no errors of its own.
pub(crate) fn bounds(model: &Model<'_>, fallback: bool) -> Option<WhereClause> {
    let (shm, span) = (&model.shm, at(model.ident.span()));
    if model.generics.params.is_empty() && model.generics.where_clause.is_none() && !fallback {
        return None;
    }
    let mut generics = model.generics.clone();
    let clause = generics.make_where_clause();
    clause.predicates.extend(model.generics.params.iter().filter_map(|param| bound(shm, param, span)));
    if fallback {
        // The type may end in a `dyn` or a slice; the lifetime defers the bound from here to a use.
        clause.predicates.push(parse_quote!(for<'__no> Self: #shm::Sized));
    }
    generics.where_clause
}

/// What the impl asks of a parameter. A lifetime occurs only in a fallback, where this keeps the
/// supertrait `'static` from adding an error of its own.
fn bound(shm: &Runtime, param: &GenericParam, span: Span) -> Option<WherePredicate> {
    match param {
        GenericParam::Type(p) => {
            let p = &p.ident;
            Some(parse_quote_spanned!(span=> #p: #shm::ShmSafe))
        }
        GenericParam::Lifetime(p) => {
            let p = &p.lifetime;
            Some(parse_quote_spanned!(span=> #p: 'static))
        }
        GenericParam::Const(_) => None,
    }
}

/// `.with_marks(…)`, where the author declared anything.
fn marks(model: &Model<'_>) -> Option<TokenStream> {
    let (shm, span) = (&model.shm, at(model.ident.span()));
    let variants: Vec<(TokenStream, &[Field<'_>])> = match &model.body {
        Body::Struct(fields) => vec![(quote_spanned!(span=> Self), fields)],
        Body::Enum(variants) => variants
            .iter()
            .map(|v| {
                let ident = v.ident;
                (quote_spanned!(span=> Self::#ident), v.fields.as_slice())
            })
            .collect(),
        Body::Union(_) => Vec::new(),
    };
    let old_name = |name: &Option<LitStr>| match name {
        Some(name) => quote_spanned!(span=> #shm::Some(#name)),
        None => quote_spanned!(span=> #shm::None),
    };
    let has_default = variants.iter().any(|(_, fields)| fields.iter().any(|f| f.attrs.default.is_some()));
    let of_fields: Vec<_> = variants
        .iter()
        .enumerate()
        .flat_map(|(i, (of, fields))| fields.iter().enumerate().map(move |(j, f)| (i, j, of, f)))
        .filter(|(.., f)| f.attrs.is_marked())
        .map(|(i, j, of, f)| {
            let attrs = &f.attrs;
            let default = crate::base::writer(model, of, f)
                .unwrap_or_else(|| quote_spanned!(span=> #shm::None));
            let renamed_from = old_name(&attrs.renamed_from);
            let (reserved, transient) = (attrs.reserved.is_some(), attrs.transient.is_some());
            quote_spanned! {span=>
                #shm::FieldMark {
                    variant: #i, field: #j, renamed_from: #renamed_from, reserved: #reserved, transient: #transient,
                    default: #default,
                }
            }
        })
        .collect();
    if of_fields.is_empty() && model.attrs.renamed_from.is_none() {
        return None;
    }
    let renamed_from = old_name(&model.attrs.renamed_from);
    let all = quote_spanned!(span=> &[#(#of_fields),*]);
    // What writes base values is a block, and a block lives on in a `const` of its own only.
    let all = if has_default { quote_spanned!(span=> const { #all }) } else { all };
    Some(quote_spanned!(span=> .with_marks(#renamed_from, #all)))
}

fn struct_stated(model: &Model<'_>, fields: &[Field<'_>]) -> TokenStream {
    let (shm, span) = (&model.shm, at(model.ident.span()));
    let transparent = model.repr.transparent.is_some();
    let align = model.repr.align.map(|(align, _)| align);
    let stated = match (transparent, align) {
        (true, _) => Some(quote_spanned!(span=> const STATED: #shm::Stated = #shm::Stated::Transparent;)),
        (false, Some(align)) => {
            Some(quote_spanned!(span=> const STATED: #shm::Stated = #shm::Stated::C { align: #align };))
        }
        (false, None) => None,
    };
    let value = Ident::new("__shm_at", span);
    let deref = deref(&value);
    let place = |tokens: &mut Vec<TokenTree>, f: &Field<'_>| {
        let start = tokens.len();
        raw_place(tokens, &deref, f);
        if transparent {
            let (place, span) = (tokens.drain(start..).collect::<TokenStream>(), at(f.span));
            let shm = shm.shown_at(span);
            tokens.extend(quote_spanned!(span=> #shm::at_start(#value, #place)));
        }
    };
    let chunks: Vec<_> =
        fields.chunks(FIELDS_MAX).map(|chunk| described(shm, 0, &value, chunk, place)).collect();
    let found = match chunks.as_slice() {
        [] => quote_spanned!(span=> #shm::Found::NONE),
        [all] => all.clone(),
        _ => {
            let count = fields.len();
            quote_spanned!(span=> #shm::Found::Many(&#shm::join::<#count>(&[#(#chunks),*])))
        }
    };
    let members = fields.iter().map(|f| &f.member);
    quote_spanned! {span=>
        const FIELDS: #shm::Found = unsafe {
            let #value = #shm::nowhere::<Self>();
            let Self { #(#members: _),* } = *#value;
            #found
        };
        #stated
    }
}

/// `(*value)`
fn deref(value: &Ident) -> Group {
    let tokens = [TokenTree::from(Punct::new('*', Spacing::Alone)), value.clone().into()];
    Group::new(Delimiter::Parenthesis, tokens.into_iter().collect())
}

/// `&raw const (*value).field`, at the field's own span.
fn raw_place(tokens: &mut Vec<TokenTree>, deref: &Group, f: &Field<'_>) {
    let span = at(f.span);
    tokens.push(punct('&', span));
    tokens.push(Ident::new("raw", span).into());
    tokens.push(Ident::new("const", span).into());
    tokens.push(deref.clone().into());
    tokens.push(punct('.', span));
    tokens.push(match &f.member {
        Member::Named(ident) => ident.clone().into(),
        Member::Unnamed(index) => {
            let mut number = Literal::u32_unsuffixed(index.index);
            number.set_span(index.span);
            number.into()
        }
    });
}

fn punct(c: char, span: Span) -> TokenTree {
    let mut punct = Punct::new(c, Spacing::Alone);
    punct.set_span(span);
    punct.into()
}

/// The call that describes up to [`FIELDS_MAX`] fields of the value at `value`; `place` writes the place of one.
///
/// Token by token: this is most of what the macro writes, and in a debug build of it that is what takes its time.
fn described(
    shm: &Runtime,
    variant: usize,
    value: &Ident,
    fields: &[Field<'_>],
    mut place: impl FnMut(&mut Vec<TokenTree>, &Field<'_>),
) -> TokenStream {
    let span = value.span();
    let make = Ident::new(&format!("fields{}", fields.len()), span);
    let mut args: Vec<TokenTree> = vec![Literal::usize_unsuffixed(variant).into()];
    if !fields.is_empty() {
        let names = Literal::string(&joined(fields.iter().map(|f| &f.name)));
        args.extend([punct(',', span), value.clone().into(), punct(',', span), names.into()]);
    }
    for f in fields {
        args.push(punct(',', span));
        let start = args.len();
        place(&mut args, f);
        if f.attrs.allow_usize.is_some() {
            let place: TokenStream = args.drain(start..).collect();
            args.extend(counted_as(shm, f, place));
        }
    }
    let mut args = Group::new(Delimiter::Parenthesis, args.into_iter().collect());
    args.set_span(span);
    quote_spanned!(span=> #shm::#make #args)
}

fn enum_stated(model: &Model<'_>, variants: &[Variant<'_>]) -> TokenStream {
    let (shm, span) = (&model.shm, at(model.ident.span()));
    let tag = match model.repr.int.as_ref().and_then(|int| int.prim()) {
        Some(prim) => Ident::new(prim, span),
        // `repr(C)` alone: the tag is a C `int`, which has 32 bits on every Linux target.
        None => Ident::new("I32", span),
    };
    let c = model.repr.c.is_some();
    let Tags { lets, values } = Tags::of(model, variants, span);
    let (fields, seen) = match model.is_unit_enum() {
        true => (None, Some(unit_variants_seen(model, variants))),
        false => (Some(enum_fields(model, variants, &tag, &lets, &values)), None),
    };
    let names = joined(variants.iter().map(|v| &v.name));
    let counts = variants.iter().map(|v| v.fields.len());
    // The names are a local, and the fields not mentioned, because what the compiler can evaluate it evaluates here
    // already; that would cost each `cargo check` more than all of this.
    quote_spanned! {span=>
        #fields
        const STATED: #shm::Stated = {
            #(#lets)*
            #seen
            let __shm_names = #names;
            #shm::Stated::Enum {
                tag: #shm::Prim::#tag,
                c: #c,
                variants: &#shm::variants::<Self, _>(__shm_names, [#(#values),*], [#(#counts),*]),
            }
        };
    }
}

/// That these are all variants of an enum without fields; their discriminants are casts.
fn unit_variants_seen(model: &Model<'_>, variants: &[Variant<'_>]) -> TokenStream {
    let (shm, span) = (&model.shm, at(model.ident.span()));
    let idents = variants.iter().map(|v| v.ident);
    quote_spanned! {span=>
        match #shm::None::<&Self> { #shm::None | #shm::Some(#(Self::#idents {})|*) => {} }
    }
}

/// The fields of all variants, with the offsets that the compiler gave them; and that these are all variants, with
/// the discriminants that the compiler uses.
fn enum_fields(
    model: &Model<'_>,
    variants: &[Variant<'_>],
    tag: &Ident,
    lets: &[TokenStream],
    values: &[TokenStream],
) -> TokenStream {
    let (shm, span) = (&model.shm, at(model.ident.span()));
    let (all, value) = (Ident::new("__shm_variants", span), Ident::new("__shm_at", span));
    let arms = variants.iter().enumerate().map(|(position, v)| {
        let ident = v.ident;
        let locals: Vec<_> = v.fields.iter().enumerate().map(|(i, f)| local(i, f.span)).collect();
        let members = v.fields.iter().map(|f| &f.member);
        let found = chunks(&v.fields, &locals).map(|(fields, locals)| {
            let mut locals = locals.iter();
            described(shm, position, &value, fields, |tokens, _| {
                tokens.extend(locals.next().cloned().map(TokenTree::from))
            })
        });
        let found: Vec<_> = found.collect();
        let (last, before) = found.split_last()?;
        let found = match before {
            [] => last.clone(),
            _ => quote_spanned!(span=> { #(#all.put(#before);)* #last }),
        };
        Some(quote_spanned!(span=> Self::#ident { #(#members: ref #locals),* } => #found,))
    });
    let arms: Vec<_> = arms.flatten().collect();
    let count = variants.iter().map(|v| v.fields.len()).sum::<usize>();
    quote_spanned! {span=>
        const FIELDS: #shm::Found = unsafe {
            #(#lets)*
            let mut #all = #shm::Variants::<Self, _, #count>::new(#shm::Prim::#tag, [#(#values),*]);
            while #all.next() {
                let #value = #all.at();
                let __shm_found = match *#value { #(#arms)* };
                #all.put(__shm_found);
            }
            #shm::Found::Many(&#all.fields())
        };
    }
}

/// As many fields at a time as one call describes, with their locals; one empty list of none.
fn chunks<'a, 'i>(
    fields: &'a [Field<'i>],
    locals: &'a [Ident],
) -> impl Iterator<Item = (&'a [Field<'i>], &'a [Ident])> {
    let none = fields.is_empty().then_some((fields, locals));
    none.into_iter().chain(fields.chunks(FIELDS_MAX).zip(locals.chunks(FIELDS_MAX)))
}

/// Names in one text, each with its length: `2:id5:alive`. One literal costs the compiler less than a list.
fn joined<'n>(names: impl Iterator<Item = &'n String>) -> String {
    let mut all = String::new();
    for name in names {
        all.push_str(&name.len().to_string());
        all.push(':');
        all.push_str(name);
    }
    all
}

/// The place of a field as what it counts for: a word that was opted in to, or what it is.
fn counted_as(shm: &Runtime, f: &Field<'_>, place: TokenStream) -> TokenStream {
    let span = at(f.span);
    let shm = shm.shown_at(span);
    match f.attrs.allow_usize {
        Some(_) => quote_spanned!(span=> #shm::word(#place)),
        None => place,
    }
}

/// Asks the type system about some fields of `of`, the struct or a variant, and nothing else.
pub(crate) fn asked(shm: &Runtime, of: &TokenStream, fields: &[&Field<'_>]) -> TokenStream {
    let each = fields.iter().map(|f| {
        let (span, local, member) = (at(f.span), local(0, f.span), &f.member);
        let names = joined([&f.name].into_iter());
        let (shm, place) = (shm.shown_at(span), counted_as(shm, f, local.to_token_stream()));
        quote_spanned! {span=>
            if let #shm::Some(__shm_at @ #of { #member: #local, .. }) = #shm::None::<&Self> {
                let _ = unsafe { #shm::fields1(0, __shm_at, #names, #place) };
            }
        }
    });
    each.collect()
}

/// The discriminants as expressions of type `i128`.
struct Tags {
    /// What the expressions need in scope.
    lets: Vec<TokenStream>,
    values: Vec<TokenStream>,
}

impl Tags {
    /// A cast tells the true value where the language has one: for an enum without fields. A data enum
    /// has no such cast, so its explicit discriminants are evaluated again, once each, and then compared
    /// by [`enum_fields`] with those that the compiler uses.
    fn of(model: &Model<'_>, variants: &[Variant<'_>], span: Span) -> Self {
        let shm = &model.shm;
        let (mut lets, mut values) = (Vec::new(), Vec::new());
        if model.is_unit_enum() {
            values.extend(variants.iter().map(|v| {
                let ident = v.ident;
                quote_spanned!(span=> Self::#ident as #shm::i128)
            }));
            return Self { lets, values };
        }
        let int = match &model.repr.int {
            Some(int) => Ident::new(&int.ident.to_string(), span),
            None => Ident::new("isize", span),
        };
        let mut base: Option<Ident> = None;
        let mut above_base = 0_i128;
        for (i, v) in variants.iter().enumerate() {
            if let Some(literal) = v.discriminant.and_then(literal) {
                (base, above_base) = (None, literal);
            } else if let Some(expr) = v.discriminant {
                let (name, expr) = (Ident::new(&format!("__shm_tag_{i}"), span), grouped(expr));
                lets.push(quote_spanned! {span=>
                    let #name = { const __SHM_TAG: #shm::#int = #expr; __SHM_TAG as #shm::i128 };
                });
                (base, above_base) = (Some(name), 0);
            }
            let above = proc_macro2::Literal::i128_unsuffixed(above_base);
            values.push(match &base {
                Some(base) => quote_spanned!(span=> #base + #above),
                None => quote_spanned!(span=> #above),
            });
            above_base += 1;
        }
        Self { lets, values }
    }
}

/// The value of an integer as it is written.
fn literal(expr: &Expr) -> Option<i128> {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) => int.base10_parse().ok(),
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => literal(expr)?.checked_neg(),
        _ => None,
    }
}

/// An expression whose invisible groups, which come from `$x:expr` of a macro, are parentheses: rustc does
/// not keep the invisible ones of generated code, and `$x * 3` would become `1 + 2 * 3`.
pub(crate) fn grouped(expr: &Expr) -> TokenStream {
    parenthesized(expr.to_token_stream())
}

fn parenthesized(tokens: TokenStream) -> TokenStream {
    let visible = |token| match token {
        TokenTree::Group(group) => {
            let inner = parenthesized(group.stream());
            let one = inner.clone().into_iter().count() == 1;
            match group.delimiter() {
                Delimiter::None if one => inner,
                Delimiter::None => wrapped(Delimiter::Parenthesis, inner, &group),
                delimiter => wrapped(delimiter, inner, &group),
            }
        }
        other => other.into(),
    };
    tokens.into_iter().flat_map(visible).collect()
}

fn wrapped(delimiter: Delimiter, inner: TokenStream, like: &Group) -> TokenStream {
    let mut group = Group::new(delimiter, inner);
    group.set_span(like.span());
    TokenTree::Group(group).into()
}

/// `let (f0, …) = match None::<&Self> { … };`: locals of type `Option<&F>`, one a field.
///
/// `of` is the struct or the variant; `open` admits fields that are not in `fields`.
pub(crate) fn probe<'f>(
    model: &Model<'_>,
    of: &TokenStream,
    fields: impl IntoIterator<Item = &'f Field<'f>>,
    open: bool,
) -> TokenStream {
    let (shm, span) = (&model.shm, at(model.ident.span()));
    let fields: Vec<_> = fields.into_iter().collect();
    if fields.is_empty() && open {
        return TokenStream::new();
    }
    let locals: Vec<_> = fields.iter().enumerate().map(|(i, f)| local(i, f.span)).collect();
    let members = fields.iter().map(|f| &f.member);
    let nones = fields.iter().map(|_| quote_spanned!(span=> #shm::None));
    let rest = open.then(|| quote_spanned!(span=> ..));
    quote_spanned! {span=>
        let (#(#locals,)*) = match #shm::None::<&Self> {
            #shm::Some(#of { #(#members: #locals,)* #rest }) => (#(#shm::Some(#locals),)*),
            _ => (#(#nones,)*),
        };
    }
}

/// A local that no item of the user's is called: a `const` of that name would turn the pattern into a test.
pub(crate) fn local(index: usize, span: Span) -> Ident {
    Ident::new(&format!("__shm_field_{index}"), at(span))
}
