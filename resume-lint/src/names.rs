//! Paths as MIR prints them, taken apart.

/// Removes generic arguments: `a::B::<C, D>::e::<F>` gives `a::B::e`. `<impl …>` and `{closure#0}` stay.
pub(crate) fn strip_generics(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut depth = 0_u32;
    let mut rest = path;
    while let Some(c) = rest.chars().next() {
        let arrow = rest.starts_with("->") || rest.starts_with("=>");
        if arrow {
            if depth == 0 {
                out.push_str(&rest[..2]);
            }
            rest = &rest[2..];
            continue;
        }
        let kept = depth == 0 && (rest.starts_with("<impl ") || (rest.starts_with('<') && out.is_empty()));
        if kept {
            let len = bracketed(rest);
            out.push_str(&rest[..len]);
            rest = &rest[len..];
            continue;
        }
        match c {
            '<' => {
                if depth == 0 && out.ends_with("::") {
                    out.truncate(out.len() - 2);
                }
                depth += 1;
            }
            '>' => depth = depth.saturating_sub(1),
            _ if depth == 0 => out.push(c),
            _ => {}
        }
        rest = &rest[c.len_utf8()..];
    }
    out
}

/// Length of the text up to the bracket that closes the one it starts with.
fn bracketed(text: &str) -> usize {
    let mut depth = 0_u32;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '<' => depth += 1,
            '>' if before != '-' && before != '=' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
        before = c;
    }
    text.len()
}

/// The last segment of a path without generics.
pub(crate) fn last_segment(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}

/// The first segment.
pub(crate) fn first_segment(path: &str) -> &str {
    path.split("::").next().unwrap_or(path)
}

/// True for the standard library.
pub(crate) fn is_std(path: &str) -> bool {
    matches!(first_segment(path), "std" | "core" | "alloc")
}

/// A callee's path, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// `a::b::f`, `a::Type::method`
    Plain(String),
    /// `a::<impl Type>::method`, `<[T]>::method`, `<impl Trait for Type>::method`
    Inherent { ty: String, within: String, method: String },
    /// `<Type as Trait>::method`
    Trait { ty: String, trait_path: String, method: String },
}

/// Takes a callee's path apart.
pub(crate) fn target(path: &str) -> Target {
    let stripped = strip_generics(path);
    let len = if stripped.starts_with('<') { bracketed(&stripped) } else { 0 };
    let inner = stripped.get(1..len.saturating_sub(1)).unwrap_or_default();
    // `<impl Fn() as Fn<()>>::call` is a qualified path, `<impl Type>::method` is not.
    if len > 0 && (!inner.starts_with("impl ") || split_as(inner).is_some()) {
        let method = stripped[len..].trim_start_matches("::").to_owned();
        return match split_as(inner) {
            Some((ty, trait_path)) => {
                let trait_path = strip_generics(trait_path);
                Target::Trait { ty: ty.to_owned(), trait_path, method }
            }
            None => Target::Inherent { ty: inner.to_owned(), within: String::new(), method },
        };
    }
    if let Some(at) = stripped.find("<impl ") {
        let len = bracketed(&stripped[at..]);
        let inner = &stripped[at + "<impl ".len()..(at + len).saturating_sub(1)];
        let within = stripped[..at].trim_end_matches("::").to_owned();
        let method = stripped[at + len..].trim_start_matches("::").to_owned();
        return match inner.split_once(" for ") {
            Some((trait_path, ty)) => {
                Target::Trait { ty: ty.to_owned(), trait_path: strip_generics(trait_path), method }
            }
            None => Target::Inherent { ty: inner.to_owned(), within, method },
        };
    }
    Target::Plain(stripped)
}

/// Splits `Type as Trait` at the ` as ` that is outside all brackets.
fn split_as(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_u32;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '<' | '(' | '[' | '{' => depth += 1,
            '>' if before == '-' || before == '=' => {}
            '>' | ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ' ' if depth == 0 && text[at..].starts_with(" as ") => {
                return Some((&text[..at], &text[at + 4..]));
            }
            _ => {}
        }
        before = c;
    }
    None
}

impl Target {
    /// The function's own name.
    pub(crate) fn method(&self) -> &str {
        match self {
            Target::Plain(path) => last_segment(path),
            Target::Inherent { method, .. } | Target::Trait { method, .. } => method,
        }
    }

    /// The path whose first segment tells the crate that defines the function.
    pub(crate) fn home(&self) -> &str {
        match self {
            Target::Plain(path) => path,
            Target::Inherent { within, ty, .. } => {
                if within.is_empty() {
                    ty
                } else {
                    within
                }
            }
            Target::Trait { trait_path, .. } => trait_path,
        }
    }
}

/// The last segment of the nominal type in a text such as `&'a mut a::B<C>`; `*` for other types.
pub(crate) fn type_name(text: &str) -> String {
    let mut text = text.trim();
    while let Some(rest) = text.strip_prefix('&') {
        text = rest.trim_start_matches("mut ");
        if text.starts_with('\'') {
            text = text.split_once(' ').map_or(text, |(_, rest)| rest).trim_start_matches("mut ");
        }
    }
    let stripped = strip_generics(text);
    let name = last_segment(&stripped);
    let nominal = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if nominal { name.to_owned() } else { "*".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generics_are_removed_and_impls_stay() {
        assert_eq!(strip_generics("a::B::<C<D>, fn(u8) -> E>::f::<G>"), "a::B::f");
        assert_eq!(strip_generics("core::str::<impl str>::parse::<u32>"), "core::str::<impl str>::parse");
        assert_eq!(strip_generics("f::{closure#0}"), "f::{closure#0}");
    }

    #[test]
    fn callees_are_taken_apart() {
        assert_eq!(target("a::B::<C>::f"), Target::Plain("a::B::f".into()));
        let by_trait = target("<std::vec::Vec<a::B> as std::ops::Index<usize>>::index");
        let Target::Trait { ty, trait_path, method } = by_trait else { panic!("{by_trait:?}") };
        assert_eq!(
            (ty.as_str(), trait_path.as_str(), method.as_str()),
            ("std::vec::Vec<a::B>", "std::ops::Index", "index")
        );
        let callback = target("<impl Fn(u8) -> u64 as std::ops::Fn<(u8,)>>::call");
        assert!(matches!(callback, Target::Trait { .. }), "{callback:?}");
        let inherent = target("a::b::<impl c::D<E>>::f");
        assert_eq!(inherent.home(), "a::b");
        assert_eq!(inherent.method(), "f");
    }

    #[test]
    fn the_name_of_a_type_is_its_last_segment_behind_references() {
        assert_eq!(type_name("&'a mut a::B<C>"), "B");
        assert_eq!(type_name("[u8]"), "*");
    }
}
