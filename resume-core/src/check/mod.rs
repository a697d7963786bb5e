//! The byte-level passes of an attach: nothing is referenced before it passed here.
//!
//! [`Checker`] reads raw bytes against a descriptor. It does so twice at most:
//!
//! ```text
//! fast   the program of the type, made from its descriptor: only the bytes that can be wrong, yes or no
//! walk   where that said no: the descriptor itself, part by part, and each problem with its path
//! ```
//! The descriptor is the authority; that both passes agree is tested over random bytes. Types of which every
//! bit pattern is valid have an empty program and cost nothing. Both passes read each byte at most a few
//! times, whatever the bytes are: lengths and counts are bounded by the capacities before they are used.
//!
//! Containers add the checks of their own truth through [`ContainerOps`](crate::layout::ContainerOps): they
//! check their words themselves and hand the elements that exist to [`Checker::array`],
//! [`Checker::elements`] or [`Checker::entries`].
//!
//! # What is truth when the check runs
//! After a crash it runs behind the roll-back of the journal and before the [`Rebuild`], after a clean stop
//! alone. So it reads truth only, and derived data may be anything; what containers do with theirs never leads
//! to a value that was not checked. After a clean stop, where no rebuild follows by itself, a node that is linked
//! must be in a chain, too; and what is derived is looked at where the check passes by it (the links, counts and
//! lanes of nodes): if it is off, a rebuild follows.
//!
//! | container | read | not read, as it is derived, means nothing or has no invalid bits |
//! |---|---|---|
//! | `StaticVec`, `StaticString` | `len`, what lies below it | what lies behind `len` |
//! | `StaticMap` | `phase`, control bytes, entries of full buckets | `len`, `deleted`, other buckets |
//! | `Pool` | `fresh`, `phase`, words below `fresh`, values of occupied slots | `len`, `head`, all else |
//! | `EventQueue` | `tail`, `cursor`, events from the oldest to `tail` | the other places |
//! | `StaticList`, `OrderedMap` | `fresh`, the chain, values of linked nodes | other links, other nodes |
//! | `Ring` | `ends`, the elements it says | the other places |
//! | `Versioned` | `state`, the copy it says | the other copy |
//! | `BitSet` | `phase` | the words |
//!
//! | `HeapVec`, `HeapString`, `HeapSlice` | the owner; its block's header, and the elements below `len` | what lies behind `len` |
//! | `Heap` | its key; all else by owners: see `census` | all that no owner names |
//!
//! A `StaticSet` is a map, a `Quarantine` a pool. A `clear` that a crash interrupted changes nothing: what it
//! has not removed yet is valid. Transient fields are not read: each resume puts them into their base state.
//!
//! Pages that nobody ever wrote are not looked at where there are many (`present`).
//!
//! A rollback in a living process has a look of its own at what it restored (`undone`).
//!
//! [`Rebuild`] is the writing pass that follows after a crash: derived data anew from truth.

mod base;
mod census;
pub(crate) mod present;
mod program;
mod reach;
mod rebuild;
mod run;
mod undone;
mod walk;

use core::fmt;
use core::hash::{BuildHasherDefault, Hasher};
use std::collections::HashMap;
use std::rc::Rc;

use crate::heap::{Block, Space};
use crate::layout::{FieldDesc, Kind, Prim, TypeDesc, VariantDesc};
pub use base::{base_state, write_base};
pub use census::Heaps;
use census::{Broken, Census};
pub(crate) use census::{HeapAt, OwnerAt};
use program::Program;
use reach::Survey;
pub use reach::{Reach, Reached};
pub use rebuild::Rebuild;
pub(crate) use undone::undone;

/// One step of a path into the state.
#[derive(Debug, Clone, Copy)]
enum Step {
    Field(&'static str),
    Index(u64),
    /// An entry of a map. Invariant: `key_at` is readable for `key` while the step is on the path.
    Entry {
        index: u64,
        key: &'static TypeDesc,
        key_at: *const u8,
    },
}

/// A place whose bytes are not a valid value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where, from the root: `.players[17].alive`; an entry of a map is named by its bucket and its key:
    /// `.quests[3, key 77].done`.
    pub path: String,
    /// What was expected and found.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.what)
    }
}

