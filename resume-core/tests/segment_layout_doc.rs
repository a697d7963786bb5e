//! `docs/LAYOUT.md` says where the bytes are: it must agree with the code.

#![allow(clippy::unwrap_used, reason = "a failing helper fails its test")]

mod segment_support;

use resume_core::segment::{
    self, HEADER_BYTES, HEADER_VERSION, HeaderField, MAGIC, PREFIX_BYTES, Prefix, State, Step, WordValues,
};
use segment_support::Place;

fn text() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/LAYOUT.md")).unwrap()
}

/// The cells of each table row under a heading.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let text = text();
    let section = text.split("\n## ").find(|s| s.starts_with(heading)).unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'));
    let cells = |row: &str| row.split('|').map(|cell| cell.trim().replace('`', "")).collect();
    // The first two rows are the head and its rule.
    rows.map(cells).skip(2).collect()
}

fn fields(heading: &str) -> Vec<(usize, usize, String)> {
    let number = |cell: &String| cell.parse::<usize>().unwrap();
    rows(heading).iter().map(|row| (number(&row[0]), number(&row[1]), row[2].clone())).collect()
}

fn of_code(fields: &[HeaderField]) -> Vec<(usize, usize, String)> {
    fields.iter().map(|f| (f.offset, f.bytes, f.name.to_owned())).collect()
}

#[test]
fn every_field_of_prefix_and_words_is_where_the_page_says() {
    assert_eq!(fields("Prefix"), of_code(Prefix::FIELDS));
    assert_eq!(fields("Words"), of_code(WordValues::FIELDS));
    let text = text();
    for heading in [
        format!("Header version {HEADER_VERSION}."),
        format!("## Prefix: bytes 0 to {}\n", PREFIX_BYTES - 1),
        format!("## Words: bytes {PREFIX_BYTES} to {}\n", HEADER_BYTES - 1),
        format!("| `{}` |", MAGIC.escape_ascii()),
        format!("| where the layout record starts: {HEADER_BYTES} |"),
        format!("default {:#x}", segment::BASE_DEFAULT).replace("68000000", "6800_0000_"),
    ] {
        assert!(text.contains(&heading), "{heading}");
    }
}

#[test]
fn every_state_has_the_word_that_the_page_says() {
    let place = Place::stopped();
    let states = [
        State::Creating,
        State::Live,
        State::Resuming(Step::Rollback),
        State::Resuming(Step::Values),
        State::Resuming(Step::Rebuild),
        State::Resuming(Step::Hook),
        State::Stopped,
        State::Quarantined,
    ];
    let rows = rows("States");
    assert_eq!(rows.len(), states.len());
    for (row, state) in rows.iter().zip(states) {
        let step: u32 = row[1].parse().unwrap();
        place.poke(512, &[row[0].as_bytes(), &step.to_le_bytes()].concat());
        assert_eq!(segment::inspect(&place.name).unwrap().state, Some(state), "{row:?}");
    }
}

#[test]
fn a_real_segment_lies_as_drawn() {
    let place = Place::stopped();
    let p = segment::inspect(&place.name).unwrap().prefix;
    let page = u64::from(p.page_bytes);
    let bytes = place.bytes();
    assert_eq!(bytes.len() as u64, p.segment_bytes);
    assert_eq!((p.record_offset, p.base), (HEADER_BYTES as u64, place.base));
    assert!(p.record_offset + p.record_bytes <= p.journal_offset);
    assert!(p.journal_offset + p.journal_bytes <= p.root_offset);
    assert!(p.root_offset + p.root_bytes <= p.segment_bytes);
    for offset in [p.journal_offset, p.journal_bytes, p.root_offset, p.segment_bytes] {
        assert!(offset.is_multiple_of(page), "{offset}");
    }
    let at = p.record_offset as usize;
    assert_eq!(&bytes[at..at + 8], b"RESUMELY");
    // Three ticks, little-endian on this machine, are the root's first word.
    let at = p.root_offset as usize;
    assert_eq!(u64::from_ne_bytes(bytes[at..at + 8].try_into().unwrap()), 3);
}
