//! A lock file as a layout. Anybody may have written it: a length buys nothing, and every error names a line.
//!
//! First all lines are read, then [`resolve`](super::resolve) turns names into indices.

use resume_core::layout::encode::TYPES_MAX;
use resume_core::layout::{Layout, Marks, ModelError, Prim, Shape, hex};

use super::super::json::{prim_of, role_of};
use super::resolve::Resolver;
use super::{FIRST_LINE, VERSION, raw_name};

/// Why a text is not a lock file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum LockError {
    /// A line that nothing writes.
    #[error("line {line}: expected {expected}, found `{found}`; write the file again with --bless")]
    Line { line: usize, expected: &'static str, found: String },
    /// What git leaves where two branches changed it.
    #[error(
        "line {line}: expected a merged lock file, found the conflict marker `{found}`; take either side and write \
         the file again with --bless"
    )]
    Conflict { line: usize, found: String },
    /// Another version.
    #[error(
        "line 1: expected a lock file of version {VERSION}, found {found}; write it again with --bless (a newer version \
         with the `cargo resume` that wrote it)"
    )]
    Version { found: String },
    /// Not all of its bytes are text.
    #[error("line {line}: expected UTF-8, found the byte {found:#04x}; write the file again with --bless")]
    NotText { line: usize, found: u8 },
    /// What it says contradicts itself.
    #[error("{}{source}; it was edited or badly merged: write the file again with --bless", at(*.line))]
    Model { line: Option<usize>, source: ModelError },
    /// A mark was edited: the two other hashes do not see it.
    #[error(
        "line {line}: expected the marks hash {expected} (computed from `reserved`, `transient`, `default` and \
         `renamed from` below), found {found}; the file was edited or badly merged: these come from the `#[shm(…)]` \
         of the source, so change it there and write the file again with --bless"
    )]
    Marks { line: usize, expected: String, found: String },
    /// A hash on top is not that of the types below.
    #[error(
        "line {line}: expected the {what} hash {expected} (computed from the types below), found {found}; the file was \
         edited or badly merged: write it again with --bless"
    )]
    Hash { line: usize, what: &'static str, expected: String, found: String },
}

fn at(line: Option<usize>) -> String {
    line.map(|line| format!("line {line}: ")).unwrap_or_default()
}

/// Reads a lock file.
pub(in super::super) fn read(bytes: &[u8]) -> Result<Layout, LockError> {
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let end = e.valid_up_to();
        let line = 1 + bytes[..end].iter().filter(|b| **b == b'\n').count();
        LockError::NotText { line, found: bytes[end] }
    })?;
    let file = lines(text)?;
    let root = file.top("root", 0)?;
    let (layout_hash, schema_hash) = (file.top("layout", 1)?, file.top("schema", 2)?);
    let marks_hash = file.top("marks", 3)?;
    let mut resolver = Resolver::default();
    resolver.declare(&file)?;
    let drafts = resolver.resolve(file.types)?;
    let line_of = |name: &str| resolver.line_of(name);
    let first = drafts.first().map(|d| d.name.clone());
    let layout = Layout::new(drafts)
        .map_err(|source| LockError::Model { line: owner(&source).and_then(line_of), source })?;
    if first.as_deref() != Some(root.1.as_str()) {
        return Err(wrong(root.0, "the name of the first type", &root.1));
    }
    for (what, hash, (line, found)) in
        [("layout", layout.root().layout, layout_hash), ("schema", layout.root().schema, schema_hash)]
    {
        if hex(hash) != found {
            return Err(LockError::Hash { line, what, expected: hex(hash), found: start(&found) });
        }
    }
    let (line, found) = marks_hash;
    let expected = hex(layout.declared());
    if expected != found {
        return Err(LockError::Marks { line, expected, found: start(&found) });
    }
    Ok(layout)
}

/// The type that an error is about.
fn owner(error: &ModelError) -> Option<&str> {
    match error {
        ModelError::SameName { name } | ModelError::Cycle { name } | ModelError::TooDeep { name } => {
            Some(name)
        }
        ModelError::NoSuchType { owner, .. } | ModelError::Geometry { owner, .. } => Some(owner),
        _ => None,
    }
}

pub(super) fn start(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(80).collect()
}

pub(super) fn wrong(line: usize, expected: &'static str, found: &str) -> LockError {
    LockError::Line { line, expected, found: start(found) }
}

/// A field whose type is still a name.
pub(super) struct Part {
    pub(super) line: usize,
    pub(super) name: String,
    pub(super) offset: u64,
    pub(super) ty: String,
    pub(super) marks: Marks,
}

pub(super) struct Case {
    pub(super) name: String,
    pub(super) discriminant: i128,
    pub(super) parts: Vec<Part>,
}

pub(super) enum Kind {
    /// Nothing left to resolve.
    Done(Shape),
    Struct(Vec<Part>),
    Enum(Prim, Vec<Case>),
    Container(resume_core::layout::Role, u64, Vec<Part>),
    Array(String, u64),
}

pub(super) struct Declared {
    pub(super) line: usize,
    pub(super) name: String,
    pub(super) renamed_from: Option<String>,
    pub(super) kind: Kind,
    pub(super) size: u64,
    pub(super) align: u64,
}

