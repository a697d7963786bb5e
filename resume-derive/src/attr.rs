//! `#[repr(…)]` and `#[shm(…)]`, read once and with every error kept.

use crate::base::FieldDefault;
use proc_macro2::{Ident, Span};
use syn::meta::ParseNestedMeta;
use syn::{Attribute, LitInt, LitStr, Path};

/// The errors of one derive, all shown together.
#[derive(Default)]
pub(crate) struct Errors(Option<syn::Error>);

impl Errors {
    pub(crate) fn add(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(first) => first.combine(error),
            None => self.0 = Some(error),
        }
    }

    pub(crate) fn at(&mut self, span: Span, message: impl core::fmt::Display) {
        self.add(syn::Error::new(span, message));
    }

    pub(crate) fn into_error(self) -> Option<syn::Error> {
        self.0
    }
}

/// An integer representation.
#[derive(Clone)]
pub(crate) struct Int {
    /// As written: `u8`.
    pub(crate) ident: Ident,
}

impl Int {
    /// The name of the `Prim` variant, if the width is the same on every machine.
    pub(crate) fn prim(&self) -> Option<&'static str> {
        Some(match self.ident.to_string().as_str() {
            "u8" => "U8",
            "u16" => "U16",
            "u32" => "U32",
            "u64" => "U64",
            "i8" => "I8",
            "i16" => "I16",
            "i32" => "I32",
            "i64" => "I64",
            _ => return None,
        })
    }
}

/// Everything that the `#[repr]` attributes of a type say.
#[derive(Default)]
pub(crate) struct Repr {
    pub(crate) c: Option<Span>,
    pub(crate) transparent: Option<Span>,
    pub(crate) packed: Option<Span>,
    pub(crate) int: Option<Int>,
    /// The largest `align(N)`, and where it stands.
    pub(crate) align: Option<(u64, Span)>,
    /// A word that is none of the above, such as `Rust` or `simd`.
    pub(crate) other: Option<Ident>,
}

/// Reads `#[repr]`. What rustc itself reports (two integers, a bad `align`) is not reported again.
pub(crate) fn repr(attrs: &[Attribute], errors: &mut Errors) -> Repr {
    let mut repr = Repr::default();
    for attr in attrs.iter().filter(|a| a.path().is_ident("repr")) {
        let read = attr.parse_nested_meta(|meta| {
            let Some(ident) = meta.path.get_ident().cloned() else {
                return Err(meta.error("ShmSafe: expected a representation such as `C`"));
            };
            match ident.to_string().as_str() {
                "C" => repr.c = Some(ident.span()),
                "transparent" => repr.transparent = Some(ident.span()),
                "packed" => {
                    repr.packed = Some(ident.span());
                    if meta.input.peek(syn::token::Paren) {
                        argument(&meta)?;
                    }
                }
                "align" => {
                    let n = argument(&meta)?;
                    if repr.align.is_none_or(|(max, _)| n > max) {
                        repr.align = Some((n, ident.span()));
                    }
                }
                "u8" | "u16" | "u32" | "u64" | "u128" | "usize" | "i8" | "i16" | "i32" | "i64" | "i128"
                | "isize" => repr.int = Some(Int { ident }),
                _ => repr.other = Some(ident),
            }
            Ok(())
        });
        if let Err(error) = read {
            errors.add(error);
        }
    }
    repr
}

fn argument(meta: &ParseNestedMeta<'_>) -> syn::Result<u64> {
    let content;
    syn::parenthesized!(content in meta.input);
    content.parse::<LitInt>()?.base10_parse()
}

/// Whether `#[deprecated]` is among `attrs`.
pub(crate) fn deprecated(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|a| a.path().is_ident("deprecated"))
}

/// `#[shm(…)]` on a type.
#[derive(Default)]
pub(crate) struct TypeAttrs {
    pub(crate) id: Option<LitStr>,
    pub(crate) krate: Option<Path>,
    pub(crate) renamed_from: Option<LitStr>,
}

/// `#[shm(…)]` on a field.
#[derive(Default)]
pub(crate) struct FieldAttrs {
    pub(crate) allow_usize: Option<Span>,
    pub(crate) renamed_from: Option<LitStr>,
    pub(crate) reserved: Option<Span>,
    pub(crate) transient: Option<Span>,
    pub(crate) default: Option<FieldDefault>,
}

impl FieldAttrs {
    /// Whether the descriptor records any of them.
    pub(crate) fn is_marked(&self) -> bool {
        self.renamed_from.is_some()
            || self.reserved.is_some()
            || self.transient.is_some()
            || self.default.is_some()
    }
}

