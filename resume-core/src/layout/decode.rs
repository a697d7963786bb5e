//! Reading a layout record ([`encode`](super::encode) has the format) that anybody may have written.
//!
//! The reader trusts nothing: a length buys no memory before the bytes are there, each number is checked
//! before it is used, and what was read must pass [`Layout::new`], including that both hashes of every
//! type come out as the record says. No input makes it panic or run longer than its length deserves.

use super::desc::{Prim, Role};
use super::encode::{HEADER_BYTES, MAGIC, TYPES_MAX, VERSION};
use super::model::{Claim, Draft, Field, Layout, Marks, ModelError, Shape, Variant};

/// Why bytes are not a layout record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The first bytes are others.
    #[error("not a layout record: expected it to start with {MAGIC:?}, found {found:?}")]
    NotARecord {
        /// The first bytes, at most 8.
        found: Vec<u8>,
    },
    /// The record was written in another format.
    #[error(
        "expected layout record version {VERSION}, found {found}; use the `resume-core` and \
         `cargo resume` that belong to the writer, or build it again with yours"
    )]
    Version {
        /// The version it says it has.
        found: u32,
    },
    /// It ends too early, or a length in it is too large.
    #[error("the layout record is cut short: expected {needed} more bytes at offset {at}, found {left}")]
    Truncated {
        /// Where in the record.
        at: usize,
        /// How many bytes are needed there.
        needed: usize,
        /// How many there are.
        left: usize,
    },
    /// Its length is not the one it says.
    #[error("expected a layout record of {expected} bytes (so its header says), found {found}")]
    Length {
        /// What the header says.
        expected: u64,
        /// How many bytes there are.
        found: u64,
    },
    /// A value that nothing writes.
    #[error("the layout record is damaged: expected {expected} at offset {at}, found {found}")]
    Value {
        /// Where in the record.
        at: usize,
        /// What can be there.
        expected: &'static str,
        /// What is there.
        found: u64,
    },
    /// What it says contradicts itself.
    #[error("the layout record is damaged: {0}")]
    Model(#[from] ModelError),
}

/// Reads the record that `bytes` are, from its first byte to its last.
///
/// # Errors
/// [`DecodeError`] for everything that [`record`](super::encode::record) cannot have written.
pub fn decode(bytes: &[u8]) -> Result<Layout, DecodeError> {
    let (record, rest) = split(bytes)?;
    if !rest.is_empty() {
        return Err(DecodeError::Length { expected: record.len() as u64, found: bytes.len() as u64 });
    }
    let mut r = Reader { bytes: record, at: 8 + 4 };
    let types = r.count(TYPE_BYTES_MIN)?;
    if types > TYPES_MAX {
        return Err(ModelError::TooManyTypes { found: types }.into());
    }
    r.at += 8;
    let (layout, schema) = (r.u128()?, r.u128()?);
    let drafts = (0..types).map(|_| draft(&mut r)).collect::<Result<Vec<_>, _>>()?;
    if r.at != record.len() {
        return Err(DecodeError::Length { expected: record.len() as u64, found: r.at as u64 });
    }
    let model = Layout::new(drafts)?;
    let root = model.root();
    for (what, expected, found) in
        [("the root's LAYOUT hash", root.layout, layout), ("the root's SCHEMA hash", root.schema, schema)]
    {
        if expected != found {
            let (expected, found) = (super::hex(expected), super::hex(found));
            return Err(ModelError::WrongClaim { owner: root.name.clone(), what, expected, found }.into());
        }
    }
    Ok(model)
}

/// Cuts the first record off `bytes`, which may hold several, one behind the other.
///
/// # Errors
/// When `bytes` do not start with a whole record of this version. Only its header is looked at.
pub fn split(bytes: &[u8]) -> Result<(&[u8], &[u8]), DecodeError> {
    if !bytes.starts_with(&MAGIC) {
        return Err(DecodeError::NotARecord { found: bytes.iter().copied().take(MAGIC.len()).collect() });
    }
    let mut r = Reader { bytes, at: MAGIC.len() };
    let found = r.u32()?;
    if found != VERSION {
        return Err(DecodeError::Version { found });
    }
    r.take(4)?;
    let expected = r.u64()?;
    let found = bytes.len() as u64;
    match usize::try_from(expected) {
        Ok(n) if n < HEADER_BYTES => {
            Err(DecodeError::Value { at: 16, expected: "at least the header's length", found: expected })
        }
        Ok(n) if n <= bytes.len() => Ok(bytes.split_at(n)),
        _ => Err(DecodeError::Length { expected, found }),
    }
}

/// A field takes at least: length of the name, offset, type, marks, length of the old name.
const FIELD_BYTES_MIN: usize = 4 + 8 + 4 + 1 + 4;
/// A variant takes at least: length of the name, discriminant, number of fields.
const VARIANT_BYTES_MIN: usize = 4 + 16 + 4;
/// A type takes at least its fixed part.
const TYPE_BYTES_MIN: usize = 4 + 4 + 3 * 8 + 2 * 16 + 8 + 4 + 4;

const NON_ZERO: u8 = 1;
const PLAIN: u8 = 2;
const ZERO_VALID: u8 = 4;

