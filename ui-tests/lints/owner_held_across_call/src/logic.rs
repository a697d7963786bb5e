//! Complex logic and simple leaves.

pub type Pool = resume_core::pool::Pool<u64, 4>;
pub type Slot<'p> = resume_core::pool::Reserved<'p, u64, 4>;

/// Complex: it loops.
pub fn complex(seed: u64) -> u64 {
    let mut sum = seed;
    for step in 0..seed {
        sum ^= step;
    }
    sum
}

/// Complex: it calls what is.
pub fn outer(seed: u64) -> u64 {
    complex(seed) + 1
}

/// Complex, may fail.
pub fn fallible(seed: u64) -> Result<u64, resume_core::pool::PoolFull> {
    Ok(complex(seed))
}

/// Complex, and looks at the slot.
pub fn inspect(slot: &Slot<'_>) -> u64 {
    complex(1)
}

/// A simple leaf.
pub fn leaf(seed: u64) -> u64 {
    seed.wrapping_mul(3).max(4)
}

/// A simple leaf of leaves.
pub fn leaf_of_leaves(seed: u64) -> u64 {
    leaf(leaf(seed))
}

pub trait Skill {
    fn cast(&self) -> u64;
}

pub struct Fire(pub u64);

impl Skill for Fire {
    fn cast(&self) -> u64 {
        complex(self.0)
    }
}

pub struct Ice(pub u64);

impl Ice {
    pub fn cost(&self) -> u64 {
        self.0 + 1
    }
}
