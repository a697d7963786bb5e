//! The layout record: a descriptor graph as flat bytes, made in a `const`.
//!
//! The same bytes are in the executable (ELF section [`SECTION`]) and in every segment it creates, so that
//! either can be read without running the other. All numbers are little-endian.
//!
//! ```text
//! record  := magic[8] version:u32 types:u32 bytes:u64 root_layout:u128 root_schema:u128 type*
//! type    := bytes:u32 kind:u8 prim:u8 role:u8 flags:u8 size:u64 align:u64 count:u64
//!            layout:u128 schema:u128 declared:u64 name:text renamed_from:text body
//! body    := kind 1 Scalar, 6 Handle(target name): text          (empty for a scalar)
//!          | kind 2 Array: elem:u32
//!          | kind 3 Struct, 5 Container: fields
//!          | kind 4 Enum: n:u32 (name:text discriminant:i128 fields)*
//! fields  := n:u32 (name:text offset:u64 type:u32 marks:u8 renamed_from:text)*
//! text    := bytes:u32 utf8
//! flags   := 1 non-zero | 2 plain | 4 zero is valid
//! marks   := 1 reserved | 2 transient | 4 a base state of its own
//! ```
//!
//! An empty `renamed_from` says that there was no other name. `declared` is a check of marks and old names,
//! which are part of neither hash.
//!
//! `type` indices count from 0; the root is type 0. `prim` is a [`Prim`](super::Prim) (for an enum: of its
//! tag), `role` a [`Role`](super::Role), `count` an array's length or a container's capacity. Every type
//! reachable from the root is there once: names are unique within a record.

use super::desc::{Declared, FieldDesc, Ident, Kind, TypeDesc};

/// The ELF section that holds the record of an executable's root.
pub const SECTION: &str = ".resume.layout";

/// The first bytes of every record.
pub const MAGIC: [u8; 8] = *b"RESUMELY";

/// The version of the record format that this crate writes.
pub const VERSION: u32 = 2;

/// Bytes before the first type.
pub const HEADER_BYTES: usize = 8 + 4 + 4 + 8 + 16 + 16;

/// How many different types one root may reach.
pub const TYPES_MAX: usize = 8192;

const BUCKETS: usize = TYPES_MAX * 2;

/// Copies `bytes` to `out[at..]` and gives the position behind them.
///
/// The compiler limits a `const` by its calls and turns of loops. Copying as a slice takes some thirty calls,
/// so what is short is copied byte by byte.
pub(crate) const fn put(out: &mut [u8], at: usize, bytes: &[u8]) -> usize {
    let len = bytes.len();
    if len <= 24 {
        let mut i = 0;
        while i < len {
            out[at + i] = bytes[i];
            i += 1;
        }
        return at + len;
    }
    let (_, rest) = out.split_at_mut(at);
    let (here, _) = rest.split_at_mut(len);
    here.copy_from_slice(bytes);
    at + len
}

const fn put_u32(out: &mut [u8], at: usize, value: usize) -> usize {
    assert!(value <= u32::MAX as usize);
    put(out, at, &(value as u32).to_le_bytes())
}

const fn put_text(out: &mut [u8], at: usize, text: &str) -> usize {
    let at = put_u32(out, at, text.len());
    put(out, at, text.as_bytes())
}

const fn put_ident(out: &mut [u8], at: usize, id: &Ident) -> usize {
    let at = put_u32(out, at, id.text_bytes());
    id.write(out, at)
}

/// The types reachable from a root, each once, with an index by name.
struct Graph {
    types: [Option<&'static TypeDesc>; TYPES_MAX],
    types_len: usize,
    /// Open addressing by [`Ident::hash`]; 0 is empty, else index + 1.
    buckets: [u16; BUCKETS],
}

impl Graph {
    const fn of(root: &'static TypeDesc) -> Self {
        let mut graph = Self { types: [None; TYPES_MAX], types_len: 0, buckets: [0; BUCKETS] };
        graph.add(root);
        let mut next = 0;
        while next < graph.types_len {
            match graph.ty(next).kind {
                Kind::Scalar { .. } | Kind::Handle { .. } => {}
                Kind::Array { elem, .. } => graph.add(elem),
                Kind::Struct { fields } | Kind::Container { fields, .. } => graph.add_fields(fields),
                Kind::Enum { variants, .. } => {
                    let mut i = 0;
                    while i < variants.len() {
                        graph.add_fields(variants[i].fields);
                        i += 1;
                    }
                }
            }
            next += 1;
        }
        graph
    }

