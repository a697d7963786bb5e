//! The saved layout: JSON, schema version 2.
//!
//! ```json
//! { "format": "resume-layout", "version": 2, "root": "Scene",
//!   "layout": "32 hex digits", "schema": "32 hex digits", "marks": "32 hex digits",
//!   "types": [
//!     { "name": "Scene", "kind": "struct", "size": 8, "align": 4, "layout": "…", "schema": "…",
//!       "plain": true, "zero_valid": true,
//!       "fields": [ { "name": "id", "offset": 0, "type": "u32" } ] } ] }
//! ```
//!
//! The first type is the root; parts name their types. By `kind`: `scalar` has `primitive` and `non_zero`;
//! `array` has `element` and `length`; `struct` has `fields`; `enum` has `tag` and `variants` (`name`,
//! `discriminant`, `fields`); `container` has `role`, `capacity` and `fields`; `handle` has `target`.
//! What an author declared is there only where it was: `renamed_from` on a type or a field, `reserved`,
//! `transient` and `default` on a field.
//! A number that JSON readers may round (beyond 2^53) is exact here. A discriminant beyond 64 bits is a
//! string.
//!
//! A reader recomputes both hashes of every type and `marks`, the hash of what was declared, so a file that was
//! edited by hand is refused. Version 1 had no `marks` and is refused, too: save the layout again.

use std::collections::HashMap;

use resume_core::layout::{Claim, Draft, Field, Layout, Marks, ModelError, Prim, Role, Shape, Variant, hex};
use serde::{Deserialize, Serialize};

/// What a saved layout says it is.
pub(super) const FORMAT: &str = "resume-layout";
/// The version of the schema that is written and read.
pub(super) const VERSION: u32 = 2;

/// Why JSON is not a saved layout.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum JsonError {
    /// Not JSON, or not of the schema.
    #[error(
        "expected a saved layout (JSON), found an error in it: {0}; save it again with \
         `cargo resume layout EXECUTABLE --format json`"
    )]
    Syntax(#[from] serde_json::Error),
    /// Another format.
    #[error("expected JSON with \"format\": \"{FORMAT}\", found \"{found}\"")]
    Format { found: String },
    /// Another version.
    #[error(
        "expected a saved layout of version {VERSION}, found {found}; save it again from its executable (a newer version: \
         use the `cargo resume` that wrote it)"
    )]
    Version { found: u32 },
    /// A value outside of its set.
    #[error("the saved layout is damaged: expected {expected} in type `{owner}`, found `{found}`")]
    Value { owner: String, expected: &'static str, found: String },
    /// A mark was edited: the other hashes do not see it.
    #[error(
        "expected the marks hash {expected} (computed from `reserved`, `transient`, `default` and `renamed_from`), found \
         {found}; the saved layout is damaged or was edited: save it again"
    )]
    Marks { expected: String, found: String },
    /// It contradicts itself.
    #[error("the saved layout is damaged or was edited: {0}; save it again")]
    Model(#[from] ModelError),
}

#[derive(Serialize, Deserialize)]
struct File {
    format: String,
    version: u32,
    root: String,
    layout: String,
    schema: String,
    marks: String,
    types: Vec<Type>,
}

/// What every version has.
#[derive(Deserialize)]
struct Any {
    format: String,
    version: u32,
}

