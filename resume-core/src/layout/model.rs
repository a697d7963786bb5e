//! The owned model of a layout: what a record or a saved layout says, after it was proven consistent.
//!
//! A [`Layout`] can only be had by passing every check here, whoever wrote the input: names are unique,
//! references lead to types that exist, nothing contains itself, parts lie inside their owners without
//! overlap, and no chain of parts is deeper than [`DEPTH_MAX`]. So everything that walks a `Layout` may
//! recurse along its parts.
//!
//! Hashes and properties are computed here, by the code that computes them in a `const` for
//! [`TypeDesc`](super::TypeDesc). A reader compares them with those that came along ([`Claim`]).

use std::collections::HashSet;

use super::desc::{Declared, Facts, Ident, Parts, Prim, Role};
use super::encode::TYPES_MAX;

/// How deep parts may be nested, arrays and containers included.
pub const DEPTH_MAX: usize = 256;

/// How long the name of a type may be, generic arguments included.
pub(super) const TYPE_NAME_BYTES_MAX: usize = 64 << 10;

/// How long the name of a field or a variant may be.
pub(super) const NAME_BYTES_MAX: usize = 1 << 10;

/// Everything that one root reaches, each type once. The root is type 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    types: Vec<Type>,
}

/// One type of a [`Layout`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Type {
    /// The stable name with its generic arguments; unique within the layout.
    pub name: String,
    /// The shape.
    pub shape: Shape,
    /// Bytes.
    pub size: u64,
    /// Bytes.
    pub align: u64,
    /// Hash of the bytes.
    pub layout: u128,
    /// Hash of names and meaning.
    pub schema: u128,
    /// Every bit pattern is a valid value.
    pub plain: bool,
    /// Some part keeps derived data, which a dirty attach rebuilds.
    pub rebuilds: bool,
    /// All bytes zero is a valid value.
    pub zero_valid: bool,
    /// The name it had before, without arguments, if its author declared one; no part of either hash.
    pub renamed_from: Option<String>,
}

/// The shape of a [`Type`]; types are referred to by index.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// A primitive.
    Scalar {
        /// Which one.
        prim: Prim,
        /// Zero is invalid.
        non_zero: bool,
    },
    /// `[T; len]`.
    Array {
        /// The element.
        elem: usize,
        /// The number of elements.
        len: u64,
    },
    /// A struct.
    Struct {
        /// In order of declaration.
        fields: Vec<Field>,
    },
    /// An enum with a tag at offset 0.
    Enum {
        /// The tag's type.
        tag: Prim,
        /// In order of declaration.
        variants: Vec<Variant>,
    },
    /// A container of this crate.
    Container {
        /// Which one.
        role: Role,
        /// The number of elements it holds at most.
        capacity: u64,
        /// Its parts.
        fields: Vec<Field>,
    },
    /// A generational handle into a pool.
    Handle {
        /// The name of the type it leads to.
        target: String,
    },
}

/// A field of a struct, of a variant or of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "readers of saved layouts build it")]
pub struct Field {
    /// The name; the position for a tuple field.
    pub name: String,
    /// Bytes from the start of the owner (for a variant's field: of the enum).
    pub offset: u64,
    /// The index of its type.
    pub ty: usize,
    /// What its author declared.
    pub marks: Marks,
}

/// What the author of a field declared beyond its name and type; no part of either hash.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "readers of saved layouts build it")]
pub struct Marks {
    /// The name it had before.
    pub renamed_from: Option<String>,
    /// Space for later fields.
    pub reserved: bool,
    /// In its base state again at each resume.
    pub transient: bool,
    /// It starts as its author says; zero need not be that.
    pub default: bool,
}

/// A variant of an enum.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "readers of saved layouts build it")]
pub struct Variant {
    /// The name.
    pub name: String,
    /// The discriminant, which is also the value of the tag.
    pub discriminant: i128,
    /// The fields.
    pub fields: Vec<Field>,
}

/// A type as a reader found it, before it was checked: the input of [`Layout::new`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "readers of saved layouts build it")]
pub struct Draft {
    /// See [`Type::name`].
    pub name: String,
    /// See [`Type::renamed_from`].
    pub renamed_from: Option<String>,
    /// See [`Type::shape`].
    pub shape: Shape,
    /// See [`Type::size`].
    pub size: u64,
    /// See [`Type::align`].
    pub align: u64,
    /// What came along of the values that are computed; `None` computes them only.
    pub claim: Option<Claim>,
}