pub(super) struct File {
    /// `root`, `layout`, `schema` and `marks`, with their lines.
    tops: Vec<(usize, &'static str, String)>,
    pub(super) types: Vec<Declared>,
    last_line: usize,
}

impl File {
    fn top(&self, what: &'static str, position: usize) -> Result<(usize, String), LockError> {
        match self.tops.get(position) {
            Some((line, found, value)) if *found == what => Ok((*line, value.clone())),
            Some((line, found, _)) => {
                Err(wrong(*line, "`root`, `layout`, `schema` and `marks` once each, in this order", found))
            }
            None => Err(wrong(
                self.last_line,
                "`root`, `layout`, `schema` and `marks` before the end of the file",
                what,
            )),
        }
    }
}

fn lines(text: &str) -> Result<File, LockError> {
    let mut lines = text.lines().enumerate().map(|(i, line)| (i + 1, line));
    let first = lines.next().map(|(_, line)| line).unwrap_or_default();
    let Some(version) = first.strip_prefix(FIRST_LINE) else {
        return Err(wrong(1, "`resume-layout.lock version 2`", first));
    };
    if version.trim_end() != VERSION.to_string() {
        return Err(LockError::Version { found: start(version) });
    }
    let mut file = File { tops: Vec::new(), types: Vec::new(), last_line: 1 };
    for (line, text) in lines {
        file.last_line = line;
        let text = text.trim_end();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        if ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|marker| text.starts_with(marker)) {
            return Err(LockError::Conflict { line, found: start(text) });
        }
        let inside = text.trim_start();
        match (text.starts_with(' '), inside.starts_with(|c: char| c.is_ascii_digit())) {
            (true, true) => part(&mut file, line, inside)?,
            (true, false) => case(&mut file, line, inside)?,
            (false, _) => top(&mut file, line, text)?,
        }
    }
    Ok(file)
}

/// A line that starts at the margin.
fn top(file: &mut File, line: usize, text: &str) -> Result<(), LockError> {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let rest = rest.trim_start();
    for what in ["root", "layout", "schema", "marks"] {
        if word == what {
            let value = if what == "root" { type_name(line, rest)?.0 } else { rest.to_owned() };
            file.tops.push((line, what, value));
            return Ok(());
        }
    }
    if file.types.len() >= TYPES_MAX {
        return Err(LockError::Model {
            line: Some(line),
            source: ModelError::TooManyTypes { found: TYPES_MAX + 1 },
        });
    }
    let (name, rest) = type_name(line, rest)?;
    let (rest, renamed_from) = match rest.rsplit_once("  renamed from ") {
        Some((rest, old)) if matches!(word, "struct" | "enum" | "container") => {
            (rest, Some(old_name(line, old)?))
        }
        _ => (rest, None),
    };
    let declared = header(line, word, rest)?;
    file.types.push(Declared { line, name, renamed_from, ..declared });
    Ok(())
}

/// The name at the end of a line.
fn old_name(line: usize, text: &str) -> Result<String, LockError> {
    match name(line, text)? {
        (name, "") => Ok(name),
        (_, rest) => Err(wrong(line, "nothing behind the old name", rest)),
    }
}

/// What stands behind the name in the first line of a type.
fn header(line: usize, word: &str, rest: &str) -> Result<Declared, LockError> {
    let words: Vec<&str> = rest.split_whitespace().take(9).collect();
    let number = |text: &str| text.parse::<u64>().map_err(|_| wrong(line, "a number below 2^64", text));
    let prim = |name: &str| prim_of(name).ok_or_else(|| wrong(line, "a primitive type", name));
    let declared =
        |kind, size, align| Declared { line, name: String::new(), renamed_from: None, kind, size, align };
    Ok(match (word, words.as_slice()) {
        ("struct", ["size", size, "align", align]) => {
            declared(Kind::Struct(Vec::new()), number(size)?, number(align)?)
        }
        ("enum", [":", tag, "size", size, "align", align]) => {
            declared(Kind::Enum(prim(tag)?, Vec::new()), number(size)?, number(align)?)
        }
        ("container", [role, "capacity", capacity, "size", size, "align", align]) => {
            let role = role_of(role).ok_or_else(|| wrong(line, "the role of a container", role))?;
            declared(Kind::Container(role, number(capacity)?, Vec::new()), number(size)?, number(align)?)
        }
        ("scalar", [name, more @ .., "align", align]) if more.is_empty() || more == ["non-zero"] => {
            let prim = prim(name)?;
            let shape = Shape::Scalar { prim, non_zero: !more.is_empty() };
            declared(Kind::Done(shape), prim.size(), number(align)?)
        }
        ("handle", ["to", ..]) => {
            let (target, rest) = type_name(line, rest.trim_start().strip_prefix("to ").unwrap_or_default())?;
            let Some(align) = rest.trim_start().strip_prefix("align ") else {
                return Err(wrong(line, "`align` and a number", rest));
            };
            declared(Kind::Done(Shape::Handle { target }), 8, number(align)?)
        }
        ("array", ["of", ..]) => {
            let (elem, rest) = type_name(line, rest.trim_start().strip_prefix("of ").unwrap_or_default())?;
            match rest.split_whitespace().take(7).collect::<Vec<_>>().as_slice() {
                ["length", len, "size", size, "align", align] => {
                    declared(Kind::Array(elem, number(len)?), number(size)?, number(align)?)
                }
                _ => return Err(wrong(line, "length, size and alignment", rest)),
            }
        }
        ("struct" | "enum" | "container" | "scalar" | "handle" | "array", _) => {
            return Err(wrong(line, "size, alignment and what else belongs to this kind", rest));
        }
        _ => return Err(wrong(line, "struct, enum, container, handle, scalar or array", word)),
    })
}

