//! The layout section of an ELF file (an executable or a library), which is read but never run.

use std::io::{Read, Seek, SeekFrom};

use object::read::{ObjectSection, ObjectSegment, ReadCache, ReadRef};
use object::{BinaryFormat, Object};
use resume_core::layout::encode::{MAGIC, SECTION};
use resume_core::layout::{decode, split};

#[derive(Debug)]
pub(super) enum ElfError {
    /// Its headers lead nowhere.
    Damaged(String),
    /// It is whole and has no such section.
    NoSection,
}

/// The bytes of the layout section. Only the file's headers and that section are read, so the size of an
/// executable with debug information does not matter.
pub(super) fn record_section(mut file: impl Read + Seek) -> Result<Vec<u8>, ElfError> {
    let damaged = |e: object::read::Error| ElfError::Damaged(e.to_string());
    let bytes = file.seek(SeekFrom::End(0)).map_err(|e| ElfError::Damaged(e.to_string()))?;
    let cache = Bounded { cache: ReadCache::new(file), bytes };
    let object = object::File::parse(&cache).map_err(damaged)?;
    if object.format() != BinaryFormat::Elf {
        return Err(ElfError::NoSection);
    }
    let Some(section) = object.section_by_name(SECTION) else {
        return match object.sections().next() {
            Some(_) => Err(ElfError::NoSection),
            None => loaded_records(&object),
        };
    };
    let data = section.data().map_err(damaged)?;
    if data.is_empty() {
        return Err(ElfError::NoSection);
    }
    Ok(data.to_vec())
}

/// How many places that look like a record are tried, and in how large a part of a file.
const TRIES_MAX: usize = 64;
const SEARCHED_BYTES_MAX: u64 = 1 << 30;

/// The records in what is loaded of a file without section headers. Only what decodes is one: its hashes
/// prove it.
fn loaded_records<'a>(object: &object::File<'a, &'a Bounded<impl Read + Seek>>) -> Result<Vec<u8>, ElfError> {
    let (mut records, mut tries) = (Vec::new(), 0);
    for segment in object.segments().filter(|segment| segment.file_range().1 <= SEARCHED_BYTES_MAX) {
        let mut rest = segment.data().map_err(|e| ElfError::Damaged(e.to_string()))?;
        while let Some(at) = rest.windows(MAGIC.len()).position(|window| window == MAGIC) {
            rest = &rest[at..];
            tries += 1;
            let found = split(rest).ok().filter(|(record, _)| decode(record).is_ok());
            match found {
                Some((record, after)) => {
                    records.extend(record);
                    rest = after;
                }
                None if tries >= TRIES_MAX => break,
                None => rest = &rest[1..],
            }
        }
    }
    if records.is_empty() { Err(ElfError::NoSection) } else { Ok(records) }
}

/// A file of which nothing behind its end is asked: a length in a forged header buys no memory.
struct Bounded<F: Read + Seek> {
    cache: ReadCache<F>,
    bytes: u64,
}

impl<'a, F: Read + Seek> ReadRef<'a> for &'a Bounded<F> {
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

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use object::write::Object as Writer;
    use object::{Architecture, Endianness, SectionKind};

    use super::super::random::Random;
    use super::*;

    fn elf(record: &[u8]) -> Vec<u8> {
        let mut object = Writer::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
        let section = object.add_section(Vec::new(), SECTION.into(), SectionKind::ReadOnlyData);
        object.append_section_data(section, record, 1);
        object.write().expect("an ELF file")
    }

    #[test]
    fn the_section_is_found_and_no_damage_panics() {
        let whole = elf(b"the record");
        assert_eq!(record_section(Cursor::new(&whole)).expect("whole"), b"the record");
        let (mut random, mut found) = (Random::new(7), 0u32);
        for _ in 0..super::super::fuzz_inputs(20_000) {
            let mut bytes = whole.clone();
            for _ in 0..=random.below(4) {
                let (at, edge) = (random.below(bytes.len()), random.edge().to_le_bytes());
                let len = 1 + random.below(8);
                bytes.iter_mut().skip(at).zip(edge).take(len).for_each(|(b, e)| *b = e);
            }
            if random.below(8) == 0 {
                bytes.truncate(random.below(whole.len()));
            }
            found +=
                u32::from(record_section(Cursor::new(bytes)).is_ok_and(|data| data.len() <= whole.len()));
        }
        assert!(found > 0, "damage elsewhere does not matter");
    }
}
