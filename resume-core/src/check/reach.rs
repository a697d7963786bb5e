//! The pass that looks for what nobody leads to any more: see [`Reach`].
//!
//! It is a third pass of the [`Checker`], so that containers say which of their elements exist; but what they hand
//! over is followed and not checked. Places and handles are noted by type, index and generation; when nothing more
//! can be reached, the rest is walked too, for the blocks that it owns. Where something was found, a second walk
//! gives it a path.

use core::fmt;
use std::collections::{HashMap, HashSet};

use super::{Checker, Pass, Problem, Step, find_variant, is_transient, read_prim};
use crate::ShmSafe;
use crate::layout::{FieldDesc, Ident, Kind, Prim, Role, TypeDesc, names};

/// A search for what is leaked: pool slots without a handle, heap blocks without an owner; and for handles that lead
/// nowhere.
///
/// A slot whose last handle was overwritten is occupied for ever: no crash, check or rebuild frees it, for it is
/// valid. A search starts at the root, follows handles and owners through the state as the descriptors say, and
/// reports what it did not get to, by path.
/// ```text
/// reachable := everything in the root but the slots of pools
/// a handle in what is reachable makes the slots that it names reachable
/// leaked    := occupied slots that are not; blocks of heaps that no owner in the state names
/// dangling  := handles in what is reachable that name no slot, list node or timer; owners without a block
/// ```
///
/// # What is reachable by itself
/// A pool is also a collection: many programs walk over one, or its handles are with the clients. Slots of a
/// pool are reachable by themselves where no type of the state has a handle to that type, and where the
/// program says so: [`kept`](Self::kept).
///
/// # Several pools of one type
/// A handle says which type it leads to, and not which pool. So it makes every slot reachable that has its index
/// and generation in a pool of that type: such a twin may hide a leak, but what a handle leads to is never
/// reported. [`Reached::ambiguous`] counts twins.
///
/// # What to make of it
/// A leaked slot is a mistake of the program, which can remove it by its index, or keep it. A leaked block is free again
/// after the next attach. Handles are weak, so one that dangles may be no mistake: its target died. An owner
/// without a block always is one (somebody freed a copy of it, or assigned one inside a transaction that was
/// rolled back, without [`Tx::edit`](crate::Tx::edit)), and the next attach refuses it.
///
/// ```
/// use resume_core::ShmSafe;
/// use resume_core::check::Reach;
/// use resume_core::pool::{Handle, Pool};
///
/// #[derive(ShmSafe)]
/// #[repr(C)]
/// struct World { monsters: Pool<u64, 8>, boss: Handle<u64> }
///
/// # let mut world = World { monsters: Pool::new(), boss: Handle::NULL };
/// world.boss = world.monsters.insert(70)?;
/// world.boss = world.monsters.insert(71)?;
/// let found = Reach::new().of(&mut world);
/// assert_eq!(found.leaked[0].to_string(), "World.monsters[0]: expected a handle to this u64, found none");
/// assert!(Reach::new().kept("monsters").of(&mut world).leaked.is_empty());
/// # Ok::<(), resume_core::pool::Full<u64>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    kept: Vec<String>,
}

/// What a [`Reach`] found. Paths start with the name of the root's type.
///
/// A *leaked* slot is occupied, and no handle in reachable state leads to it; a leaked block is allocated, and no
/// owner in the state has it (the next attach frees it). A *dangling* handle leads to nothing, and a dangling
/// owner has no block.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reached {
    /// What is leaked.
    pub leaked: Vec<Problem>,
    /// How many more are, beyond [`Reach::FOUND_MAX`].
    pub leaked_dropped: u64,
    /// What dangles.
    pub dangling: Vec<Problem>,
    /// How many more do.
    pub dangling_dropped: u64,
    /// Occupied slots of pools.
    pub slots: u64,
    /// Handles that are not null.
    pub handles: u64,
    /// Slots that share type, index and generation with one of another pool.
    pub ambiguous: u64,
}

impl Reach {
    /// How many findings of a kind are kept; later ones are counted only.
    pub const FOUND_MAX: usize = 1000;

    /// Every pool whose type a handle in the state could name has to be reached.
    pub fn new() -> Self {
        Self::default()
    }

    /// The slots of a pool are reachable by themselves: the program walks over it, or keeps its handles elsewhere.
    /// A pool is named by its path from the root, with `[]` for each index: `scenes`, `scenes[].monsters`.
    #[must_use]
    pub fn kept(mut self, pool: &str) -> Self {
        self.kept.push(format!(".{}", pool.trim_start_matches('.')));
        self
    }