/// `Name = number`, a variant.
fn case(file: &mut File, line: usize, text: &str) -> Result<(), LockError> {
    let (name, rest) = name(line, text)?;
    let number = rest.strip_prefix(" = ").and_then(|number| number.parse::<i128>().ok());
    let Some(discriminant) = number else {
        return Err(wrong(line, "`Variant = number` or `offset  field: Type`", text));
    };
    match file.types.last_mut().map(|ty| &mut ty.kind) {
        Some(Kind::Enum(_, cases)) => cases.push(Case { name, discriminant, parts: Vec::new() }),
        _ => return Err(wrong(line, "a variant below an enum only", text)),
    }
    Ok(())
}

/// `offset  name: Type`, a field.
fn part(file: &mut File, line: usize, text: &str) -> Result<(), LockError> {
    let (offset, rest) = text.split_once("  ").unwrap_or((text, ""));
    let offset = offset.parse().map_err(|_| wrong(line, "an offset below 2^64", offset))?;
    let (name, rest) = name(line, rest)?;
    let Some(rest) = rest.strip_prefix(": ") else {
        return Err(wrong(line, "`offset  field: Type`", text));
    };
    let (ty, rest) = type_name(line, rest)?;
    let part = Part { line, name, offset, ty, marks: marks(line, rest)? };
    let parts = match file.types.last_mut().map(|ty| &mut ty.kind) {
        Some(Kind::Struct(parts) | Kind::Container(_, _, parts)) => Some(parts),
        Some(Kind::Enum(_, cases)) => cases.last_mut().map(|case| &mut case.parts),
        _ => None,
    };
    match parts {
        Some(parts) => parts.push(part),
        None => return Err(wrong(line, "a field below a struct, a container or a variant only", text)),
    }
    Ok(())
}

/// What the author of a field declared: `  reserved  transient  default  renamed from old`.
fn marks(line: usize, mut rest: &str) -> Result<Marks, LockError> {
    let mut marks = Marks::default();
    while !rest.is_empty() {
        let word = rest.strip_prefix("  ").unwrap_or_default();
        if let Some(behind) = word.strip_prefix("reserved").filter(|_| !marks.reserved) {
            (marks.reserved, rest) = (true, behind);
        } else if let Some(behind) = word.strip_prefix("transient").filter(|_| !marks.transient) {
            (marks.transient, rest) = (true, behind);
        } else if let Some(behind) = word.strip_prefix("default").filter(|_| !marks.default) {
            (marks.default, rest) = (true, behind);
        } else if let Some(behind) =
            word.strip_prefix("renamed from ").filter(|_| marks.renamed_from.is_none())
        {
            let (old, behind) = name(line, behind)?;
            (marks.renamed_from, rest) = (Some(old), behind);
        } else {
            return Err(wrong(
                line,
                "`reserved`, `transient`, `default` or `renamed from`, once each, or nothing",
                rest,
            ));
        }
    }
    Ok(marks)
}

/// A quoted name and what is behind it.
fn quoted(line: usize, text: &str) -> Result<(String, &str), LockError> {
    let (mut name, mut escaped) = (String::new(), false);
    for (at, c) in text.char_indices().skip(1) {
        match (c, escaped) {
            ('\\', false) => escaped = true,
            ('"', false) => return Ok((name, &text[at + 1..])),
            ('"' | '\\', true) | (_, false) => {
                name.push(c);
                escaped = false;
            }
            (_, true) => break,
        }
    }
    Err(wrong(line, "a closing quote, and no escapes but `\\\"` and `\\\\`", text))
}

/// The name of a field or variant at the start of `text`, and what is behind it.
fn name(line: usize, text: &str) -> Result<(String, &str), LockError> {
    if text.starts_with('"') {
        return quoted(line, text);
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    match text.split_at(end) {
        ("", _) => Err(wrong(line, "a name", text)),
        (name, rest) => Ok((name.to_owned(), rest)),
    }
}

/// The stable name of the type at the start of `text`, and what is behind it.
fn type_name(line: usize, text: &str) -> Result<(String, &str), LockError> {
    if text.starts_with('"') {
        return quoted(line, text);
    }
    let end = [text.find("  "), text.find(": ")].into_iter().flatten().min().unwrap_or(text.len());
    match text.split_at(end) {
        ("", _) => Err(wrong(line, "the name of a type", text)),
        (name, rest) => Ok((raw_name(name), rest)),
    }
}
