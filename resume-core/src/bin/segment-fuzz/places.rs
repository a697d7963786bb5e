//! Where the numbers of a root are, from its descriptor.

use resume_core::ShmSafe;
use resume_core::layout::{FieldDesc, Kind, TypeDesc};

/// A number: of the state, or a container's own (length, link, tag, handle).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) at: usize,
    pub(crate) bytes: usize,
    pub(crate) name: &'static str,
}

/// Longer arrays of numbers are ballast.
const ARRAY_MAX: u64 = 1000;

/// The numbers of a root that starts at `root`, by its fields.
pub(crate) fn of_root<R: ShmSafe>(root: usize) -> Vec<Vec<Place>> {
    let Kind::Struct { fields } = R::DESC.kind else { return Vec::new() };
    let by_field = fields.iter().map(|field| {
        let mut places = Vec::new();
        of_type(field.ty, root + field.offset as usize, field.name, &mut places);
        places
    });
    by_field.filter(|places| !places.is_empty()).collect()
}

fn of_type(ty: &TypeDesc, at: usize, name: &'static str, places: &mut Vec<Place>) {
    match ty.kind {
        Kind::Scalar { prim, .. } => places.push(Place { at, bytes: prim.size() as usize, name }),
        Kind::Handle { .. } => {
            places.push(Place { at, bytes: 4, name: "index" });
            places.push(Place { at: at + 4, bytes: 4, name: "generation" });
        }
        Kind::Array { len, .. } if len > ARRAY_MAX => {}
        Kind::Array { elem, len } => {
            (0..len).for_each(|i| of_type(elem, at + (i * elem.size) as usize, name, places));
        }
        Kind::Struct { fields } | Kind::Container { fields, .. } => of_fields(fields, at, places),
        Kind::Enum { tag, variants } => {
            places.push(Place { at, bytes: tag.size() as usize, name: "tag" });
            variants.iter().for_each(|variant| of_fields(variant.fields, at, places));
        }
    }
}

fn of_fields(fields: &[FieldDesc], at: usize, places: &mut Vec<Place>) {
    for field in fields {
        of_type(field.ty, at + field.offset as usize, field.name, places);
    }
}

/// Makes each slot's and node's generation the last but one.
pub(crate) fn wrap_generations(places: &[Vec<Place>], bytes: &mut [u8]) {
    for place in places.iter().flatten().filter(|place| place.name == "word" && place.bytes == 8) {
        let generation = &mut bytes[place.at + 4..place.at + 8];
        if generation != [0; 4] {
            generation.copy_from_slice(&(u32::MAX - 1).to_le_bytes());
        }
    }
}
