//! Identity of a [`StaticMap`], and its byte-level passes.

use core::hash::{BuildHasher, Hash};
use core::marker::PhantomData;
use core::mem::offset_of;
use core::ops::Range;
use core::slice;

use super::control::Control;
use super::group::{DELETED, EMPTY, GROUP, is_full};
use super::iter::Full;
use super::{Bucket, CLEARING, StaticMap};
use crate::ShmSafe;
use crate::check::present::{pays, present_elements};
use crate::check::{Checker, Rebuild};
use crate::layout::{ContainerOps, FieldDesc, Ident, IdentArg, Kind, Role, TypeDesc};

/// Descriptors of a bucket and of the array of buckets.
struct Buckets<K, V, const N: usize>(PhantomData<(K, V)>);

impl<K: ShmSafe, V: ShmSafe, const N: usize> Buckets<K, V, N> {
    const BUCKET_ID: &'static Ident =
        &Ident::new("StaticMap.Bucket", &[IdentArg::Type(K::ID), IdentArg::Type(V::ID)]);
    const BUCKET: &'static TypeDesc = &TypeDesc::c_struct(
        Self::BUCKET_ID,
        &[
            FieldDesc { name: "key", offset: 0, ty: K::DESC },
            FieldDesc { name: "value", offset: offset_of!(Bucket<K, V>, value) as u64, ty: V::DESC },
        ],
        size_of::<Bucket<K, V>>(),
        align_of::<Bucket<K, V>>(),
    );
    const ARRAY_ID: &'static Ident =
        &Ident::new("[]", &[IdentArg::Type(Self::BUCKET_ID), IdentArg::Const(N as i128)]);
    const ARRAY: &'static TypeDesc = &TypeDesc::new(
        Self::ARRAY_ID,
        Kind::Array { elem: Self::BUCKET, len: N as u64 },
        size_of::<[Bucket<K, V>; N]>(),
        align_of::<[Bucket<K, V>; N]>(),
    );
}

/// The groups of control bytes of which some may be anything but empty; of a small table all of them, without asking.
fn present_groups<'p>(
    control: &[u8],
    all: &'p [Range<usize>],
    asked: &'p mut Vec<Range<usize>>,
) -> &'p [Range<usize>] {
    if !pays(control.len()) {
        return all;
    }
    *asked = present_elements(control.as_ptr(), GROUP, control.len() / GROUP);
    asked.iter_mut().for_each(|part| *part = part.start * GROUP..part.end * GROUP);
    asked
}

/// What control bytes say all together.
struct Tally {
    full: usize,
    deleted: usize,
    /// None of them is one that there is not.
    known: bool,
}

impl Tally {
    /// One look at each, without a branch: vector code, in chunks whose counts fit a byte.
    fn of(control: &[u8], parts: &[Range<usize>]) -> Self {
        let mut tally = Self { full: 0, deleted: 0, known: true };
        for chunk in parts.iter().flat_map(|part| control[part.clone()].chunks(128)) {
            let (mut full, mut deleted, mut empty) = (0_u8, 0_u8, 0_u8);
            for &byte in chunk {
                full += byte >> 7;
                deleted += u8::from(byte == DELETED);
                empty += u8::from(byte == EMPTY);
            }
            tally.full += usize::from(full);
            tally.deleted += usize::from(deleted);
            tally.known &= usize::from(full) + usize::from(deleted) + usize::from(empty) == chunk.len();
        }
        tally
    }
}

