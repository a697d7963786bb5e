//! The impl: names, inferred field types and the const checks that justify `unsafe impl`.
//!
//! No field type is written a second time. An attribute macro that runs after the derive may rewrite the
//! type; so field types are inferred from a pattern over `&Self`, which is exhaustive and thus catches
//! added fields and variants too:
//!
//! ```text
//! let (f0, f1) = match None::<&Self> {
//!     Some(Self { a: f0, b: f1 }) => (Some(f0), Some(f1)),
//!     _ => (None, None),
//! };
//! &[field::<Self, _>("a", offset_of!(Self, a), f0), …]
//! ```
//!
//! Every path is absolute, and no name of the user's can be mistaken for one of ours.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Expr, GenericParam, LitStr, WherePredicate, parse_quote};

use crate::ast::{Body, Field, Model, Variant, plain_name};
use crate::validate::at;

/// The impl of a type without syntactic errors.
pub(crate) fn expand(model: &Model<'_>) -> TokenStream {
    let span = at(model.ident.span());
    let private = private(model, span);
    let desc = match &model.body {
        Body::Struct(fields) => struct_desc(model, fields),
        Body::Enum(variants) => enum_desc(model, variants),
        Body::Union(_) => TokenStream::new(),
    };
    let marks = marks(model, &private);
    let desc = crate::base::with_variant(model, quote!(#desc #marks));
    let drop_glue = format!(
        "ShmSafe: `{}` has drop glue, which never runs after a crash; remove `impl Drop` and end things explicitly",
        model.ident
    );
    let desc = quote_spanned! {span=> {
        #private::no_drop_glue::<Self>(#drop_glue);
        &#desc
    }};
    let item = shm_impl(model, &desc, false);
    let evaluated = evaluated(model);
    quote!(#item #evaluated)
}

/// `<crate>::__private`, to be shown at `span`.
pub(crate) fn private(model: &Model<'_>, span: Span) -> TokenStream {
    let Some(path) = &model.attrs.krate else {
        return quote_spanned!(span=> ::resume_core::__private);
    };
    let path = path.to_token_stream().into_iter().map(|mut token| {
        token.set_span(token.span().located_at(span));
        token
    });
    quote_spanned!(span=> #(#path)*::__private)
}

/// The impl with its bounds and its name, around the value of `DESC`.
///
/// `fallback` asks for an impl that adds no errors of its own.
///
/// It is not marked `#[automatically_derived]`: for such an impl rustc advises users to write their own.
pub(crate) fn shm_impl(model: &Model<'_>, desc: &TokenStream, fallback: bool) -> TokenStream {
    let span = at(model.ident.span());
    let private = private(model, span);
    let ident = model.ident;
    let mut generics = model.generics.clone();
    if !model.generics.params.is_empty() {
        let bounds = model.generics.params.iter().filter_map(|param| bound(param, &private));
        generics.make_where_clause().predicates.extend(bounds);
    }
    if fallback {
        // The type may end in a `dyn` or a slice; the lifetime defers the bound from here to a use.
        generics.make_where_clause().predicates.push(parse_quote!(for<'__no> Self: #private::Sized));
    }
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    let name = model.attrs.id.as_ref().map_or_else(|| plain_name(ident), |id| id.value());
    let args = model.generics.params.iter().filter_map(|param| match param {
        GenericParam::Type(p) => {
            let p = &p.ident;
            Some(quote_spanned!(span=> #private::IdentArg::Type(<#p as #private::ShmSafe>::ID)))
        }
        GenericParam::Const(p) => {
            let p = &p.ident;
            Some(quote_spanned!(span=> #private::IdentArg::Const(#p as #private::i128)))
        }
        GenericParam::Lifetime(_) => None,
    });
    // Only where needed: under `#![forbid(deprecated)]` an `allow` is an error.
    let allow = model.deprecated.then(|| quote_spanned!(span=> #[allow(deprecated)]));
    quote_spanned! {span=>
        #allow
        unsafe impl #impl_generics #private::ShmSafe for #ident #type_generics #where_clause {
            const ID: &'static #private::Ident = &#private::Ident::new(#name, &[#(#args),*]);
            const DESC: &'static #private::TypeDesc = #desc;
        }
    }
}

/// What the impl asks of a parameter. A lifetime occurs only in a fallback, where this keeps the
/// supertrait `'static` from adding an error of its own.
fn bound(param: &GenericParam, private: &TokenStream) -> Option<WherePredicate> {
    match param {
        GenericParam::Type(p) => {
            let p = &p.ident;
            Some(parse_quote!(#p: #private::ShmSafe))
        }
        GenericParam::Lifetime(p) => {
            let p = &p.lifetime;
            Some(parse_quote!(#p: 'static))
        }
        GenericParam::Const(_) => None,
    }
}

/// Makes the const checks of a type without parameters run where it is defined, not where it is used.
fn evaluated(model: &Model<'_>) -> TokenStream {
    if !model.generics.params.is_empty() {
        return TokenStream::new();
    }
    let span = at(model.ident.span());
    let (private, ident) = (private(model, span), model.ident);
    let allow = model.deprecated.then(|| quote_spanned!(span=> #[allow(deprecated)]));
    quote_spanned!(span=> #allow const _: &#private::TypeDesc = <#ident as #private::ShmSafe>::DESC;)
}

/// `.with_marks(…)`, where the author declared anything.
fn marks(model: &Model<'_>, private: &TokenStream) -> Option<TokenStream> {
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
        Some(name) => quote_spanned!(span=> #private::Some(#name)),
        None => quote_spanned!(span=> #private::None),
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
                .unwrap_or_else(|| quote_spanned!(span=> #private::None));
            let renamed_from = old_name(&attrs.renamed_from);
            let (reserved, transient) = (attrs.reserved.is_some(), attrs.transient.is_some());
            quote_spanned! {span=>
                #private::FieldMark {
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

fn struct_desc(model: &Model<'_>, fields: &[Field<'_>]) -> TokenStream {
    let span = at(model.ident.span());
    let private = private(model, span);
    let probe = probe(model, &quote_spanned!(span=> Self), fields, false);
    let transparent = model.repr.transparent.is_some();
    let descs = fields.iter().enumerate().map(|(i, f)| {
        let member = &f.member;
        let offset = match transparent {
            true => quote!(0),
            false => quote_spanned!(span=> #private::offset_of!(Self, #member)),
        };
        field(model, f, i, &offset)
    });
    let descs = quote_spanned!(span=> const { #probe &[#(#descs),*] });
    if transparent {
        return quote_spanned!(span=> #private::transparent_struct::<Self>(<Self as #private::ShmSafe>::ID, #descs));
    }
    let align = model.repr.align.map_or(1, |(n, _)| n);
    quote_spanned!(span=> #private::c_struct::<Self>(<Self as #private::ShmSafe>::ID, #descs, #align))
}

fn enum_desc(model: &Model<'_>, variants: &[Variant<'_>]) -> TokenStream {
    let span = at(model.ident.span());
    let private = private(model, span);
    let tag = match model.repr.int.as_ref().and_then(|int| int.prim()) {
        Some(prim) => Ident::new(prim, span),
        // `repr(C)` alone: the tag is a C `int`, which has 32 bits on every Linux target.
        None => Ident::new("I32", span),
    };
    let start = match model.repr.c {
        Some(_) => quote_spanned!(span=> payload_start::<Self>),
        None => quote_spanned!(span=> tag_end),
    };
    let tags = Tags::of(model, variants, &private, span);
    let descs = variants.iter().zip(&tags.values).map(|(v, value)| {
        let (name, read) = (&v.name, variant_fields(model, v, variants.len() == 1, value));
        quote_spanned!(span=> #private::VariantDesc { name: #name, discriminant: #value, fields: #read })
    });
    let all = variants.iter().map(|v| {
        let ident = v.ident;
        let rest = (!v.fields.is_empty()).then(|| quote_spanned!(span=> ..));
        quote_spanned!(span=> Self::#ident { #rest })
    });
    let lets = &tags.lets;
    quote_spanned! {span=>
        #private::enumeration::<Self>(<Self as #private::ShmSafe>::ID, #private::Prim::#tag, #private::#start(#private::Prim::#tag), const {
            match #private::None::<&Self> { #private::None | #private::Some(#(#all)|*) => {} }
            let __shm_tag = #private::Prim::#tag;
            #(#lets)*
            &[#(#descs),*]
        })
    }
}

/// The fields of a variant, with the offsets that the compiler gave them.
///
/// The language has no `offset_of!` for variants and no cast for the discriminant of a data enum. So the
/// compiler is asked at its own work: bytes that hold only the tag are matched against the variant's
/// pattern, which fails the build if the discriminant is another than the derive read, and the fields'
/// places are compared with the start. The value is never read, and nothing of this runs.
fn variant_fields(model: &Model<'_>, v: &Variant<'_>, only: bool, value: &TokenStream) -> TokenStream {
    let span = at(model.ident.span());
    let (private, ident) = (private(model, span), v.ident);
    if v.unit && model.is_unit_enum() {
        return quote_spanned!(span=> &[]);
    }
    let locals: Vec<_> = v.fields.iter().enumerate().map(|(i, f)| local(i, f.span)).collect();
    let members = v.fields.iter().map(|f| &f.member);
    let other = match only {
        // The pattern of an only variant does not look at the tag.
        true => quote_spanned!(span=> ),
        false => quote_spanned!(span=> _ => #private::other_discriminant(),),
    };
    let look = only.then(|| quote_spanned!(span=> unsafe { #private::look_at_tag(__shm_at) }));
    let fields = v.fields.iter().enumerate().map(|(i, f)| {
        let local = local(i, f.span);
        let offset = quote_spanned!(span=> unsafe { #private::offset_in(__shm_at, #local) });
        field(model, f, i, &offset)
    });
    quote_spanned! {span=> {
        let mut __shm_bytes = #private::MaybeUninit::<Self>::uninit();
        let __shm_at = #private::tagged(&mut __shm_bytes, __shm_tag, #value);
        #look
        let (#(#locals,)*) = unsafe {
            match *__shm_at {
                Self::#ident { #(#members: ref #locals,)* } => (#(#private::Some(#locals),)*),
                #other
            }
        };
        &[#(#fields),*]
    }}
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
    fn of(model: &Model<'_>, variants: &[Variant<'_>], private: &TokenStream, span: Span) -> Self {
        let (mut lets, mut values) = (Vec::new(), Vec::new());
        if model.is_unit_enum() {
            values.extend(variants.iter().map(|v| {
                let ident = v.ident;
                quote_spanned!(span=> Self::#ident as #private::i128)
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
            if let Some(expr) = v.discriminant {
                let (name, expr) = (Ident::new(&format!("__shm_tag_{i}"), span), grouped(expr));
                lets.push(quote_spanned! {span=>
                    let #name = { const __SHM_TAG: #private::#int = #expr; __SHM_TAG as #private::i128 };
                });
                (base, above_base) = (Some(name), 0);
            }
            let above = proc_macro2::Literal::i128_suffixed(above_base);
            values.push(match &base {
                Some(base) => quote_spanned!(span=> #base + #above),
                None => quote_spanned!(span=> #above),
            });
            above_base += 1;
        }
        Self { lets, values }
    }
}

/// An expression whose invisible groups, which come from `$x:expr` of a macro, are parentheses: rustc does
/// not keep the invisible ones of generated code, and `$x * 3` would become `1 + 2 * 3`.
fn grouped(expr: &Expr) -> TokenStream {
    let mut expr = expr.clone();
    parenthesize(&mut expr);
    expr.into_token_stream()
}

fn parenthesize(expr: &mut Expr) {
    match expr {
        Expr::Group(group) => {
            let mut inner = (*group.expr).clone();
            parenthesize(&mut inner);
            *expr = parse_quote!((#inner));
        }
        Expr::Binary(binary) => {
            parenthesize(&mut binary.left);
            parenthesize(&mut binary.right);
        }
        Expr::Unary(unary) => parenthesize(&mut unary.expr),
        Expr::Paren(paren) => parenthesize(&mut paren.expr),
        Expr::Cast(cast) => parenthesize(&mut cast.expr),
        // Deeper ones: what comes out wrong differs from the compiler's own value, and is refused.
        _ => {}
    }
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
    let private = private(model, span);
    let fields: Vec<_> = fields.into_iter().collect();
    if fields.is_empty() && open {
        return TokenStream::new();
    }
    let locals: Vec<_> = fields.iter().enumerate().map(|(i, f)| local(i, f.span)).collect();
    let members = fields.iter().map(|f| &f.member);
    let nones = fields.iter().map(|_| quote_spanned!(span=> #private::None));
    let rest = open.then(|| quote_spanned!(span=> ..));
    quote_spanned! {span=>
        let (#(#locals,)*) = match #private::None::<&Self> {
            #private::Some(#of { #(#members: #locals,)* #rest }) => (#(#private::Some(#locals),)*),
            _ => (#(#nones,)*),
        };
    }
}

/// One `FieldDesc` of inferred type; `index` is that of its local in [`probe`].
pub(crate) fn field(model: &Model<'_>, f: &Field<'_>, index: usize, offset: &TokenStream) -> TokenStream {
    let span = at(f.span);
    let private = private(model, span);
    let (name, local) = (&f.name, local(index, f.span));
    let make = Ident::new(if f.attrs.allow_usize.is_some() { "word_field" } else { "field" }, span);
    quote_spanned!(span=> #private::#make::<Self, _>(#name, #offset, #local))
}

/// A local that no item of the user's is called: a `const` of that name would turn the pattern into a test.
pub(crate) fn local(index: usize, span: Span) -> Ident {
    Ident::new(&format!("__shm_field_{index}"), at(span))
}
