//! Names of types, taken apart. A name is the type's own name with its generic arguments (see
//! [`Ident`](super::Ident)), so brackets are balanced and an argument never holds a stray comma.

/// A type's name without its generic arguments.
pub fn base(name: &str) -> &str {
    name.split_once('<').map_or(name, |(base, _)| base)
}

/// The generic arguments in a type's name, outermost level.
pub fn args(name: &str) -> Vec<&str> {
    let Some(inside) = name.split_once('<').and_then(|(_, rest)| rest.strip_suffix('>')) else {
        return Vec::new();
    };
    let (mut args, mut start, mut depth) = (Vec::new(), 0, 0i64);
    for (at, c) in inside.char_indices() {
        match c {
            '<' => depth += 1,
            '>' => depth -= 1,
            ',' if depth == 0 => {
                args.push(inside[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    args.push(inside[start..].trim());
    args
}

/// A type's stable name as the source writes it: `[u8; 4]` for `[]<u8, 4>`.
pub fn readable(name: &str) -> String {
    /// What closes an open bracket.
    enum Open {
        Array { last_comma: Option<usize> },
        Generic,
    }
    let (mut out, mut open, mut rest) = (String::with_capacity(name.len()), Vec::new(), name);
    while let Some(c) = rest.chars().next() {
        if let Some(inside) = rest.strip_prefix("[]<") {
            open.push(Open::Array { last_comma: None });
            out.push('[');
            rest = inside;
            continue;
        }
        rest = &rest[c.len_utf8()..];
        match (c, open.last_mut()) {
            ('<', _) => open.push(Open::Generic),
            (',', Some(Open::Array { last_comma })) => *last_comma = Some(out.len()),
            ('>', Some(Open::Array { last_comma })) => {
                if let Some(at) = *last_comma {
                    out.replace_range(at..=at, ";");
                }
                open.pop();
                out.push(']');
                continue;
            }
            ('>', _) => drop(open.pop()),
            _ => {}
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_read_as_in_the_source() {
        assert_eq!(readable("[]<u8, 4>"), "[u8; 4]");
        assert_eq!(readable("[]<[]<Pair<u8, 3>, 2>, 4>"), "[[Pair<u8, 3>; 2]; 4]");
        assert_eq!(readable("StaticVec<[]<u8, 4>, 8>"), "StaticVec<[u8; 4], 8>");
        for odd in ["", "[]<", "[]<,,>>", "<>>é[]<é"] {
            readable(odd);
        }
    }

    #[test]
    fn arguments_are_those_of_the_outermost_level() {
        assert_eq!(base("StaticMap<u64, StaticString<16>, 4>"), "StaticMap");
        assert_eq!(args("StaticMap<u64, StaticString<16>, 4>"), ["u64", "StaticString<16>", "4"]);
        assert_eq!(args("u64"), [""; 0]);
    }
}
