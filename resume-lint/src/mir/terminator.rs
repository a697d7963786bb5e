//! Terminators, and the statements that are told apart from them only at their end.

use super::cursor::{Cursor, Parsed};
use super::place::{operand, operands, place};
use super::rvalue::{path_ends, rvalue};
use super::ty::Ty;
use super::{Call, Callee, Place, StatementKind, TerminatorKind};

/// One line of a block.
#[derive(Debug)]
pub(crate) enum Line {
    Statement(StatementKind),
    Terminator(TerminatorKind),
}

/// Where control goes after a terminator.
#[derive(Debug, Default)]
struct Edges {
    /// `(label, block)`; `unwind` is kept apart.
    labelled: Vec<(String, u32)>,
    unwind: Option<u32>,
}

impl Edges {
    fn get(&self, label: &str) -> Option<u32> {
        self.labelled.iter().find(|(name, _)| name == label).map(|(_, block)| *block)
    }
}

/// One line of a block up to and with its `;`. `ty_of` gives the type of a place.
pub(crate) fn line(c: &mut Cursor<'_>, ty_of: impl Fn(&Place) -> Ty) -> Parsed<Line> {
    let found = if c.peek("_") || c.peek("(") { assign_or_call(c, ty_of)? } else { keyword(c)? };
    c.expect(";")?;
    Ok(found)
}

fn assign_or_call(c: &mut Cursor<'_>, ty_of: impl Fn(&Place) -> Ty) -> Parsed<Line> {
    let dest = place(c)?;
    c.expect(" = ")?;
    if c.eat("yield(") {
        operand(c)?;
        c.expect(")")?;
        return other(c);
    }
    if let Some(call) = call(c, &dest)? {
        return Ok(Line::Terminator(TerminatorKind::Call(Box::new(call))));
    }
    let value = rvalue(c, &ty_of(&dest))?;
    Ok(Line::Statement(StatementKind::Assign(dest, value)))
}

/// `callee(args) -> …`, if the line is a call.
fn call(c: &mut Cursor<'_>, dest: &Place) -> Parsed<Option<Call>> {
    let mut look = c.clone();
    let callee = if look.eat("move ") || look.eat("copy ") {
        place(&mut look)?;
        Callee::Pointer
    } else {
        look.eat("const ");
        let Ok(path) = look.item_path(path_ends) else { return Ok(None) };
        Callee::Path(path.to_owned())
    };
    if !look.eat("(") {
        return Ok(None);
    }
    let Ok(args) = operands(&mut look, ")") else { return Ok(None) };
    if !look.eat(") -> ") {
        return Ok(None);
    }
    *c = look;
    // A lone `-> bb3` after a call is its unwind edge: a call that returns prints `[return: ..]`.
    let edges = edges(c)?;
    let lone = edges.get("");
    Ok(Some(Call {
        dest: dest.clone(),
        callee,
        args,
        target: edges.get("return"),
        unwind: edges.unwind.or(lone),
    }))
}

/// What comes after ` -> `.
fn edges(c: &mut Cursor<'_>) -> Parsed<Edges> {
    let mut found = Edges::default();
    if c.peek("bb") {
        found.labelled.push((String::new(), c.block()?));
        return Ok(found);
    }
    if c.peek("unwind") {
        found.unwind = unwind(c)?;
        return Ok(found);
    }
    c.expect("[")?;
    loop {
        if c.peek("unwind") {
            found.unwind = unwind(c)?;
        } else {
            let label = c.balanced(|rest| rest.starts_with(": "))?.to_owned();
            c.expect(": ")?;
            found.labelled.push((label, c.block()?));
        }
        if !c.eat(", ") {
            c.expect("]")?;
            return Ok(found);
        }
    }
}

/// `unwind continue`, `unwind unreachable`, `unwind terminate(abi)`, `unwind: bb3`.
fn unwind(c: &mut Cursor<'_>) -> Parsed<Option<u32>> {
    c.expect("unwind")?;
    if c.eat(": ") {
        return Ok(Some(c.block()?));
    }
    for way in [" continue", " unreachable", " terminate(abi)", " terminate(cleanup)"] {
        if c.eat(way) {
            return Ok(None);
        }
    }
    Err(c.unexpected("an unwind action"))
}

