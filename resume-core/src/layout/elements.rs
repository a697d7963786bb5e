//! What a container holds, as opposed to how it holds it.

use super::Role;
use super::model::{Layout, Shape, Type};

/// Elements of a container or an array.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Element {
    /// How paths write it: `[]`, `[].key`, `[].value`.
    pub segment: &'static str,
    /// The element's type.
    pub ty: usize,
    /// Bytes from the start of one entry to the element.
    pub offset: u64,
    /// Bytes from one entry to the next: more than the element where a slot's state stands beside it.
    pub stride: u64,
    /// The number of entries.
    pub len: u64,
}

impl Layout {
    /// The elements of `owner`, an array or a container of this layout; nothing for other types, nor for
    /// a string.
    ///
    /// Of a container's parts, an array whose elements have the type of a generic argument holds them. In
    /// entries (a pool's slots, a map's buckets) it is the fields `key` and `value`; a set's are its keys.
    pub fn elements(&self, owner: &Type) -> Vec<Element> {
        let array = |ty: usize| match self.ty(ty).shape {
            Shape::Array { elem, len } => Some((elem, len)),
            _ => None,
        };
        let (fields, set, keyed) = match &owner.shape {
            Shape::Array { elem, len } => {
                let stride = self.ty(*elem).size;
                return vec![Element { segment: "[]", ty: *elem, offset: 0, stride, len: *len }];
            }
            Shape::Container { fields, role, .. } if !matches!(role, Role::String | Role::BitSet) => {
                let keyed = matches!(role, Role::Map | Role::Set | Role::OrderedMap);
                (fields, *role == Role::Set, keyed)
            }
            _ => return Vec::new(),
        };
        let args = super::names::args(&owner.name);
        let mut elements = Vec::new();
        for (entry, len) in fields.iter().filter_map(|field| array(field.ty)) {
            let stride = self.ty(entry).size;
            let found = |segment, ty, offset| Element { segment, ty, offset, stride, len };
            // A map's control bytes are `u8`, and its keys may be, too: its elements stand in entries only.
            if !keyed && args.contains(&self.ty(entry).name.as_str()) {
                elements.push(found("[]", entry, 0));
            } else if let Shape::Struct { fields } = &self.ty(entry).shape {
                let keyed = fields.iter().any(|f| f.name == "key");
                elements.extend(fields.iter().filter_map(|f| match (f.name.as_str(), keyed) {
                    ("key", _) if set => Some(found("[]", f.ty, f.offset)),
                    ("value", _) if set => None,
                    ("key", _) => Some(found("[].key", f.ty, f.offset)),
                    ("value", true) => Some(found("[].value", f.ty, f.offset)),
                    ("value", false) => Some(found("[]", f.ty, f.offset)),
                    _ => None,
                }));
            }
        }
        elements
    }
}
