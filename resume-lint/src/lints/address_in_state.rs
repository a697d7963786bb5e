//! # address_in_state (R16)
//!
//! ## What it does
//!
//! Reports an address that is stored in state as an integer: the result of a cast from a pointer, a reference or a
//! function to an integer, of `addr`, `expose_provenance` or a `transmute`, that reaches a field of a state type.
//! State types are those with `#[derive(ShmSafe)]` or an `unsafe impl ShmSafe`. The address is followed through
//! variables, arithmetic, tuples, structs, conversions, and through functions of the workspace that give back an
//! address or store an argument.
//!
//! The difference of two addresses and an alignment check (`% 8`, `& 7`) are not addresses.
//!
//! ## Why
//!
//! After a crash the segment is mapped again, but heap, stack and code lie elsewhere: the number points anywhere. The
//! type system cannot see it, so `#[derive(ShmSafe)]` lets an integer in.
//!
//! ## Example
//!
//! ```text
//! player.config = std::ptr::from_ref(config).addr() as u64;
//! ```
//!
//! ## Use instead
//!
//! A key that is looked up at use, a `Handle` into a pool, or a stable id that is bound to code again on resume:
//!
//! ```text
//! player.config_id = config.id;
//! ```
//!
//! ## What it does not see
//!
//! Addresses made by other crates' functions.

mod kinds;
mod steps;

use std::collections::{BTreeSet, HashMap};

use kinds::{holds_address, is_address, is_integer_shaped};

use super::{Finding, Label, Lint};
use crate::facts::FnFacts;
use crate::flow::{Aliases, Path, State, Step, Token, Transfer, solve};
use crate::mir::{
    AggregateKind, Body, BodyKind, Call, Callee, Operand, Place, Proj, Rvalue, Span, Statement,
    StatementKind, TerminatorKind, Ty,
};
use crate::names::{self, Target, is_std, last_segment};
use crate::program::Program;
use crate::runtime;

/// The declaration.
pub(super) const LINT: Lint =
    Lint { name: "address_in_state", convention: "R16", page: include_str!("address_in_state.rs"), check };

const PARAMETERS: Token = 1 << 30;

fn check(program: &Program) -> Vec<Finding> {
    let known = known(program);
    let bodies = program.bodies.iter().filter(|body| body.kind == BodyKind::Fn);
    bodies.flat_map(|body| Flow::new(program, known, body).run().findings).collect()
}

/// For each body, what it gives back and stores.
pub(crate) fn summarise(program: &Program) -> &[FnFacts] {
    &known(program).facts
}

/// Looks at all bodies until nothing is new; from the second round on only at those that call what has changed.
fn known(program: &Program) -> &Known {
    program.addresses.get_or_init(|| {
        const ROUNDS_MAX: usize = 8;
        let callees: Vec<BTreeSet<usize>> =
            program.bodies.iter().map(|body| callees_of(program, body)).collect();
        let mut known = Known { facts: vec![FnFacts::default(); program.bodies.len()], ..Known::default() };
        let mut waiting: BTreeSet<usize> = (0..program.bodies.len()).collect();
        for _ in 0..ROUNDS_MAX {
            let mut changed = BTreeSet::new();
            for at in std::mem::take(&mut waiting) {
                let body = &program.bodies[at];
                if body.kind == BodyKind::Const {
                    continue;
                }
                let flow = Flow::new(program, &known, body);
                let mut captures = HashMap::new();
                flow.note_captures(&mut captures);
                let Outcome { facts, captured, .. } = flow.run();
                for ((closure, index), source) in captured {
                    let made = program.closure_body(&closure);
                    if known.addresses.insert((closure, index), source.clone()) != Some(source) {
                        waiting.extend(made);
                    }
                }
                if facts != known.facts[at] {
                    known.facts[at] = facts;
                    changed.insert(at);
                }
                for ((closure, index), name) in captures {
                    // What a closure writes into state is known only when its creator has been seen.
                    waiting.extend(program.closure_body(&closure));
                    known.captures.insert((closure, index), name);
                }
            }
            let calls_changed = |at: &usize| !callees[*at].is_disjoint(&changed);
            waiting.extend((0..program.bodies.len()).filter(calls_changed));
            if waiting.is_empty() {
                break;
            }
        }
        known
    })
}

