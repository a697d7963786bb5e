//! Rust source of the base state, of its mutants and of edits that change nothing.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::edit::{Edit, edits};
use crate::state::{Body, Field, Ty};

const USES: &str = "#[allow(unused_imports)]\nuse resume_core::{ShmDuration, ShmInstant, ShmOption, ShmSafe, \
                    container::{StaticMap, StaticString, StaticVec}, event::EventQueue, pool::{Handle, Pool}};\n\
                    #[allow(unused_imports)]\nuse std::{cell::Cell, num::{NonZeroU32, NonZeroU64}, sync::atomic::AtomicU64};\n";

/// How a type is written out; all ways mean the same.
#[derive(Clone, Copy)]
struct Style {
    derives: &'static str,
    before: &'static str,
    before_field: &'static str,
    visibility: &'static str,
    /// Spells out discriminants that are counted by the language.
    numbers: bool,
    /// Writes `u32` and `u64` as aliases, and lengths as expressions.
    aliases: bool,
}

const PLAIN: Style = Style {
    derives: "ShmSafe",
    before: "",
    before_field: "",
    visibility: "pub ",
    numbers: false,
    aliases: false,
};

/// The base state as items of a module.
pub(crate) fn base(types: &[Ty]) -> String {
    let mut out = USES.to_owned();
    types.iter().for_each(|ty| write_type(&mut out, ty, PLAIN));
    out
}

/// All mutants, each a module, and the lists that `tests/mutations.rs` judges.
pub(crate) fn mutants(types: &[Ty]) -> String {
    let mut modules = String::new();
    let mut list = String::from("pub fn mutants() -> Vec<Mutant> {\n    vec![\n");
    let mut number = 0;
    for ty in types {
        for edit in edits(ty) {
            write_mutant(&mut modules, types, ty, &edit, number);
            let Edit { what, bytes, meaning, class, reason, place, .. } = &edit;
            let _ = writeln!(
                list,
                "        Mutant {{ what: {what:?}, root: <m{number}::Root as ShmSafe>::DESC, bytes: {bytes:?}, \
                 meaning: {meaning:?}, class: {class:?}, reason: {reason:?}, place: {place:?} }},"
            );
            number += 1;
        }
    }
    list.push_str("    ]\n}\n");
    modules.push_str(&list);
    modules.push_str(&same(types));
    modules
}

/// The edited type and all that mention it, up to the root.
fn write_mutant(out: &mut String, types: &[Ty], of: &Ty, edit: &Edit, number: usize) {
    let mut changed = BTreeSet::from([of.name.clone()]);
    loop {
        let before = changed.len();
        for ty in types {
            if field_types(ty).any(|text| words(text).any(|word| changed.contains(word))) {
                changed.insert(ty.name.clone());
            }
        }
        if changed.len() == before {
            break;
        }
    }
    let _ = writeln!(out, "pub mod m{number} {{\n#[allow(unused_imports)]\nuse super::base::*;\n{USES}");
    for ty in types.iter().filter(|ty| changed.contains(&ty.name)) {
        let mut written = if ty.name == of.name { edit.ty.clone() } else { ty.clone() };
        if edit.ty.name != of.name {
            rename(&mut written, &of.name, &edit.ty.name);
        }
        write_type(out, &written, PLAIN);
    }
    out.push_str("}\n");
}

fn all_fields(ty: &Ty) -> Box<dyn Iterator<Item = &Field> + '_> {
    match &ty.body {
        Body::Struct(fields) => Box::new(fields.iter()),
        Body::Enum(variants) => Box::new(variants.iter().flat_map(|v| &v.fields)),
    }
}

fn field_types(ty: &Ty) -> impl Iterator<Item = &str> {
    all_fields(ty).map(|f| f.ty.as_str())
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
}

fn rename(ty: &mut Ty, from: &str, to: &str) {
    let fields: Box<dyn Iterator<Item = &mut Field>> = match &mut ty.body {
        Body::Struct(fields) => Box::new(fields.iter_mut()),
        Body::Enum(variants) => Box::new(variants.iter_mut().flat_map(|v| v.fields.iter_mut())),
    };
    for field in fields.filter(|f| words(&f.ty).any(|word| word == from)) {
        field.ty = field.ty.replace(from, to);
    }
}

