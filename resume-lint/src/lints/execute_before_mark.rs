//! # execute_before_mark (R8)
//!
//! ## What it does
//!
//! Reports an event that is read from an `EventQueue` without marking it (`peek`, `iter`, or a copy, clone, field or
//! match binding of what they give), is then passed to complex logic or to a function that changes state, and is
//! marked (`begin`, `skip`) only after that. The same for other queue-like containers of the runtime: `front`,
//! `first` or `get(0)`, logic, then `pop_front` or `remove(0)`.
//!
//! It also reports logic on an unmarked event where the same function consumes that queue elsewhere but not after it:
//! the event will be handed out again.
//!
//! Looking at an event is fine: comparing, copying, logging by simple leaves. `begin` and then `finish` before the
//! logic is not reported: the event is marked, so it cannot run twice. (Keep `finish` last all the same: until then
//! the flight recorder knows what was running.)
//!
//! ## Why
//!
//! An event that crashes its logic is still in the queue when the process resumes, and crashes it again, for ever.
//! Marked first, it runs at most once.
//!
//! ## Example
//!
//! ```text
//! if let Some(event) = queue.peek().copied() {
//!     world.apply(event);          // crashes: after the resume it is still the head of the queue
//!     queue.skip();
//! }
//! ```
//!
//! ## Use instead
//!
//! ```text
//! if let Some(event) = queue.begin() {   // marks, then hands out
//!     world.apply(&event);
//!     queue.finish(event);
//! }
//! ```
//!
//! ## What it does not see
//!
//! Queues that are not the runtime's, and a queue that is read in one function and marked in its caller.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, Label, Lint};
use crate::flow::{Aliases, Path, State, Step, Token, Transfer, reaches, solve};
use crate::mir::{
    AggregateKind, Body, BodyKind, Call, Callee, Operand, Place, Proj, Rvalue, Span, Statement,
    StatementKind, TerminatorKind, Ty,
};
use crate::names::{self, Target, is_std};
use crate::program::{Program, variant_of};
use crate::runtime::{self, Queue};

/// The declaration.
pub(super) const LINT: Lint = Lint {
    name: "execute_before_mark",
    convention: "R8",
    page: include_str!("execute_before_mark.rs"),
    check,
};

fn check(program: &Program) -> Vec<Finding> {
    if !program.uses_runtime {
        return Vec::new();
    }
    let marking = marking(program);
    let bodies = program.bodies.iter().filter(|body| body.kind == BodyKind::Fn);
    bodies.flat_map(|body| check_body(program, &marking, body)).collect()
}

/// The bodies that mark an event, themselves or through a call.
pub(crate) fn marking(program: &Program) -> BTreeSet<usize> {
    let mut marking = BTreeSet::new();
    loop {
        let before = marking.len();
        for (at, body) in program.bodies.iter().enumerate() {
            let marks = body.blocks.iter().any(|block| match &block.terminator.kind {
                TerminatorKind::Call(call) => {
                    is_mark(program, call) || calls_marking(program, &marking, call)
                }
                _ => false,
            });
            if marks {
                marking.insert(at);
            }
        }
        if marking.len() == before {
            return marking;
        }
    }
}

fn calls_marking(program: &Program, marking: &BTreeSet<usize>, call: &Call) -> bool {
    let Callee::Path(path) = &call.callee else { return false };
    if is_std(names::target(path).home()) {
        return false;
    }
    program.local_bodies(path).iter().any(|at| marking.contains(at))
        || program.foreign_facts(path).is_some_and(|facts| facts.marks)
}

/// The queue type and the method, if a call is one of the runtime's on a queue.
fn queue_call(program: &Program, call: &Call) -> Option<(&'static Queue, String)> {
    let Callee::Path(path) = &call.callee else { return None };
    let Target::Plain(path) = names::target(path) else { return None };
    let (ty, method) = path.rsplit_once("::")?;
    let name = program.runtime_name(ty)?;
    let queue = runtime::QUEUES.iter().find(|queue| queue.ty == name)?;
    Some((queue, method.to_owned()))
}

fn at_zero(call: &Call) -> bool {
    matches!(call.args.get(1), Some(Operand::Const(index)) if index.starts_with("0_"))
}

fn is_mark(program: &Program, call: &Call) -> bool {
    queue_call(program, call).is_some_and(|(queue, method)| {
        queue.marks.contains(&method.as_str()) || queue.marks_at.contains(&method.as_str()) && at_zero(call)
    })
}

fn is_read(program: &Program, call: &Call) -> bool {
    queue_call(program, call).is_some_and(|(queue, method)| {
        queue.reads.contains(&method.as_str()) || queue.reads_at.contains(&method.as_str()) && at_zero(call)
    })
}

/// A place where a queue is marked.
struct Mark {
    block: u32,
    queue: Path,
    span: Span,
}

struct Flow<'p> {
    program: &'p Program,
    marking: &'p BTreeSet<usize>,
    body: &'p Body,
    aliases: Aliases,
    /// The queue that each read, by its block, looks at.
    reads: BTreeMap<Token, Path>,
    marks: Vec<Mark>,
}