#[derive(Serialize, Deserialize)]
struct Type {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    renamed_from: Option<String>,
    #[serde(flatten)]
    kind: Kind,
    size: u64,
    align: u64,
    layout: String,
    schema: String,
    plain: bool,
    zero_valid: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Kind {
    Scalar { primitive: String, non_zero: bool },
    Array { element: String, length: u64 },
    Struct { fields: Vec<Part> },
    Enum { tag: String, variants: Vec<Case> },
    Container { role: String, capacity: u64, fields: Vec<Part> },
    Handle { target: String },
}

#[derive(Serialize, Deserialize)]
struct Part {
    name: String,
    offset: u64,
    #[serde(rename = "type")]
    ty: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    renamed_from: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    reserved: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    transient: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    default: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

#[derive(Serialize, Deserialize)]
struct Case {
    name: String,
    discriminant: Discriminant,
    fields: Vec<Part>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Discriminant {
    Negative(i64),
    Positive(u64),
    Wide(String),
}

impl From<i128> for Discriminant {
    fn from(number: i128) -> Self {
        match (i64::try_from(number), u64::try_from(number)) {
            (Ok(number), _) => Self::Negative(number),
            (_, Ok(number)) => Self::Positive(number),
            _ => Self::Wide(number.to_string()),
        }
    }
}

/// The saved form of a layout.
pub(super) fn write(layout: &Layout) -> String {
    let root = layout.root();
    let file = File {
        format: FORMAT.to_owned(),
        version: VERSION,
        root: root.name.clone(),
        layout: hex(root.layout),
        schema: hex(root.schema),
        marks: hex(layout.declared()),
        types: layout.types().iter().map(|ty| type_of(layout, ty)).collect(),
    };
    to_text(&file)
}

/// Pretty JSON with a newline at its end.
pub(super) fn to_text(value: &impl Serialize) -> String {
    match serde_json::to_string_pretty(value) {
        Ok(text) => text + "\n",
        // Only maps with keys that are no strings, and failing writers, do not serialize.
        Err(e) => unreachable!("plain data serializes: {e}"),
    }
}

fn type_of(layout: &Layout, ty: &resume_core::layout::Type) -> Type {
    let name = |index: usize| layout.ty(index).name.clone();
    let parts = |fields: &[Field]| {
        let part = |f: &Field| Part {
            name: f.name.clone(),
            offset: f.offset,
            ty: name(f.ty),
            renamed_from: f.marks.renamed_from.clone(),
            reserved: f.marks.reserved,
            transient: f.marks.transient,
            default: f.marks.default,
        };
        fields.iter().map(part).collect::<Vec<_>>()
    };
    let kind = match &ty.shape {
        Shape::Scalar { prim, non_zero } => Kind::Scalar { primitive: prim_name(*prim), non_zero: *non_zero },
        Shape::Array { elem, len } => Kind::Array { element: name(*elem), length: *len },
        Shape::Struct { fields } => Kind::Struct { fields: parts(fields) },
        Shape::Container { role, capacity, fields } => {
            Kind::Container { role: role_name(*role), capacity: *capacity, fields: parts(fields) }
        }
        Shape::Handle { target } => Kind::Handle { target: target.clone() },
        Shape::Enum { tag, variants } => {
            let case = |v: &Variant| Case {
                name: v.name.clone(),
                discriminant: v.discriminant.into(),
                fields: parts(&v.fields),
            };
            Kind::Enum { tag: prim_name(*tag), variants: variants.iter().map(case).collect() }
        }
        other => unreachable!("this crate and resume-core are of one version: {other:?}"),
    };
    Type {
        name: ty.name.clone(),
        renamed_from: ty.renamed_from.clone(),
        kind,
        size: ty.size,
        align: ty.align,
        layout: hex(ty.layout),
        schema: hex(ty.schema),
        plain: ty.plain,
        zero_valid: ty.zero_valid,
    }
}

/// Reads a saved layout that anybody may have written.
pub(super) fn read(bytes: &[u8]) -> Result<Layout, JsonError> {
    let any: Any = serde_json::from_slice(bytes)?;
    if any.format != FORMAT {
        return Err(JsonError::Format { found: any.format });
    }
    if any.version != VERSION {
        return Err(JsonError::Version { found: any.version });
    }
    let file: File = serde_json::from_slice(bytes)?;
    let names: HashMap<&str, usize> =
        file.types.iter().enumerate().map(|(i, ty)| (ty.name.as_str(), i)).collect();
    let drafts = file.types.iter().map(|ty| draft(ty, &names)).collect::<Result<Vec<_>, _>>()?;
    let layout = Layout::new(drafts)?;
    let root = layout.root();
    for (expected, found) in
        [(root.name.clone(), file.root), (hex(root.layout), file.layout), (hex(root.schema), file.schema)]
    {
        if expected != found {
            let owner = root.name.clone();
            return Err(JsonError::Value { owner, expected: "the root's name and hashes on top", found });
        }
    }
    let expected = hex(layout.declared());
    if expected != file.marks {
        return Err(JsonError::Marks { expected, found: file.marks.chars().take(80).collect() });
    }
    Ok(layout)
}

fn draft(ty: &Type, names: &HashMap<&str, usize>) -> Result<Draft, JsonError> {
    let wrong = |expected, found: &str| JsonError::Value {
        owner: ty.name.clone(),
        expected,
        found: found.chars().take(80).collect(),
    };
    let index = |name: &String| {
        names.get(name.as_str()).copied().ok_or_else(|| wrong("the name of a type in the file", name))
    };
    let fields = |parts: &[Part]| {
        let field = |p: &Part| {
            let marks = Marks {
                renamed_from: p.renamed_from.clone(),
                reserved: p.reserved,
                transient: p.transient,
                default: p.default,
            };
            Ok(Field { name: p.name.clone(), offset: p.offset, ty: index(&p.ty)?, marks })
        };
        parts.iter().map(field).collect::<Result<Vec<_>, JsonError>>()
    };
    let prim = |name: &String| prim_of(name).ok_or_else(|| wrong("a primitive type", name));
    let shape = match &ty.kind {
        Kind::Scalar { primitive, non_zero } => Shape::Scalar { prim: prim(primitive)?, non_zero: *non_zero },
        Kind::Array { element, length } => Shape::Array { elem: index(element)?, len: *length },
        Kind::Struct { fields: parts } => Shape::Struct { fields: fields(parts)? },
        Kind::Handle { target } => Shape::Handle { target: target.clone() },
        Kind::Container { role, capacity, fields: parts } => {
            let role = role_of(role).ok_or_else(|| wrong("the role of a container", role))?;
            Shape::Container { role, capacity: *capacity, fields: fields(parts)? }
        }
        Kind::Enum { tag, variants } => {
            let variant = |case: &Case| {
                let discriminant = match &case.discriminant {
                    Discriminant::Negative(number) => i128::from(*number),
                    Discriminant::Positive(number) => i128::from(*number),
                    Discriminant::Wide(text) => text.parse().map_err(|_| wrong("a number", text))?,
                };
                Ok(Variant { name: case.name.clone(), discriminant, fields: fields(&case.fields)? })
            };
            let variants = variants.iter().map(variant).collect::<Result<_, JsonError>>()?;
            Shape::Enum { tag: prim(tag)?, variants }
        }
    };
    let hash = |text: &String| match u128::from_str_radix(text, 16) {
        Ok(hash) if text.len() == 32 => Ok(hash),
        _ => Err(wrong("a hash of 32 hexadecimal digits", text)),
    };
    let claim = Claim {
        layout: hash(&ty.layout)?,
        schema: hash(&ty.schema)?,
        plain: ty.plain,
        zero_valid: ty.zero_valid,
    };
    Ok(Draft {
        name: ty.name.clone(),
        renamed_from: ty.renamed_from.clone(),
        shape,
        size: ty.size,
        align: ty.align,
        claim: Some(claim),
    })
}

/// `u32`, `bool`, …
fn prim_name(prim: Prim) -> String {
    format!("{prim:?}").to_lowercase()
}

pub(super) fn prim_of(name: &str) -> Option<Prim> {
    (0..=u8::MAX).filter_map(Prim::from_number).find(|prim| prim_name(*prim) == name)
}

/// `vec`, `event_queue`, …
pub(super) fn role_name(role: Role) -> String {
    let mut out = String::new();
    for c in format!("{role:?}").chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

pub(super) fn role_of(name: &str) -> Option<Role> {
    (0..=u8::MAX).filter_map(Role::from_number).find(|role| role_name(*role) == name)
}

#[cfg(test)]
mod tests {
    use super::super::random::Random;
    use super::super::schema::layout;
    use super::*;

    #[test]
    fn what_is_written_is_read_and_no_damage_panics() {
        let whole = layout(
            "R { a: Pool<P, 9>, b: StaticMap<u64, S, 4>, c: [u8; 3], d!: [u8; 5] } \
             P { h: Handle<P>, z: NonZeroU32, new@old: u32 } \
             enum S: u64 { A = 18446744073709551615, B { x: f64 } = 3 }",
        );
        let text = write(&whole);
        assert_eq!(read(text.as_bytes()).expect("whole"), whole);
        let mut random = Random::new(11);
        for input in 0..super::super::fuzz_inputs(5_000) {
            let bytes = super::super::damaged_text(&mut random, &text);
            // White space may change; what is believed is the same layout.
            if let Ok(found) = read(&bytes) {
                assert_eq!(found, whole, "input {input}: {}", String::from_utf8_lossy(&bytes));
            }
        }
    }

    #[test]
    fn discriminants_of_all_widths_are_exact() {
        for number in [0, -1, i64::MIN.into(), u64::MAX.into(), i128::MAX, i128::MIN] {
            let text = serde_json::to_string(&Discriminant::from(number)).expect("JSON");
            let back = match serde_json::from_str(&text).expect("JSON") {
                Discriminant::Negative(n) => n.into(),
                Discriminant::Positive(n) => n.into(),
                Discriminant::Wide(n) => n.parse::<i128>().expect("a number"),
            };
            assert_eq!(back, number);
        }
    }
}
