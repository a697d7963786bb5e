//! Operations on the root, each all or nothing.

use resume_core::container::TICK;
use resume_core::event::EventId;
use resume_core::heap::HeapString;
use resume_core::pool::Handle;
use resume_core::{ShmInstant, transaction};

use super::random::Random;
use super::world::{Env, Item, World};

/// What an operation is done to, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Vec(u64),
    Text(u64),
    Map(u64),
    Set(u64),
    Ordered(u64),
    List(u64),
    Ring(u64),
    Bits(u64),
    Versioned(u64),
    Timers(u64),
    Pool(u64),
    Queue(u64),
    Quarantine(u64),
    Bag(u64),
    Letters(u64),
    Gold,
    /// An actor comes, or goes.
    Actor,
    /// Several operations, kept; undone; within one that is undone inside one that is kept; undone by a journal
    /// that is full.
    Commit,
    Abort,
    Nested,
    Overflow,
}

/// An operation with its numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Op {
    pub(crate) kind: Kind,
    pub(crate) a: u64,
    pub(crate) b: u64,
    /// The id of an item that it brings: unique.
    pub(crate) id: u64,
    seed: u64,
}

/// Texts to append: of one to four bytes a character, and empty.
pub(crate) const TEXTS: [&str; 5] = ["", "x", "müde", "€uro", "𐍈"];

/// Items in the bag, and bytes of a text on the heap.
pub(crate) const BAG_MAX: usize = 16;
pub(crate) const SPEECH_MAX: usize = 120;

impl Op {
    /// The operation of a number.
    pub(crate) fn at(seed: u64, number: u64) -> Self {
        let mut random = Random::at(seed, number);
        let pick = random.below(100);
        let mut op = Self::simple(&mut random, number * 16);
        op.kind = match pick {
            0..=2 => Kind::Gold,
            3..=6 => Kind::Actor,
            7..=11 => Kind::Commit,
            12..=14 => Kind::Abort,
            15 | 16 => Kind::Nested,
            17 => Kind::Overflow,
            _ => op.kind,
        };
        op
    }

    fn simple(random: &mut Random, id: u64) -> Self {
        // What empties is rarer than what fills.
        let which = if random.one_in(12) { 8 + random.below(4) } else { random.below(8) };
        let kind = match random.below(15) {
            0 => Kind::Vec(which),
            1 => Kind::Text(which),
            2 => Kind::Map(which),
            3 => Kind::Set(which),
            4 => Kind::Ordered(which),
            5 => Kind::List(which),
            6 => Kind::Ring(which),
            7 => Kind::Bits(which),
            8 => Kind::Versioned(which),
            9 => Kind::Timers(which),
            10 => Kind::Pool(which),
            11 => Kind::Queue(which),
            12 => Kind::Quarantine(which),
            13 => Kind::Bag(which),
            _ => Kind::Letters(which),
        };
        Self { kind, a: random.next() >> 8, b: random.next() >> 8, id, seed: random.next() }
    }

    /// The operations of a transaction. An event is never started in one.
    pub(crate) fn parts(&self) -> Vec<Op> {
        let mut random = Random::new(self.seed);
        let parts = 2 + random.below(5);
        (1..=parts)
            .map(|i| Self::simple(&mut random, self.id + i))
            .filter(|op| !matches!(op.kind, Kind::Queue(2..=4)))
            .collect()
    }

    pub(crate) fn item(&self) -> Item {
        Item::new(self.id)
    }

    /// A position below `len`, or 0.
    pub(crate) fn place(&self, len: usize) -> usize {
        (self.a % len.max(1) as u64) as usize
    }

