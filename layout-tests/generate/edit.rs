//! Edits: what somebody may do to a state type, and what must follow from it.

use crate::state::{Body, Field, Ty, Variant, field};

/// An edited type with what is expected of the edit. Empty texts and `None` expect nothing in particular;
/// what the bytes and the names really do is found out from the descriptors.
pub(crate) struct Edit {
    pub(crate) what: String,
    pub(crate) ty: Ty,
    /// The bytes of the state change.
    pub(crate) bytes: Option<bool>,
    /// Names or meaning change.
    pub(crate) meaning: Option<bool>,
    pub(crate) class: &'static str,
    pub(crate) reason: &'static str,
    /// What the path of a change ends in.
    pub(crate) place: String,
}

/// All edits of `ty`.
pub(crate) fn edits(ty: &Ty) -> Vec<Edit> {
    let mut edits = Edits { of: ty, all: Vec::new() };
    match &ty.body {
        Body::Struct(fields) => {
            for (what, fields, follows) in field_edits(fields) {
                edits.add(what, Body::Struct(fields), follows, "");
            }
            for align in [32, 64] {
                let repr = format!("C, align({align})");
                let body = ty.body.clone();
                edits.push(format!("align({align})"), Ty { repr, body, ..ty.clone() }, ALIGN, String::new());
            }
        }
        Body::Enum(variants) => edits.enumeration(variants),
    }
    if ty.name != "Root" {
        let name = format!("{}Renamed", ty.name);
        edits.push(
            "type renamed".into(),
            Ty { name, ..ty.clone() },
            (Some(false), Some(true), "migratable", "type_renamed_suspected"),
            String::new(),
        );
    }
    edits.all
}

/// Bytes, meaning, class, reason.
type Follows = (Option<bool>, Option<bool>, &'static str, &'static str);

const ALIGN: Follows = (Some(true), Some(false), "migratable", "align_changed");
const RENAME: Follows = (Some(false), Some(true), "migratable", "field_renamed_suspected");
const SWAP: Follows = (None, Some(true), "migratable", "fields_swapped");
const ADD: Follows = (Some(true), Some(true), "migratable", "field_added");
const REMOVE: Follows = (Some(true), Some(true), "migratable", "field_removed");

struct Edits<'a> {
    of: &'a Ty,
    all: Vec<Edit>,
}

impl Edits<'_> {
    fn push(&mut self, what: String, ty: Ty, (bytes, meaning, class, reason): Follows, place: String) {
        let what = format!("{}: {what}", self.of.name);
        self.all.push(Edit { what, ty, bytes, meaning, class, reason, place });
    }

    /// `what` ends in the name of the place.
    fn add(&mut self, what: String, body: Body, follows: Follows, variant: &str) {
        let place = what.rsplit(' ').next().unwrap_or_default();
        let place = if place.starts_with('-') { String::new() } else { format!(".{place}") };
        let what = if variant.is_empty() { what } else { format!("{variant}: {what}") };
        self.push(what, Ty { body, ..self.of.clone() }, follows, place);
    }

    fn enumeration(&mut self, variants: &[Variant]) {
        let explicit = variants.iter().any(|v| v.discriminant.is_some());
        let name_and_number = |edit: &dyn Fn(&mut Vec<Variant>)| {
            let mut edited = variants.to_vec();
            edit(&mut edited);
            Body::Enum(edited)
        };
        for (at, v) in variants.iter().enumerate() {
            let renamed = name_and_number(&|all| all[at].name.push_str("Renamed"));
            let follows = (Some(false), Some(true), "migratable", "variant_renamed_suspected");
            self.add(format!("variant renamed {}Renamed", v.name), renamed, follows, "");
            let removed = name_and_number(&|all| drop(all.remove(at)));
            let follows = (Some(true), Some(true), "fatal", "variant_removed");
            self.add(format!("variant removed {}", v.name), removed, follows, "");
            let number = 20 + at as i64;
            let renumbered = name_and_number(&|all| {
                all[at].discriminant = Some(number);
                if let Some(next) = all.get_mut(at + 1) {
                    next.discriminant = next.discriminant.or(Some(at as i64 + 1));
                }
            });
            let follows = (Some(true), Some(true), "migratable", "discriminant_changed");
            self.add(format!("discriminant {}", v.name), renumbered, follows, "");
            // What a queue holds is `Copy`, which a cell is not.
            for (what, fields, follows) in
                field_edits(&v.fields).into_iter().filter(|(w, ..)| !w.contains("Cell"))
            {
                let edited = name_and_number(&|all| all[at].fields.clone_from(&fields));
                self.add(what, edited, follows, &v.name);
            }
            let inserted = name_and_number(&|all| {
                let discriminant = explicit.then_some(40);
                all.insert(at, Variant { name: "Inserted".into(), discriminant, fields: Vec::new() });
            });
            self.add(
                format!("variant inserted {at} Inserted"),
                inserted,
                (Some(true), Some(true), "", "variant_added"),
                "",
            );
            if at + 1 < variants.len() {
                let class = if explicit { "renamed" } else { "migratable" };
                // Variants without fields that are counted anew have the same numbers, under other names.
                let follows = (explicit.then_some(false), Some(true), class, "");
                let swapped = name_and_number(&|all| all.swap(at, at + 1));
                self.add(format!("variants reordered {at} -"), swapped, follows, "");
            }
        }
        let wide = self
            .of
            .repr
            .replace("u16", "u64")
            .replace("u8", "u16")
            .replace("i8", "i32")
            .replace("u32", "u64");
        let follows = (Some(true), Some(true), "migratable", "tag_changed");
        self.push(format!("repr({wide})"), Ty { repr: wide, ..self.of.clone() }, follows, String::new());
        if self.of.repr.starts_with("C, ") {
            let repr = self.of.repr.replace("C, ", "");
            self.push(
                format!("repr({repr})"),
                Ty { repr, ..self.of.clone() },
                (None, None, "", ""),
                String::new(),
            );
        }
    }
}

