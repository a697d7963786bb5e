//! The frozen prefix: bytes 0 to 511, written once at create, which every version of this crate can read.
//!
//! It is read by `pread` into a local array and decoded field by field; no reference to it is ever formed
//! in the mapping. All numbers are little-endian, whatever the machine; [`Prefix::endianness`] is that of
//! the state. `docs/LAYOUT.md` draws it, and a test compares the two.

/// The first bytes of every segment.
pub const MAGIC: [u8; 8] = *b"RESUMESG";

/// The version of prefix and words that this crate writes and reads.
pub const HEADER_VERSION: u32 = 1;

/// Bytes of the prefix.
pub const PREFIX_BYTES: usize = 512;

/// Bytes of the root's name that are kept; a longer one is cut, its hash is that of the whole.
pub const ROOT_NAME_BYTES: usize = 192;

/// [`Prefix::endianness`] of little-endian state.
pub const LITTLE_ENDIAN: u32 = 1;

/// [`Prefix::endianness`] of big-endian state.
pub const BIG_ENDIAN: u32 = 2;

/// A named range of the header, for tools and for the test of the documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeaderField {
    /// The name.
    pub name: &'static str,
    /// Bytes from the start of the segment.
    pub offset: usize,
    /// Bytes.
    pub bytes: usize,
}

/// A value of fixed width in the prefix.
trait Le: Sized {
    fn get(bytes: &[u8]) -> Self;
    fn put(&self, bytes: &mut [u8]);
}

macro_rules! le_numbers {
    ($($ty:ty)*) => {$(
        impl Le for $ty {
            fn get(bytes: &[u8]) -> Self {
                <$ty>::from_le_bytes(Le::get(bytes))
            }
            fn put(&self, bytes: &mut [u8]) {
                bytes.copy_from_slice(&self.to_le_bytes());
            }
        }
    )*};
}

le_numbers!(u32 u64 u128);

impl<const N: usize> Le for [u8; N] {
    fn get(bytes: &[u8]) -> Self {
        let mut out = [0; N];
        out.copy_from_slice(bytes);
        out
    }
    fn put(&self, bytes: &mut [u8]) {
        bytes.copy_from_slice(self);
    }
}

macro_rules! prefix {
    ($($(#[$doc:meta])* $name:ident: $ty:ty = $offset:literal;)*) => {
        /// The decoded prefix.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Prefix {
            $($(#[$doc])* pub $name: $ty,)*
        }

        impl Prefix {
            /// Where each field is.
            pub const FIELDS: &'static [HeaderField] = &[
                $(HeaderField { name: stringify!($name), offset: $offset, bytes: size_of::<$ty>() },)*
            ];

            fn decode_fields(bytes: &[u8; PREFIX_BYTES]) -> Self {
                Self { $($name: Le::get(&bytes[$offset..$offset + size_of::<$ty>()]),)* }
            }

            fn encode_fields(&self) -> [u8; PREFIX_BYTES] {
                let mut bytes = [0; PREFIX_BYTES];
                $(self.$name.put(&mut bytes[$offset..$offset + size_of::<$ty>()]);)*
                bytes
            }
        }
    };
}

prefix! {
    /// [`MAGIC`]
    magic: [u8; 8] = 0;
    /// [`HEADER_VERSION`]; the two fields up to here and `crc` never move in any version.
    header_version: u32 = 8;
    /// [`LITTLE_ENDIAN`] or [`BIG_ENDIAN`].
    endianness: u32 = 12;
    /// Bytes of an address.
    pointer_bytes: u32 = 16;
    /// Bytes of a page, which the parts are aligned to.
    page_bytes: u32 = 20;
    /// The address it is mapped at.
    base: u64 = 24;
    /// Size of the whole segment.
    segment_bytes: u64 = 32;
    /// Where the layout record starts.
    record_offset: u64 = 40;
    /// Bytes of the layout record.
    record_bytes: u64 = 48;
    /// Where the undo journal starts.
    journal_offset: u64 = 56;
    /// Bytes of the undo journal.
    journal_bytes: u64 = 64;
    /// Where the root starts.
    root_offset: u64 = 72;
    /// Bytes of the root.
    root_bytes: u64 = 80;
    /// Alignment of the root.
    root_align: u64 = 88;
    /// `CLOCK_BOOTTIME` at create, in nanoseconds.
    created_ns: u64 = 96;
    /// CRC-32 of the layout record.
    record_crc: u32 = 104;
    /// Bytes of `root_name` in use.
    root_name_bytes: u32 = 108;
    /// Random, made at create.
    uuid: [u8; 16] = 112;
    /// The boot that it was created in.
    boot_id: [u8; 16] = 128;
    /// Hash of the root's stable id.
    root_id: u128 = 144;
    /// LAYOUT hash of the root.
    root_layout: u128 = 160;
    /// SCHEMA hash of the root.
    root_schema: u128 = 176;
    /// The root's stable id as text, zero-padded.
    root_name: [u8; ROOT_NAME_BYTES] = 192;
    /// Zero.
    reserved: [u8; 124] = 384;
    /// CRC-32 of bytes 0 to 507.
    crc: u32 = 508;
}

/// Where `crc` is: what lies before it is covered.
const CRC_OFFSET: usize = PREFIX_BYTES - 4;

impl Prefix {
    /// Decodes without judging: the gates do that.
    pub(super) fn decode(bytes: &[u8; PREFIX_BYTES]) -> Self {
        Self::decode_fields(bytes)
    }

    /// The bytes, with `crc` computed anew.
    pub(super) fn encode(&self) -> [u8; PREFIX_BYTES] {
        let mut bytes = self.encode_fields();
        let crc = Self::crc_of(&bytes);
        crc.put(&mut bytes[CRC_OFFSET..]);
        bytes
    }

    /// The CRC that `bytes` should hold.
    pub(super) fn crc_of(bytes: &[u8; PREFIX_BYTES]) -> u32 {
        crc32fast::hash(&bytes[..CRC_OFFSET])
    }

    /// The root's name, as far as it is kept.
    pub fn root_name(&self) -> String {
        let len = (self.root_name_bytes as usize).min(ROOT_NAME_BYTES);
        String::from_utf8_lossy(&self.root_name[..len]).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_fill_the_prefix_without_gap_or_overlap() {
        let mut at = 0;
        for field in Prefix::FIELDS {
            assert_eq!(field.offset, at, "{}", field.name);
            at += field.bytes;
        }
        assert_eq!(at, PREFIX_BYTES);
    }

    #[test]
    fn decoding_gives_what_was_encoded() {
        let mut bytes = [0; PREFIX_BYTES];
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = (i * 7) as u8;
        }
        let prefix = Prefix::decode(&bytes);
        let encoded = prefix.encode();
        assert_eq!(encoded[..CRC_OFFSET], bytes[..CRC_OFFSET]);
        assert_eq!(Prefix::decode(&encoded).crc, Prefix::crc_of(&bytes));
    }
}
