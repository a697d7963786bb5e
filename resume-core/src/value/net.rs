//! Network addresses whose bytes are the same in every build.
//!
//! Each converts from and to its std counterpart without loss, and is written, read and ordered as it.

use core::fmt;
use core::net::{AddrParseError, IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use core::str::FromStr;

use crate::ShmSafe;

/// An IPv4 address, for state. All-zero memory is `0.0.0.0`.
///
/// # Examples
/// ```
/// use std::net::Ipv4Addr;
/// use resume_core::ShmIpv4;
///
/// let address: ShmIpv4 = "192.0.2.7".parse()?;
/// assert_eq!(address.octets, [192, 0, 2, 7]);
/// assert_eq!(Ipv4Addr::from(address), Ipv4Addr::new(192, 0, 2, 7));
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(ShmSafe, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
#[allow(clippy::exhaustive_structs, reason = "the octets are all there is")]
pub struct ShmIpv4 {
    /// In the order they are written in.
    pub octets: [u8; 4],
}

/// An IPv6 address, for state. All-zero memory is `::`.
///
/// # Examples
/// ```
/// use resume_core::ShmIpv6;
///
/// let address: ShmIpv6 = "2001:db8::7".parse()?;
/// assert_eq!(address.to_string(), "2001:db8::7");
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(ShmSafe, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
#[allow(clippy::exhaustive_structs, reason = "the octets are all there is")]
pub struct ShmIpv6 {
    /// In the order they are written in.
    pub octets: [u8; 16],
}

/// An IP address of either version, for state. All-zero memory is `0.0.0.0`.
///
/// # Examples
/// ```
/// use std::net::IpAddr;
/// use resume_core::{ShmIpAddr, ShmIpv6};
///
/// let address = ShmIpAddr::from("::1".parse::<IpAddr>()?);
/// assert!(matches!(address, ShmIpAddr::V6(ShmIpv6 { octets: [.., 1] })));
/// assert!(ShmIpAddr::default() < address);
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(ShmSafe, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(C, u8)]
#[allow(clippy::exhaustive_enums, reason = "there are two versions, as in std")]
pub enum ShmIpAddr {
    /// Version 4.
    V4(ShmIpv4) = 0,
    /// Version 6.
    V6(ShmIpv6) = 1,
}

/// An IP address and a port, for state. All-zero memory is `0.0.0.0:0`.
///
/// # Examples
/// ```
/// use std::net::SocketAddr;
/// use resume_core::{ShmSafe, ShmSocketAddr};
///
/// #[derive(ShmSafe)]
/// #[repr(C)]
/// struct Session {
///     /// The socket itself stays in the process.
///     peer: ShmSocketAddr,
/// }
///
/// let session = Session { peer: "192.0.2.7:4000".parse()? };
/// assert_eq!(session.peer.port, 4000);
/// assert_eq!(SocketAddr::from(session.peer).to_string(), "192.0.2.7:4000");
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(ShmSafe, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(C)]
#[allow(clippy::exhaustive_structs, reason = "the parts of std's")]
pub struct ShmSocketAddr {
    /// The address.
    pub ip: ShmIpAddr,
    /// The port.
    pub port: u16,
    /// The flow information; 0 for version 4.
    pub flow_info: u32,
    /// The scope; 0 for version 4.
    pub scope_id: u32,
}

impl Default for ShmIpAddr {
    fn default() -> Self {
        Self::V4(ShmIpv4::default())
    }
}

impl From<Ipv4Addr> for ShmIpv4 {
    fn from(address: Ipv4Addr) -> Self {
        Self { octets: address.octets() }
    }
}

impl From<ShmIpv4> for Ipv4Addr {
    fn from(address: ShmIpv4) -> Self {
        address.octets.into()
    }
}

impl From<Ipv6Addr> for ShmIpv6 {
    fn from(address: Ipv6Addr) -> Self {
        Self { octets: address.octets() }
    }
}

impl From<ShmIpv6> for Ipv6Addr {
    fn from(address: ShmIpv6) -> Self {
        address.octets.into()
    }
}

impl From<IpAddr> for ShmIpAddr {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::V4(address.into()),
            IpAddr::V6(address) => Self::V6(address.into()),
        }
    }
}

impl From<ShmIpAddr> for IpAddr {
    fn from(address: ShmIpAddr) -> Self {
        match address {
            ShmIpAddr::V4(address) => Self::V4(address.into()),
            ShmIpAddr::V6(address) => Self::V6(address.into()),
        }
    }
}

impl From<ShmIpv4> for ShmIpAddr {
    fn from(address: ShmIpv4) -> Self {
        Self::V4(address)
    }
}

impl From<ShmIpv6> for ShmIpAddr {
    fn from(address: ShmIpv6) -> Self {
        Self::V6(address)
    }
}

impl From<Ipv4Addr> for ShmIpAddr {
    fn from(address: Ipv4Addr) -> Self {
        Self::V4(address.into())
    }
}

impl From<Ipv6Addr> for ShmIpAddr {
    fn from(address: Ipv6Addr) -> Self {
        Self::V6(address.into())
    }
}

impl From<SocketAddrV4> for ShmSocketAddr {
    fn from(address: SocketAddrV4) -> Self {
        SocketAddr::from(address).into()
    }
}

impl From<SocketAddrV6> for ShmSocketAddr {
    fn from(address: SocketAddrV6) -> Self {
        SocketAddr::from(address).into()
    }
}

impl From<SocketAddr> for ShmSocketAddr {
    fn from(address: SocketAddr) -> Self {
        let (flow_info, scope_id) = match address {
            SocketAddr::V4(_) => (0, 0),
            SocketAddr::V6(v6) => (v6.flowinfo(), v6.scope_id()),
        };
        Self { ip: address.ip().into(), port: address.port(), flow_info, scope_id }
    }
}

impl From<ShmSocketAddr> for SocketAddr {
    fn from(address: ShmSocketAddr) -> Self {
        let ShmSocketAddr { ip, port, flow_info, scope_id } = address;
        match ip {
            ShmIpAddr::V4(ip) => SocketAddrV4::new(ip.into(), port).into(),
            ShmIpAddr::V6(ip) => SocketAddrV6::new(ip.into(), port, flow_info, scope_id).into(),
        }
    }
}

/// Writes and reads as the std type does.
macro_rules! text_of {
    ($($ours:ty as $std:ty),*) => {$(
        impl fmt::Display for $ours {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&<$std>::from(*self), f)
            }
        }

        impl fmt::Debug for $ours {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $ours {
            type Err = AddrParseError;

            fn from_str(text: &str) -> Result<Self, AddrParseError> {
                text.parse::<$std>().map(Self::from)
            }
        }
    )*};
}

text_of!(ShmIpv4 as Ipv4Addr, ShmIpv6 as Ipv6Addr, ShmIpAddr as IpAddr, ShmSocketAddr as SocketAddr);