impl<K: ShmSafe, V: ShmSafe, const N: usize, S> StaticMap<K, V, N, S> {
    /// The parts, which are also those of a set.
    pub(in crate::container) const FIELDS: &'static [FieldDesc] = &[
        FieldDesc { name: "len", offset: 0, ty: u32::DESC },
        FieldDesc { name: "deleted", offset: 4, ty: u32::DESC },
        FieldDesc { name: "phase", offset: 8, ty: u32::DESC },
        FieldDesc {
            name: "control",
            offset: offset_of!(Self, controls) as u64,
            ty: <[u8; N] as ShmSafe>::DESC,
        },
        FieldDesc {
            name: "mirror",
            offset: offset_of!(Self, controls) as u64 + Control::<N>::MIRROR_OFFSET,
            ty: <[u8; GROUP] as ShmSafe>::DESC,
        },
        FieldDesc {
            name: "buckets",
            offset: offset_of!(Self, buckets) as u64,
            ty: Buckets::<K, V, N>::ARRAY,
        },
    ];

    /// The passes, which are also those of a set.
    pub(in crate::container) const OPS: &'static ContainerOps =
        &ContainerOps { check: Self::check, rebuild: Self::rebuild };

    /// # Safety
    /// As [`ContainerOps::check`].
    unsafe fn check(at: *const u8, check: &mut Checker) {
        // SAFETY: the caller vouches for the bytes, which nobody writes; counts and control bytes are
        // numbers and the entries `MaybeUninit`, so a reference to the whole is sound whatever they are.
        let map = unsafe { &*at.cast::<Self>() };
        let phase = map.counts.phase.get();
        if phase > CLEARING {
            check.problem(format_args!("expected a map phase of 0 or 1, found {phase}"));
        }
        // SAFETY: N bytes of the map, which nobody writes; of every pattern of them a `u8` is valid.
        let control = unsafe { slice::from_raw_parts(map.controls.as_slice().as_ptr().cast::<u8>(), N) };
        let (all, mut asked) = (0..N, Vec::new());
        let parts = present_groups(control, slice::from_ref(&all), &mut asked);
        let found = Tally::of(control, parts);
        if !found.known {
            let is_known = |control: u8| control <= DELETED || is_full(control);
            for (index, byte) in control.iter().enumerate().filter(|(_, byte)| !is_known(**byte)) {
                let what = format_args!("expected a control byte of 0, 1 or 128 to 255, found {byte}");
                check.in_index(index as u64, |c| c.problem(what));
            }
        }
        let derived = (map.len(), map.deleted()) == (found.full, found.deleted) && map.controls.is_mirrored();
        if check.is_settled() && !derived {
            check.derived_is_off();
        }
        // While a clear was interrupted too: what it has not removed yet is valid, and stays so if the phase
        // was damage.
        let bytes = map.controls.as_slice().as_ptr();
        let full = parts.iter().flat_map(move |part| {
            Full::new(bytes.wrapping_add(part.start), part.len()).map(move |index| part.start + index)
        });
        let entries = full.map(|index| (index as u64, map.buckets.as_ptr().wrapping_add(index).cast()));
        // SAFETY: indices of full buckets are less than N: within the array, aligned.
        unsafe { check.entries(Buckets::<K, V, N>::BUCKET, entries) };
    }

    /// # Safety
    /// As [`ContainerOps::rebuild`].
    unsafe fn rebuild(at: *mut u8, rebuild: &mut Rebuild) {
        // SAFETY: the caller vouches for the bytes, which passed `check`, and nobody else uses them.
        let map = unsafe { &mut *at.cast::<Self>() };
        if map.counts.phase.get() == CLEARING {
            return map.finish_clear();
        }
        map.controls.derive_mirror();
        // SAFETY: N bytes of the map, which nobody else uses; of every pattern of them a `u8` is valid.
        let control = unsafe { slice::from_raw_parts(map.controls.as_slice().as_ptr().cast::<u8>(), N) };
        let (all, mut asked) = (0..N, Vec::new());
        let parts = present_groups(control, slice::from_ref(&all), &mut asked);
        rebuild.slots_visited += parts.iter().map(|part| part.len() as u64).sum::<u64>();
        let found = Tally::of(control, parts);
        if Buckets::<K, V, N>::BUCKET.rebuilds {
            for index in parts.iter().cloned().flatten().filter(|index| is_full(control[*index])) {
                let bucket = map.buckets.as_mut_ptr().wrapping_add(index).cast();
                // SAFETY: a full bucket's entry exists and passed the check; the borrow is exclusive.
                unsafe { rebuild.value(Buckets::<K, V, N>::BUCKET, bucket) };
            }
        }
        map.count(found.full, found.deleted as u32);
    }
}

// SAFETY: `repr(C)` over words, control bytes and buckets of `ShmSafe` keys and values; the fields and offsets are the real
// ones; control bytes and the entries of full buckets are checked by `check`; no address and no drop glue.
// The hasher decides where entries are, so it is part of the name.
unsafe impl<K, V, const N: usize, S> ShmSafe for StaticMap<K, V, N, S>
where
    K: ShmSafe + Eq + Hash,
    V: ShmSafe,
    S: ShmSafe + BuildHasher + Default,
{
    const ID: &'static Ident = &Ident::new(
        "StaticMap",
        &[IdentArg::Type(K::ID), IdentArg::Type(V::ID), IdentArg::Const(N as i128), IdentArg::Type(S::ID)],
    );
    const DESC: &'static TypeDesc = &TypeDesc::new(
        Self::ID,
        Kind::Container {
            role: Role::Map,
            capacity: {
                // Here, `cargo check` finds it in a derived owner; in `new` alone, only a build does.
                let () = Self::SIZE_FITS;
                Self::CAPACITY as u64
            },
            fields: Self::FIELDS,
            ops: Self::OPS,
        },
        size_of::<Self>(),
        align_of::<Self>(),
    );
}