    pub(crate) fn text(&self) -> &'static str {
        TEXTS[self.b as usize % TEXTS.len()]
    }

    /// The middle of a tick.
    pub(crate) fn instant(tick: u64) -> ShmInstant {
        ShmInstant::from_nanos(TICK.as_nanos() * (tick % 40) + 5)
    }

    /// Does it. What finds no room, or nothing to take, changes nothing.
    pub(crate) fn apply(&self, world: &mut World, env: &mut Env) {
        match self.kind {
            Kind::Gold => self.transfer(world),
            Kind::Actor => self.come_or_go(world),
            Kind::Commit | Kind::Abort | Kind::Nested | Kind::Overflow => self.transact(world, env),
            Kind::Queue(which) => self.queue(which, world, env),
            _ => self.apply_simple(world),
        }
    }

    fn apply_simple(&self, world: &mut World) {
        match self.kind {
            Kind::Vec(which) => self.vec(which, world),
            Kind::Text(which) => self.text_of(which, world),
            Kind::Map(which) => self.map(which, world),
            Kind::Set(which) => self.set(which, world),
            Kind::Ordered(which) => self.ordered(which, world),
            Kind::List(which) => self.list(which, world),
            Kind::Ring(which) => self.ring(which, world),
            Kind::Bits(which) => self.bits(which, world),
            Kind::Versioned(which) => self.versioned(which, world),
            Kind::Timers(which) => self.timers(which, world),
            Kind::Pool(which) => self.pool(which, world),
            Kind::Quarantine(which) => self.quarantine(which, world),
            Kind::Bag(which) => self.bag(which, world),
            Kind::Letters(which) => self.letters(which, world),
            _ => {}
        }
    }

    fn vec(&self, which: u64, World { vec, numbers, .. }: &mut World) {
        let (len, item) = (vec.len(), self.item());
        match which {
            0 | 1 => _ = vec.push(item),
            2 => _ = vec.insert(self.place(len + 1), item),
            3 => _ = vec.remove(self.place(len)),
            4 => _ = vec.swap_remove(self.place(len)),
            5 => _ = vec.set(self.place(len), item),
            6 => _ = vec.extend_from_slice(&[item; 2]),
            7 if numbers.is_full() => _ = numbers.set(self.place(8), self.id),
            7 => _ = numbers.push(self.id),
            8 => _ = vec.pop(),
            9 => vec.truncate(self.place(len)),
            10 => _ = vec.retain(|item| item.id % 3 != self.b % 3),
            _ => vec.clear(),
        }
    }

    fn text_of(&self, which: u64, World { text, names, .. }: &mut World) {
        match which {
            0..=3 => _ = text.push_str(self.text()),
            4 => _ = text.pop(),
            5 => _ = text.assign(&self.text().repeat(self.a as usize % 5)),
            6 => _ = self.text().parse().map(|name| names.push(name)),
            7 => _ = names.get_mut(self.place(6)).map(|name| name.push_str(self.text())),
            8 => text.truncate(self.a as usize % 40),
            9 => _ = names.pop(),
            10 => _ = names.remove(self.place(6)),
            _ => text.clear(),
        }
    }

    fn map(&self, which: u64, World { map, .. }: &mut World) {
        let key = self.a % 48;
        match which {
            0..=4 => _ = map.insert(key, self.item()),
            5..=8 => _ = map.remove(&key),
            9 => map.clean_up(),
            10 => _ = map.retain(|key, _| key % 3 != self.b % 3),
            _ => map.clear(),
        }
    }

    fn set(&self, which: u64, World { set, .. }: &mut World) {
        let key = self.a as u32 % 48;
        match which {
            0..=4 => _ = set.insert(key),
            5..=8 => _ = set.remove(&key),
            9 => set.clean_up(),
            10 => _ = set.retain(|key| u64::from(key % 3) != self.b % 3),
            _ => set.clear(),
        }
    }

    fn ordered(&self, which: u64, World { ordered, .. }: &mut World) {
        let key = self.a as u32 % 48;
        match which {
            0..=4 => _ = ordered.insert(key, self.item()),
            5..=7 => _ = ordered.remove(&key),
            8 | 9 => _ = ordered.pop_first(),
            10 => _ = ordered.pop_last(),
            _ => ordered.clear(),
        }
    }

    fn list(&self, which: u64, World { list, .. }: &mut World) {
        let at = self.place(list.entries().count());
        let handle = list.entries().nth(at).map_or(Handle::NULL, |(handle, _)| handle);
        let item = self.item();
        match which {
            0 | 1 => _ = list.push_back(item),
            2 => _ = list.push_front(item),
            3 => _ = list.insert_after(handle, item),
            4 => _ = list.insert_before(handle, item),
            5 | 6 => _ = list.remove(handle),
            7 => _ = list.set(handle, item),
            8 | 9 => _ = list.pop_front(),
            10 => _ = list.pop_back(),
            _ => list.clear(),
        }
    }

    fn ring(&self, which: u64, World { ring, .. }: &mut World) {
        let (len, item) = (ring.len(), self.item());
        match which {
            0 | 1 => _ = ring.push_back(item),
            2 => _ = ring.push_front(item),
            3 => _ = ring.push_back_evicting(item),
            4 => _ = ring.set(self.place(len), item),
            5 => _ = ring.pop_front(),
            6..=8 => _ = ring.pop_back(),
            9 | 10 => ring.truncate(self.place(len)),
            _ => ring.clear(),
        }
    }

    fn bits(&self, which: u64, World { bits, .. }: &mut World) {
        let number = self.place(200);
        match which {
            0..=3 => _ = bits.insert(number),
            4 | 5 => _ = bits.remove(number),
            6 | 7 => _ = bits.toggle(number),
            8..=10 => {
                let mut other = resume_core::container::BitSet::new();
                (0..4).for_each(|i| _ = other.insert(number + i));
                _ = if which == 8 { bits.union_with(&other) } else { bits.difference_with(&other) };
            }
            _ => bits.clear(),
        }
    }

    fn versioned(&self, which: u64, World { versioned, .. }: &mut World) {
        match which {
            0..=3 => versioned.set(self.item()),
            4..=8 => _ = versioned.update(|_| self.item()),
            _ => _ = versioned.clear(),
        }
    }

    fn timers(&self, which: u64, World { timers, .. }: &mut World) {
        let mut handles: Vec<_> = timers.iter().map(|(handle, _, item)| (item.id, handle)).collect();
        handles.sort_unstable();
        let handle = handles.get(self.place(handles.len())).map_or(Handle::NULL, |(_, handle)| *handle);
        let instant = Self::instant(self.b);
        match which {
            0..=3 => _ = timers.schedule(instant, self.item()),
            4 | 5 => _ = timers.cancel(handle),
            6 | 7 => _ = timers.reschedule(handle, instant),
            // Which of several comes first is not promised.
            8..=10 if timers.iter().filter(|(_, at, _)| *at <= instant).count() > 1 => {
                _ = timers.find_due(instant);
            }
            8..=10 => _ = timers.pop_due(instant),
            _ => timers.clear(),
        }
    }

    fn pool(&self, which: u64, World { pool, .. }: &mut World) {
        let mut handles: Vec<_> = pool.iter().map(|(handle, item)| (item.id, handle)).collect();
        handles.sort_unstable();
        let handle = handles.get(self.place(handles.len())).map_or(Handle::NULL, |(_, handle)| *handle);
        match which {
            0..=2 => _ = pool.insert(self.item()),
            3 => _ = pool.reserve().map(|slot| slot.commit(self.item())),
            4 => _ = pool.reserve(),
            5..=10 => _ = pool.remove(handle),
            _ => pool.clear(),
        }
    }

    fn queue(&self, which: u64, World { queue, .. }: &mut World, env: &mut Env) {
        match which {
            0 | 1 => _ = queue.push(self.item()),
            2 | 3 if queue.in_flight().is_none() => env.started = queue.begin(),
            2..=4 => match env.started.take() {
                Some(started) => queue.finish(started),
                None => _ = queue.clear_in_flight(),
            },
            5 | 6 => _ = queue.push(self.item()),
            _ => _ = queue.skip(),
        }
    }

    fn quarantine(&self, which: u64, World { quarantine, .. }: &mut World) {
        let id = EventId(self.a % 10);
        match which {
            0..=4 => _ = quarantine.add(id, self.item(), Self::instant(self.b)),
            _ => _ = quarantine.release(id),
        }
    }

    fn bag(&self, which: u64, World { heap, bag, .. }: &mut World) {
        let (len, item) = (bag.len(heap), self.item());
        let room = len < BAG_MAX;
        match which {
            0 | 1 if room => _ = bag.push(heap, item),
            2 if room => _ = bag.insert(heap, self.place(len + 1), item),
            3 => _ = bag.remove(heap, self.place(len)),
            4 => _ = bag.swap_remove(heap, self.place(len)),
            5 | 6 => _ = bag.set(heap, self.place(len), item),
            7 => bag.shrink_to_fit(heap),
            8 => _ = bag.pop(heap),
            9 => bag.truncate(heap, self.place(len)),
            10 => _ = bag.retain(heap, |item| item.id % 3 != self.b % 3),
            11 => _ = bag.free(heap),
            _ => {}
        }
    }

    /// A speech that grows, and letters that come and go. A death between what a block is taken for and where it
    /// is put, or after it was taken out, leaks it until the attach.
    fn letters(&self, which: u64, World { heap, speech, letters, .. }: &mut World) {
        let (more, key) = (self.text(), self.a % 20);
        match which {
            0 | 1 if speech.len(heap) + more.len() <= SPEECH_MAX => _ = speech.push_str(heap, more),
            2 => _ = speech.assign(heap, &more.repeat(self.a as usize % 9)),
            3..=5 if !letters.contains_key(&key) && letters.len() < 14 => {
                if let Ok(letter) = HeapString::from_str(heap, &more.repeat(self.a as usize % 14)) {
                    let _ = letters.insert(key, letter);
                }
            }
            6 | 7 => {
                if let Some(mut letter) = letters.remove(&key) {
                    let _ = letter.free(heap);
                }
            }
            8 => _ = speech.pop(heap),
            9 => speech.truncate(heap, self.a as usize % SPEECH_MAX),
            10 => {
                if let Some(letter) = letters.get_mut(&key)
                    && letter.len(heap) + more.len() <= SPEECH_MAX
                {
                    let _ = letter.push_str(heap, more);
                }
            }
            11 => _ = speech.free(heap),
            _ => {}
        }
    }

    fn transfer(&self, world: &mut World) {
        let (from, to, sum) = (self.a as usize % 4, self.b as usize % 4, self.id % 90);
        let _ = transaction(world, |world, tx| {
            tx.update(&mut world.gold[from], |gold| gold.wrapping_sub(sum));
            tx.update(&mut world.gold[to], |gold| gold.wrapping_add(sum));
            Ok::<_, ()>(())
        });
    }

    /// Brings an actor while there is room; else, and for every third, takes the one with the lowest id.
    fn come_or_go(&self, world: &mut World) {
        let _ = transaction(world, |world, _| {
            if !self.a.is_multiple_of(3)
                && let Ok(handle) = world.actors.insert(self.item())
            {
                return world.index.insert(self.id, handle).map(drop).map_err(drop);
            }
            let first = world.actors.iter().map(|(handle, item)| (item.id, handle)).min().ok_or(())?;
            let handle = world.index.remove(&first.0).ok_or(())?;
            world.actors.remove(handle).map(drop).ok_or(())
        });
    }

    fn transact(&self, world: &mut World, env: &mut Env) {
        let parts = self.parts();
        // Which of them fail is known: see `Model::apply`.
        let _ = transaction(world, |world, tx| {
            for (at, part) in parts.iter().enumerate() {
                let inner = |world: &mut World, env: &mut Env| part.apply(world, env);
                if self.kind == Kind::Nested && at % 2 == 1 {
                    let _ = transaction(world, |world, _| {
                        inner(world, env);
                        Err::<(), _>(())
                    });
                } else {
                    inner(world, env);
                }
            }
            if self.kind == Kind::Overflow {
                tx.edit(&mut world.ballast)[0] += 1;
            }
            if self.kind == Kind::Abort { Err(()) } else { Ok(()) }
        });
    }
}
