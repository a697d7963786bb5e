//! Types as MIR prints them.

use super::cursor::{Cursor, Parsed};

/// A type, or another generic argument.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Ty {
    /// A primitive, a parameter, or a struct, enum or union: its path without generics, and its generics.
    Path {
        path: String,
        args: Vec<Ty>,
    },
    Ref {
        mutable: bool,
        inner: Box<Ty>,
    },
    Ptr(Box<Ty>),
    Tuple(Vec<Ty>),
    /// `[T; N]`
    Array(Box<Ty>),
    Slice(Box<Ty>),
    Never,
    /// A function pointer.
    FnPtr,
    /// The type of one function; its path as printed.
    FnItem(String),
    /// A closure, coroutine or `async` body, by its text.
    Closure(String),
    /// `dyn …`, by its text.
    Dyn(String),
    /// `impl …`, by its text.
    Impl(String),
    /// `<T as Trait>::Name`, by its text.
    Projection(String),
    /// A lifetime or a constant among generic arguments.
    NotAType,
    /// Not told by the text.
    Unknown,
}

impl Ty {
    /// What a reference or pointer points to; a `Box` too, which MIR dereferences the same way.
    pub(crate) fn pointee(&self) -> Option<&Ty> {
        match self {
            Ty::Ref { inner, .. } | Ty::Ptr(inner) => Some(inner),
            Ty::Path { path, args } if path.ends_with("boxed::Box") => args.first(),
            _ => None,
        }
    }

    /// The element of an array or slice.
    pub(crate) fn element(&self) -> Option<&Ty> {
        match self {
            Ty::Array(inner) | Ty::Slice(inner) => Some(inner),
            _ => None,
        }
    }

    /// The path of a nominal type.
    pub(crate) fn path(&self) -> Option<&str> {
        match self {
            Ty::Path { path, .. } => Some(path),
            _ => None,
        }
    }

    /// The type behind all references.
    pub(crate) fn peel_refs(&self) -> &Ty {
        match self {
            Ty::Ref { inner, .. } => inner.peel_refs(),
            other => other,
        }
    }

    /// Calls `visit` on this type and all within it.
    pub(crate) fn walk<'t>(&'t self, visit: &mut impl FnMut(&'t Ty)) {
        visit(self);
        match self {
            Ty::Path { args, .. } => args.iter().for_each(|arg| arg.walk(visit)),
            Ty::Tuple(items) => items.iter().for_each(|item| item.walk(visit)),
            Ty::Ref { inner, .. } | Ty::Ptr(inner) | Ty::Array(inner) | Ty::Slice(inner) => {
                inner.walk(visit);
            }
            _ => {}
        }
    }
}

/// One type.
pub(crate) fn ty(c: &mut Cursor<'_>) -> Parsed<Ty> {
    if c.eat("&") {
        if c.peek("'") {
            lifetime(c)?;
            c.expect(" ")?;
        }
        let mutable = c.eat("mut ");
        return Ok(Ty::Ref { mutable, inner: Box::new(ty(c)?) });
    }
    if c.eat("*const ") || c.eat("*mut ") {
        return Ok(Ty::Ptr(Box::new(ty(c)?)));
    }
    if c.eat("!") {
        return Ok(Ty::Never);
    }
    if c.eat("(") {
        return tuple(c);
    }
    if c.eat("[") {
        let inner = Box::new(ty(c)?);
        if c.eat("; ") {
            c.balanced(|rest| rest.starts_with(']'))?;
            c.expect("]")?;
            return Ok(Ty::Array(inner));
        }
        c.expect("]")?;
        return Ok(Ty::Slice(inner));
    }
    if c.peek("{") {
        let start = c.at();
        c.eat("{");
        c.balanced(|rest| rest.starts_with('}'))?;
        c.expect("}")?;
        return Ok(Ty::Closure(c.slice_from(start).to_owned()));
    }
    if c.peek("<") {
        let start = c.at();
        qualified(c)?;
        return Ok(Ty::Projection(c.slice_from(start).to_owned()));
    }
    if c.peek("dyn ") || c.peek("impl ") {
        let start = c.at();
        let is_dyn = c.eat("dyn ") || !c.eat("impl ");
        bounds(c)?;
        let text = c.slice_from(start).to_owned();
        return Ok(if is_dyn { Ty::Dyn(text) } else { Ty::Impl(text) });
    }
    if let Some(found) = function(c)? {
        return Ok(found);
    }
    path(c)
}

/// `for<'a> unsafe extern "C" fn(A) -> B {path}`, if that is what comes.
fn function(c: &mut Cursor<'_>) -> Parsed<Option<Ty>> {
    let mut look = c.clone();
    if look.eat("for<") {
        look.balanced(|rest| rest.starts_with('>'))?;
        look.expect("> ")?;
    }
    for word in ["#[target_features] ", "async ", "safe ", "unsafe "] {
        look.eat(word);
    }
    if look.eat("extern ") {
        look.string()?;
        look.expect(" ")?;
    }
    if !look.eat("fn(") {
        return Ok(None);
    }
    *c = look;
    c.balanced(|rest| rest.starts_with(')'))?;
    c.expect(")")?;
    if c.eat(" -> ") {
        ty(c)?;
    }
    if c.eat(" {") {
        let item = c.balanced(|rest| rest.starts_with('}'))?.to_owned();
        c.expect("}")?;
        return Ok(Some(Ty::FnItem(item)));
    }
    Ok(Some(Ty::FnPtr))
}

