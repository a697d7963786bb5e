//! The record of a root made of built-in types.
use resume_core::ShmSafe;
use resume_core::layout::encode::{MAGIC, record, record_bytes};

type Root = [[Option<core::num::NonZero<u32>>; 3]; 2];
const BYTES: usize = record_bytes(Root::DESC);
static RECORD: [u8; BYTES] = record::<BYTES>(Root::DESC);

#[test]
fn a_record_names_every_type_once() {
    assert_eq!(RECORD[..8], MAGIC);
    assert_eq!(u32::from_le_bytes(RECORD[12..16].try_into().unwrap()), 3);
    let text = String::from_utf8_lossy(&RECORD);
    assert!(text.contains("[]<[]<Option<NonZeroU32>, 3>, 2>"), "{text}");
}
