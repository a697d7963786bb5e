//! A diff as people read it: the edit first, then its numbers, then what follows from it.

use core::fmt;

use super::super::human::{self, type_name};
use super::{Change, Class, Diff, Reason, Side};

/// Above this many, a short report says how many more there are.
const CHANGES_SHOWN: usize = 40;

impl fmt::Display for Diff {
    /// `{:#}` lists all changes and all consequences.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_identical() {
            return writeln!(f, "identical: {} has the same layout on both sides", self.new.root);
        }
        let shown = if f.alternate() { self.changes.len() } else { CHANGES_SHOWN };
        for change in self.changes.iter().take(shown) {
            writeln!(f, "{change}")?;
        }
        let hidden = self.changes.len().saturating_sub(shown) as u64 + self.changes_dropped;
        if hidden > 0 {
            writeln!(f, "… and {} more changes", human::count(hidden))?;
        }
        self.summary(f)
    }
}

impl Diff {
    fn summary(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            for change in &self.consequences {
                writeln!(f, "  follows: {change}")?;
            }
        } else {
            let count = |reason| self.consequences.iter().filter(|c| c.reason == reason).count() as u64;
            let follows: Vec<String> = [
                (count(Reason::FieldShifted), "field", "shifts", "shift"),
                (count(Reason::SizeChanged), "type", "changes its size", "change their size"),
                (count(Reason::DiscriminantChanged), "variant", "gets another number", "get other numbers"),
            ]
            .into_iter()
            .filter(|(n, ..)| *n > 0)
            .map(|(n, what, one, many)| match n {
                1 => format!("1 {what} {one}"),
                n => format!("{} {what}s {many}", human::count(n)),
            })
            .collect();
            if !follows.is_empty() {
                writeln!(f, "  as a consequence, {}", follows.join(", "))?;
            }
        }
        let changes = match self.changes.len() as u64 + self.changes_dropped {
            1 => "1 change".to_owned(),
            n => format!("{} changes", human::count(n)),
        };
        let size = match (self.old.size, self.new.size) {
            (a, b) if a == b => human::bytes(a),
            (a, b) if human::bytes(a) == human::bytes(b) => {
                format!("{} → {} B", human::count(a), human::count(b))
            }
            (a, b) => format!("{} → {}", human::bytes(a), human::bytes(b)),
        };
        writeln!(f, "{changes} to {} ({size}), {}: {}", self.new.root, self.class, advice(self.class))
    }
}

fn advice(class: Class) -> &'static str {
    match class {
        Class::Identical => "nothing to do",
        Class::Renamed => "the bytes are the same, check that their meaning is",
        Class::Appended => "old state stays valid, new space in it is zero",
        Class::Migratable => "old state must be converted before this executable may use it",
        Class::Fatal => "old state cannot be taken over; drain and start empty, or undo the change",
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
    fn detail(&self) -> String {
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
            Reason::CapacityChanged => {
                let count = |side: &Side| human::count(side.count.unwrap_or_default());
                let size = format!("{} → {}", human::bytes(old.size), human::bytes(new.size));
                format!("{} → {} elements, {size}", count(old), count(new))
            }
            Reason::FieldRenamed | Reason::VariantRenamed => {
                format!("was `{}`, same place and type (suspected rename)", old.name)
            }
            Reason::TypeRenamed => format!("was `{}`, same content (suspected rename)", type_name(&old.ty)),
            Reason::DiscriminantChanged => numbers(old.discriminant, new.discriminant),
            Reason::FieldsSwapped if old.ty == new.ty => {
                format!("{new_ty}, offset {} → {}", human::count(old.offset), human::count(new.offset))
            }
            Reason::FieldShifted | Reason::FieldMoved | Reason::PaddingMoved => {
                format!("{new_ty}, offset {} → {}", human::count(old.offset), human::count(new.offset))
            }
            Reason::SizeChanged => {
                format!("{new_ty}, {} → {}", human::bytes(old.size), human::bytes(new.size))
            }
            _ if old.ty == new.ty => format!("{new_ty}, {} → {}", place(old), place(new)),
            _ => format!("{old_ty} → {new_ty} ({} → {})", place(old), place(new)),
        }
    }
}

fn place(side: &Side) -> String {
    format!("{} at offset {}", human::bytes(side.size), human::count(side.offset))
}
