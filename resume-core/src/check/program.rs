//! Programs: what the fast pass has to look at in the bytes of a type.
//!
//! A program is made from the descriptor at run time, once per check and distinct type, so it costs neither
//! compile time nor a byte of the executable. Structs dissolve into places, plain parts vanish, arrays stay
//! loops. Single bytes (bools and most tags are such) are gathered, eight neighbours into one [`Window`].
//!
//! ```text
//! Player { id: u64, name: StaticString<36>, alive: bool, online: bool, class: Class, target: ShmOption<bool>, … }
//!   window     at 48               byte 0: at most 1, byte 1: at most 1, byte 2: at most 3, the rest: anything
//!   container  at 8                StaticString::check
//!   enum       at 51, tag 1 byte   0: nothing; 1: window at 52, byte 0: at most 1
//! ```

use super::checked_fields;
use crate::layout::{FieldDesc, Kind, Prim, TypeDesc, VariantDesc};

/// How much of an array is gone through rule by rule: it has to stay in the first-level cache meanwhile.
const BLOCK_BYTES: usize = 8 * 1024;

/// What a number has to be. `width` is its size in bytes.
#[derive(Debug, Clone)]
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
    pub(super) fn width(&self) -> usize {
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

/// A test of `len` numbers in a row.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) at: usize,
    pub(super) len: usize,
    pub(super) test: Test,
}

/// Tests of single bytes, eight at once: byte `i` of the word at `at` is to be at most some maximum below 128.
///
/// `add` has 127 - maximum in that byte, so that with a larger one the sum reaches the byte's top bit, and
/// `tops` has the top bit of each byte that is tested.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Window {
    pub(super) at: usize,
    pub(super) add: u64,
    pub(super) tops: u64,
}

impl Window {
    pub(super) const BYTES: usize = 8;

    /// 0 where the bytes pass, in the order of [`u64::from_le_bytes`]. Sums stay within their bytes: their top
    /// bits are taken out before, and brought back after.
    #[inline]
    pub(super) fn broken(self, word: u64) -> u64 {
        const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
        (((word & LOW) + self.add) | word) & self.tops
    }

    pub(super) fn add(&mut self, at: usize, max: u8) {
        let shift = 8 * (at - self.at);
        self.add |= u64::from(127 - max) << shift;
        self.tops |= 0x80 << shift;
    }
}

/// One step of a program; `at` counts from the start of the program's type.
#[derive(Debug)]
pub(super) enum Op {
    Window(Window),
    Each(Rule),
    /// A tag that decides what else there is. `tags` is sorted and as long as `bodies`, or empty where the
    /// tags count from 0.
    Enum {
        at: usize,
        width: usize,
        tags: Box<[u128]>,
        bodies: Box<[Program]>,
    },
    /// `len` times the same, `stride` bytes apart; `zero_valid` when zero bytes need no look.
    Array {
        at: usize,
        stride: usize,
        len: usize,
        body: Program,
        zero_valid: bool,
    },
    Container {
        at: usize,
        check: unsafe fn(at: *const u8, check: &mut super::Checker),
    },
}

/// What there is to check in a type.
///
/// # Invariants
/// Each place, and each window as a whole, lies within the type.
#[derive(Debug, Default)]
pub(super) struct Program {
    pub(super) ops: Vec<Op>,
    /// Where all ops are tests of one window or number: an array of the type is gone through rule by rule,
    /// so many elements at a time. 0 where it has to be element by element.
    pub(super) block: usize,
}

impl Program {
    pub(super) fn of(ty: &TypeDesc) -> Self {
        let mut draft = Draft { size: ty.size as usize, ..Draft::default() };
        draft.value(ty, 0);
        draft.finish()
    }

    /// The test of an element that is one number and nothing else.
    fn number(&self, size: usize) -> Option<&Test> {
        match &self.ops[..] {
            [Op::Each(Rule { at: 0, len: 1, test })] if test.width() == size => Some(test),
            _ => None,
        }
    }
}

/// A program that is being made, for a type of `size` bytes.
#[derive(Default)]
struct Draft {
    size: usize,
    /// Bytes and their maximum, below 128.
    bytes: Vec<(usize, u8)>,
    ops: Vec<Op>,
}

