//! Type descriptors: what a state type looks like in memory, and what it means.
//!
//! A [`TypeDesc`] is built in a `const` by [`ShmSafe`](crate::ShmSafe) impls and lives in read-only
//! memory. It refers to the descriptors of its parts by `&'static`, never to the target of a handle, so
//! the graph has no cycles: a [`Kind::Handle`] names its target by [`Ident`].
//!
//! From it come both hashes (here), the flat record that leaves the process ([`super::encode`]) and the
//! byte-level checks of an attach.

use super::base::{Base, BaseWriter};
use super::hash::{Hasher, Text};

/// The stable name of a type: its own name or `#[shm(id = "…")]`, with its generic arguments.
///
/// It holds no module path, so that two binaries which mount one state crate at different places agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ident {
    /// The type's name without path or arguments.
    pub name: &'static str,
    /// The generic arguments, in order of declaration; lifetimes cannot occur.
    pub args: &'static [IdentArg],
}

/// One generic argument of an [`Ident`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentArg {
    /// A type argument.
    Type(&'static Ident),
    /// A const argument, as its value.
    Const(i128),
}

impl Ident {
    /// Names a type.
    pub const fn new(name: &'static str, args: &'static [IdentArg]) -> Self {
        Self { name, args }
    }

    /// The hash of name and arguments: identity where cycles forbid comparing descriptors. It is computed anew by
    /// each call; a descriptor keeps that of its own name.
    pub const fn hash(&self) -> u128 {
        self.feed(Text::new(Hasher::new(domain::IDENT))).finish().finish()
    }

    /// Feeds the text that `Display` writes, so that a reader of a record can check its names.
    const fn feed(&self, text: Text) -> Text {
        let mut text = text.feed(self.name);
        let mut i = 0;
        while i < self.args.len() {
            text = text.feed(if i == 0 { "<" } else { ", " });
            text = match self.args[i] {
                IdentArg::Type(id) => id.feed(text),
                IdentArg::Const(value) => text.feed(Decimal::new(value).as_str()),
            };
            i += 1;
        }
        if self.args.is_empty() { text } else { text.feed(">") }
    }

    /// The number of bytes that `Display` writes.
    pub(crate) const fn text_bytes(&self) -> usize {
        let mut bytes = self.name.len();
        let mut i = 0;
        while i < self.args.len() {
            bytes += if i == 0 { 1 } else { 2 };
            bytes += match self.args[i] {
                IdentArg::Type(id) => id.text_bytes(),
                IdentArg::Const(value) => Decimal::new(value).as_str().len(),
            };
            i += 1;
        }
        bytes + if self.args.is_empty() { 0 } else { 1 }
    }

    /// Writes what `Display` writes into `out` from `at` on, and gives the position behind it.
    pub(crate) const fn write(&self, out: &mut [u8], at: usize) -> usize {
        let mut at = super::encode::put(out, at, self.name.as_bytes());
        let mut i = 0;
        while i < self.args.len() {
            at = super::encode::put(out, at, if i == 0 { b"<" } else { b", " });
            at = match self.args[i] {
                IdentArg::Type(id) => id.write(out, at),
                IdentArg::Const(value) => {
                    super::encode::put(out, at, Decimal::new(value).as_str().as_bytes())
                }
            };
            i += 1;
        }
        if self.args.is_empty() { at } else { super::encode::put(out, at, b">") }
    }

    /// The hash of a name read from a record.
    pub(crate) fn hash_of_text(text: &str) -> u128 {
        Text::new(Hasher::new(domain::IDENT)).feed(text).finish().finish()
    }
}

/// An `i128` as decimal digits, for `const` evaluation.
struct Decimal {
    text: [u8; Self::BYTES_MAX],
    start: usize,
}

impl Decimal {
    /// `i128::MIN` has 39 digits and a sign.
    const BYTES_MAX: usize = 40;

