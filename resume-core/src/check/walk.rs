//! The walk: the descriptor part by part, with paths. It is the authority on what is valid.

use core::fmt;

use super::{Checker, Step, find_variant, is_transient, read_prim, sign_extend};
use crate::layout::{FieldDesc, Kind, Prim, Role, TypeDesc, VariantDesc};

impl Checker {
    /// # Safety
    /// As [`Checker::value`].
    pub(super) unsafe fn walk_part(&mut self, ty: &'static TypeDesc, at: *const u8) {
        // What has no bytes has no broken ones, however many of it there are.
        if ty.plain || ty.size == 0 {
            return;
        }
        match ty.kind {
            // SAFETY: the caller's promise covers the `prim.size()` bytes at `at`.
            Kind::Scalar { prim, non_zero } => match unsafe { read_prim(prim, at) } {
                0 if non_zero => self.problem("expected a number other than 0, found 0"),
                bits => self.walk_scalar(prim, bits),
            },
            // SAFETY: the elements lie within the array, which the caller vouches for.
            Kind::Array { elem, len } => unsafe { self.array(elem, at, len) },
            // SAFETY: forwarded; the fields lie within the struct.
            Kind::Struct { fields } => unsafe { self.walk_fields((ty, 0), fields, at) },
            Kind::Enum { tag, variants } => {
                // SAFETY: the tag is at offset 0 of the enum, which the caller vouches for.
                let bits = unsafe { read_prim(tag, at) };
                match find_variant(tag, bits, variants) {
                    Some((i, v)) => self.in_field(v.name, |c| {
                        // SAFETY: forwarded; the variant's fields lie within the enum.
                        unsafe { c.walk_fields((ty, i), v.fields, at) }
                    }),
                    None => self.problem(format_args!(
                        "expected a tag of {}, one of {}; found {}",
                        ty.id,
                        Tags(variants),
                        sign_extend(tag, bits)
                    )),
                }
            }
            // SAFETY: the ops belong to the container that this descriptor was made for, and the caller
            // vouches for its bytes.
            Kind::Container { ops, .. } => unsafe { (ops.check)(at, self) },
            Kind::Handle { .. } => {}
        }
    }

    /// # Safety
    /// As [`Checker::value`], for the owner of `fields`, or of those of its variant.
    unsafe fn walk_fields(&mut self, owner: (&TypeDesc, usize), fields: &'static [FieldDesc], at: *const u8) {
        let transient_too = self.transient_too;
        let checked = move |(i, field): &(usize, &FieldDesc)| {
            !field.ty.plain && (transient_too || !is_transient(owner.0, owner.1, *i))
        };
        for (_, field) in fields.iter().enumerate().filter(checked) {
            let at = at.wrapping_add(field.offset as usize);
            // SAFETY: a field lies within its owner, aligned, by the descriptor's own assertions.
            self.in_field(field.name, |c| unsafe { c.walk_part(field.ty, at) });
        }
    }

    fn walk_scalar(&mut self, prim: Prim, bits: u128) {
        match prim {
            Prim::Bool if bits > 1 => {
                self.problem(format_args!("expected a bool (0 or 1), found {bits}"));
            }
            Prim::Char if char::from_u32(bits as u32).is_none() => {
                self.problem(format_args!("expected a Unicode scalar value, found {bits:#x}"));
            }
            _ => {}
        }
    }
}

/// The tags that an enum can have.
struct Tags(&'static [VariantDesc]);

impl fmt::Display for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, variant) in self.0.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            write!(f, "{comma}{} ({})", variant.discriminant, variant.name)?;
        }
        Ok(())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Step::Field(name) => write!(f, ".{name}"),
            Step::Index(index) => write!(f, "[{index}]"),
            Step::Entry { index, key, key_at } => {
                let mut validity = Checker::new();
                // SAFETY: the invariant of the step.
                unsafe { validity.walk(key, key_at) };
                // SAFETY: as above; the bytes are a valid key where no problem was found.
                match validity.problems.is_empty().then(|| unsafe { text_of(key, key_at) }).flatten() {
                    Some(key) => write!(f, "[{index}, key {key}]"),
                    None => write!(f, "[{index}]"),
                }
            }
        }
    }
}

/// A value as a person would write it, for what is used as a key.
///
/// # Safety
/// `at` is readable for `ty` and holds a valid value.
unsafe fn text_of(ty: &'static TypeDesc, at: *const u8) -> Option<String> {
    match ty.kind {
        // SAFETY: the caller's promise.
        Kind::Scalar { prim, .. } => Some(scalar_text(prim, unsafe { read_prim(prim, at) })),
        Kind::Struct { fields } => {
            let texts: Option<Vec<String>> =
                // SAFETY: forwarded; the fields lie within the struct.
                fields.iter().map(|f| unsafe { text_of(f.ty, at.wrapping_add(f.offset as usize)) }).collect();
            let texts = texts?.join(", ");
            Some(if fields.len() == 1 { texts } else { format!("({texts})") })
        }
        Kind::Enum { tag, variants } => {
            // SAFETY: the tag is at offset 0 of the enum.
            let bits = unsafe { read_prim(tag, at) };
            let (_, variant) = find_variant(tag, bits, variants)?;
            if variant.fields.is_empty() { Some(variant.name.to_owned()) } else { None }
        }
        Kind::Container { role: Role::String, capacity, fields: [len, bytes], .. } => {
            // SAFETY: the length lies within the string.
            let len = unsafe { read_prim(Prim::U32, at.wrapping_add(len.offset as usize)) };
            let first = at.wrapping_add(bytes.offset as usize);
            // SAFETY: at most `capacity` bytes, which lie within the string.
            let text = unsafe { core::slice::from_raw_parts(first, len.min(capacity.into()) as usize) };
            core::str::from_utf8(text).ok().map(|text| format!("{text:?}"))
        }
        Kind::Handle { .. } => {
            // SAFETY: a handle is 8 bytes: the index, then the generation.
            let bits = unsafe { read_prim(Prim::U64, at) } as u64;
            Some(format!("{}v{}", bits as u32, bits >> 32))
        }
        Kind::Array { .. } | Kind::Container { .. } => None,
    }
}

fn scalar_text(prim: Prim, bits: u128) -> String {
    match prim {
        Prim::Bool => (bits != 0).to_string(),
        Prim::Char => char::from_u32(bits as u32).map_or_else(|| bits.to_string(), |c| format!("{c:?}")),
        Prim::F32 => f32::from_bits(bits as u32).to_string(),
        Prim::F64 => f64::from_bits(bits as u64).to_string(),
        Prim::U128 => bits.to_string(),
        _ => sign_extend(prim, bits).to_string(),
    }
}
