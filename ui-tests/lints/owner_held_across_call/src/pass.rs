//! None of these holds an owner across complex logic.

use crate::logic::*;
use resume_core::pool::PoolFull;

pub fn computed_first(pool: &mut Pool) -> Result<(), PoolFull> {
    let value = complex(3);
    let slot = pool.reserve()?;
    slot.commit(value);
    Ok(())
}

pub fn committed_before(pool: &mut Pool) -> Result<(), PoolFull> {
    let slot = pool.reserve()?;
    let handle = slot.commit(3);
    complex(3);
    let _ = pool.remove(handle);
    Ok(())
}

pub fn dropped_before(pool: &mut Pool) -> Result<(), PoolFull> {
    let slot = pool.reserve()?;
    drop(slot);
    complex(3);
    Ok(())
}

pub fn dropped_by_scope(pool: &mut Pool) -> Result<(), PoolFull> {
    {
        let _slot = pool.reserve()?;
    }
    complex(3);
    Ok(())
}

pub fn never_bound(pool: &mut Pool) {
    let _ = pool.reserve();
    complex(3);
}

pub fn moved_into_the_call(pool: &mut Pool) -> Result<(), PoolFull> {
    let slot = pool.reserve()?;
    consume(slot);
    Ok(())
}

fn consume(slot: Slot<'_>) {
    slot.commit(1);
    complex(3);
}

pub fn simple_leaves(pool: &mut Pool) -> Result<(), PoolFull> {
    let slot = pool.reserve()?;
    let value = leaf_of_leaves(3) + Ice(3).cost() + state_crate::runtime::pool::Pool::<u64, 4>::len_hint();
    slot.commit(value);
    Ok(())
}

trait LenHint {
    fn len_hint() -> u64;
}

impl LenHint for Pool {
    fn len_hint() -> u64 {
        4
    }
}

pub fn leaf_of_another_crate(pool: &mut Pool, scene: &state_crate::scene::Scene) -> Result<(), PoolFull> {
    let slot = pool.reserve()?;
    slot.commit(scene.next());
    Ok(())
}

pub fn std_calls(pool: &mut Pool, name: &str) -> Result<(), PoolFull> {
    let slot = pool.reserve()?;
    let length = name.trim().to_owned().len() as u64;
    println!("committing {length}");
    slot.commit(length);
    Ok(())
}

pub fn std_with_a_leaf(pool: &mut Pool, numbers: &[u64]) -> Result<(), PoolFull> {
    let slot = pool.reserve()?;
    let value = numbers.iter().map(|number| leaf(*number)).max();
    slot.commit(value.unwrap_or(0));
    Ok(())
}

pub fn runtime_calls(pool: &mut Pool, other: &mut Pool) -> Result<(), PoolFull> {
    let slot = pool.reserve()?;
    let _ = other.insert(4);
    slot.commit(1);
    Ok(())
}

pub fn other_branch(pool: &mut Pool) {
    match pool.reserve() {
        Ok(slot) => drop(slot.commit(1)),
        Err(_) => drop(complex(3)),
    }
    complex(4);
}

pub fn option_other_branch(pool: &mut Pool) {
    if let Some(slot) = pool.reserve().ok() {
        slot.commit(1);
    } else {
        complex(3);
    }
    complex(4);
}

pub fn let_else(pool: &mut Pool) {
    let Ok(slot) = pool.reserve() else {
        complex(3);
        return;
    };
    slot.commit(2);
}

pub fn is_err_first(pool: &mut Pool) {
    let slot = pool.reserve();
    if slot.is_err() {
        complex(3);
        return;
    }
    if let Ok(slot) = slot {
        slot.commit(1);
    }
}

pub fn conditional_move_then_logic(pool: &mut Pool, now: bool) -> Result<(), PoolFull> {
    {
        let slot = pool.reserve()?;
        if now {
            slot.commit(1);
        }
    }
    complex(3);
    Ok(())
}

pub fn both_branches_move(pool: &mut Pool, now: bool) -> Result<(), PoolFull> {
    let slot = pool.reserve()?;
    if now {
        slot.commit(1);
    } else {
        drop(slot);
    }
    complex(3);
    Ok(())
}

pub fn taken_out_of_an_option(pool: &mut Pool) -> Result<(), PoolFull> {
    let mut place = Some(pool.reserve()?);
    if let Some(slot) = place.take() {
        slot.commit(1);
    }
    complex(3);
    Ok(())
}

pub fn mem_taken(pool: &mut Pool) -> Result<(), PoolFull> {
    let mut place = Some(pool.reserve()?);
    drop(std::mem::take(&mut place));
    complex(3);
    Ok(())
}