    const fn new(value: i128) -> Self {
        let mut text = [0; Self::BYTES_MAX];
        let mut start = Self::BYTES_MAX;
        let mut rest = value.unsigned_abs();
        loop {
            start -= 1;
            text[start] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if value < 0 {
            start -= 1;
            text[start] = b'-';
        }
        Self { text, start }
    }

    const fn as_str(&self) -> &str {
        match core::str::from_utf8(self.text.split_at(self.start).1) {
            Ok(text) => text,
            Err(_) => "",
        }
    }
}

impl core::fmt::Display for Ident {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name)?;
        for (i, arg) in self.args.iter().enumerate() {
            f.write_str(if i == 0 { "<" } else { ", " })?;
            match arg {
                IdentArg::Type(id) => write!(f, "{id}")?,
                IdentArg::Const(value) => write!(f, "{value}")?,
            }
        }
        if self.args.is_empty() { Ok(()) } else { f.write_str(">") }
    }
}

/// A primitive of fixed width. The discriminants are part of the record format: never renumber.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum Prim {
    /// `u8`
    U8 = 1,
    /// `u16`
    U16 = 2,
    /// `u32`
    U32 = 3,
    /// `u64`
    U64 = 4,
    /// `u128`
    U128 = 5,
    /// `i8`
    I8 = 6,
    /// `i16`
    I16 = 7,
    /// `i32`
    I32 = 8,
    /// `i64`
    I64 = 9,
    /// `i128`
    I128 = 10,
    /// `f32`
    F32 = 11,
    /// `f64`
    F64 = 12,
    /// `bool`: only 0 and 1 are valid.
    Bool = 13,
    /// `char`: only Unicode scalar values are valid.
    Char = 14,
}

impl Prim {
    /// The size in bytes.
    pub const fn size(self) -> u64 {
        match self {
            Prim::U8 | Prim::I8 | Prim::Bool => 1,
            Prim::U16 | Prim::I16 => 2,
            Prim::U32 | Prim::I32 | Prim::F32 | Prim::Char => 4,
            Prim::U64 | Prim::I64 | Prim::F64 => 8,
            Prim::U128 | Prim::I128 => 16,
        }
    }

    /// The primitive with this discriminant.
    pub const fn from_number(number: u8) -> Option<Self> {
        const ALL: [Prim; 14] = [
            Prim::U8,
            Prim::U16,
            Prim::U32,
            Prim::U64,
            Prim::U128,
            Prim::I8,
            Prim::I16,
            Prim::I32,
            Prim::I64,
            Prim::I128,
            Prim::F32,
            Prim::F64,
            Prim::Bool,
            Prim::Char,
        ];
        let mut i = 0;
        while i < ALL.len() {
            if ALL[i] as u8 == number {
                return Some(ALL[i]);
            }
            i += 1;
        }
        None
    }
}

/// What a container is: it decides which bytes of it are truth, and how a dirty attach reads them. The
/// discriminants are part of the record format: never renumber.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum Role {
    /// [`StaticVec`](crate::container::StaticVec)
    Vec = 1,
    /// [`StaticString`](crate::container::StaticString)
    String = 2,
    /// [`StaticMap`](crate::container::StaticMap)
    Map = 3,
    /// [`Pool`](crate::pool::Pool)
    Pool = 4,
    /// [`EventQueue`](crate::event::EventQueue)
    EventQueue = 5,
    /// [`StaticSet`](crate::container::StaticSet)
    Set = 6,
    /// [`StaticList`](crate::container::StaticList)
    List = 7,
    /// [`Ring`](crate::container::Ring)
    Ring = 8,
    /// [`BitSet`](crate::container::BitSet)
    BitSet = 9,
    /// [`Versioned`](crate::container::Versioned)
    Versioned = 10,
    /// [`OrderedMap`](crate::container::OrderedMap)
    OrderedMap = 11,
    /// [`Timers`](crate::container::Timers)
    Timers = 12,
    /// [`Heap`](crate::heap::Heap)
    Heap = 13,
    /// [`HeapVec`](crate::heap::HeapVec): its elements are in a block of a heap.
    HeapVec = 14,
    /// [`HeapString`](crate::heap::HeapString)
    HeapString = 15,
    /// [`HeapSlice`](crate::heap::HeapSlice)
    HeapSlice = 16,
}

