//! How addresses flow through one statement or one call.

use std::collections::BTreeSet;

use super::kinds::{can_hold, is_address};
use super::{Flow, flat, tokens_of};
use crate::flow::{Path, State, Step, Token};
use crate::mir::{AggregateKind, Call, Callee, Operand, Place, Rvalue, Statement, StatementKind, Ty};
use crate::names::{self, is_std};
use crate::program::variant_of;
use crate::runtime;

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

impl Flow<'_> {
    pub(super) fn step(&self, state: &mut State, block: u32, at: usize, statement: &Statement) {
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

    pub(super) fn call(&self, state: &mut State, call: &Call, block: u32) {
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
