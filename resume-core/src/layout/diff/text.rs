//! A diff as people read it: the edit first, then its numbers, then what follows from it.

use core::fmt;

use super::super::human;
use super::super::names::readable as type_name;
use super::{Change, Class, Diff, Reason, Side};

/// Above this many, a short report says how many more there are.
const CHANGES_SHOWN: usize = 40;

impl fmt::Display for Diff {
    /// The verdict, the edits, what to do. `{:#}` lists all edits and all consequences.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_identical() {
            return writeln!(f, "identical: {} has the same layout on both sides", self.new.root);
        }
        let count = match self.changes.len() as u64 + self.changes_dropped {
            1 => "1 change".to_owned(),
            n => format!("{} changes", human::count(n)),
        };
        let size = from_to(self.old.size, self.new.size);
        writeln!(f, "{}: {count} to {} ({size})", self.class, self.new.root)?;
        let shown = if f.alternate() { self.changes.len() } else { CHANGES_SHOWN };
        // The worst first: it decides.
        let mut changes: Vec<&Change> = self.changes.iter().collect();
        changes.sort_by_key(|change| core::cmp::Reverse(change.class));
        changes.iter().take(shown).try_for_each(|change| writeln!(f, "{change}"))?;
        let hidden = self.changes.len().saturating_sub(shown) as u64 + self.changes_dropped;
        if hidden > 0 {
            writeln!(f, "… and {} more changes", human::count(hidden))?;
        }
        self.follows(f)?;
        writeln!(f, "{}", self.class.advice())
    }
}

impl Diff {
    /// The consequences, counted or listed.
    fn follows(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return self.consequences.iter().try_for_each(|change| writeln!(f, "follows: {change}"));
        }
        let count = |reason| self.consequences.iter().filter(|c| c.reason == reason).count() as u64;
        let follows: Vec<String> = [
            (count(Reason::FieldShifted), "field shifts", "fields shift"),
            (count(Reason::SizeChanged), "type changes its size", "types change their size"),
            (count(Reason::DiscriminantChanged), "variant gets another number", "variants get other numbers"),
        ]
        .into_iter()
        .filter(|(n, ..)| *n > 0)
        .map(|(n, one, many)| format!("{} {}", human::count(n), if n == 1 { one } else { many }))
        .collect();
        if follows.is_empty() {
            return Ok(());
        }
        writeln!(f, "(as a consequence {})", follows.join(", "))
    }
}

/// Two sizes, exact where rounding would hide the difference.
fn from_to(old: u64, new: u64) -> String {
    let (a, b) = (human::bytes(old), human::bytes(new));
    match (old == new, a == b) {
        (true, _) => a,
        (false, true) => format!("{} → {} B", human::count(old), human::count(new)),
        (false, false) => format!("{a} → {b}"),
    }
}

impl Class {
    /// What to do about it, in a sentence.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Identical => "Nothing to do.",
            Self::Renamed => "Old state stays valid: the bytes are the same, only names differ.",
            Self::Appended => "Old state stays valid; what is new in it is zero.",
            Self::Migratable => "Old state must be converted before the new executable may use it.",
            Self::Fatal => "Old state cannot be taken over: drain it and start empty, or undo the change.",
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.reason {
            Reason::FieldAdded | Reason::VariantAdded => '+',
            Reason::FieldRemoved | Reason::VariantRemoved => '-',
            _ => '~',
        };
        write!(f, "{sign} {}", self.path)?;
        if let Some(partner) = &self.partner {
            write!(f, " ⇄ {}", last_segment(partner))?;
        }
        let paths = match self.other_paths {
            0 => String::new(),
            1 => "; also at 1 other path".to_owned(),
            n => format!("; also at {} other paths", human::count(n)),
        };
        write!(f, "\n    {} ({}): {}{paths}", self.reason.code(), self.class, self.detail())
    }
}

/// `.name` of the last field in a path.
fn last_segment(path: &str) -> &str {
    path.rfind('.').map_or(path, |dot| &path[dot..])
}

impl Change {
    /// What was and what is, in a line.
    pub fn detail(&self) -> String {
        match (&self.old, &self.new) {
            (None, Some(only)) | (Some(only), None) => match only.discriminant {
                Some(number) => format!("number {number}"),
                None => format!("{}, {}", type_name(&only.ty), place(only)),
            },
            (Some(old), Some(new)) => self.detail_of_both(old, new),
            (None, None) => String::new(),
        }
    }

    fn detail_of_both(&self, old: &Side, new: &Side) -> String {
        let (old_ty, new_ty) = (type_name(&old.ty), type_name(&new.ty));
        let numbers = |a: Option<i128>, b: Option<i128>| match (a, b) {
            (Some(a), Some(b)) => format!("number {a} → {b}"),
            _ => String::new(),
        };
        match self.reason {
            Reason::CapacityChanged | Reason::PlacesChanged => {
                let count = |side: &Side| human::count(side.count.unwrap_or_default());
                let of_timers = super::super::names::base(&new.ty) == "Timers";
                let buckets = self.reason == Reason::PlacesChanged && of_timers;
                let what = if buckets { "buckets" } else { "elements" };
                format!("{} → {} {what}, {}", count(old), count(new), from_to(old.size, new.size))
            }
            Reason::KeysHashedAnew => format!("{new_ty}, old entries are not found any more"),
            Reason::FieldRenamed => format!("was `{}`, as declared", old.name),
            Reason::FieldRenamedSuspected => {
                format!(
                    "was `{0}`, same place and type; if it is the same, declare renamed_from = \"{0}\"",
                    old.name
                )
            }
            Reason::VariantRenamedSuspected => format!("was `{}`, same number and fields", old.name),
            Reason::TypeRenamed => format!("was `{}`, as declared", type_name(&old.ty)),
            Reason::TypeRenamedSuspected => {
                let base = super::super::names::base(&old.ty);
                format!("was `{}`; if it is the same, declare renamed_from = \"{base}\"", type_name(&old.ty))
            }
            Reason::DiscriminantChanged => numbers(old.discriminant, new.discriminant),
            Reason::FieldsSwapped if old.ty == new.ty => {
                format!("{new_ty}, offset {} → {}", human::count(old.offset), human::count(new.offset))
            }
            Reason::FieldShifted | Reason::FieldMoved | Reason::PaddingMoved => {
                format!("{new_ty}, offset {} → {}", human::count(old.offset), human::count(new.offset))
            }
            Reason::SizeChanged => {
                format!("{new_ty}, {}", from_to(old.size, new.size))
            }
            _ if old.ty == new.ty => format!("{new_ty}, {}", places(old, new)),
            _ => format!("{old_ty} → {new_ty}, {}", places(old, new)),
        }
    }
}

fn places(old: &Side, new: &Side) -> String {
    let size = from_to(old.size, new.size);
    match (human::count(old.offset), human::count(new.offset)) {
        (a, b) if a == b => format!("{size} at offset {a}"),
        (a, b) => format!("{size}, offset {a} → {b}"),
    }
}

fn place(side: &Side) -> String {
    format!("{} at offset {}", human::bytes(side.size), human::count(side.offset))
}
