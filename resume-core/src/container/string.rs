//! [`StaticString`]: a `String` of fixed capacity.
//!
//! Truth: `len` and the bytes below it, which are UTF-8. Nothing is derived.
//!
//! | operation | commits with | cost |
//! |---|---|---|
//! | push, push_str | the store of `len`, after the bytes | O(bytes) |
//! | pop, truncate, clear | the store of `len` | O(1) |
//! | assign | the undo log: the old bytes and `len` | O(bytes), 2 copies |
//!
//! A crash leaves the text of before or of after. An attach checks the length and the UTF-8. Inside a
//! transaction all bytes that are written are saved first.

use core::borrow::Borrow;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;
use core::mem::offset_of;
use core::ops::Deref;

use super::InsertError;
use crate::ShmSafe;
use crate::check::{Checker, Rebuild};
use crate::journal::{self, Span, Word, save_open};
use crate::layout::{ContainerOps, FieldDesc, Ident, IdentArg, Kind, Role, TypeDesc};
use crate::pool::Full;

/// UTF-8 text of up to `N` bytes. See the [module](self) for what a crash leaves.
///
/// ```
/// # use resume_core::container::StaticString;
/// let mut name = StaticString::<8>::try_from("Ada")?;
/// assert_eq!(name, "Ada");
/// assert!(name.push_str(" Lovelace").is_err());
/// # Ok::<(), resume_core::container::Full<&str>>(())
/// ```
#[repr(C)]
pub struct StaticString<const N: usize> {
    len: Word<u32>,
    bytes: [u8; N],
    _this_thread: PhantomData<*mut ()>,
}

impl<const N: usize> StaticString<N> {
    const CAPACITY_FITS: () = assert!(N <= u32::MAX as usize, "StaticString: N must fit 32 bits");

    /// An empty string, as all-zero bytes are too.
    pub const fn new() -> Self {
        const { Self::CAPACITY_FITS };
        Self { len: Word::new(0), bytes: [0; N], _this_thread: PhantomData }
    }

    /// Bytes of the text.
    #[inline]
    pub fn len(&self) -> usize {
        (self.len.get() as usize).min(N)
    }

    /// Whether the text is empty.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// `N`, in bytes.
    pub const fn capacity(&self) -> usize {
        N
    }

    /// The text.
    #[inline]
    pub fn as_str(&self) -> &str {
        // SAFETY: the bytes below `len` are UTF-8: every operation appends or keeps whole characters before
        // it stores `len`, and an attach checks them.
        unsafe { core::str::from_utf8_unchecked(&self.bytes[..self.len()]) }
    }

    #[inline]
    fn commit_len(&mut self, len: usize) {
        self.len.commit(len as u32);
    }

    /// Appends `text`, all of it or nothing, also on a crash.
    ///
    /// # Errors
    /// [`Full`] when it does not fit.
    #[inline]
    pub fn push_str<'t>(&mut self, text: &'t str) -> Result<(), Full<&'t str>> {
        let len = self.len();
        let Some(room) = self.bytes[len..].get(..text.len()) else { return Err(Full(text)) };
        save_open(|| [Span::slice(room), Span::of(&self.len)]);
        self.bytes[len..len + text.len()].copy_from_slice(text.as_bytes());
        self.commit_len(len + text.len());
        Ok(())
    }

    /// Appends a character. All or nothing on a crash.
    ///
    /// # Errors
    /// [`Full`] when it does not fit.
    #[inline]
    pub fn push(&mut self, c: char) -> Result<(), Full<char>> {
        let len = self.len();
        let Some(room) = self.bytes[len..].get_mut(..c.len_utf8()) else { return Err(Full(c)) };
        save_open(|| [Span::slice(room), Span::of(&self.len)]);
        c.encode_utf8(room);
        self.commit_len(len + c.len_utf8());
        Ok(())
    }

    /// Removes the last character. All or nothing on a crash.
    #[inline]
    pub fn pop(&mut self) -> Option<char> {
        let c = self.as_str().chars().next_back()?;
        save_open(|| [Span::of(&self.len)]);
        self.commit_len(self.len() - c.len_utf8());
        Some(c)
    }

    /// Keeps the first `len` bytes, or fewer where `len` is within a character. All or nothing on a crash.
    pub fn truncate(&mut self, len: usize) {
        if len < self.len() {
            let len = self.as_str().floor_char_boundary(len);
            save_open(|| [Span::of(&self.len)]);
            self.commit_len(len);
        }
    }

    /// Removes all text. All or nothing on a crash.
    #[inline]
    pub fn clear(&mut self) {
        save_open(|| [Span::of(&self.len)]);
        self.commit_len(0);
    }

    /// Replaces the text. All or nothing on a crash.
    ///
    /// # Errors
    /// The text does not fit, or the old bytes do not fit the journal.
    #[inline]
    pub fn assign<'t>(&mut self, text: &'t str) -> Result<(), InsertError<&'t str>> {
        let Some(place) = self.bytes.get(..text.len()) else { return Err(InsertError::Full(text)) };
        if self.is_empty() && !journal::open() {
            return self.push_str(text).map_err(InsertError::from);
        }
        // Bytes behind the text mean nothing, unless an open transaction cut them off.
        let place = if journal::open() { place } else { &place[..text.len().min(self.len())] };
        let op = journal::begin_fixed([Span::slice(place), Span::of(&self.len)])
            .map_err(|full| InsertError::JournalFull(text, full))?;
        self.bytes[..text.len()].copy_from_slice(text.as_bytes());
        self.commit_len(text.len());
        op.commit();
        Ok(())
    }

    /// # Safety
    /// As [`ContainerOps::check`].
    unsafe fn check(at: *const u8, check: &mut Checker) {
        // SAFETY: the caller vouches for the bytes, which nobody writes; a word and `u8` have no invalid
        // patterns, so a reference to the whole is sound.
        let string = unsafe { &*at.cast::<Self>() };
        let len = string.len.get() as usize;
        let Some(text) = string.bytes.get(..len) else {
            return check.problem(format_args!("expected at most {N} bytes of text, found {len}"));
        };
        if let Err(at) = core::str::from_utf8(text) {
            check.problem(format_args!("expected UTF-8, found none: {at}"));
        }
    }

    /// # Safety
    /// As [`ContainerOps::rebuild`].
    unsafe fn rebuild(_: *mut u8, _: &mut Rebuild) {}
}

