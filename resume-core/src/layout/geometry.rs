//! Whether the sizes, alignments and offsets of a type that was read can be true.
//!
//! These are facts of every descriptor that a compiler ever agreed with, so a record that breaks one was
//! damaged or forged. Whoever walks bytes by a [`Layout`](super::Layout) relies on them to stay inside.

use super::desc::Prim;
use super::model::{Draft, Field, ModelError, Shape};

/// Checks the type `index`; its parts exist and were checked before.
pub(super) fn check(drafts: &[Draft], index: usize) -> Result<(), ModelError> {
    let draft = &drafts[index];
    let owner = Owner { drafts, draft };
    owner.size_and_align()?;
    match &draft.shape {
        Shape::Scalar { prim, .. } => owner.expect_size(prim.size(), "of its primitive"),
        Shape::Handle { .. } => owner.expect_size(HANDLE_BYTES, "of a handle"),
        Shape::Array { elem, len } => owner.array(&drafts[*elem], *len),
        Shape::Struct { fields } | Shape::Container { fields, .. } => owner.fields(fields, 0),
        Shape::Enum { tag, variants } => {
            owner.tag(*tag)?;
            let mut discriminants: Vec<_> = variants.iter().map(|v| v.discriminant).collect();
            discriminants.sort_unstable();
            if let Some(twice) = discriminants.windows(2).find(|w| w[0] == w[1]) {
                return owner.wrong(format!("two variants have the discriminant {}", twice[0]));
            }
            let (min, max) = tag_range(*tag);
            for variant in variants {
                if !(min..=max).contains(&variant.discriminant) {
                    return owner.wrong(format!(
                        "the discriminant {} of `{}` does not fit its tag",
                        variant.discriminant, variant.name
                    ));
                }
                owner.fields(&variant.fields, tag.size())?;
            }
            Ok(())
        }
    }
}

const HANDLE_BYTES: u64 = 8;

struct Owner<'a> {
    drafts: &'a [Draft],
    draft: &'a Draft,
}

impl Owner<'_> {
    fn wrong<T>(&self, what: String) -> Result<T, ModelError> {
        Err(ModelError::Geometry { owner: self.draft.name.clone(), what })
    }

    fn size_and_align(&self) -> Result<(), ModelError> {
        let Draft { size, align, .. } = *self.draft;
        if !align.is_power_of_two() {
            return self.wrong(format!("expected an alignment that is a power of two, found {align}"));
        }
        if size % align != 0 {
            return self.wrong(format!("expected a size that is a multiple of {align}, found {size}"));
        }
        if i64::try_from(size).is_err() {
            return self.wrong(format!("expected a size below 2^63, found {size}"));
        }
        Ok(())
    }

    fn expect_size(&self, expected: u64, whose: &str) -> Result<(), ModelError> {
        let found = self.draft.size;
        if found == expected {
            return Ok(());
        }
        self.wrong(format!("expected the size {whose}, {expected}; found {found}"))
    }

    fn array(&self, elem: &Draft, len: u64) -> Result<(), ModelError> {
        let Some(size) = elem.size.checked_mul(len) else {
            return self.wrong(format!("{len} elements of {} bytes do not fit any memory", elem.size));
        };
        self.expect_size(size, "of its elements")?;
        if self.draft.align != elem.align {
            return self.wrong(format!(
                "expected its element's alignment {}, found {}",
                elem.align, self.draft.align
            ));
        }
        Ok(())
    }

    fn tag(&self, tag: Prim) -> Result<(), ModelError> {
        if matches!(tag, Prim::F32 | Prim::F64 | Prim::Bool | Prim::Char) {
            return self.wrong(format!("expected an integer as tag, found {tag:?}"));
        }
        if tag.size() > self.draft.size {
            return self.wrong(format!(
                "expected room for a tag of {} bytes, found {}",
                tag.size(),
                self.draft.size
            ));
        }
        Ok(())
    }

    /// Fields stand one behind the other from `start` on. Those without bytes may stand anywhere.
    fn fields(&self, fields: &[Field], start: u64) -> Result<(), ModelError> {
        let mut end = start;
        for field in fields {
            let ty = &self.drafts[field.ty];
            let (name, offset) = (&field.name, field.offset);
            if !offset.is_multiple_of(ty.align) || ty.align > self.draft.align {
                return self.wrong(format!(
                    "field `{name}` at offset {offset} is not aligned to its {} bytes",
                    ty.align
                ));
            }
            let Some(field_end) = offset.checked_add(ty.size).filter(|end| *end <= self.draft.size) else {
                return self.wrong(format!(
                    "field `{name}` with {} bytes at offset {offset} ends behind its owner's {} bytes",
                    ty.size, self.draft.size
                ));
            };
            if ty.size == 0 {
                continue;
            }
            if offset < end {
                return self
                    .wrong(format!("field `{name}` at offset {offset} overlaps what ends at offset {end}"));
            }
            end = field_end;
        }
        let mut names: Vec<&str> = fields.iter().map(|f| f.name.as_str()).collect();
        names.sort_unstable();
        match names.windows(2).find(|w| w[0] == w[1]) {
            Some(twice) => self.wrong(format!("two fields are named `{}`", twice[0])),
            None => Ok(()),
        }
    }
}

/// The values that a tag can hold.
fn tag_range(tag: Prim) -> (i128, i128) {
    let bits = tag.size() * 8;
    let signed = matches!(tag, Prim::I8 | Prim::I16 | Prim::I32 | Prim::I64 | Prim::I128);
    match (signed, bits) {
        // The record keeps a discriminant of 128 bits as its bit pattern.
        (_, 128) => (i128::MIN, i128::MAX),
        (true, _) => (-(1 << (bits - 1)), (1 << (bits - 1)) - 1),
        (false, _) => (0, (1 << bits) - 1),
    }
}
