//! The types that rustc described in the debug information of an executable, as an owned graph.
//!
//! Everything is kept as the compiler wrote it; what it means is the business of [`oracle`](crate::oracle).

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use gimli::{AttributeValue, DebuggingInformationEntry, Dwarf, EndianSlice, RunTimeEndian, Unit, UnitOffset};
use object::{Object, ObjectSection};

type Reader<'d> = EndianSlice<'d, RunTimeEndian>;
type Entry<'d> = DebuggingInformationEntry<Reader<'d>>;

/// All types of an executable.
#[derive(Debug, Default)]
pub struct Types {
    types: Vec<Type>,
    by_path: HashMap<String, Vec<usize>>,
    by_offset: HashMap<usize, usize>,
}

/// A type as the compiler described it.
#[derive(Debug, Clone)]
pub struct Type {
    /// Namespaces and name with generic arguments; see [`normal`]. Empty for arrays and the like.
    pub path: String,
    /// `DW_AT_byte_size`, where it is there.
    pub size: Option<u64>,
    /// `DW_AT_alignment`, where it is there.
    pub align: Option<u64>,
    /// What kind of type it is.
    pub shape: Shape,
}

/// The shape of a [`Type`].
#[derive(Debug, Clone)]
pub enum Shape {
    /// A number, with its `DW_AT_encoding`.
    Base(gimli::DwAte),
    /// A struct or a tuple.
    Struct(Vec<Member>),
    /// A union.
    Union(Vec<Member>),
    /// An enum without fields: its tag's type, names and values.
    Unit(Option<usize>, Vec<(String, i128)>),
    /// An enum with fields.
    Data(Option<Member>, Vec<Variant>),
    /// An array: element and length.
    Array(Option<usize>, Option<u64>),
    /// A pointer or code.
    Other,
}

/// A field.
#[derive(Debug, Clone)]
pub struct Member {
    /// The name; `__0` for a tuple field.
    pub name: String,
    /// Bytes from the start of the owner.
    pub offset: u64,
    /// `DW_AT_alignment`, where it is there.
    pub align: Option<u64>,
    /// Where the type is described; see [`Types::at`].
    pub ty: Option<usize>,
}

/// A variant of an enum with fields.
#[derive(Debug, Clone, Default)]
pub struct Variant {
    /// The tag's value, if the variant has one of its own.
    pub value: Option<i128>,
    /// The variant's struct as a member of the enum; its name is the variant's.
    pub member: Option<Member>,
}

/// Where the walk is.
enum Frame {
    Name(String),
    Type(String, usize),
    Variant(usize),
    Other,
}

