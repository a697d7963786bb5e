//! The lock file: a layout as text that a team commits, so that a pull request shows what changes in memory.
//!
//! ```text
//! resume-layout.lock version 2
//! # comment
//! root   Scene
//! layout 0123456789abcdef0123456789abcdef
//! schema 0123456789abcdef0123456789abcdef
//! marks  0123456789abcdef0123456789abcdef
//!
//! struct Scene  size 24 align 8
//!        0  tick: u64
//!        8  names: StaticVec<Name, 4>
//! enum Mood: u8  size 8 align 4
//!   Calm = 0
//!   Angry = 3
//!        4  at: u32
//! container StaticVec<Name, 4>  vec capacity 4  size 16 align 4
//!        0  len: u32
//!        4  elements: [Name; 4]
//! handle Handle<Scene>  to Scene  align 4
//! scalar NonZeroU32  u32 non-zero  align 4
//! ```
//!
//! One line a field: its offset from the enclosing type, its name, its type, then what its author declared
//! (`reserved`, `transient`, `default`, `renamed from old_name`). Two blanks part what may itself hold single blanks.
//! Primitives and arrays under their usual names need no line. A name that is no plain text is quoted, with
//! `\"` and `\\`. The root comes first, then structs and enums by name, then what containers are made of; so the
//! text depends on nothing but the layout.
//!
//! [`write`](write::write) and [`read`](read::read) are inverse: the hashes on top are computed again by a
//! reader, so an edit by hand or a bad merge is refused. `marks` is the hash of what authors declared, which the
//! other two leave out. Version 1 had no such line and is refused: `--bless` writes the file anew.

mod read;
mod resolve;
mod write;

pub(super) use read::{LockError, read};
pub(super) use write::write;

use resume_core::layout::Prim;

/// How the first line starts.
pub(super) const FIRST_LINE: &str = "resume-layout.lock version ";
/// The version that is written and read.
pub(super) const VERSION: u32 = 2;

/// A type's name for a line: as the source writes it where that can be turned back, else quoted.
fn type_token(name: &str) -> String {
    let readable = resume_core::layout::names::readable(name);
    let plain =
        |c: char| c.is_alphanumeric() || matches!(c, '_' | '<' | '>' | '[' | ']' | ',' | ';' | '-' | ' ');
    let is_plain = readable.chars().all(plain) && !readable.contains("  ") && readable.trim() == readable;
    if is_plain && !readable.is_empty() && raw_name(&readable) == name { readable } else { quoted(name) }
}

/// The name of a field or a variant for a line.
fn name_token(name: &str) -> String {
    let is_plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if is_plain { name.to_owned() } else { quoted(name) }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

/// `[]<u8, 4>` for `[u8; 4]`: the stable name of a type from how the source writes it.
fn raw_name(readable: &str) -> String {
    let mut out = String::with_capacity(readable.len() + 8);
    for c in readable.chars() {
        match c {
            '[' => out.push_str("[]<"),
            ';' => out.push(','),
            ']' => out.push('>'),
            c => out.push(c),
        }
    }
    out
}

/// `u32`, `bool`, …
fn prim_name(prim: Prim) -> String {
    format!("{prim:?}").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::super::random::Random;
    use super::super::schema::layout;
    use super::*;

    #[test]
    fn names_come_back_whatever_they_are() {
        for name in [
            "u8",
            "[]<u8, 4>",
            "V<[]<[]<u8, 2>, 4>, -3>",
            "a \"b\\\"",
            "x  y",
            "",
            " ",
            "[u8]",
            "é::ü",
            "a;b",
        ] {
            let token = type_token(name);
            let back = match token.strip_prefix('"') {
                Some(_) => token.clone(),
                None => quoted(&raw_name(&token)),
            };
            assert_eq!(back, quoted(name));
        }
    }

    const SCENE: &str = "
        R { a: Pool<P, 9>, b: StaticMap<u64, S, 4>, c: [[u8; 3]; 2], m: StaticVec<[u16; 2], 4>, k: AtomicU32 }
        P { h: Handle<P>, z: NonZeroU32, x: Cell<u32>, later!: [u8; 4] }
        enum S: u64 { A = 18446744073709551615, B { x: f64 } = 3 }";

    #[test]
    fn what_is_written_is_read_and_written_again() {
        let whole = layout(SCENE);
        let text = write(&whole);
        let back = read(text.as_bytes()).unwrap_or_else(|e| panic!("{e}\n{text}"));
        assert!(resume_core::layout::diff(&whole, &back).is_identical());
        assert_eq!((back.root().layout, back.root().schema), (whole.root().layout, whole.root().schema));
        assert_eq!(write(&back), text);
        for line in [
            "struct P  size 20 align 4",
            "      16  later: [u8; 4]  reserved",
            "       8  z: NonZeroU32",
            "enum S: u64  size 16 align 8",
            "  B = 3",
            "container StaticVec<[u16; 2], 4>  vec capacity 4  size 20 align 4",
            "       4  elements: [[u16; 2]; 4]",
            "handle Handle<P>  to P  align 4",
            "scalar NonZeroU32  u32 non-zero  align 4",
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\nis not in\n{text}");
        }
    }

    /// `RESUME_FUZZ_INPUTS` sets the number of inputs.
    #[test]
    fn no_damage_panics_and_what_is_believed_is_the_same() {
        let whole = layout(SCENE);
        let text = write(&whole);
        let mut random = Random::new(23);
        for input in 0..super::super::fuzz_inputs(20_000) {
            let bytes = super::super::damaged_text(&mut random, &text);
            if let Ok(found) = read(&bytes) {
                let seen = String::from_utf8_lossy(&bytes);
                assert_eq!(write(&found), text, "input {input}: {seen}");
            }
        }
    }
}