/// The bodies of this crate that a body calls or makes closures of.
fn callees_of(program: &Program, body: &Body) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    for block in &body.blocks {
        if let TerminatorKind::Call(call) = &block.terminator.kind {
            if let Callee::Path(path) = &call.callee {
                found.extend(program.local_bodies(path));
            }
            for arg in &call.args {
                match arg {
                    Operand::Const(text) => {
                        let closure = text.strip_prefix("ZeroSized: ");
                        found.extend(closure.and_then(|closure| program.closure_body(closure)));
                    }
                    Operand::Copy(place) | Operand::Move(place) => {
                        if let Ty::Closure(text) = body.place_ty(place) {
                            found.extend(program.closure_body(&text));
                        }
                    }
                }
            }
        }
    }
    found
}

/// What is known of all bodies of a crate.
#[derive(Debug, Default)]
pub(crate) struct Known {
    facts: Vec<FnFacts>,
    /// Captures, by closure and index, that are references into a state type, and its name.
    captures: HashMap<(String, u32), String>,
    /// Captures that carry an address, and where that was made.
    addresses: HashMap<(String, u32), Source>,
}

/// Where an address is made.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Source {
    span: Span,
    text: String,
}

struct Flow<'p> {
    program: &'p Program,
    known: &'p Known,
    body: &'p Body,
    aliases: Aliases,
    sources: Vec<Source>,
    /// Token by place in the body: block, and statement or `usize::MAX` for the terminator.
    source_at: HashMap<(u32, usize), Token>,
}

#[derive(Default)]
struct Outcome {
    findings: Vec<Finding>,
    facts: FnFacts,
    captured: Vec<((String, u32), Source)>,
}

impl<'p> Flow<'p> {
    fn new(program: &'p Program, known: &'p Known, body: &'p Body) -> Self {
        let mut flow = Flow {
            program,
            known,
            body,
            aliases: Aliases::of(body),
            sources: Vec::new(),
            source_at: Default::default(),
        };
        for (number, block) in (0_u32..).zip(&body.blocks) {
            for (at, statement) in block.statements.iter().enumerate() {
                if let (StatementKind::Assign(_, value), Some(span)) = (&statement.kind, &statement.span)
                    && let Some(text) = flow.made_by_cast(value)
                {
                    flow.add_source((number, at), span.clone(), text);
                }
            }
            if let (TerminatorKind::Call(call), Some(span)) = (&block.terminator.kind, &block.terminator.span)
                && let Some(text) = flow.made_by_call(call)
            {
                flow.add_source((number, usize::MAX), span.clone(), text);
            }
        }
        flow
    }

    fn add_source(&mut self, at: (u32, usize), span: Span, text: String) {
        let token = Token::try_from(self.sources.len()).unwrap_or(Token::MAX);
        self.sources.push(Source { span, text });
        self.source_at.insert(at, token);
    }

    fn made_by_cast(&self, value: &Rvalue) -> Option<String> {
        let Rvalue::Cast { operand, ty, kind } = value else { return None };
        if kind == "PointerExposeProvenance" {
            return Some("the address is made by this cast".to_owned());
        }
        let from = self.body.operand_ty(operand);
        let is_fn_item = matches!(operand, Operand::Const(text) if text.contains("fn("));
        (kind == "Transmute" && is_integer_shaped(ty) && (holds_address(&from) || is_fn_item))
            .then(|| "the address is made by this transmute".to_owned())
    }

