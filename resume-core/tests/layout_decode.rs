//! Records: what was written is read, and nothing else is believed.
//!
//! `RESUME_FUZZ_INPUTS` sets the number of inputs of each fuzz loop.
#[path = "support/random.rs"]
mod random;
#[path = "support/schema.rs"]
mod schema;

use random::Random;
use resume_core::ShmSafe;
use resume_core::layout::encode::{record, record_bytes};
use resume_core::layout::{
    Change, Class, ContainerOps, DecodeError, Draft, Field, FieldDesc, Ident, IdentArg, Kind, Layout, Marks,
    ModelError, Prim, Reason, Role, Shape, TypeDesc, VariantDesc, decode, diff, split,
};

/// Every kind of descriptor, nested.
mod desc {
    use super::*;

    const fn field(name: &'static str, offset: u64, ty: &'static TypeDesc) -> FieldDesc {
        FieldDesc { name, offset, ty }
    }

    const OPS: ContainerOps = ContainerOps { check: |_, _| {}, rebuild: |_, _| {} };
    const BUFF: &Ident = &Ident::new("Buff", &[]);
    static BUFF_DESC: TypeDesc = TypeDesc::c_struct(
        BUFF,
        &[field("kind", 0, <Option<core::num::NonZero<u16>>>::DESC), field("alive", 2, bool::DESC)],
        4,
        2,
    );
    static ARRAY: TypeDesc = TypeDesc::new(
        &Ident::new("[]", &[IdentArg::Type(BUFF), IdentArg::Const(3)]),
        Kind::Array { elem: &BUFF_DESC, len: 3 },
        12,
        2,
    );
    static VEC: TypeDesc = TypeDesc::new(
        &Ident::new("StaticVec", &[IdentArg::Type(BUFF), IdentArg::Const(3)]),
        Kind::Container {
            role: Role::Vec,
            capacity: 3,
            fields: &[field("len", 0, u64::DESC), field("items", 8, &ARRAY)],
            ops: &OPS,
        },
        24,
        8,
    );
    static STATE: TypeDesc = TypeDesc::new(
        &Ident::new("State", &[IdentArg::Const(-5)]),
        Kind::Enum {
            tag: Prim::I8,
            variants: &[
                VariantDesc { name: "Idle", discriminant: 0, fields: &[] },
                VariantDesc { name: "Cast", discriminant: -3, fields: &[field("0", 4, char::DESC)] },
            ],
        },
        8,
        4,
    );
    static HANDLE: TypeDesc =
        TypeDesc::new(&Ident::new("Handle", &[IdentArg::Type(BUFF)]), Kind::Handle { target: BUFF }, 8, 4);
    pub(crate) static ROOT: TypeDesc = TypeDesc::c_struct(
        &Ident::new("Root", &[]),
        &[
            field("buffs", 0, &VEC),
            field("state", 24, &STATE),
            field("target", 32, &HANDLE),
            field("id", 40, <core::num::NonZero<u64>>::DESC),
            field("cell", 48, <core::cell::Cell<f32>>::DESC),
            field("unit", 52, <()>::DESC),
        ],
        56,
        8,
    );
    pub(crate) const BYTES: usize = record_bytes(&ROOT);
    pub(crate) static RECORD: [u8; BYTES] = record::<BYTES>(&ROOT);
}

fn inputs() -> u64 {
    std::env::var("RESUME_FUZZ_INPUTS").map_or(100_000, |n| n.parse().expect("a number of inputs"))
}

#[test]
fn what_a_const_computed_is_recomputed_from_its_record() {
    let layout = decode(&desc::RECORD).unwrap();
    let root = layout.root();
    assert_eq!((root.layout, root.schema), (desc::ROOT.layout, desc::ROOT.schema));
    assert_eq!(
        (root.plain, root.zero_valid, root.rebuilds),
        (desc::ROOT.plain, desc::ROOT.zero_valid, desc::ROOT.rebuilds)
    );
    assert_eq!(layout.to_record(), desc::RECORD);
    assert!(diff(&layout, &layout).is_identical());
}

