//! The layout section of an ELF file, which is read but never run.

use std::fs::File;

use object::read::{ObjectSection, ReadCache, ReadRef};
use object::{BinaryFormat, Object};
use resume_core::layout::encode::SECTION;

pub(super) enum ElfError {
    /// Its headers lead nowhere.
    Damaged(String),
    /// It is whole and has no such section.
    NoSection,
}

/// The bytes of the layout section. Only the file's headers and that section are read, so the size of an
/// executable with debug information does not matter.
pub(super) fn record_section(file: File) -> Result<Vec<u8>, ElfError> {
    let damaged = |e: object::read::Error| ElfError::Damaged(e.to_string());
    let bytes = file.metadata().map_err(|e| ElfError::Damaged(e.to_string()))?.len();
    let cache = Bounded { cache: ReadCache::new(file), bytes };
    let object = object::File::parse(&cache).map_err(damaged)?;
    if object.format() != BinaryFormat::Elf {
        return Err(ElfError::NoSection);
    }
    let section = object.section_by_name(SECTION).ok_or(ElfError::NoSection)?;
    let data = section.data().map_err(damaged)?;
    if data.is_empty() {
        return Err(ElfError::NoSection);
    }
    Ok(data.to_vec())
}

/// A file of which nothing behind its end is asked: a length in a forged header buys no memory.
struct Bounded {
    cache: ReadCache<File>,
    bytes: u64,
}

impl<'a> ReadRef<'a> for &'a Bounded {
    fn len(self) -> Result<u64, ()> {
        Ok(self.bytes)
    }

    fn read_bytes_at(self, offset: u64, size: u64) -> Result<&'a [u8], ()> {
        match offset.checked_add(size) {
            Some(end) if end <= self.bytes => (&self.cache).read_bytes_at(offset, size),
            _ => Err(()),
        }
    }

    fn read_bytes_at_until(self, range: core::ops::Range<u64>, delimiter: u8) -> Result<&'a [u8], ()> {
        (&self.cache).read_bytes_at_until(range.start..range.end.min(self.bytes), delimiter)
    }
}
