//! Enums of every representation that the language guarantees, with and without data.
#![allow(dead_code, reason = "described, never built")]

use resume_core::{ShmInstant, ShmOption, ShmSafe};

macro_rules! unit {
    ($($name:ident: $repr:ident);* $(;)?) => {
        $(
            #[derive(ShmSafe, Clone, Copy)]
            #[repr($repr)]
            enum $name {
                A,
                B = 5,
                C,
                D = 0x7f,
            }
        )*
        fn unit_of_every_repr() -> Vec<super::Entry> {
            entries![$($name),*]
        }
    };
}

unit! {
    UnitU8: u8; UnitU16: u16; UnitU32: u32; UnitU64: u64;
    UnitI8: i8; UnitI16: i16; UnitI32: i32; UnitI64: i64; UnitC: C;
}

macro_rules! data {
    ($($data:ident $mixed:ident $int:ident: $repr:meta);* $(;)?) => {
        $(
            #[derive(ShmSafe)]
            #[$repr]
            enum $data {
                Idle,
                Hit { by: u8, amount: u64, crit: bool },
                Say([u8; 5], u8),
                Wide(u8, u128),
            }

            /// Explicit discriminants out of order, beside data.
            #[derive(ShmSafe)]
            #[$repr]
            enum $mixed<T> {
                Last(T) = 100,
                First = 0,
                Behind(u8, T),
                Far { a: u16, b: [T; 3], c: u8 } = FAR as $int,
                Empty {},
                Nothing(),
            }
        )*
        fn data_of_every_repr() -> Vec<super::Entry> {
            entries![$($data, $mixed<u8>, $mixed<u32>, $mixed<()>),*]
        }
    };
}

const FAR: u8 = 50;

data! {
    DataU8 MixedU8 u8: repr(u8);
    DataU16 MixedU16 u16: repr(u16);
    DataU32 MixedU32 u32: repr(u32);
    DataU64 MixedU64 u64: repr(u64);
    DataI8 MixedI8 i8: repr(i8);
    DataI16 MixedI16 i16: repr(i16);
    DataI32 MixedI32 i32: repr(i32);
    DataI64 MixedI64 i64: repr(i64);
    DataCU8 MixedCU8 u8: repr(C, u8);
    DataCU16 MixedCU16 u16: repr(u16, C);
    DataCU32 MixedCU32 u32: repr(C, u32);
    DataCU64 MixedCU64 u64: repr(C, u64);
    DataCI8 MixedCI8 i8: repr(C, i8);
    DataCI32 MixedCI32 i32: repr(C, i32);
    DataCI64 MixedCI64 i64: repr(C, i64);
}

const BASE: i8 = -3;

/// `repr(C)` alone admits no explicit discriminants beside data.
#[derive(ShmSafe)]
#[repr(C)]
enum DataC<T> {
    Idle,
    Hit { by: u8, amount: T },
    Say([u8; 5], u8),
    Wide(u8, u128),
}

#[derive(ShmSafe)]
#[repr(i8)]
enum Negative {
    Lowest = i8::MIN,
    Low = BASE,
    Next,
    Highest = i8::MAX,
}

#[derive(ShmSafe)]
#[repr(i64)]
enum NegativeData {
    Lowest(u8) = i64::MIN,
    Low { a: u32 } = BASE as i64 * 2,
    Next(u128),
    Highest = i64::MAX,
}

#[derive(ShmSafe)]
#[repr(u64)]
enum Largest {
    Zero(u8),
    Max = u64::MAX,
}

#[derive(ShmSafe)]
#[repr(u8)]
enum OneUnit {
    Only = u8::MAX,
}

/// The pattern of an only variant never looks at the tag.
#[derive(ShmSafe)]
#[repr(u16)]
enum OneData {
    Only(u32, u8) = 300,
}

#[derive(ShmSafe)]
#[repr(C, i8)]
enum OneNegative {
    Only { a: u64 } = -1,
}

#[derive(ShmSafe)]
#[repr(u8)]
enum OneEmpty {
    Only {} = 7,
}

#[derive(ShmSafe)]
#[repr(u8)]
enum Consts {
    A = (1 << 3) | 1,
    B(u8) = b'z',
    C = true as u8 + 2,
    D(u8) = {
        const A: u8 = 20;
        A
    },
}

#[derive(ShmSafe)]
#[repr(C, u8)]
enum Holder {
    None,
    State(MixedU8<u16>),
    Then { at: ShmInstant, what: ShmOption<OneData> },
    Both([Negative; 3], NegativeData),
}

#[derive(ShmSafe)]
#[repr(C, align(32))]
struct AlignedEnum(DataU8);

#[derive(ShmSafe)]
#[repr(u8)]
enum AlignedData {
    Line(AlignedEnum),
    Nothing([AlignedEnum; 0]),
    Byte(u8),
}

#[derive(ShmSafe)]
#[repr(C, u8)]
enum CfgVariants {
    #[cfg(any())]
    Say(String),
    Hit(#[cfg(any())] String, #[cfg(unix)] u16),
    #[cfg(unix)]
    Idle = 4,
    #[cfg(not(unix))]
    Gone = 4,
    Move {
        #[cfg(any())]
        by: &'static u8,
        to: u32,
    },
}

#[derive(ShmSafe)]
#[repr(u8)]
enum HugeVariant {
    Small(u8),
    Huge([u64; 1 << 27]),
}

#[derive(ShmSafe)]
#[repr(C, u8)]
#[shm(id = "game.Event")]
enum Marked {
    Idle,
    Taken {
        by: u32,
        #[shm(transient)]
        ping: u16,
    },
    Said(#[shm(renamed_from = "1")] u8, #[shm(reserved)] [u8; 3]),
}

pub(super) fn types() -> Vec<super::Entry> {
    let mut all = unit_of_every_repr();
    all.extend(data_of_every_repr());
    all.extend(entries![
        DataC<u8>,
        DataC<u64>,
        Negative,
        NegativeData,
        Largest,
        OneUnit,
        OneData,
        OneNegative,
        OneEmpty,
        Consts,
        Holder,
        AlignedEnum,
        AlignedData,
        CfgVariants,
        HugeVariant,
        Marked,
    ]);
    all
}