/// Lines that start with a word.
fn keyword(c: &mut Cursor<'_>) -> Parsed<Line> {
    for word in ["return", "resume", "unreachable", "coroutine_drop", "terminate(abi)", "terminate(cleanup)"]
    {
        if c.peek(word) && c.rest()[word.len()..].starts_with(';') {
            c.eat(word);
            let kind = if word == "return" { TerminatorKind::Return } else { TerminatorKind::End };
            return Ok(Line::Terminator(kind));
        }
    }
    if c.eat("goto -> ") {
        return Ok(Line::Terminator(TerminatorKind::Goto(c.block()?)));
    }
    if c.eat("switchInt(") {
        return switch(c);
    }
    if c.eat("drop(") {
        let place = place(c)?;
        c.expect(") -> ")?;
        let edges = edges(c)?;
        let kind = TerminatorKind::Drop { place, target: edges.get("return"), unwind: edges.unwind };
        return Ok(Line::Terminator(kind));
    }
    if c.eat("assert(") {
        return assert(c);
    }
    if c.eat("falseEdge") || c.eat("falseUnwind") {
        return other(c);
    }
    if c.eat("asm!(") || c.eat("naked_asm!(") {
        return asm(c);
    }
    if c.eat("tailcall ") {
        c.balanced(|rest| rest.starts_with(';'))?;
        return Err(c.unexpected("a terminator other than `become`, which is unstable"));
    }
    statement(c).map(Line::Statement)
}

fn other(c: &mut Cursor<'_>) -> Parsed<Line> {
    c.expect(" -> ")?;
    let edges = edges(c)?;
    let blocks = edges.labelled.iter().map(|(_, block)| *block).chain(edges.unwind).collect();
    Ok(Line::Terminator(TerminatorKind::Other(blocks)))
}

fn switch(c: &mut Cursor<'_>) -> Parsed<Line> {
    let operand = operand(c)?;
    c.expect(") -> ")?;
    let mut targets = edges(c)?.labelled;
    let otherwise = targets.iter().position(|(label, _)| label == "otherwise").map(|at| targets.remove(at).1);
    Ok(Line::Terminator(TerminatorKind::SwitchInt { operand, targets, otherwise }))
}

fn assert(c: &mut Cursor<'_>) -> Parsed<Line> {
    c.eat("!");
    operand(c)?;
    c.expect(", ")?;
    c.string()?;
    while c.eat(", ") {
        operand(c)?;
    }
    c.expect(") -> ")?;
    let edges = edges(c)?;
    let Some(target) = edges.get("success") else { return Err(c.unexpected("a `success` edge")) };
    Ok(Line::Terminator(TerminatorKind::Assert { target, unwind: edges.unwind }))
}

fn asm(c: &mut Cursor<'_>) -> Parsed<Line> {
    c.string()?;
    while c.eat(", ") {
        let text = c.balanced(|rest| rest.starts_with(", ") || rest.starts_with(')'))?;
        let known = [
            "in(",
            "out(",
            "lateout(",
            "inout(",
            "inlateout(",
            "const ",
            "sym_fn ",
            "sym_static ",
            "label ",
            "options(",
        ];
        if !known.iter().any(|prefix| text.starts_with(prefix)) {
            return Err(c.unexpected("an operand of asm!"));
        }
    }
    c.expect(")")?;
    let mut found = Edges::default();
    if c.eat(" -> ") {
        found = edges(c)?;
    }
    let targets = found.labelled.iter().map(|(_, block)| *block).collect();
    Ok(Line::Terminator(TerminatorKind::Asm { targets, unwind: found.unwind }))
}

/// Statements that are not assignments.
fn statement(c: &mut Cursor<'_>) -> Parsed<StatementKind> {
    if c.eat("StorageDead(") {
        let local = c.local()?;
        c.expect(")")?;
        return Ok(StatementKind::StorageDead(local));
    }
    if c.eat("StorageLive(") {
        c.local()?;
        c.expect(")")?;
        return Ok(StatementKind::Inert);
    }
    if c.eat("nop") || c.eat("ConstEvalCounter") {
        return Ok(StatementKind::Inert);
    }
    if c.eat("discriminant(") {
        place(c)?;
        c.expect(") = ")?;
        c.number()?;
        return Ok(StatementKind::Inert);
    }
    for word in ["PlaceMention(", "Deinit(", "BackwardIncompatibleDropHint("] {
        if c.eat(word) {
            place(c)?;
            c.expect(")")?;
            return Ok(StatementKind::Inert);
        }
    }
    for word in ["FakeRead(", "Retag(", "Coverage::", "AscribeUserType("] {
        if c.eat(word) {
            c.balanced(|rest| rest.starts_with(')') || rest.starts_with(';'))?;
            c.eat(")");
            return Ok(StatementKind::Inert);
        }
    }
    if c.eat("assume(") {
        operand(c)?;
        c.expect(")")?;
        return Ok(StatementKind::Inert);
    }
    if c.eat("copy_nonoverlapping(dst = ") {
        operand(c)?;
        c.expect(", src = ")?;
        operand(c)?;
        c.expect(", count = ")?;
        operand(c)?;
        c.expect(")")?;
        return Ok(StatementKind::Inert);
    }
    Err(c.unexpected("a statement or terminator"))
}
