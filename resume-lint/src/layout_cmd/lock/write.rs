//! A layout as a lock file.

use std::fmt::Write;

use resume_core::layout::{Field, Layout, Shape, Type, hex};

use super::super::json::role_name;
use super::{FIRST_LINE, VERSION, name_token, prim_name, type_token};

/// The text of `layout`; the same for every layout that says the same.
pub(in super::super) fn write(layout: &Layout) -> String {
    let root = layout.root();
    let mut out = format!(
        "{FIRST_LINE}{VERSION}\n\
         # The memory layout of the state, for review. Written by `cargo resume layout … --check … --bless`;\n\
         # do not edit: the hashes are computed again by whoever reads it.\n\n\
         root   {}\nlayout {}\nschema {}\nmarks  {}\n",
        type_token(&root.name),
        hex(root.layout),
        hex(root.schema),
        hex(layout.declared())
    );
    let mut types: Vec<(u8, &Type)> = reached(layout)
        .into_iter()
        .filter_map(|index| Some((section(layout, index)?, layout.ty(index))))
        .collect();
    types.sort_by(|a, b| (a.0, &a.1.name).cmp(&(b.0, &b.1.name)));
    for (_, ty) in types {
        put_type(&mut out, layout, ty);
    }
    out
}

/// The types that the root leads to; others decide nothing.
fn reached(layout: &Layout) -> Vec<usize> {
    let mut seen = vec![false; layout.types().len()];
    let (mut reached, mut next) = (vec![0], 0);
    seen[0] = true;
    while next < reached.len() {
        for part in layout.ty(reached[next]).shape.parts() {
            if !std::mem::replace(&mut seen[part], true) {
                reached.push(part);
            }
        }
        next += 1;
    }
    reached
}

/// Where a type stands in the file; `None` where its name says it all.
fn section(layout: &Layout, index: usize) -> Option<u8> {
    let ty = layout.ty(index);
    let section = match &ty.shape {
        _ if index == 0 => 0,
        Shape::Struct { .. } | Shape::Enum { .. } => 1,
        Shape::Container { .. } => 2,
        Shape::Handle { .. } => 3,
        Shape::Scalar { prim, non_zero } => {
            if ty.name == prim_name(*prim) && ty.align == prim.size() && !non_zero {
                return None;
            }
            4
        }
        Shape::Array { elem, len } => {
            let usual = format!("[]<{}, {len}>", layout.ty(*elem).name);
            if ty.name == usual && !type_token(&ty.name).starts_with('"') {
                return None;
            }
            5
        }
        other => unreachable!("this crate and resume-core are of one version: {other:?}"),
    };
    Some(section)
}

/// Writing to a string cannot fail.
macro_rules! put {
    ($out:expr, $($arg:tt)*) => { let _ = writeln!($out, $($arg)*); };
}

fn put_type(out: &mut String, layout: &Layout, ty: &Type) {
    let name = type_token(&ty.name);
    let (size, align) = (ty.size, ty.align);
    let was = ty
        .renamed_from
        .as_ref()
        .map(|name| format!("  renamed from {}", name_token(name)))
        .unwrap_or_default();
    out.push('\n');
    match &ty.shape {
        Shape::Struct { fields } => {
            put!(out, "struct {name}  size {size} align {align}{was}");
            put_fields(out, layout, fields);
        }
        Shape::Enum { tag, variants } => {
            put!(out, "enum {name}: {}  size {size} align {align}{was}", prim_name(*tag));
            for variant in variants {
                let mut name = name_token(&variant.name);
                // A line that starts with a digit is a field.
                if name.starts_with(|c: char| c.is_ascii_digit()) {
                    name = format!("\"{name}\"");
                }
                put!(out, "  {name} = {}", variant.discriminant);
                put_fields(out, layout, &variant.fields);
            }
        }
        Shape::Container { role, capacity, fields } => {
            put!(
                out,
                "container {name}  {} capacity {capacity}  size {size} align {align}{was}",
                role_name(*role)
            );
            put_fields(out, layout, fields);
        }
        Shape::Handle { target } => {
            put!(out, "handle {name}  to {}  align {align}", type_token(target));
        }
        Shape::Scalar { prim, non_zero } => {
            let non_zero = if *non_zero { " non-zero" } else { "" };
            put!(out, "scalar {name}  {}{non_zero}  align {align}", prim_name(*prim));
        }
        Shape::Array { elem, len } => {
            let elem = type_token(&layout.ty(*elem).name);
            put!(out, "array {name}  of {elem}  length {len}  size {size} align {align}");
        }
        other => unreachable!("this crate and resume-core are of one version: {other:?}"),
    }
}

fn put_fields(out: &mut String, layout: &Layout, fields: &[Field]) {
    for field in fields {
        let ty = type_token(&layout.ty(field.ty).name);
        let marks = &field.marks;
        let marks = [
            marks.reserved.then(|| "  reserved".to_owned()),
            marks.transient.then(|| "  transient".to_owned()),
            marks.default.then(|| "  default".to_owned()),
            marks.renamed_from.as_ref().map(|name| format!("  renamed from {}", name_token(name))),
        ];
        let marks: String = marks.into_iter().flatten().collect();
        put!(out, "{:>8}  {}: {ty}{marks}", field.offset, name_token(&field.name));
    }
}
