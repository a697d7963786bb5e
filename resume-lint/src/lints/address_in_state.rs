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
//! Addresses made by other crates' functions, and state types that a macro generates.

use std::collections::{BTreeSet, HashMap};

use super::{Finding, Label, Lint};
use crate::facts::FnFacts;
use crate::flow::{Aliases, Path, State, Step, Token, Transfer, solve};
use crate::mir::{
    AggregateKind, Body, BodyKind, Call, Callee, Operand, Place, Proj, Rvalue, Span, Statement,
    StatementKind, TerminatorKind, Ty,
};
use crate::names::{self, Target, is_std, last_segment};
use crate::program::{Program, variant_of};
use crate::runtime;

/// The declaration.
pub(super) const LINT: Lint =
    Lint { name: "address_in_state", convention: "R16", page: include_str!("address_in_state.rs"), check };

/// Functions of the standard library that give back what they are given, in another shape.
const KEEPS: &[&str] = &[
    "from",
    "into",
    "try_from",
    "try_into",
    "unwrap",
    "expect",
    "unwrap_or",
    "unwrap_or_default",
    "unwrap_or_else",
    "new",
    "new_unchecked",
    "get",
    "clone",
    "branch",
    "ok",
    "err",
    "ok_or",
    "some",
    "wrapping_add",
    "checked_add",
    "saturating_add",
    "overflowing_add",
    "unchecked_add",
    "wrapping_sub",
    "checked_sub",
    "saturating_sub",
    "to_le",
    "to_be",
    "swap_bytes",
    "rotate_left",
    "rotate_right",
    "to_ne_bytes",
    "to_le_bytes",
    "to_be_bytes",
    "from_ne_bytes",
    "from_le_bytes",
    "from_be_bytes",
    "copied",
    "cloned",
    "into_inner",
    "take",
    "load",
    "max",
    "min",
    "next_multiple_of",
    "cast_signed",
    "cast_unsigned",
    "from_residual",
    "as_ref",
    "as_mut",
    "into_iter",
    "next",
];

/// Differences of two addresses are not addresses.
const DIFFERENCES: &[&str] =
    &["wrapping_sub", "checked_sub", "saturating_sub", "overflowing_sub", "abs_diff"];

/// Masks below this keep the low bits: an alignment or a tag.
const MASK_MAX: u128 = 0x1_0000;

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
        let mut known =
            Known { facts: vec![FnFacts::default(); program.bodies.len()], captures: HashMap::new() };
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
                let facts = flow.run().facts;
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
}

