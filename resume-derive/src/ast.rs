//! What was written, with the attributes read: the input of the later stages.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Expr, Generics, Index, Member, Type};

use crate::attr::{self, Errors, FieldAttrs, Repr, TypeAttrs};

/// The type that derives.
pub(crate) struct Model<'i> {
    pub(crate) ident: &'i Ident,
    pub(crate) generics: &'i Generics,
    pub(crate) repr: Repr,
    pub(crate) attrs: TypeAttrs,
    /// Some part is `#[deprecated]`: naming it must not warn where it is defined.
    pub(crate) deprecated: bool,
    pub(crate) body: Body<'i>,
}

/// What kind of type it is.
pub(crate) enum Body<'i> {
    Struct(Vec<Field<'i>>),
    Enum(Vec<Variant<'i>>),
    /// Refused; the span of the keyword.
    Union(Span),
}

/// A field of a struct or a variant.
pub(crate) struct Field<'i> {
    /// How the field is named in expressions and patterns.
    pub(crate) member: Member,
    /// The name in the descriptor: no `r#`, the position for a tuple field.
    pub(crate) name: String,
    /// Read for pure syntax and for spans only; the expansion never repeats it.
    pub(crate) ty: &'i Type,
    pub(crate) attrs: FieldAttrs,
    /// The whole `name: Type`, where a refusal points.
    pub(crate) span: Span,
}

/// A variant of an enum.
pub(crate) struct Variant<'i> {
    pub(crate) ident: &'i Ident,
    pub(crate) name: String,
    /// No parentheses or braces follow the name.
    pub(crate) unit: bool,
    pub(crate) fields: Vec<Field<'i>>,
    pub(crate) discriminant: Option<&'i Expr>,
    /// The base state of an enum without a variant 0; where that is said.
    pub(crate) default: Option<Span>,
}

impl<'i> Model<'i> {
    /// Reads the input; what is wrong with its attributes goes to `errors`.
    pub(crate) fn of(input: &'i DeriveInput, errors: &mut Errors) -> Self {
        let body = match &input.data {
            Data::Struct(data) => Body::Struct(fields(data.fields.iter(), errors)),
            Data::Enum(data) => Body::Enum(data.variants.iter().map(|v| variant(v, errors)).collect()),
            Data::Union(data) => {
                for f in &data.fields.named {
                    attr::field_attrs(&f.attrs, errors);
                }
                Body::Union(data.union_token.span)
            }
        };
        Self {
            ident: &input.ident,
            generics: &input.generics,
            repr: attr::repr(&input.attrs, errors),
            attrs: attr::type_attrs(&input.attrs, errors),
            deprecated: attr::deprecated(&input.attrs) || deprecated_part(&input.data),
            body,
        }
    }
}

impl Model<'_> {
    /// Whether it is an enum of which no variant has fields or braces.
    pub(crate) fn is_unit_enum(&self) -> bool {
        matches!(&self.body, Body::Enum(variants) if variants.iter().all(|v| v.unit))
    }
}

fn deprecated_part(data: &Data) -> bool {
    let any = |fields: &syn::Fields| fields.iter().any(|f| attr::deprecated(&f.attrs));
    match data {
        Data::Struct(data) => any(&data.fields),
        Data::Enum(data) => data.variants.iter().any(|v| attr::deprecated(&v.attrs) || any(&v.fields)),
        Data::Union(_) => false,
    }
}

fn variant<'i>(v: &'i syn::Variant, errors: &mut Errors) -> Variant<'i> {
    Variant {
        default: attr::variant_attrs(&v.attrs, errors),
        ident: &v.ident,
        name: plain_name(&v.ident),
        unit: matches!(v.fields, syn::Fields::Unit),
        fields: fields(v.fields.iter(), errors),
        discriminant: v.discriminant.as_ref().map(|(_, expr)| expr),
    }
}

fn fields<'i>(fields: impl Iterator<Item = &'i syn::Field>, errors: &mut Errors) -> Vec<Field<'i>> {
    fields
        .enumerate()
        .map(|(position, f)| {
            let (member, name) = match &f.ident {
                Some(ident) => (Member::Named(ident.clone()), plain_name(ident)),
                None => {
                    let index = Index { index: position as u32, span: f.ty.span() };
                    (Member::Unnamed(index), position.to_string())
                }
            };
            let attrs = attr::field_attrs(&f.attrs, errors);
            Field { member, name, ty: &f.ty, attrs, span: name_and_type(f).span() }
        })
        .collect()
}

/// The tokens a refusal points at: not the attributes and the visibility before them.
fn name_and_type(f: &syn::Field) -> TokenStream {
    let mut tokens = f.ident.to_token_stream();
    f.colon_token.to_tokens(&mut tokens);
    f.ty.to_tokens(&mut tokens);
    tokens
}

/// An identifier without `r#`.
pub(crate) fn plain_name(ident: &Ident) -> String {
    let name = ident.to_string();
    name.strip_prefix("r#").map(str::to_owned).unwrap_or(name)
}
