//! Programs: what the fast pass has to look at in the bytes of a type.
//!
//! A program is made from the descriptor at run time, once per check and distinct type, so it costs neither
//! compile time nor a byte of the executable. Structs dissolve into rules at offsets, plain parts vanish,
//! neighbours under the same rule become one run, arrays stay loops.
//!
//! ```text
//! Player { id: u64, name: StaticString<36>, alive: bool, online: bool, class: Class, target: ShmOption<bool> }
//!   container  at 8                StaticString::check
//!   each       at 48, 2 × 1 byte   at most 1
//!   each       at 50, 1 × 1 byte   at most 3
//!   enum       at 51, tag 1 byte   0: nothing; 1: each at 52, 1 × 1 byte, at most 1
//! ```

use crate::layout::{FieldDesc, Kind, Prim, TypeDesc, VariantDesc};

/// What a number has to be. `width` is its size in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Test {
    /// `bool`, and tags of enums that count from 0.
    AtMost { width: usize, max: u64 },
    /// Tags with gaps, sorted.
    OneOf { width: usize, values: Box<[u128]> },
    /// A Unicode scalar value.
    Char,
    /// Anything but 0.
    NonZero { width: usize },
}

impl Test {
    fn width(&self) -> usize {
        match self {
            Self::AtMost { width, .. } | Self::OneOf { width, .. } | Self::NonZero { width } => *width,
            Self::Char => 4,
        }
    }

    fn of_scalar(prim: Prim, non_zero: bool) -> Option<Self> {
        match prim {
            Prim::Bool => Some(Self::AtMost { width: 1, max: 1 }),
            Prim::Char => Some(Self::Char),
            _ if non_zero => Some(Self::NonZero { width: prim.size() as usize }),
            _ => None,
        }
    }

    fn of_tag(tag: Prim, sorted: Vec<u128>) -> Self {
        let width = tag.size() as usize;
        if width <= 8 && !sorted.is_empty() && counts_from_0(&sorted) {
            return Self::AtMost { width, max: sorted.len() as u64 - 1 };
        }
        Self::OneOf { width, values: sorted.into() }
    }
}

/// A test of `len` numbers, `stride` bytes apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) at: usize,
    pub(super) stride: usize,
    pub(super) len: usize,
    pub(super) test: Test,
}

/// One step of a program; `at` counts from the start of the program's type.
#[derive(Debug)]
pub(super) enum Op {
    Each(Rule),
    /// A tag that decides what else there is. `tags` is sorted and as long as `bodies`, or empty where the
    /// tags count from 0.
    Enum {
        at: usize,
        tag: Prim,
        tags: Box<[u128]>,
        bodies: Box<[Program]>,
    },
    /// `len` times the same, `stride` bytes apart.
    Array {
        at: usize,
        stride: usize,
        len: usize,
        body: Program,
    },
    Container {
        at: usize,
        check: unsafe fn(at: *const u8, check: &mut super::Checker),
    },
}

/// What there is to check in a type. Invariant: each place lies within the type.
#[derive(Debug, Default)]
pub(super) struct Program {
    pub(super) ops: Vec<Op>,
}

impl Program {
    pub(super) fn of(ty: &TypeDesc) -> Self {
        let mut program = Self::default();
        program.value(ty, 0);
        program
    }

    /// Whether all of it are rules of one number each.
    pub(super) fn is_flat(&self) -> bool {
        self.ops.iter().all(|op| matches!(op, Op::Each(rule) if rule.len == 1))
    }

    fn value(&mut self, ty: &TypeDesc, at: usize) {
        if ty.plain || ty.size == 0 {
            return;
        }
        match ty.kind {
            Kind::Scalar { prim, non_zero } => {
                if let Some(test) = Test::of_scalar(prim, non_zero) {
                    self.rule(Rule { at, stride: test.width(), len: 1, test });
                }
            }
            Kind::Array { elem, len } => self.array(elem, at, len as usize),
            Kind::Struct { fields } => self.fields(fields, at),
            Kind::Enum { tag, variants } => self.enumeration(tag, variants, at),
            Kind::Container { ops, .. } => self.ops.push(Op::Container { at, check: ops.check }),
            Kind::Handle { .. } => {}
        }
    }

    fn fields(&mut self, fields: &[FieldDesc], at: usize) {
        for field in fields {
            self.value(field.ty, at + field.offset as usize);
        }
    }

    /// Adds a rule, or lengthens the one before it.
    fn rule(&mut self, rule: Rule) {
        if let Some(Op::Each(last)) = self.ops.last_mut() {
            let dense = last.stride == last.test.width() && rule.stride == last.stride;
            if dense && last.test == rule.test && last.at + last.len * last.stride == rule.at {
                last.len += rule.len;
                return;
            }
        }
        self.ops.push(Op::Each(rule));
    }

    fn array(&mut self, elem: &TypeDesc, at: usize, len: usize) {
        let (body, stride) = (Self::of(elem), elem.size as usize);
        match &body.ops[..] {
            [] => {}
            // The elements are nothing but such numbers: one long run.
            [Op::Each(Rule { at: 0, stride: width, len: inner, test })] if width * inner == stride => {
                self.rule(Rule { at, stride: *width, len: inner * len, test: test.clone() });
            }
            _ if len > 0 => self.ops.push(Op::Array { at, stride, len, body }),
            _ => {}
        }
    }

    fn enumeration(&mut self, tag: Prim, variants: &[VariantDesc], at: usize) {
        let bits_mask = u128::MAX >> (128 - 8 * tag.size());
        let mut bodies: Vec<(u128, Program)> = variants
            .iter()
            .map(|variant| {
                let mut body = Self::default();
                body.fields(variant.fields, at);
                (variant.discriminant as u128 & bits_mask, body)
            })
            .collect();
        bodies.sort_by_key(|(tag, _)| *tag);
        let (tags, bodies): (Vec<u128>, Vec<Program>) = bodies.into_iter().unzip();
        if bodies.iter().all(|body| body.ops.is_empty()) {
            let test = Test::of_tag(tag, tags);
            return self.rule(Rule { at, stride: test.width(), len: 1, test });
        }
        let tags = if counts_from_0(&tags) { Box::default() } else { tags.into() };
        self.ops.push(Op::Enum { at, tag, tags, bodies: bodies.into() });
    }
}

fn counts_from_0(sorted: &[u128]) -> bool {
    sorted.iter().zip(0..).all(|(tag, position)| *tag == position)
}
