//! Names in a lock file to the indices of a layout: a type may stand behind the one that uses it, and
//! primitives and arrays under their usual names need no line.

use std::collections::HashMap;

use resume_core::layout::encode::TYPES_MAX;
use resume_core::layout::{Draft, Field, ModelError, Shape, Variant, names};

use super::super::json::prim_of;
use super::read::{Case, Declared, File, Kind, LockError, Part, start, wrong};

/// The longest array of arrays that a name spells out; the model allows no deeper parts.
const ARRAYS_MAX: usize = resume_core::layout::DEPTH_MAX;

/// Names to indices.
#[derive(Default)]
pub(super) struct Resolver {
    index: HashMap<String, usize>,
    /// Types that need no line, behind the declared ones.
    drafts: Vec<Draft>,
    /// Of the declared types.
    lines: Vec<usize>,
}

impl Resolver {
    pub(super) fn declare(&mut self, file: &File) -> Result<(), LockError> {
        for ty in &file.types {
            if self.index.insert(ty.name.clone(), self.lines.len()).is_some() {
                let source = ModelError::SameName { name: start(&ty.name) };
                return Err(LockError::Model { line: Some(ty.line), source });
            }
            self.lines.push(ty.line);
        }
        Ok(())
    }

    /// Where a type is declared.
    pub(super) fn line_of(&self, name: &str) -> Option<usize> {
        self.index.get(name).and_then(|index| self.lines.get(*index)).copied()
    }

    pub(super) fn resolve(&mut self, types: Vec<Declared>) -> Result<Vec<Draft>, LockError> {
        let sizes: Vec<(u64, u64)> = types.iter().map(|ty| (ty.size, ty.align)).collect();
        let mut drafts = Vec::with_capacity(types.len());
        for ty in types {
            let Declared { line, name, renamed_from, kind, size, align } = ty;
            let shape = match kind {
                Kind::Done(shape) => shape,
                Kind::Struct(parts) => Shape::Struct { fields: self.fields(parts, &sizes)? },
                Kind::Container(role, capacity, parts) => {
                    Shape::Container { role, capacity, fields: self.fields(parts, &sizes)? }
                }
                Kind::Enum(tag, cases) => {
                    let variant = |case: Case| {
                        let fields = self.fields(case.parts, &sizes)?;
                        Ok(Variant { name: case.name, discriminant: case.discriminant, fields })
                    };
                    Shape::Enum { tag, variants: cases.into_iter().map(variant).collect::<Result<_, _>>()? }
                }
                Kind::Array(elem, len) => Shape::Array { elem: self.ty(line, &elem, &sizes, 0)?, len },
            };
            drafts.push(Draft { name, renamed_from, shape, size, align, claim: None });
        }
        drafts.append(&mut self.drafts);
        Ok(drafts)
    }

    fn fields(&mut self, parts: Vec<Part>, sizes: &[(u64, u64)]) -> Result<Vec<Field>, LockError> {
        let field = |part: Part| {
            let ty = self.ty(part.line, &part.ty, sizes, 0)?;
            Ok(Field { name: part.name, offset: part.offset, ty, marks: part.marks })
        };
        parts.into_iter().map(field).collect()
    }

    /// The index of a type; a primitive or an array is there as soon as it is named.
    fn ty(
        &mut self,
        line: usize,
        name: &str,
        sizes: &[(u64, u64)],
        depth: usize,
    ) -> Result<usize, LockError> {
        if let Some(index) = self.index.get(name) {
            return Ok(*index);
        }
        let unknown = || wrong(line, "the name of a type in the file", name);
        let (shape, size, align) = if let Some(prim) = prim_of(name) {
            (Shape::Scalar { prim, non_zero: false }, prim.size(), prim.size())
        } else if name.starts_with("[]<") && depth < ARRAYS_MAX {
            let args = names::args(name);
            let ([elem, len], true) = (args.as_slice(), name.len() <= NAME_BYTES_MAX) else {
                return Err(unknown());
            };
            let len: u64 = len.parse().map_err(|_| unknown())?;
            if format!("[]<{elem}, {len}>") != name {
                return Err(unknown());
            }
            let elem = self.ty(line, elem, sizes, depth + 1)?;
            let (size, align) = self.array(line, elem, len, sizes)?;
            (Shape::Array { elem, len }, size, align)
        } else {
            return Err(unknown());
        };
        let index = self.lines.len() + self.drafts.len();
        if index >= TYPES_MAX {
            return Err(LockError::Model {
                line: Some(line),
                source: ModelError::TooManyTypes { found: index + 1 },
            });
        }
        self.drafts.push(Draft {
            name: name.to_owned(),
            renamed_from: None,
            shape,
            size,
            align,
            claim: None,
        });
        self.index.insert(name.to_owned(), index);
        Ok(index)
    }

    /// Size and alignment of an array.
    fn array(
        &self,
        line: usize,
        elem: usize,
        len: u64,
        sizes: &[(u64, u64)],
    ) -> Result<(u64, u64), LockError> {
        let (size, align) = match elem.checked_sub(self.lines.len()) {
            Some(at) => (self.drafts[at].size, self.drafts[at].align),
            None => sizes[elem],
        };
        match size.checked_mul(len) {
            Some(size) => Ok((size, align)),
            None => Err(wrong(line, "an array that fits some memory", &format!("{len} × {size} bytes"))),
        }
    }
}

/// No honest name is longer.
const NAME_BYTES_MAX: usize = 64 << 10;