    fn made_by_call(&self, call: &Call) -> Option<String> {
        let Callee::Path(path) = &call.callee else { return None };
        let target = names::target(path);
        let method = target.method();
        let home = target.home();
        let is_pointer = home.contains("ptr::")
            || call.args.first().is_some_and(|arg| is_address(&self.body.operand_ty(arg)));
        if is_std(home)
            && is_pointer
            && matches!(method, "addr" | "expose_provenance" | "expose_addr" | "to_bits")
        {
            return Some(format!("the address is made by `{method}`"));
        }
        if is_std(home) && method == "transmute_copy" && is_integer_shaped(&self.body.place_ty(&call.dest)) {
            let inner = self.body.operand_ty(call.args.first()?);
            return inner
                .pointee()
                .is_some_and(is_address)
                .then(|| "the address is made by this transmute".to_owned());
        }
        self.facts_of(path).returns_address.then(|| format!("`{method}` gives back an address"))
    }

    /// What is known of a function of the workspace.
    fn facts_of(&self, path: &str) -> FnFacts {
        if is_std(names::target(path).home()) {
            return FnFacts::default();
        }
        let mut facts = self.program.foreign_facts(path).unwrap_or_default();
        for at in self.program.local_bodies(path) {
            facts.join(&self.known.facts[at]);
        }
        facts
    }

    /// A closure starts with the addresses that its creator put into it.
    fn start_with_captures(&mut self, start: &mut State) {
        let Some(Ty::Closure(text)) = self.body.locals.get(1).map(|local| local.ty.peel_refs()) else {
            return;
        };
        let by_reference = matches!(self.body.locals[1].ty, Ty::Ref { .. });
        let captures = self.program.captures_of(text).into_iter().flatten().zip(0_u32..);
        for (ty, index) in captures {
            let Some(source) = self.known.addresses.get(&(text.clone(), index)) else { continue };
            let mut path = Path::local(1);
            path.steps.extend(by_reference.then_some(Step::Deref));
            path.steps.push(Step::Field(index));
            path.steps.extend(is_address(ty).then_some(Step::Deref));
            let token = Token::try_from(self.sources.len()).unwrap_or(Token::MAX);
            self.sources.push(source.clone());
            start.add(&path, [token]);
        }
    }

    /// Notes which captures of a closure made here carry an address.
    fn note_addresses(&self, state: &State, statement: &Statement, outcome: &mut Outcome) {
        let StatementKind::Assign(_, Rvalue::Aggregate { kind: AggregateKind::Closure(text), operands }) =
            &statement.kind
        else {
            return;
        };
        for (operand, index) in operands.iter().zip(0_u32..) {
            let mut tokens = self.value_tokens(state, operand);
            let behind = self.aliases.pointee(operand).filter(|_| is_address(&self.body.operand_ty(operand)));
            tokens.extend(behind.into_iter().flat_map(|path| tokens_of(&state.read(&path))));
            if let Some(source) = tokens.first().and_then(|token| self.sources.get(*token as usize)) {
                outcome.captured.push(((text.clone(), index), source.clone()));
            }
        }
    }

    fn run(mut self) -> Outcome {
        let mut start = State::default();
        for number in (1..=self.body.args).filter_map(|number| u32::try_from(number).ok()) {
            let ty = &self.body.locals[number as usize].ty;
            if is_integer_shaped(ty) {
                start.add(&Path::local(number), [PARAMETERS + number - 1]);
            }
        }
        let mut outcome = Outcome::default();
        self.start_with_captures(&mut start);
        if start.is_empty() && self.sources.is_empty() {
            return outcome;
        }
        let states = solve(self.body, start, &self);
        for (number, block) in (0_u32..).zip(&self.body.blocks) {
            let Some(mut state) = states[number as usize].clone() else { continue };
            for (at, statement) in block.statements.iter().enumerate() {
                self.note_addresses(&state, statement, &mut outcome);
                self.step(&mut state, number, at, statement);
                self.sink_of_statement(&state, statement, &mut outcome);
            }
            match &block.terminator.kind {
                TerminatorKind::Call(call) => {
                    self.sinks_of_call(&state, call, block.terminator.span.as_ref(), &mut outcome);
                    self.call(&mut state, call, number);
                    let owner = self.state_around(&call.dest);
                    let tokens = tokens_within(&state, &self.aliases.path(&call.dest));
                    self.enter(&tokens, owner, block.terminator.span.as_ref(), &mut outcome);
                }
                TerminatorKind::Return => self.returned(&state, &mut outcome),
                _ => {}
            }
        }
        outcome.findings.dedup();
        outcome
    }

