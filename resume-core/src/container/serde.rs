//! `serde` for the containers: a text, a sequence, a map, and an option for a versioned value. Reading more
//! than fits is an error of the reader, never a cut. A key that comes twice has its last value.
//!
//! Handles are not written: elements that are read get places, and so handles, of their own. Timers are not
//! written at all, as their deadlines count from the machine's start.

use core::fmt;
use core::hash::{BuildHasher, Hash};
use core::marker::PhantomData;

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{BitSet, OrderedMap, Ring, StaticList, StaticMap, StaticSet, StaticString, StaticVec, Versioned};
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

/// A container that is a sequence: its generics, how many elements it holds, and how one is added.
macro_rules! sequence {
    ([$($generics:tt)*] $item:ty, $container:ty, $capacity:expr, $add:expr) => {
        impl<$($generics)*> Serialize for $container
        where
            $item: Serialize,
        {
            fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
                serializer.collect_seq(self.iter())
            }
        }

        impl<'de, $($generics)*> Deserialize<'de> for $container
        where
            $item: Deserialize<'de>,
        {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Elements<C>(PhantomData<C>);
                impl<'de, $($generics)*> Visitor<'de> for Elements<$container>
                where
                    $item: Deserialize<'de>,
                {
                    type Value = $container;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        write!(f, "a sequence that {} places hold", $capacity)
                    }

                    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Self::Value, A::Error> {
                        let mut container = <$container>::new();
                        let add: fn(&mut $container, $item) -> bool = $add;
                        while let Some(element) = all.next_element()? {
                            if !add(&mut container, element) {
                                return Err(A::Error::invalid_length($capacity + 1, &self));
                            }
                        }
                        Ok(container)
                    }
                }
                deserializer.deserialize_seq(Elements(PhantomData))
            }
        }
    };
}

sequence!([T: ShmSafe, const N: usize] T, Ring<T, N>, N, |c, v| c.push_back(v).is_ok());
sequence!([T: ShmSafe, const N: usize] T, StaticList<T, N>, N, |c, v| c.push_back(v).is_ok());
sequence!([const W: usize] usize, BitSet<W>, BitSet::<W>::CAPACITY, |c, v| c.insert(v).is_ok());
sequence!(
    [T: ShmSafe + Eq + Hash, const N: usize, S: BuildHasher + Default]
    T, StaticSet<T, N, S>, StaticSet::<T, N, S>::CAPACITY, |c, v| c.insert(v).is_ok()
);

/// A container that is a map.
macro_rules! map {
    ([$($generics:tt)*] $container:ty, $capacity:expr) => {
        impl<$($generics)*> Serialize for $container
        where
            K: Serialize,
            V: Serialize,
        {
            fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
                serializer.collect_map(self.iter())
            }
        }

        impl<'de, $($generics)*> Deserialize<'de> for $container
        where
            K: Deserialize<'de>,
            V: Deserialize<'de>,
        {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Entries<C>(PhantomData<C>);
                impl<'de, $($generics)*> Visitor<'de> for Entries<$container>
                where
                    K: Deserialize<'de>,
                    V: Deserialize<'de>,
                {
                    type Value = $container;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        write!(f, "a map of at most {} entries", $capacity)
                    }

                    fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> Result<Self::Value, A::Error> {
                        let mut container = <$container>::new();
                        while let Some((key, value)) = all.next_entry()? {
                            if container.insert(key, value).is_err() {
                                return Err(A::Error::invalid_length($capacity + 1, &self));
                            }
                        }
                        Ok(container)
                    }
                }
                deserializer.deserialize_map(Entries(PhantomData))
            }
        }
    };
}

map!(
    [K: ShmSafe + Eq + Hash, V: ShmSafe, const N: usize, S: BuildHasher + Default]
    StaticMap<K, V, N, S>, StaticMap::<K, V, N, S>::CAPACITY
);
map!([K: ShmSafe + Ord, V: ShmSafe, const N: usize] OrderedMap<K, V, N>, N);

impl<T: ShmSafe + Serialize> Serialize for Versioned<T> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        self.get().serialize(serializer)
    }
}

impl<'de, T: ShmSafe + Deserialize<'de>> Deserialize<'de> for Versioned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut versioned = Self::new();
        if let Some(value) = Option::deserialize(deserializer)? {
            versioned.set(value);
        }
        Ok(versioned)
    }
}
