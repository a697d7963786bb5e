//! A cursor over one piece of MIR text, and the balanced scan that types, paths and constants share.

/// Why a piece of text was not understood: what was expected, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unexpected {
    pub(crate) expected: &'static str,
    /// Byte offset into the text of the cursor.
    pub(crate) at: usize,
}

/// Result of parsing a piece.
pub(crate) type Parsed<T> = Result<T, Unexpected>;

/// Reads text from left to right.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Cursor { text, at: 0 }
    }

    pub(crate) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    pub(crate) fn is_done(&self) -> bool {
        self.at == self.text.len()
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn slice_from(&self, start: usize) -> &'t str {
        &self.text[start..self.at]
    }

    pub(crate) fn peek(&self, token: &str) -> bool {
        self.rest().starts_with(token)
    }

    pub(crate) fn eat(&mut self, token: &str) -> bool {
        let found = self.peek(token);
        if found {
            self.at += token.len();
        }
        found
    }

    pub(crate) fn expect(&mut self, token: &'static str) -> Parsed<()> {
        if self.eat(token) { Ok(()) } else { Err(self.unexpected(token)) }
    }

    pub(crate) fn unexpected(&self, expected: &'static str) -> Unexpected {
        Unexpected { expected, at: self.at }
    }

    pub(crate) fn done(&self) -> Parsed<()> {
        if self.is_done() { Ok(()) } else { Err(self.unexpected("the end of the line")) }
    }

    pub(crate) fn number(&mut self) -> Parsed<u32> {
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        let value = self.rest()[..digits].parse().map_err(|_| self.unexpected("a number"))?;
        self.at += digits;
        Ok(value)
    }

    /// `_7`
    pub(crate) fn local(&mut self) -> Parsed<u32> {
        self.expect("_")?;
        self.number()
    }

    /// `bb7`
    pub(crate) fn block(&mut self) -> Parsed<u32> {
        self.expect("bb")?;
        self.number()
    }

    /// An identifier, also a raw one.
    pub(crate) fn ident(&mut self) -> Parsed<&'t str> {
        let rest = self.rest();
        let raw = if rest.starts_with("r#") { 2 } else { 0 };
        let len = rest[raw..]
            .char_indices()
            .find(|(_, c)| !(c.is_alphanumeric() || *c == '_' || *c == '$'))
            .map_or(rest.len() - raw, |(at, _)| at);
        if len == 0 || rest[raw..].starts_with(|c: char| c.is_ascii_digit()) {
            return Err(self.unexpected("an identifier"));
        }
        self.at += raw + len;
        Ok(&rest[..raw + len])
    }

    /// Scans to the first place outside all brackets and literals where `stop` holds; brackets must match.
    pub(crate) fn balanced(&mut self, stop: impl Fn(&str) -> bool) -> Parsed<&'t str> {
        let start = self.at;
        let mut open: Vec<u8> = Vec::new();
        while !self.is_done() {
            let rest = self.rest();
            if open.is_empty() && stop(rest) {
                break;
            }
            let byte = rest.as_bytes()[0];
            match byte {
                b'(' | b'[' | b'{' | b'<' => open.push(byte),
                b'-' | b'=' if rest[1..].starts_with('>') => self.at += 1,
                b')' | b']' | b'}' | b'>' => {
                    let wanted = match byte {
                        b')' => b'(',
                        b']' => b'[',
                        b'}' => b'{',
                        _ => b'<',
                    };
                    if open.pop() != Some(wanted) {
                        return Err(self.unexpected("matching brackets"));
                    }
                }
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'\'' => {
                    self.char_or_lifetime();
                    continue;
                }
                _ => {}
            }
            self.at += self.rest().chars().next().map_or(1, char::len_utf8);
        }
        if open.is_empty() {
            Ok(&self.text[start..self.at])
        } else {
            Err(self.unexpected("a closing bracket"))
        }
    }

    /// The path of an item: like [`Cursor::balanced`], and no space outside brackets.
    pub(crate) fn item_path(&mut self, stop: impl Fn(&str) -> bool) -> Parsed<&'t str> {
        let start = self.at;
        let text = self.balanced(stop)?;
        let mut depth = 0_u32;
        let mut before = ' ';
        for (at, c) in text.char_indices() {
            match c {
                '<' | '(' | '[' | '{' => depth += 1,
                '>' if before == '-' || before == '=' => {}
                '>' | ')' | ']' | '}' => depth = depth.saturating_sub(1),
                c if depth == 0 && !(c.is_alphanumeric() || matches!(c, '_' | ':' | '#' | '$')) => {
                    return Err(Unexpected { expected: "a path", at: start + at });
                }
                _ => {}
            }
            before = c;
        }
        if text.is_empty() { Err(self.unexpected("a path")) } else { Ok(text) }
    }

    /// A string literal with Rust escapes; the cursor stands on the opening quote.
    pub(crate) fn string(&mut self) -> Parsed<()> {
        self.expect("\"")?;
        loop {
            let Some(c) = self.rest().chars().next() else {
                return Err(self.unexpected("a closing quote"));
            };
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(()),
                '\\' => self.at += self.rest().chars().next().map_or(0, char::len_utf8),
                _ => {}
            }
        }
    }

    /// `'x'`, `'\n'` or the `'` of a lifetime; the cursor stands on the quote.
    fn char_or_lifetime(&mut self) {
        let mut chars = self.rest().char_indices().skip(1);
        let first = chars.next();
        let end = match first {
            Some((_, '\\')) => {
                chars.next();
                chars.find(|(_, c)| *c == '\'').map(|(at, _)| at)
            }
            Some(_) => chars.next().filter(|(_, c)| *c == '\'').map(|(at, _)| at),
            None => None,
        };
        self.at += end.map_or(1, |at| at + 1);
    }
}
