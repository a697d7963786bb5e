//! Every accepted type and the example's whole state, as described and as rustc laid them out.
#![forbid(unsafe_code)]

use std::path::Path;

use layout_tests::dwarf::Types;
use layout_tests::oracle::Comparison;
use resume_core::ShmSafe;
use resume_core::layout::{FieldDesc, Ident, Kind, Prim, TypeDesc, VariantDesc};
use scene_server::state::SceneServer;

/// Not inlined: its instance keeps the type in the debug information.
#[inline(never)]
fn entry<T: ShmSafe>() -> (&'static str, &'static TypeDesc) {
    (core::any::type_name::<T>(), T::DESC)
}

fn this_executable() -> Types {
    match Types::of(Path::new("/proc/self/exe")) {
        Ok(types) => types,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn descriptors_agree_with_debug_information() {
    let dwarf = this_executable();
    let mut comparison = Comparison::default();
    let accepted = ui_tests::accepted::all();
    for (path, desc) in accepted.iter().copied().chain([entry::<SceneServer>()]) {
        comparison.compare(&dwarf, path, desc);
    }
    println!("roots={} {comparison}", accepted.len() + 1);
    assert!(comparison.differences.is_empty(), "{comparison}");
    assert!(comparison.types() > accepted.len() && comparison.fields() > 2 * accepted.len(), "{comparison}");
}

#[derive(ShmSafe)]
#[repr(C)]
struct Sample {
    small: u8,
    wide: u64,
    many: [u16; 3],
    choice: Choice,
    flag: bool,
}

#[derive(ShmSafe)]
#[repr(C, u8)]
#[allow(dead_code, reason = "described, never built")]
enum Choice {
    Empty,
    Pair(u8, u32) = 4,
}

const fn field(name: &'static str, offset: u64, ty: &'static TypeDesc) -> FieldDesc {
    FieldDesc { name, offset, ty }
}

const ID: &Ident = &Ident::new("Sample", &[]);
const fn sample(fields: &'static [FieldDesc], size: usize, align: usize) -> TypeDesc {
    TypeDesc::new(ID, Kind::Struct { fields }, size, align)
}
const fn choice(tag: Prim, variants: &'static [VariantDesc]) -> TypeDesc {
    const ID: &Ident = &Ident::new("Choice", &[]);
    TypeDesc::new(ID, Kind::Enum { tag, variants }, 12, 4)
}
const fn variant(name: &'static str, discriminant: i128, fields: &'static [FieldDesc]) -> VariantDesc {
    VariantDesc { name, discriminant, fields }
}

const EMPTY: VariantDesc = variant("Empty", 0, &[]);
const PAIR: &[FieldDesc] = &[field("0", 4, u8::DESC), field("1", 8, u32::DESC)];
const GOOD: &TypeDesc = &choice(Prim::U8, &[EMPTY, variant("Pair", 4, PAIR)]);
const MANY: &TypeDesc = <[u16; 3]>::DESC;

/// The fields of `Sample`, each of which may be given wrongly.
macro_rules! sample {
    ($($name:literal $offset:literal $ty:expr),*; $size:literal $align:literal) => {{
        static DESC: TypeDesc = sample(&[$(field($name, $offset, $ty)),*], $size, $align);
        &DESC
    }};
}

/// A `Sample` around a wrong `Choice`.
macro_rules! with_choice {
    ($tag:ident, $($variant:expr),*) => {{
        const CHOICE: &TypeDesc = &choice(Prim::$tag, &[$($variant),*]);
        sample!("small" 0 u8::DESC, "wide" 8 u64::DESC, "many" 16 MANY, "choice" 24 CHOICE, "flag" 36 bool::DESC; 40 8)
    }};
}

#[test]
fn a_wrong_descriptor_is_reported() {
    let dwarf = this_executable();
    let (path, _) = entry::<Sample>();
    let differences = |path: &str, desc: &'static TypeDesc| {
        let mut comparison = Comparison::default();
        comparison.compare(&dwarf, path, desc);
        comparison.differences
    };
    let right: &TypeDesc = sample!("small" 0 u8::DESC, "wide" 8 u64::DESC, "many" 16 MANY, "choice" 24 GOOD, "flag" 36 bool::DESC; 40 8);
    assert_eq!(differences(path, right), [""; 0]);
    assert_eq!(differences(path, Sample::DESC), [""; 0]);

    let wrong: [(&str, &'static TypeDesc); 17] = [
        (
            "offset",
            sample!("small" 1 u8::DESC, "wide" 8 u64::DESC, "many" 16 MANY, "choice" 24 GOOD, "flag" 36 bool::DESC; 40 8),
        ),
        (
            "size",
            sample!("small" 0 u8::DESC, "wide" 8 u64::DESC, "many" 16 MANY, "choice" 24 GOOD, "flag" 36 bool::DESC; 48 8),
        ),
        (
            "align",
            sample!("small" 0 u8::DESC, "wide" 8 u64::DESC, "many" 16 MANY, "choice" 24 GOOD, "flag" 36 bool::DESC; 40 16),
        ),
        (
            "fields",
            sample!("tiny" 0 u8::DESC, "wide" 8 u64::DESC, "many" 16 MANY, "choice" 24 GOOD, "flag" 36 bool::DESC; 40 8),
        ),
        ("fields", sample!("small" 0 u8::DESC, "wide" 8 u64::DESC, "many" 16 MANY, "choice" 24 GOOD; 40 8)),
        (
            "fields",
            sample!("wide" 8 u64::DESC, "small" 0 u8::DESC, "many" 16 MANY, "choice" 24 GOOD, "flag" 36 bool::DESC; 40 8),
        ),
        (
            "number",
            sample!("small" 0 i8::DESC, "wide" 8 u64::DESC, "many" 16 MANY, "choice" 24 GOOD, "flag" 36 bool::DESC; 40 8),
        ),
        (
            "number",
            sample!("small" 0 u8::DESC, "wide" 8 f64::DESC, "many" 16 MANY, "choice" 24 GOOD, "flag" 36 bool::DESC; 40 8),
        ),
        (
            "number",
            sample!("small" 0 u8::DESC, "wide" 8 u64::DESC, "many" 16 MANY, "choice" 24 GOOD, "flag" 36 u8::DESC; 40 8),
        ),
        (
            "non-zero",
            sample!("small" 0 core::num::NonZeroU8::DESC, "wide" 8 u64::DESC, "many" 16 MANY, "choice" 24 GOOD, "flag" 36 bool::DESC; 40 8),
        ),
        (
            "length",
            sample!("small" 0 u8::DESC, "wide" 8 u64::DESC, "many" 16 <[u16; 4]>::DESC, "choice" 24 GOOD, "flag" 36 bool::DESC; 40 8),
        ),
        (
            "shape",
            sample!("small" 0 u8::DESC, "wide" 8 u64::DESC, "many" 16 GOOD, "choice" 24 GOOD, "flag" 36 bool::DESC; 40 8),
        ),
        ("variants", with_choice!(U8, EMPTY, variant("Pair", 5, PAIR))),
        ("variants", with_choice!(U8, EMPTY, variant("Twin", 4, PAIR))),
        ("variants", with_choice!(U8, EMPTY)),
        ("size of the tag", with_choice!(U32, EMPTY, variant("Pair", 4, PAIR))),
        (
            "offset",
            with_choice!(U8, EMPTY, variant("Pair", 4, &[field("0", 1, u8::DESC), field("1", 8, u32::DESC)])),
        ),
    ];
    for (what, desc) in wrong {
        let found = differences(path, desc);
        assert!(found.iter().any(|text| text.contains(what)), "{what}: {found:#?}");
    }
    let missing = differences("layout_tests::NoSuchType", Sample::DESC);
    assert!(missing.len() == 1 && missing[0].contains("not in the debug information"), "{missing:?}");
}
