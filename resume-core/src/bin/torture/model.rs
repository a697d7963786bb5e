//! The root's contents in std collections, and what operations make of them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::op::{BAG_MAX, Kind, Op, SPEECH_MAX};
use super::world::{Item, World};

/// The contents; items by their ids.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Model {
    gold: Vec<u64>,
    vec: Vec<u64>,
    numbers: Vec<u64>,
    text: String,
    names: Vec<String>,
    map: BTreeMap<u64, u64>,
    set: BTreeSet<u32>,
    ordered: BTreeMap<u32, u64>,
    list: Vec<u64>,
    ring: VecDeque<u64>,
    bits: BTreeSet<usize>,
    versioned: Option<u64>,
    /// Deadlines by item.
    timers: BTreeMap<u64, u64>,
    pool: BTreeSet<u64>,
    actors: BTreeSet<u64>,
    queue: VecDeque<u64>,
    in_flight: Option<u64>,
    /// Item and crashes by event.
    quarantine: BTreeMap<u64, (u64, u64)>,
    bag: Vec<u64>,
    speech: String,
    letters: BTreeMap<u64, String>,
}

fn expect(holds: bool, what: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what.to_owned()) }
}

fn ids<'i>(items: impl Iterator<Item = &'i Item>) -> Result<Vec<u64>, String> {
    items.map(Item::check).collect()
}

impl Model {
    /// What a start makes.
    pub(crate) fn new() -> Self {
        Self { gold: vec![1000; 4], ..Self::default() }
    }

    /// The contents of a root. An item that is not whole and a count that is wrong are errors.
    pub(crate) fn of(w: &World) -> Result<Self, String> {
        let model = Self {
            gold: w.gold.to_vec(),
            vec: ids(w.vec.iter())?,
            numbers: w.numbers.to_vec(),
            text: w.text.as_str().to_owned(),
            names: w.names.iter().map(|name| name.as_str().to_owned()).collect(),
            map: w.map.iter().map(|(key, item)| Ok((*key, item.check()?))).collect::<Result<_, String>>()?,
            set: w.set.iter().copied().collect(),
            ordered: w
                .ordered
                .iter()
                .map(|(key, item)| Ok((*key, item.check()?)))
                .collect::<Result<_, String>>()?,
            list: ids(w.list.iter())?,
            ring: ids(w.ring.iter())?.into(),
            bits: w.bits.iter().collect(),
            versioned: w.versioned.get().map(Item::check).transpose()?,
            timers: w
                .timers
                .iter()
                .map(|(_, at, item)| Ok((item.check()?, at.as_nanos())))
                .collect::<Result<_, String>>()?,
            pool: ids(w.pool.iter().map(|(_, item)| item))?.into_iter().collect(),
            actors: ids(w.actors.iter().map(|(_, item)| item))?.into_iter().collect(),
            queue: ids(w.queue.iter().map(|(_, item)| item))?.into(),
            in_flight: w.queue.in_flight().map(|(_, item)| item.check()).transpose()?,
            quarantine: w
                .quarantine
                .iter()
                .map(|entry| Ok((entry.id.0, (entry.event.check()?, entry.crashes))))
                .collect::<Result<_, String>>()?,
            bag: ids(w.bag.iter(&w.heap))?,
            speech: w.speech.as_str(&w.heap).to_owned(),
            letters: w.letters.iter().map(|(key, text)| (*key, text.as_str(&w.heap).to_owned())).collect(),
        };
        model.check_derived(w)?;
        Ok(model)
    }

