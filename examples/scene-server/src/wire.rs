//! The bytes of the protocol: frames of a `u32` length and a body, numbers little-endian.
//!
//! What arrives is not trusted: a wrong tag, a short body or an endless frame is an error value.

use std::io::{self, Read};

/// The longest body.
const BODY_BYTES_MAX: usize = 8 * 1024;
const LENGTH_BYTES: usize = size_of::<u32>();

/// Bytes that are no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed message: expected {expected}")]
pub struct Malformed {
    /// What should have been there.
    pub expected: &'static str,
}

impl From<Malformed> for io::Error {
    fn from(error: Malformed) -> Self {
        io::Error::new(io::ErrorKind::InvalidData, error)
    }
}

/// A value with a form on the wire.
pub trait Wire: Sized {
    /// Appends the value.
    fn put(&self, out: &mut Vec<u8>);
    /// Takes a value off the front.
    ///
    /// # Errors
    /// The bytes are no such value.
    fn take(from: &mut &[u8]) -> Result<Self, Malformed>;
}

macro_rules! numbers {
    ($($ty:ident)*) => {$(
        impl Wire for $ty {
            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }

            fn take(from: &mut &[u8]) -> Result<Self, Malformed> {
                let (bytes, rest) =
                    from.split_first_chunk().ok_or(Malformed { expected: concat!("a ", stringify!($ty)) })?;
                *from = rest;
                Ok($ty::from_le_bytes(*bytes))
            }
        }
    )*};
}
numbers! { u8 u32 i32 u64 i64 }

impl<T: Wire + Copy + Default, const N: usize> Wire for [T; N] {
    fn put(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|element| element.put(out));
    }

    fn take(from: &mut &[u8]) -> Result<Self, Malformed> {
        let mut array = [T::default(); N];
        for element in &mut array {
            *element = T::take(from)?;
        }
        Ok(array)
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u32).put(out);
        self.iter().for_each(|element| element.put(out));
    }

    fn take(from: &mut &[u8]) -> Result<Self, Malformed> {
        // Grows by what is really there, never by what the length claims.
        (0..u32::take(from)?).map(|_| T::take(from)).collect()
    }
}

impl Wire for String {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u32).put(out);
        out.extend_from_slice(self.as_bytes());
    }

    fn take(from: &mut &[u8]) -> Result<Self, Malformed> {
        let expected = Malformed { expected: "a text in UTF-8" };
        let bytes = u32::take(from)? as usize;
        let (text, rest) = from.split_at_checked(bytes).ok_or(expected)?;
        *from = rest;
        std::str::from_utf8(text).map(str::to_owned).map_err(|_| expected)
    }
}

/// Gives a struct the wire form of its fields, in order.
macro_rules! wire_struct {
    ($ty:ty { $($field:ident),* $(,)? }) => {
        impl $crate::wire::Wire for $ty {
            fn put(&self, out: &mut Vec<u8>) {
                $(self.$field.put(out);)*
            }

            fn take(from: &mut &[u8]) -> Result<Self, $crate::wire::Malformed> {
                Ok(Self { $($field: $crate::wire::Wire::take(from)?),* })
            }
        }
    };
}

/// Gives an enum a wire form: a tag byte, then the fields of the variant.
macro_rules! wire_enum {
    ($ty:ty { $($tag:literal => $variant:ident $({ $($field:ident),* })?),* $(,)? }) => {
        impl $crate::wire::Wire for $ty {
            fn put(&self, out: &mut Vec<u8>) {
                match self {
                    $(Self::$variant $({ $($field),* })? => {
                        out.push($tag);
                        $($($field.put(out);)*)?
                    })*
                }
            }

            fn take(from: &mut &[u8]) -> Result<Self, $crate::wire::Malformed> {
                match u8::take(from)? {
                    $($tag => Ok(Self::$variant $({ $($field: $crate::wire::Wire::take(from)?),* })?),)*
                    _ => Err($crate::wire::Malformed { expected: concat!("a tag of ", stringify!($ty)) }),
                }
            }
        }
    };
}

