//! The base state: what a fresh value is before any logic has seen it.
//!
//! ```text
//! number, handle, container     zero (of a non-zero number: none)
//! array, struct                 that of each part
//! field, #[shm(default = …)]    the value given
//! enum                          the variant with number 0, else the one with #[shm(default)], else none
//! ```
//!
//! Nearly all state starts as zero bytes, and then nothing is written ([`Base::Zero`]). A root is written part by
//! part, in place, so that no root ever passes through the stack
//! ([`write_base`](crate::check::write_base) does it). A type without a base state may be an element of a
//! container, where a value is always given, but no part of a root.
//!
//! Base states are in no hash and no record (a record says only that a field has one of its own): they decide how
//! a segment begins, not what its bytes mean.

use super::desc::{FieldDesc, Kind, TypeDesc};

/// How a type's base state comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Base {
    /// All bytes zero: nothing is to be written.
    Zero,
    /// Zero but for some parts of an array or a struct.
    Parts,
    /// An enum's variant, by position.
    Variant(usize),
    /// There is none.
    None,
}

/// Writes the value of one `#[shm(default)]` to its place.
#[derive(Debug, Clone, Copy)]
pub struct BaseWriter(unsafe fn(at: *mut u8));

impl BaseWriter {
    /// `write` writes a whole valid value of the field's type; it is called with a place for one, aligned and
    /// owned by the caller. That it does is a part of what [`ShmSafe`](crate::ShmSafe)'s implementor promises.
    pub const fn new(write: unsafe fn(at: *mut u8)) -> Self {
        Self(write)
    }

    /// Writes the value.
    ///
    /// # Safety
    /// `at` is aligned and writable for the type of the field that this writer was made for, and nobody else
    /// uses the bytes.
    pub unsafe fn write(self, at: *mut u8) {
        // SAFETY: forwarded; see `new`.
        unsafe { (self.0)(at) }
    }
}

impl Base {
    pub(super) const fn of(kind: &Kind) -> Self {
        match *kind {
            Kind::Scalar { non_zero: true, .. } => Self::None,
            Kind::Scalar { .. } | Kind::Handle { .. } | Kind::Container { .. } => Self::Zero,
            Kind::Array { len: 0, .. } => Self::Zero,
            Kind::Array { elem, .. } => elem.base.as_part(),
            Kind::Struct { fields } => Self::of_fields(fields),
            Kind::Enum { variants, .. } => {
                let mut i = 0;
                while i < variants.len() {
                    if variants[i].discriminant == 0 {
                        return match Self::of_fields(variants[i].fields) {
                            Self::Parts => Self::Variant(i),
                            other => other,
                        };
                    }
                    i += 1;
                }
                Self::None
            }
        }
    }

    /// What a part of this base state makes of its owner.
    const fn as_part(self) -> Self {
        match self {
            Self::Variant(_) => Self::Parts,
            other => other,
        }
    }

    const fn of_fields(fields: &[FieldDesc]) -> Self {
        let (mut base, mut i) = (Self::Zero, 0);
        while i < fields.len() {
            match fields[i].ty.base {
                Self::Zero => {}
                Self::Parts | Self::Variant(_) => base = Self::Parts,
                Self::None => return Self::None,
            }
            i += 1;
        }
        base
    }

    /// Whether there is one.
    pub const fn exists(self) -> bool {
        !matches!(self, Self::None)
    }
}

impl TypeDesc {
    /// The base state, once some field has a mark of its own.
    pub(super) const fn base_with_marks(&self) -> Base {
        match self.kind {
            Kind::Struct { fields } => self.base_of_marked(fields, 0),
            Kind::Enum { variants, .. } => {
                let mut i = 0;
                while i < variants.len() {
                    if variants[i].discriminant == 0 {
                        return self.base_of_variant(i);
                    }
                    i += 1;
                }
                Base::None
            }
            _ => self.base,
        }
    }

    const fn base_of_variant(&self, variant: usize) -> Base {
        let Kind::Enum { variants, .. } = self.kind else { panic!("only enums have variants") };
        match self.base_of_marked(variants[variant].fields, variant) {
            Base::None => Base::None,
            Base::Zero if variants[variant].discriminant == 0 => Base::Zero,
            _ => Base::Variant(variant),
        }
    }

