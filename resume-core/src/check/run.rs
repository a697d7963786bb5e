//! The fast pass: runs programs over bytes.
//!
//! Loops over numbers have no branch per number, so that the compiler makes vector code of them.

use super::Checker;
use super::present::{pays, present_elements};
use super::program::{Op, Program, Rule, Test, Window};
use crate::layout::TypeDesc;

/// How much of the next element is asked for ahead.
const PREFETCH_BYTES_MAX: usize = 2 * 1024;

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
    #[inline]
    pub(super) unsafe fn run_each(
        &mut self,
        ty: &'static TypeDesc,
        mut elements: impl Iterator<Item = *const u8>,
    ) {
        let program = self.program(ty);
        if let [Op::Window(window)] = program.ops[..] {
            for at in elements {
                // SAFETY: the window lies within the element, which the caller vouches for.
                self.broken |= !unsafe { window.passes(at, 0, 1) };
            }
            return;
        }
        let mut next = elements.next();
        while let Some(at) = next {
            next = elements.next();
            if let Some(next) = next {
                prefetch(next, ty.size as usize);
            }
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
                // SAFETY: the window lies within the type (invariant of a program).
                Op::Window(window) => self.broken |= !unsafe { window.passes(at, 0, 1) },
                // SAFETY: the rule's numbers lie within the type.
                Op::Each(rule) => self.broken |= !unsafe { rule.passes(at, rule.width(), rule.len) },
                Op::Enum { at: offset, width, tags, bodies } => {
                    // SAFETY: the tag lies within the type.
                    let tag = unsafe { read(at.wrapping_add(*offset), *width) };
                    match body_of(tag, tags, bodies) {
                        // SAFETY: forwarded; places of a body count from the start of the same type.
                        Some(body) => unsafe { self.run(body, at) },
                        None => self.broken = true,
                    }
                }
                Op::Array { at: offset, stride, len, body, zero_valid } => {
                    let first = at.wrapping_add(*offset);
                    if !(*zero_valid && pays(stride * len)) {
                        // SAFETY: the array lies within the type.
                        unsafe { self.run_array(body, first, *stride, *len) };
                    } else {
                        for part in present_elements(first, *stride, *len) {
                            let first = first.wrapping_add(part.start * stride);
                            // SAFETY: a part of the array, which lies within the type.
                            unsafe { self.run_array(body, first, *stride, part.len()) };
                        }
                    }
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
        if body.block == 0 {
            for index in 0..len {
                // SAFETY: forwarded.
                unsafe { self.run(body, first.wrapping_add(index * stride)) };
                if self.broken {
                    return;
                }
            }
            return;
        }
        let mut start = 0;
        while start < len && !self.broken {
            let (at, count) = (first.wrapping_add(start * stride), body.block.min(len - start));
            for op in &body.ops {
                let passed = match op {
                    // SAFETY: in each element the window lies within it; forwarded.
                    Op::Window(window) => unsafe { window.passes(at, stride, count) },
                    // SAFETY: in each element the rule's one number lies within it; forwarded.
                    Op::Each(rule) => unsafe { rule.passes(at, stride, count) },
                    _ => false,
                };
                self.broken |= !passed;
            }
            start += count;
        }
    }
}

/// Asks for the bytes of an element that is checked next: what is read of it is too scattered for the
/// processor to guess, and waiting for it is half of the time of a large state.
#[inline]
fn prefetch(at: *const u8, bytes: usize) {
    #[cfg(target_arch = "x86_64")]
    for offset in (0..bytes.min(PREFETCH_BYTES_MAX)).step_by(64) {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: SSE is part of x86-64; a prefetch reads nothing that a program could see.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(at.wrapping_add(offset).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (at, bytes);
}

#[inline]
fn body_of<'p>(tag: u128, tags: &[u128], bodies: &'p [Program]) -> Option<&'p Program> {
    let position = if tags.is_empty() { usize::try_from(tag).ok() } else { tags.binary_search(&tag).ok() };
    bodies.get(position?)
}

impl Window {
    /// Whether the windows of `len` elements, `stride` bytes apart, pass.
    ///
    /// # Safety
    /// They are readable, and nobody writes them.
    #[inline]
    unsafe fn passes(self, at: *const u8, stride: usize, len: usize) -> bool {
        let first = at.wrapping_add(self.at);
        let broken_at = |offset: usize| {
            // SAFETY: the caller's promise; alignment is not needed.
            let word = unsafe { first.wrapping_add(offset).cast::<u64>().read_unaligned() };
            self.broken(u64::from_le(word))
        };
        // The same loop twice: with a known stride it becomes vector code.
        let broken = if stride == Self::BYTES {
            (0..len).fold(0, |broken, index| broken | broken_at(index * Self::BYTES))
        } else {
            (0..len).fold(0, |broken, index| broken | broken_at(index * stride))
        };
        broken == 0
    }
}

impl Rule {
    fn width(&self) -> usize {
        self.test.width()
    }

    /// Whether `len` numbers from the rule's place on, `stride` bytes apart, pass its test.
    ///
    /// # Safety
    /// They are readable, and nobody writes them.
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
                unsafe {
                    every_of(*width, first, stride, len, |number| values.binary_search(&number).is_ok())
                }
            }
        }
    }
}