    /// Looks at a root. It takes as long as an attach's check of the same state, and memory for each slot and handle.
    pub fn of<R: ShmSafe>(&self, root: &mut R) -> Reached {
        let at = core::ptr::from_mut(root).cast::<u8>().cast_const();
        // SAFETY: borrowed exclusively, so nobody writes it; a value has valid bytes.
        unsafe { self.bytes(R::DESC, at) }
    }

    /// Looks at bytes that passed the check, or were not checked: it may find nonsense in those, no more.
    ///
    /// # Safety
    /// `at` is aligned for `ty` and readable for all its fields, and nobody writes them meanwhile.
    pub unsafe fn bytes(&self, ty: &'static TypeDesc, at: *const u8) -> Reached {
        let mut first = Checker { pass: Some(Pass::Reach), ..Checker::new() };
        first.survey = Some(Box::new(Survey::new(ty, &self.kept)));
        // SAFETY: forwarded.
        unsafe { first.reach_all(ty, at) };
        let Some(survey) = first.survey.take() else { return Reached::default() };
        let (leaked, dangling) = (survey.leaked(), survey.dangling());
        let mut reached = Reached {
            slots: survey.slots_met,
            handles: survey.handles_met,
            ambiguous: survey.places.values().map(|twins| twins.len().saturating_sub(1) as u64).sum(),
            ..Reached::default()
        };
        if leaked.is_empty() && dangling.is_empty() && !survey.broken && !first.census.has_unowned() {
            return reached;
        }
        // Once more, for the paths of what was found.
        let naming = Naming { leaked, dangling, reached: Reached::default() };
        let mut second = Checker { pass: Some(Pass::Reach), ..Checker::new() };
        let survey = Survey { naming: Some(naming), orphans: true, ..Survey::new(ty, &self.kept) };
        second.survey = Some(Box::new(survey));
        // SAFETY: forwarded.
        unsafe { second.reach_all(ty, at) };
        second.name_blocks();
        let named = second.survey.and_then(|survey| survey.naming).map(|naming| naming.reached);
        if let Some(named) = named {
            let path = |mut problem: Problem| {
                problem.path = format!("{}{}", ty.id, problem.path);
                problem
            };
            reached.leaked = named.leaked.into_iter().map(path).collect();
            reached.dangling = named.dangling.into_iter().map(path).collect();
            reached.leaked_dropped = named.leaked_dropped;
            reached.dangling_dropped = named.dangling_dropped;
        }
        reached
    }
}

/// Of a slot, node or handle: the type that it has or leads to, and index and generation as a handle has them.
type Key = (u128, u64);

/// A slot that has to be reached.
#[derive(Debug)]
struct Slot {
    value: *const u8,
    ty: &'static TypeDesc,
    reached: bool,
}

/// A container whose elements have stable places that handles name.
#[derive(Debug, Clone, Copy)]
struct Places {
    target: u128,
    value_offset: usize,
    /// The elements are not reachable by themselves.
    strict: bool,
    pool: bool,
}

/// What a search knows so far.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// Types that some handle in the state may name.
    targets: HashSet<u128>,
    kept: Vec<String>,
    hashes: HashMap<*const Ident, u128>,
    /// Whether a type has a handle, an owner or a place in it, by the descriptor's address.
    leads: HashMap<*const TypeDesc, bool>,
    /// The container whose elements are handed over next.
    within: Option<Places>,
    slots: Vec<Slot>,
    /// Slots that have a place's key; none for places that are reachable by themselves.
    places: HashMap<Key, Vec<usize>>,
    handles: HashMap<Key, Vec<*const u8>>,
    todo: Vec<usize>,
    /// What is left is reachable from nowhere; it may own blocks.
    orphans: bool,
    slots_met: u64,
    handles_met: u64,
    /// An owner has no block.
    broken: bool,
    naming: Option<Naming>,
}

/// What the second walk looks for, by address, and what it has named.
#[derive(Debug)]
struct Naming {
    leaked: HashSet<*const u8>,
    dangling: HashSet<*const u8>,
    reached: Reached,
}

impl Naming {
    fn leaked(&mut self, path: String, what: String) {
        if self.reached.leaked.len() == Reach::FOUND_MAX {
            self.reached.leaked_dropped += 1;
        } else {
            self.reached.leaked.push(Problem { path, what });
        }
    }