/// The hashes and properties that came along with a [`Draft`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "readers of saved layouts build it")]
pub struct Claim {
    /// See [`Type::layout`].
    pub layout: u128,
    /// See [`Type::schema`].
    pub schema: u128,
    /// See [`Type::plain`].
    pub plain: bool,
    /// See [`Type::zero_valid`].
    pub zero_valid: bool,
}

/// Why a set of types is not a layout. Whoever wrote it made a mistake, or it was damaged since.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// There is no root.
    #[error("expected at least one type, the root; found none")]
    NoTypes,
    /// More types than a root may reach.
    #[error("expected at most {TYPES_MAX} types, found {found}")]
    TooManyTypes {
        /// How many there are.
        found: usize,
    },
    /// A name is longer than any honest one, and paths are made of names.
    #[error("expected a name of at most {bytes_max} bytes, found {found}: `{start}…`")]
    NameTooLong {
        /// Its start.
        start: String,
        /// Its bytes.
        found: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// A name that no identifier can be.
    #[error("expected a name without control characters, found U+{found:04X} in `{start}…`")]
    NameNotText {
        /// Its start, without them.
        start: String,
        /// The first of them.
        found: u32,
    },
    /// A name occurs twice.
    #[error("expected each type once, found two types named `{name}`")]
    SameName {
        /// The name.
        name: String,
    },
    /// A part's type does not exist.
    #[error("expected type indices below {types}, found {found} in `{owner}`")]
    NoSuchType {
        /// The type with the part.
        owner: String,
        /// The index.
        found: usize,
        /// How many types there are.
        types: usize,
    },
    /// A type is a part of itself.
    #[error("expected parts that end at scalars, found `{name}` inside itself")]
    Cycle {
        /// One type of the cycle.
        name: String,
    },
    /// Parts are nested deeper than any honest type.
    #[error("expected parts nested at most {DEPTH_MAX} deep, found more below `{name}`")]
    TooDeep {
        /// Where it starts.
        name: String,
    },
    /// Sizes, alignments or offsets contradict each other.
    #[error("`{owner}` is impossible: {what}")]
    Geometry {
        /// The type.
        owner: String,
        /// What was expected and found.
        what: String,
    },
    /// A hash or property that came along is not the one computed.
    #[error("expected {what} {expected} for `{owner}` (computed from its parts), found {found}")]
    WrongClaim {
        /// The type.
        owner: String,
        /// Which of the values.
        what: &'static str,
        /// What was computed.
        expected: String,
        /// What came along.
        found: String,
    },
}

impl Layout {
    /// Checks `drafts`, of which the first is the root, and computes their hashes and properties.
    ///
    /// # Errors
    /// The first thing that is wrong with them.
    pub fn new(drafts: Vec<Draft>) -> Result<Self, ModelError> {
        if drafts.is_empty() {
            return Err(ModelError::NoTypes);
        }
        if drafts.len() > TYPES_MAX {
            return Err(ModelError::TooManyTypes { found: drafts.len() });
        }
        let mut names = HashSet::with_capacity(drafts.len());
        for draft in &drafts {
            check_names(draft)?;
            if !names.insert(draft.name.as_str()) {
                return Err(ModelError::SameName { name: draft.name.clone() });
            }
            let types = drafts.len();
            if let Some(found) = draft.shape.parts().find(|part| *part >= types) {
                return Err(ModelError::NoSuchType { owner: draft.name.clone(), found, types });
            }
        }
        let mut facts: Vec<Option<Facts>> = vec![None; drafts.len()];
        for index in parts_first(&drafts)? {
            super::geometry::check(&drafts, index)?;
            let computed = facts_of(&drafts[index], &facts);
            // Parts first: the innermost type that is wrong is named.
            check_claim(&drafts[index], &computed)?;
            facts[index] = Some(computed);
        }
        Ok(Self { types: drafts.into_iter().zip(facts.into_iter().flatten()).map(finish).collect() })
    }

    /// The root.
    pub fn root(&self) -> &Type {
        &self.types[0]
    }

