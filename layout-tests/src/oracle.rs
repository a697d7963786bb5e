//! Descriptors against debug information: two accounts of the same types that know nothing of each other.
//!
//! A type is found by its full path. A crate unit each may describe it, and generic ones usually do: the
//! descriptor must agree with all of them. Parts are found from there by the references in the debug
//! information, so that nothing is looked up by a name that might be another type's.

use std::collections::HashSet;
use std::fmt;

use resume_core::layout::{FieldDesc, Ident, IdentArg, Kind, Prim, TypeDesc, VariantDesc};

use crate::dwarf::{Member, Shape, Type, Types, Variant, normal};

/// What was compared, and where the accounts differ.
#[derive(Debug, Default)]
pub struct Comparison {
    types: HashSet<u128>,
    done: HashSet<(u128, u128, usize)>,
    fields: usize,
    /// `path: what the descriptor says, what the compiler says`.
    pub differences: Vec<String>,
}

impl Comparison {
    /// How many different types were compared.
    pub fn types(&self) -> usize {
        self.types.len()
    }

    /// How many fields, elements, variants and tags were compared.
    pub fn fields(&self) -> usize {
        self.fields
    }

    /// Compares `desc` with all that the compiler says about the type at `path`.
    pub fn compare(&mut self, dwarf: &Types, path: &str, desc: &'static TypeDesc) {
        let found = find(dwarf, path, desc);
        if found.is_empty() {
            self.differ(path, "the type", "described", "not in the debug information");
        }
        for index in found {
            Walk { dwarf, to: self }.ty(path, desc, index);
        }
    }

    fn differ(&mut self, path: &str, what: &str, desc: impl fmt::Display, dwarf: impl fmt::Display) {
        self.differences.push(format!("{path}: {what}: descriptor {desc}, debug information {dwarf}"));
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for difference in &self.differences {
            writeln!(f, "{difference}")?;
        }
        let (types, fields, differences) = (self.types(), self.fields, self.differences.len());
        write!(f, "types compared={types} fields compared={fields} differences={differences}")
    }
}

/// The types at a path.
///
/// `type_name` leaves out arguments that are the parameter's default, and debug information writes a `char`
/// as a number that nobody else knows. So where the path as it is leads nowhere, it is every instance of
/// the generic type that the arguments in the descriptor's name do not rule out.
fn find(dwarf: &Types, path: &str, desc: &TypeDesc) -> Vec<usize> {
    let found = dwarf.by_path(path);
    if !found.is_empty() {
        return found;
    }
    let generic = normal(path).split('<').next().unwrap_or_default().to_owned();
    dwarf.instances(&generic).into_iter().filter(|index| agree(desc.id, &dwarf.ty(*index).path)).collect()
}

/// Whether the arguments of `id` may be those of the type at `path`.
fn agree(id: &Ident, path: &str) -> bool {
    let args = arguments(path);
    let agrees = |(arg, text): (&IdentArg, &&str)| match arg {
        IdentArg::Const(value) => match *text {
            "true" => *value == 1,
            "false" => *value == 0,
            text => text.starts_with("{CONST#") || text.parse() == Ok(*value),
        },
        IdentArg::Type(id) => agree(id, text),
    };
    args.len() == id.args.len() && id.args.iter().zip(&args).all(agrees) && {
        let name = path.split('<').next().unwrap_or_default().rsplit("::").next().unwrap_or_default();
        !args.is_empty() || name == id.name
    }
}

/// The generic arguments at the end of a path, those of an array included.
fn arguments(path: &str) -> Vec<&str> {
    let inside = match (path.find('<'), path.strip_prefix('[').and_then(|p| p.strip_suffix(']'))) {
        (_, Some(array)) => return array.rsplitn(2, ';').collect::<Vec<_>>().into_iter().rev().collect(),
        (Some(open), _) => path[open + 1..].strip_suffix('>').unwrap_or_default(),
        _ => return Vec::new(),
    };
    let (mut depth, mut start, mut args) = (0_i32, 0, Vec::new());
    for (at, c) in inside.char_indices() {
        depth += i32::from(matches!(c, '<' | '[')) - i32::from(matches!(c, '>' | ']'));
        if c == ',' && depth == 0 {
            args.push(&inside[start..at]);
            start = at + 1;
        }
    }
    args.push(&inside[start..]);
    args
}

