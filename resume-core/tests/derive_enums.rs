//! The descriptors of derived enums, against the offsets of a value in memory.
use resume_core::ShmSafe;
use resume_core::layout::{Kind, Prim, TypeDesc, VariantDesc};

fn variants(desc: &'static TypeDesc) -> (Prim, &'static [VariantDesc]) {
    match desc.kind {
        Kind::Enum { tag, variants } => (tag, variants),
        _ => panic!("{} is no enum", desc.id),
    }
}

/// Variant names, discriminants and field offsets.
type Shape = Vec<(&'static str, i128, Vec<(&'static str, usize)>)>;

fn shape(desc: &'static TypeDesc) -> Shape {
    let fields = |v: &VariantDesc| v.fields.iter().map(|f| (f.name, f.offset as usize)).collect();
    variants(desc).1.iter().map(|v| (v.name, v.discriminant, fields(v))).collect()
}

/// Where `part` lies within `whole`.
fn offset<W, P>(whole: &W, part: &P) -> usize {
    std::ptr::from_ref(part).addr() - std::ptr::from_ref(whole).addr()
}

const BASE: i8 = -3;

#[derive(ShmSafe, Clone, Copy)]
#[repr(i8)]
enum Signed {
    Low = BASE,
    Next,
    High = 100,
}

#[derive(ShmSafe, Clone, Copy)]
#[repr(C)]
enum CInt {
    Zero,
    One,
}

#[test]
fn unit_enums_have_their_discriminants_and_tag() {
    assert_eq!(variants(Signed::DESC).0, Prim::I8);
    assert_eq!(shape(Signed::DESC), [("Low", -3, vec![]), ("Next", -2, vec![]), ("High", 100, vec![])]);
    assert_eq!((Signed::Low as i8, Signed::Next as i8, Signed::High as i8), (-3, -2, 100));
    assert!(!Signed::DESC.zero_valid, "0 is no variant");
    assert_eq!(variants(CInt::DESC).0, Prim::I32);
    assert_eq!((CInt::Zero as i32, CInt::One as i32, CInt::DESC.size), (0, 1, 4));
    assert!(CInt::DESC.zero_valid);
}

macro_rules! event {
    ($name:ident, [$first:literal $($discriminant:tt)*], $($repr:tt)*) => {
        #[derive(ShmSafe)]
        #[repr($($repr)*)]
        enum $name<T> {
            Idle,
            Hit { by: u8, amount: T, at: u16 } $($discriminant)*,
            Say(u8, [u16; 3]),
            Big(u8, T, u8),
        }

        impl<T: Copy + ShmSafe> $name<T> {
            fn check(value: T) {
                let hit = Self::Hit { by: 1, amount: value, at: 2 };
                let say = Self::Say(1, [2; 3]);
                let big = Self::Big(1, value, 2);
                let (Self::Hit { by, amount, at }, Self::Say(a, b), Self::Big(x, y, z)) = (&hit, &say, &big) else {
                    unreachable!("built above")
                };
                let expected: Shape = vec![
                    ("Idle", 0, vec![]),
                    (
                        "Hit",
                        $first,
                        vec![("by", offset(&hit, by)), ("amount", offset(&hit, amount)), ("at", offset(&hit, at))],
                    ),
                    ("Say", $first + 1, vec![("0", offset(&say, a)), ("1", offset(&say, b))]),
                    ("Big", $first + 2, vec![("0", offset(&big, x)), ("1", offset(&big, y)), ("2", offset(&big, z))]),
                ];
                assert_eq!(shape(Self::DESC), expected, "{}", Self::ID);
                assert_eq!(Self::DESC.size as usize, size_of::<Self>(), "{}", Self::ID);
                assert_eq!(Self::DESC.align as usize, align_of::<Self>(), "{}", Self::ID);
                let _ = Self::Idle;
            }
        }
    };
}

event!(ReprU8, [7 = 7], u8);
event!(ReprI64, [-5 = -5], i64);
event!(ReprC, [1], C);
event!(ReprCU8, [7 = 7], C, u8);
event!(ReprU16C, [0x1000 = 0x1000], u16, C);
event!(ReprCU64, [7 = 3 + 4], C, u64);

#[test]
fn data_enums_of_every_repr_have_their_real_offsets() {
    macro_rules! check {
        ($($value:expr),*) => {$(
            ReprU8::check($value);
            ReprI64::check($value);
            ReprC::check($value);
            ReprCU8::check($value);
            ReprU16C::check($value);
            ReprCU64::check($value);
        )*};
    }
    check!(1_u8, 1_u16, 1_u32, 1_u64, 1_u128, (), [1_u32; 5]);
}
