//! `StaticString`.

use resume_core::container::StaticString;

use super::expect;
use crate::explore::{Case, Operation, Subject};

const CAPACITY: usize = 40;

fn work_on(s: &mut StaticString<CAPACITY>) -> Result<(), String> {
    let bytes = s.len();
    let mut pushed = 0;
    while s.push('x').is_ok() {
        pushed += 1;
    }
    expect(bytes + pushed == CAPACITY, || format!("{bytes} + {pushed} bytes is not {CAPACITY}"))?;
    s.clear();
    expect(s.is_empty() && s.push_str("äöü").is_ok(), || "not usable after clear".into())?;
    expect(s.as_str() == "äöü", || format!("wrote äöü, read {:?}", s.as_str()))
}

pub(super) fn cases() -> Vec<Case> {
    Subject::<StaticString<CAPACITY>> {
        name: "string",
        starts: vec![
            ("empty", |_| {}),
            ("short", |s| {
                let _ = s.push_str("größe");
            }),
            ("nearly full", |s| {
                let _ = s.push_str("0123456789012345678901234567890123456789".split_at(37).0);
            }),
            ("full", |s| {
                let _ = s.push_str("0123456789012345678901234567890123456789");
            }),
        ],
        operations: vec![
            Operation::atomic("push_str", |s| {
                let _ = s.push_str("←tail");
            }),
            Operation::atomic("push", |s| {
                let _ = s.push('ß');
            }),
            Operation::atomic("pop", |s| {
                let _ = s.pop();
            }),
            Operation::atomic("truncate(2)", |s| s.truncate(2)),
            Operation::atomic("assign(longer)", |s| {
                let _ = s.assign("a text that is longer than before");
            }),
            Operation::atomic("assign(shorter)", |s| {
                let _ = s.assign("new");
            }),
            Operation::atomic("clear", |s| s.clear()),
        ],
        contents: |s| format!("{:?}", s.as_str()),
        work_on,
    }
    .cases()
}