/// The rest of a tuple or of a type in parentheses, after the `(`.
fn tuple(c: &mut Cursor<'_>) -> Parsed<Ty> {
    let mut items = Vec::new();
    while !c.eat(")") {
        items.push(ty(c)?);
        if c.eat(")") {
            // No trailing comma: `(dyn A + B)` in parentheses, or the last of several.
            return Ok(if items.len() == 1 { items.remove(0) } else { Ty::Tuple(items) });
        }
        c.expect(",")?;
        c.eat(" ");
    }
    Ok(Ty::Tuple(items))
}

fn lifetime(c: &mut Cursor<'_>) -> Parsed<()> {
    c.expect("'")?;
    if c.eat("{erased}") {
        return Ok(());
    }
    c.ident().map(drop)
}

/// `<T as Trait>::Name::<X>`
fn qualified(c: &mut Cursor<'_>) -> Parsed<()> {
    c.expect("<")?;
    c.balanced(|rest| rest.starts_with('>'))?;
    c.expect(">")?;
    while c.eat("::") {
        segment(c)?;
    }
    Ok(())
}

/// One path segment with its generics, which are skipped.
fn segment(c: &mut Cursor<'_>) -> Parsed<()> {
    if c.eat("{") {
        c.balanced(|rest| rest.starts_with('}'))?;
        return c.expect("}");
    }
    if c.peek("<") {
        c.eat("<");
        c.balanced(|rest| rest.starts_with('>'))?;
        return c.expect(">");
    }
    c.ident()?;
    if c.peek("<") {
        generics(c)?;
    }
    Ok(())
}

/// `A + B + 'a`, each with generics or the `Fn(A) -> B` sugar.
fn bounds(c: &mut Cursor<'_>) -> Parsed<()> {
    loop {
        if c.peek("'") {
            lifetime(c)?;
        } else {
            bound(c)?;
        }
        if !c.eat(" + ") {
            return Ok(());
        }
    }
}

fn bound(c: &mut Cursor<'_>) -> Parsed<()> {
    if c.eat("(") {
        bound(c)?;
        return c.expect(")");
    }
    for prefix in ["?", "[const] ", "const ", "~const ", "async "] {
        c.eat(prefix);
    }
    if c.eat("for<") {
        c.balanced(|rest| rest.starts_with('>'))?;
        c.expect("> ")?;
    }
    if c.peek("<") {
        return qualified(c);
    }
    c.ident()?;
    loop {
        if c.eat("::") {
            if c.peek("<") { generics(c).map(drop)? } else { segment(c)? }
        } else if c.peek("<") {
            generics(c)?;
        } else if c.eat("(") {
            c.balanced(|rest| rest.starts_with(')'))?;
            c.expect(")")?;
            if c.eat(" -> ") {
                ty(c)?;
            }
        } else {
            return Ok(());
        }
    }
}

/// A nominal type: segments, the generics of all of them collected.
fn path(c: &mut Cursor<'_>) -> Parsed<Ty> {
    let mut text = String::new();
    let mut args = Vec::new();
    loop {
        let start = c.at();
        if c.eat("{") {
            c.balanced(|rest| rest.starts_with('}'))?;
            c.expect("}")?;
        } else if c.eat("<impl ") {
            c.balanced(|rest| rest.starts_with('>'))?;
            c.expect(">")?;
        } else {
            c.ident()?;
        }
        text.push_str(c.slice_from(start));
        if c.peek("<") {
            args.extend(generics(c)?);
        }
        // `T::<X>` is how constants print; a type after `::` is the next segment.
        if c.peek("::<") && !c.peek("::<impl ") {
            c.eat("::");
            args.extend(generics(c)?);
        }
        if !c.eat("::") {
            return Ok(Ty::Path { path: text, args });
        }
        text.push_str("::");
    }
}

/// `<A, 'a, 3, Item = B>`
fn generics(c: &mut Cursor<'_>) -> Parsed<Vec<Ty>> {
    c.expect("<")?;
    let mut args = Vec::new();
    while !c.eat(">") {
        args.push(generic(c)?);
        if !c.eat(", ") {
            c.expect(">")?;
            break;
        }
    }
    Ok(args)
}

fn generic(c: &mut Cursor<'_>) -> Parsed<Ty> {
    let literal = c.rest().starts_with(|ch: char| ch.is_ascii_digit() || ch == '-' || ch == '"');
    let character = c.peek("'") && c.rest().chars().nth(2) == Some('\'');
    let block = c.peek("{ ");
    if literal || character || block || c.peek("'\\") || c.peek("*b\"") {
        c.balanced(|rest| rest.starts_with(", ") || rest.starts_with('>'))?;
        return Ok(Ty::NotAType);
    }
    if c.peek("'") {
        lifetime(c)?;
        return Ok(Ty::NotAType);
    }
    let mut look = c.clone();
    if let Ok(name) = look.ident() {
        if name == "_" || name == "true" || name == "false" {
            *c = look;
            return Ok(Ty::NotAType);
        }
        // An associated item: `Item = T`, `Item<'a> = T`, `Item: Bound`.
        if look.peek("<") && generics(&mut look).is_err() {
            look = c.clone();
        }
        if look.eat(" = ") {
            *c = look;
            return generic(c);
        }
        if look.peek(": ") {
            look.eat(": ");
            *c = look;
            bounds(c)?;
            return Ok(Ty::NotAType);
        }
    }
    ty(c)
}