impl Role {
    /// The role with this discriminant.
    pub const fn from_number(number: u8) -> Option<Self> {
        const ALL: [Role; 16] = [
            Role::Vec,
            Role::String,
            Role::Map,
            Role::Pool,
            Role::EventQueue,
            Role::Set,
            Role::List,
            Role::Ring,
            Role::BitSet,
            Role::Versioned,
            Role::OrderedMap,
            Role::Timers,
            Role::Heap,
            Role::HeapVec,
            Role::HeapString,
            Role::HeapSlice,
        ];
        let mut i = 0;
        while i < ALL.len() {
            if ALL[i] as u8 == number {
                return Some(ALL[i]);
            }
            i += 1;
        }
        None
    }
}

/// A field of a struct, of an enum's variant or of a container.
#[derive(Debug, Clone, Copy)]
pub struct FieldDesc {
    /// The name; the position for a tuple field.
    pub name: &'static str,
    /// Bytes from the start of the owner (for a variant's field: of the enum).
    pub offset: u64,
    /// The field's type.
    pub ty: &'static TypeDesc,
}

/// A variant of an enum.
#[derive(Debug, Clone, Copy)]
pub struct VariantDesc {
    /// The name.
    pub name: &'static str,
    /// The discriminant, which is also the value of the tag.
    pub discriminant: i128,
    /// The fields, with offsets from the start of the enum.
    pub fields: &'static [FieldDesc],
}

/// What a field's author declared beyond its name and type; no part of either hash.
#[derive(Debug, Clone, Copy)]
pub struct FieldMark {
    /// The position of the variant; 0 for a struct.
    pub variant: usize,
    /// The position of the field.
    pub field: usize,
    /// The name it had before: `#[shm(renamed_from = "…")]`.
    pub renamed_from: Option<&'static str>,
    /// Space for later fields: `#[shm(reserved)]`.
    pub reserved: bool,
    /// In its base state again at each resume: `#[shm(transient)]`.
    pub transient: bool,
    /// A base state of its own: `#[shm(default = …)]`.
    pub default: Option<BaseWriter>,
}

/// Container checks that run in this process only; they are no part of the identity.
#[derive(Debug, Clone, Copy)]
pub struct ContainerOps {
    /// Reads the container's bytes and reports what is broken; forms no reference to them.
    pub check: unsafe fn(at: *const u8, check: &mut crate::check::Checker),
    /// Rebuilds derived data from truth after a crash, and frees what only the dead stack owned.
    pub rebuild: unsafe fn(at: *mut u8, rebuild: &mut crate::check::Rebuild),
}

/// The shape of a type.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A primitive. `non_zero` excludes the value 0.
    Scalar {
        /// Which primitive.
        prim: Prim,
        /// Zero is invalid.
        non_zero: bool,
    },
    /// `[T; len]`.
    Array {
        /// The element.
        elem: &'static TypeDesc,
        /// The number of elements.
        len: u64,
    },
    /// A struct in C layout, or a transparent one.
    Struct {
        /// The fields in order of declaration.
        fields: &'static [FieldDesc],
    },
    /// An enum with a tag at offset 0.
    Enum {
        /// The tag's type.
        tag: Prim,
        /// The variants in order of declaration.
        variants: &'static [VariantDesc],
    },
    /// A container of this crate.
    Container {
        /// Which one.
        role: Role,
        /// The number of elements (for a string: bytes) it holds at most; 0 where its heap says how many.
        capacity: u64,
        /// Its parts; those of element type are arrays whose elements are valid only where the
        /// container's truth says so.
        fields: &'static [FieldDesc],
        /// In-process checks.
        ops: &'static ContainerOps,
    },
    /// A generational handle into a pool: 8 bytes of which every pattern is valid.
    Handle {
        /// The type it leads to, by name: this is where cycles end.
        target: &'static Ident,
    },
}