pub fn replaced(pool: &mut Pool) -> Result<(), PoolFull> {
    let mut place = Some(pool.reserve()?);
    drop(std::mem::replace(&mut place, None));
    complex(3);
    Ok(())
}

pub fn overwritten(pool: &mut Pool) -> Result<(), PoolFull> {
    let mut place = Some(pool.reserve()?);
    place = None;
    complex(3);
    Ok(())
}

pub fn moved_out_of_a_tuple(pool: &mut Pool) -> Result<(), PoolFull> {
    let pair = (1_u64, pool.reserve()?);
    pair.1.commit(1);
    complex(pair.0);
    Ok(())
}

pub fn moved_out_of_a_box(pool: &mut Pool) -> Result<(), PoolFull> {
    let boxed = Box::new(pool.reserve()?);
    let slot = *boxed;
    slot.commit(1);
    complex(3);
    Ok(())
}

pub fn loop_with_commit(pool: &mut Pool) -> Result<(), PoolFull> {
    for round in 0..3 {
        let value = complex(round);
        let slot = pool.reserve()?;
        if round == 1 {
            continue;
        }
        slot.commit(value);
    }
    Ok(())
}

pub fn shadowed(pool: &mut Pool) -> Result<(), PoolFull> {
    let slot = pool.reserve()?;
    let slot = slot.commit(1);
    complex(3);
    let _ = pool.get(slot);
    Ok(())
}

pub fn drained(pool: &mut Pool) -> Result<(), PoolFull> {
    let mut all = vec![pool.reserve()?];
    while let Some(slot) = all.pop() {
        slot.commit(1);
    }
    complex(3);
    Ok(())
}

pub fn borrowed_only(slot: &Slot<'_>) -> u64 {
    complex(3)
}

pub fn closure_used_up(pool: &mut Pool) -> Result<(), PoolFull> {
    let slot = pool.reserve()?;
    let finish = move |value: u64| slot.commit(value);
    finish(3);
    complex(3);
    Ok(())
}

/// Of the same name as the runtime's, and none of it.
mod lookalike {
    pub struct Reserved(pub u64);

    pub fn held() {
        let slot = Reserved(1);
        crate::logic::complex(3);
        drop(slot);
    }
}

pub fn mapped(pool: &mut Pool) {
    let handle = pool.reserve().map(|slot| slot.commit(1));
    complex(3);
    drop(handle.is_ok());
}

pub fn question_mark_after(pool: &mut Pool) -> Result<u64, PoolFull> {
    let handle = pool.reserve()?.commit(1);
    let value = fallible(3)?;
    Ok(value)
}

pub fn until_there_is_room(pool: &mut Pool) -> resume_core::pool::Handle<u64> {
    loop {
        if let Ok(slot) = pool.reserve() {
            break slot.commit(1);
        }
        make_room(pool);
    }
}

fn make_room(pool: &mut Pool) {
    complex(3);
}

pub fn guarded_arms(pool: &mut Pool, kind: u64) {
    match pool.reserve() {
        Ok(slot) if kind > 3 => drop(slot.commit(1)),
        Ok(slot) => drop(slot),
        Err(_) => drop(complex(1)),
    }
    complex(2);
}

pub fn error_mapped_by_logic(pool: &mut Pool) -> Result<(), u64> {
    let slot = pool.reserve().map_err(|_| complex(2))?;
    slot.commit(1);
    complex(2);
    Ok(())
}

struct Builder<'p> {
    slot: Slot<'p>,
    value: u64,
}

impl<'p> Builder<'p> {
    fn with(mut self, value: u64) -> Builder<'p> {
        self.value = value;
        self
    }

    fn done(self) {
        let value = self.value;
        self.slot.commit(value);
    }
}

pub fn built(pool: &mut Pool) -> Result<(), PoolFull> {
    Builder { slot: pool.reserve()?, value: 0 }.with(3).done();
    complex(3);
    Ok(())
}

pub fn two_at_once(left: &mut Pool, right: &mut Pool) -> Result<(), PoolFull> {
    let (one, other) = (left.reserve()?, right.reserve()?);
    one.commit(1);
    other.commit(2);
    complex(1);
    Ok(())
}

pub fn an_array_used_up(left: &mut Pool, right: &mut Pool) -> Result<(), PoolFull> {
    for slot in [left.reserve()?, right.reserve()?] {
        slot.commit(1);
    }
    complex(1);
    Ok(())
}

pub fn maybe_reserved(pool: &mut Pool, wanted: bool) {
    let mut kept = None;
    if wanted {
        kept = pool.reserve().ok();
    }
    if let Some(slot) = kept {
        slot.commit(1);
    }
    complex(1);
}