    const fn ty(&self, index: usize) -> &'static TypeDesc {
        match self.types[index] {
            Some(ty) => ty,
            None => panic!("index below types_len"),
        }
    }

    const fn bucket(&self, ty: &TypeDesc) -> usize {
        let mut bucket = (ty.id_hash >> 64) as usize % BUCKETS;
        loop {
            match self.buckets[bucket] {
                0 => return bucket,
                n => {
                    if self.ty(n as usize - 1).id_hash == ty.id_hash {
                        return bucket;
                    }
                }
            }
            bucket = (bucket + 1) % BUCKETS;
        }
    }

    const fn add(&mut self, ty: &'static TypeDesc) {
        let bucket = self.bucket(ty);
        if self.buckets[bucket] != 0 {
            let known = self.ty(self.buckets[bucket] as usize - 1);
            if known.layout != ty.layout || known.schema != ty.schema {
                panic!(
                    "ShmSafe: two different state types of one root share a name; \
                     give one of them `#[shm(id = \"…\")]`"
                );
            }
            return;
        }
        assert!(self.types_len < TYPES_MAX, "ShmSafe: a root reaches more than 8,192 types");
        self.types[self.types_len] = Some(ty);
        self.types_len += 1;
        self.buckets[bucket] = self.types_len as u16;
    }

    const fn add_fields(&mut self, fields: &'static [FieldDesc]) {
        let mut i = 0;
        while i < fields.len() {
            self.add(fields[i].ty);
            i += 1;
        }
    }

    const fn index(&self, ty: &TypeDesc) -> usize {
        self.buckets[self.bucket(ty)] as usize - 1
    }

    /// The fields of `ty`; for an enum those of `variant`.
    const fn put_fields(
        &self,
        out: &mut [u8],
        at: usize,
        (ty, variant): (&TypeDesc, usize),
        fields: &[FieldDesc],
    ) -> usize {
        let mut at = put_u32(out, at, fields.len());
        let (len, marked) = (fields.len(), !ty.marks.is_empty());
        let mut i = 0;
        while i < len {
            at = put_text(out, at, fields[i].name);
            at = put(out, at, &fields[i].offset.to_le_bytes());
            at = put_u32(out, at, self.index(fields[i].ty));
            at = if marked { put_marks(out, at, ty, variant, i) } else { at + 1 + 4 };
            i += 1;
        }
        at
    }

    const fn put_type(&self, out: &mut [u8], start: usize, ty: &TypeDesc) -> usize {
        let (kind, prim, role, non_zero, count) = match ty.kind {
            Kind::Scalar { prim, non_zero } => (1, prim as u8, 0, non_zero, 0),
            Kind::Array { len, .. } => (2, 0, 0, false, len),
            Kind::Struct { .. } => (3, 0, 0, false, 0),
            Kind::Enum { tag, .. } => (4, tag as u8, 0, false, 0),
            Kind::Container { role, capacity, .. } => (5, 0, role as u8, false, capacity),
            Kind::Handle { .. } => (6, 0, 0, false, 0),
        };
        let flags = non_zero as u8 | (ty.plain as u8) << 1 | (ty.zero_valid as u8) << 2;
        let mut at = put(out, start + 4, &[kind, prim, role, flags]);
        at = put(out, at, &ty.size.to_le_bytes());
        at = put(out, at, &ty.align.to_le_bytes());
        at = put(out, at, &count.to_le_bytes());
        at = put(out, at, &ty.layout.to_le_bytes());
        at = put(out, at, &ty.schema.to_le_bytes());
        at = match declared_check(ty) {
            0 => at + 8,
            check => put(out, at, &check.to_le_bytes()),
        };
        at = put_ident(out, at, ty.id);
        at = match ty.renamed_from {
            None => at + 4,
            Some(name) => put_text(out, at, name),
        };
        at = match ty.kind {
            Kind::Scalar { .. } => at,
            Kind::Array { elem, .. } => put_u32(out, at, self.index(elem)),
            Kind::Struct { fields } | Kind::Container { fields, .. } => {
                self.put_fields(out, at, (ty, 0), fields)
            }
            Kind::Handle { target } => put_ident(out, at, target),
            Kind::Enum { variants, .. } => {
                let mut at = put_u32(out, at, variants.len());
                let mut i = 0;
                while i < variants.len() {
                    at = put_text(out, at, variants[i].name);
                    at = put(out, at, &variants[i].discriminant.to_le_bytes());
                    at = self.put_fields(out, at, (ty, i), variants[i].fields);
                    i += 1;
                }
                at
            }
        };
        put_u32(out, start, at - start);
        at
    }
}