pub(crate) use {wire_enum, wire_struct};

/// Appends a message as a frame.
pub fn put_frame(message: &impl Wire, out: &mut Vec<u8>) {
    let at = out.len();
    0u32.put(out);
    message.put(out);
    let body_bytes = (out.len() - at - LENGTH_BYTES) as u32;
    out[at..at + LENGTH_BYTES].copy_from_slice(&body_bytes.to_le_bytes());
}

/// Cuts a stream into messages.
pub struct Frames<R> {
    stream: R,
    buffer: Vec<u8>,
    filled: usize,
}

impl<R: Read> Frames<R> {
    /// Reads from `stream`.
    pub fn new(stream: R) -> Self {
        Self { stream, buffer: vec![0; 4 * (LENGTH_BYTES + BODY_BYTES_MAX)], filled: 0 }
    }

    /// Waits for more bytes, and gives the messages that are complete. None at all: the peer has closed.
    ///
    /// # Errors
    /// The stream fails, ends inside a message, or holds something else.
    pub fn read_batch<M: Wire>(&mut self) -> io::Result<Vec<M>> {
        let mut messages = Vec::new();
        while messages.is_empty() {
            let read = match self.stream.read(&mut self.buffer[self.filled..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            if read == 0 {
                return if self.filled == 0 {
                    Ok(messages)
                } else {
                    Err(io::ErrorKind::UnexpectedEof.into())
                };
            }
            self.filled += read;
            let mut rest = &self.buffer[..self.filled];
            while let Some(mut body) = split_frame(&mut rest)? {
                messages.push(M::take(&mut body)?);
                if !body.is_empty() {
                    Err(Malformed { expected: "the end of the message" })?;
                }
            }
            let consumed = self.filled - rest.len();
            self.buffer.copy_within(consumed..self.filled, 0);
            self.filled -= consumed;
        }
        Ok(messages)
    }
}

/// Splits the body of a complete frame off the front.
fn split_frame<'b>(bytes: &mut &'b [u8]) -> Result<Option<&'b [u8]>, Malformed> {
    let mut rest = *bytes;
    let Ok(body_bytes) = u32::take(&mut rest) else { return Ok(None) };
    if body_bytes as usize > BODY_BYTES_MAX {
        return Err(Malformed { expected: "a body of at most 8 KiB" });
    }
    let Some((body, rest)) = rest.split_at_checked(body_bytes as usize) else { return Ok(None) };
    *bytes = rest;
    Ok(Some(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time.
    struct Trickle<'b>(&'b [u8]);

    impl Read for Trickle<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let read = self.0.len().min(1).min(out.len());
            let (now, later) = self.0.split_at(read);
            out[..read].copy_from_slice(now);
            self.0 = later;
            Ok(read)
        }
    }

    #[test]
    fn frames_survive_any_cut_of_the_stream() {
        let mut bytes = Vec::new();
        let sent = ["".to_owned(), "scene".to_owned(), "ö".repeat(1000)];
        sent.iter().for_each(|text| put_frame(text, &mut bytes));
        let mut frames = Frames::new(Trickle(&bytes));
        for text in sent {
            assert_eq!(frames.read_batch::<String>().unwrap(), [text]);
        }
        assert!(frames.read_batch::<String>().unwrap().is_empty());
    }

    #[test]
    fn what_is_no_message_is_an_error() {
        let endless = u32::MAX.to_le_bytes();
        let cut = [9, 0, 0, 0, 1];
        let longer_than_its_message = [6, 0, 0, 0, 1, 0, 0, 0, 7, 9];
        let text_shorter_than_claimed = [5, 0, 0, 0, 200, 0, 0, 0, b'x'];
        for bytes in [&endless[..], &cut, &longer_than_its_message, &text_shorter_than_claimed] {
            assert!(Frames::new(bytes).read_batch::<u32>().is_err(), "{bytes:?}");
            assert!(Frames::new(bytes).read_batch::<String>().is_err(), "{bytes:?}");
        }
        assert!(Vec::<u64>::take(&mut &[255, 255, 255, 255][..]).is_err());
    }
}
