//! Identity of an [`OrderedMap`], and its byte-level passes.

use core::marker::PhantomData;
use core::mem::offset_of;

use super::super::nodes::{Node, Nodes};
use super::{Entry, LANES, OrderedMap, Tower};
use crate::ShmSafe;
use crate::check::{Checker, Rebuild};
use crate::layout::{ContainerOps, FieldDesc, Ident, IdentArg, Kind, Role, TypeDesc};

/// Descriptors of an entry, of a node, and of the array of nodes.
struct Descs<K, V, const N: usize>(PhantomData<(K, V)>);

impl<K: ShmSafe, V: ShmSafe, const N: usize> Descs<K, V, N> {
    const KEY_OFFSET: u64 = offset_of!(Entry<K, V>, key) as u64;
    const VALUE_OFFSET: u64 = offset_of!(Entry<K, V>, value) as u64;
    const ENTRY: &'static TypeDesc = &TypeDesc::c_struct(
        &Ident::new("OrderedMap.Entry", &[IdentArg::Type(K::ID), IdentArg::Type(V::ID)]),
        &[
            FieldDesc { name: "tower", offset: 0, ty: TOWER },
            FieldDesc { name: "key", offset: Self::KEY_OFFSET, ty: K::DESC },
            FieldDesc { name: "value", offset: Self::VALUE_OFFSET, ty: V::DESC },
        ],
        size_of::<Entry<K, V>>(),
        align_of::<Entry<K, V>>(),
    );
    const NODE_ID: &'static Ident =
        &Ident::new("OrderedMap.Node", &[IdentArg::Type(K::ID), IdentArg::Type(V::ID)]);
    // Key and value stand beside the links, as a diff looks for elements no deeper.
    const NODE: &'static TypeDesc = &TypeDesc::new(
        Self::NODE_ID,
        Kind::Struct {
            fields: &[
                FieldDesc { name: "word", offset: 0, ty: u64::DESC },
                FieldDesc { name: "next", offset: 8, ty: u32::DESC },
                FieldDesc { name: "prev", offset: 12, ty: u32::DESC },
                FieldDesc { name: "tower", offset: Node::<Entry<K, V>>::VALUE_OFFSET, ty: TOWER },
                FieldDesc {
                    name: "key",
                    offset: Node::<Entry<K, V>>::VALUE_OFFSET + Self::KEY_OFFSET,
                    ty: K::DESC,
                },
                FieldDesc {
                    name: "value",
                    offset: Node::<Entry<K, V>>::VALUE_OFFSET + Self::VALUE_OFFSET,
                    ty: V::DESC,
                },
            ],
        },
        size_of::<Node<Entry<K, V>>>(),
        align_of::<Node<Entry<K, V>>>(),
    );
    const NODES: &'static TypeDesc = &TypeDesc::new(
        &Ident::new("[]", &[IdentArg::Type(Self::NODE_ID), IdentArg::Const(N as i128)]),
        Kind::Array { elem: Self::NODE, len: N as u64 },
        size_of::<[Node<Entry<K, V>>; N]>(),
        align_of::<[Node<Entry<K, V>>; N]>(),
    );
}

const TOWER_ID: &Ident = &Ident::new("OrderedMap.Tower", &[]);
const TOWER: &TypeDesc = &TypeDesc::c_struct(
    TOWER_ID,
    &[FieldDesc { name: "links", offset: 0, ty: <[u32; LANES] as ShmSafe>::DESC }],
    size_of::<Tower>(),
    align_of::<Tower>(),
);

impl<K: ShmSafe, V: ShmSafe, const N: usize> OrderedMap<K, V, N> {
    /// # Safety
    /// As [`ContainerOps::check`].
    unsafe fn check(at: *const u8, check: &mut Checker) {
        // SAFETY: the caller vouches for the bytes, which nobody writes; words are numbers and entries
        // `MaybeUninit`, so a reference to the whole is sound whatever they are.
        let map = unsafe { &*at.cast::<Self>() };
        map.nodes.check(check, [map.chain()].into_iter(), |_, _| true);
        if check.is_settled() && !map.has_its_lanes() {
            check.derived_is_off();
        }
        // SAFETY: values lie within their nodes, aligned.
        unsafe { check.entries(Descs::<K, V, N>::ENTRY, map.nodes.values()) };
    }

    /// # Safety
    /// As [`ContainerOps::rebuild`].
    unsafe fn rebuild(at: *mut u8, rebuild: &mut Rebuild) {
        // SAFETY: the caller vouches for the bytes, which passed `check`, and nobody else uses them.
        let map = unsafe { &mut *at.cast::<Self>() };
        let (chain, nodes) = map.parts();
        // SAFETY: forwarded; `ENTRY` describes the entries.
        unsafe { nodes.rebuild(rebuild, [chain].into_iter(), Descs::<K, V, N>::ENTRY) };
        map.derive_lanes();
    }
}

// SAFETY: `repr(C)` over words and nodes of `ShmSafe` keys and values; the fields and offsets are the real ones;
// links and the entries of linked nodes are checked by `check`; links are positions; no drop glue.
unsafe impl<K: ShmSafe + Ord, V: ShmSafe, const N: usize> ShmSafe for OrderedMap<K, V, N> {
    const ID: &'static Ident = &Ident::new(
        "OrderedMap",
        &[IdentArg::Type(K::ID), IdentArg::Type(V::ID), IdentArg::Const(N as i128)],
    );
    const DESC: &'static TypeDesc = &TypeDesc::new(
        Self::ID,
        Kind::Container {
            role: Role::OrderedMap,
            capacity: {
                let () = Nodes::<Entry<K, V>, N>::CAPACITY_FITS;
                N as u64
            },
            fields: &[
                FieldDesc { name: "head", offset: 0, ty: u32::DESC },
                FieldDesc { name: "tail", offset: 4, ty: u32::DESC },
                FieldDesc { name: "len", offset: offset_of!(Self, nodes) as u64, ty: u32::DESC },
                FieldDesc { name: "free", offset: offset_of!(Self, nodes) as u64 + 4, ty: u32::DESC },
                FieldDesc { name: "fresh", offset: offset_of!(Self, nodes) as u64 + 8, ty: u32::DESC },
                FieldDesc {
                    name: "nodes",
                    offset: offset_of!(Self, nodes) as u64 + Nodes::<Entry<K, V>, N>::NODES_OFFSET,
                    ty: Descs::<K, V, N>::NODES,
                },
                FieldDesc { name: "lanes", offset: offset_of!(Self, lanes) as u64, ty: TOWER },
            ],
            ops: &ContainerOps { check: Self::check, rebuild: Self::rebuild },
        },
        size_of::<Self>(),
        align_of::<Self>(),
    );
}
