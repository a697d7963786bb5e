//! The fast pass: runs programs over bytes.
//!
//! Tests of a run of numbers have no branch per number, so that the compiler makes vector code of them.

use super::Checker;
use super::program::{Op, Program, Rule, Test};
use super::read_prim;
use crate::layout::TypeDesc;

/// How much of an array is gone through rule by rule: it has to stay in the first-level cache meanwhile.
const BLOCK_BYTES: usize = 8 * 1024;

impl Checker {
    /// # Safety
    /// As [`Checker::value`].
    pub(super) unsafe fn fast(&mut self, ty: &'static TypeDesc, at: *const u8) {
        if ty.plain {
            return;
        }
        let program = self.program(ty);
        // SAFETY: forwarded; the program is that of the type.
        unsafe { self.run(&program, at) };
    }

    /// Each of `elements`, up to the first that is broken.
    ///
    /// # Safety
    /// As [`Checker::value`] for each of them.
    pub(super) unsafe fn run_each(
        &mut self,
        ty: &'static TypeDesc,
        elements: impl Iterator<Item = *const u8>,
    ) {
        let program = self.program(ty);
        for at in elements {
            // SAFETY: forwarded; the program is that of the type.
            unsafe { self.run(&program, at) };
            if self.broken {
                return;
            }
        }
    }

    /// Runs a program up to the first broken place.
    ///
    /// # Safety
    /// As [`Checker::value`], for the type of the program.
    unsafe fn run(&mut self, program: &Program, at: *const u8) {
        for op in &program.ops {
            match op {
                // SAFETY: the rule's numbers lie within the type (invariant of a program), aligned by its
                // layout; the caller vouches for its bytes.
                Op::Each(rule) => self.broken |= !unsafe { rule.passes(at, rule.stride, rule.len) },
                Op::Enum { at: offset, tag, tags, bodies } => {
                    // SAFETY: the tag lies within the type.
                    let bits = unsafe { read_prim(*tag, at.wrapping_add(*offset)) };
                    match body_of(bits, tags, bodies) {
                        // SAFETY: forwarded; places of a body count from the start of the same type.
                        Some(body) => unsafe { self.run(body, at) },
                        None => self.broken = true,
                    }
                }
                Op::Array { at: offset, stride, len, body } => {
                    // SAFETY: the array lies within the type.
                    unsafe { self.run_array(body, at.wrapping_add(*offset), *stride, *len) };
                }
                // SAFETY: the container lies within the type, and `check` is that of its descriptor.
                Op::Container { at: offset, check } => unsafe { check(at.wrapping_add(*offset), self) },
            }
            if self.broken {
                return;
            }
        }
    }

    /// Runs the program of the element over `len` elements that lie in a row.
    ///
    /// # Safety
    /// As [`Checker::value`] for each of them.
    pub(super) unsafe fn run_array(&mut self, body: &Program, first: *const u8, stride: usize, len: usize) {
        if !body.is_flat() {
            for index in 0..len {
                // SAFETY: forwarded.
                unsafe { self.run(body, first.wrapping_add(index * stride)) };
                if self.broken {
                    return;
                }
            }
            return;
        }
        let block = (BLOCK_BYTES / stride.max(1)).max(1);
        let mut start = 0;
        while start < len && !self.broken {
            let (at, count) = (first.wrapping_add(start * stride), block.min(len - start));
            for op in &body.ops {
                let Op::Each(rule) = op else { continue };
                // SAFETY: in each element the rule's one number lies within it, aligned; forwarded.
                self.broken |= !unsafe { rule.passes(at, stride, count) };
            }
            start += count;
        }
    }
}

#[inline]
fn body_of<'p>(bits: u128, tags: &[u128], bodies: &'p [Program]) -> Option<&'p Program> {
    let position = if tags.is_empty() { usize::try_from(bits).ok() } else { tags.binary_search(&bits).ok() };
    bodies.get(position?)
}

impl Rule {
    /// Whether `len` numbers from the rule's place on, `stride` bytes apart, pass its test.
    ///
    /// # Safety
    /// They are aligned and readable, and nobody writes them.
    #[inline]
    unsafe fn passes(&self, at: *const u8, stride: usize, len: usize) -> bool {
        let first = at.wrapping_add(self.at);
        match &self.test {
            Test::AtMost { width: 1, max } => {
                let max = *max as u8;
                // SAFETY: forwarded; the numbers are bytes.
                unsafe { every(first, stride, len, |byte: u8| byte <= max) }
            }
            // SAFETY: forwarded; a `char` is 4 bytes.
            Test::Char => unsafe { every(first, stride, len, is_char) },
            Test::AtMost { width, max } => {
                let max = u128::from(*max);
                // SAFETY: forwarded.
                unsafe { every_of(*width, first, stride, len, |number| number <= max) }
            }
            // SAFETY: forwarded.
            Test::NonZero { width } => unsafe { every_of(*width, first, stride, len, |number| number != 0) },
            Test::OneOf { width, values } => {
                // SAFETY: forwarded.
                unsafe { every_of(*width, first, stride, len, |number| values.binary_search(&number).is_ok()) }
            }
        }
    }
}

/// [`every`] for numbers of `width` bytes.
///
/// # Safety
/// As there; `width` is 1, 2, 4, 8 or 16.
unsafe fn every_of(
    width: usize,
    first: *const u8,
    stride: usize,
    len: usize,
    good: impl Fn(u128) -> bool,
) -> bool {
    match width {
        // SAFETY: forwarded.
        1 => unsafe { every(first, stride, len, |number: u8| good(number.into())) },
        // SAFETY: forwarded.
        2 => unsafe { every(first, stride, len, |number: u16| good(number.into())) },
        // SAFETY: forwarded.
        4 => unsafe { every(first, stride, len, |number: u32| good(number.into())) },
        // SAFETY: forwarded.
        8 => unsafe { every(first, stride, len, |number: u64| good(number.into())) },
        // SAFETY: forwarded.
        _ => unsafe { every(first, stride, len, good) },
    }
}

/// Whether all of `len` numbers, `stride` bytes apart, are good.
///
/// # Safety
/// `W` is an unsigned integer; the numbers are aligned and readable, and nobody writes them meanwhile.
#[inline]
unsafe fn every<W: Copy>(first: *const u8, stride: usize, len: usize, good: impl Fn(W) -> bool) -> bool {
    if stride == size_of::<W>() && len > 1 {
        // SAFETY: `len` numbers one behind the other, by the caller's promise; every pattern of their bits is
        // a valid `W`.
        let numbers = unsafe { core::slice::from_raw_parts(first.cast::<W>(), len) };
        return numbers.iter().fold(true, |all, number| all & good(*number));
    }
    let mut all = true;
    for index in 0..len {
        // SAFETY: the caller's promise.
        all &= good(unsafe { first.wrapping_add(index * stride).cast::<W>().read() });
    }
    all
}

/// Whether a number is a Unicode scalar value: below 0x110000 and no surrogate, in one comparison (the
/// surrogates go to the bottom, where the subtraction wraps).
#[inline]
fn is_char(number: u32) -> bool {
    (number ^ 0xd800).wrapping_sub(0x800) < 0x11_0000 - 0x800
}