impl Types {
    /// Reads the debug information of `executable`.
    ///
    /// # Errors
    /// When the file cannot be read or has no debug information.
    pub fn of(executable: &Path) -> Result<Self, String> {
        let bytes = std::fs::read(executable).map_err(|e| format!("{}: {e}", executable.display()))?;
        let file = object::File::parse(&*bytes).map_err(|e| format!("{}: {e}", executable.display()))?;
        let load = |id: gimli::SectionId| -> Result<Cow<'_, [u8]>, String> {
            match file.section_by_name(id.name()) {
                Some(section) => section.uncompressed_data().map_err(|e| e.to_string()),
                None => Ok(Cow::Borrowed(&[])),
            }
        };
        let sections = gimli::DwarfSections::load(load)?;
        let endian = if file.is_little_endian() { RunTimeEndian::Little } else { RunTimeEndian::Big };
        let dwarf = sections.borrow(|section| EndianSlice::new(section, endian));
        let types = Self::read(&dwarf).map_err(|e| e.to_string())?;
        if types.types.is_empty() {
            return Err(format!("{}: no debug information; build with `debug = 2`", executable.display()));
        }
        Ok(types)
    }

    /// The types of this path, one for each crate unit that uses it.
    pub fn by_path(&self, path: &str) -> Vec<usize> {
        self.by_path.get(&normal(path)).cloned().unwrap_or_default()
    }

    /// All instances of the generic type at this path, which has no arguments.
    pub fn instances(&self, path: &str) -> Vec<usize> {
        let is_instance = |ty: &Type| ty.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('<'));
        (0..self.types.len()).filter(|index| is_instance(&self.types[*index])).collect()
    }

    /// The type at an index.
    pub fn ty(&self, index: usize) -> &Type {
        &self.types[index]
    }

    /// The index of the type that a reference leads to.
    pub fn at(&self, reference: Option<usize>) -> Option<usize> {
        self.by_offset.get(&reference?).copied()
    }

    fn read(dwarf: &Dwarf<Reader<'_>>) -> gimli::Result<Self> {
        let mut this = Self::default();
        let mut headers = dwarf.units();
        while let Some(header) = headers.next()? {
            let unit = dwarf.unit(header)?;
            this.read_unit(dwarf, &unit)?;
        }
        for (index, ty) in this.types.iter().enumerate().filter(|(_, ty)| !ty.path.is_empty()) {
            this.by_path.entry(ty.path.clone()).or_default().push(index);
        }
        Ok(this)
    }

    fn read_unit(&mut self, dwarf: &Dwarf<Reader<'_>>, unit: &Unit<Reader<'_>>) -> gimli::Result<()> {
        let mut stack: Vec<Frame> = Vec::new();
        let mut cursor = unit.entries();
        while let Some(entry) = cursor.next_dfs()? {
            stack.truncate(usize::try_from(entry.depth()).unwrap_or(0));
            let read = Die { dwarf, unit, entry };
            let frame = self.read_entry(&read, &stack)?;
            stack.push(frame);
        }
        Ok(())
    }

    fn read_entry(&mut self, die: &Die<'_, '_>, stack: &[Frame]) -> gimli::Result<Frame> {
        let owner = stack.iter().rev().find_map(|frame| match frame {
            Frame::Type(_, index) | Frame::Variant(index) => Some(*index),
            _ => None,
        });
        let shape = match die.entry.tag() {
            gimli::DW_TAG_namespace => return Ok(Frame::Name(die.name()?)),
            gimli::DW_TAG_structure_type => Shape::Struct(Vec::new()),
            gimli::DW_TAG_union_type => Shape::Union(Vec::new()),
            gimli::DW_TAG_enumeration_type => Shape::Unit(die.ty(), Vec::new()),
            gimli::DW_TAG_array_type => Shape::Array(die.ty(), None),
            gimli::DW_TAG_base_type => Shape::Base(die.encoding()),
            gimli::DW_TAG_pointer_type | gimli::DW_TAG_subroutine_type => Shape::Other,
            tag => {
                let Some(index) = owner else { return Ok(Frame::Other) };
                return self.read_part(die, tag, index, stack.last());
            }
        };
        let name = die.name()?;
        let mut path: Vec<&str> = stack
            .iter()
            .filter_map(|frame| match frame {
                Frame::Name(name) | Frame::Type(name, _) => Some(name.as_str()),
                _ => None,
            })
            .collect();
        path.push(&name);
        let index = self.types.len();
        let path = if name.is_empty() { String::new() } else { normal(&path.join("::")) };
        let (size, align) = (die.number(gimli::DW_AT_byte_size), die.number(gimli::DW_AT_alignment));
        self.types.push(Type { path, size, align, shape });
        self.by_offset.insert(die.section_offset(die.entry.offset()), index);
        Ok(Frame::Type(name, index))
    }

    /// A child of the type at `index`.
    fn read_part(
        &mut self,
        die: &Die<'_, '_>,
        tag: gimli::DwTag,
        index: usize,
        parent: Option<&Frame>,
    ) -> gimli::Result<Frame> {
        let shape = &mut self.types[index].shape;
        match (tag, shape) {
            (gimli::DW_TAG_variant_part, shape) => *shape = Shape::Data(None, Vec::new()),
            (gimli::DW_TAG_variant, Shape::Data(_, variants)) => {
                let value = die.value(gimli::DW_AT_discr_value);
                variants.push(Variant { value, member: None });
                return Ok(Frame::Variant(index));
            }
            (gimli::DW_TAG_member, shape) => {
                let member = die.member()?;
                match (shape, parent) {
                    (Shape::Data(_, variants), Some(Frame::Variant(_))) => {
                        if let Some(variant) = variants.last_mut() {
                            variant.member = Some(member);
                        }
                    }
                    (Shape::Data(tag, _), _) => *tag = Some(member),
                    (Shape::Struct(members) | Shape::Union(members), _) => members.push(member),
                    _ => {}
                }
            }
            (gimli::DW_TAG_enumerator, Shape::Unit(_, values)) => {
                let value = die.value(gimli::DW_AT_const_value).unwrap_or(i128::MAX);
                values.push((die.name()?, value));
            }
            (gimli::DW_TAG_subrange_type, Shape::Array(_, len)) => {
                let bound = || die.number(gimli::DW_AT_upper_bound).map(|last| last.wrapping_add(1));
                *len = die.number(gimli::DW_AT_count).or_else(bound);
            }
            _ => {}
        }
        Ok(Frame::Other)
    }
}