    fn dangling(&mut self, path: String, what: String) {
        if self.reached.dangling.len() == Reach::FOUND_MAX {
            self.reached.dangling_dropped += 1;
        } else {
            self.reached.dangling.push(Problem { path, what });
        }
    }
}

impl Survey {
    fn new(root: &'static TypeDesc, kept: &[String]) -> Self {
        let mut targets = HashSet::new();
        let mut seen = HashSet::new();
        let mut open = vec![root];
        while let Some(ty) = open.pop() {
            if seen.insert(core::ptr::from_ref(ty)) {
                if let Kind::Handle { target } = ty.kind {
                    targets.insert(target.hash());
                }
                open.extend(parts(ty));
            }
        }
        Self { targets, kept: kept.to_vec(), ..Self::default() }
    }

    /// The hash of a name, which takes a walk over its text, once for each place in the executable.
    fn hash_of(&mut self, id: &'static Ident) -> u128 {
        *self.hashes.entry(id).or_insert_with(|| id.hash())
    }

    fn leaked(&self) -> HashSet<*const u8> {
        self.slots.iter().filter(|slot| !slot.reached).map(|slot| slot.value).collect()
    }

    fn dangling(&self) -> HashSet<*const u8> {
        let nowhere = self.handles.iter().filter(|(key, _)| !self.places.contains_key(*key));
        nowhere.flat_map(|(_, handles)| handles).copied().collect()
    }

    fn leads(&mut self, ty: &'static TypeDesc) -> bool {
        if let Some(known) = self.leads.get(&core::ptr::from_ref(ty)) {
            return *known;
        }
        let leads = match ty.kind {
            Kind::Handle { .. } => true,
            Kind::Container { role, .. } if has_places(role) || is_of_heap(role) => true,
            _ => parts(ty).into_iter().any(|part| self.leads(part)),
        };
        self.leads.insert(ty, leads);
        leads
    }

    /// What handles to the elements of a container say.
    fn places_of(&mut self, role: Role, fields: &'static [FieldDesc], path: &str) -> Option<Places> {
        if !has_places(role) {
            return None;
        }
        let entry = fields.iter().find_map(|field| match field.ty.kind {
            Kind::Array { elem, .. } => match elem.kind {
                Kind::Struct { fields } => fields.iter().find(|f| f.name == "value"),
                _ => None,
            },
            _ => None,
        })?;
        let (pool, target) = (role == Role::Pool, self.hash_of(entry.ty.id));
        let strict = pool && self.targets.contains(&target) && !self.kept.iter().any(|kept| kept == path);
        Some(Places { target, value_offset: entry.offset as usize, strict, pool })
    }

    fn reach(&mut self, key: &Key) {
        for slot in self.places.get(key).into_iter().flatten() {
            if !core::mem::replace(&mut self.slots[*slot].reached, true) {
                self.todo.push(*slot);
            }
        }
    }

    /// Notes an element with a stable place. Whether it is reachable, as far as is known.
    fn place(&mut self, key: Key, places: Places, value: *const u8, ty: &'static TypeDesc) -> bool {
        self.slots_met += u64::from(places.pool);
        let known = self.places.entry(key).or_default();
        if !places.strict || self.orphans {
            return true;
        }
        known.push(self.slots.len());
        self.slots.push(Slot { value, ty, reached: false });
        if self.handles.contains_key(&key) {
            self.reach(&key);
        }
        false
    }
}

fn has_places(role: Role) -> bool {
    matches!(role, Role::Pool | Role::List | Role::Timers)
}

fn is_of_heap(role: Role) -> bool {
    matches!(role, Role::Heap | Role::HeapVec | Role::HeapString | Role::HeapSlice)
}

fn parts(ty: &TypeDesc) -> Vec<&'static TypeDesc> {
    let of = |fields: &'static [FieldDesc]| fields.iter().map(|field| field.ty);
    match ty.kind {
        Kind::Scalar { .. } | Kind::Handle { .. } => Vec::new(),
        Kind::Array { elem, .. } => vec![elem],
        Kind::Struct { fields } | Kind::Container { fields, .. } => of(fields).collect(),
        Kind::Enum { variants, .. } => variants.iter().flat_map(|v| of(v.fields)).collect(),
    }
}

fn readable(id: &Ident) -> String {
    names::readable(&id.to_string())
}

