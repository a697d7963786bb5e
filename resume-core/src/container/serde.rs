//! `serde` for the containers that hold values in a row: a text, a sequence. Reading more than fits is an
//! error of the reader, never a cut.

use core::fmt;
use core::marker::PhantomData;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{StaticString, StaticVec};
use crate::ShmSafe;

impl<const N: usize> Serialize for StaticString<N> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de, const N: usize> Deserialize<'de> for StaticString<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text<const N: usize>;
        impl<const N: usize> Visitor<'_> for Text<N> {
            type Value = StaticString<N>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a text of at most {N} bytes")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                StaticString::try_from(text).map_err(|_| E::invalid_length(text.len(), &self))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

impl<T: ShmSafe + Serialize, const N: usize> Serialize for StaticVec<T, N> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.collect_seq(self.as_slice())
    }
}

impl<'de, T: ShmSafe + Deserialize<'de>, const N: usize> Deserialize<'de> for StaticVec<T, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Elements<T, const N: usize>(PhantomData<T>);
        impl<'de, T: ShmSafe + Deserialize<'de>, const N: usize> Visitor<'de> for Elements<T, N> {
            type Value = StaticVec<T, N>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a sequence of at most {N} elements")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
                let mut vec = StaticVec::new();
                while let Some(element) = elements.next_element()? {
                    vec.push(element).map_err(|_| A::Error::invalid_length(N + 1, &self))?;
                }
                Ok(vec)
            }
        }
        deserializer.deserialize_seq(Elements(PhantomData))
    }
}
