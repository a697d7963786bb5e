//! What was written, with the attributes read: the input of the later stages.

use proc_macro2::{Ident, Span, TokenTree};
use syn::{Expr, Generics, Index, Member};

use crate::attr::{self, Errors, FieldAttrs, Repr, TypeAttrs};
use crate::input::{self, Data, Input};
use crate::runtime::Runtime;
use crate::validate::at;

/// The type that derives.
pub(crate) struct Model<'i> {
    pub(crate) ident: &'i Ident,
    pub(crate) generics: &'i Generics,
    pub(crate) repr: Repr,
    pub(crate) attrs: TypeAttrs,
    /// The path of what generated code calls.
    pub(crate) shm: Runtime,
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
    pub(crate) ty: &'i [TokenTree],
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
    pub(crate) fn of(input: &'i Input, errors: &mut Errors) -> Self {
        let body = match &input.data {
            Data::Struct(list) => Body::Struct(fields(list, errors)),
            Data::Enum(list) => Body::Enum(list.iter().map(|v| variant(v, errors)).collect()),
            Data::Union(keyword, list) => {
                fields(list, errors);
                Body::Union(*keyword)
            }
        };
        let attrs = attr::type_attrs(&input.attrs, errors);
        Self {
            shm: Runtime::new(attrs.krate.as_ref(), at(input.ident.span())),
            ident: &input.ident,
            generics: &input.generics,
            repr: attr::repr(&input.attrs, errors),
            attrs,
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
    let any = |fields: &[input::Field]| fields.iter().any(|f| attr::deprecated(&f.attrs));
    match data {
        Data::Struct(fields) => any(fields),
        Data::Enum(variants) => variants.iter().any(|v| attr::deprecated(&v.attrs) || any(&v.fields)),
        Data::Union(..) => false,
    }
}

fn variant<'i>(v: &'i input::Variant, errors: &mut Errors) -> Variant<'i> {
    Variant {
        default: attr::variant_attrs(&v.attrs, errors),
        ident: &v.ident,
        name: plain_name(&v.ident),
        unit: v.unit,
        fields: fields(&v.fields, errors),
        discriminant: v.discriminant.as_ref(),
    }
}

fn fields<'i>(fields: &'i [input::Field], errors: &mut Errors) -> Vec<Field<'i>> {
    let read = |(position, f): (usize, &'i input::Field)| {
        let ends = [f.ty.first(), f.ty.last()].map(|token| token.map(TokenTree::span));
        let first = f.ident.as_ref().map(Ident::span).or(ends[0]).unwrap_or_else(Span::call_site);
        let (member, name) = match &f.ident {
            Some(ident) => (Member::Named(ident.clone()), plain_name(ident)),
            None => (Member::Unnamed(Index { index: position as u32, span: first }), position.to_string()),
        };
        // Where a compiler cannot join spans, the first token stands for all.
        let span = ends[1].and_then(|last| first.join(last)).unwrap_or(first);
        Field { member, name, ty: &f.ty, attrs: attr::field_attrs(&f.attrs, errors), span }
    };
    fields.iter().enumerate().map(read).collect()
}

/// An identifier without `r#`.
pub(crate) fn plain_name(ident: &Ident) -> String {
    let name = ident.to_string();
    name.strip_prefix("r#").map(str::to_owned).unwrap_or(name)
}