struct Walk<'a> {
    dwarf: &'a Types,
    to: &'a mut Comparison,
}

/// Wrappers of the standard library that add neither bytes nor validity; no descriptor knows them.
const WRAPPERS: [&str; 4] = [
    "core::cell::UnsafeCell<",
    "core::mem::maybe_uninit::MaybeUninit<",
    "core::mem::manually_drop::ManuallyDrop<",
    "core::mem::maybe_dangling::MaybeDangling<",
];

impl<'a> Walk<'a> {
    fn equal<T: PartialEq + fmt::Debug>(&mut self, path: &str, what: &str, desc: T, dwarf: T) {
        if desc != dwarf {
            self.to.differ(path, what, format_args!("{desc:?}"), format_args!("{dwarf:?}"));
        }
    }

    fn wrong(&mut self, path: &str, expected: &str, found: &Type) {
        self.to.differ(path, "the shape", expected, format_args!("{:?} `{}`", found.shape, found.path));
    }

    fn ty(&mut self, path: &str, desc: &'static TypeDesc, index: usize) {
        let (index, ty) = self.unwrapped(index);
        if !self.to.done.insert((desc.layout, desc.schema, index)) {
            return;
        }
        self.to.types.insert(desc.schema);
        if let Some(size) = self.size(index) {
            self.equal(path, "size", desc.size, size);
        } else {
            self.wrong(path, "a type with a size", ty);
        }
        if let Some(align) = ty.align {
            self.equal(path, "align", desc.align, align);
        }
        match desc.kind {
            Kind::Scalar { prim, non_zero } => self.scalar(path, desc.id, (prim, non_zero), index),
            Kind::Array { elem, len } => self.array(path, elem, len, ty),
            Kind::Struct { fields } if ty.path.starts_with("core::cell::Cell<") => {
                match (fields, &ty.shape) {
                    ([field], Shape::Struct(members)) if members.len() == 1 => {
                        self.part(path, field, 0, &members[0])
                    }
                    _ => self.wrong(path, "one field", ty),
                }
            }
            Kind::Struct { fields } => match &ty.shape {
                Shape::Struct(members) => self.fields(path, fields, members, 0, true),
                Shape::Base(_) if ty.path == "()" => self.equal(path, "fields", fields.len(), 0),
                _ => self.wrong(path, "a struct", ty),
            },
            Kind::Enum { tag, variants } => self.enumeration(path, tag, variants, ty),
            Kind::Container { fields, .. } => match &ty.shape {
                Shape::Struct(members) => self.fields(path, fields, members, 0, false),
                _ => self.wrong(path, "a container's struct", ty),
            },
            Kind::Handle { .. } => self.handle(path, ty),
        }
    }

    /// The type below wrappers that no descriptor knows.
    fn unwrapped(&self, mut index: usize) -> (usize, &'a Type) {
        loop {
            let ty = self.dwarf.ty(index);
            let inner = match &ty.shape {
                Shape::Struct(members) | Shape::Union(members)
                    if WRAPPERS.iter().any(|wrapper| ty.path.starts_with(wrapper)) =>
                {
                    members.iter().rfind(|member| member.name != "uninit")
                }
                _ => None,
            };
            match inner.and_then(|member| self.dwarf.at(member.ty)) {
                Some(next) => index = next,
                None => return (index, ty),
            }
        }
    }

    fn size(&self, index: usize) -> Option<u64> {
        let ty = self.dwarf.ty(index);
        match ty.shape {
            Shape::Array(elem, len) => Some(self.size(self.dwarf.at(elem)?)? * len?),
            _ => ty.size,
        }
    }

