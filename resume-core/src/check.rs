//! The byte-level passes of an attach: nothing is referenced before it passed here.
//!
//! [`Checker`] walks a descriptor over raw bytes and reports by path what is not a valid value; containers
//! add the checks of their own truth through [`ContainerOps`](crate::layout::ContainerOps). [`Rebuild`] is
//! the writing pass that follows after a crash: derived data anew from truth. Both skip types that cannot
//! need them, so plain state costs nothing.

use core::fmt;

use crate::layout::{FieldDesc, Kind, Prim, TypeDesc, VariantDesc};

/// One step of a path into the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Field(&'static str),
    Index(u64),
}

/// A place whose bytes are not a valid value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where, from the root: `.players[17].alive`.
    pub path: String,
    /// What was expected and found.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.what)
    }
}

/// Reads bytes against descriptors and collects what is broken, by path.
#[derive(Debug, Default)]
pub struct Checker {
    path: Vec<Step>,
    problems: Vec<Problem>,
    problems_dropped: u64,
}

impl Checker {
    /// How many problems are kept; later ones are counted only.
    pub const PROBLEMS_MAX: usize = 64;

    /// Starts a check at the root.
    pub fn new() -> Self {
        Self::default()
    }

    /// What was found, and how many more were not kept.
    pub fn finish(self) -> (Vec<Problem>, u64) {
        (self.problems, self.problems_dropped)
    }

    /// Reports the place that is being checked.
    pub fn problem(&mut self, what: impl fmt::Display) {
        if self.problems.len() == Self::PROBLEMS_MAX {
            self.problems_dropped += 1;
            return;
        }
        let mut path = String::new();
        for step in &self.path {
            match step {
                Step::Field(name) => path.extend([".", name]),
                Step::Index(index) => path.push_str(&format!("[{index}]")),
            }
        }
        self.problems.push(Problem { path, what: what.to_string() });
    }

    /// Runs `check` with the path one field deeper.
    pub fn in_field(&mut self, name: &'static str, check: impl FnOnce(&mut Self)) {
        self.path.push(Step::Field(name));
        check(self);
        self.path.pop();
    }

    /// Runs `check` with the path one element deeper.
    pub fn in_index(&mut self, index: u64, check: impl FnOnce(&mut Self)) {
        self.path.push(Step::Index(index));
        check(self);
        self.path.pop();
    }

    /// Checks the bytes of one value.
    ///
    /// # Safety
    /// `at` is aligned for `ty` and readable for `ty.size` bytes, and nobody writes them meanwhile.
    pub unsafe fn value(&mut self, ty: &TypeDesc, at: *const u8) {
        if ty.plain {
            return;
        }
        match ty.kind {
            // SAFETY: the caller's promise covers the `prim.size()` bytes at `at`.
            Kind::Scalar { prim, non_zero } => match unsafe { read_prim(prim, at) } {
                0 if non_zero => self.problem("expected a number other than 0, found 0"),
                bits => self.scalar(prim, bits),
            },
            Kind::Array { elem, len } => {
                for i in 0..len {
                    let at = at.wrapping_add((i * elem.size) as usize);
                    // SAFETY: element `i` lies within the array, which the caller vouches for.
                    self.in_index(i, |c| unsafe { c.value(elem, at) });
                }
            }
            // SAFETY: forwarded; the fields lie within the struct.
            Kind::Struct { fields } => unsafe { self.fields((ty, 0), fields, at) },
            Kind::Enum { tag, variants } => {
                // SAFETY: the tag is at offset 0 of the enum, which the caller vouches for.
                let bits = unsafe { read_prim(tag, at) };
                match find_variant(tag, bits, variants) {
                    // SAFETY: forwarded; the variant's fields lie within the enum.
                    Some((i, v)) => self.in_field(v.name, |c| unsafe { c.fields((ty, i), v.fields, at) }),
                    None => {
                        let known: Vec<_> =
                            variants.iter().map(|v| format!("{} ({})", v.discriminant, v.name)).collect();
                        self.problem(format_args!(
                            "expected a tag of {}, one of {}; found {}",
                            ty.id,
                            known.join(", "),
                            sign_extend(tag, bits)
                        ));
                    }
                }
            }
            // SAFETY: the ops belong to the container that this descriptor was made for, and the caller
            // vouches for its bytes.
            Kind::Container { ops, .. } => unsafe { (ops.check)(at, self) },
            Kind::Handle { .. } => {}
        }
    }

    /// Passes over transient fields: they are reset before anybody refers to them.
    ///
    /// # Safety
    /// As [`value`](Self::value), for the owner of `fields`, or of those of its variant.
    unsafe fn fields(
        &mut self,
        (owner, variant): (&TypeDesc, usize),
        fields: &'static [FieldDesc],
        at: *const u8,
    ) {
        for (i, field) in fields.iter().enumerate().filter(|(_, f)| !f.ty.plain) {
            if is_transient(owner, variant, i) {
                continue;
            }
            let at = at.wrapping_add(field.offset as usize);
            // SAFETY: a field lies within its owner, aligned, by the descriptor's own assertions.
            self.in_field(field.name, |c| unsafe { c.value(field.ty, at) });
        }
    }

