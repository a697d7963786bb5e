//! What rustc prints for `-Zunpretty=mir`, as data.
//!
//! [`parse()`] turns the text into [`Body`]s. It is strict: a line it does not know is an error, because a lint that
//! skips what it cannot read passes code it never saw. Vocabulary is rustc's: a *body* has *locals* and *basic
//! blocks*; a block has *statements* and one *terminator*; a *place* is a local with *projections*.
//!
//! Neighbours: [`crate::flow`] runs analyses over these bodies, [`crate::program`] joins them with the source.

mod cursor;
mod parse;
mod place;
mod rvalue;
mod terminator;
mod ty;

#[cfg(test)]
mod tests;

use std::sync::Arc;

pub(crate) use parse::{NotUnderstood, parse, span_text};
pub(crate) use ty::Ty;

/// A source range; lines and columns count from one, columns in characters, the end is exclusive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Span {
    /// The path as rustc prints it: relative to the directory rustc ran in.
    pub(crate) file: Arc<str>,
    pub(crate) lo: (u32, u32),
    pub(crate) hi: (u32, u32),
}

/// What kind of item a body belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyKind {
    Fn,
    /// `const`, `static` or a promoted constant.
    Const,
}

/// One function, constant, static or closure.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    pub(crate) kind: BodyKind,
    /// As in the header: `scene::<impl at src/scene.rs:3:1: 3:12>::tick`.
    pub(crate) path: String,
    /// The locals `_1 ..= _args` are the arguments.
    pub(crate) args: usize,
    /// Indexed by local number.
    pub(crate) locals: Vec<Local>,
    /// User variable names and where they live.
    pub(crate) debug: Vec<Variable>,
    /// Indexed by block number.
    pub(crate) blocks: Vec<Block>,
}

/// A variable of the user's.
#[derive(Debug, Clone)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) span: Option<Span>,
}

/// A declared local.
#[derive(Debug, Clone)]
pub(crate) struct Local {
    pub(crate) ty: Ty,
}

/// A basic block.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub(crate) cleanup: bool,
    pub(crate) statements: Vec<Statement>,
    pub(crate) terminator: Terminator,
}

/// A statement and where it comes from.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) kind: StatementKind,
    pub(crate) span: Option<Span>,
}

/// What a statement does.
#[derive(Debug, Clone)]
pub(crate) enum StatementKind {
    Assign(Place, Rvalue),
    StorageDead(u32),
    /// Statements that move no value: `StorageLive`, `nop`, `ConstEvalCounter`, … and copies behind raw pointers,
    /// which no lint follows.
    Inert,
}

/// A place: a local and a way into it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    pub(crate) local: u32,
    pub(crate) proj: Vec<Proj>,
}

/// One step into a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Proj {
    Deref,
    Field(u32, Ty),
    /// `(_1 as Some)`
    Variant(String),
    /// `[_2]`, `[0 of 3]`, `[1:-1]`: all elements are one to the analyses.
    Index,
    /// Same value under another type.
    Subtype(Ty),
}

/// Something read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Operand {
    Copy(Place),
    Move(Place),
    /// A literal, a named constant, or a function item.
    Const(String),
}

/// The right-hand side of an assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rvalue {
    Use(Operand),
    Repeat(Operand),
    Ref {
        place: Place,
        mutable: bool,
    },
    Cast {
        operand: Operand,
        ty: Ty,
        kind: String,
    },
    /// A binary operation; `CheckedAdd` and friends give a pair.
    Binary {
        op: String,
        left: Operand,
        right: Operand,
    },
    Unary {
        op: String,
        operand: Operand,
    },
    Discriminant(Place),
    /// A value made of others, in field order. `variant` is set for `Enum::Variant(..)` as far as the text tells.
    Aggregate {
        kind: AggregateKind,
        operands: Vec<Operand>,
    },
    /// Values without an operand that matters here: `SizeOf(T)`, thread-local references, ….
    Opaque,
}

/// What an aggregate builds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AggregateKind {
    Tuple,
    Array,
    /// The path of the struct or of the enum's variant, generics removed.
    Adt(String),
    /// A closure or coroutine, by the text of its type.
    Closure(String),
    /// A wide pointer from its parts.
    RawPtr,
}

/// What leaves a block.
#[derive(Debug, Clone)]
pub(crate) struct Terminator {
    pub(crate) kind: TerminatorKind,
    pub(crate) span: Option<Span>,
}