pub(crate) fn type_attrs(attrs: &[Attribute], errors: &mut Errors) -> TypeAttrs {
    let mut read = TypeAttrs::default();
    each_shm(attrs, errors, |key, meta| {
        match key {
        "id" => {
            let id = meta.value()?.parse::<LitStr>()?;
            once(&mut read.id, stable_name(id)?, meta)
        }
        "crate" => once(&mut read.krate, crate_path(&meta.value()?.parse()?)?, meta),
        "renamed_from" => once(&mut read.renamed_from, stable_name(meta.value()?.parse()?)?, meta),
        "allow_usize" | "reserved" | "transient" => {
            Err(meta.error(format_args!("ShmSafe: `{key}` belongs on the field it is for")))
        }
        "default" => Err(meta.error(
            "ShmSafe: `default` belongs on a field (`#[shm(default = …)]`) or on a variant (`#[shm(default)]`)",
        )),
        _ => Err(unknown(meta, "a type knows `id = \"…\"`, `renamed_from = \"…\"` and `crate = \"…\"`")),
    }
    });
    read
}

pub(crate) fn field_attrs(attrs: &[Attribute], errors: &mut Errors) -> FieldAttrs {
    let mut read = FieldAttrs::default();
    each_shm(attrs, errors, |key, meta| match key {
        "allow_usize" => once(&mut read.allow_usize, meta.path.segments[0].ident.span(), meta),
        "reserved" => once(&mut read.reserved, meta.path.segments[0].ident.span(), meta),
        "transient" => once(&mut read.transient, meta.path.segments[0].ident.span(), meta),
        "renamed_from" => once(&mut read.renamed_from, stable_name(meta.value()?.parse()?)?, meta),
        "default" => {
            let span = meta.path.segments[0].ident.span();
            let expr = match meta.input.peek(syn::Token![=]) {
                true => Some(meta.value()?.parse()?),
                false => None,
            };
            once(&mut read.default, FieldDefault { span, expr }, meta)
        }
        "id" | "crate" => Err(meta.error(format_args!("ShmSafe: `{key}` belongs on the type"))),
        _ => Err(unknown(
            meta,
            "a field knows `allow_usize`, `default = …`, `renamed_from = \"…\"`, `reserved` and `transient`",
        )),
    });
    read
}

/// `#[shm(default)]` on a variant.
pub(crate) fn variant_attrs(attrs: &[Attribute], errors: &mut Errors) -> Option<Span> {
    let mut default = None;
    each_shm(attrs, errors, |key, meta| match key {
        "default" if meta.input.peek(syn::Token![=]) => Err(meta.error(
            "ShmSafe: a variant is the base state as it is: `#[shm(default)]`, and its fields have their own",
        )),
        "default" => once(&mut default, meta.path.segments[0].ident.span(), meta),
        _ => Err(unknown(meta, "a variant knows `default`")),
    });
    default
}

/// Runs `read` for each `key` of each `#[shm(key, …)]`, and keeps its errors.
fn each_shm(
    attrs: &[Attribute],
    errors: &mut Errors,
    mut read: impl FnMut(&str, &ParseNestedMeta<'_>) -> syn::Result<()>,
) {
    for attr in attrs.iter().filter(|a| a.path().is_ident("shm")) {
        let parsed = attr.parse_nested_meta(|meta| {
            let key = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
            let refused = read(&key, &meta);
            if let Err(error) = refused {
                errors.add(error);
                skip_value(&meta)?;
            }
            Ok(())
        });
        if let Err(error) = parsed {
            errors.add(error);
        }
    }
}

/// Moves to the next comma, so that one bad key does not hide the errors behind it.
fn skip_value(meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    while !meta.input.is_empty() && !meta.input.peek(syn::Token![,]) {
        meta.input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}

fn once<T>(slot: &mut Option<T>, value: T, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(meta.error("ShmSafe: this is given twice")),
    }
}

fn unknown(meta: &ParseNestedMeta<'_>, known: &str) -> syn::Error {
    let Some(key) = meta.path.get_ident() else {
        return meta.error(format_args!("ShmSafe: unknown attribute; {known}"));
    };
    meta.error(format_args!("ShmSafe: unknown attribute `{key}`; {known}"))
}

fn crate_path(path: &LitStr) -> syn::Result<Path> {
    path.parse().map_err(|_| {
        syn::Error::new(
            path.span(),
            "ShmSafe: expected a path to `resume_core`, such as `crate = \"engine::resume_core\"`",
        )
    })
}

/// A name that the text form of a layout can hold without quoting: an id, or the name of old.
fn stable_name(id: LitStr) -> syn::Result<LitStr> {
    let text = id.value();
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.:-".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return Ok(id);
    }
    Err(syn::Error::new(
        id.span(),
        "ShmSafe: a stable name is made of letters, digits, `_`, `.`, `:` and `-`, and is not empty",
    ))
}
