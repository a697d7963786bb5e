//! From compared pairs to changes with paths.
//!
//! Pairs form a graph without cycles (each step goes one level down in both layouts). A named type that
//! several paths lead to is reported at the first of them, with the number of the others.

use super::maps::{TypeMap, map_of};
use super::pair::{Item, Note, Pairs};
use super::{Change, Class, Reason};

/// How many bytes of paths one report may hold. Only an input made to explode reaches it: then pairs are
/// visited once only, and changes are counted instead of listed.
const PATH_BYTES_MAX: usize = 64 << 20;

/// What the walk over all pairs gives.
#[derive(Default)]
pub(super) struct Report {
    pub(super) changes: Vec<Change>,
    pub(super) consequences: Vec<Change>,
    pub(super) changes_dropped: u64,
    pub(super) maps: Vec<TypeMap>,
    /// The worst class of all changes, dropped ones included.
    pub(super) class: Option<Class>,
}

pub(super) fn report(mut compared: Pairs<'_>) -> Report {
    let order = parts_first(&compared);
    let mut dirty = vec![false; compared.pairs.len()];
    for &index in &order {
        dirty[index] = compared.pairs[index].items.iter().any(|item| match item {
            Item::Note(_) => true,
            Item::Into { pair, .. } => dirty[*pair],
        });
        if !dirty[index] {
            let note = unexplained(&compared, index);
            dirty[index] = note.is_some();
            compared.pairs[index].items.extend(note.map(Item::Note));
        }
    }
    let mut paths = vec![0u64; compared.pairs.len()];
    paths[0] = 1;
    for &index in order.iter().rev() {
        for item in &compared.pairs[index].items {
            if let Item::Into { pair, .. } = item {
                paths[*pair] = paths[*pair].saturating_add(paths[index]);
            }
        }
    }
    let root = compared.new.root().name.clone();
    let mut walk = Walk {
        visited: vec![false; compared.pairs.len()],
        compared,
        dirty,
        paths,
        path_bytes: 0,
        report: Report::default(),
    };
    walk.visit(0, &root, None, 1);
    walk.report
}

/// All pairs, each after those of its parts.
fn parts_first(compared: &Pairs<'_>) -> Vec<usize> {
    let mut order = Vec::with_capacity(compared.pairs.len());
    let mut seen = vec![false; compared.pairs.len()];
    let mut open = vec![(0, 0)];
    seen[0] = true;
    while let Some((index, next)) = open.last_mut() {
        match compared.pairs[*index].items.get(*next) {
            None => {
                order.push(*index);
                open.pop();
            }
            Some(item) => {
                *next += 1;
                if let Item::Into { pair, .. } = item
                    && !seen[*pair]
                {
                    seen[*pair] = true;
                    open.push((*pair, 0));
                }
            }
        }
    }
    order
}

/// Identities that differ where nothing below does: at least a name does.
fn unexplained(compared: &Pairs<'_>, index: usize) -> Option<Note> {
    let pair = &compared.pairs[index];
    let (a, b) = (compared.old.ty(pair.old), compared.new.ty(pair.new));
    if (a.layout, a.schema) == (b.layout, b.schema) {
        return None;
    }
    let (reason, class) = if a.name != b.name && a.layout == b.layout {
        match compared.is_declared(&a.name, &b.name) {
            true => (Reason::TypeRenamed, Class::Renamed),
            false => (Reason::TypeRenamedSuspected, Class::Migratable),
        }
    } else {
        (Reason::Unexplained, Class::Fatal)
    };
    let (old, new) = (super::rules::side_of(a), super::rules::side_of(b));
    Some(Note::new("", reason, class).sides(Some(old), Some(new)))
}

/// How a pair was reached: name and offset of the part, on both sides.
type Place<'p> = Option<(&'p (String, u64), &'p (String, u64))>;

struct Walk<'a> {
    compared: Pairs<'a>,
    dirty: Vec<bool>,
    paths: Vec<u64>,
    visited: Vec<bool>,
    path_bytes: usize,
    report: Report,
}

impl Walk<'_> {
    /// Recurses along parts, so at most [`DEPTH_MAX`](crate::layout::DEPTH_MAX) deep.
    fn visit(&mut self, index: usize, path: &str, place: Place<'_>, paths: u64) {
        let pair = &self.compared.pairs[index];
        let again = self.visited[index] && (pair.named || self.path_bytes >= PATH_BYTES_MAX);
        if !self.dirty[index] || again {
            return;
        }
        if !std::mem::replace(&mut self.visited[index], true) && pair.named {
            self.report.maps.extend(map_of(&self.compared, &self.dirty, index, path));
        }
        self.path_bytes += path.len();
        let paths = if pair.named { self.paths[index] } else { paths };
        let items = core::mem::take(&mut self.compared.pairs[index].items);
        for item in &items {
            match item {
                Item::Note(note) => self.note(note, path, place, paths),
                Item::Into { segment, pair, old, new } => {
                    if self.dirty[*pair] {
                        self.visit(*pair, &format!("{path}{segment}"), Some((old, new)), paths);
                    }
                }
            }
        }
        self.compared.pairs[index].items = items;
    }

    fn note(&mut self, note: &Note, path: &str, place: Place<'_>, paths: u64) {
        if !note.consequence {
            self.report.class = self.report.class.max(Some(note.class));
        }
        self.path_bytes += path.len();
        if self.path_bytes >= PATH_BYTES_MAX {
            self.report.changes_dropped += u64::from(!note.consequence);
            return;
        }
        let (mut old, mut new) = (note.old.clone(), note.new.clone());
        if let (true, Some((at_old, at_new))) = (note.segment.is_empty(), place) {
            for (side, at) in [(&mut old, at_old), (&mut new, at_new)] {
                if let Some(side) = side {
                    (side.name, side.offset) = (at.0.clone(), at.1);
                }
            }
        }
        let change = Change {
            path: format!("{path}{}", note.segment),
            partner: note.partner.as_ref().map(|segment| format!("{path}{segment}")),
            reason: note.reason,
            class: note.class,
            old,
            new,
            other_paths: paths.saturating_sub(1),
        };
        match note.consequence {
            true => self.report.consequences.push(change),
            false => self.report.changes.push(change),
        }
    }
}
