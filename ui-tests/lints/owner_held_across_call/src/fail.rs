//! Each of these holds an owner across complex logic.

use crate::logic::*;
use resume_core::pool::PoolFull;

pub fn plain(pool: &mut Pool) -> Result<(), PoolFull> {
    let slot = pool.reserve()?;
    let value = complex(3); //~
    slot.commit(value);
    Ok(())
}

pub fn through_a_caller(pool: &mut Pool) -> Result<(), PoolFull> {
    let slot = pool.reserve()?;
    slot.commit(outer(3)); //~
    Ok(())
}

pub fn in_an_option(pool: &mut Pool) {
    let slot = pool.reserve().ok();
    let value = complex(3); //~
    if let Some(slot) = slot {
        slot.commit(value);
    }
}

pub fn in_a_result(pool: &mut Pool) {
    let slot = pool.reserve();
    let value = complex(3); //~
    if let Ok(slot) = slot {
        slot.commit(value);
    }
}

pub fn in_a_tuple(pool: &mut Pool) -> Result<(), PoolFull> {
    let pair = (7_u64, pool.reserve()?);
    let value = complex(pair.0); //~
    pair.1.commit(value);
    Ok(())
}

struct Holder<'p> {
    name: u64,
    slot: Slot<'p>,
}

pub fn in_a_struct(pool: &mut Pool) -> Result<(), PoolFull> {
    let holder = Holder { name: 1, slot: pool.reserve()? };
    let value = complex(holder.name); //~
    holder.slot.commit(value);
    Ok(())
}

struct Late<'p> {
    slot: Option<Slot<'p>>,
}

pub fn in_a_field_behind_a_reference<'p>(late: &mut Late<'p>, pool: &'p mut Pool) -> Result<(), PoolFull> {
    late.slot = Some(pool.reserve()?);
    complex(3); //~
    if let Some(slot) = late.slot.take() {
        slot.commit(3);
    }
    Ok(())
}

enum Step<'p> {
    Idle,
    Busy(Slot<'p>),
}

pub fn in_an_enum(pool: &mut Pool) -> Result<(), PoolFull> {
    let step = Step::Busy(pool.reserve()?);
    complex(3); //~
    if let Step::Busy(slot) = step {
        slot.commit(1);
    }
    Ok(())
}

struct Wrapper<T> {
    inner: T,
}

pub fn in_a_generic_struct(pool: &mut Pool) -> Result<(), PoolFull> {
    let wrapper = Wrapper { inner: pool.reserve()? };
    complex(3); //~
    wrapper.inner.commit(1);
    Ok(())
}

pub fn in_a_box(pool: &mut Pool) -> Result<(), PoolFull> {
    let boxed = Box::new(pool.reserve()?);
    let value = complex(3); //~
    boxed.commit(value);
    Ok(())
}

pub fn in_a_vec<'p>(pool: &'p mut Pool) -> Result<(), PoolFull> {
    let mut all = Vec::new();
    all.push(pool.reserve()?);
    let value = complex(3); //~
    for slot in all {
        slot.commit(value);
    }
    Ok(())
}

pub fn captured(pool: &mut Pool) -> Result<(), PoolFull> {
    let slot = pool.reserve()?;
    let finish = move |value: u64| slot.commit(value);
    let value = complex(3); //~
    finish(value);
    Ok(())
}

pub fn within_a_closure(pool: &mut Pool) -> Result<(), PoolFull> {
    let slot = pool.reserve()?;
    let finish = move || {
        let value = complex(3); //~
        slot.commit(value)
    };
    finish();
    Ok(())
}

pub fn as_a_parameter(slot: Slot<'_>) {
    let value = complex(3); //~
    slot.commit(value);
}

pub fn by_reference(pool: &mut Pool) -> Result<(), PoolFull> {
    let slot = pool.reserve()?;
    let value = inspect(&slot); //~
    slot.commit(value);
    Ok(())
}

pub fn dropped_after(pool: &mut Pool) -> Result<(), PoolFull> {
    let slot = pool.reserve()?;
    complex(3); //~
    drop(slot);
    Ok(())
}

pub fn dropped_at_the_end(pool: &mut Pool) -> Result<(), PoolFull> {
    let _slot = pool.reserve()?;
    complex(3); //~
    Ok(())
}

pub fn returned(pool: &mut Pool) -> Result<Slot<'_>, PoolFull> {
    let slot = pool.reserve()?;
    complex(3); //~
    Ok(slot)
}

pub fn only_on_unwind(pool: &mut Pool) -> Result<(), PoolFull> {
    let slot = pool.reserve()?;
    never(complex as fn(u64) -> u64); //~
    Ok(())
}

fn never(logic: fn(u64) -> u64) -> ! {
    loop {
        logic(1);
    }
}

pub fn conditional_move(pool: &mut Pool, now: bool) -> Result<(), PoolFull> {
    let slot = pool.reserve()?;
    if now {
        slot.commit(1);
    } else {
        complex(3); //~
    }
    Ok(())
}