    fn scalar(&mut self, path: &str, id: &Ident, (prim, non_zero): (Prim, bool), index: usize) {
        self.to.fields += 1;
        let ty = self.dwarf.ty(index);
        let is_non_zero = ty.path.starts_with("core::num::nonzero::NonZero<");
        self.equal(path, "non-zero", non_zero, is_non_zero);
        if let Shape::Data(_, variants) = &ty.shape {
            return self.optional(path, ty, variants);
        }
        let Some(encoding) = self.encoding(index) else {
            return self.wrong(path, "a number", ty);
        };
        let known: &[gimli::DwAte] = match prim {
            Prim::Bool if id.name == "AtomicBool" => &[gimli::DW_ATE_boolean, gimli::DW_ATE_unsigned],
            Prim::Bool => &[gimli::DW_ATE_boolean],
            Prim::Char => &[gimli::DW_ATE_UTF],
            Prim::F32 | Prim::F64 => &[gimli::DW_ATE_float],
            Prim::I8 | Prim::I16 | Prim::I32 | Prim::I64 | Prim::I128 => {
                &[gimli::DW_ATE_signed, gimli::DW_ATE_signed_char]
            }
            _ => &[gimli::DW_ATE_unsigned, gimli::DW_ATE_unsigned_char],
        };
        if !known.contains(&encoding) {
            self.to.differ(path, "the number", format_args!("{prim:?}"), encoding);
        }
    }

    /// `Option<NonZero<_>>`: `None` is 0, and there is nothing beside the number.
    fn optional(&mut self, path: &str, ty: &Type, variants: &[Variant]) {
        if !ty.path.starts_with("core::option::Option<core::num::nonzero::NonZero<") {
            return self.wrong(path, "a number", ty);
        }
        let none = variants.iter().find(|v| v.member.as_ref().is_some_and(|m| m.name == "None"));
        self.equal(path, "the value of None", Some(0), none.and_then(|v| v.value));
        for variant in variants {
            self.equal(path, "offset", Some(0), variant.member.as_ref().map(|m| m.offset));
        }
    }

    /// The number that a chain of structs of one field ends in.
    fn encoding(&self, index: usize) -> Option<gimli::DwAte> {
        let (index, ty) = self.unwrapped(index);
        match &ty.shape {
            Shape::Base(encoding) => Some(*encoding),
            Shape::Struct(members) => {
                let mut full =
                    members.iter().filter_map(|m| self.dwarf.at(m.ty)).filter(|m| self.size(*m) != Some(0));
                let only = full.next()?;
                (full.next().is_none() && self.size(only) == self.size(index)).then(|| self.encoding(only))?
            }
            _ => None,
        }
    }

    fn array(&mut self, path: &str, elem: &'static TypeDesc, len: u64, ty: &Type) {
        let Shape::Array(of, count) = ty.shape else { return self.wrong(path, "an array", ty) };
        self.to.fields += 1;
        self.equal(path, "length", Some(len), count);
        match self.dwarf.at(of) {
            Some(of) => self.ty(&format!("{path}[]"), elem, of),
            None => self.wrong(path, "an element", ty),
        }
    }

    /// `exact` wants the same fields in the same order; a container leaves its empty ones out.
    fn fields(
        &mut self,
        path: &str,
        fields: &'static [FieldDesc],
        members: &[Member],
        base: u64,
        exact: bool,
    ) {
        let names: Vec<String> = fields.iter().map(|f| debug_name(f.name)).collect();
        let members = match exact {
            true => members.to_vec(),
            false => self.flattened(&names, members, 0),
        };
        let found: Vec<String> = members.iter().map(|m| m.name.clone()).collect();
        if exact {
            self.equal(path, "fields", &names, &found);
        }
        for missing in found.iter().filter(|name| !names.contains(name)) {
            self.to.differ(path, "fields", "does not have it", missing);
        }
        for (field, name) in fields.iter().zip(&names) {
            match members.iter().find(|m| m.name == *name) {
                Some(member) => self.part(&format!("{path}.{}", field.name), field, base, member),
                None => self.to.differ(path, "fields", field.name, "does not have it"),
            }
        }
    }

    /// The members that a container's descriptor can name: neither empty ones nor its spare bytes, and of a
    /// struct that the descriptor does not know, the members.
    fn flattened(&self, names: &[String], members: &[Member], base: u64) -> Vec<Member> {
        let mut flat = Vec::new();
        for member in members {
            let ty = self.dwarf.at(member.ty);
            let offset = base.wrapping_add(member.offset);
            match ty.map(|ty| &self.unwrapped(ty).1.shape) {
                _ if names.contains(&member.name) => flat.push(Member { offset, ..member.clone() }),
                _ if ty.and_then(|ty| self.size(ty)) == Some(0) || member.name == "_reserved" => {}
                Some(Shape::Struct(inner)) => {
                    flat.extend(self.flattened(names, inner, offset));
                }
                _ => flat.push(Member { offset, ..member.clone() }),
            }
        }
        flat
    }