/// Everything known at compile time of one state type.
#[derive(Debug, Clone, Copy)]
pub struct TypeDesc {
    /// The stable name.
    pub id: &'static Ident,
    /// Its [hash](Ident::hash).
    pub id_hash: u128,
    /// The shape.
    pub kind: Kind,
    /// Bytes.
    pub size: u64,
    /// Bytes.
    pub align: u64,
    /// Hash of the bytes: equal means that an attach is safe.
    pub layout: u128,
    /// Hash of names and meaning: equal means that an attach is right.
    pub schema: u128,
    /// Every bit pattern is a valid value: nothing to check.
    pub plain: bool,
    /// Some part keeps derived data, which a dirty attach rebuilds.
    pub rebuilds: bool,
    /// All bytes zero is a valid value.
    pub zero_valid: bool,
    /// Some part is [transient](FieldMark::transient), which each resume resets.
    pub transient: bool,
    /// What a fresh value is; no part of either hash.
    pub base: Base,
    /// The name the type had before, without arguments: `#[shm(renamed_from = "…")]`.
    pub renamed_from: Option<&'static str>,
    /// The marks of its own fields, where there are any.
    pub marks: &'static [FieldMark],
}

mod domain {
    pub(super) const IDENT: u8 = 1;
    pub(super) const LAYOUT: u8 = 2;
    pub(super) const SCHEMA: u8 = 3;
    pub(super) const VARIANT: u8 = 4;
    pub(super) const DECLARED: u8 = 4;
}

/// A check of what the author of a type declared. It is in neither hash, so damage to it in a record would
/// go unseen without; 0 where nothing was declared.
#[derive(Clone, Copy)]
pub(super) struct Declared {
    hasher: Hasher,
    any: bool,
}

impl Declared {
    pub(super) const fn new(renamed_from: &str) -> Self {
        Self { hasher: Hasher::new(domain::DECLARED).str(renamed_from), any: !renamed_from.is_empty() }
    }

    /// Expects the fields in order; one without marks adds nothing.
    pub(super) const fn field(self, (variant, field): (usize, usize), bits: u8, renamed_from: &str) -> Self {
        if bits == 0 && renamed_from.is_empty() {
            return self;
        }
        let place = self.hasher.u64(variant as u64).u64(field as u64);
        Self { hasher: place.u64(bits as u64).str(renamed_from), any: true }
    }

    pub(super) const fn finish(self) -> u64 {
        if self.any { self.hasher.finish() as u64 } else { 0 }
    }
}

/// What the owner of a part takes over from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) layout: u128,
    pub(super) schema: u128,
    pub(super) plain: bool,
    pub(super) rebuilds: bool,
    pub(super) zero_valid: bool,
    pub(super) transient: bool,
}

/// The running state of both hashes and of the properties while a type is described.
///
/// A descriptor in a `const` and a model read from a record both go through it, so that a reader
/// recomputes exactly what the writer computed.
#[derive(Clone, Copy)]
pub(super) struct Parts {
    layout: Hasher,
    schema: Hasher,
    plain: bool,
    rebuilds: bool,
    zero_valid: bool,
    transient: bool,
}

impl Parts {
    pub(super) const fn new(id_hash: u128, size: u64, align: u64) -> Self {
        Self {
            layout: Hasher::new(domain::LAYOUT).u64(size).u64(align),
            schema: Hasher::new(domain::SCHEMA).u128(id_hash),
            plain: true,
            rebuilds: false,
            zero_valid: true,
            transient: false,
        }
    }

    pub(super) const fn scalar(self, prim: Prim, non_zero: bool) -> Self {
        let fed = self.u64(1).u64(prim as u64).u64(non_zero as u64);
        Self { plain: !non_zero && !matches!(prim, Prim::Bool | Prim::Char), zero_valid: !non_zero, ..fed }
    }

    pub(super) const fn array(self, len: u64, elem: Facts) -> Self {
        self.u64(2).u64(len).field("", 0, elem)
    }

    /// Expects `fields` times [`field`](Self::field).
    pub(super) const fn structure(self, fields: usize) -> Self {
        self.u64(3).u64(fields as u64)
    }

    /// Expects `variants` times [`variant`](Self::variant).
    pub(super) const fn enumeration(self, tag: Prim, variants: usize) -> Self {
        let fed = self.u64(4).u64(tag as u64).u64(variants as u64);
        Self { plain: false, zero_valid: false, ..fed }
    }

    /// Expects `fields` times [`field`](Self::field), then [`variant_done`](Self::variant_done).
    pub(super) const fn variant(self, name: &str, discriminant: i128, fields: usize) -> Self {
        let fed = Self {
            layout: Hasher::new(domain::VARIANT).u128(discriminant as u128),
            schema: self.schema.str_and(name, discriminant as u128),
            ..self
        };
        Self { zero_valid: true, ..fed.u64(fields as u64) }
    }