/// Modules that hold the base state in other words.
fn same(types: &[Ty]) -> String {
    let styles = [
        ("another module", PLAIN),
        ("other derives, in another order", Style { derives: "Debug, ShmSafe, Clone, Copy", ..PLAIN }),
        ("comments", Style { before: "/// Words.\n// More.\n", before_field: "/// About it. ", ..PLAIN }),
        ("other attributes", Style { before: "#[allow(clippy::all)]\n#[must_use]\n", ..PLAIN }),
        ("fields that are configured out", Style { before_field: "#[cfg(any())] gone: u64, ", ..PLAIN }),
        ("other visibility", Style { visibility: "pub(crate) ", ..PLAIN }),
        ("discriminants spelled out", Style { numbers: true, ..PLAIN }),
        ("aliases and expressions", Style { aliases: true, ..PLAIN }),
    ];
    let mut out = String::new();
    let mut list = String::from("pub fn same() -> Vec<Same> {\n    let mut all = Vec::new();\n");
    for (number, (what, style)) in styles.into_iter().enumerate() {
        let _ =
            writeln!(out, "pub mod same{number} {{\n{USES}#[allow(unused_imports)]\nuse super::aliases::*;");
        for ty in types {
            // Containers are neither `Copy` nor `Debug` for every element.
            let copy = !field_types(ty)
                .any(|text| text.contains("Static") || text.contains("Pool") || text.contains("EventQueue"));
            let style = if copy { style } else { Style { derives: PLAIN.derives, ..style } };
            write_type(&mut out, ty, style);
            let name = &ty.name;
            let _ = writeln!(
                list,
                "    all.push(Same {{ what: \"{what}\", ty: \"{name}\", one: <base::{name} as ShmSafe>::DESC, \
                 other: <same{number}::{name} as ShmSafe>::DESC }});"
            );
        }
        out.push_str("}\n");
    }
    list.push_str("    all\n}\n");
    out + &list
}

fn write_type(out: &mut String, ty: &Ty, style: Style) {
    let Style { derives, before, visibility, .. } = style;
    let extra =
        if ty.name.starts_with("Command") && !derives.contains("Copy") { ", Clone, Copy" } else { "" };
    let _ = write!(out, "{before}#[derive({derives}{extra})]\n#[repr({})]\n", ty.repr);
    match &ty.body {
        Body::Struct(fields) if fields.iter().any(|f| f.name == "0") => {
            let _ = writeln!(out, "{visibility}struct {}{};", ty.name, list(fields, style, visibility));
        }
        Body::Struct(fields) => {
            let _ = writeln!(out, "{visibility}struct {} {}", ty.name, list(fields, style, visibility));
        }
        Body::Enum(variants) => {
            let _ = writeln!(out, "{visibility}enum {} {{", ty.name);
            let mut next = 0;
            for v in variants {
                let fields = if v.fields.is_empty() { String::new() } else { list(&v.fields, style, "") };
                let number = v.discriminant.unwrap_or(next);
                let shown = v.discriminant.is_some() || style.numbers;
                let number_text = if shown { format!(" = {number}") } else { String::new() };
                let _ = writeln!(out, "    {}{fields}{number_text},", v.name);
                next = number + 1;
            }
            out.push_str("}\n");
        }
    }
}

fn list(fields: &[Field], style: Style, visibility: &str) -> String {
    let tuple = fields.iter().any(|f| f.name == "0");
    // A tuple's field has no name, so none can be put before it.
    let before = if tuple && style.before_field.contains("gone") { "" } else { style.before_field };
    let newline = if before.starts_with("///") { "\n" } else { "" };
    let one = |f: &Field| {
        let ty = if style.aliases { aliased(&f.ty) } else { f.ty.clone() };
        let name = if tuple { String::new() } else { format!("{}: ", f.name) };
        format!("{before}{newline}{visibility}{name}{ty}")
    };
    let all: Vec<String> = fields.iter().map(one).collect();
    let (open, close) = if tuple { ("(", ")") } else { ("{ ", " }") };
    format!("{open}{}{close}", all.join(", "))
}

fn aliased(ty: &str) -> String {
    match ty {
        "u32" => "Word".into(),
        "u64" => "Long".into(),
        "bool" => "<bool as Identity>::Is".into(),
        _ => ty
            .replace("; 6]", "; 2 * 3]")
            .replace("; 12]", "; TWELVE]")
            .replace("StaticVec<Buff, 4>", "Few<Buff>"),
    }
}