/// Which pass is running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pass {
    Fast,
    Walk,
    /// No check: follows what leads somewhere. See `reach`.
    Reach,
}

/// Reads bytes against descriptors and collects what is broken, by path.
#[derive(Debug, Default)]
pub struct Checker {
    settled: bool,
    derived_is_off: bool,
    pass: Option<Pass>,
    /// Transient fields are looked at too: no resume comes before their use.
    transient_too: bool,
    /// An owner may be a stale copy, which finds nothing: the process that made it lives.
    stale_too: bool,
    /// What the fast pass found. It ends at the first place.
    broken: bool,
    /// By address: a descriptor that exists twice gets two equal programs.
    programs: HashMap<*const TypeDesc, Rc<Program>, BuildHasherDefault<AddressHasher>>,
    path: Vec<Step>,
    /// The heaps and owners that the running pass has met.
    census: Census,
    survey: Option<Box<Survey>>,
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

    /// Starts a check at the root of a state that was stopped cleanly. No rebuild follows by itself, so a container
    /// whose derived data leads to places in memory has it checked as well.
    pub fn after_clean_stop() -> Self {
        Self { settled: true, ..Self::default() }
    }

    /// Whether derived data has to be right, too: see [`after_clean_stop`](Self::after_clean_stop).
    pub fn is_settled(&self) -> bool {
        self.settled
    }

    /// For a container: what is derived does not follow from what is true. That is no problem of the state, but
    /// [it has to be made anew](Self::needs_rebuild).
    pub fn derived_is_off(&mut self) {
        self.derived_is_off = true;
    }

    /// Whether a [`Rebuild`] has to follow although the last process stopped cleanly: something derived was
    /// damaged since.
    pub fn needs_rebuild(&self) -> bool {
        self.derived_is_off
    }

    /// What was found, and how many more were not kept.
    pub fn finish(self) -> (Vec<Problem>, u64) {
        (self.problems, self.problems_dropped)
    }

    /// Reports the place that is being checked.
    pub fn problem(&mut self, what: impl fmt::Display) {
        if self.pass == Some(Pass::Fast) {
            self.broken = true;
        } else if self.problems.len() == Self::PROBLEMS_MAX {
            self.problems_dropped += 1;
        } else {
            let path = self.path_text();
            self.problems.push(Problem { path, what: what.to_string() });
        }
    }

    fn path_text(&self) -> String {
        self.path.iter().map(Step::to_string).collect()
    }

    /// Runs `check` with the path one field deeper.
    pub fn in_field(&mut self, name: &'static str, check: impl FnOnce(&mut Self)) {
        self.within(Step::Field(name), check);
    }

    /// Runs `check` with the path one element deeper.
    pub fn in_index(&mut self, index: u64, check: impl FnOnce(&mut Self)) {
        self.within(Step::Index(index), check);
    }

    fn within(&mut self, step: Step, check: impl FnOnce(&mut Self)) {
        self.path.push(step);
        check(self);
        self.path.pop();
    }

    /// Checks the bytes of one value: the fast pass, and where it finds something, the walk.
    ///
    /// # Safety
    /// `at` is aligned for `ty` and readable for `ty.size` bytes, all of them initialised, padding too (as what
    /// another process left in memory is), and nobody writes them meanwhile.
    pub unsafe fn value(&mut self, ty: &'static TypeDesc, at: *const u8) {
        match self.pass {
            // SAFETY: forwarded.
            Some(Pass::Fast) => unsafe { self.fast(ty, at) },
            // SAFETY: forwarded.
            Some(Pass::Walk) => unsafe { self.walk_part(ty, at) },
            // SAFETY: forwarded.
            Some(Pass::Reach) => unsafe { self.reach_part(ty, at) },
            None => {
                // SAFETY: forwarded.
                if !unsafe { self.passes(ty, at) } {
                    // SAFETY: forwarded.
                    unsafe { self.walk(ty, at) };
                }
            }
        }
    }

