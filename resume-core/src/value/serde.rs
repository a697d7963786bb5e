//! `serde` for the values: each is written as its std counterpart is, an [`Id128`] as its text.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use core::ops::{Range, RangeInclusive};
use core::time::Duration;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{
    Id128, ShmDuration, ShmInstant, ShmIpAddr, ShmIpv4, ShmIpv6, ShmOption, ShmPair, ShmRange,
    ShmRangeInclusive, ShmResult, ShmSocketAddr, ShmTriple,
};

/// Written and read by way of the std type.
macro_rules! by_way_of {
    ($([$($param:ident),*] $ours:ty => $std:ty;)*) => {$(
        impl<$($param: Serialize + Clone),*> Serialize for $ours {
            fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
                <$std>::from(self.clone()).serialize(serializer)
            }
        }

        impl<'de, $($param: Deserialize<'de>),*> Deserialize<'de> for $ours {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <$std>::deserialize(deserializer).map(Self::from)
            }
        }
    )*};
}

by_way_of! {
    [T] ShmOption<T> => Option<T>;
    [T, E] ShmResult<T, E> => Result<T, E>;
    [A, B] ShmPair<A, B> => (A, B);
    [A, B, C] ShmTriple<A, B, C> => (A, B, C);
    [T] ShmRange<T> => Range<T>;
    [T] ShmRangeInclusive<T> => RangeInclusive<T>;
    [] ShmDuration => Duration;
    [] ShmIpv4 => Ipv4Addr;
    [] ShmIpv6 => Ipv6Addr;
    [] ShmIpAddr => IpAddr;
    [] ShmSocketAddr => SocketAddr;
}

/// Nanoseconds since the boot: they mean something until the next boot only.
impl Serialize for ShmInstant {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.serialize_u64(self.as_nanos())
    }
}

impl<'de> Deserialize<'de> for ShmInstant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u64::deserialize(deserializer).map(Self::from_nanos)
    }
}

/// A text for people, a number for machines.
impl Serialize for Id128 {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_u128(self.get())
        }
    }
}

impl<'de> Deserialize<'de> for Id128 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Id128;

            fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str("an id of 32 hexadecimal digits")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Id128, E> {
                text.parse().map_err(E::custom)
            }
        }
        if deserializer.is_human_readable() {
            deserializer.deserialize_str(Text)
        } else {
            u128::deserialize(deserializer).map(Self::new)
        }
    }
}