impl<const N: usize> Default for StaticString<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> Clone for StaticString<N> {
    fn clone(&self) -> Self {
        Self { len: Word::new(self.len() as u32), bytes: self.bytes, _this_thread: PhantomData }
    }
}

impl<'t, const N: usize> TryFrom<&'t str> for StaticString<N> {
    type Error = Full<&'t str>;

    fn try_from(text: &'t str) -> Result<Self, Full<&'t str>> {
        let mut string = Self::new();
        string.push_str(text)?;
        Ok(string)
    }
}

impl<const N: usize> core::str::FromStr for StaticString<N> {
    type Err = Full<()>;

    fn from_str(text: &str) -> Result<Self, Full<()>> {
        Self::try_from(text).map_err(|_| Full(()))
    }
}

impl<const N: usize> fmt::Write for StaticString<N> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_str(text).map_err(|_| fmt::Error)
    }
}

impl<const N: usize> Deref for StaticString<N> {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl<const N: usize> AsRef<str> for StaticString<N> {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl<const N: usize> Borrow<str> for StaticString<N> {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl<const N: usize> fmt::Display for StaticString<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

impl<const N: usize> fmt::Debug for StaticString<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl<const N: usize, const M: usize> PartialEq<StaticString<M>> for StaticString<N> {
    fn eq(&self, other: &StaticString<M>) -> bool {
        self.as_str() == other.as_str()
    }
}

impl<const N: usize> PartialEq<str> for StaticString<N> {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl<const N: usize> PartialEq<&str> for StaticString<N> {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl<const N: usize> Eq for StaticString<N> {}

impl<const N: usize> PartialOrd for StaticString<N> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<const N: usize> Ord for StaticString<N> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl<const N: usize> Hash for StaticString<N> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

// SAFETY: `repr(C)` over a word and bytes; the fields and offsets are the real ones; length and UTF-8 are
// checked by `check`; no address and no drop glue.
unsafe impl<const N: usize> ShmSafe for StaticString<N> {
    const ID: &'static Ident = &Ident::new("StaticString", &[IdentArg::Const(N as i128)]);
    const DESC: &'static TypeDesc = &TypeDesc::new(
        Self::ID,
        Kind::Container {
            role: Role::String,
            capacity: {
                // Here, `cargo check` finds it in a derived owner; in `new` alone, only a build does.
                let () = Self::CAPACITY_FITS;
                N as u64
            },
            fields: &[
                FieldDesc { name: "len", offset: 0, ty: u32::DESC },
                FieldDesc {
                    name: "bytes",
                    offset: offset_of!(Self, bytes) as u64,
                    ty: <[u8; N] as ShmSafe>::DESC,
                },
            ],
            ops: &ContainerOps { check: Self::check, rebuild: Self::rebuild },
        },
        size_of::<Self>(),
        align_of::<Self>(),
    );
}