    const fn base_of_marked(&self, fields: &[FieldDesc], variant: usize) -> Base {
        let (mut base, mut i) = (Base::Zero, 0);
        while i < fields.len() {
            let of_field = match self.mark(variant, i) {
                Some(mark) if mark.default.is_some() => Base::Parts,
                _ => fields[i].ty.base,
            };
            match of_field {
                Base::Zero => {}
                Base::Parts | Base::Variant(_) => base = Base::Parts,
                Base::None => return Base::None,
            }
            i += 1;
        }
        base
    }

    /// Makes a variant the base state of an enum of which zero is no value.
    ///
    /// # Panics
    /// At compile time, when zero is one, or when a field of the variant has no base state.
    #[must_use]
    #[track_caller]
    pub const fn with_base_variant(self, variant: usize) -> Self {
        assert!(
            !self.zero_valid,
            "ShmSafe: the variant with number 0 is the base state of this enum; where a field is to start as \
             another, say so there: `#[shm(default = …)]`"
        );
        let base = self.base_of_variant(variant);
        assert!(
            base.exists(),
            "ShmSafe: a field of the variant with `#[shm(default)]` has no base state; give it one: \
             `#[shm(default = …)]`"
        );
        Self { base, ..self }
    }
}

/// The path of the first part without a base state, for a message of the compiler.
pub(crate) struct Missing {
    text: [u8; Self::BYTES_MAX],
    len: usize,
}

impl Missing {
    const BYTES_MAX: usize = 512;

    /// The message about `root`, which has no base state: `start`, the path, `end`.
    pub(crate) const fn message(start: &str, root: &TypeDesc, end: &str) -> Self {
        let mut this = Self { text: [0; Self::BYTES_MAX], len: 0 };
        this.put(start);
        this.put(root.id.name);
        this.put_path(root);
        this.put(end);
        this
    }

    const fn put(&mut self, text: &str) {
        let (text, mut i) = (text.as_bytes(), 0);
        while i < text.len() && self.len < Self::BYTES_MAX {
            self.text[self.len] = text[i];
            self.len += 1;
            i += 1;
        }
    }

    const fn put_path(&mut self, ty: &TypeDesc) {
        match ty.kind {
            Kind::Array { elem, .. } => {
                self.put("[]");
                self.put_path(elem);
            }
            Kind::Struct { fields } => self.put_field(ty, fields, 0),
            Kind::Enum { variants, .. } => {
                let mut i = 0;
                while i < variants.len() {
                    if variants[i].discriminant == 0 {
                        self.put(".");
                        self.put(variants[i].name);
                        return self.put_field(ty, variants[i].fields, i);
                    }
                    i += 1;
                }
            }
            Kind::Scalar { .. } | Kind::Handle { .. } | Kind::Container { .. } => {}
        }
    }

    const fn put_field(&mut self, owner: &TypeDesc, fields: &[FieldDesc], variant: usize) {
        let mut i = 0;
        while i < fields.len() {
            let given = matches!(owner.mark(variant, i), Some(mark) if mark.default.is_some());
            if !given && !fields[i].ty.base.exists() {
                self.put(".");
                self.put(fields[i].name);
                return self.put_path(fields[i].ty);
            }
            i += 1;
        }
    }

    pub(crate) const fn as_str(&self) -> &str {
        match core::str::from_utf8(self.text.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => "root!: a part of the root has no base state",
        }
    }
}

/// What generated code calls for `#[shm(default)]`; no part of the interface.
#[doc(hidden)]
pub mod generated {
    pub use super::BaseWriter;

    /// `value`, which has the type of the field `_of`.
    pub const fn of_type<T>(_of: core::option::Option<&T>, value: T) -> T {
        value
    }

    /// Takes a value that the compiler has evaluated by then. State has no drop glue, so nothing is left out.
    pub const fn evaluated<T>(value: T) {
        core::mem::forget(value);
    }

    /// What the type of the field `_of` calls its default.
    pub fn std_default<T: Default>(_of: core::option::Option<&T>) -> T {
        T::default()
    }

    /// Writes a value to where a field lies.
    ///
    /// # Safety
    /// `at` is aligned and writable for a `T`.
    pub unsafe fn write<T>(at: *mut u8, value: T) {
        // SAFETY: the caller's promise.
        unsafe { at.cast::<T>().write(value) }
    }
}