#[test]
fn several_records_are_taken_one_by_one() {
    let mut both = desc::RECORD.to_vec();
    both.extend(schema::layout("Other { x: u32 }").to_record());
    let (first, rest) = split(&both).unwrap();
    assert_eq!(first, desc::RECORD);
    assert_eq!(decode(rest).unwrap().root().name, "Other");
    assert!(matches!(decode(&both), Err(DecodeError::Length { .. })));
}

#[test]
fn every_truncation_and_every_flipped_bit_is_refused() {
    for end in 0..desc::BYTES {
        assert!(decode(&desc::RECORD[..end]).is_err(), "cut at {end}");
    }
    for bit in 0..desc::BYTES * 8 {
        let mut record = desc::RECORD;
        record[bit / 8] ^= 1 << (bit % 8);
        let error = decode(&record).expect_err("a flipped bit");
        assert!(!error.to_string().is_empty());
    }
}

#[test]
fn another_version_says_what_to_do() {
    let mut record = desc::RECORD;
    record[8] = 9;
    let error = decode(&record).unwrap_err();
    assert_eq!(error, DecodeError::Version { found: 9 });
    assert!(error.to_string().contains("expected layout record version 2, found 9"), "{error}");
    assert!(matches!(decode(b"\x7fELF"), Err(DecodeError::NotARecord { .. })));
}

/// Damage that hits numbers where they hurt: several bytes at once, edges, cuts, copies.
fn damage(random: &mut Random, bytes: &mut Vec<u8>) {
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len().max(1));
        match random.below(5) {
            0 => bytes.truncate(at),
            1 => bytes.iter_mut().skip(at).take(1).for_each(|b| *b ^= 1 << (at % 8)),
            2 => {
                let edge = random.edge().to_le_bytes();
                bytes.iter_mut().skip(at).zip(edge).take(1 + at % 8).for_each(|(b, e)| *b = e);
            }
            3 => {
                let from = random.below(bytes.len().max(1));
                let copied: Vec<u8> = bytes.iter().copied().skip(from).take(random.below(64)).collect();
                bytes.splice(at.min(bytes.len())..at.min(bytes.len()), copied);
            }
            _ => bytes.extend(random.next().to_le_bytes()),
        }
    }
    // A length that agrees lets the damage be seen further inside.
    if random.below(2) == 0 && bytes.len() >= 24 {
        let length = bytes.len() as u64;
        bytes[16..24].copy_from_slice(&length.to_le_bytes());
    }
}

#[test]
fn damaged_records_end_in_errors() {
    let real = [
        desc::RECORD.to_vec(),
        schema::layout("R { a: Pool<P, 9>, b: StaticMap<u64, S, 4> } P { h: Handle<P>, c: char } enum S: u8 { A, B { x: f64 } }")
            .to_record(),
    ];
    let mut random = Random::new(0x5eed);
    for input in 0..inputs() {
        let bytes = if input % 16 == 0 {
            (0..random.below(256)).map(|_| random.next() as u8).collect()
        } else {
            let mut bytes = real[random.below(real.len())].clone();
            damage(&mut random, &mut bytes);
            bytes
        };
        // What is still believed must be a record of which every byte is accounted for.
        if let Ok(layout) = decode(&bytes) {
            assert_eq!(layout.to_record(), bytes, "input {input}");
        }
    }
}

#[test]
fn impossible_models_end_in_errors_and_possible_ones_are_walked() {
    let base = schema::layout(
        "R { a: Pool<P, 9>, b: StaticMap<u64, S, 4>, c: [[V; 3]; 2], d: V } P { h: Handle<P>, c: char, v: V } \
         V { x: u8, y: Cell<u32>, reserved: [u8; 8] } enum S: u8 { A, B { x: f64, v: V } }",
    );
    let drafts: Vec<Draft> = base
        .types()
        .iter()
        .map(|t| Draft {
            name: t.name.clone(),
            renamed_from: t.renamed_from.clone(),
            shape: t.shape.clone(),
            size: t.size,
            align: t.align,
            claim: None,
        })
        .collect();
    let mut random = Random::new(0xd1ff);
    let mut possible = 0u64;
    for input in 0..inputs() / 4 {
        let mut changed = drafts.clone();
        for _ in 0..=random.below(4) {
            edit(&mut random, &mut changed);
        }
        let Ok(layout) = Layout::new(changed) else { continue };
        possible += 1;
        let record = layout.to_record();
        assert_eq!(decode(&record).as_ref(), Ok(&layout), "input {input}");
        let (there, back) = (diff(&base, &layout), diff(&layout, &base));
        let same = layout.root().layout == base.root().layout && layout.root().schema == base.root().schema;
        assert_eq!((there.is_identical(), back.is_identical()), (same, same), "input {input}: {there}");
        assert!(!format!("{there:#}{back:#}").is_empty());
        if there.class <= Class::Appended {
            let in_place = |c: &Change| !matches!(c.reason, Reason::FieldShifted | Reason::SizeChanged);
            assert!(there.consequences.iter().all(in_place), "input {input}: {there:#}");
            assert_eq!(layout.root().size, base.root().size, "input {input}");
        }
    }
    assert!(possible > inputs() / 100, "only {possible} models were possible");
}