/// One entry with what it takes to read it.
struct Die<'e, 'd> {
    dwarf: &'e Dwarf<Reader<'d>>,
    unit: &'e Unit<Reader<'d>>,
    entry: &'e Entry<'d>,
}

impl Die<'_, '_> {
    fn name(&self) -> gimli::Result<String> {
        let Some(name) = self.entry.attr_value(gimli::DW_AT_name) else { return Ok(String::new()) };
        let text = self.dwarf.attr_string(self.unit, name)?;
        Ok(text.to_string_lossy().into_owned())
    }

    fn number(&self, what: gimli::DwAt) -> Option<u64> {
        self.entry.attr_value(what)?.udata_value()
    }

    /// A value whose sign the tag's type decides; the reader cuts it to that type.
    fn value(&self, what: gimli::DwAt) -> Option<i128> {
        let value = self.entry.attr_value(what)?;
        if let AttributeValue::Block(bytes) = &value {
            let bytes = bytes.slice();
            let mut wide = [0; 16];
            wide.get_mut(..bytes.len())?.copy_from_slice(bytes);
            return Some(i128::from_le_bytes(wide));
        }
        value.sdata_value().map(i128::from).or_else(|| value.udata_value().map(i128::from))
    }

    fn encoding(&self) -> gimli::DwAte {
        match self.entry.attr_value(gimli::DW_AT_encoding) {
            Some(AttributeValue::Encoding(encoding)) => encoding,
            _ => gimli::DwAte(0),
        }
    }

    fn ty(&self) -> Option<usize> {
        match self.entry.attr_value(gimli::DW_AT_type)? {
            AttributeValue::UnitRef(offset) => Some(self.section_offset(offset)),
            AttributeValue::DebugInfoRef(offset) => Some(offset.0),
            _ => None,
        }
    }

    fn member(&self) -> gimli::Result<Member> {
        Ok(Member {
            name: self.name()?,
            offset: self.number(gimli::DW_AT_data_member_location).unwrap_or(u64::MAX),
            align: self.number(gimli::DW_AT_alignment),
            ty: self.ty(),
        })
    }

    fn section_offset(&self, offset: UnitOffset) -> usize {
        offset.to_debug_info_offset(&self.unit.header).map_or(usize::MAX, |offset| offset.0)
    }
}

/// A path as both `type_name` and debug information can be brought to: no blanks, no `r#`.
pub fn normal(path: &str) -> String {
    path.replace("r#", "").chars().filter(|c| !c.is_whitespace()).collect()
}
