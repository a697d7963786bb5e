//! Lines to bodies: headers, declarations, blocks, allocations.

use std::collections::HashMap;
use std::sync::Arc;

use super::cursor::{Cursor, Parsed, Unexpected};
use super::place::place;
use super::terminator::{Line, line};
use super::ty::{Ty, ty};
use super::{Block, Body, BodyKind, Local, Place, Span, Statement, Terminator, TerminatorKind, Variable};

/// MIR text that this parser does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this rustc's MIR is not understood (line {line}): expected {expected} at `{rest}`")]
pub(crate) struct NotUnderstood {
    /// One-based line of the MIR text.
    pub(crate) line: usize,
    pub(crate) expected: &'static str,
    /// The text from where the parser gave up.
    pub(crate) rest: String,
}

/// Parses the whole output of one `-Zunpretty=mir`. Bodies marked `// MIR FOR CTFE` are second copies and left out.
///
/// # Errors
///
/// [`NotUnderstood`] at the first line that is not known.
pub(crate) fn parse(text: &str) -> Result<Vec<Body>, NotUnderstood> {
    let mut parser = Parser { lines: Lines::new(text), files: HashMap::new() };
    let mut bodies = Vec::new();
    let mut second_copy = false;
    while let Some(line) = parser.lines.next() {
        if line == "// MIR FOR CTFE" {
            second_copy = true;
        } else if line.starts_with("alloc") {
            parser.allocation(line)?;
        } else if !line.is_empty() && !line.starts_with("//") {
            let body = parser.item(line)?;
            if let Some(body) = body
                && !std::mem::take(&mut second_copy)
            {
                bodies.push(body);
            }
            second_copy = false;
        }
    }
    Ok(bodies)
}

/// The lines of the text, with their number.
struct Lines<'t> {
    rest: std::str::Lines<'t>,
    number: usize,
}

impl<'t> Lines<'t> {
    fn new(text: &'t str) -> Self {
        Lines { rest: text.lines(), number: 0 }
    }

    fn next(&mut self) -> Option<&'t str> {
        self.number += 1;
        self.rest.next()
    }
}

struct Parser<'t> {
    lines: Lines<'t>,
    files: HashMap<&'t str, Arc<str>>,
}

impl<'t> Parser<'t> {
    fn error(&self, text: &str, error: &Unexpected) -> NotUnderstood {
        let rest = text.get(error.at..).unwrap_or(text).chars().take(80).collect();
        NotUnderstood { line: self.lines.number, expected: error.expected, rest }
    }

    fn fail(&self, text: &str, expected: &'static str) -> NotUnderstood {
        self.error(text, &Unexpected { expected, at: 0 })
    }

    /// `alloc7 (size: 3, align: 1) {` and its bytes, or a one-line `alloc7 (fn: path)`.
    fn allocation(&mut self, header: &'t str) -> Result<(), NotUnderstood> {
        if header.ends_with(" {}") || !header.ends_with(" {") {
            let known = ["(fn: ", "(vtable: ", "(extern static: ", "(static: ", "(size: ", "(typeid"];
            return if known.iter().any(|kind| header.contains(kind)) {
                Ok(())
            } else {
                Err(self.fail(header, "an allocation"))
            };
        }
        loop {
            match self.lines.next() {
                Some("}") => return Ok(()),
                Some(line) if line.contains('│') => {}
                Some(line) => return Err(self.fail(line, "bytes of an allocation")),
                None => return Err(self.fail("", "the end of an allocation")),
            }
        }
    }

    /// A function, constant or static. Constants with a literal value have no body.
    fn item(&mut self, text: &'t str) -> Result<Option<Body>, NotUnderstood> {
        let header = header(text).map_err(|error| self.error(text, &error))?;
        let Some(header) = header else { return Ok(None) };
        let mut body = Body {
            kind: header.kind,
            path: header.path,
            args: header.args.len(),
            locals: Vec::new(),
            debug: Vec::new(),
            blocks: Vec::new(),
        };
        body.locals.push(Local { ty: Ty::Unknown });
        body.locals.extend(header.args.into_iter().map(|ty| Local { ty }));
        loop {
            let Some(line) = self.lines.next() else { return Err(self.fail("", "the end of a body")) };
            let trimmed = line.trim_start();
            if line == "}" {
                break;
            } else if trimmed.is_empty() || trimmed.starts_with("//") || trimmed == "}" {
                continue;
            } else if trimmed.starts_with("bb") {
                self.block(&mut body, trimmed)?;
            } else {
                self.declaration(&mut body, trimmed)?;
            }
        }
        if body.blocks.is_empty() {
            return Err(self.fail("}", "at least one basic block"));
        }
        Ok(Some(body))
    }