    /// A hash of what the authors of the types that the root reaches declared (`renamed_from`, `reserved`,
    /// `transient`, `default`), which is in neither of the root's hashes: whoever saves a layout keeps it beside
    /// them, so that an edit by hand is seen. The order of the types does not matter.
    pub fn declared(&self) -> u128 {
        let mut seen = vec![false; self.types.len()];
        let mut open = vec![0];
        let mut declared = Vec::new();
        while let Some(index) = open.pop() {
            if std::mem::replace(&mut seen[index], true) {
                continue;
            }
            let ty = &self.types[index];
            open.extend(ty.shape.parts());
            match ty.shape.declared(ty.renamed_from.as_deref()) {
                0 => {}
                check => declared.push(format!("{} {check:016x}\n", ty.name)),
            }
        }
        declared.sort_unstable();
        Ident::hash_of_text(&declared.concat())
    }

    /// All types; the root is the first.
    pub fn types(&self) -> &[Type] {
        &self.types
    }

    /// The type with this index, which a [`Shape`] of this layout holds.
    ///
    /// # Panics
    /// When the index is of another layout and too large.
    pub fn ty(&self, index: usize) -> &Type {
        &self.types[index]
    }
}

impl Marks {
    /// As the bits of a record.
    pub(super) fn bits(&self) -> u8 {
        u8::from(self.reserved) | u8::from(self.transient) << 1 | u8::from(self.default) << 2
    }
}

impl Shape {
    /// The check of what the author of a type of this shape declared.
    pub(super) fn declared(&self, renamed_from: Option<&str>) -> u64 {
        let variants: Vec<&[Field]> = match self {
            Shape::Struct { fields } | Shape::Container { fields, .. } => vec![fields],
            Shape::Enum { variants, .. } => variants.iter().map(|v| v.fields.as_slice()).collect(),
            Shape::Scalar { .. } | Shape::Array { .. } | Shape::Handle { .. } => Vec::new(),
        };
        let fields = variants
            .iter()
            .enumerate()
            .flat_map(|(v, fields)| fields.iter().enumerate().map(move |(i, f)| ((v, i), &f.marks)));
        fields
            .fold(Declared::new(renamed_from.unwrap_or_default()), |check, (place, marks)| {
                check.field(place, marks.bits(), marks.renamed_from.as_deref().unwrap_or_default())
            })
            .finish()
    }

    /// The indices of the types of all parts, with repetitions.
    pub fn parts(&self) -> impl Iterator<Item = usize> {
        let (elem, fields, variants): (Option<usize>, &[Field], &[Variant]) = match self {
            Shape::Scalar { .. } | Shape::Handle { .. } => (None, &[], &[]),
            Shape::Array { elem, .. } => (Some(*elem), &[], &[]),
            Shape::Struct { fields } | Shape::Container { fields, .. } => (None, fields, &[]),
            Shape::Enum { variants, .. } => (None, &[], variants),
        };
        let of_variants = variants.iter().flat_map(|v| &v.fields);
        elem.into_iter().chain(fields.iter().chain(of_variants).map(|f| f.ty))
    }
}

/// Names end up in paths and on terminals.
fn check_names(draft: &Draft) -> Result<(), ModelError> {
    let check = |name: &str, bytes_max| {
        let start = || name.chars().filter(|c| !c.is_control()).take(40).collect();
        if name.len() > bytes_max {
            return Err(ModelError::NameTooLong { start: start(), found: name.len(), bytes_max });
        }
        match name.chars().find(|c| c.is_control()) {
            Some(found) => Err(ModelError::NameNotText { start: start(), found: found.into() }),
            None => Ok(()),
        }
    };
    check(&draft.name, TYPE_NAME_BYTES_MAX)?;
    check(draft.renamed_from.as_deref().unwrap_or_default(), TYPE_NAME_BYTES_MAX)?;
    let (fields, variants): (&[Field], &[Variant]) = match &draft.shape {
        Shape::Struct { fields } | Shape::Container { fields, .. } => (fields, &[]),
        Shape::Enum { variants, .. } => (&[], variants),
        Shape::Handle { target } => return check(target, TYPE_NAME_BYTES_MAX),
        Shape::Scalar { .. } | Shape::Array { .. } => (&[], &[]),
    };
    fn of_field(f: &Field) -> [&str; 2] {
        [&f.name, f.marks.renamed_from.as_deref().unwrap_or_default()]
    }
    let of_variants =
        variants.iter().flat_map(|v| v.fields.iter().flat_map(of_field).chain([v.name.as_str()]));
    fields.iter().flat_map(of_field).chain(of_variants).try_for_each(|name| check(name, NAME_BYTES_MAX))
}

