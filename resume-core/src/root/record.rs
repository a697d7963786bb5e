//! The layout record of a root in its executable, and the [`root!`](crate::root!) macro that puts it there.

use crate::ShmSafe;
use crate::layout::encode::{HEADER_BYTES, MAGIC, VERSION};

/// A root's layout record. Implemented by [`root!`](crate::root!); a wrong one does not compile where it is
/// opened.
pub trait RootRecord: ShmSafe {
    /// The record, as [`layout::encode`](crate::layout::encode) describes it, in the ELF section
    /// `.resume.layout` of the executable.
    const RECORD: &'static [u8];
}

/// Makes a type the root of a program: puts its layout record into the ELF section `.resume.layout`, where
/// `cargo resume layout` finds it in a stripped executable, and implements [`RootRecord`].
///
/// Once for each root type, beside the type or in the program. It needs no `unsafe` in the calling crate
/// and works under `#![forbid(unsafe_code)]`, in edition 2021 and 2024.
///
/// A fresh root is zero pages, and beyond that never written as a whole. A part of which zero is not a valid
/// value needs a base state, which create writes in place ([`Base`](crate::layout::Base)); without one the root is
/// refused, and the message has the path of the part.
///
/// ```compile_fail,E0080
/// #[derive(resume_core::ShmSafe)]
/// #[repr(C)]
/// struct Server {
///     owner: core::num::NonZero<u32>, // add #[shm(default = core::num::NonZero::<u32>::MIN)]
/// }
/// resume_core::root!(Server);
/// ```
#[macro_export]
macro_rules! root {
    ($root:ty) => {
        const _: () = {
            $crate::root::__private::assert_root::<$root>();

            const BYTES: usize = $crate::layout::encode::record_bytes(<$root as $crate::ShmSafe>::DESC);

            #[used]
            #[unsafe(link_section = ".resume.layout")]
            static RECORD: [u8; BYTES] =
                $crate::layout::encode::record::<BYTES>(<$root as $crate::ShmSafe>::DESC);

            impl $crate::root::RootRecord for $root {
                const RECORD: &'static [u8] = &RECORD;
            }
        };
    };
}

/// What the expansion of [`root!`](crate::root!) needs; no part of the interface.
#[doc(hidden)]
pub mod __private {
    use crate::ShmSafe;

    /// Refuses at compile time what cannot be a root.
    pub const fn assert_root<R: ShmSafe>() {
        if !R::DESC.base.exists() {
            let why = crate::layout::Missing::message(
                "root!: zero bytes are no value of `",
                R::DESC,
                "`, and a fresh segment is zero; give the field its first value with `#[shm(default = …)]`, or an \
                 enum a variant with number 0 or with `#[shm(default)]`",
            );
            panic!("{}", why.as_str());
        }
        assert!(size_of::<R>() > 0, "root!: the root has no bytes, so there is nothing to resume");
    }
}

/// Whether the record is that of the type; for a `const` assertion.
pub(crate) const fn is_record_of<R: RootRecord>() -> bool {
    let record = R::RECORD;
    record.len() >= HEADER_BYTES
        && equal(record, 0, &MAGIC)
        && equal(record, 8, &VERSION.to_le_bytes())
        && equal(record, 16, &(record.len() as u64).to_le_bytes())
        && equal(record, 24, &R::DESC.layout.to_le_bytes())
        && equal(record, 40, &R::DESC.schema.to_le_bytes())
}

const fn equal(record: &[u8], at: usize, want: &[u8]) -> bool {
    let mut i = 0;
    while i < want.len() {
        if record[at + i] != want[i] {
            return false;
        }
        i += 1;
    }
    true
}
