//! A crate of the workspace that others use: state, logic, and re-exports of the runtime.
#![allow(missing_docs)]

pub use resume_core as runtime;
pub use resume_core::pool::Reserved as Slot;

pub mod scene {
    #[derive(resume_core::ShmSafe)]
    #[repr(C)]
    pub struct Scene {
        pub tick: u64,
        pub tag: u64,
    }

    impl Scene {
        /// Stores its argument in state.
        pub fn set_tag(&mut self, tag: u64) {
            self.tag = tag;
        }

        /// Complex logic.
        pub fn run(&mut self) {
            for _ in 0..10 {
                self.tick += 1;
            }
        }

        /// A simple leaf.
        pub fn next(&self) -> u64 {
            self.tick.wrapping_add(1)
        }
    }
}

/// Gives back an address.
pub fn address_of(text: &str) -> usize {
    text.as_ptr() as usize
}

/// Complex logic.
pub fn logic(numbers: &[u64]) -> u64 {
    numbers.iter().fold(0, |sum, number| sum + number) + count(numbers)
}

fn count(numbers: &[u64]) -> u64 {
    let mut count = 0;
    for _ in numbers {
        count += 1;
    }
    count
}

/// A holder of an owner, for other crates.
pub struct Guard<'p> {
    pub slot: resume_core::pool::Reserved<'p, u64, 4>,
    pub weight: u64,
}

impl<'p> Guard<'p> {
    pub fn new(slot: resume_core::pool::Reserved<'p, u64, 4>) -> Guard<'p> {
        Guard { slot, weight: 1 }
    }
}
