//! Differences for tools: JSON, schema version 1.
//!
//! ```json
//! { "format": "resume-diff", "version": 1, "class": "migratable",
//!   "old": { "root": "Scene", "size": 8, "layout": "…", "schema": "…" }, "new": { … },
//!   "changes": [ { "path": "Scene.players[].hp", "reason": "fields_swapped", "class": "migratable",
//!                  "partner": "Scene.players[].mana", "other_paths": 0,
//!                  "old": { "name": "hp", "type": "u32", "offset": 8, "size": 4 }, "new": { … } } ],
//!   "changes_dropped": 0, "consequences": [ … ] }
//! ```
//!
//! `old` and `new` of a change are `null` where there is nothing on that side. `count` is there for
//! capacities, `discriminant` for variants, `passes` where `--allow` or a policy lets the change pass, and says why.

use resume_core::layout::{Change, Diff, Head, Side, hex};
use serde::Serialize;

use super::gate::Verdict;
use super::json::{Discriminant, to_text};

#[derive(Serialize)]
struct Report {
    format: &'static str,
    version: u32,
    class: &'static str,
    old: Root,
    new: Root,
    changes: Vec<Entry>,
    changes_dropped: u64,
    consequences: Vec<Entry>,
}

#[derive(Serialize)]
struct Root {
    root: String,
    size: u64,
    layout: String,
    schema: String,
}

#[derive(Serialize)]
struct Entry {
    path: String,
    reason: &'static str,
    class: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    partner: Option<String>,
    other_paths: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    passes: Option<String>,
    old: Option<Place>,
    new: Option<Place>,
}

#[derive(Serialize)]
struct Place {
    name: String,
    #[serde(rename = "type")]
    ty: String,
    offset: u64,
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    discriminant: Option<Discriminant>,
}

/// The report for tools.
pub(super) fn write(diff: &Diff, verdict: &Verdict) -> String {
    let passes = |at: usize| verdict.passes.get(at).cloned().flatten();
    to_text(&Report {
        format: "resume-diff",
        version: 1,
        class: diff.class.name(),
        old: root(&diff.old),
        new: root(&diff.new),
        changes: diff.changes.iter().enumerate().map(|(at, change)| entry(change, passes(at))).collect(),
        changes_dropped: diff.changes_dropped,
        consequences: diff.consequences.iter().map(|change| entry(change, None)).collect(),
    })
}

fn root(head: &Head) -> Root {
    Root { root: head.root.clone(), size: head.size, layout: hex(head.layout), schema: hex(head.schema) }
}

fn entry(change: &Change, passes: Option<String>) -> Entry {
    Entry {
        path: change.path.clone(),
        reason: change.reason.code(),
        class: change.class.name(),
        partner: change.partner.clone(),
        other_paths: change.other_paths,
        passes,
        old: change.old.as_ref().map(place),
        new: change.new.as_ref().map(place),
    }
}

fn place(side: &Side) -> Place {
    Place {
        name: side.name.clone(),
        ty: side.ty.clone(),
        offset: side.offset,
        size: side.size,
        count: side.count,
        discriminant: side.discriminant.map(Into::into),
    }
}