impl Draft {
    fn value(&mut self, ty: &TypeDesc, at: usize) {
        if ty.plain || ty.size == 0 {
            return;
        }
        match ty.kind {
            Kind::Scalar { prim, non_zero } => {
                if let Some(test) = Test::of_scalar(prim, non_zero) {
                    self.numbers(Rule { at, len: 1, test });
                }
            }
            Kind::Array { elem, len } => self.array(elem, at, len as usize),
            Kind::Struct { fields } => self.fields((ty, 0), fields, at),
            Kind::Enum { tag, variants } => self.enumeration(ty, tag, variants, at),
            Kind::Container { ops, .. } => self.ops.push(Op::Container { at, check: ops.check }),
            Kind::Handle { .. } => {}
        }
    }

    fn fields(&mut self, owner: (&TypeDesc, usize), fields: &'static [FieldDesc], at: usize) {
        for field in checked_fields(owner, fields) {
            self.value(field.ty, at + field.offset as usize);
        }
    }

    fn numbers(&mut self, rule: Rule) {
        match rule.test {
            Test::AtMost { width: 1, max } if max < 128 && rule.len <= Window::BYTES => {
                self.bytes.extend((rule.at..rule.at + rule.len).map(|at| (at, max as u8)));
            }
            _ => self.ops.push(Op::Each(rule)),
        }
    }

    fn array(&mut self, elem: &TypeDesc, at: usize, len: usize) {
        let (body, stride) = (Program::of(elem), elem.size as usize);
        if let Some(test) = body.number(stride) {
            self.numbers(Rule { at, len, test: test.clone() });
        } else if !body.ops.is_empty() {
            self.ops.push(Op::Array { at, stride, len, body, zero_valid: elem.zero_valid });
        }
    }

    fn enumeration(&mut self, ty: &TypeDesc, tag: Prim, variants: &'static [VariantDesc], at: usize) {
        let mask = u128::MAX >> (128 - 8 * tag.size());
        let mut bodies: Vec<(u128, Program)> = variants
            .iter()
            .enumerate()
            .map(|(i, variant)| {
                let mut body = Self { size: self.size, ..Self::default() };
                body.fields((ty, i), variant.fields, at);
                (variant.discriminant as u128 & mask, body.finish())
            })
            .collect();
        bodies.sort_by_key(|(tag, _)| *tag);
        let (tags, bodies): (Vec<u128>, Vec<Program>) = bodies.into_iter().unzip();
        if bodies.iter().all(|body| body.ops.is_empty()) {
            return self.numbers(Rule { at, len: 1, test: Test::of_tag(tag, tags) });
        }
        let tags = if counts_from_0(&tags) { Box::default() } else { tags.into() };
        self.ops.push(Op::Enum { at, width: tag.size() as usize, tags, bodies: bodies.into() });
    }

    /// Gathers the bytes into windows.
    fn finish(mut self) -> Program {
        self.bytes.sort_unstable();
        let mut ops: Vec<Op> = Vec::new();
        for (at, max) in self.bytes {
            if self.size < Window::BYTES {
                let test = Test::AtMost { width: 1, max: max.into() };
                ops.push(Op::Each(Rule { at, len: 1, test }));
                continue;
            }
            match ops.last_mut() {
                Some(Op::Window(window)) if at < window.at + Window::BYTES => window.add(at, max),
                _ => {
                    let mut window = Window { at: at.min(self.size - Window::BYTES), ..Window::default() };
                    window.add(at, max);
                    ops.push(Op::Window(window));
                }
            }
        }
        ops.append(&mut self.ops);
        let is_flat = ops.iter().all(|op| matches!(op, Op::Window(_) | Op::Each(Rule { len: 1, .. })));
        let block = if is_flat { (BLOCK_BYTES / self.size.max(1)).max(1) } else { 0 };
        Program { ops, block }
    }
}

fn counts_from_0(sorted: &[u128]) -> bool {
    sorted.iter().zip(0..).all(|(tag, position)| *tag == position)
}
