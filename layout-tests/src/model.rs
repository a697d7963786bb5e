//! A descriptor of this process as the owned model that differences are made of.

use std::collections::HashMap;

use resume_core::layout::{
    Claim, Draft, Field, FieldDesc, Kind, Layout, Marks, ModelError, Shape, TypeDesc, Variant,
};

/// What a reader of `root`'s record would have.
///
/// # Errors
/// When the descriptors contradict themselves or each other.
pub fn layout_of(root: &'static TypeDesc) -> Result<Layout, ModelError> {
    let mut order = vec![root];
    let mut index = HashMap::from([(root.id_hash, 0)]);
    let mut next = 0;
    while let Some(ty) = order.get(next).copied() {
        next += 1;
        for part in parts(ty) {
            index.entry(part.id_hash).or_insert_with(|| {
                order.push(part);
                order.len() - 1
            });
        }
    }
    Layout::new(order.iter().map(|ty| draft(ty, &index)).collect())
}

/// The types that a type is made of.
pub fn parts(ty: &TypeDesc) -> Vec<&'static TypeDesc> {
    match ty.kind {
        Kind::Array { elem, .. } => vec![elem],
        Kind::Struct { fields } | Kind::Container { fields, .. } => fields.iter().map(|f| f.ty).collect(),
        Kind::Enum { variants, .. } => variants.iter().flat_map(|v| v.fields).map(|f| f.ty).collect(),
        Kind::Scalar { .. } | Kind::Handle { .. } => Vec::new(),
    }
}

fn draft(ty: &TypeDesc, index: &HashMap<u128, usize>) -> Draft {
    let fields = |variant: usize, fields: &[FieldDesc]| -> Vec<Field> {
        let field = |(at, f): (usize, &FieldDesc)| Field {
            name: f.name.to_owned(),
            offset: f.offset,
            ty: index[&f.ty.id_hash],
            marks: ty.mark(variant, at).map_or_else(Marks::default, |mark| Marks {
                renamed_from: mark.renamed_from.map(str::to_owned),
                reserved: mark.reserved,
                transient: mark.transient,
                default: mark.default.is_some(),
            }),
        };
        fields.iter().enumerate().map(field).collect()
    };
    let shape = match ty.kind {
        Kind::Scalar { prim, non_zero } => Shape::Scalar { prim, non_zero },
        Kind::Array { elem, len } => Shape::Array { elem: index[&elem.id_hash], len },
        Kind::Struct { fields: all } => Shape::Struct { fields: fields(0, all) },
        Kind::Enum { tag, variants } => {
            let variant = |(at, v): (usize, &resume_core::layout::VariantDesc)| Variant {
                name: v.name.to_owned(),
                discriminant: v.discriminant,
                fields: fields(at, v.fields),
            };
            Shape::Enum { tag, variants: variants.iter().enumerate().map(variant).collect() }
        }
        Kind::Container { role, capacity, fields: all, .. } => {
            Shape::Container { role, capacity, fields: fields(0, all) }
        }
        Kind::Handle { target } => Shape::Handle { target: target.to_string() },
    };
    let TypeDesc { layout, schema, plain, zero_valid, .. } = *ty;
    Draft {
        name: ty.id.to_string(),
        renamed_from: ty.renamed_from.map(str::to_owned),
        shape,
        size: ty.size,
        align: ty.align,
        claim: Some(Claim { layout, schema, plain, zero_valid }),
    }
}