    /// The fast pass alone: whether the bytes are a valid value.
    ///
    /// # Safety
    /// As [`value`](Self::value).
    pub unsafe fn passes(&mut self, ty: &'static TypeDesc, at: *const u8) -> bool {
        let outer = self.pass.replace(Pass::Fast);
        let broken_before = core::mem::replace(&mut self.broken, false);
        if outer.is_none() {
            self.census = Census::default();
        }
        // SAFETY: forwarded.
        unsafe { self.fast(ty, at) };
        if outer.is_none() {
            // SAFETY: forwarded: heaps and owners were met in the value.
            unsafe { self.look_at_blocks() };
        }
        self.pass = outer;
        !core::mem::replace(&mut self.broken, broken_before)
    }

    /// The walk alone: slow, and says where and what.
    ///
    /// # Safety
    /// As [`value`](Self::value).
    pub unsafe fn walk(&mut self, ty: &'static TypeDesc, at: *const u8) {
        let outer = self.pass.replace(Pass::Walk);
        if outer.is_none() {
            self.census = Census::default();
        }
        // SAFETY: forwarded.
        unsafe { self.walk_part(ty, at) };
        if outer.is_none() {
            // SAFETY: forwarded: heaps and owners were met in the value.
            unsafe { self.look_at_blocks() };
        }
        self.pass = outer;
    }

    /// The heaps that the last check met: where that found no problem, what to rebuild after a clean stop.
    pub fn take_heaps(&mut self) -> Heaps {
        Heaps(core::mem::take(&mut self.census))
    }

    /// A heap is here: owners may have blocks of it.
    pub(crate) fn heap(&mut self, heap: HeapAt) {
        let path = self.path_kept();
        if !self.census.heap(heap, path) {
            self.problem("expected a heap of its own, found a copy of another one in this state");
        }
    }

    /// An owner is here: its block is checked when all heaps are known.
    ///
    /// # Safety
    /// The value that it was met in is readable, and nobody writes it.
    pub(crate) unsafe fn owner(&mut self, owner: OwnerAt) {
        if self.pass == Some(Pass::Fast)
            && let Some(found) = self.census.now(&owner)
        {
            return match found {
                // SAFETY: forwarded.
                Ok((space, block)) => unsafe { self.elements_of(owner, space, block) },
                Err(_) => self.broken = true,
            };
        }
        let path = self.path_kept();
        self.census.owner(owner, path);
    }

    fn path_kept(&self) -> Vec<Step> {
        if self.pass == Some(Pass::Fast) || !self.names() { Vec::new() } else { self.path.clone() }
    }

    /// Checks the elements in a block.
    ///
    /// # Safety
    /// As [`owner`](Self::owner); the block was found in its heap.
    unsafe fn elements_of(&mut self, owner: OwnerAt, space: Space, block: Block) {
        let first = space.view().payload(block.at);
        if owner.text {
            // SAFETY: the bytes of a block that was found within its heap, which nobody writes.
            let text = unsafe { core::slice::from_raw_parts(first, block.len) };
            if let Err(at) = core::str::from_utf8(text) {
                self.problem(format_args!("expected UTF-8, found none: {at}"));
            }
        } else {
            // SAFETY: as many elements as fit the block, which lies within its heap; a heap's blocks are
            // aligned for every element that an owner may have.
            unsafe { self.array(owner.element, first, block.len as u64) };
        }
    }

    /// Checks the blocks of all owners that were met, and of those met in them.
    ///
    /// # Safety
    /// The value that they were met in is readable, and nobody writes it.
    unsafe fn look_at_blocks(&mut self) {
        while !self.broken
            && let Some((waiting, found)) = self.census.next()
        {
            let outer = core::mem::replace(&mut self.path, waiting.path.clone());
            match found {
                Err(Broken::NoBlock) if self.stale_too => {}
                Err(broken) => self.problem(waiting.tell(&broken)),
                // SAFETY: forwarded.
                Ok((space, block)) => unsafe { self.elements_of(waiting.owner, space, block) },
            }
            self.path = outer;
        }
    }

