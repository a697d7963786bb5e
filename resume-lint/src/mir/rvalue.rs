//! The right-hand sides of assignments that are not calls.

use super::cursor::{Cursor, Parsed};
use super::place::{operand, operands, place};
use super::ty::ty;
use super::{AggregateKind, Operand, Rvalue, Ty};

const BINARY: &[&str] = &[
    "Add",
    "AddUnchecked",
    "AddWithOverflow",
    "Sub",
    "SubUnchecked",
    "SubWithOverflow",
    "Mul",
    "MulUnchecked",
    "MulWithOverflow",
    "Div",
    "Rem",
    "BitXor",
    "BitAnd",
    "BitOr",
    "Shl",
    "ShlUnchecked",
    "Shr",
    "ShrUnchecked",
    "Eq",
    "Lt",
    "Le",
    "Ne",
    "Ge",
    "Gt",
    "Cmp",
    "Offset",
];
const UNARY: &[&str] = &["Not", "Neg", "PtrMetadata"];
const NULLARY: &[&str] = &["SizeOf", "AlignOf", "OffsetOf", "UbChecks", "ContractChecks", "OverflowChecks"];

/// An rvalue; `dest` settles whether `Not(x)` is the operator or a user's struct of that name.
pub(crate) fn rvalue(c: &mut Cursor<'_>, dest: &Ty) -> Parsed<Rvalue> {
    if c.peek("&") {
        return reference(c);
    }
    if c.eat("[") {
        return array(c);
    }
    if c.eat("(") {
        let operands = operands(c, ")")?;
        c.expect(")")?;
        return Ok(Rvalue::Aggregate { kind: AggregateKind::Tuple, operands });
    }
    if c.peek("{") {
        return closure(c);
    }
    if c.peek("*const ") || c.peek("*mut ") {
        ty(c)?;
        c.expect(" from (")?;
        let operands = operands(c, ")")?;
        c.expect(")")?;
        return Ok(Rvalue::Aggregate { kind: AggregateKind::RawPtr, operands });
    }
    if let Some(found) = operator(c, dest)? {
        return Ok(found);
    }
    // rustc 1.97 says of some reads that Stacked Borrows need not look at them.
    c.eat("no_retag ");
    if c.peek("copy ") || c.peek("move ") || c.peek("const ") {
        let operand = operand(c)?;
        return cast_or_use(c, operand);
    }
    path(c)
}

/// `X as T (Kind)` or `X`.
fn cast_or_use(c: &mut Cursor<'_>, operand: Operand) -> Parsed<Rvalue> {
    if !c.eat(" as ") {
        return Ok(Rvalue::Use(operand));
    }
    let ty = ty(c)?;
    c.expect(" (")?;
    let kind = c.balanced(|rest| rest.starts_with(')'))?.to_owned();
    c.expect(")")?;
    Ok(Rvalue::Cast { operand, ty, kind })
}

fn reference(c: &mut Cursor<'_>) -> Parsed<Rvalue> {
    c.expect("&")?;
    if c.eat("/*tls*/ ") {
        c.eat("mut ");
        c.balanced(|rest| rest.starts_with(';'))?;
        return Ok(Rvalue::Opaque);
    }
    if c.eat("'") {
        c.ident()?;
        c.expect(" ")?;
    }
    let mutable = c.eat("mut ") || c.eat("raw mut ");
    // A `(fake)` borrow only reads the length of a slice.
    for word in ["raw const ", "fake shallow ", "fake ", "(fake) "] {
        c.eat(word);
    }
    Ok(Rvalue::Ref { place: place(c)?, mutable })
}

fn array(c: &mut Cursor<'_>) -> Parsed<Rvalue> {
    if c.eat("]") {
        return Ok(Rvalue::Aggregate { kind: AggregateKind::Array, operands: Vec::new() });
    }
    let first = operand(c)?;
    if c.eat("; ") {
        c.balanced(|rest| rest.starts_with(']'))?;
        c.expect("]")?;
        return Ok(Rvalue::Repeat(first));
    }
    let mut operands_found = vec![first];
    if c.eat(", ") {
        operands_found.extend(operands(c, "]")?);
    }
    c.expect("]")?;
    Ok(Rvalue::Aggregate { kind: AggregateKind::Array, operands: operands_found })
}

