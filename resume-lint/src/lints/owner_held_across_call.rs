//! # owner_held_across_call (R3)
//!
//! ## What it does
//!
//! Reports a shared-memory resource that is owned by the stack (a `Reserved` slot, by itself or inside an `Option`,
//! a `Result`, a tuple, a struct's field, a `Box` or a closure's capture) while complex logic is called.
//!
//! *Complex logic* is a call into the user's workspace that is not a simple leaf, a call of a function pointer, a
//! closure, a trait object or a callback. A *simple leaf* is short, has no loop and calls nothing but simple leaves
//! and the standard library. Calls of `resume-core` and of the standard library are simple, unless they are given a
//! callback that is complex.
//!
//! What is moved into the call is not held across it: there the callee's own body is looked at. A value that was
//! committed, dropped, moved away or returned before the call is not held. The other branch's owner is not held.
//!
//! ## Why
//!
//! Logic crashes. The owner is a value on the stack: when the process dies in the call, nobody gives the slot back,
//! and what was half done with it is lost. The wider the reach of the call, the likelier the crash.
//!
//! ## Example
//!
//! ```text
//! let slot = players.reserve()?;
//! let stats = compute_stats(&config);      // crashes: the slot was reserved for nothing
//! let player = slot.commit(Player::new(stats));
//! ```
//!
//! ## Use instead
//!
//! Gather the inputs first, reserve and commit without a detour, run the logic on the committed object:
//!
//! ```text
//! let stats = compute_stats(&config);
//! let player = players.insert(Player::new(stats))?;
//! ```
//!
//! ## What it does not see
//!
//! Logic in a `Drop` impl that runs at the end of a scope, and calls through traits of other crates.

use std::collections::{BTreeMap, BTreeSet};

use super::owner_types::{holds_owner, owner_steps};
use super::{Finding, Label, Lint};
use crate::flow::{Aliases, Path, State, Step, Token, Transfer, solve};
use crate::mir::{
    AggregateKind, Body, BodyKind, Call, Callee, Operand, Place, Rvalue, Span, Statement, StatementKind,
    TerminatorKind, Ty,
};
use crate::names::{self, is_std, last_segment};
use crate::program::{Program, variant_of};
use crate::runtime;

/// The declaration.
pub(super) const LINT: Lint = Lint {
    name: "owner_held_across_call",
    convention: "R3",
    page: include_str!("owner_held_across_call.rs"),
    check,
};

fn check(program: &Program) -> Vec<Finding> {
    if !program.uses_runtime {
        return Vec::new();
    }
    program
        .bodies
        .iter()
        .filter(|body| body.kind == BodyKind::Fn)
        .flat_map(|body| check_body(program, body))
        .collect()
}

fn check_body(program: &Program, body: &Body) -> Vec<Finding> {
    if !body.locals.iter().any(|local| holds_owner(program, &local.ty)) {
        return Vec::new();
    }
    let flow = Flow { program, body, aliases: Aliases::of(body) };
    let states = solve(body, flow.start(), &flow);
    let mut held: BTreeMap<Token, Vec<(u32, String)>> = BTreeMap::new();
    for (number, block) in (0_u32..).zip(&body.blocks) {
        let (TerminatorKind::Call(call), Some(state)) = (&block.terminator.kind, &states[number as usize])
        else {
            continue;
        };
        if block.cleanup || block.terminator.span.is_none() {
            continue;
        }
        let mut state = state.clone();
        block.statements.iter().for_each(|statement| flow.statement(&mut state, statement));
        flow.take_arguments(&mut state, call);
        if state.is_empty() {
            continue;
        }
        let Some(why) = program.call_complexity(body, &call.callee, &call.args) else { continue };
        for token in state.tokens() {
            if !flow.is_the_callee(&state, call, token) {
                held.entry(token).or_default().push((number, why.clone()));
            }
        }
    }
    held.iter().filter_map(|(token, calls)| flow.finding(&states, *token, calls)).collect()
}

/// Tokens are numbered: an acquisition in block `n` is `n`, the parameter `_i` is `PARAMETERS + i`.
const PARAMETERS: Token = 1 << 30;

