//! Variants of enums: their discriminants and the places of their fields, as the compiler itself decodes them.
//!
//! The language has no `offset_of!` for variants and no cast for the discriminant of an enum with data. So the compiler
//! is asked at its own work: in bytes that hold only a tag, a `match` finds the variant and binds the places of its
//! fields. The value is never read, and nothing of this runs.

use core::mem::MaybeUninit;

use super::append;
use super::fields::Names;
use crate::ShmSafe;
use crate::layout::{FieldDesc, Found, Prim, VariantDesc};

/// Bytes that hold a tag and nothing else, for one variant of `V` after the other, and the `F` fields that were found
/// in them.
pub struct Variants<T, const V: usize, const F: usize> {
    bytes: MaybeUninit<T>,
    tag: Prim,
    discriminants: [i128; V],
    /// Variants begun; the last of them is in `bytes`.
    begun: usize,
    fields: [FieldDesc; F],
    /// Fields found.
    found: usize,
}

impl<T, const V: usize, const F: usize> Variants<T, V, F> {
    /// Before the first variant.
    pub const fn new(tag: Prim, discriminants: [i128; V]) -> Self {
        let fields = [Found::FILLER; F];
        Self { bytes: MaybeUninit::uninit(), tag, discriminants, begun: 0, fields, found: 0 }
    }

    /// Goes on to the next variant, if there is one.
    ///
    /// # Panics
    /// At compile time, when `T` is smaller than its tag, or the number is no discriminant of `T`.
    #[track_caller]
    pub const fn next(&mut self) -> bool {
        if self.begun == V {
            assert!(self.found == F, "all fields, and no more");
            return false;
        }
        let len = self.tag.size() as usize;
        assert!(size_of::<T>() >= len, "ShmSafe: the enum has no room for the tag that the derive read");
        let at: *mut u8 = self.bytes.as_mut_ptr().cast();
        let value = self.discriminants[self.begun].to_le_bytes();
        let mut i = 0;
        while i < len {
            let place = if cfg!(target_endian = "little") { i } else { len - 1 - i };
            // SAFETY: `place < len <= size_of::<T>()`, so the pointer stays inside `bytes`.
            let byte = unsafe { at.add(place) };
            // SAFETY: inside `bytes`, which is borrowed for writing; a byte needs no alignment, and a
            // `MaybeUninit` admits every value of it.
            unsafe { byte.write(value[i]) };
            i += 1;
        }
        self.begun += 1;
        true
    }

    /// Where the value would be; only its tag may be read.
    pub const fn at(&self) -> *const T {
        self.bytes.as_ptr()
    }

    /// Takes fields of the variant to which the tag led.
    ///
    /// # Safety
    /// Called by the compiler only: elsewhere a tag that is no discriminant of `T` is undefined behaviour.
    ///
    /// # Panics
    /// At compile time, when it should have led to another variant.
    #[track_caller]
    pub const unsafe fn put(&mut self, found: Found) {
        match found {
            Found::Few { variant, .. } if variant + 1 == self.begun => {}
            _ => other_discriminant(),
        }
        // SAFETY: a variant was begun, so its tag is written; nothing but the tag is read. The compiler decodes it here
        // also where the pattern of an only variant does not look at it, and stops at a number that is no discriminant.
        let value = unsafe { &*self.bytes.as_ptr() };
        let _ = core::mem::discriminant(value);
        self.found = append(&mut self.fields, self.found, found.list());
    }

    /// The fields of all variants.
    pub const fn fields(&self) -> [FieldDesc; F] {
        self.fields
    }
}

/// The variants of `T`, with these names (commas between), discriminants and numbers of fields.
pub const fn variants<T: ShmSafe, const V: usize>(
    names: &'static str,
    discriminants: [i128; V],
    counts: [usize; V],
) -> [VariantDesc; V] {
    let mut all = [VariantDesc { name: "", discriminant: 0, fields: &[] }; V];
    let (mut names, mut fields, mut i) = (Names(names), Found::of::<T>(), 0);
    while i < V {
        all[i].name = names.next();
        all[i].discriminant = discriminants[i];
        (all[i].fields, fields) = fields.split_at(counts[i]);
        i += 1;
    }
    all
}

/// Stops the build: a variant does not have the discriminant that the derive read.
#[track_caller]
const fn other_discriminant() -> ! {
    panic!(
        "ShmSafe: a variant's discriminant is not the one that the derive read; \
         put attribute macros that change it above `#[derive(ShmSafe)]`"
    )
}