/// A field without marks needs no call: its bytes are zero, as `out` is.
const fn put_marks(out: &mut [u8], at: usize, ty: &TypeDesc, variant: usize, field: usize) -> usize {
    let (marks, renamed_from) = marks_of(ty, variant, field);
    let at = put(out, at, &[marks]);
    put_text(out, at, renamed_from)
}

const fn declared_check(ty: &TypeDesc) -> u64 {
    if ty.marks.is_empty() && ty.renamed_from.is_none() {
        return 0;
    }
    let mut check = Declared::new(declared(ty.renamed_from));
    let mut i = 0;
    while i < ty.marks.len() {
        let (variant, field) = (ty.marks[i].variant, ty.marks[i].field);
        let (bits, renamed_from) = marks_of(ty, variant, field);
        check = check.field((variant, field), bits, renamed_from);
        i += 1;
    }
    check.finish()
}

const fn declared(renamed_from: Option<&'static str>) -> &'static str {
    match renamed_from {
        Some(name) => name,
        None => "",
    }
}

/// The mark bits of a field, and the name it had before.
const fn marks_of(ty: &TypeDesc, variant: usize, field: usize) -> (u8, &'static str) {
    match ty.mark(variant, field) {
        Some(mark) => {
            let bits =
                mark.reserved as u8 | (mark.transient as u8) << 1 | (mark.default.is_some() as u8) << 2;
            (bits, declared(mark.renamed_from))
        }
        None => (0, ""),
    }
}

const fn fields_bytes((ty, variant): (&TypeDesc, usize), fields: &[FieldDesc]) -> usize {
    let mut bytes = 4;
    let (len, marked) = (fields.len(), !ty.marks.is_empty());
    let mut i = 0;
    while i < len {
        bytes += 4 + fields[i].name.len() + 8 + 4 + 1 + 4;
        if marked {
            bytes += marks_of(ty, variant, i).1.len();
        }
        i += 1;
    }
    bytes
}

const fn type_bytes(ty: &TypeDesc) -> usize {
    let body = match ty.kind {
        Kind::Scalar { .. } => 0,
        Kind::Array { .. } => 4,
        Kind::Struct { fields } | Kind::Container { fields, .. } => fields_bytes((ty, 0), fields),
        Kind::Handle { target } => 4 + target.text_bytes(),
        Kind::Enum { variants, .. } => {
            let mut bytes = 4;
            let mut i = 0;
            while i < variants.len() {
                bytes += 4 + variants[i].name.len() + 16 + fields_bytes((ty, i), variants[i].fields);
                i += 1;
            }
            bytes
        }
    };
    4 + 4 + 3 * 8 + 2 * 16 + 8 + 4 + ty.id.text_bytes() + 4 + declared(ty.renamed_from).len() + body
}

/// The size of the record of `root`.
///
/// # Panics
/// At compile time: when `root` reaches two different types of one name, or more than [`TYPES_MAX`].
pub const fn record_bytes(root: &'static TypeDesc) -> usize {
    let graph = Graph::of(root);
    let mut bytes = HEADER_BYTES;
    let mut i = 0;
    while i < graph.types_len {
        bytes += type_bytes(graph.ty(i));
        i += 1;
    }
    bytes
}

/// The record of `root`; `BYTES` is [`record_bytes`] of it.
///
/// # Panics
/// At compile time, as [`record_bytes`], and when `BYTES` is another number.
pub const fn record<const BYTES: usize>(root: &'static TypeDesc) -> [u8; BYTES] {
    let graph = Graph::of(root);
    let mut out = [0; BYTES];
    let mut at = put(&mut out, 0, &MAGIC);
    at = put(&mut out, at, &VERSION.to_le_bytes());
    at = put_u32(&mut out, at, graph.types_len);
    at = put(&mut out, at, &(BYTES as u64).to_le_bytes());
    at = put(&mut out, at, &root.layout.to_le_bytes());
    at = put(&mut out, at, &root.schema.to_le_bytes());
    let mut i = 0;
    while i < graph.types_len {
        at = graph.put_type(&mut out, at, graph.ty(i));
        i += 1;
    }
    assert!(at == BYTES, "the record fills its array");
    out
}