fn draft(r: &mut Reader<'_>) -> Result<Draft, DecodeError> {
    let start = r.at;
    let bytes = r.u32()? as usize;
    let [kind, prim, role, flags] = r.array::<4>()?;
    let (size, align, count) = (r.u64()?, r.u64()?, r.u64()?);
    let (layout, schema, declared_at) = (r.u128()?, r.u128()?, r.at);
    let declared = r.u64()?;
    let name = r.text()?;
    let renamed_from = r.declared()?;
    let value = |at, expected, found| Err(DecodeError::Value { at, expected, found });
    if flags & !(NON_ZERO | PLAIN | ZERO_VALID) != 0 || (flags & NON_ZERO != 0 && kind != 1) {
        return value(start + 7, "only the flags of this version", flags.into());
    }
    if prim != 0 && !matches!(kind, 1 | 4) || role != 0 && kind != 5 {
        return value(start + 4, "no primitive or role for this kind", kind.into());
    }
    if count != 0 && !matches!(kind, 2 | 5) {
        return value(start + 24, "no count for this kind", count);
    }
    let shape = match kind {
        1 => Shape::Scalar { prim: prim_of(start + 5, prim)?, non_zero: flags & NON_ZERO != 0 },
        2 => Shape::Array { elem: r.u32()? as usize, len: count },
        3 => Shape::Struct { fields: fields(r)? },
        4 => Shape::Enum { tag: prim_of(start + 5, prim)?, variants: variants(r)? },
        5 => {
            let Some(role) = Role::from_number(role) else {
                return value(start + 6, "a container's role (a newer writer may know more)", role.into());
            };
            Shape::Container { role, capacity: count, fields: fields(r)? }
        }
        6 => Shape::Handle { target: r.text()? },
        _ => return value(start + 4, "a kind from 1 to 6", kind.into()),
    };
    if r.at - start != bytes {
        return value(start, "the length of this type", bytes as u64);
    }
    if shape.declared(renamed_from.as_deref()) != declared {
        return value(declared_at, "the check of what was declared", declared);
    }
    let claim = Claim { layout, schema, plain: flags & PLAIN != 0, zero_valid: flags & ZERO_VALID != 0 };
    Ok(Draft { name, renamed_from, shape, size, align, claim: Some(claim) })
}

fn prim_of(at: usize, number: u8) -> Result<Prim, DecodeError> {
    Prim::from_number(number).ok_or(DecodeError::Value {
        at,
        expected: "a primitive from 1 to 14",
        found: number.into(),
    })
}

fn fields(r: &mut Reader<'_>) -> Result<Vec<Field>, DecodeError> {
    let count = r.count(FIELD_BYTES_MIN)?;
    (0..count)
        .map(|_| {
            let (name, offset, ty) = (r.text()?, r.u64()?, r.u32()? as usize);
            Ok(Field { name, offset, ty, marks: marks(r)? })
        })
        .collect()
}

const RESERVED: u8 = 1;
const TRANSIENT: u8 = 2;
const DEFAULT: u8 = 4;

fn marks(r: &mut Reader<'_>) -> Result<Marks, DecodeError> {
    let at = r.at;
    let [bits] = r.array::<1>()?;
    if bits & !(RESERVED | TRANSIENT | DEFAULT) != 0 {
        return Err(DecodeError::Value {
            at,
            expected: "only the marks of this version",
            found: bits.into(),
        });
    }
    let renamed_from = r.declared()?;
    let has = |bit| bits & bit != 0;
    Ok(Marks { renamed_from, reserved: has(RESERVED), transient: has(TRANSIENT), default: has(DEFAULT) })
}

fn variants(r: &mut Reader<'_>) -> Result<Vec<Variant>, DecodeError> {
    let count = r.count(VARIANT_BYTES_MIN)?;
    (0..count)
        .map(|_| {
            let (name, discriminant) = (r.text()?, r.u128()? as i128);
            Ok(Variant { name, discriminant, fields: fields(r)? })
        })
        .collect()
}

/// Takes values from the front of a record, never beyond its end.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, needed: usize) -> Result<&'a [u8], DecodeError> {
        let left = self.bytes.get(self.at..).unwrap_or_default();
        let Some(taken) = left.get(..needed) else {
            return Err(DecodeError::Truncated { at: self.at, needed, left: left.len() });
        };
        self.at += needed;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let mut out = [0; N];
        out.copy_from_slice(self.take(N)?);
        Ok(out)
    }

    fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, DecodeError> {
        self.array().map(u64::from_le_bytes)
    }

    fn u128(&mut self) -> Result<u128, DecodeError> {
        self.array().map(u128::from_le_bytes)
    }

    /// A number of items, each of at least `bytes_min`, that the rest of the record can hold: a caller
    /// may reserve memory for them.
    fn count(&mut self, bytes_min: usize) -> Result<usize, DecodeError> {
        let count = self.u32()? as usize;
        let left = self.bytes.len() - self.at;
        if count > left / bytes_min {
            let needed = count.saturating_mul(bytes_min);
            return Err(DecodeError::Truncated { at: self.at, needed, left });
        }
        Ok(count)
    }

    /// An old name; empty if there was none.
    fn declared(&mut self) -> Result<Option<String>, DecodeError> {
        self.text().map(|name| Some(name).filter(|name| !name.is_empty()))
    }

    fn text(&mut self) -> Result<String, DecodeError> {
        let length = self.u32()? as usize;
        let at = self.at;
        match std::str::from_utf8(self.take(length)?) {
            Ok(text) => Ok(text.to_owned()),
            Err(e) => Err(DecodeError::Value {
                at: at + e.valid_up_to(),
                expected: "UTF-8",
                found: self.bytes[at + e.valid_up_to()].into(),
            }),
        }
    }
}