    /// Counts, back links, look-ups and handles against what is there.
    fn check_derived(&self, w: &World) -> Result<(), String> {
        let counts = [
            ("map", w.map.len(), self.map.len(), w.map.iter().count()),
            ("set", w.set.len(), self.set.len(), w.set.iter().count()),
            ("ordered", w.ordered.len(), self.ordered.len(), w.ordered.iter().count()),
            ("list", w.list.len(), self.list.len(), self.list.len()),
            ("timers", w.timers.len(), self.timers.len(), w.timers.iter().count()),
            ("pool", w.pool.len(), self.pool.len(), w.pool.iter().count()),
            ("actors", w.actors.len(), self.actors.len(), w.index.len()),
            ("queue", w.queue.len(), self.queue.len(), self.queue.len()),
            ("quarantine", w.quarantine.len(), self.quarantine.len(), self.quarantine.len()),
            ("letters", w.letters.len(), self.letters.len(), w.letters.iter().count()),
        ];
        for (name, len, distinct, iterated) in counts {
            expect(len == distinct && len == iterated, &format!("{name}: {len}, {distinct}, {iterated}"))?;
        }
        expect(w.map.keys().all(|key| w.map.contains_key(key)), "a key of the map is not found")?;
        expect(w.set.iter().all(|key| w.set.contains(key)), "a value of the set is not found")?;
        expect(w.ordered.keys().all(|key| w.ordered.contains_key(key)), "an ordered key is not found")?;
        expect(w.ordered.keys().is_sorted(), "the ordered map is not in order")?;
        let mut backward = ids(w.list.entries().rev().map(|(_, item)| item))?;
        backward.reverse();
        expect(backward == self.list, "the list is another one from its end")?;
        let ordered: Vec<_> = w.ordered.keys().rev().copied().collect();
        expect(ordered.iter().rev().eq(self.ordered.keys()), "the ordered map is another one from its end")?;
        for (id, handle) in &w.index {
            expect(w.actors.get(*handle).is_some_and(|item| item.id == *id), "an actor is lost")?;
        }
        let letters = w.letters.values().filter(|letter| letter.is_allocated()).count();
        let owners = letters + usize::from(w.bag.is_allocated()) + usize::from(w.speech.is_allocated());
        let blocks = w.heap.blocks();
        expect(blocks == owners, &format!("{blocks} blocks on the heap, {owners} of them owned"))?;
        expect(self.gold.iter().fold(0, |sum: u64, gold| sum.wrapping_add(*gold)) == 4000, "gold is lost")?;
        expect(w.ballast.iter().all(|word| *word == 0), "a transaction that failed left something")
    }

    /// Does what [`Op::apply`] does.
    pub(crate) fn apply(&mut self, op: &Op) {
        match op.kind {
            Kind::Vec(which) => self.vec(which, op),
            Kind::Text(which) => self.text(which, op),
            Kind::Map(which) => self.map(which, op),
            Kind::Set(which) => self.set(which, op),
            Kind::Ordered(which) => self.ordered(which, op),
            Kind::List(which) => self.list(which, op),
            Kind::Ring(which) => self.ring(which, op),
            Kind::Bits(which) => self.bits(which, op),
            Kind::Versioned(which) => self.versioned(which, op),
            Kind::Timers(which) => self.timers(which, op),
            Kind::Pool(which) => self.pool(which, op),
            Kind::Queue(which) => self.queue(which, op),
            Kind::Quarantine(which) => self.quarantine(which, op),
            Kind::Bag(which) => self.bag(which, op),
            Kind::Letters(which) => self.letters(which, op),
            Kind::Gold => {
                let (from, to, sum) = (op.a as usize % 4, op.b as usize % 4, op.id % 90);
                self.gold[from] = self.gold[from].wrapping_sub(sum);
                self.gold[to] = self.gold[to].wrapping_add(sum);
            }
            Kind::Actor => {
                if !op.a.is_multiple_of(3) && self.actors.len() < 12 {
                    self.actors.insert(op.id);
                } else {
                    self.actors.pop_first();
                }
            }
            Kind::Commit => op.parts().iter().for_each(|part| self.apply(part)),
            Kind::Nested => op.parts().iter().step_by(2).for_each(|part| self.apply(part)),
            Kind::Abort | Kind::Overflow => {}
        }
    }

    fn vec(&mut self, which: u64, op: &Op) {
        let (vec, id) = (&mut self.vec, op.id);
        let (len, at) = (vec.len(), op.place(vec.len()));
        let (room, there) = (len < 20, at < len);
        match which {
            0 | 1 if room => vec.push(id),
            2 if room => vec.insert(op.place(len + 1), id),
            3 if there => _ = vec.remove(at),
            4 if there => _ = vec.swap_remove(at),
            5 if there => vec[at] = id,
            6 if len + 2 <= 20 => vec.extend([id; 2]),
            7 if self.numbers.len() == 8 => self.numbers[op.place(8)] = id,
            7 => self.numbers.push(id),
            8 => _ = vec.pop(),
            9 => vec.truncate(at),
            10 => vec.retain(|id| id % 3 != op.b % 3),
            11 => vec.clear(),
            _ => {}
        }
    }

