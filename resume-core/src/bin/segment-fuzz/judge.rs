//! Opens a damaged segment, and uses what it gets.
//!
//! The oracle for references is the checker of an attach: the bytes behind each one that the safe API gives out
//! must pass it. Values that are borrowed exclusively together must be at different addresses.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;

use resume_core::check::Checker;
use resume_core::container::TICK;
use resume_core::pool::Handle;
use resume_core::root::{Live, OpenError};
use resume_core::segment::Memfd;
use resume_core::{Options, ShmInstant, ShmSafe};

use crate::torture::{Env, Item, Op, Random, World, memfd};

/// How a case ended.
#[derive(Debug)]
pub(crate) enum Verdict {
    Refused(OpenError),
    Attached,
}

/// Operations on each segment that was attached.
const OPS: u64 = 24;

/// More steps than any container of the root has places.
const STEPS_MAX: usize = 1000;

fn open(bytes: &[u8]) -> Result<Result<Live<World>, OpenError>, String> {
    let options = Options::memfd(Memfd::from_fd(memfd("segment-fuzz", bytes)?));
    Ok(options.attach::<World>(&mut Env::default()).map(|opened| opened.live))
}

/// Attaches, reads, changes, reads, stops; now and then empties all and attaches once more.
pub(crate) fn judge(bytes: &[u8], random: &mut Random, plant: bool) -> Result<Verdict, String> {
    let fd = memfd("segment-fuzz", bytes)?;
    let again = fd.try_clone().map_err(|e| format!("dup: {e}"))?;
    let mut live = match Options::memfd(Memfd::from_fd(fd)).attach::<World>(&mut Env::default()) {
        Ok(opened) => opened.live,
        Err(error) => {
            if error.to_string().is_empty() {
                return Err("a refusal without a word".to_owned());
            }
            return Ok(Verdict::Refused(error));
        }
    };
    if plant {
        damage_live(&again, random)?;
    }
    use_it(&mut live, random)?;
    live.stop();
    if random.one_in(4) {
        // Damage that reached data which nobody checked may be found now; more must not come of it.
        if let Ok(mut opened) = Options::memfd(Memfd::from_fd(again)).attach::<World>(&mut Env::default()) {
            use_it(&mut opened.live, random)?;
        }
    }
    Ok(Verdict::Attached)
}

/// What no attach has seen: bytes of the root that are in use become others.
fn damage_live(fd: &OwnedFd, random: &mut Random) -> Result<(), String> {
    let file = File::from(fd.try_clone().map_err(|e| format!("dup: {e}"))?);
    let bytes = file.metadata().map_err(|e| format!("fstat: {e}"))?.len() as usize;
    let mut all = vec![0; bytes];
    file.read_exact_at(&mut all, 0).map_err(|e| format!("reading a memfd: {e}"))?;
    let root = u64::from_le_bytes(all[72..80].try_into().unwrap_or_default()) as usize;
    let in_use: Vec<usize> = (root..bytes).filter(|at| all[*at] != 0).collect();
    for _ in 0..in_use.len() / 8 {
        let at = in_use[random.below(in_use.len() as u64) as usize];
        file.write_all_at(&[random.next() as u8], at as u64).map_err(|e| format!("writing: {e}"))?;
    }
    Ok(())
}

fn use_it(live: &mut Live<World>, random: &mut Random) -> Result<(), String> {
    let mut env = Env::default();
    let seed = random.next();
    let empty = random.one_in(4);
    live.with(|world, _| {
        let mut looker = Looker::default();
        looker.walk(world).map_err(|what| format!("after the attach: {what}"))?;
        for number in 0..OPS {
            Op::at(seed, number).apply(world, &mut env);
        }
        looker.walk(world).map_err(|what| format!("after {OPS} operations: {what}"))?;
        if empty {
            fill_and_empty(world).map_err(|what| format!("filling and emptying: {what}"))?;
            looker.walk(world).map_err(|what| format!("after filling and emptying: {what}"))?;
        }
        Ok(())
    })
}

/// Looks at the bytes behind references.
#[derive(Default)]
struct Looker {
    checker: Checker,
    /// Addresses of values that are borrowed exclusively.
    mutable: Vec<usize>,
}