    /// `let mut _1: T;`, `debug x => _1;`, `scope 1 {`.
    fn declaration(&mut self, body: &mut Body, text: &'t str) -> Result<(), NotUnderstood> {
        let mut c = Cursor::new(text);
        let parsed = (|| -> Parsed<()> {
            if c.eat("scope ") {
                c.number()?;
                c.expect(" {")?;
                return c.done();
            }
            if c.eat("debug ") {
                let name = c.balanced(|rest| rest.starts_with(" => "))?.to_owned();
                c.expect(" => ")?;
                if c.peek("_") || c.peek("(") {
                    let place = place(&mut c)?;
                    c.expect(";")?;
                    let span = self.trailing_span(&c)?;
                    body.debug.push(Variable { name, place, span });
                    return Ok(());
                }
                c.balanced(|rest| rest.starts_with(';'))?;
                return c.expect(";");
            }
            c.expect("let ")?;
            c.eat("mut ");
            let local = c.local()? as usize;
            c.expect(": ")?;
            let ty = ty(&mut c)?;
            c.expect(";")?;
            self.trailing_span(&c)?;
            if body.locals.len() <= local {
                body.locals.resize(local + 1, Local { ty: Ty::Unknown });
            }
            body.locals[local] = Local { ty };
            Ok(())
        })();
        parsed.map_err(|error| self.error(text, &error))
    }

    /// `bb3 (cleanup): {` up to its `}`.
    fn block(&mut self, body: &mut Body, text: &'t str) -> Result<(), NotUnderstood> {
        let mut c = Cursor::new(text);
        let head = (|| -> Parsed<(u32, bool)> {
            let number = c.block()?;
            let cleanup = c.eat(" (cleanup)");
            c.expect(": {")?;
            c.done()?;
            Ok((number, cleanup))
        })();
        let (number, cleanup) = head.map_err(|error| self.error(text, &error))?;
        if number as usize != body.blocks.len() {
            return Err(self.fail(text, "blocks in order"));
        }
        let mut statements = Vec::new();
        let mut terminator = None;
        loop {
            let Some(raw) = self.lines.next() else { return Err(self.fail("", "the end of a block")) };
            let text = raw.trim_start();
            if text == "}" {
                break;
            }
            if text.is_empty() || text.starts_with("//") {
                continue;
            }
            if terminator.is_some() {
                return Err(self.fail(text, "nothing after a terminator"));
            }
            if text.starts_with("asm!(") || text.starts_with("naked_asm!(") {
                terminator = Some(self.asm(body, text)?);
                continue;
            }
            let (found, span) = self.block_line(body, text).map_err(|error| self.error(text, &error))?;
            match found {
                Line::Statement(kind) => statements.push(Statement { kind, span }),
                Line::Terminator(kind) => terminator = Some(Terminator { kind, span }),
            }
        }
        let Some(terminator) = terminator else { return Err(self.fail("}", "a terminator")) };
        body.blocks.push(Block { cleanup, statements, terminator });
        Ok(())
    }

    fn block_line(&mut self, body: &Body, text: &'t str) -> Parsed<(Line, Option<Span>)> {
        let mut c = Cursor::new(text);
        let found = line(&mut c, |place: &Place| body.place_ty(place))?;
        let span = self.trailing_span(&c)?;
        Ok((found, span))
    }