    /// `before` is the state that [`variant`](Self::variant) was called on.
    ///
    /// The order of declaration is not in the bytes: LAYOUT takes the sum of the variants' own hashes.
    pub(super) const fn variant_done(self, before: &Self, discriminant: i128) -> Self {
        let layout = before.layout.plus(self.layout.finish());
        Self { layout, zero_valid: before.zero_valid || (discriminant == 0 && self.zero_valid), ..self }
    }

    /// Expects `fields` times [`field`](Self::field), then [`container_done`](Self::container_done).
    pub(super) const fn container(self, role: Role, capacity: u64, fields: usize) -> Self {
        self.u64(5).u64(role as u64).u64(capacity).u64(fields as u64)
    }

    /// Elements exist only where the container says so: its own zero is its empty state.
    pub(super) const fn container_done(self) -> Self {
        Self { plain: false, rebuilds: true, zero_valid: true, ..self }
    }

    pub(super) const fn handle(self, target_hash: u128) -> Self {
        let fed = self.u64(6);
        Self { schema: fed.schema.u128(target_hash), ..fed }
    }

    pub(super) const fn field(self, name: &str, offset: u64, ty: Facts) -> Self {
        Self {
            layout: self.layout.u64_and(offset, ty.layout),
            schema: self.schema.str_and(name, ty.schema),
            plain: self.plain && ty.plain,
            rebuilds: self.rebuilds || ty.rebuilds,
            zero_valid: self.zero_valid && ty.zero_valid,
            transient: self.transient || ty.transient,
        }
    }

    /// Some field is marked transient: the pass that rebuilds resets it.
    pub(super) const fn with_transient_field(self) -> Self {
        Self { rebuilds: true, transient: true, ..self }
    }

    const fn fields(mut self, fields: &[FieldDesc]) -> Self {
        let mut i = 0;
        while i < fields.len() {
            self = self.field(fields[i].name, fields[i].offset, fields[i].ty.facts());
            i += 1;
        }
        self
    }

    const fn variants(mut self, variants: &[VariantDesc]) -> Self {
        let mut i = 0;
        while i < variants.len() {
            let v = &variants[i];
            self = self
                .variant(v.name, v.discriminant, v.fields.len())
                .fields(v.fields)
                .variant_done(&self, v.discriminant);
            i += 1;
        }
        self
    }

    /// Feeds a number to both hashes.
    const fn u64(self, value: u64) -> Self {
        Self { layout: self.layout.u64(value), schema: self.schema.u64(value), ..self }
    }

    pub(super) const fn finish(self) -> Facts {
        Facts {
            layout: self.layout.finish(),
            schema: self.schema.finish(),
            plain: self.plain,
            rebuilds: self.rebuilds,
            zero_valid: self.zero_valid,
            transient: self.transient,
        }
    }
}

impl TypeDesc {
    /// Describes a type and computes both its hashes.
    pub const fn new(id: &'static Ident, kind: Kind, size: usize, align: usize) -> Self {
        let (size, align) = (size as u64, align as u64);
        let id_hash = id.hash();
        let start = Parts::new(id_hash, size, align);
        let parts = match kind {
            Kind::Scalar { prim, non_zero } => start.scalar(prim, non_zero),
            Kind::Array { elem, len } => start.array(len, elem.facts()),
            Kind::Struct { fields } => start.structure(fields.len()).fields(fields),
            Kind::Enum { tag, variants } => start.enumeration(tag, variants.len()).variants(variants),
            Kind::Container { role, capacity, fields, .. } => {
                start.container(role, capacity, fields.len()).fields(fields).container_done()
            }
            Kind::Handle { target } => start.handle(target.hash()),
        };
        let Facts { layout, schema, plain, rebuilds, zero_valid, transient } = parts.finish();
        let (renamed_from, marks) = (None, &[] as &[FieldMark]);
        let base = Base::of(&kind);
        Self {
            id,
            id_hash,
            kind,
            size,
            align,
            layout,
            schema,
            plain,
            rebuilds,
            zero_valid,
            transient,
            base,
            renamed_from,
            marks,
        }
    }