    fn returned(&self, state: &State, outcome: &mut Outcome) {
        for token in tokens_within(state, &Path::local(0)) {
            if token >= PARAMETERS {
                outcome.facts.returns_args.insert(token - PARAMETERS);
            } else {
                outcome.facts.returns_address = true;
            }
        }
    }

    /// The name of the state type whose field a place is, references and captures looked through.
    fn state_around(&self, place: &Place) -> Option<String> {
        let place = self.aliases.resolve(place);
        if let Some(name) = self.captured_state(&place) {
            return Some(name);
        }
        (0..place.proj.len()).rev().find_map(|len| {
            let ty = self.body.prefix_ty(&place, len);
            let inside = place.proj[len..].iter().any(|proj| matches!(proj, Proj::Field(..)));
            (inside && self.program.is_state(&ty))
                .then(|| last_segment(ty.path().unwrap_or_default()).to_owned())
        })
    }

    /// A closure that writes a field captures a reference to that field alone: the state type is in its creator.
    fn captured_state(&self, place: &Place) -> Option<String> {
        let closure = match self.body.locals.get(1).map(|local| local.ty.peel_refs()) {
            Some(Ty::Closure(text)) if place.local == 1 => text,
            _ => return None,
        };
        let mut fields = place.proj.iter().skip_while(|proj| **proj == Proj::Deref);
        let (Some(Proj::Field(index, _)), Some(Proj::Deref)) = (fields.next(), fields.next()) else {
            return None;
        };
        self.known.captures.get(&(closure.clone(), *index)).cloned()
    }

    /// Notes which captures of the closures made here are references into state.
    fn note_captures(&self, captures: &mut HashMap<(String, u32), String>) {
        for statement in self.body.blocks.iter().flat_map(|block| &block.statements) {
            let StatementKind::Assign(_, Rvalue::Aggregate { kind: AggregateKind::Closure(text), operands }) =
                &statement.kind
            else {
                continue;
            };
            for (operand, index) in operands.iter().zip(0_u32..) {
                if let Some(name) = self.state_behind(operand) {
                    captures.insert((text.clone(), index), name);
                }
            }
        }
    }

    fn sink_of_statement(&self, state: &State, statement: &Statement, outcome: &mut Outcome) {
        let StatementKind::Assign(dest, value) = &statement.kind else { return };
        let ty = self.body.place_ty(dest);
        let tokens = tokens_within(state, &self.aliases.path(dest));
        if tokens.is_empty() {
            return;
        }
        let builds = matches!(value, Rvalue::Aggregate { kind: AggregateKind::Adt(_), .. });
        let owner = if self.program.is_state(&ty) {
            // A whole value of a state type was reported where it was built.
            builds.then(|| last_segment(ty.path().unwrap_or_default()).to_owned())
        } else {
            self.state_around(dest)
        };
        if owner.is_none() {
            self.stored_through(&self.aliases.resolve(dest), &tokens, outcome);
        }
        self.enter(&tokens, owner, statement.span.as_ref(), outcome);
    }

    /// `*slot = value` with both parameters.
    fn stored_through(&self, dest: &Place, tokens: &BTreeSet<Token>, outcome: &mut Outcome) {
        let is_argument = (1..=self.body.args).contains(&(dest.local as usize));
        if is_argument && dest.proj.first() == Some(&Proj::Deref) {
            let values = tokens.iter().filter(|token| **token >= PARAMETERS);
            outcome.facts.stores_through.extend(values.map(|token| (dest.local - 1, token - PARAMETERS)));
        }
    }