/// The indices of all types, each after its parts. Finds cycles and absurd depth; does not recurse.
fn parts_first(drafts: &[Draft]) -> Result<Vec<usize>, ModelError> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        /// With the number of levels below.
        Done(usize),
    }
    let mut marks = vec![Mark::New; drafts.len()];
    let mut order = Vec::with_capacity(drafts.len());
    for start in 0..drafts.len() {
        if marks[start] != Mark::New {
            continue;
        }
        marks[start] = Mark::Open;
        let mut open = vec![(start, drafts[start].shape.parts(), 0)];
        while let Some((index, parts, levels)) = open.last_mut() {
            let index = *index;
            let Some(part) = parts.next() else {
                let levels = *levels;
                if levels >= DEPTH_MAX {
                    return Err(ModelError::TooDeep { name: drafts[index].name.clone() });
                }
                marks[index] = Mark::Done(levels);
                order.push(index);
                open.pop();
                if let Some((_, _, above)) = open.last_mut() {
                    *above = (*above).max(levels + 1);
                }
                continue;
            };
            match marks[part] {
                Mark::Done(below) => *levels = (*levels).max(below + 1),
                Mark::Open => return Err(ModelError::Cycle { name: drafts[part].name.clone() }),
                Mark::New => {
                    marks[part] = Mark::Open;
                    open.push((part, drafts[part].shape.parts(), 0));
                }
            }
        }
    }
    Ok(order)
}

/// What is computed of one type, from that of its parts (`facts` holds them already).
fn facts_of(draft: &Draft, facts: &[Option<Facts>]) -> Facts {
    // `parts_first` gave the parts before their owner; a type without facts cannot occur here.
    let of = |index: usize| facts[index].unwrap_or(Parts::new(0, 0, 1).finish());
    let fields = |start: Parts, fields: &[Field]| {
        fields.iter().fold(start, |parts, f| {
            let parts = parts.field(&f.name, f.offset, of(f.ty));
            if f.marks.transient { parts.with_transient_field() } else { parts }
        })
    };
    let start = Parts::new(Ident::hash_of_text(&draft.name), draft.size, draft.align);
    let parts = match &draft.shape {
        Shape::Scalar { prim, non_zero } => start.scalar(*prim, *non_zero),
        Shape::Array { elem, len } => start.array(*len, of(*elem)),
        Shape::Struct { fields: all } => fields(start.structure(all.len()), all),
        Shape::Enum { tag, variants } => {
            variants.iter().fold(start.enumeration(*tag, variants.len()), |before, v| {
                let parts = before.variant(&v.name, v.discriminant, v.fields.len());
                fields(parts, &v.fields).variant_done(&before, v.discriminant)
            })
        }
        Shape::Container { role, capacity, fields: all } => {
            fields(start.container(*role, *capacity, all.len()), all).container_done()
        }
        Shape::Handle { target } => start.handle(Ident::hash_of_text(target)),
    };
    parts.finish()
}

fn check_claim(draft: &Draft, facts: &Facts) -> Result<(), ModelError> {
    let Facts { layout, schema, plain, zero_valid, .. } = *facts;
    let Some(claim) = draft.claim.filter(|claim| *claim != Claim { layout, schema, plain, zero_valid })
    else {
        return Ok(());
    };
    let Some((what, expected, found)) = [
        ("the LAYOUT hash", hex(layout), hex(claim.layout)),
        ("the SCHEMA hash", hex(schema), hex(claim.schema)),
        ("the property plain =", plain.to_string(), claim.plain.to_string()),
        ("the property zero_valid =", zero_valid.to_string(), claim.zero_valid.to_string()),
    ]
    .into_iter()
    .find(|(_, expected, found)| expected != found) else {
        return Ok(());
    };
    Err(ModelError::WrongClaim { owner: draft.name.clone(), what, expected, found })
}

fn finish((draft, facts): (Draft, Facts)) -> Type {
    let Draft { name, renamed_from, shape, size, align, .. } = draft;
    let Facts { layout, schema, plain, rebuilds, zero_valid, .. } = facts;
    Type { name, shape, size, align, layout, schema, plain, rebuilds, zero_valid, renamed_from }
}

/// A hash as people and tools read it: 32 hexadecimal digits.
pub fn hex(hash: u128) -> String {
    format!("{hash:032x}")
}
