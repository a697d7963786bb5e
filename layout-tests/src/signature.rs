//! What the two hashes stand for, spelled out: two descriptors have one LAYOUT exactly when
//! [`bytes`] is one text, and one SCHEMA exactly when [`meaning`] is.
//!
//! The texts share no code with the hashes. Where the bytes of two types are the same but their parts are
//! nested in another way (a struct around a single field), the bytes count as different: nothing promises
//! that a wrapper stays without bytes of its own.

use std::fmt::Write;

use resume_core::layout::{Ident, Kind, TypeDesc};

/// Where each part is, and which bits it may have: no names.
pub fn bytes(ty: &TypeDesc) -> String {
    let mut out = format!("{}/{} ", ty.size, ty.align);
    match ty.kind {
        Kind::Scalar { prim, non_zero } => {
            put(&mut out, format_args!("{prim:?}{}", if non_zero { "!" } else { "" }))
        }
        Kind::Array { elem, len } => put(&mut out, format_args!("[{len} of {}]", bytes(elem))),
        Kind::Struct { fields } => {
            for f in fields {
                put(&mut out, format_args!("(+{} {})", f.offset, bytes(f.ty)));
            }
        }
        Kind::Enum { tag, variants } => {
            // The order of declaration is not in the bytes.
            let mut variants: Vec<_> = variants.iter().collect();
            variants.sort_by_key(|v| v.discriminant);
            put(&mut out, format_args!("tag {tag:?}"));
            for v in variants {
                put(&mut out, format_args!("|{}", v.discriminant));
                for f in v.fields {
                    put(&mut out, format_args!("(+{} {})", f.offset, bytes(f.ty)));
                }
            }
        }
        Kind::Container { role, capacity, fields, .. } => {
            put(&mut out, format_args!("{role:?} of {capacity}"));
            for f in fields {
                put(&mut out, format_args!("(+{} {})", f.offset, bytes(f.ty)));
            }
        }
        Kind::Handle { .. } => out.push_str("handle"),
    }
    out
}

/// What each part is called and stands for: no sizes and offsets, but the order of declaration.
pub fn meaning(ty: &TypeDesc) -> String {
    let mut out = name(ty.id);
    match ty.kind {
        Kind::Scalar { prim, non_zero } => put(&mut out, format_args!("{prim:?} {non_zero}")),
        Kind::Array { elem, len } => put(&mut out, format_args!("[{len} of {}]", meaning(elem))),
        Kind::Struct { fields } => {
            for f in fields {
                put(&mut out, format_args!("({:?} {})", f.name, meaning(f.ty)));
            }
        }
        Kind::Enum { tag, variants } => {
            put(&mut out, format_args!("tag {tag:?}"));
            for v in variants {
                put(&mut out, format_args!("|{:?} {}", v.name, v.discriminant));
                for f in v.fields {
                    put(&mut out, format_args!("({:?} {})", f.name, meaning(f.ty)));
                }
            }
        }
        Kind::Container { role, capacity, fields, .. } => {
            put(&mut out, format_args!("{role:?} of {capacity}"));
            for f in fields {
                put(&mut out, format_args!("({:?} {})", f.name, meaning(f.ty)));
            }
        }
        Kind::Handle { target } => put(&mut out, format_args!("to {}", name(target))),
    }
    out
}

fn name(id: &Ident) -> String {
    format!("{{{id}}}")
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = out.write_fmt(text);
}