struct Flow<'p> {
    program: &'p Program,
    body: &'p Body,
    aliases: Aliases,
}

/// How an owner is given up.
struct Release {
    span: Span,
    text: String,
}

impl Flow<'_> {
    /// What the arguments hold when the body starts.
    fn start(&self) -> State {
        let mut state = State::default();
        for number in (1..=self.body.args).filter_map(|number| u32::try_from(number).ok()) {
            let ty = &self.body.locals[number as usize].ty;
            let mut path = Path::local(number);
            let mut owner = ty;
            // A closure's captures live behind the reference to it, and nobody else can see them.
            if let (Ty::Ref { inner, .. }, true) = (ty, self.body.path.ends_with('}'))
                && matches!(&**inner, Ty::Closure(_))
            {
                path.steps.push(Step::Deref);
                owner = inner;
            }
            for steps in owner_steps(self.program, owner) {
                state.add(&path.join(&steps), [PARAMETERS + number]);
            }
        }
        state
    }

    fn path(&self, place: &Place) -> Path {
        self.aliases.path(place)
    }

    fn holds(&self, place: &Place) -> bool {
        holds_owner(self.program, &self.body.place_ty(place))
    }

    /// Takes what is moved by an operand.
    fn take(&self, state: &mut State, operand: &Operand) -> Vec<(Vec<Step>, BTreeSet<Token>)> {
        match operand {
            Operand::Move(place) if self.holds(place) => state.take(&self.path(place)),
            _ => Vec::new(),
        }
    }

    fn take_arguments(&self, state: &mut State, call: &Call) -> BTreeSet<Token> {
        call.args.iter().flat_map(|arg| self.take(state, arg)).flat_map(|(_, tokens)| tokens).collect()
    }

    /// True if the token is only in the closure that is called.
    fn is_the_callee(&self, state: &State, call: &Call, token: Token) -> bool {
        let Callee::Path(path) = &call.callee else { return false };
        if !matches!(names::target(path).method(), "call" | "call_mut") {
            return false;
        }
        let Some(closure) = call.args.first().and_then(|arg| self.aliases.pointee(arg)) else { return false };
        state.places_of(token).all(|place| closure.suffix_of(place).is_some())
    }

    fn assign(&self, state: &mut State, dest: &Place, value: &Rvalue) {
        let to = self.path(dest);
        match value {
            Rvalue::Use(operand) | Rvalue::Cast { operand, .. } => {
                let taken = self.take(state, operand);
                state.kill(&to);
                state.put(&to, taken);
            }
            Rvalue::Aggregate { kind, operands } => {
                let variant = match kind {
                    AggregateKind::Adt(constructor) => {
                        let ty = self.body.place_ty(dest);
                        ty.path().and_then(|path| variant_of(constructor, path))
                    }
                    _ => None,
                };
                let taken: Vec<_> = operands.iter().map(|operand| self.take(state, operand)).collect();
                state.kill(&to);
                for (taken, index) in taken.into_iter().zip(0_u32..) {
                    let mut field = to.clone();
                    field.steps.extend(variant.clone().map(Step::Variant));
                    let array = matches!(kind, AggregateKind::Array);
                    field.steps.push(if array { Step::Index } else { Step::Field(index) });
                    state.put(&field, taken);
                }
            }
            _ => state.kill(&to),
        }
    }

    /// A call that returns: what it takes, gives back and acquires.
    fn call(&self, state: &mut State, call: &Call, block: u32) {
        let mut tokens = self.take_arguments(state, call);
        let dest_ty = self.body.place_ty(&call.dest);
        let gives = owner_steps(self.program, &dest_ty);
        let reached: Vec<Path> = call.args.iter().filter_map(|arg| self.mutable_pointee(arg)).collect();
        let dest = self.path(&call.dest);
        let callee = match &call.callee {
            Callee::Path(path) => names::target(path),
            Callee::Pointer => names::Target::Plain(String::new()),
        };
        let method = callee.method();
        if !gives.is_empty() && (is_std(callee.home()) || tokens.is_empty()) {
            // `take`, `replace`, `pop`: what was behind the reference comes out.
            let mut taken_out = BTreeSet::new();
            for path in &reached {
                taken_out.extend(state.take(path).into_iter().flat_map(|(_, tokens)| tokens));
            }
            if method == "replace" || method == "insert" || method == "get_or_insert" {
                self.store(state, &reached, &tokens);
                tokens.clear();
            }
            tokens.extend(taken_out);
        } else if gives.is_empty() {
            match method {
                "clear" | "truncate" | "drain" => reached.iter().for_each(|path| state.kill(path)),
                "drop" | "forget" | "commit" => {}
                _ => self.store(state, &reached, &tokens),
            }
        }
        state.kill(&dest);
        if gives.is_empty() {
            return;
        }
        if tokens.is_empty() {
            // The standard library acquires nothing by itself: `Vec::new()` is empty.
            let callback = |arg: &Operand| may_call_back(arg, &self.body.operand_ty(arg));
            if is_std(callee.home()) && !call.args.iter().any(callback) {
                return;
            }
            tokens.insert(block);
        }
        for steps in gives {
            state.add(&dest.join(&steps), tokens.iter().copied());
        }
    }

    /// Owners moved into a call whose argument is a reference to something that can hold them.
    fn store(&self, state: &mut State, reached: &[Path], tokens: &BTreeSet<Token>) {
        if let Some(path) = reached.first() {
            state.add(path, tokens.iter().copied());
        }
    }

    /// What a `&mut` argument points to, if that can hold an owner.
    fn mutable_pointee(&self, arg: &Operand) -> Option<Path> {
        let place = arg.place()?;
        match self.body.place_ty(place) {
            Ty::Ref { mutable: true, inner } if holds_owner(self.program, &inner) => {
                self.aliases.pointee(arg)
            }
            _ => None,
        }
    }

    /// The edges of a switch on what a value is: the other variants hold nothing.
    fn switch(
        &self,
        state: &State,
        block: u32,
        operand: &Operand,
        targets: &[(String, u32)],
        otherwise: Option<u32>,
    ) -> Vec<(u32, State)> {
        let mut edges: Vec<(u32, State)> = targets.iter().map(|(_, next)| (*next, state.clone())).collect();
        edges.extend(otherwise.map(|next| (next, state.clone())));
        let Some(tested) = operand.place().filter(|place| place.proj.is_empty()) else { return edges };
        if let Some((path, names)) = self.tested_variants(tested.local, block) {
            let name_of = |value: &str| value.parse().ok().and_then(|index: usize| names.get(index).copied());
            let explicit: Vec<&str> = targets.iter().filter_map(|(value, _)| name_of(value)).collect();
            for (at, (_, state)) in edges.iter_mut().enumerate() {
                let here = targets.get(at).and_then(|(value, _)| name_of(value));
                state.kill_if(|entry| match path.suffix_of(entry).and_then(<[Step]>::first) {
                    Some(Step::Variant(name)) => match here {
                        Some(here) => name != here,
                        None => explicit.contains(&name.as_str()),
                    },
                    _ => false,
                });
            }
        }
        if let Some(dropped) = self.flag_guards(tested.local, otherwise) {
            for (_, state) in edges.iter_mut().take(targets.len()) {
                state.kill(&dropped);
            }
        }
        edges
    }

    /// The value and its variants in order, if a local is its discriminant or an `is_some` of it.
    fn tested_variants(&self, local: u32, block: u32) -> Option<(Path, &'static [&'static str])> {
        let statements = &self.body.blocks[block as usize].statements;
        let discriminant = statements.iter().rev().find_map(|statement| match &statement.kind {
            StatementKind::Assign(dest, Rvalue::Discriminant(place)) if *dest == Place::local(local) => {
                Some(place)
            }
            _ => None,
        });
        if let Some(place) = discriminant {
            let ty = self.body.place_ty(place);
            let names: &[&str] = match ty.path().filter(|path| is_std(path)).map(last_segment) {
                Some("Option") => &["None", "Some"],
                Some("Result") => &["Ok", "Err"],
                Some("ControlFlow") => &["Continue", "Break"],
                Some("Poll") => &["Ready", "Pending"],
                _ => return None,
            };
            return Some((self.path(place), names));
        }
        self.body.blocks.iter().find_map(|block| {
            let TerminatorKind::Call(call) = &block.terminator.kind else { return None };
            let Callee::Path(path) = &call.callee else { return None };
            let target = names::target(path);
            if call.dest != Place::local(local) || !is_std(target.home()) {
                return None;
            }
            // Zero is false.
            let names: &[&str] = match target.method() {
                "is_some" => &["None", "Some"],
                "is_none" => &["Some", "None"],
                "is_ok" => &["Err", "Ok"],
                "is_err" => &["Ok", "Err"],
                _ => return None,
            };
            Some((self.aliases.pointee(call.args.first()?)?, names))
        })
    }

    /// What a drop flag guards: a `bool` without a name, only set to constants, whose true edge drops something.
    fn flag_guards(&self, flag: u32, true_block: Option<u32>) -> Option<Path> {
        let guarded = self.body.blocks.get(true_block? as usize)?;
        let TerminatorKind::Drop { place, .. } = &guarded.terminator.kind else { return None };
        let is_flag = self.body.name_of(flag).is_none()
            && self.body.locals[flag as usize].ty.path() == Some("bool")
            && self.body.blocks.iter().flat_map(|block| &block.statements).all(|statement| match &statement
                .kind
            {
                StatementKind::Assign(dest, value) if dest.local == flag => {
                    matches!(value, Rvalue::Use(Operand::Const(_)))
                }
                _ => true,
            });
        is_flag.then(|| self.path(place))
    }

    fn finding(&self, states: &[Option<State>], token: Token, calls: &[(u32, String)]) -> Option<Finding> {
        let (acquired, text) = self.acquisition(token)?;
        let mut calls: Vec<(Span, u32, &String)> = calls
            .iter()
            .filter_map(|(block, why)| {
                Some((self.body.blocks[*block as usize].terminator.span.clone()?, *block, why))
            })
            .collect();
        calls.sort();
        calls.dedup_by(|a, b| a.0 == b.0);
        let (span, block, why) = calls.first()?;
        let mut others = vec![Label { span: acquired, text }];
        others.extend(
            self.release(states, token, *block)
                .map(|release| Label { span: release.span, text: release.text }),
        );
        const SHOWN_MAX: usize = 4;
        others.extend(
            calls
                .iter()
                .skip(1)
                .take(SHOWN_MAX)
                .map(|(span, _, _)| Label { span: span.clone(), text: "and across this call".to_owned() }),
        );
        let mut notes = vec![format!("this is complex logic: it is a call of {why}")];
        if calls.len() > SHOWN_MAX + 1 {
            notes.push(format!("it is held across {} more calls", calls.len() - SHOWN_MAX - 1));
        }
        Some(Finding {
            lint: LINT.name,
            message: "a shared-memory resource is owned by the stack while complex logic runs".to_owned(),
            primary: Label {
                span: span.clone(),
                text: "held across this call: a crash in it leaks the resource".to_owned(),
            },
            others,
            notes,
            help: "gather the inputs first; reserve and commit without a call between them".to_owned(),
        })
    }

    /// Where a token comes from.
    fn acquisition(&self, token: Token) -> Option<(Span, String)> {
        if token >= PARAMETERS {
            let local = token - PARAMETERS;
            let variable = self.body.debug.iter().find(|variable| {
                variable.place.local == local
                    && (variable.place.proj.is_empty() || self.holds(&variable.place))
            })?;
            return Some((variable.span.clone()?, format!("`{}` owns it from the start", variable.name)));
        }
        let span = self.body.blocks[token as usize].terminator.span.clone()?;
        Some((span, "acquired here".to_owned()))
    }

    /// Where, after a call, the token first goes away: on the paths that return, then on those that unwind.
    fn release(&self, states: &[Option<State>], token: Token, from: u32) -> Option<Release> {
        let TerminatorKind::Call(call) = &self.body.blocks[from as usize].terminator.kind else {
            return None;
        };
        [call.target, call.unwind].into_iter().flatten().find_map(|start| {
            let mut seen = BTreeSet::new();
            let mut waiting = std::collections::VecDeque::from([start]);
            while let Some(number) = waiting.pop_front() {
                if !seen.insert(number)
                    || !states[number as usize].as_ref().is_some_and(|state| state.tokens().contains(&token))
                {
                    continue;
                }
                if let Some(release) = self.release_in(states[number as usize].as_ref()?, token, number) {
                    return Some(release);
                }
                waiting.extend(self.body.blocks[number as usize].terminator.successors());
            }
            None
        })
    }

    /// The release within a block, if there is one.
    fn release_in(&self, state: &State, token: Token, number: u32) -> Option<Release> {
        let block = &self.body.blocks[number as usize];
        let mut state = state.clone();
        for statement in &block.statements {
            self.statement(&mut state, statement);
        }
        let span = block.terminator.span.clone()?;
        let text = match &block.terminator.kind {
            TerminatorKind::Drop { place, .. }
                if state.places_of(token).any(|at| self.path(place).overlaps(at)) =>
            {
                if block.cleanup { "dropped here when the call panics" } else { "dropped here" }.to_owned()
            }
            TerminatorKind::Call(call) => {
                let taken = self.take_arguments(&mut state, call).contains(&token);
                if !taken || holds_owner(self.program, &self.body.place_ty(&call.dest)) {
                    return None;
                }
                let name = match &call.callee {
                    Callee::Path(path) => names::target(path).method().to_owned(),
                    Callee::Pointer => "a function pointer".to_owned(),
                };
                if self.is_runtime_call(call) {
                    format!("released here by `{name}`")
                } else {
                    format!("moved into `{name}` here")
                }
            }
            TerminatorKind::Return if state.places_of(token).any(|at| at.local == 0) => {
                "returned to the caller here".to_owned()
            }
            TerminatorKind::Return => "still held where the function returns".to_owned(),
            _ => return None,
        };
        Some(Release { span, text })
    }

    fn is_runtime_call(&self, call: &Call) -> bool {
        let Callee::Path(path) = &call.callee else { return false };
        names::first_segment(&self.program.canonical(names::target(path).home())) == runtime::CRATE
    }
}