    /// Adds what the author declared; the hashes stay as they are.
    ///
    /// # Panics
    /// At compile time, when zero is no value of a reserved field, when a transient one has no base state, or
    /// when the marks are not in the order of the fields.
    #[must_use]
    #[track_caller]
    pub const fn with_marks(self, renamed_from: Option<&'static str>, marks: &'static [FieldMark]) -> Self {
        let (mut rebuilds, mut transient, mut i) = (self.rebuilds, self.transient, 0);
        while i < marks.len() {
            let ty = self.field_at(marks[i].variant, marks[i].field).ty;
            if i > 0 {
                let (before, this) = (&marks[i - 1], &marks[i]);
                let later_field = before.variant == this.variant && before.field < this.field;
                assert!(before.variant < this.variant || later_field, "one mark a field, in their order");
            }
            if marks[i].transient {
                assert!(
                    ty.base.exists() || marks[i].default.is_some(),
                    "ShmSafe: a transient field has no base state, and a resume puts it there: give it one with \
                     `#[shm(transient, default = …)]`"
                );
                (rebuilds, transient) = (true, true);
            }
            if marks[i].reserved {
                assert!(
                    ty.zero_valid && ty.plain,
                    "ShmSafe: reserved space is made of numbers, such as `[u8; 16]`"
                );
            }
            i += 1;
        }
        let marked = Self { rebuilds, transient, renamed_from, marks, ..self };
        Self { base: marked.base_with_marks(), ..marked }
    }

    const fn field_at(&self, variant: usize, field: usize) -> &'static FieldDesc {
        match self.kind {
            Kind::Struct { fields } | Kind::Container { fields, .. } => &fields[field],
            Kind::Enum { variants, .. } => &variants[variant].fields[field],
            _ => panic!("only structs and enums have fields"),
        }
    }

    /// The mark of a field, if it has one.
    pub const fn mark(&self, variant: usize, field: usize) -> Option<&'static FieldMark> {
        let mut i = 0;
        while i < self.marks.len() {
            if self.marks[i].variant == variant && self.marks[i].field == field {
                return Some(&self.marks[i]);
            }
            i += 1;
        }
        None
    }

    const fn facts(&self) -> Facts {
        Facts {
            layout: self.layout,
            schema: self.schema,
            plain: self.plain,
            rebuilds: self.rebuilds,
            zero_valid: self.zero_valid,
            transient: self.transient,
        }
    }

    /// Describes a `repr(C)` (or transparent) struct and asserts that the compiler laid it out so.
    ///
    /// # Panics
    /// At compile time, when an offset, the size or the alignment is not that of the C layout.
    pub const fn c_struct(
        id: &'static Ident,
        fields: &'static [FieldDesc],
        size: usize,
        align: usize,
    ) -> Self {
        let (end, align_max) = end_of_placed(fields, (0, 1), "ShmSafe: a field is not where repr(C) puts it");
        assert!(align_max <= align as u64, "ShmSafe: the struct is packed");
        assert!(size as u64 == align_up(end, align as u64), "ShmSafe: the size is not that of repr(C)");
        Self::new(id, Kind::Struct { fields }, size, align)
    }
}

/// Rounds `offset` up to a multiple of `align`, a power of two.
pub const fn align_up(offset: u64, align: u64) -> u64 {
    (offset + align - 1) & !(align - 1)
}

/// The end of fields that stand one behind the other from `end` on, as C places them, and the largest alignment of
/// theirs and `align`.
///
/// # Panics
/// At compile time, with `message`, when one stands elsewhere.
#[track_caller]
pub(super) const fn end_of_placed(
    fields: &[FieldDesc],
    (mut end, mut align): (u64, u64),
    message: &'static str,
) -> (u64, u64) {
    let mut i = 0;
    while i < fields.len() {
        let f = &fields[i];
        let (size, of) = (f.ty.size, f.ty.align);
        assert!(f.offset == align_up(end, of), "{}", message);
        end = f.offset + size;
        if align < of {
            align = of;
        }
        i += 1;
    }
    (end, align)
}