impl Looker {
    fn value<T: ShmSafe>(&mut self, what: &str, value: &T) -> Result<(), String> {
        let at = core::ptr::from_ref(value);
        if !at.is_aligned() {
            return Err(format!("{what}: a reference that is not aligned"));
        }
        // SAFETY: a reference is readable for its type, and nobody writes; what it refers to is memory that the
        // kernel gave, hence initialised.
        let valid = unsafe { self.checker.passes(T::DESC, at.cast()) };
        if valid { Ok(()) } else { Err(format!("{what}: a reference to bytes that are no value")) }
    }

    fn all<'v, T: ShmSafe + 'v>(
        &mut self,
        what: &str,
        values: impl Iterator<Item = &'v T>,
    ) -> Result<(), String> {
        let mut steps = 0..STEPS_MAX;
        for value in values {
            steps.next().ok_or_else(|| format!("{what}: an iterator without an end"))?;
            self.value(what, value)?;
        }
        Ok(())
    }

    /// As [`all`](Self::all), of values that are borrowed all together.
    fn all_mut<'v, T: ShmSafe + 'v>(
        &mut self,
        what: &str,
        values: impl Iterator<Item = &'v mut T>,
    ) -> Result<(), String> {
        self.mutable.clear();
        for value in values.take(STEPS_MAX) {
            self.value(what, value)?;
            self.mutable.push(core::ptr::from_mut(value).addr());
        }
        self.mutable.sort_unstable();
        match self.mutable.windows(2).all(|pair| pair[0] != pair[1]) {
            true => Ok(()),
            false => Err(format!("{what}: two exclusive references to one value")),
        }
    }

    fn text(what: &str, text: &str) -> Result<(), String> {
        let valid = core::str::from_utf8(text.as_bytes()).is_ok();
        if valid { Ok(()) } else { Err(format!("{what}: no UTF-8")) }
    }

    /// Reads everything in every way.
    fn walk(&mut self, w: &mut World) -> Result<(), String> {
        self.sequences(w)?;
        self.keyed(w)?;
        self.placed(w)?;
        self.events(w)?;
        self.exclusive(w)
    }

    fn sequences(&mut self, w: &World) -> Result<(), String> {
        self.all("vec", w.vec.iter())?;
        self.all("numbers", w.numbers.iter())?;
        Self::text("text", &w.text)?;
        for name in &w.names {
            Self::text("names", name)?;
        }
        self.all("bag", w.bag.iter(&w.heap))?;
        Self::text("speech", w.speech.as_str(&w.heap))?;
        for letter in w.letters.values().take(STEPS_MAX) {
            Self::text("letters", letter.as_str(&w.heap))?;
        }
        self.all("ring", w.ring.iter())?;
        self.all("ring from its end", w.ring.iter().rev())?;
        self.all("ring by position", (0..12).filter_map(|at| w.ring.get(at)))?;
        self.all("versioned", w.versioned.get().into_iter())?;
        let _ = (w.bits.len(), w.bits.iter().take(STEPS_MAX).count(), w.versioned.version());
        Ok(())
    }

    fn keyed(&mut self, w: &World) -> Result<(), String> {
        self.all("map's keys", w.map.keys())?;
        self.all("map's values", w.map.values())?;
        self.all("map by key", (0..48).filter_map(|key| w.map.get(&key)))?;
        self.all("set", w.set.iter())?;
        let _ = (0..48).filter(|key| w.set.contains(key)).count();
        self.all("ordered map's values", w.ordered.values())?;
        self.all("ordered map from its end", w.ordered.values().rev())?;
        self.all("ordered map by key", (0..48).filter_map(|key| w.ordered.get(&key)))?;
        self.all("ordered map's range", w.ordered.range(7..30).map(|(_, item)| item))?;
        self.all("index", w.index.values())?;
        let ends = w.ordered.first_key_value().into_iter().chain(w.ordered.last_key_value());
        self.all("ends of the ordered map", ends.map(|(_, item)| item))
    }