/// Edits of a list of fields; each text ends in the name of the field.
fn field_edits(fields: &[Field]) -> Vec<(String, Vec<Field>, Follows)> {
    let mut all = Vec::new();
    let tuple = fields.iter().any(|f| f.name == "0");
    let mut push = |what: String, edit: &dyn Fn(&mut Vec<Field>), follows: Follows| {
        let mut edited = fields.to_vec();
        edit(&mut edited);
        if tuple {
            edited.iter_mut().enumerate().for_each(|(at, f)| f.name = at.to_string());
        }
        all.push((what, edited, follows));
    };
    for (at, f) in fields.iter().enumerate() {
        let name = &f.name;
        if !tuple {
            push(format!("rename {name}_renamed"), &|all| all[at].name.push_str("_renamed"), RENAME);
            push(format!("add before {name} added"), &|all| all.insert(at, field("added", "u64")), ADD);
            push(format!("remove {name}"), &|all| drop(all.remove(at)), REMOVE);
            if let Some(next) = fields.get(at + 1) {
                let (first, second) = (name, &next.name);
                push(format!("swap {first} and {second} -"), &|all| all.swap(at, at + 1), SWAP);
            }
        }
        for (ty, follows) in retyped(&f.ty) {
            push(format!("{} to {ty} {name}", f.ty), &|all| all[at].ty.clone_from(&ty), follows);
        }
    }
    all
}

/// Other types that `ty` may be given.
fn retyped(ty: &str) -> Vec<(String, Follows)> {
    let both = |class| (Some(true), Some(true), class, "type_changed");
    // Where an element is depends on the capacity in these.
    let computed =
        ["StaticMap<", "StaticSet<", "Ring<", "EventQueue<"].iter().any(|start| ty.starts_with(start));
    let grown = if computed { "places_changed" } else { "capacity_changed" };
    let capacity = |class| (Some(true), Some(true), class, grown);
    let one = |to: &str, follows| vec![(to.to_owned(), follows)];
    match ty {
        "u8" => one("u16", both("migratable")),
        "u16" => [one("u32", both("migratable")), one("i16", both("fatal"))].concat(),
        "u32" => {
            [one("u64", both("migratable")), one("NonZeroU32", both("fatal")), one("Cell<u32>", both(""))]
                .concat()
        }
        "u64" => [
            one("u32", both("fatal")),
            one("AtomicU64", (Some(false), Some(true), "renamed", "type_changed")),
        ]
        .concat(),
        "i32" => [one("i64", both("migratable")), one("f32", both("fatal"))].concat(),
        "f32" => one("f64", both("migratable")),
        "f64" => one("u64", both("fatal")),
        "bool" => one("u8", both("migratable")),
        "char" => one("u32", both("migratable")),
        "ShmInstant" => one("ShmDuration", (Some(false), Some(true), "", "")),
        "Calling" => one("u8", both("")),
        _ => {
            let mut all = Vec::new();
            if let Some((head, tail)) = ty.rsplit_once(", ").or_else(|| ty.rsplit_once("; ")) {
                let separator = if ty.starts_with('[') { "; " } else { ", " };
                let digits: String = tail.chars().take_while(char::is_ascii_digit).collect();
                let number: u64 = digits.parse().unwrap_or(0);
                let close = &tail[digits.len()..];
                let is_map = ty.starts_with("StaticMap");
                let (more, less) = if is_map { (number * 2, 0) } else { (number + 1, number - 1) };
                all.push((format!("{head}{separator}{more}{close}"), capacity("migratable")));
                if less > 0 {
                    all.push((format!("{head}{separator}{less}{close}"), capacity("fatal")));
                }
            }
            if let Some(bytes) =
                ty.strip_prefix("StaticString<").and_then(|t| t.trim_end_matches('>').parse::<u64>().ok())
            {
                all.push((format!("StaticString<{}>", bytes + 8), capacity("migratable")));
            }
            for (from, to) in [("Handle<Player>", "Handle<Monster>"), ("Handle<Monster>", "Handle<Player>")] {
                if ty.contains(from) {
                    all.push((
                        ty.replace(from, to),
                        (Some(false), Some(true), "fatal", "handle_target_changed"),
                    ));
                }
            }
            for (from, to) in [
                ("StaticMap<u32", "StaticMap<u64"),
                ("StaticMap<u64", "StaticMap<i64"),
                ("<Buff,", "<Position,"),
                ("<Entry,", "<Buff,"),
                ("Pool<Monster", "Pool<Player"),
                ("[u16", "[u32"),
                ("[u8", "[i8"),
                ("[u64", "[f64"),
                ("ShmOption<u32", "ShmOption<u64"),
            ] {
                if ty.starts_with(from) || ty.contains(from) {
                    all.push((ty.replacen(from, to, 1), (Some(true), Some(true), "", "")));
                }
            }
            all
        }
    }
}