fn check_body(program: &Program, marking: &BTreeSet<usize>, body: &Body) -> Vec<Finding> {
    let mut flow = Flow {
        program,
        marking,
        body,
        aliases: Aliases::of(body),
        reads: BTreeMap::new(),
        marks: Vec::new(),
    };
    flow.collect();
    if flow.reads.is_empty() || flow.marks.is_empty() {
        return Vec::new();
    }
    let states = solve(body, State::default(), &flow);
    let mut executed: BTreeMap<Token, (Span, u32)> = BTreeMap::new();
    for (number, block) in (0_u32..).zip(&body.blocks) {
        let (TerminatorKind::Call(call), Some(state), Some(span)) =
            (&block.terminator.kind, &states[number as usize], &block.terminator.span)
        else {
            continue;
        };
        let mut state = state.clone();
        block.statements.iter().for_each(|statement| flow.statement(&mut state, statement));
        if block.cleanup || flow.reads.contains_key(&number) || is_mark(program, call) || !flow.executes(call)
        {
            continue;
        }
        for token in flow.argument_tokens(&state, call) {
            let first = executed.entry(token).or_insert((span.clone(), number));
            if *span < first.0 {
                *first = (span.clone(), number);
            }
        }
    }
    executed.into_iter().filter_map(|(token, (span, block))| flow.finding(token, span, block)).collect()
}

impl Flow<'_> {
    fn collect(&mut self) {
        for (number, block) in (0_u32..).zip(&self.body.blocks) {
            let TerminatorKind::Call(call) = &block.terminator.kind else { continue };
            let queue = call.args.first().and_then(|arg| self.aliases.pointee(arg));
            if let Some(queue) = self.read_queue(call) {
                self.reads.insert(number, queue);
            }
            let Some(span) = &block.terminator.span else { continue };
            if is_mark(self.program, call) {
                self.marks.extend(queue.map(|queue| Mark { block: number, queue, span: span.clone() }));
            } else if calls_marking(self.program, self.marking, call) {
                let given = call.args.iter().filter(|arg| self.is_mutable(arg));
                let given: Vec<Path> = given.filter_map(|arg| self.aliases.pointee(arg)).collect();
                self.marks.extend(given.into_iter().map(|queue| Mark {
                    block: number,
                    queue,
                    span: span.clone(),
                }));
            }
        }
    }

    /// The queue that a call reads without marking: by a method of its own, or by one of the slice it derefs to.
    fn read_queue(&self, call: &Call) -> Option<Path> {
        let first = call.args.first()?;
        if is_read(self.program, call) {
            return self.aliases.pointee(first);
        }
        let Callee::Path(path) = &call.callee else { return None };
        let target = names::target(path);
        let Target::Inherent { ty, method, .. } = &target else { return None };
        if !ty.starts_with('[') {
            return None;
        }
        let mut place = first.place()?.clone();
        place.proj.push(Proj::Deref);
        let place = self.aliases.resolve(&place);
        (0..=place.proj.len()).rev().find_map(|len| {
            let ty = self.body.prefix_ty(&place, len);
            let name = self.program.runtime_name(ty.path()?)?;
            let queue = runtime::QUEUES.iter().find(|queue| queue.ty == name)?;
            let method = method.as_str();
            let reads = queue.reads.contains(&method) || queue.reads_at.contains(&method) && at_zero(call);
            reads.then(|| Path::of(&Place { local: place.local, proj: place.proj[..len].to_vec() }))
        })
    }

    fn is_mutable(&self, arg: &Operand) -> bool {
        matches!(self.body.operand_ty(arg), Ty::Ref { mutable: true, .. })
    }

    /// True if a call runs logic: it is complex, or it is one of the workspace's that changes state.
    fn executes(&self, call: &Call) -> bool {
        if self.program.call_complexity(self.body, &call.callee, &call.args).is_some() {
            return true;
        }
        let Callee::Path(path) = &call.callee else { return true };
        !is_std(names::target(path).home())
            && self.program.runtime_name(names::target(path).home()).is_none()
            && call.args.iter().any(|arg| match self.body.operand_ty(arg) {
                Ty::Ref { mutable: true, inner } => self.program.is_state(&inner),
                _ => false,
            })
    }

    /// Tokens in what the arguments are or refer to.
    fn argument_tokens(&self, state: &State, call: &Call) -> BTreeSet<Token> {
        let mut tokens = BTreeSet::new();
        for arg in &call.args {
            let Some(place) = arg.place() else { continue };
            tokens.extend(tokens_of(&self.aliases.read(state, place)));
            if matches!(self.body.place_ty(place), Ty::Ref { .. } | Ty::Ptr(_)) {
                let behind = self.aliases.pointee(arg);
                tokens.extend(behind.into_iter().flat_map(|path| tokens_of(&state.read(&path))));
            }
        }
        tokens
    }

    fn call(&self, state: &mut State, call: &Call, block: u32) {
        for mark in self.marks.iter().filter(|mark| mark.block == block) {
            for (token, _) in self.reads.iter().filter(|(_, queue)| queue.overlaps(&mark.queue)) {
                state.kill_token(*token);
            }
        }
        let mut carried = BTreeSet::new();
        if self.reads.contains_key(&block) {
            carried.insert(block);
        } else if let Callee::Path(path) = &call.callee {
            let target = names::target(path);
            let trait_of_std = matches!(&target, Target::Trait { trait_path, .. } if is_std(trait_path));
            let compares = matches!(
                target.method(),
                "eq" | "ne" | "lt" | "le" | "gt" | "ge" | "cmp" | "partial_cmp" | "len"
            );
            if (is_std(target.home()) || trait_of_std) && !compares {
                carried = self.argument_tokens(state, call);
            }
        }
        let to = self.aliases.path(&call.dest);
        state.kill(&to);
        let unit = self.body.place_ty(&call.dest) == Ty::Tuple(Vec::new());
        if !unit && self.body.place_ty(&call.dest).path() != Some("bool") {
            state.add(&to, carried);
        }
    }

    fn finding(&self, token: Token, executed: Span, block: u32) -> Option<Finding> {
        let queue = self.reads.get(&token)?;
        let read = self.body.blocks[token as usize].terminator.span.clone()?;
        let TerminatorKind::Call(call) = &self.body.blocks[block as usize].terminator.kind else {
            return None;
        };
        let after = call.target.map(|next| reaches(self.body, next)).unwrap_or_default();
        let same: Vec<&Mark> = self.marks.iter().filter(|mark| mark.queue.overlaps(queue)).collect();
        let later =
            same.iter().filter(|mark| after.contains(&mark.block)).min_by_key(|mark| mark.span.clone());
        let (mark, text) = match (later, same.first()) {
            (Some(mark), _) => (mark, "it is marked only here"),
            (None, Some(mark)) => (mark, "the queue is consumed here, but not after the logic"),
            (None, None) => return None,
        };
        Some(Finding {
            lint: LINT.name,
            message: "an event's logic runs before the event is marked as handled".to_owned(),
            primary: Label {
                span: executed,
                text: "its logic runs here: if this crashes, it runs again after the resume".to_owned(),
            },
            others: vec![
                Label { span: read, text: "the event is read here, without marking it".to_owned() },
                Label { span: mark.span.clone(), text: text.to_owned() },
            ],
            notes: Vec::new(),
            help: "take the event with `begin`, which marks it before it hands it out".to_owned(),
        })
    }
}