    /// Tokens come into state.
    fn enter(
        &self,
        tokens: &BTreeSet<Token>,
        owner: Option<String>,
        span: Option<&Span>,
        outcome: &mut Outcome,
    ) {
        let (Some(owner), Some(span)) = (owner, span) else { return };
        for token in tokens {
            if *token >= PARAMETERS {
                outcome.facts.stores_args.insert(token - PARAMETERS);
                continue;
            }
            let source = &self.sources[*token as usize];
            outcome.findings.push(Finding {
                lint: LINT.name,
                message: format!("an address is stored as an integer in the state type `{owner}`"),
                primary: Label { span: span.clone(), text: "it enters state here".to_owned() },
                others: vec![Label { span: source.span.clone(), text: source.text.clone() }],
                notes: vec![
                    "after a crash heap, stack and code lie elsewhere: the number points anywhere".to_owned(),
                ],
                help: "store a key that is looked up at use, or a `Handle`; code is stored as a stable id"
                    .to_owned(),
            });
        }
    }

    fn sinks_of_call(&self, state: &State, call: &Call, span: Option<&Span>, outcome: &mut Outcome) {
        let Callee::Path(path) = &call.callee else { return };
        let target = names::target(path);
        let arguments: Vec<BTreeSet<Token>> =
            call.args.iter().map(|arg| self.value_tokens(state, arg)).collect();
        if arguments.iter().all(BTreeSet::is_empty) {
            return;
        }
        let facts = self.facts_of(path);
        for (index, tokens) in (0_u32..).zip(&arguments) {
            if facts.stores_args.contains(&index) {
                self.enter(tokens, Some(format!("that `{}` writes", target.method())), span, outcome);
            }
            for (through, _) in facts.stores_through.iter().filter(|(_, value)| *value == index) {
                let owner = call.args.get(*through as usize).and_then(|arg| self.state_behind(arg));
                self.enter(tokens, owner, span, outcome);
            }
        }
        if !runtime::STORES.contains(&target.method()) {
            return;
        }
        // The place is the first argument; `Tx::set` has the transaction before it.
        let owner =
            call.args.iter().find_map(|arg| self.state_behind(arg)).or_else(|| self.container(&target));
        for (arg, tokens) in call.args.iter().zip(&arguments).skip(1) {
            if !self.program.is_state(&self.body.operand_ty(arg)) {
                self.enter(tokens, owner.clone(), span, outcome);
            }
        }
    }

    /// The state type around what a reference points to.
    fn state_behind(&self, arg: &Operand) -> Option<String> {
        let mut place = arg.place()?.clone();
        is_address(&self.body.place_ty(&place)).then(|| place.proj.push(Proj::Deref))?;
        self.state_around(&place)
    }

    /// The container of the runtime whose method is called.
    fn container(&self, target: &Target) -> Option<String> {
        let Target::Plain(path) = target else { return None };
        let (ty, _) = path.rsplit_once("::")?;
        self.program.runtime_name(ty)
    }

    /// Tokens in an argument that is passed by value.
    fn value_tokens(&self, state: &State, arg: &Operand) -> BTreeSet<Token> {
        arg.place().map(|place| tokens_of(&self.aliases.read(state, place))).unwrap_or_default()
    }
}

fn tokens_of(taken: &[(Vec<Step>, BTreeSet<Token>)]) -> BTreeSet<Token> {
    taken.iter().flat_map(|(_, tokens)| tokens).copied().collect()
}

fn tokens_within(state: &State, path: &Path) -> BTreeSet<Token> {
    tokens_of(&state.read(path))
}

fn flat(taken: &[(Vec<Step>, BTreeSet<Token>)]) -> Vec<(Vec<Step>, BTreeSet<Token>)> {
    vec![(Vec::new(), tokens_of(taken))]
}
impl Transfer for Flow<'_> {
    fn statement(&self, _: &mut State, _: &Statement) {}

    fn terminator(&self, state: &State, block: u32) -> Vec<(u32, State)> {
        let mut state = state.clone();
        for (at, statement) in self.body.blocks[block as usize].statements.iter().enumerate() {
            self.step(&mut state, block, at, statement);
        }
        let terminator = &self.body.blocks[block as usize].terminator;
        if let TerminatorKind::Call(call) = &terminator.kind {
            let mut returned = state.clone();
            self.call(&mut returned, call, block);
            return call.edges(returned, state);
        }
        terminator.successors().into_iter().map(|next| (next, state.clone())).collect()
    }
}