    fn text(&mut self, which: u64, op: &Op) {
        let (text, names, more) = (&mut self.text, &mut self.names, op.text());
        let at = op.place(6);
        match which {
            0..=3 if text.len() + more.len() <= 40 => text.push_str(more),
            4 => _ = text.pop(),
            5 => {
                let all = more.repeat(op.a as usize % 5);
                if all.len() <= 40 {
                    *text = all;
                }
            }
            6 if names.len() < 6 => names.push(more.to_owned()),
            7 => {
                if let Some(name) = names.get_mut(at).filter(|name| name.len() + more.len() <= 12) {
                    name.push_str(more);
                }
            }
            8 => text.truncate(text.floor_char_boundary(op.a as usize % 40)),
            9 => _ = names.pop(),
            10 if at < names.len() => _ = names.remove(at),
            11 => text.clear(),
            _ => {}
        }
    }

    fn map(&mut self, which: u64, op: &Op) {
        let (map, key) = (&mut self.map, op.a % 48);
        match which {
            0..=4 if map.len() < 28 || map.contains_key(&key) => _ = map.insert(key, op.id),
            5..=8 => _ = map.remove(&key),
            10 => map.retain(|key, _| key % 3 != op.b % 3),
            11 => map.clear(),
            _ => {}
        }
    }

    fn set(&mut self, which: u64, op: &Op) {
        let (set, key) = (&mut self.set, op.a as u32 % 48);
        match which {
            0..=4 if set.len() < 28 => _ = set.insert(key),
            5..=8 => _ = set.remove(&key),
            10 => set.retain(|key| u64::from(key % 3) != op.b % 3),
            11 => set.clear(),
            _ => {}
        }
    }

    fn ordered(&mut self, which: u64, op: &Op) {
        let (map, key) = (&mut self.ordered, op.a as u32 % 48);
        match which {
            0..=4 if map.len() < 24 || map.contains_key(&key) => _ = map.insert(key, op.id),
            5..=7 => _ = map.remove(&key),
            8 | 9 => _ = map.pop_first(),
            10 => _ = map.pop_last(),
            11 => map.clear(),
            _ => {}
        }
    }

    fn list(&mut self, which: u64, op: &Op) {
        let (list, id) = (&mut self.list, op.id);
        let (len, at) = (list.len(), op.place(list.len()));
        let (room, there) = (len < 16, at < len);
        match which {
            0 | 1 if room => list.push(id),
            2 if room => list.insert(0, id),
            3 if room && there => list.insert(at + 1, id),
            4 if room && there => list.insert(at, id),
            5 | 6 if there => _ = list.remove(at),
            7 if there => list[at] = id,
            8 | 9 if there => _ = list.remove(0),
            10 => _ = list.pop(),
            11 => list.clear(),
            _ => {}
        }
    }

    fn ring(&mut self, which: u64, op: &Op) {
        let (ring, id) = (&mut self.ring, op.id);
        let (len, at) = (ring.len(), op.place(ring.len()));
        match which {
            0 | 1 if len < 10 => ring.push_back(id),
            2 if len < 10 => ring.push_front(id),
            3 => {
                if len == 10 {
                    ring.pop_front();
                }
                ring.push_back(id);
            }
            4 if at < len => ring[at] = id,
            5 => _ = ring.pop_front(),
            6..=8 => _ = ring.pop_back(),
            9 | 10 => ring.truncate(at),
            11 => ring.clear(),
            _ => {}
        }
    }

    fn bits(&mut self, which: u64, op: &Op) {
        let (bits, number) = (&mut self.bits, op.place(200));
        let inside = number < 192;
        match which {
            0..=3 if inside => _ = bits.insert(number),
            4 | 5 => _ = bits.remove(&number),
            6 | 7 if inside && !bits.remove(&number) => _ = bits.insert(number),
            8 => bits.extend((number..number + 4).filter(|number| *number < 192)),
            9 | 10 => bits.retain(|other| !(number..number + 4).contains(other)),
            11 => bits.clear(),
            _ => {}
        }
    }