    fn scalar(&mut self, prim: Prim, bits: u128) {
        match prim {
            Prim::Bool if bits > 1 => {
                self.problem(format_args!("expected a bool (0 or 1), found {bits}"));
            }
            Prim::Char if char::from_u32(bits as u32).is_none() => {
                self.problem(format_args!("expected a Unicode scalar value, found {bits:#x}"));
            }
            _ => {}
        }
    }
}

/// The pass that rebuilds derived data from truth, and counts what it did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Rebuild {
    /// Pool slots that only the crashed stack owned and that are free again.
    pub reserved_freed: u64,
    /// Slots read to rebuild counts, free lists and indices.
    pub slots_visited: u64,
    /// Transient fields that are zero again.
    pub transient_reset: u64,
}

impl Rebuild {
    /// Rebuilds what is derived within one value.
    ///
    /// # Safety
    /// `at` is aligned for `ty`, readable and writable for `ty.size` bytes, the bytes passed
    /// [`Checker::value`], and nobody else uses them meanwhile.
    pub unsafe fn value(&mut self, ty: &TypeDesc, at: *mut u8) {
        if !ty.rebuilds {
            return;
        }
        match ty.kind {
            Kind::Scalar { .. } | Kind::Handle { .. } => {}
            Kind::Array { elem, len } => {
                for i in 0..len {
                    // SAFETY: element `i` lies within the array, which the caller vouches for.
                    unsafe { self.value(elem, at.wrapping_add((i * elem.size) as usize)) };
                }
            }
            // SAFETY: forwarded; the fields lie within the struct.
            Kind::Struct { fields } => unsafe { self.fields((ty, 0), fields, at) },
            Kind::Enum { tag, variants } => {
                // SAFETY: the tag is at offset 0 of the enum, which the caller vouches for.
                let bits = unsafe { read_prim(tag, at) };
                if let Some((i, v)) = find_variant(tag, bits, variants) {
                    // SAFETY: forwarded; the variant's fields lie within the enum.
                    unsafe { self.fields((ty, i), v.fields, at) };
                }
            }
            // SAFETY: the ops belong to the container that this descriptor was made for, and the caller
            // vouches for its bytes.
            Kind::Container { ops, .. } => unsafe { (ops.rebuild)(at, self) },
        }
    }

    /// Resets transient fields; zero is a value of each, which [`TypeDesc::with_marks`] asserts.
    ///
    /// # Safety
    /// As [`value`](Self::value), for the owner of `fields`, or of those of its variant.
    unsafe fn fields(
        &mut self,
        (owner, variant): (&TypeDesc, usize),
        fields: &'static [FieldDesc],
        at: *mut u8,
    ) {
        for (i, field) in fields.iter().enumerate() {
            let at = at.wrapping_add(field.offset as usize);
            if is_transient(owner, variant, i) {
                // SAFETY: the field's bytes lie within its owner, which the caller lets us write.
                unsafe { core::ptr::write_bytes(at, 0, field.ty.size as usize) };
                self.transient_reset += 1;
            } else {
                // SAFETY: a field lies within its owner, aligned, by the descriptor's own assertions.
                unsafe { self.value(field.ty, at) };
            }
        }
    }
}

fn is_transient(owner: &TypeDesc, variant: usize, field: usize) -> bool {
    !owner.marks.is_empty() && owner.mark(variant, field).is_some_and(|mark| mark.transient)
}

fn find_variant(
    tag: Prim,
    bits: u128,
    variants: &'static [VariantDesc],
) -> Option<(usize, &'static VariantDesc)> {
    let found = sign_extend(tag, bits);
    variants.iter().enumerate().find(|(_, v)| v.discriminant == found)
}

/// The value of a tag: its bits, with the sign of a signed type.
fn sign_extend(prim: Prim, bits: u128) -> i128 {
    match prim {
        Prim::I8 => i128::from(bits as i8),
        Prim::I16 => i128::from(bits as i16),
        Prim::I32 => i128::from(bits as i32),
        Prim::I64 => i128::from(bits as i64),
        _ => bits as i128,
    }
}

/// Reads a primitive's bytes as an unsigned number.
///
/// # Safety
/// `at` is readable for `prim.size()` bytes.
unsafe fn read_prim(prim: Prim, at: *const u8) -> u128 {
    let mut bytes = [0; 16];
    let size = prim.size() as usize;
    // SAFETY: `size` is at most 16, so the target is large enough; the source is the caller's promise; a
    // local array cannot overlap it.
    unsafe { core::ptr::copy_nonoverlapping(at, bytes.as_mut_ptr(), size) };
    u128::from_le_bytes(bytes)
}