    fn part(&mut self, path: &str, field: &'static FieldDesc, base: u64, member: &Member) {
        self.to.fields += 1;
        // In a transparent struct what has no bytes has no guaranteed place: the descriptor says 0.
        if (field.offset, field.ty.size) != (0, 0) {
            self.equal(path, "offset", field.offset, base.wrapping_add(member.offset));
        }
        if let Some(align) = member.align {
            self.equal(path, "align", field.ty.align, align);
        }
        match self.dwarf.at(member.ty) {
            Some(ty) => self.ty(path, field.ty, ty),
            None => self.to.differ(path, "the type", field.ty.id, "does not say"),
        }
    }

    fn enumeration(&mut self, path: &str, tag: Prim, variants: &'static [VariantDesc], ty: &Type) {
        self.to.fields += variants.len();
        let cut = |value: i128| match tag.size() {
            16 => value,
            bytes => value & ((1 << (bytes * 8)) - 1),
        };
        let described: Vec<_> =
            variants.iter().map(|v| (v.name.to_owned(), Some(cut(v.discriminant)))).collect();
        let tag_at = match &ty.shape {
            Shape::Unit(tag_at, values) => {
                let found: Vec<_> =
                    values.iter().map(|(name, value)| (name.clone(), Some(cut(*value)))).collect();
                self.equal(path, "variants", &described, &found);
                for variant in variants.iter().filter(|v| !v.fields.is_empty()) {
                    self.to.differ(path, "fields of a variant", variant.name, "has none");
                }
                *tag_at
            }
            Shape::Data(tag_at, found) => {
                self.data(path, &described, variants, found, cut);
                self.equal(path, "offset of the tag", Some(0), tag_at.as_ref().map(|m| m.offset));
                tag_at.as_ref().and_then(|m| m.ty)
            }
            _ => return self.wrong(path, "an enum", ty),
        };
        let Some(index) = self.dwarf.at(tag_at) else { return self.wrong(path, "a tag", ty) };
        self.equal(path, "size of the tag", Some(tag.size()), self.size(index));
        let signed =
            self.encoding(index).map(|e| matches!(e, gimli::DW_ATE_signed | gimli::DW_ATE_signed_char));
        let is_signed = matches!(tag, Prim::I8 | Prim::I16 | Prim::I32 | Prim::I64);
        // C leaves the sign of an enum's integer open; where no value is negative, rustc says unsigned.
        let open = tag == Prim::I32 && variants.iter().all(|v| v.discriminant >= 0);
        if !open {
            self.equal(path, "sign of the tag", Some(is_signed), signed);
        }
    }

    fn data(
        &mut self,
        path: &str,
        described: &[(String, Option<i128>)],
        variants: &'static [VariantDesc],
        found: &[Variant],
        cut: impl Fn(i128) -> i128,
    ) {
        let name = |v: &Variant| v.member.as_ref().map_or(String::new(), |m| m.name.clone());
        let values: Vec<_> = found.iter().map(|v| (name(v), v.value.map(&cut))).collect();
        self.equal(path, "variants", described, &values[..]);
        for (variant, found) in variants.iter().zip(found) {
            let path = format!("{path}.{}", variant.name);
            let Some(member) = &found.member else { continue };
            let members = self.dwarf.at(member.ty).map(|index| &self.dwarf.ty(index).shape);
            match members {
                Some(Shape::Struct(members)) => {
                    self.fields(&path, variant.fields, members, member.offset, true)
                }
                _ => self.to.differ(&path, "the variant", "a struct", "something else"),
            }
        }
    }

    fn handle(&mut self, path: &str, ty: &Type) {
        let is_handle = ty.path.starts_with("resume_core::pool::Handle<");
        let (true, Shape::Struct(members)) = (is_handle, &ty.shape) else {
            return self.wrong(path, "a handle", ty);
        };
        self.to.fields += 2;
        let found: Vec<_> = members.iter().take(2).map(|m| (m.name.as_str(), m.offset)).collect();
        self.equal(path, "fields", vec![("index", 0), ("generation", 4)], found);
    }
}

/// The name that rustc gives a field in debug information.
fn debug_name(name: &str) -> String {
    match name.parse::<usize>() {
        Ok(position) => format!("__{position}"),
        Err(_) => name.to_owned(),
    }
}