/// One random edit of one random type.
fn edit(random: &mut Random, drafts: &mut [Draft]) {
    let types = drafts.len() + 1;
    let index = random.below(drafts.len());
    let draft = &mut drafts[index];
    match random.below(8) {
        0 => draft.size = random.edge(),
        1 => draft.align = 1 << random.below(8),
        2 => draft.name.push('2'),
        3 => draft.size = draft.size.wrapping_add(draft.align),
        _ => match &mut draft.shape {
            Shape::Scalar { prim, non_zero } => {
                *prim = Prim::from_number(1 + random.below(14) as u8).expect("a primitive");
                *non_zero = random.below(2) == 0;
                (draft.size, draft.align) = (prim.size(), prim.size());
            }
            Shape::Array { elem, len } => match random.below(2) {
                0 => *elem = random.below(types),
                _ => *len = random.edge(),
            },
            Shape::Handle { target } => target.push('2'),
            Shape::Container { capacity, fields, .. } => match random.below(2) {
                0 => *capacity = random.edge(),
                _ => edit_fields(random, fields, types),
            },
            Shape::Struct { fields } => edit_fields(random, fields, types),
            Shape::Enum { variants, .. } => match variants.len() {
                0 => {}
                n => {
                    let at = random.below(n);
                    match random.below(5) {
                        0 => variants[at].name.push('2'),
                        1 => variants[at].discriminant = i128::from(random.edge()),
                        2 => drop(variants.remove(at)),
                        3 => variants.swap(at, 0),
                        _ => edit_fields(random, &mut variants[at].fields, types),
                    }
                }
            },
            _ => {}
        },
    }
}

fn edit_fields(random: &mut Random, fields: &mut Vec<Field>, types: usize) {
    if fields.is_empty() {
        return;
    }
    let at = random.below(fields.len());
    match random.below(6) {
        0 => fields[at].name.push('2'),
        1 => fields[at].offset = random.edge(),
        2 => fields[at].ty = random.below(types),
        3 => drop(fields.remove(at)),
        4 => {
            let other = random.below(fields.len());
            let name = fields[other].name.clone();
            fields[other].name = std::mem::replace(&mut fields[at].name, name);
        }
        _ => fields[at].offset = fields[at].offset.wrapping_add(8),
    }
}

fn draft(name: &str, shape: Shape, size: u64, align: u64) -> Draft {
    Draft { name: name.into(), renamed_from: None, shape, size, align, claim: None }
}

#[test]
fn cycles_depth_and_strangers_are_told_apart() {
    let field = |name: &str, ty| Field { name: name.into(), offset: 0, ty, marks: Marks::default() };
    let structure = |ty| Shape::Struct { fields: vec![field("x", ty)] };
    let cycle = vec![draft("A", structure(1), 0, 1), draft("B", structure(0), 0, 1)];
    assert!(matches!(Layout::new(cycle), Err(ModelError::Cycle { .. })));
    let chain = |depth: usize| {
        let mut drafts: Vec<_> = (1..depth).map(|i| draft(&format!("T{i}"), structure(i), 0, 1)).collect();
        drafts.push(draft("End", Shape::Struct { fields: vec![] }, 0, 1));
        drafts
    };
    assert!(Layout::new(chain(256)).is_ok());
    assert!(matches!(Layout::new(chain(257)), Err(ModelError::TooDeep { .. })));
    assert!(matches!(Layout::new(chain(8000)), Err(ModelError::TooDeep { .. })));
    assert!(matches!(Layout::new(vec![draft("A", structure(7), 0, 1)]), Err(ModelError::NoSuchType { .. })));
    assert!(matches!(Layout::new(Vec::new()), Err(ModelError::NoTypes)));
    let overlap = vec![
        draft("A", Shape::Struct { fields: vec![field("x", 1), field("y", 1)] }, 4, 4),
        draft("u32", Shape::Scalar { prim: Prim::U32, non_zero: false }, 4, 4),
    ];
    let error = Layout::new(overlap).unwrap_err().to_string();
    assert!(error.contains("`y` at offset 0 overlaps what ends at offset 4"), "{error}");
}