    /// For a container: checks `len` elements that lie in a row.
    ///
    /// # Safety
    /// As [`value`](Self::value) for each of them.
    pub unsafe fn array(&mut self, ty: &'static TypeDesc, first: *const u8, len: u64) {
        if self.skips(ty) {
            return;
        }
        if self.pass == Some(Pass::Fast) {
            let program = self.program(ty);
            // SAFETY: forwarded.
            return unsafe { self.run_array(&program, first, ty.size as usize, len as usize) };
        }
        let at = |index| first.wrapping_add((index * ty.size) as usize);
        // SAFETY: forwarded.
        unsafe { self.elements(ty, (0..len).map(|index| (index, at(index)))) };
    }

    /// For a container: checks the elements that exist, each with its index.
    ///
    /// # Safety
    /// As [`value`](Self::value) for each of them.
    pub unsafe fn elements(
        &mut self,
        ty: &'static TypeDesc,
        mut elements: impl Iterator<Item = (u64, *const u8)>,
    ) {
        // SAFETY: forwarded.
        if self.pass == Some(Pass::Reach) && unsafe { self.reach_places(ty, &mut elements) } {
            return;
        }
        if self.skips(ty) {
            return;
        }
        if self.pass == Some(Pass::Fast) {
            // SAFETY: forwarded.
            return unsafe { self.run_each(ty, elements.map(|(_, at)| at)) };
        }
        for (index, at) in elements {
            // SAFETY: forwarded.
            self.in_index(index, |c| unsafe { c.value(ty, at) });
        }
    }

    /// For a map: as [`elements`](Self::elements), each an entry whose first field is its key.
    ///
    /// # Safety
    /// As there.
    pub unsafe fn entries(&mut self, ty: &'static TypeDesc, entries: impl Iterator<Item = (u64, *const u8)>) {
        if self.skips(ty) {
            return;
        }
        let key = match ty.kind {
            Kind::Struct { fields: [key, ..] } if self.pass != Some(Pass::Fast) => key,
            // SAFETY: forwarded.
            _ => return unsafe { self.elements(ty, entries) },
        };
        for (index, at) in entries {
            let key_at = at.wrapping_add(key.offset as usize);
            // SAFETY: forwarded.
            self.within(Step::Entry { index, key: key.ty, key_at }, |c| unsafe { c.value(ty, at) });
        }
    }

    /// Whether the running pass has nothing to look for in values of a type.
    #[inline]
    fn skips(&mut self, ty: &'static TypeDesc) -> bool {
        if self.pass == Some(Pass::Reach) { !self.leads(ty) } else { ty.plain }
    }

    /// The program of a type: made when it is met first.
    #[inline]
    fn program(&mut self, ty: &'static TypeDesc) -> Rc<Program> {
        if let Some(program) = self.programs.get(&core::ptr::from_ref(ty)) {
            return Rc::clone(program);
        }
        let program = Rc::new(Program::of(ty));
        self.programs.insert(ty, Rc::clone(&program));
        program
    }
}

/// Spreads an address over the bits that a hash table uses (Knuth's multiplicative hashing).
#[derive(Default)]
struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_usize(usize::from(*byte));
        }
    }

    #[inline]
    fn write_usize(&mut self, number: usize) {
        let spread = (self.0 ^ number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = spread ^ spread >> 32;
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}

/// The fields of a struct or a variant that can be broken. Transient ones cannot: they are reset before
/// anybody refers to them.
fn checked_fields(
    (owner, variant): (&TypeDesc, usize),
    fields: &'static [FieldDesc],
) -> impl Iterator<Item = &'static FieldDesc> {
    let checked =
        move |(i, field): &(usize, &FieldDesc)| !field.ty.plain && !is_transient(owner, variant, *i);
    fields.iter().enumerate().filter(checked).map(|(_, field)| field)
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

/// Writes a number as a primitive.
///
/// # Safety
/// `at` is writable for `prim.size()` bytes.
unsafe fn write_prim(prim: Prim, at: *mut u8, value: i128) {
    let size = prim.size() as usize;
    // SAFETY: `size` is at most 16, the length of the source; the target is the caller's promise; a local array
    // cannot overlap it.
    unsafe { core::ptr::copy_nonoverlapping(value.to_le_bytes().as_ptr(), at, size) };
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
