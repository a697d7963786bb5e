//! Finds line comments in Rust text, without being fooled by strings.

/// A `//` comment that is not documentation.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Comment<'t> {
    /// From one.
    pub(super) line: u32,
    /// From one.
    pub(super) column: u32,
    /// Without the slashes, trimmed.
    pub(super) text: &'t str,
    /// True if code stands before it on its line.
    pub(super) trailing: bool,
}

/// All line comments of a file.
pub(super) fn line_comments(text: &str) -> Vec<Comment<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("//") {
            let len = rest.find('\n').unwrap_or(rest.len());
            let body = &rest[2..len];
            if !body.starts_with('/') && !body.starts_with('!') {
                found.push(comment(text, at, body));
            }
            at += len;
        } else if rest.starts_with("/*") {
            at += block_comment(rest);
        } else if let Some(len) = raw_string(text, at) {
            at += len;
        } else if rest.starts_with('"') {
            at += string(rest);
        } else if rest.starts_with('\'') {
            at += character(rest);
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    found
}

fn comment<'t>(text: &'t str, at: usize, body: &'t str) -> Comment<'t> {
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let lines = before.bytes().filter(|byte| *byte == b'\n').count();
    let column = before[line_start..].chars().count();
    Comment {
        line: u32::try_from(lines + 1).unwrap_or(u32::MAX),
        column: u32::try_from(column + 1).unwrap_or(u32::MAX),
        text: body.trim(),
        trailing: !before[line_start..].trim().is_empty(),
    }
}

/// Length of a block comment, nested ones included.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// Length of a raw string that starts here.
fn raw_string(text: &str, at: usize) -> Option<usize> {
    let rest = &text[at..];
    let prefix = ["r", "br", "cr"].into_iter().find(|prefix| {
        rest.strip_prefix(prefix).is_some_and(|tail| tail.starts_with('"') || tail.starts_with('#'))
    })?;
    let starts_a_token = !text[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_');
    let tail = &rest[prefix.len()..];
    let hashes = tail.bytes().take_while(|byte| *byte == b'#').count();
    if !starts_a_token || !tail[hashes..].starts_with('"') {
        return None;
    }
    let close = format!("\"{}", "#".repeat(hashes));
    let body = &tail[hashes + 1..];
    let end = body.find(&close).map_or(body.len(), |end| end + close.len());
    Some(prefix.len() + hashes + 1 + end)
}

/// Length of a string with escapes.
fn string(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// Length of a character literal, or of the quote of a lifetime.
fn character(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    match chars.next() {
        Some((_, '\\')) => {
            chars.next();
            chars.find(|(_, c)| *c == '\'').map_or(rest.len(), |(at, _)| at + 1)
        }
        Some(_) => match chars.next() {
            Some((at, '\'')) => at + 1,
            _ => 1,
        },
        None => 1,
    }
}
