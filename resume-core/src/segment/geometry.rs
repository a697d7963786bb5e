//! Where the parts of a segment lie. The gates compute it again and compare, so that no offset from a
//! segment is ever used unproved.

use super::words::HEADER_BYTES;

/// Sizes that decide the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) page_bytes: u64,
    pub(crate) record_bytes: u64,
    pub(crate) journal_bytes: u64,
    pub(crate) root_bytes: u64,
    pub(crate) root_align: u64,
}

/// Header, record, journal, root: in this order, the last two on pages of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Geometry {
    pub(crate) record_offset: u64,
    pub(crate) journal_offset: u64,
    pub(crate) root_offset: u64,
    pub(crate) segment_bytes: u64,
}

impl Geometry {
    /// `None` when a size overflows or an alignment is not a power of two.
    pub(crate) fn of(parts: &Parts) -> Option<Self> {
        if !parts.page_bytes.is_power_of_two() || !parts.root_align.is_power_of_two() {
            return None;
        }
        let record_offset = HEADER_BYTES as u64;
        let journal_offset = up(record_offset.checked_add(parts.record_bytes)?, parts.page_bytes)?;
        let root_align = parts.root_align.max(parts.page_bytes);
        let root_offset = up(journal_offset.checked_add(parts.journal_bytes)?, root_align)?;
        let segment_bytes = up(root_offset.checked_add(parts.root_bytes)?, parts.page_bytes)?;
        Some(Self { record_offset, journal_offset, root_offset, segment_bytes })
    }
}

fn up(offset: u64, align: u64) -> Option<u64> {
    Some(offset.checked_add(align - 1)? & !(align - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_aligned_and_in_order() {
        let parts = Parts {
            page_bytes: 4096,
            record_bytes: 5000,
            journal_bytes: 1 << 20,
            root_bytes: 10,
            root_align: 16384,
        };
        let got = Geometry::of(&parts);
        let want = Geometry {
            record_offset: 1024,
            journal_offset: 8192,
            root_offset: 1_064_960,
            segment_bytes: 1_069_056,
        };
        assert_eq!(got, Some(want));
        assert_eq!(Geometry::of(&Parts { root_bytes: u64::MAX - 5, ..parts }), None);
        assert_eq!(Geometry::of(&Parts { root_align: 3, ..parts }), None);
    }
}