/// How control leaves a block.
#[derive(Debug, Clone)]
pub(crate) enum TerminatorKind {
    Goto(u32),
    SwitchInt {
        operand: Operand,
        /// `(value, block)`; the last block is for everything else.
        targets: Vec<(String, u32)>,
        otherwise: Option<u32>,
    },
    Return,
    /// `resume`, `terminate(..)`, `unreachable`, `coroutine_drop`.
    End,
    Drop {
        place: Place,
        target: Option<u32>,
        unwind: Option<u32>,
    },
    Call(Box<Call>),
    Assert {
        target: u32,
        unwind: Option<u32>,
    },
    /// Inline assembly.
    Asm {
        targets: Vec<u32>,
        unwind: Option<u32>,
    },
    /// `falseEdge`, `falseUnwind`, `yield`: only their successors matter.
    Other(Vec<u32>),
}

/// A call.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) dest: Place,
    pub(crate) callee: Callee,
    pub(crate) args: Vec<Operand>,
    pub(crate) target: Option<u32>,
    pub(crate) unwind: Option<u32>,
}

impl Call {
    /// Where the call leads to, with the state behind each edge: a return has its result, an unwinding has not.
    pub(crate) fn edges<S>(&self, returned: S, unwound: S) -> Vec<(u32, S)> {
        let returns = self.target.map(|next| (next, returned));
        returns.into_iter().chain(self.unwind.map(|next| (next, unwound))).collect()
    }
}

/// Who is called.
#[derive(Debug, Clone)]
pub(crate) enum Callee {
    /// A function known by path, as printed with all generics.
    Path(String),
    /// A function pointer held in a place.
    Pointer,
}

impl Terminator {
    /// All blocks control may go to, the unwind one last.
    pub(crate) fn successors(&self) -> Vec<u32> {
        match &self.kind {
            TerminatorKind::Goto(block) => vec![*block],
            TerminatorKind::SwitchInt { targets, otherwise, .. } => {
                targets.iter().map(|(_, block)| *block).chain(*otherwise).collect()
            }
            TerminatorKind::Return | TerminatorKind::End => Vec::new(),
            TerminatorKind::Drop { target, unwind, .. } => target.iter().chain(unwind).copied().collect(),
            TerminatorKind::Call(call) => call.target.iter().chain(&call.unwind).copied().collect(),
            TerminatorKind::Assert { target, unwind } => std::iter::once(*target).chain(*unwind).collect(),
            TerminatorKind::Asm { targets, unwind, .. } => targets.iter().chain(unwind).copied().collect(),
            TerminatorKind::Other(blocks) => blocks.clone(),
        }
    }
}

impl Operand {
    /// The place that is read, unless it is a constant.
    pub(crate) fn place(&self) -> Option<&Place> {
        match self {
            Operand::Copy(place) | Operand::Move(place) => Some(place),
            Operand::Const(_) => None,
        }
    }
}

impl Place {
    /// The whole of a local.
    pub(crate) fn local(local: u32) -> Place {
        Place { local, proj: Vec::new() }
    }
}

impl Body {
    /// The type of a place, as far as the text tells it.
    pub(crate) fn place_ty(&self, place: &Place) -> Ty {
        self.prefix_ty(place, place.proj.len())
    }

    /// The type of a place cut to its first `len` projections.
    pub(crate) fn prefix_ty(&self, place: &Place, len: usize) -> Ty {
        let mut ty = self.locals.get(place.local as usize).map_or(Ty::Unknown, |local| local.ty.clone());
        for proj in &place.proj[..len] {
            ty = match proj {
                Proj::Deref => ty.pointee().cloned().unwrap_or(Ty::Unknown),
                Proj::Field(_, field) => field.clone(),
                Proj::Variant(_) => ty,
                Proj::Index => ty.element().cloned().unwrap_or(Ty::Unknown),
                Proj::Subtype(other) => other.clone(),
            };
        }
        ty
    }

    /// The type of an operand; constants are unknown.
    pub(crate) fn operand_ty(&self, operand: &Operand) -> Ty {
        operand.place().map_or(Ty::Unknown, |place| self.place_ty(place))
    }

    /// The user's name of a local.
    pub(crate) fn name_of(&self, local: u32) -> Option<&str> {
        self.debug
            .iter()
            .find(|variable| variable.place.local == local && variable.place.proj.is_empty())
            .map(|variable| variable.name.as_str())
    }
}
