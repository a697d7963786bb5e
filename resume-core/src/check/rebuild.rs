//! The pass behind the check: derived data anew from truth.

use core::fmt;
use core::ops::Range;

use super::base::write_field;
use super::census::{Census, HeapAt, OwnerAt};
use super::present::{pays, present_elements};
use super::{find_variant, is_transient, read_prim};
use crate::heap::{Block, Space};
use crate::layout::{FieldDesc, Kind, TypeDesc};

/// The pass that rebuilds derived data from truth, and counts what it did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Rebuild {
    /// Pool slots that only the crashed stack owned and that are free again.
    pub reserved_freed: u64,
    /// Slots read to rebuild counts, free lists and indices.
    pub slots_visited: u64,
    /// Transient fields that are in their base state again.
    pub transient_reset: u64,
    /// Blocks of heaps that no owner in reachable state names, and that are free again.
    pub heap_blocks_freed: u64,
    running: Running,
    /// The process that made it lives: its transient fields and heaps are as they should be.
    in_process: bool,
}

/// The heaps and owners that a running pass has met; empty when it is done.
#[derive(Default)]
struct Running(Option<Box<Census>>);

// SAFETY: there are addresses in it only while `Rebuild::value` runs, which borrows it mutably.
unsafe impl Send for Running {}
// SAFETY: as above.
unsafe impl Sync for Running {}

impl Clone for Running {
    fn clone(&self) -> Self {
        Self(None)
    }
}

impl PartialEq for Running {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Running {}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Running" } else { "Done" })
    }
}

impl Rebuild {
    /// Rebuilds what is derived within one value.
    ///
    /// # Safety
    /// `at` is aligned for `ty`, readable and writable for `ty.size` bytes, the bytes passed
    /// [`Checker::value`](super::Checker::value), and nobody else uses them meanwhile.
    pub unsafe fn value(&mut self, ty: &TypeDesc, at: *mut u8) {
        if self.running.0.is_some() {
            // SAFETY: forwarded.
            return unsafe { self.part(ty, at) };
        }
        self.running.0 = Some(Box::default());
        // SAFETY: forwarded.
        unsafe { self.part(ty, at) };
        // SAFETY: forwarded: heaps and owners were met in the value.
        unsafe { self.blocks() };
        self.running.0 = None;
    }

    /// As [`value`](Self::value), of a state that is live: transient fields stay as they are, and so do heaps.
    ///
    /// # Safety
    /// As there.
    pub(super) unsafe fn in_process(&mut self, ty: &TypeDesc, at: *mut u8) {
        self.in_process = true;
        // Where no census runs, heaps and owners are passed by.
        // SAFETY: forwarded.
        unsafe { self.part(ty, at) };
    }

    /// A heap is here.
    pub(crate) fn heap(&mut self, heap: HeapAt) {
        if let Some(census) = &mut self.running.0 {
            let _ = census.heap(heap, Vec::new());
        }
    }

    /// An owner is here.
    ///
    /// # Safety
    /// The value that it was met in passed the check, and nobody else uses it.
    pub(crate) unsafe fn owner(&mut self, owner: OwnerAt) {
        let Some(census) = &mut self.running.0 else { return };
        match census.now(&owner) {
            // SAFETY: forwarded.
            Some(Ok((space, block))) => unsafe { self.elements_of(owner, space, block) },
            Some(Err(_)) => {}
            None => census.owner(owner, Vec::new()),
        }
    }

    /// Rebuilds what is derived within the elements of a block.
    ///
    /// # Safety
    /// As [`owner`](Self::owner); the block was found in its heap.
    unsafe fn elements_of(&mut self, OwnerAt { element, .. }: OwnerAt, space: Space, block: Block) {
        if !element.rebuilds {
            return;
        }
        let first = space.payload(block.at);
        for index in 0..block.len {
            // SAFETY: an element of a block within its heap, which passed the check.
            unsafe { self.part(element, first.wrapping_add(index * element.size as usize)) };
        }
    }

    /// Rebuilds what is derived within the blocks of all owners that were met, then the heaps.
    ///
    /// # Safety
    /// The value that they were met in passed the check, and nobody else uses it.
    unsafe fn blocks(&mut self) {
        while let Some((waiting, found)) = self.running.0.as_mut().and_then(|census| census.next()) {
            if let Ok((space, block)) = found {
                // SAFETY: forwarded.
                unsafe { self.elements_of(waiting.owner, space, block) };
            }
        }
        if let Some(census) = &self.running.0 {
            // SAFETY: the caller's promise; all owners were looked at just now.
            self.heap_blocks_freed += unsafe { census.rebuild() };
        }
    }

    /// # Safety
    /// As [`value`](Self::value).
    unsafe fn part(&mut self, ty: &TypeDesc, at: *mut u8) {
        if !ty.rebuilds || ty.size == 0 {
            return;
        }
        match ty.kind {
            Kind::Scalar { .. } | Kind::Handle { .. } => {}
            Kind::Array { elem, len } => {
                let (stride, len) = (elem.size as usize, len as usize);
                let mut rebuild = |part: Range<usize>| {
                    for i in part {
                        // SAFETY: element `i` lies within the array, which the caller vouches for.
                        unsafe { self.part(elem, at.wrapping_add(i * stride)) };
                    }
                };
                if pays(stride * len) {
                    // Zero bytes have nothing derived in them, and nothing transient.
                    present_elements(at, stride, len).into_iter().for_each(rebuild);
                } else {
                    rebuild(0..len);
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

    /// Resets transient fields; each has a base state, which [`TypeDesc::with_marks`] asserts.
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
            if !self.in_process && is_transient(owner, variant, i) {
                // SAFETY: the field's bytes lie within its owner, which the caller lets us write.
                unsafe { core::ptr::write_bytes(at, 0, field.ty.size as usize) };
                // SAFETY: as above; the bytes are zero now.
                unsafe { write_field((owner, variant), i, field, at) };
                self.transient_reset += 1;
            } else {
                // SAFETY: a field lies within its owner, aligned, by the descriptor's own assertions.
                unsafe { self.part(field.ty, at) };
            }
        }
    }
}