fn tokens_of(taken: &[(Vec<Step>, BTreeSet<Token>)]) -> BTreeSet<Token> {
    taken.iter().flat_map(|(_, tokens)| tokens).copied().collect()
}

impl Transfer for Flow<'_> {
    fn statement(&self, state: &mut State, statement: &Statement) {
        let StatementKind::Assign(dest, value) = &statement.kind else {
            if let StatementKind::StorageDead(local) = &statement.kind {
                state.kill(&Path::local(*local));
            }
            return;
        };
        let read = |place: &Place| self.aliases.read(state, place);
        let carried: Vec<(Vec<Step>, BTreeSet<Token>)> = match value {
            Rvalue::Use(operand) | Rvalue::Cast { operand, .. } => {
                operand.place().map(read).unwrap_or_default()
            }
            Rvalue::Ref { place, .. } => vec![(Vec::new(), tokens_of(&read(place)))],
            Rvalue::Repeat(operand) => {
                vec![(vec![Step::Index], tokens_of(&operand.place().map(read).unwrap_or_default()))]
            }
            Rvalue::Aggregate { kind, operands } => {
                let ty = self.body.place_ty(dest);
                let variant = match kind {
                    AggregateKind::Adt(constructor) => {
                        ty.path().and_then(|path| variant_of(constructor, path))
                    }
                    _ => None,
                };
                let fields = operands.iter().zip(0_u32..).filter_map(|(operand, index)| {
                    let mut steps: Vec<Step> = variant.clone().map(Step::Variant).into_iter().collect();
                    let array = matches!(kind, AggregateKind::Array);
                    steps.push(if array { Step::Index } else { Step::Field(index) });
                    Some((steps, tokens_of(&read(operand.place()?))))
                });
                fields.collect()
            }
            _ => Vec::new(),
        };
        let to = self.aliases.path(dest);
        state.kill(&to);
        state.put(&to, carried);
    }

    fn terminator(&self, state: &State, block: u32) -> Vec<(u32, State)> {
        let terminator = &self.body.blocks[block as usize].terminator;
        if let TerminatorKind::Call(call) = &terminator.kind {
            let mut returned = state.clone();
            self.call(&mut returned, call, block);
            return call.edges(returned, state.clone());
        }
        terminator.successors().into_iter().map(|next| (next, state.clone())).collect()
    }
}