#[test]
fn a_length_buys_no_memory() {
    // A root that says it has four billion fields, in 200 bytes.
    let mut record = schema::layout("Root { x: u32 }").to_record();
    let name_end = 56 + 68 + 4 + 4;
    record[name_end - 4..name_end].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(matches!(decode(&record), Err(DecodeError::Truncated { .. })), "{:?}", decode(&record));
}

#[test]
fn containers_that_multiply_at_every_level_end() {
    // 2^100 paths through containers, which are reported at each path as long as that is sane.
    let levels = 100;
    let forge = |last: Shape, size| {
        let mut drafts = Vec::new();
        for i in 0..levels {
            let array = 2 * i + 1;
            let fields = ["a", "b"]
                .map(|name| Field { name: name.into(), offset: 0, ty: array, marks: Marks::default() })
                .to_vec();
            let shape = Shape::Container { role: Role::Vec, capacity: 0, fields };
            drafts.push(draft(&format!("C{i}<C{}<X>>", i + 1), shape, 0, 8));
            drafts.push(draft(&format!("A{i}"), Shape::Array { elem: array + 1, len: 0 }, 0, 8));
        }
        drafts.push(draft(&format!("C{levels}<X>"), last, size, 8));
        for i in 0..levels {
            // The elements are found by the argument's name.
            drafts[2 * i].name = format!(
                "C{i}<{}>",
                if i + 1 == levels { format!("C{levels}<X>") } else { format!("D{}", i + 1) }
            );
        }
        for i in 1..levels {
            drafts[2 * i].name = format!("D{i}");
        }
        Layout::new(drafts).unwrap()
    };
    let (a, b) = (
        forge(Shape::Scalar { prim: Prim::U64, non_zero: false }, 8),
        forge(Shape::Handle { target: "X".into() }, 8),
    );
    let start = std::time::Instant::now();
    let diff = diff(&a, &b);
    assert!(!diff.is_identical());
    assert!(diff.to_string().lines().count() < 200);
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn ten_thousand_fields_take_a_tenth_of_a_second() {
    let fields = |seed: u64, count: usize| {
        let mut random = Random::new(seed);
        let names: Vec<_> =
            (0..count).map(|i| format!("field_{i}: u{}", [8, 16, 32, 64][random.below(4)])).collect();
        names
    };
    let old = fields(1, 10_000);
    let mut new = old.clone();
    new.swap(17, 9_000);
    new.remove(5_000);
    new.insert(3, "fresh: u64".into());
    new.rotate_left(1);
    let root = |fields: &[String]| schema::layout(&format!("Root {{ {} }}", fields.join(", ")));
    let (old, new) = (root(&old), root(&new));
    let found = diff(&old, &new);
    // The best of several: other processes share the machine.
    let timed = || {
        let start = std::time::Instant::now();
        std::hint::black_box(diff(&old, &new));
        start.elapsed()
    };
    let elapsed = (0..5).map(|_| timed()).min().expect("five runs");
    println!("10,000 fields: {elapsed:?}");
    let codes: Vec<_> = found.changes.iter().map(|c| c.reason.code()).collect();
    assert_eq!(codes.len(), 4, "{found}");
    // The goal is for optimised builds; an unoptimised one on a busy machine gets ten times as long.
    let limit_ms = if cfg!(debug_assertions) { 1000 } else { 100 };
    assert!(elapsed.as_millis() < limit_ms, "{elapsed:?}");
}