    /// Assembly templates are printed with their line breaks: lines are joined until the statement ends.
    fn asm(&mut self, body: &Body, first: &'t str) -> Result<Terminator, NotUnderstood> {
        const JOINED_LINES_MAX: usize = 10_000;
        let mut text = first.to_owned();
        for _ in 0..JOINED_LINES_MAX {
            // Quotes inside the template are not escaped, so only the end of the line can be trusted.
            let end = text.rfind("; // scope ");
            if let Some(end) = end {
                let mut c = Cursor::new(&text);
                let parsed = line(&mut c, |place: &Place| body.place_ty(place));
                let kind = match parsed {
                    Ok(Line::Terminator(kind)) => kind,
                    Ok(Line::Statement(_)) => TerminatorKind::End,
                    Err(error) => return Err(self.error(&text, &error)),
                };
                let span = parse_span(text[end..].trim_start_matches("; // "))
                    .map_err(|error| self.error(&text, &error))?
                    .map(|(file, lo, hi)| Span { file: Arc::from(file), lo, hi });
                return Ok(Terminator { kind, span });
            }
            let Some(next) = self.lines.next() else { break };
            text.push('\n');
            text.push_str(next);
        }
        Err(self.fail(&text, "the end of an asm! statement"))
    }

    /// The span in the comment at the end of a line.
    fn trailing_span(&mut self, c: &Cursor<'t>) -> Parsed<Option<Span>> {
        let rest = c.rest().trim_start();
        let Some(comment) = rest.strip_prefix("// ") else {
            return Err(c.unexpected("a comment with the span"));
        };
        let Some((file, lo, hi)) = parse_span(comment)? else { return Ok(None) };
        let file = self.files.entry(file).or_insert_with(|| Arc::from(file)).clone();
        Ok(Some(Span { file, lo, hi }))
    }
}

type RawSpan<'t> = (&'t str, (u32, u32), (u32, u32));

/// `scope 0 at src/a.rs:1:2: 3:4`, `return place in scope 0 at …`, `… at no-location`.
fn parse_span(comment: &str) -> Parsed<Option<RawSpan<'_>>> {
    let unexpected = Unexpected { expected: "a span such as `src/a.rs:1:2: 3:4`", at: 0 };
    let Some((_, place)) = comment.split_once(" at ") else { return Err(unexpected) };
    if place == "no-location" {
        return Ok(None);
    }
    span_text(place).map(Some).ok_or(unexpected)
}

/// `src/a.rs:1:2: 3:4`, also with a ` (#0)` behind.
pub(crate) fn span_text(text: &str) -> Option<RawSpan<'_>> {
    let text = text.split_once(" (#").map_or(text, |(span, _)| span);
    let (start, end) = text.rsplit_once(": ")?;
    let (line_hi, column_hi) = end.split_once(':')?;
    let (rest, column_lo) = start.rsplit_once(':')?;
    let (file, line_lo) = rest.rsplit_once(':')?;
    let hi = (line_hi.parse().ok()?, column_hi.parse().ok()?);
    Some((file, (line_lo.parse().ok()?, column_lo.parse().ok()?), hi))
}

struct Header {
    kind: BodyKind,
    path: String,
    args: Vec<Ty>,
}

/// `fn path(_1: T) -> T {`, `const path: T = {`, `static mut path: T = {`; `const path: T = const 3_u8;` has no body.
fn header(text: &str) -> Parsed<Option<Header>> {
    let mut c = Cursor::new(text);
    if c.eat("fn ") {
        let path = c.balanced(|rest| rest.starts_with('('))?.to_owned();
        c.expect("(")?;
        let mut args = Vec::new();
        while !c.eat(")") {
            let number = c.local()?;
            if number as usize != args.len() + 1 {
                return Err(c.unexpected("arguments in order"));
            }
            c.expect(": ")?;
            args.push(ty(&mut c)?);
            c.eat(", ");
        }
        c.expect(" -> ")?;
        ty(&mut c)?;
        c.expect(" {")?;
        c.done()?;
        return Ok(Some(Header { kind: BodyKind::Fn, path, args }));
    }
    let keyword = c.eat("const ") || c.eat("static mut ") || c.eat("static ");
    let path = c.balanced(|rest| rest.starts_with(": "))?.to_owned();
    // The body of an inline `const { }` has no keyword before it.
    if !keyword && !path.ends_with('}') {
        return Err(c.unexpected("`fn`, `const`, `static` or an allocation"));
    }
    c.expect(": ")?;
    ty(&mut c)?;
    c.expect(" = ")?;
    if c.eat("{") {
        c.done()?;
        return Ok(Some(Header { kind: BodyKind::Const, path, args: Vec::new() }));
    }
    c.balanced(|rest| rest.starts_with(';'))?;
    c.expect(";")?;
    c.done()?;
    Ok(None)
}