    fn placed(&mut self, w: &World) -> Result<(), String> {
        self.all("list", w.list.iter())?;
        self.all("list from its end", w.list.iter().rev())?;
        self.all("ends of the list", w.list.front().into_iter().chain(w.list.back()))?;
        let mut handle = w.list.first();
        for _ in 0..STEPS_MAX {
            let Some(here) = handle else { break };
            self.all("list by handle", w.list.get(here).into_iter())?;
            let _ = w.list.prev(here);
            handle = w.list.next(here);
        }
        self.all("timers", w.timers.iter().map(|(_, _, item)| item))?;
        self.all("pool", w.pool.iter().map(|(_, item)| item))?;
        self.all("actors", w.actors.iter().map(|(_, item)| item))?;
        self.all("actors by index", w.index.values().filter_map(|handle| w.actors.get(*handle)))?;
        // Handles that nobody was given.
        for bits in (0..20).flat_map(|index| [1, 2, u64::from(u32::MAX)].map(|g| g << 32 | index)) {
            let handle = Handle::from_bits(bits);
            self.all("pool by any handle", w.pool.get(handle).into_iter())?;
            self.all("list by any handle", w.list.get(handle).into_iter())?;
            self.all("timers by any handle", w.timers.get(handle).into_iter())?;
        }
        Ok(())
    }

    fn events(&mut self, w: &World) -> Result<(), String> {
        self.all("queue", w.queue.iter().map(|(_, item)| item))?;
        self.all("event in flight", w.queue.in_flight().map(|(_, item)| item).into_iter())?;
        self.all("next event", w.queue.peek().into_iter())?;
        self.all("quarantine", w.quarantine.iter())
    }

    fn exclusive(&mut self, w: &mut World) -> Result<(), String> {
        self.all_mut("list", w.list.iter_mut())?;
        self.all_mut("ordered map", w.ordered.values_mut())?;
        self.all_mut("map", w.map.values_mut())?;
        self.all_mut("pool", w.pool.iter_mut().map(|(_, item)| item))?;
        self.all_mut("bag", w.bag.as_mut_slice(&mut w.heap).iter_mut())?;
        self.all_mut("ring", w.ring.iter_mut())
    }
}

/// Takes until nothing comes; an end must come.
fn drain(what: &str, mut take: impl FnMut() -> Option<Item>) -> Result<(), String> {
    (0..STEPS_MAX)
        .all(|_| take().is_some())
        .then_some(())
        .map_or(Ok(()), |()| Err(format!("{what} has no end")))
}

fn fill_and_empty(w: &mut World) -> Result<(), String> {
    let far = ShmInstant::from_nanos(TICK.as_nanos() * 100);
    for id in 0..40 {
        let item = Item::new(id);
        let _ = (w.vec.push(item), w.ring.push_back(item), w.list.push_back(item), w.pool.insert(item));
        let _ = (w.map.insert(id, item), w.ordered.insert(id as u32, item), w.queue.push(item));
        let _ = (w.timers.schedule(far, item), w.actors.insert(item), w.text.push('x'));
        let _ = (w.bag.push(&mut w.heap, item).is_ok(), w.speech.push(&mut w.heap, 'ß'));
    }
    let _ = w.queue.clear_in_flight();
    drain("the vector", || w.vec.pop())?;
    drain("the bag", || w.bag.pop(&mut w.heap))?;
    drain("the ring", || w.ring.pop_front())?;
    drain("the list", || w.list.pop_front())?;
    drain("the ordered map", || w.ordered.pop_first().map(|(_, item)| item))?;
    drain("the queue", || w.queue.skip())?;
    drain("the timers", || w.timers.pop_due(far))?;
    drain("the pool", || {
        let first = w.pool.iter().next().map(|(handle, _)| handle)?;
        w.pool.remove(first)
    })?;
    drain("the quarantine", || {
        let first = w.quarantine.iter().next().map(|entry| entry.id)?;
        w.quarantine.release(first).map(|entry| entry.event)
    })?;
    w.map.clear();
    w.set.clear();
    w.actors.clear();
    w.timers.clear();
    w.list.clear();
    w.text.clear();
    let _ = (w.bag.free(&mut w.heap), w.speech.free(&mut w.heap));
    w.letters.clear();
    Ok(())
}

/// Opens an image that nothing was done to.
pub(crate) fn opens(bytes: &[u8]) -> Result<(), String> {
    let mut live = open(bytes)?.map_err(|error| error.to_string())?;
    use_it(&mut live, &mut Random::new(0))
}