fn closure(c: &mut Cursor<'_>) -> Parsed<Rvalue> {
    let start = c.at();
    c.eat("{");
    c.balanced(|rest| rest.starts_with('}'))?;
    c.expect("}")?;
    let kind = AggregateKind::Closure(c.slice_from(start).to_owned());
    let operands = if c.eat(" { ") { fields(c)? } else { Vec::new() };
    Ok(Rvalue::Aggregate { kind, operands })
}

/// `a: X, b: Y }` after the opening brace. The names of a closure's fields may be wrong; the order is right.
fn fields(c: &mut Cursor<'_>) -> Parsed<Vec<Operand>> {
    let mut all = Vec::new();
    loop {
        if c.rest().starts_with(|ch: char| ch.is_ascii_digit()) {
            c.number()?;
        } else {
            c.ident()?;
        }
        c.expect(": ")?;
        all.push(operand(c)?);
        if !c.eat(", ") {
            c.expect(" }")?;
            return Ok(all);
        }
    }
}

/// `Add(x, y)`, `Not(x)`, `discriminant(p)`, `Len(p)`, `deref_copy p`, `SizeOf(T)`, `ShallowInitBox(x, T)`.
fn operator(c: &mut Cursor<'_>, dest: &Ty) -> Parsed<Option<Rvalue>> {
    if c.eat("deref_copy ") {
        return Ok(Some(Rvalue::Use(Operand::Copy(place(c)?))));
    }
    let mut look = c.clone();
    let Ok(name) = look.ident() else { return Ok(None) };
    if !look.eat("(") || is_struct_named(dest, name) {
        return Ok(None);
    }
    let found = if name == "discriminant" {
        let place = place(&mut look)?;
        Rvalue::Discriminant(place)
    } else if name == "Len" {
        place(&mut look)?;
        Rvalue::Opaque
    } else if name == "ShallowInitBox" || name == "WrapUnsafeBinder" {
        let boxed = operand(&mut look)?;
        look.expect(", ")?;
        ty(&mut look)?;
        Rvalue::Use(boxed)
    } else if NULLARY.contains(&name) {
        look.balanced(|rest| rest.starts_with(')'))?;
        Rvalue::Opaque
    } else if BINARY.contains(&name) {
        let left = operand(&mut look)?;
        look.expect(", ")?;
        let right = operand(&mut look)?;
        Rvalue::Binary { op: name.to_owned(), left, right }
    } else if UNARY.contains(&name) {
        Rvalue::Unary { op: name.to_owned(), operand: operand(&mut look)? }
    } else {
        return Ok(None);
    };
    look.expect(")")?;
    if look.peek(" ->") {
        // A user's function of that name.
        return Ok(None);
    }
    *c = look;
    Ok(Some(found))
}

fn is_struct_named(ty: &Ty, name: &str) -> bool {
    ty.path().is_some_and(|path| path == name)
}

/// What starts with a path: an aggregate, a unit value, a function item.
fn path(c: &mut Cursor<'_>) -> Parsed<Rvalue> {
    let text = c.item_path(path_ends)?.to_owned();
    if c.eat("(") {
        let operands = operands(c, ")")?;
        c.expect(")")?;
        return Ok(Rvalue::Aggregate { kind: AggregateKind::Adt(text), operands });
    }
    if c.eat(" { ") {
        let operands = fields(c)?;
        return Ok(Rvalue::Aggregate { kind: AggregateKind::Adt(text), operands });
    }
    cast_or_use(c, Operand::Const(text))
}

/// True where a path ends.
pub(crate) fn path_ends(rest: &str) -> bool {
    rest.starts_with(['(', ';', ',', ')']) || rest.starts_with(" { ") || rest.starts_with(" as ")
}