/// True if a call that is given this may run a closure or a function of the user's.
fn may_call_back(arg: &Operand, ty: &Ty) -> bool {
    let mut found =
        matches!(arg, Operand::Const(text) if text.starts_with("ZeroSized: ") || text.contains("::"));
    ty.walk(&mut |part| {
        found |= matches!(part, Ty::Closure(_) | Ty::FnItem(_) | Ty::FnPtr | Ty::Dyn(_) | Ty::Impl(_))
    });
    found
}

impl Transfer for Flow<'_> {
    fn statement(&self, state: &mut State, statement: &Statement) {
        match &statement.kind {
            StatementKind::Assign(dest, value) => self.assign(state, dest, value),
            StatementKind::StorageDead(local) => state.kill(&Path::local(*local)),
            _ => {}
        }
    }

    fn terminator(&self, state: &State, block: u32) -> Vec<(u32, State)> {
        let terminator = &self.body.blocks[block as usize].terminator;
        match &terminator.kind {
            TerminatorKind::Drop { place, target, unwind } => {
                let mut state = state.clone();
                state.kill(&self.path(place));
                target.iter().chain(unwind).map(|next| (*next, state.clone())).collect()
            }
            TerminatorKind::Call(call) => {
                let mut unwound = state.clone();
                self.take_arguments(&mut unwound, call);
                let mut returned = state.clone();
                self.call(&mut returned, call, block);
                call.edges(returned, unwound)
            }
            TerminatorKind::SwitchInt { operand, targets, otherwise } => {
                self.switch(state, block, operand, targets, *otherwise)
            }
            _ => terminator.successors().into_iter().map(|next| (next, state.clone())).collect(),
        }
    }
}