pub fn early_return(pool: &mut Pool) -> Result<(), PoolFull> {
    let slot = pool.reserve()?;
    let value = fallible(3)?; //~
    slot.commit(value);
    Ok(())
}

pub fn in_a_loop(pool: &mut Pool) -> Result<(), PoolFull> {
    for round in 0..3 {
        let slot = pool.reserve()?;
        let value = complex(round); //~
        slot.commit(value);
    }
    Ok(())
}

pub fn across_iterations<'p>(first: Slot<'p>, rounds: u64) {
    let mut kept = Some(first);
    for round in 0..rounds {
        complex(round); //~
        if round == 2 {
            kept.take();
        }
    }
}

pub fn in_a_match_arm(pool: &mut Pool, kind: u64) -> Result<(), PoolFull> {
    let slot = pool.reserve()?;
    match kind {
        0 => drop(slot.commit(0)),
        1 => drop(slot.commit(complex(3))), //~
        _ => {}
    }
    Ok(())
}

pub fn shadowed(pool: &mut Pool) -> Result<(), PoolFull> {
    let slot = pool.reserve()?;
    let slot = Some(slot);
    let value = complex(3); //~
    if let Some(slot) = slot {
        slot.commit(value);
    }
    Ok(())
}

pub fn replaced(kept: &mut Option<u64>, pool: &mut Pool) -> Result<(), PoolFull> {
    let mut place = Some(pool.reserve()?);
    let taken = std::mem::replace(&mut place, None);
    complex(3); //~
    drop(taken);
    Ok(())
}

pub fn mem_taken(pool: &mut Pool) -> Result<(), PoolFull> {
    let mut place = Some(pool.reserve()?);
    let taken = std::mem::take(&mut place);
    complex(3); //~
    drop(taken);
    Ok(())
}

pub fn trait_object(pool: &mut Pool, skill: &dyn Skill) -> Result<(), PoolFull> {
    let slot = pool.reserve()?;
    let value = skill.cast(); //~
    slot.commit(value);
    Ok(())
}

pub fn generic_skill<S: Skill>(pool: &mut Pool, skill: &S) -> Result<(), PoolFull> {
    let slot = pool.reserve()?;
    let value = skill.cast(); //~
    slot.commit(value);
    Ok(())
}

pub fn trait_method(pool: &mut Pool) -> Result<(), PoolFull> {
    let slot = pool.reserve()?;
    let value = Fire(3).cast(); //~
    slot.commit(value);
    Ok(())
}

pub fn function_pointer(pool: &mut Pool, logic: fn() -> u64) -> Result<(), PoolFull> {
    let slot = pool.reserve()?;
    let value = logic(); //~
    slot.commit(value);
    Ok(())
}

pub fn generic_callback(pool: &mut Pool, logic: impl Fn() -> u64) -> Result<(), PoolFull> {
    let slot = pool.reserve()?;
    let value = logic(); //~
    slot.commit(value);
    Ok(())
}

pub fn boxed_callback(pool: &mut Pool, logic: Box<dyn Fn() -> u64>) -> Result<(), PoolFull> {
    let slot = pool.reserve()?;
    let value = logic(); //~
    slot.commit(value);
    Ok(())
}

pub fn local_closure(pool: &mut Pool) -> Result<(), PoolFull> {
    let logic = || complex(5);
    let slot = pool.reserve()?;
    let value = logic(); //~
    slot.commit(value);
    Ok(())
}

pub fn callback_of_std(pool: &mut Pool, numbers: &[u64]) -> Result<(), PoolFull> {
    let slot = pool.reserve()?;
    let value = numbers.iter().map(|number| complex(*number)).max(); //~
    slot.commit(value.unwrap_or(0));
    Ok(())
}

pub fn function_as_callback(pool: &mut Pool, number: Option<u64>) -> Result<(), PoolFull> {
    let slot = pool.reserve()?;
    let value = number.map(complex); //~
    slot.commit(value.unwrap_or(0));
    Ok(())
}

pub fn acquired_by_a_function_of_ours(pool: &mut Pool) -> Result<(), PoolFull> {
    let slot = acquire(pool)?;
    let value = complex(3); //~
    slot.commit(value);
    Ok(())
}

fn acquire(pool: &mut Pool) -> Result<Slot<'_>, PoolFull> {
    pool.reserve()
}

pub fn of_another_crate(pool: &mut Pool) -> Result<(), PoolFull> {
    let slot: state_crate::Slot<'_, u64, 4> = pool.reserve()?;
    let value = state_crate::logic(&[1]); //~
    slot.commit(value);
    Ok(())
}

pub fn method_of_another_crate(
    pool: &mut state_crate::runtime::pool::Pool<u64, 4>,
    scene: &mut state_crate::scene::Scene,
) -> Result<(), PoolFull> {
    let slot = pool.reserve()?;
    scene.run(); //~
    slot.commit(scene.tick);
    Ok(())
}

pub fn holder_of_another_crate(pool: &mut Pool) -> Result<(), PoolFull> {
    let guard = state_crate::Guard::new(pool.reserve()?);
    let value = complex(guard.weight); //~
    guard.slot.commit(value);
    Ok(())
}
