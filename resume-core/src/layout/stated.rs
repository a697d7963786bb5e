//! From what a derive states to a descriptor: the checks that justify the generated `unsafe impl`.
//!
//! A derive states names, places and discriminants ([`Stated`]); [`describe`] holds them against the size and the
//! alignment that the compiler chose, and against the layout that the language guarantees for the `repr`.
//! This is evaluated where a descriptor is used, at the latest for the root that reaches the type, and so before
//! any segment can hold a value. Stating is as cheap as can be, for every `cargo check` of every state type pays for
//! it.

use super::desc::{FieldDesc, Kind, Prim, TypeDesc, VariantDesc, align_up, end_of_placed};
use crate::shm_safe::ShmSafe;

/// What a derive states of a type, besides its name and its fields.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Stated {
    /// A `repr(C)` struct.
    C {
        /// The `N` of `align(N)`, else 1.
        align: u64,
    },
    /// A `repr(transparent)` struct, whose fields are all at the start: where one without bytes is, the language
    /// leaves open.
    Transparent,
    /// An enum.
    Enum {
        /// The tag.
        tag: Prim,
        /// `repr(C)`: the variants' fields are in a union behind the tag; else each variant is a struct that begins
        /// with the tag.
        c: bool,
        /// The variants.
        variants: &'static [VariantDesc],
    },
}

/// Fields where the compiler placed them.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::large_enum_variant, reason = "it exists at compile time only")]
pub enum Found {
    /// The fields of a struct or of the variant at this position. They are here as they are, because to the compiler
    /// a reference costs more.
    Few {
        /// The position in the order of declaration; 0 for a struct.
        variant: usize,
        /// How many of the list are fields.
        count: usize,
        /// The fields, and fillers.
        list: [FieldDesc; Self::FEW],
    },
    /// All fields of a struct, or of all variants one after another.
    Many(&'static [FieldDesc]),
}

impl Found {
    /// As many fields as one call describes.
    pub const FEW: usize = 12;
    /// No fields.
    pub const NONE: Self = Self::Many(&[]);
    /// What stands where no field is.
    pub const FILLER: FieldDesc = FieldDesc { name: "", offset: 0, ty: u8::DESC };

    /// The fields.
    pub const fn list(&self) -> &[FieldDesc] {
        match self {
            Self::Few { count, list, .. } => list.split_at(*count).0,
            Self::Many(list) => list,
        }
    }

    /// The fields of `T`.
    pub const fn of<T: ShmSafe>() -> &'static [FieldDesc] {
        let found: &'static Self = &T::FIELDS;
        found.list()
    }
}

/// Describes a type from what its derive states.
///
/// # Panics
/// At compile time, when the compiler laid `T` out in another way than its `repr` promises, when `T` has drop glue,
/// or when nothing is stated.
#[track_caller]
pub const fn describe<T: ShmSafe>() -> TypeDesc {
    assert!(
        !core::mem::needs_drop::<T>(),
        "ShmSafe: the type has drop glue, which never runs after a crash; remove `impl Drop` and end things explicitly"
    );
    assert!(!T::NAME.is_empty(), "ShmSafe: an impl that is written by hand states `ID` and `DESC` itself");
    let (fields, size, align) = (Found::of::<T>(), size_of::<T>(), align_of::<T>());
    let kind = match T::STATED {
        Stated::C { align: least } => {
            let (end, fields_align) = end_of_placed(fields, (0, least), ELSEWHERE);
            check(fields_align, end, size, align);
            Kind::Struct { fields }
        }
        Stated::Transparent => {
            check_transparent(fields, size as u64, align as u64);
            Kind::Struct { fields }
        }
        Stated::Enum { tag, c, variants } => {
            check_enum(tag, c, variants, size, align);
            Kind::Enum { tag, variants }
        }
    };
    TypeDesc::new(T::ID, kind, size, align)
}

#[track_caller]
const fn check(fields_align: u64, end: u64, size: usize, align: usize) {
    assert!(
        fields_align == align as u64 && align_up(end, fields_align) == size as u64,
        "ShmSafe: the layout is not that of the `repr` which the derive read; \
         put attribute macros that change it above `#[derive(ShmSafe)]`"
    );
}

/// Why a field's place refuses the type.
const ELSEWHERE: &str = "ShmSafe: a field is not where the `repr` that the derive read puts it; \
                         put attribute macros that change it above `#[derive(ShmSafe)]`";

/// A `repr(transparent)` struct is exactly one of its fields; the others have no bytes.
#[track_caller]
const fn check_transparent(fields: &[FieldDesc], size: u64, align: u64) {
    let (mut sizes, mut align_max, mut i) = (0, 1, 0);
    while i < fields.len() {
        let ty = fields[i].ty;
        sizes += ty.size;
        if align_max < ty.align {
            align_max = ty.align;
        }
        i += 1;
    }
    assert!(
        sizes == size && align_max == align,
        "ShmSafe: the layout is not that of a `repr(transparent)` wrapper; \
         put attribute macros that change it above `#[derive(ShmSafe)]`"
    );
}

/// The fields of each variant stand behind the tag, one behind the other.
///
/// The union of `repr(C)` has the alignment of the type or at most the tag's; either way rounding the tag's end up to
/// the type's alignment gives its offset.
#[track_caller]
const fn check_enum(tag: Prim, c: bool, variants: &[VariantDesc], size: usize, align: usize) {
    let start = if c { align_up(tag.size(), align as u64) } else { tag.size() };
    let (mut end_max, mut align_max, mut i) = (start, tag.size(), 0);
    while i < variants.len() {
        let v = &variants[i];
        assert!(fits(tag, v.discriminant), "ShmSafe: a discriminant does not fit the tag of the enum");
        let (end, of) = end_of_placed(v.fields, (start, align_max), ELSEWHERE);
        if end_max < end {
            end_max = end;
        }
        align_max = of;
        i += 1;
    }
    check(align_max, end_max, size, align);
}

const fn fits(tag: Prim, discriminant: i128) -> bool {
    let bits = tag.size() * 8;
    let (min, max) = match tag {
        Prim::I8 | Prim::I16 | Prim::I32 | Prim::I64 => (-(1 << (bits - 1)), (1 << (bits - 1)) - 1),
        _ => (0, (1 << bits) - 1),
    };
    min <= discriminant && discriminant <= max
}
