//! One violation per lint. Each must be found before anything else is looked at.

use resume_core::event::EventQueue;
use resume_core::pool::{Pool, PoolFull};

pub struct State {
    pub address: u64,
}
unsafe impl resume_core::ShmSafe for State {}

fn logic(numbers: &[u64]) -> u64 {
    let mut sum = 0;
    for number in numbers {
        sum += number;
    }
    sum
}

pub fn address_in_state(state: &mut State, name: &str) {
    let address = name.as_ptr() as usize;
    state.address = address as u64;
}

pub fn owner_held_across_call(pool: &mut Pool<u64, 4>, numbers: &[u64]) -> Result<(), PoolFull> {
    let slot = pool.reserve()?;
    let sum = logic(numbers);
    slot.commit(sum);
    Ok(())
}

pub fn execute_before_mark(queue: &mut EventQueue<[u64; 2], 4>) -> u64 {
    let Some(event) = queue.peek().copied() else { return 0 };
    let sum = logic(&event);
    queue.skip();
    sum
}