impl Checker {
    /// Walks from the root to everything there is.
    ///
    /// # Safety
    /// As [`Reach::bytes`].
    unsafe fn reach_all(&mut self, ty: &'static TypeDesc, at: *const u8) {
        // SAFETY: forwarded.
        unsafe { self.reach_part(ty, at) };
        // SAFETY: forwarded.
        unsafe { self.reach_rest() };
        let left: Vec<_> = self
            .survey
            .iter_mut()
            .flat_map(|survey| {
                survey.orphans = true;
                survey
                    .slots
                    .iter()
                    .filter(|slot| !slot.reached)
                    .map(|slot| (slot.ty, slot.value))
                    .collect::<Vec<_>>()
            })
            .collect();
        for (ty, value) in left {
            // SAFETY: the value of an occupied slot, within the bytes.
            unsafe { self.reach_part(ty, value) };
        }
        // SAFETY: forwarded.
        unsafe { self.reach_rest() };
        while let Some((waiting, found)) = self.census.next() {
            let outer = core::mem::replace(&mut self.path, waiting.path.clone());
            if let Err(broken) = found {
                self.reach_broken(waiting.tell(&broken));
            }
            self.path = outer;
        }
    }

    /// Follows what was noted: slots that handles lead to, and blocks that owners have.
    ///
    /// # Safety
    /// As [`Reach::bytes`].
    unsafe fn reach_rest(&mut self) {
        loop {
            if let Some((ty, value)) = self.survey.as_mut().and_then(|survey| {
                let slot = &survey.slots[survey.todo.pop()?];
                Some((slot.ty, slot.value))
            }) {
                // SAFETY: the value of an occupied slot, within the bytes.
                unsafe { self.reach_part(ty, value) };
                continue;
            }
            let Some((waiting, found)) = self.census.next_met() else { return };
            let outer = core::mem::replace(&mut self.path, waiting.path.clone());
            match found {
                Ok((space, block)) => {
                    let first = space.view().payload(block.at);
                    // SAFETY: as many elements as fit the block, which lies within its heap.
                    unsafe { self.array(waiting.owner.element, first, block.len as u64) };
                }
                Err(broken) => self.reach_broken(waiting.tell(&broken)),
            }
            self.path = outer;
        }
    }

    fn reach_broken(&mut self, what: String) {
        let path = self.path_text();
        if let Some(survey) = &mut self.survey {
            survey.broken = true;
            if let Some(naming) = &mut survey.naming {
                naming.dangling(path, what);
            }
        }
    }

    /// # Safety
    /// As [`Reach::bytes`].
    pub(super) unsafe fn reach_part(&mut self, ty: &'static TypeDesc, at: *const u8) {
        if ty.size == 0 || !self.leads(ty) {
            return;
        }
        match ty.kind {
            Kind::Scalar { .. } => {}
            // SAFETY: the elements lie within the array, which the caller vouches for.
            Kind::Array { elem, len } => unsafe { self.array(elem, at, len) },
            // SAFETY: forwarded; the fields lie within the struct.
            Kind::Struct { fields } => unsafe { self.reach_fields((ty, 0), fields, at) },
            Kind::Enum { tag, variants } => {
                // SAFETY: the tag is at offset 0 of the enum, which the caller vouches for.
                let bits = unsafe { read_prim(tag, at) };
                if let Some((i, v)) = find_variant(tag, bits, variants) {
                    self.in_field(v.name, |c| {
                        // SAFETY: forwarded; the variant's fields lie within the enum.
                        unsafe { c.reach_fields((ty, i), v.fields, at) }
                    });
                }
            }
            Kind::Container { role, fields, ops, .. } => {
                let kept = self.survey.as_ref().is_some_and(|survey| !survey.kept.is_empty());
                let path = if kept && has_places(role) { normal(&self.path) } else { String::new() };
                let places = self.survey.as_mut().and_then(|survey| survey.places_of(role, fields, &path));
                let outer = self.survey.as_mut().map(|survey| core::mem::replace(&mut survey.within, places));
                // SAFETY: the ops belong to the container that this descriptor was made for, and the caller
                // vouches for its bytes.
                unsafe { (ops.check)(at, self) };
                if let (Some(survey), Some(outer)) = (&mut self.survey, outer) {
                    survey.within = outer;
                }
            }
            Kind::Handle { target } => {
                // SAFETY: a handle is 8 bytes: the index, then the generation.
                let bits = unsafe { read_prim(Prim::U64, at) } as u64;
                self.reach_handle(target, bits, at);
            }
        }
    }

