//! Places and operands.

use super::cursor::{Cursor, Parsed};
use super::ty::ty;
use super::{Operand, Place, Proj};

/// A place such as `((*_1).0: u32)[_3]`.
pub(crate) fn place(c: &mut Cursor<'_>) -> Parsed<Place> {
    let mut found = if c.eat("(") { inner(c)? } else { Place::local(c.local()?) };
    while c.eat("[") {
        index(c)?;
        found.proj.push(Proj::Index);
    }
    Ok(found)
}

/// What stands inside a place's parentheses.
fn inner(c: &mut Cursor<'_>) -> Parsed<Place> {
    if c.eat("*") {
        let mut found = place(c)?;
        c.expect(")")?;
        found.proj.push(Proj::Deref);
        return Ok(found);
    }
    let mut found = place(c)?;
    if c.eat(" as subtype ") {
        found.proj.push(Proj::Subtype(ty(c)?));
    } else if c.eat(" as ") {
        let variant = match c.ident() {
            Ok(name) => name.to_owned(),
            Err(error) => return Err(error),
        };
        let number = if c.eat("#") { format!("#{}", c.number()?) } else { String::new() };
        found.proj.push(Proj::Variant(variant + &number));
    } else if c.eat(".") {
        let field = c.number()?;
        c.expect(": ")?;
        found.proj.push(Proj::Field(field, ty(c)?));
    } else if !c.peek(")") {
        return Err(c.unexpected("`.field`, ` as Variant` or `)`"));
    }
    c.expect(")")?;
    Ok(found)
}

/// The rest of `[_2]`, `[0 of 3]`, `[-1 of 2]`, `[1:-1]`, `[1..]` after the `[`.
fn index(c: &mut Cursor<'_>) -> Parsed<()> {
    if c.peek("_") {
        c.local()?;
        return c.expect("]");
    }
    c.eat("-");
    c.number()?;
    if c.eat(" of ") {
        c.number()?;
    } else if c.eat(":") {
        c.eat("-");
        if !c.peek("]") {
            c.number()?;
        }
    } else if c.eat("..") {
        if !c.peek("]") {
            c.number()?;
        }
    } else {
        return Err(c.unexpected("` of ` or `:`"));
    }
    c.expect("]")
}

/// True where an operand ends: before `, `, a closing bracket, ` as T (Kind)`, ` -> ` or `;`.
pub(crate) fn operand_ends(rest: &str) -> bool {
    rest.starts_with([',', ')', ']', '}', ';']) || rest.starts_with(" as ") || rest.starts_with(" }")
}

/// `copy P`, `move P`, `const C`, or the bare path of a function.
pub(crate) fn operand(c: &mut Cursor<'_>) -> Parsed<Operand> {
    if c.eat("copy ") {
        return Ok(Operand::Copy(place(c)?));
    }
    if c.eat("move ") {
        return Ok(Operand::Move(place(c)?));
    }
    if !c.eat("const ") {
        return Ok(Operand::Const(c.item_path(operand_ends)?.to_owned()));
    }
    let text = c.balanced(operand_ends)?;
    if text.is_empty() {
        return Err(c.unexpected("an operand"));
    }
    Ok(Operand::Const(text.to_owned()))
}

/// `A, B, C` up to (not over) `close`.
pub(crate) fn operands(c: &mut Cursor<'_>, close: &'static str) -> Parsed<Vec<Operand>> {
    let mut all = Vec::new();
    while !c.peek(close) {
        all.push(operand(c)?);
        if !c.eat(", ") {
            c.eat(",");
            break;
        }
    }
    Ok(all)
}
