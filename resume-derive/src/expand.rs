//! The impl: names, inferred field types and the places that the const checks judge.
//!
//! No field type is written a second time. An attribute macro that runs after the derive may rewrite the
//! type; so field types are inferred from places, and an exhaustive pattern catches added fields and variants:
//!
//! ```text
//! const _: () = {
//!     use ::resume_core::__private as __shm;
//!     unsafe impl __shm::ShmSafe for Player {
//!         const ID: &'static __shm::Ident = &__shm::Ident { name: "Player", args: &[] };
//!         const STATED: __shm::Stated = unsafe {
//!             let at = __shm::nowhere::<Self>();
//!             let Self { id: _, hp: _ } = *at;
//!             __shm::Stated::C { align: 1, fields: &__shm::fields2(
//!                 at, ["id", "hp"], &raw const (*at).id, &raw const (*at).hp,
//!             ) }
//!         };
//!     }
//!     __shm::no_drop_glue::<Player>("…");
//! };
//! ```
//!
//! This is as little as the compiler can be asked: every `cargo check` pays for it, type by type, and tokens, bodies,
//! calls and `const` blocks are what it pays for. The descriptor itself is made by the default of `DESC`, where a
//! root needs it.
//!
//! Every path is absolute or goes through the one import, and no name of the user's can be mistaken for one of ours.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::{
    Expr, ExprLit, ExprUnary, GenericParam, Lit, LitStr, UnOp, WherePredicate, parse_quote,
    parse_quote_spanned,
};

use crate::ast::{Body, Field, Model, Variant, plain_name};
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
    let declared = declared(model);
    let checks = checks(model, declared.is_some());
    shm_impl(model, [Some(stated), declared], false, checks)
}

