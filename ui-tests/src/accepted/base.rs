//! Base states: each way to give one, on types and names that would break a careless expansion.
#![allow(dead_code, reason = "described, never built")]

use core::cell::Cell;
use core::num::{NonZeroU8, NonZeroU64};
use core::sync::atomic::AtomicU32;
use resume_core::{Id128, ShmDuration, ShmOption, ShmSafe};

#[derive(ShmSafe, Clone, Copy)]
#[repr(u8)]
enum BaseUnit {
    Last = 200,
    #[shm(default)]
    First = 100,
}

#[derive(ShmSafe, Clone, Copy)]
#[repr(C, i64)]
enum BaseData<T> {
    At(u8, T) = 5,
    #[shm(default)]
    Start {
        phase: BaseUnit,
        #[shm(default = { let x = 3; x * 7 })]
        of: i16,
        rest: [T; 2],
    } = -1,
}

const fn seven() -> u64 {
    let mut n = 0;
    while n < 7 {
        n += 1;
    }
    n
}

/// Interior mutability, paths to `Self`, associated constants, blocks, const functions, loops.
#[derive(ShmSafe)]
#[repr(C)]
struct BaseValues {
    #[shm(default = Cell::new(4))]
    cell: Cell<u32>,
    #[shm(default = AtomicU32::new(u32::MAX))]
    atomic: AtomicU32,
    #[shm(default = Self::LIMIT)]
    limit: u64,
    #[shm(default = seven() + { 1 << 2 })]
    r#type: u64,
    #[shm(default = [BaseUnit::Last; 3])]
    units: [BaseUnit; 3],
    #[shm(default = ShmOption::Some(NonZeroU8::MAX))]
    option: ShmOption<NonZeroU8>,
    #[shm(default = Id128::new(1))]
    id: Id128,
    #[shm(default = ShmDuration::from_secs(3))]
    wait: ShmDuration,
    #[shm(transient, renamed_from = "socket", default = -1)]
    connection: i32,
    #[shm(allow_usize, default = usize::MAX)]
    count: usize,
}

impl BaseValues {
    const LIMIT: u64 = 9;
}

/// Of a parameter only std's `Default` can tell, at run time.
#[derive(ShmSafe)]
#[repr(C)]
struct BaseGeneric<T: Default, const N: usize> {
    #[shm(default)]
    value: T,
    #[shm(default = N as u64 + 1)]
    size: u64,
    #[shm(default = [1; N])]
    ones: [u8; N],
}

#[derive(ShmSafe)]
#[repr(transparent)]
struct BaseWrapper(#[shm(default = NonZeroU64::MIN)] NonZeroU64);

macro_rules! with_default {
    ($name:ident, $value:expr) => {
        #[derive(ShmSafe)]
        #[repr(C)]
        struct $name {
            #[shm(default = $value * 2)]
            value: u64,
        }
    };
}
with_default!(BaseMacro, 1 + 2);

macro_rules! with_nested_default {
    ($name:ident, $ty:ty, $value:expr, $call:path) => {
        #[derive(ShmSafe)]
        #[repr(C)]
        struct $name {
            #[shm(default = $call([<$ty>::MIN, $value * 2])[1])]
            value: $ty,
        }
    };
}
with_nested_default!(BaseMacroNested, u64, 1 + 2, core::convert::identity);

#[no_implicit_prelude]
mod no_prelude {
    #[derive(::resume_core::ShmSafe)]
    #[repr(u8)]
    pub(super) enum BasePlain {
        #[shm(default)]
        Some = 1,
        None = 2,
    }

    #[derive(::resume_core::ShmSafe)]
    #[repr(C)]
    pub(super) struct BaseHolder {
        #[shm(default = BasePlain::None)]
        pub(super) plain: BasePlain,
        #[shm(default)]
        number: u16,
    }
}

pub(super) fn types() -> Vec<super::Entry> {
    entries![
        BaseUnit,
        BaseData<u8>,
        BaseValues,
        BaseGeneric<u32, 3>,
        BaseWrapper,
        BaseMacro,
        BaseMacroNested,
        no_prelude::BasePlain,
        no_prelude::BaseHolder,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use resume_core::base_state;

    #[test]
    fn base_states_are_as_they_are_given() {
        let BaseData::Start { phase: BaseUnit::First, of: 21, rest: [0, 0] } = base_state::<BaseData<u32>>()
        else {
            panic!("another variant");
        };
        let values = base_state::<BaseValues>();
        assert_eq!((values.cell.get(), values.atomic.into_inner(), values.limit), (4, u32::MAX, 9));
        assert_eq!((values.r#type, values.connection, values.count), (11, -1, usize::MAX));
        assert_eq!(values.option, ShmOption::Some(NonZeroU8::MAX));
        assert_eq!((values.id, values.wait), (Id128::new(1), ShmDuration::from_secs(3)));
        assert!(values.units.iter().all(|unit| matches!(unit, BaseUnit::Last)));
        let generic = base_state::<BaseGeneric<u32, 3>>();
        assert_eq!((generic.value, generic.size, generic.ones), (0, 4, [1; 3]));
        assert_eq!(base_state::<BaseWrapper>().0, NonZeroU64::MIN);
        // A fragment of a macro stays one value.
        assert_eq!((base_state::<BaseMacro>().value, base_state::<BaseMacroNested>().value), (6, 6));
        assert!(matches!(base_state::<no_prelude::BaseHolder>().plain, no_prelude::BasePlain::None));
    }
}