    /// # Safety
    /// As [`Reach::bytes`], for the owner of `fields`, or of those of its variant.
    unsafe fn reach_fields(
        &mut self,
        (owner, variant): (&TypeDesc, usize),
        fields: &'static [FieldDesc],
        at: *const u8,
    ) {
        for (_, field) in fields.iter().enumerate().filter(|(i, _)| !is_transient(owner, variant, *i)) {
            let at = at.wrapping_add(field.offset as usize);
            // SAFETY: a field lies within its owner, aligned, by the descriptor's own assertions.
            self.in_field(field.name, |c| unsafe { c.reach_part(field.ty, at) });
        }
    }

    fn reach_handle(&mut self, target: &'static Ident, bits: u64, at: *const u8) {
        if bits >> 32 == 0 {
            return;
        }
        let path = || self.path_text();
        let named = self.survey.as_ref().and_then(|survey| survey.naming.as_ref());
        let path = named.is_some_and(|naming| naming.dangling.contains(&at)).then(path);
        let Some(survey) = &mut self.survey else { return };
        if let Some(naming) = &mut survey.naming {
            if let Some(path) = path {
                let (index, generation) = (bits as u32, bits >> 32);
                let what = format!("expected a {} at {index}v{generation}, found none", readable(target));
                naming.dangling(path, what);
            }
            return;
        }
        let key = (survey.hash_of(target), bits);
        survey.handles_met += 1;
        if survey.orphans {
            return;
        }
        let handles = survey.handles.entry(key).or_default();
        handles.push(at);
        if handles.len() == 1 {
            survey.reach(&key);
        }
    }

    /// The elements of a container: notes their places where it has such. Whether it had.
    ///
    /// # Safety
    /// As [`Checker::elements`].
    pub(super) unsafe fn reach_places(
        &mut self,
        ty: &'static TypeDesc,
        elements: &mut dyn Iterator<Item = (u64, *const u8)>,
    ) -> bool {
        let Some(places) = self.survey.as_mut().and_then(|survey| survey.within.take()) else { return false };
        for (index, value) in elements {
            let word = value.wrapping_sub(places.value_offset);
            // SAFETY: slots and nodes start with their word; an element is the value of one.
            let word = unsafe { read_prim(Prim::U64, word) } as u64;
            let key = (places.target, word >> 32 << 32 | index);
            let mut walk = true;
            if let Some(survey) = &mut self.survey {
                walk = survey.place(key, places, value, ty);
            }
            if walk {
                self.in_index(index, |c| {
                    c.name_slot(ty, value);
                    // SAFETY: forwarded.
                    unsafe { c.reach_part(ty, value) };
                });
            }
        }
        true
    }

    fn name_slot(&mut self, ty: &TypeDesc, value: *const u8) {
        let path = || self.path_text();
        let named = self.survey.as_ref().and_then(|survey| survey.naming.as_ref());
        if let Some(path) = named.is_some_and(|naming| naming.leaked.contains(&value)).then(path)
            && let Some(naming) = self.survey.as_mut().and_then(|survey| survey.naming.as_mut())
        {
            naming.leaked(path, format!("expected a handle to this {}, found none", readable(ty.id)));
        }
    }

    fn name_blocks(&mut self) {
        let Some(naming) = self.survey.as_mut().and_then(|survey| survey.naming.as_mut()) else { return };
        for heap in &self.census.heaps {
            let path: String = heap.path.iter().map(ToString::to_string).collect();
            for (at, bytes) in heap.unowned() {
                let what = format!("expected an owner of this block of {bytes} bytes, found none");
                naming.leaked(format!("{path}[granule {at}]"), what);
            }
        }
    }

    /// Whether a type holds something that leads elsewhere, or can be led to.
    pub(super) fn leads(&mut self, ty: &'static TypeDesc) -> bool {
        self.survey.as_mut().is_some_and(|survey| survey.leads(ty))
    }

    /// Whether the running walk gives paths of what it meets.
    pub(super) fn names(&self) -> bool {
        self.survey.as_ref().is_none_or(|survey| survey.naming.is_some())
    }
}

/// A path with `[]` for each index. Not made of its text, in which keys may have brackets of their own.
fn normal(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Field(name) => text.extend([".", name]),
            Step::Index(_) | Step::Entry { .. } => text.push_str("[]"),
        }
    }
    text
}

impl fmt::Display for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.leaked {
            writeln!(f, "leaked    {problem}")?;
        }
        for problem in &self.dangling {
            writeln!(f, "dangling  {problem}")?;
        }
        write!(
            f,
            "slots={} handles={} leaked={} dangling={} ambiguous={}",
            self.slots,
            self.handles,
            self.leaked.len() as u64 + self.leaked_dropped,
            self.dangling.len() as u64 + self.dangling_dropped,
            self.ambiguous
        )
    }
}