/// What is evaluated where the type is defined, not only where it is used: generic parameters aside, that it has no
/// drop glue, and what its author declared.
fn checks(model: &Model<'_>, declared: bool) -> Option<TokenStream> {
    if !model.generics.params.is_empty() {
        return None;
    }
    let (span, ident) = (at(model.ident.span()), model.ident);
    let drop_glue = format!(
        "ShmSafe: `{ident}` has drop glue, which never runs after a crash; remove `impl Drop` and end things explicitly",
    );
    let declared = declared.then(|| quote_spanned!(span=> let _ = <#ident as __shm::ShmSafe>::DESC;));
    Some(quote_spanned!(span=> __shm::no_drop_glue::<#ident>(#drop_glue); #declared))
}

/// `DESC`, where the author declared more than names and types.
fn declared(model: &Model<'_>) -> Option<TokenStream> {
    let span = at(model.ident.span());
    let marks = marks(model);
    let desc = crate::base::with_variant(model, quote_spanned!(span=> __shm::describe::<Self>() #marks));
    let any = marks.is_some() || crate::base::has_variant(model);
    any.then(|| quote_spanned!(span=> const DESC: &'static __shm::TypeDesc = &#desc;))
}

/// The impl with its bounds and its name, around `consts`, in a scope of its own where `__shm` is
/// `<crate>::__private`; `checks` run there.
///
/// `fallback` asks for an impl that adds no errors of its own.
///
/// It is not marked `#[automatically_derived]`: for such an impl rustc advises users to write their own.
pub(crate) fn shm_impl(
    model: &Model<'_>,
    consts: [Option<TokenStream>; 2],
    fallback: bool,
    checks: Option<TokenStream>,
) -> TokenStream {
    let span = at(model.ident.span());
    let ident = model.ident;
    let mut generics = model.generics.clone();
    if !model.generics.params.is_empty() {
        let bounds = model.generics.params.iter().filter_map(|param| bound(param, span));
        generics.make_where_clause().predicates.extend(bounds);
    }
    if fallback {
        // The type may end in a `dyn` or a slice; the lifetime defers the bound from here to a use.
        generics.make_where_clause().predicates.push(parse_quote!(for<'__no> Self: __shm::Sized));
    }
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    let name = model.attrs.id.as_ref().map_or_else(|| plain_name(ident), |id| id.value());
    let args = model.generics.params.iter().filter_map(|param| match param {
        GenericParam::Type(p) => {
            let p = &p.ident;
            Some(quote_spanned!(span=> __shm::IdentArg::Type(<#p as __shm::ShmSafe>::ID)))
        }
        GenericParam::Const(p) => {
            let p = &p.ident;
            Some(quote_spanned!(span=> __shm::IdentArg::Const(#p as __shm::i128)))
        }
        GenericParam::Lifetime(_) => None,
    });
    // Only where needed: under `#![forbid(deprecated)]` an `allow` is an error.
    let allow = model.deprecated.then(|| quote_spanned!(span=> #[allow(deprecated)]));
    let krate = krate(model, span);
    quote_spanned! {span=>
        #allow
        const _: () = {
            use #krate::__private as __shm;
            unsafe impl #impl_generics __shm::ShmSafe for #ident #type_generics #where_clause {
                const ID: &'static __shm::Ident = &__shm::Ident { name: #name, args: &[#(#args),*] };
                #(#consts)*
            }
            #checks
        };
    }
}

/// The path of the runtime, to be shown at `span`.
fn krate(model: &Model<'_>, span: Span) -> TokenStream {
    let Some(path) = &model.attrs.krate else {
        return quote_spanned!(span=> ::resume_core);
    };
    let path = path.to_token_stream().into_iter().map(|mut token| {
        token.set_span(token.span().located_at(span));
        token
    });
    quote_spanned!(span=> #(#path)*)
}

/// What the impl asks of a parameter. A lifetime occurs only in a fallback, where this keeps the
/// supertrait `'static` from adding an error of its own.
fn bound(param: &GenericParam, span: Span) -> Option<WherePredicate> {
    match param {
        GenericParam::Type(p) => {
            let p = &p.ident;
            Some(parse_quote_spanned!(span=> #p: __shm::ShmSafe))
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
    let span = at(model.ident.span());
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
        Some(name) => quote_spanned!(span=> __shm::Some(#name)),
        None => quote_spanned!(span=> __shm::None),
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
                .unwrap_or_else(|| quote_spanned!(span=> __shm::None));
            let renamed_from = old_name(&attrs.renamed_from);
            let (reserved, transient) = (attrs.reserved.is_some(), attrs.transient.is_some());
            quote_spanned! {span=>
                __shm::FieldMark {
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
    let span = at(model.ident.span());
    let transparent = model.repr.transparent.is_some();
    let places = fields.iter().map(|f| {
        let (span, member) = (at(f.span), &f.member);
        let place = quote_spanned!(span=> &raw const (*__shm_at).#member);
        let place =
            if transparent { quote_spanned!(span=> __shm::at_start(__shm_at, #place)) } else { place };
        place_of(f, place)
    });
    let places = descs(span, fields, places);
    let members = fields.iter().map(|f| &f.member);
    let stated = match transparent {
        true => quote_spanned!(span=> __shm::Stated::Transparent { fields: &#places }),
        false => {
            let align = model.repr.align.map_or(1, |(n, _)| n);
            quote_spanned!(span=> __shm::Stated::C { align: #align, fields: &#places })
        }
    };
    quote_spanned! {span=> const STATED: __shm::Stated = unsafe {
        let __shm_at = __shm::nowhere::<Self>();
        let Self { #(#members: _),* } = *__shm_at;
        #stated
    };}
}

fn enum_stated(model: &Model<'_>, variants: &[Variant<'_>]) -> TokenStream {
    let span = at(model.ident.span());
    let tag = match model.repr.int.as_ref().and_then(|int| int.prim()) {
        Some(prim) => Ident::new(prim, span),
        // `repr(C)` alone: the tag is a C `int`, which has 32 bits on every Linux target.
        None => Ident::new("I32", span),
    };
    let c = model.repr.c.is_some();
    let tags = Tags::of(model, variants, span);
    let descs = variants.iter().zip(&tags.values).map(|(v, value)| {
        let (name, read) = (&v.name, variant_fields(model, v, variants.len() == 1, &tag, value));
        quote_spanned!(span=> __shm::VariantDesc { name: #name, discriminant: #value, fields: #read })
    });
    let (lets, seen) = (&tags.lets, variants_seen(model, variants, &tag, &tags));
    let unsafety = (!model.is_unit_enum()).then(|| quote_spanned!(span=> unsafe));
    quote_spanned! {span=> const STATED: __shm::Stated = #unsafety {
        #(#lets)*
        #seen
        __shm::Stated::Enum { tag: __shm::Prim::#tag, c: #c, variants: &[#(#descs),*] }
    };}
}

/// That these are all variants; and for a data enum, that their discriminants are those that the compiler uses.
///
/// For that, bytes that hold only a tag are matched. The value is never read, and nothing of this runs.
fn variants_seen(model: &Model<'_>, variants: &[Variant<'_>], tag: &Ident, tags: &Tags) -> TokenStream {
    let span = at(model.ident.span());
    let patterns = variants.iter().map(|v| {
        let ident = v.ident;
        let rest = (!v.fields.is_empty()).then(|| quote_spanned!(span=> ..));
        quote_spanned!(span=> Self::#ident { #rest })
    });
    if model.is_unit_enum() {
        return quote_spanned! {span=>
            match __shm::None::<&Self> { __shm::None | __shm::Some(#(#patterns)|*) => {} }
        };
    }
    let (values, positions) = (&tags.values, 0..variants.len());
    let count = variants.len();
    // The pattern of an only variant does not look at the tag.
    let look = (count == 1).then(|| quote_spanned!(span=> __shm::look_at_tag(__shm_at);));
    quote_spanned! {span=>
        let mut __shm_bytes = __shm::MaybeUninit::<Self>::uninit();
        let __shm_tags = [#(#values),*];
        let mut __shm_i = 0;
        while __shm_i < #count {
            let __shm_at = __shm::tagged(&mut __shm_bytes, __shm::Prim::#tag, __shm_tags[__shm_i]);
            #look
            __shm::same_variant(__shm_i, match *__shm_at { #(#patterns => #positions,)* });
            __shm_i += 1;
        }
    }
}

/// The fields of a variant, with the offsets that the compiler gave them.
///
/// The language has no `offset_of!` for variants and no cast for the discriminant of a data enum. So the
/// compiler is asked at its own work: in bytes that hold only the tag, the places of the fields are bound.
fn variant_fields(
    model: &Model<'_>,
    v: &Variant<'_>,
    only: bool,
    tag: &Ident,
    value: &TokenStream,
) -> TokenStream {
    let span = at(model.ident.span());
    let ident = v.ident;
    if v.fields.is_empty() {
        return quote_spanned!(span=> &[]);
    }
    let locals: Vec<_> = v.fields.iter().enumerate().map(|(i, f)| local(i, f.span)).collect();
    let members = v.fields.iter().map(|f| &f.member);
    let other = (!only).then(|| quote_spanned!(span=> else { __shm::other_discriminant() }));
    let places =
        v.fields.iter().zip(&locals).map(|(f, local)| place_of(f, quote_spanned!(at(f.span)=> #local)));
    let places = descs(span, &v.fields, places);
    quote_spanned! {span=> {
        let __shm_at = __shm::tagged(&mut __shm_bytes, __shm::Prim::#tag, #value);
        let Self::#ident { #(#members: ref #locals),* } = *__shm_at #other;
        &#places
    }}
}

/// The descriptors of fields as an array, from their places; `__shm_at` is the value they are in.
fn descs(span: Span, fields: &[Field<'_>], places: impl IntoIterator<Item = TokenStream>) -> TokenStream {
    let names: Vec<_> = fields.iter().map(|f| &f.name).collect();
    let places: Vec<_> = places.into_iter().collect();
    let call = |names: &[&String], places: &[TokenStream]| {
        let make = Ident::new(&format!("fields{}", names.len()), span);
        quote_spanned!(span=> __shm::#make(__shm_at, [#(#names),*], #(#places),*))
    };
    match fields.len() {
        0 => quote_spanned!(span=> []),
        1..=FIELDS_MAX => call(&names, &places),
        count => {
            let lists = names.chunks(FIELDS_MAX).zip(places.chunks(FIELDS_MAX));
            let lists = lists.map(|(names, places)| call(names, places));
            quote_spanned!(span=> __shm::join::<#count>(&[#(&#lists),*]))
        }
    }
}

/// The place of a field as what it counts for: a word that was opted in to, or what it is.
fn place_of(f: &Field<'_>, place: TokenStream) -> TokenStream {
    match f.attrs.allow_usize {
        Some(_) => quote_spanned!(at(f.span)=> __shm::word(#place)),
        None => place,
    }
}

/// Asks the type system about some fields of `of`, the struct or a variant, and nothing else.
pub(crate) fn asked(span: Span, of: &TokenStream, fields: &[&Field<'_>]) -> TokenStream {
    let each = fields.iter().map(|f| {
        let (span, local, member, name) = (at(f.span), local(0, f.span), &f.member, &f.name);
        let place = place_of(f, quote_spanned!(span=> #local));
        quote_spanned! {span=>
            if let __shm::Some(__shm_at @ #of { #member: #local, .. }) = __shm::None::<&Self> {
                let _ = unsafe { __shm::fields1(__shm_at, [#name], #place) };
            }
        }
    });
    quote_spanned!(span=> #(#each)*)
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
    /// by [`variant_fields`] with those that the compiler uses.
    fn of(model: &Model<'_>, variants: &[Variant<'_>], span: Span) -> Self {
        let (mut lets, mut values) = (Vec::new(), Vec::new());
        if model.is_unit_enum() {
            values.extend(variants.iter().map(|v| {
                let ident = v.ident;
                quote_spanned!(span=> Self::#ident as __shm::i128)
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
                    let #name = { const __SHM_TAG: __shm::#int = #expr; __SHM_TAG as __shm::i128 };
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
    let span = at(model.ident.span());
    let fields: Vec<_> = fields.into_iter().collect();
    if fields.is_empty() && open {
        return TokenStream::new();
    }
    let locals: Vec<_> = fields.iter().enumerate().map(|(i, f)| local(i, f.span)).collect();
    let members = fields.iter().map(|f| &f.member);
    let nones = fields.iter().map(|_| quote_spanned!(span=> __shm::None));
    let rest = open.then(|| quote_spanned!(span=> ..));
    quote_spanned! {span=>
        let (#(#locals,)*) = match __shm::None::<&Self> {
            __shm::Some(#of { #(#members: #locals,)* #rest }) => (#(__shm::Some(#locals),)*),
            _ => (#(#nones,)*),
        };
    }
}

/// A local that no item of the user's is called: a `const` of that name would turn the pattern into a test.
pub(crate) fn local(index: usize, span: Span) -> Ident {
    Ident::new(&format!("__shm_field_{index}"), at(span))
}
