//! A [`Layout`] back as a record: what [`decode`](super::decode) reads, byte for byte as
//! [`encode::record`](super::encode::record) writes it.

use super::encode::{HEADER_BYTES, MAGIC, VERSION};
use super::model::{Field, Layout, Shape, Type};

impl Layout {
    /// The record that says what this layout says.
    pub fn to_record(&self) -> Vec<u8> {
        let mut out = Vec::from(MAGIC);
        out.extend(VERSION.to_le_bytes());
        put_len(&mut out, self.types().len());
        out.extend([0; 8]);
        out.extend(self.root().layout.to_le_bytes());
        out.extend(self.root().schema.to_le_bytes());
        debug_assert_eq!(out.len(), HEADER_BYTES);
        for ty in self.types() {
            put_type(&mut out, ty);
        }
        let bytes = out.len() as u64;
        out[16..24].copy_from_slice(&bytes.to_le_bytes());
        out
    }
}

/// The lengths come from a layout whose record had 32-bit lengths, or fewer types than that.
fn put_len(out: &mut Vec<u8>, len: usize) {
    out.extend((len as u32).to_le_bytes());
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_len(out, text.len());
    out.extend(text.as_bytes());
}

fn put_fields(out: &mut Vec<u8>, fields: &[Field]) {
    put_len(out, fields.len());
    for field in fields {
        put_text(out, &field.name);
        out.extend(field.offset.to_le_bytes());
        put_len(out, field.ty);
        out.push(field.marks.bits());
        put_text(out, field.marks.renamed_from.as_deref().unwrap_or_default());
    }
}

fn put_type(out: &mut Vec<u8>, ty: &Type) {
    let start = out.len();
    let (kind, prim, role, non_zero, count) = match &ty.shape {
        Shape::Scalar { prim, non_zero } => (1, *prim as u8, 0, *non_zero, 0),
        Shape::Array { len, .. } => (2, 0, 0, false, *len),
        Shape::Struct { .. } => (3, 0, 0, false, 0),
        Shape::Enum { tag, .. } => (4, *tag as u8, 0, false, 0),
        Shape::Container { role, capacity, .. } => (5, 0, *role as u8, false, *capacity),
        Shape::Handle { .. } => (6, 0, 0, false, 0),
    };
    out.extend([0; 4]);
    out.extend([
        kind,
        prim,
        role,
        u8::from(non_zero) | u8::from(ty.plain) << 1 | u8::from(ty.zero_valid) << 2,
    ]);
    out.extend([ty.size, ty.align, count].into_iter().flat_map(u64::to_le_bytes));
    out.extend([ty.layout, ty.schema].into_iter().flat_map(u128::to_le_bytes));
    out.extend(ty.shape.declared(ty.renamed_from.as_deref()).to_le_bytes());
    put_text(out, &ty.name);
    put_text(out, ty.renamed_from.as_deref().unwrap_or_default());
    match &ty.shape {
        Shape::Scalar { .. } => {}
        Shape::Array { elem, .. } => put_len(out, *elem),
        Shape::Struct { fields } | Shape::Container { fields, .. } => put_fields(out, fields),
        Shape::Handle { target } => put_text(out, target),
        Shape::Enum { variants, .. } => {
            put_len(out, variants.len());
            for variant in variants {
                put_text(out, &variant.name);
                out.extend(variant.discriminant.to_le_bytes());
                put_fields(out, &variant.fields);
            }
        }
    }
    let bytes = (out.len() - start) as u32;
    out[start..start + 4].copy_from_slice(&bytes.to_le_bytes());
}