/// [`every`] for numbers of `width` bytes.
///
/// # Safety
/// As there.
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
/// `W` is an unsigned integer; the numbers are readable, and nobody writes them meanwhile.
#[inline]
unsafe fn every<W: Copy>(first: *const u8, stride: usize, len: usize, good: impl Fn(W) -> bool) -> bool {
    let mut all = true;
    // Twice, as for windows.
    if stride == size_of::<W>() {
        for index in 0..len {
            // SAFETY: the caller's promise.
            all &= good(unsafe { first.cast::<W>().wrapping_add(index).read_unaligned() });
        }
    } else {
        for index in 0..len {
            // SAFETY: the caller's promise.
            all &= good(unsafe { first.wrapping_add(index * stride).cast::<W>().read_unaligned() });
        }
    }
    all
}

/// Reads a number of `width` bytes.
///
/// # Safety
/// It is readable.
#[inline]
unsafe fn read(at: *const u8, width: usize) -> u128 {
    match width {
        // SAFETY: forwarded.
        1 => unsafe { at.read() }.into(),
        // SAFETY: forwarded.
        2 => unsafe { at.cast::<u16>().read_unaligned() }.into(),
        // SAFETY: forwarded.
        4 => unsafe { at.cast::<u32>().read_unaligned() }.into(),
        // SAFETY: forwarded.
        8 => unsafe { at.cast::<u64>().read_unaligned() }.into(),
        // SAFETY: forwarded.
        _ => unsafe { at.cast::<u128>().read_unaligned() },
    }
}

/// Whether a number is a Unicode scalar value: below 0x110000 and no surrogate, in one comparison (the
/// surrogates go to the bottom, where the subtraction wraps).
#[inline]
fn is_char(number: u32) -> bool {
    (number ^ 0xd800).wrapping_sub(0x800) < 0x11_0000 - 0x800
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalar_values_are_told_to_the_last_number() {
        let edges = [0x7fff_ffff, 0x8000_0000, u32::MAX];
        for number in (0..0x11_2000).chain(edges) {
            assert_eq!(is_char(number), char::from_u32(number).is_some(), "{number:#x}");
        }
    }

    #[test]
    fn a_window_tells_each_byte_by_itself() {
        for (at, max) in (0..Window::BYTES).flat_map(|at| (0..128).map(move |max| (at, max))) {
            let mut window = Window::default();
            window.add(at, max);
            for byte in 0..=u8::MAX {
                for others in [0, 0x7f, 0x80, 0xff] {
                    let mut bytes = [others; Window::BYTES];
                    bytes[at] = byte;
                    let passes = window.broken(u64::from_le_bytes(bytes)) == 0;
                    assert_eq!(passes, byte <= max, "byte {at}: {byte}, at most {max}");
                }
            }
        }
    }
}