/// Where an address is made.
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

    fn run(self) -> Outcome {
        let mut start = State::default();
        for number in (1..=self.body.args).filter_map(|number| u32::try_from(number).ok()) {
            let ty = &self.body.locals[number as usize].ty;
            if is_integer_shaped(ty) {
                start.add(&Path::local(number), [PARAMETERS + number - 1]);
            }
        }
        let mut outcome = Outcome::default();
        if start.is_empty() && self.sources.is_empty() {
            return outcome;
        }
        let states = solve(self.body, start, &self);
        for (number, block) in (0_u32..).zip(&self.body.blocks) {
            let Some(mut state) = states[number as usize].clone() else { continue };
            for (at, statement) in block.statements.iter().enumerate() {
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
        let Some(first) = call.args.first() else { return };
        let owner = self.state_behind(first).or_else(|| self.container(&target));
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

    fn step(&self, state: &mut State, block: u32, at: usize, statement: &Statement) {
        let StatementKind::Assign(dest, value) = &statement.kind else {
            if let StatementKind::StorageDead(local) = &statement.kind {
                state.kill(&Path::local(*local));
            }
            return;
        };
        let to = self.aliases.path(dest);
        let made = self.source_at.get(&(block, at));
        let flowing = match made {
            Some(token) => vec![(Vec::new(), BTreeSet::from([*token]))],
            None => self.flow_of(state, dest, value),
        };
        if !to.steps.contains(&Step::Index) {
            state.kill(&to);
        }
        if can_hold(&self.body.place_ty(dest)) {
            state.put(&to, flowing);
        }
    }

    /// What an rvalue carries.
    fn flow_of(&self, state: &State, dest: &Place, value: &Rvalue) -> Vec<(Vec<Step>, BTreeSet<Token>)> {
        let read = |operand: &Operand| {
            operand.place().map(|place| self.aliases.read(state, place)).unwrap_or_default()
        };
        match value {
            Rvalue::Use(operand) => read(operand),
            Rvalue::Cast { operand, ty, kind }
                if (kind == "IntToInt" || kind == "Transmute") && !is_address(ty) =>
            {
                flat(&read(operand))
            }
            Rvalue::Unary { op, operand } if op == "Not" || op == "Neg" => flat(&read(operand)),
            Rvalue::Binary { op, left, right } => {
                let carried =
                    self.arithmetic(op, (left, &tokens_of(&read(left))), (right, &tokens_of(&read(right))));
                let steps = if op.ends_with("WithOverflow") { vec![Step::Field(0)] } else { Vec::new() };
                vec![(steps, carried)]
            }
            Rvalue::Repeat(operand) => vec![(vec![Step::Index], tokens_of(&read(operand)))],
            Rvalue::Aggregate { kind, operands } => {
                let ty = self.body.place_ty(dest);
                let variant = match kind {
                    AggregateKind::Adt(constructor) => {
                        ty.path().and_then(|path| variant_of(constructor, path))
                    }
                    _ => None,
                };
                let mut all = Vec::new();
                for (operand, index) in operands.iter().zip(0_u32..) {
                    let array = matches!(kind, AggregateKind::Array);
                    let mut first: Vec<Step> = variant.clone().map(Step::Variant).into_iter().collect();
                    first.push(if array { Step::Index } else { Step::Field(index) });
                    for (rest, tokens) in read(operand) {
                        all.push((first.iter().cloned().chain(rest).collect(), tokens));
                    }
                }
                all
            }
            _ => Vec::new(),
        }
    }

    /// What is left of addresses after an operation.
    fn arithmetic(
        &self,
        op: &str,
        left: (&Operand, &BTreeSet<Token>),
        right: (&Operand, &BTreeSet<Token>),
    ) -> BTreeSet<Token> {
        let both = !left.1.is_empty() && !right.1.is_empty();
        let op = op.trim_end_matches("WithOverflow").trim_end_matches("Unchecked");
        let keeps = match op {
            "Add" | "BitOr" => true,
            "Sub" | "BitXor" => !both,
            "Shl" | "Shr" | "Div" => right.1.is_empty(),
            "BitAnd" => self.is_wide_mask(left.0) || self.is_wide_mask(right.0),
            _ => false,
        };
        if keeps { left.1.union(right.1).copied().collect() } else { BTreeSet::new() }
    }

    /// True for a mask that keeps the high bits: a large constant, or a negation.
    fn is_wide_mask(&self, mask: &Operand) -> bool {
        match mask {
            Operand::Const(text) => {
                let digits = text.split('_').next().unwrap_or_default();
                digits.parse::<u128>().is_ok_and(|value| value >= MASK_MAX) || digits.starts_with('-')
            }
            Operand::Copy(place) | Operand::Move(place) => {
                self.body.blocks.iter().flat_map(|block| &block.statements).any(|statement| match &statement
                    .kind
                {
                    StatementKind::Assign(dest, Rvalue::Unary { op, .. }) => {
                        dest == place && (op == "Not" || op == "Neg")
                    }
                    _ => false,
                })
            }
        }
    }

    /// True for `map` and friends with a callback that gives back what it is given.
    fn maps(&self, call: &Call, method: &str) -> bool {
        const MAPS: &[&str] = &["map", "map_or", "map_or_else", "and_then", "map_err", "is_some_and"];
        let Some(callback) = call.args.last().filter(|_| MAPS.contains(&method)) else { return false };
        let closure = match callback {
            Operand::Const(text) => match text.strip_prefix("ZeroSized: ") {
                Some(closure) => closure.to_owned(),
                None => {
                    let target = names::target(text);
                    let std_keeps = is_std(target.home()) && KEEPS.contains(&target.method());
                    return std_keeps || !self.facts_of(text).returns_args.is_empty();
                }
            },
            Operand::Copy(place) | Operand::Move(place) => match self.body.place_ty(place) {
                Ty::Closure(text) => text,
                _ => return false,
            },
        };
        // A closure's argument 0 is the closure itself.
        let body = self.program.closure_body(&closure);
        body.is_some_and(|at| self.known.facts[at].returns_args.iter().any(|index| *index > 0))
    }

    fn call(&self, state: &mut State, call: &Call, block: u32) {
        let mut carried = BTreeSet::new();
        if let Some(token) = self.source_at.get(&(block, usize::MAX)) {
            carried.insert(*token);
        }
        if let Callee::Path(path) = &call.callee {
            let target = names::target(path);
            let arguments: Vec<BTreeSet<Token>> = call
                .args
                .iter()
                .map(|arg| {
                    let mut tokens = self.value_tokens(state, arg);
                    let behind = self.aliases.pointee(arg).filter(|_| is_address(&self.body.operand_ty(arg)));
                    tokens.extend(behind.into_iter().flat_map(|path| tokens_of(&state.read(&path))));
                    tokens
                })
                .collect();
            let method = target.method();
            if is_std(target.home()) {
                let difference = DIFFERENCES.contains(&method)
                    && arguments.iter().filter(|tokens| !tokens.is_empty()).count() > 1;
                if (KEEPS.contains(&method) || self.maps(call, method)) && !difference {
                    carried.extend(arguments.iter().flatten());
                }
            } else {
                let facts = self.facts_of(path);
                let given_back = facts.returns_args.iter().filter_map(|index| arguments.get(*index as usize));
                carried.extend(given_back.flatten());
            }
            let fills = runtime::STORES.contains(&method)
                && (is_std(target.home()) || self.container(&target).is_some());
            let behind = call.args.first().and_then(|arg| self.aliases.pointee(arg));
            if let (true, Some(behind)) = (fills, behind) {
                state.add(&behind, arguments.iter().skip(1).flatten().copied().collect::<BTreeSet<_>>());
            }
        }
        let to = self.aliases.path(&call.dest);
        state.kill(&to);
        if can_hold(&self.body.place_ty(&call.dest)) {
            state.add(&to, carried);
        }
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

/// True for references, pointers, functions and what wraps exactly one of them.
fn is_address(ty: &Ty) -> bool {
    match ty {
        Ty::Ref { .. } | Ty::Ptr(_) | Ty::FnPtr | Ty::FnItem(_) => true,
        Ty::Path { path, args } if is_std(path) => match last_segment(path) {
            "NonNull" | "Box" | "Unique" | "Rc" | "Arc" | "AtomicPtr" => true,
            "Option" | "Pin" => args.first().is_some_and(is_address),
            _ => false,
        },
        Ty::Tuple(items) => items.iter().any(is_address),
        _ => false,
    }
}

/// True for an address and for arrays of them.
fn holds_address(ty: &Ty) -> bool {
    is_address(ty) || ty.element().is_some_and(holds_address)
}

/// True for integers, and arrays and tuples of them.
fn is_integer_shaped(ty: &Ty) -> bool {
    match ty {
        Ty::Array(inner) => is_integer_shaped(inner),
        Ty::Tuple(items) => !items.is_empty() && items.iter().all(is_integer_shaped),
        Ty::Path { path, args } => {
            const INTEGERS: &[&str] = &[
                "usize",
                "isize",
                "u8",
                "u32",
                "u64",
                "u128",
                "i32",
                "i64",
                "i128",
                "NonZero",
                "AtomicUsize",
                "AtomicU64",
            ];
            INTEGERS.contains(&last_segment(path))
                || (is_std(path)
                    && last_segment(path) == "Option"
                    && args.first().is_some_and(is_integer_shaped))
        }
        _ => false,
    }
}

/// False for types too small to hold an address.
fn can_hold(ty: &Ty) -> bool {
    !matches!(ty.path(), Some("bool" | "u8" | "i8" | "u16" | "i16" | "char" | "f32"))
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
            return call
                .target
                .map(|next| (next, returned))
                .into_iter()
                .chain(call.unwind.map(|next| (next, state)))
                .collect();
        }
        terminator.successors().into_iter().map(|next| (next, state.clone())).collect()
    }
}