    fn versioned(&mut self, which: u64, op: &Op) {
        match which {
            0..=3 => self.versioned = Some(op.id),
            4..=8 => self.versioned = self.versioned.map(|_| op.id),
            _ => self.versioned = None,
        }
    }

    fn timers(&mut self, which: u64, op: &Op) {
        let (timers, at) = (&mut self.timers, Op::instant(op.b).as_nanos());
        let picked = timers.keys().nth(op.place(timers.len())).copied();
        match which {
            0..=3 if timers.len() < 12 => _ = timers.insert(op.id, at),
            4 | 5 => _ = picked.map(|id| timers.remove(&id)),
            6 | 7 => _ = picked.map(|id| timers.insert(id, at)),
            8..=10 => {
                let due: Vec<u64> = timers.iter().filter(|(_, due)| **due <= at).map(|(id, _)| *id).collect();
                if let [one] = due[..] {
                    timers.remove(&one);
                }
            }
            11 => timers.clear(),
            _ => {}
        }
    }

    fn pool(&mut self, which: u64, op: &Op) {
        let pool = &mut self.pool;
        let picked = pool.iter().nth(op.place(pool.len())).copied();
        match which {
            0..=3 if pool.len() < 16 => _ = pool.insert(op.id),
            5..=10 => _ = picked.map(|id| pool.remove(&id)),
            11 => pool.clear(),
            _ => {}
        }
    }

    fn queue(&mut self, which: u64, op: &Op) {
        let room = self.queue.len() + usize::from(self.in_flight.is_some()) < 8;
        match which {
            0 | 1 | 5 | 6 if room => self.queue.push_back(op.id),
            0 | 1 | 5 | 6 => {}
            2 | 3 if self.in_flight.is_none() => self.in_flight = self.queue.pop_front(),
            2..=4 => self.in_flight = None,
            _ if self.in_flight.is_none() => _ = self.queue.pop_front(),
            _ => {}
        }
    }

    fn quarantine(&mut self, which: u64, op: &Op) {
        let (entries, event) = (&mut self.quarantine, op.a % 10);
        match which {
            0..=4 if entries.contains_key(&event) => {
                entries.entry(event).and_modify(|(_, crashes)| *crashes += 1);
            }
            0..=4 if entries.len() < 6 => _ = entries.insert(event, (op.id, 1)),
            0..=4 => {}
            _ => _ = entries.remove(&event),
        }
    }

    fn bag(&mut self, which: u64, op: &Op) {
        let (bag, id) = (&mut self.bag, op.id);
        let (len, at) = (bag.len(), op.place(bag.len()));
        let (room, there) = (len < BAG_MAX, at < len);
        match which {
            0 | 1 if room => bag.push(id),
            2 if room => bag.insert(op.place(len + 1), id),
            3 if there => _ = bag.remove(at),
            4 if there => _ = bag.swap_remove(at),
            5 | 6 if there => bag[at] = id,
            8 => _ = bag.pop(),
            9 => bag.truncate(at),
            10 => bag.retain(|id| id % 3 != op.b % 3),
            11 => bag.clear(),
            _ => {}
        }
    }

    fn letters(&mut self, which: u64, op: &Op) {
        let (speech, letters, more, key) = (&mut self.speech, &mut self.letters, op.text(), op.a % 20);
        match which {
            0 | 1 if speech.len() + more.len() <= SPEECH_MAX => speech.push_str(more),
            2 => *speech = more.repeat(op.a as usize % 9),
            3..=5 if letters.len() < 14 => {
                letters.entry(key).or_insert_with(|| more.repeat(op.a as usize % 14));
            }
            6 | 7 => _ = letters.remove(&key),
            8 => _ = speech.pop(),
            9 => speech.truncate(speech.floor_char_boundary(op.a as usize % SPEECH_MAX)),
            10 => {
                if let Some(letter) =
                    letters.get_mut(&key).filter(|letter| letter.len() + more.len() <= SPEECH_MAX)
                {
                    letter.push_str(more);
                }
            }
            11 => speech.clear(),
            _ => {}
        }
    }
}
