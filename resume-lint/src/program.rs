//! One crate as the lints see it: its bodies, its sources, and the facts of the workspace crates it uses.
//!
//! Answers who a call goes to, whether that is *complex logic*, which types are state and which hold an owner.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::facts::{Facts, FnFacts};
use crate::mir::{AggregateKind, Place};
use crate::mir::{Body, BodyKind, Call, Callee, Operand, Proj, Rvalue, StatementKind, TerminatorKind, Ty};
use crate::names::{self, Target, first_segment, is_std, last_segment};
use crate::runtime;
use crate::source::Source;

/// A field of a user's type as seen in the MIR: variant, index, type.
pub(crate) type SeenField = (Option<String>, u32, Ty);

/// A crate under analysis.
pub(crate) struct Program {
    pub(crate) krate: String,
    pub(crate) bodies: Vec<Body>,
    pub(crate) source: Source,
    deps: HashMap<String, Facts>,
    exports: BTreeMap<String, String>,
    /// Bodies by the key their callers know them under.
    by_key: HashMap<String, Vec<usize>>,
    /// First segments of the bodies' paths.
    roots: BTreeSet<String>,
    closures: HashMap<String, usize>,
    captures: HashMap<String, Vec<Ty>>,
    fields: HashMap<String, BTreeSet<SeenField>>,
    complexity: RefCell<HashMap<usize, Option<String>>>,
    /// What [`crate::lints`] found out about addresses: two of its passes need it.
    pub(crate) addresses: OnceCell<crate::lints::KnownAddresses>,
    /// False if neither the crate nor one it uses knows the runtime: then there are no owners and no queues.
    pub(crate) uses_runtime: bool,
}

impl Program {
    /// Joins what was read of a crate.
    pub(crate) fn new(
        krate: &str,
        bodies: Vec<Body>,
        source: Source,
        deps: Vec<Facts>,
        uses_runtime: bool,
    ) -> Program {
        let exports = deps.iter().flat_map(|facts| facts.exports.clone()).collect();
        let mut program = Program {
            krate: krate.to_owned(),
            bodies,
            source,
            deps: deps.into_iter().map(|facts| (facts.krate.clone(), facts)).collect(),
            exports,
            by_key: HashMap::new(),
            roots: BTreeSet::new(),
            closures: HashMap::new(),
            captures: HashMap::new(),
            fields: HashMap::new(),
            complexity: RefCell::new(HashMap::new()),
            addresses: OnceCell::new(),
            uses_runtime,
        };
        program.index();
        program.see_state_types();
        program
    }

    /// State types that the sources do not show, because a macro makes them: the MIR of what the derive generates names
    /// its type. (A hand-written `unsafe impl` inside a macro has no such mark; it is what R18 wants to see in the open.)
    fn see_state_types(&mut self) {
        let witnessed = |body: &Body| {
            let calls = body.blocks.iter().filter_map(|block| match &block.terminator.kind {
                TerminatorKind::Call(call) => Some(call),
                _ => None,
            });
            calls.filter_map(|call| self.state_witness(call)).collect::<Vec<_>>()
        };
        let consts = self.bodies.iter().filter(|body| body.kind == BodyKind::Const);
        for path in consts.flat_map(witnessed).collect::<Vec<_>>() {
            self.source.types.insert(last_segment(&path).to_owned());
            self.source.state_types.insert(path);
        }
    }

    /// The type that a call in derived code bears witness of, as a path within this crate.
    fn state_witness(&self, call: &Call) -> Option<String> {
        let Callee::Path(callee) = &call.callee else { return None };
        let function = names::strip_generics(callee);
        let witness = runtime::STATE_WITNESSES.iter().find(|name| **name == last_segment(&function))?;
        self.runtime_name(&function)?;
        let (_, args) = callee.strip_suffix('>')?.split_once(&format!("{witness}::<"))?;
        // A number of variants may follow the type.
        let number = |text: &str| text.parse::<u64>().is_ok();
        let ty = args.rsplit_once(", ").filter(|(_, last)| number(last)).map_or(args, |(ty, _)| ty);
        Some(names::strip_generics(ty))
    }

    fn index(&mut self) {
        let roots = self.bodies.iter().map(|body| first_segment(&body.path).to_owned());
        self.roots = roots.filter(|root| !root.starts_with('<')).collect();
        for (at, body) in self.bodies.iter().enumerate() {
            for key in self.keys_of(body) {
                self.by_key.entry(key).or_default().push(at);
            }
            if body.path.ends_with('}')
                && let Some(Ty::Closure(text)) = body.locals.get(1).map(|local| closure_of(&local.ty))
            {
                self.closures.insert(text.clone(), at);
            }
        }
        let mut captures = HashMap::new();
        let mut fields: HashMap<String, BTreeSet<SeenField>> = HashMap::new();
        for body in &self.bodies {
            for block in &body.blocks {
                for statement in &block.statements {
                    let StatementKind::Assign(dest, value) = &statement.kind else { continue };
                    self.see_aggregate(body, dest, value, &mut captures, &mut fields);
                    self.see_place(body, dest, &mut fields);
                    if let Rvalue::Use(operand) = value
                        && let Some(place) = operand.place()
                    {
                        self.see_place(body, place, &mut fields);
                    }
                    if let Rvalue::Ref { place, .. } = value {
                        self.see_place(body, place, &mut fields);
                    }
                }
            }
        }
        self.captures = captures;
        self.fields = fields;
    }

    fn see_aggregate(
        &self,
        body: &Body,
        dest: &Place,
        value: &Rvalue,
        captures: &mut HashMap<String, Vec<Ty>>,
        fields: &mut HashMap<String, BTreeSet<SeenField>>,
    ) {
        let Rvalue::Aggregate { kind, operands } = value else { return };
        match kind {
            AggregateKind::Closure(text) => {
                captures.insert(text.clone(), operands.iter().map(|op| body.operand_ty(op)).collect());
            }
            AggregateKind::Adt(constructor) => {
                let ty = body.place_ty(dest);
                let Some(path) = ty.path().filter(|path| !is_std(path)) else { return };
                let variant = variant_of(constructor, path);
                for (operand, index) in operands.iter().zip(0_u32..) {
                    let seen = (variant.clone(), index, body.operand_ty(operand));
                    fields.entry(self.canonical(path)).or_default().insert(seen);
                }
            }
            _ => {}
        }
    }

    /// Field projections say the type of the field.
    fn see_place(&self, body: &Body, place: &Place, fields: &mut HashMap<String, BTreeSet<SeenField>>) {
        let mut variant = None;
        for (at, proj) in place.proj.iter().enumerate() {
            match proj {
                Proj::Variant(name) => variant = Some(name.clone()),
                Proj::Field(index, ty) => {
                    let around = body.prefix_ty(place, at);
                    if let Some(path) = around.path().filter(|path| !is_std(path)) {
                        let seen = (variant.take(), *index, ty.clone());
                        fields.entry(self.canonical(path)).or_default().insert(seen);
                    }
                }
                _ => variant = None,
            }
        }
    }

    /// The keys under which calls find a body.
    fn keys_of(&self, body: &Body) -> Vec<String> {
        if body.kind != BodyKind::Fn {
            return Vec::new();
        }
        let Some(at) = body.path.find("<impl at ") else {
            return vec![format!("plain:{}", names::strip_generics(&body.path))];
        };
        let Some(end) = body.path[at..].find('>') else { return Vec::new() };
        let method = body.path[at + end + 1..].trim_start_matches("::");
        let span = &body.path[at + "<impl at ".len()..at + end];
        let info = crate::mir::span_text(span)
            .and_then(|(file, lo, _)| self.source.impls.get(&(file.to_owned(), lo.0, lo.1)));
        match info {
            Some(info) => match &info.trait_name {
                Some(name) => {
                    vec![format!("trait:{}:{name}:{method}", info.self_ty), format!("any:{name}:{method}")]
                }
                None => vec![format!("method:{}:{method}", info.self_ty)],
            },
            // An impl made by a macro: known by its name and the type of its first argument.
            None => {
                let ty = body.locals.get(1).and_then(|local| local.ty.peel_refs().path().map(last_segment));
                vec![format!("made:{}:{method}", ty.unwrap_or("*")), format!("made:*:{method}")]
            }
        }
    }

    /// A path with its crate in front and re-exports resolved.
    pub(crate) fn canonical(&self, path: &str) -> String {
        let first = first_segment(path);
        if is_std(path) || first == runtime::CRATE {
            return path.to_owned();
        }
        if !self.deps.contains_key(first) {
            return format!("{}::{path}", self.krate);
        }
        let mut path = path.to_owned();
        for _ in 0..8 {
            let Some(next) = self.resolve_export(&path) else { break };
            path = next;
        }
        path
    }

    /// One step of a re-export: the longest exported prefix replaced by what it stands for.
    fn resolve_export(&self, path: &str) -> Option<String> {
        let segments: Vec<&str> = path.split("::").collect();
        for len in (2..=segments.len()).rev() {
            let rest = &segments[len..];
            if let Some(target) = self.exports.get(&segments[..len].join("::")) {
                return Some(
                    std::iter::once(target.as_str())
                        .chain(rest.iter().copied())
                        .collect::<Vec<_>>()
                        .join("::"),
                );
            }
            // `pub use a::*` may or may not export this name; only the runtime's are looked for.
            let glob = format!("{}::*", segments[..len - 1].join("::"));
            if let Some(target) =
                self.exports.get(&glob).filter(|target| first_segment(target) == runtime::CRATE)
            {
                let rest = &segments[len - 1..];
                return Some(
                    std::iter::once(target.as_str())
                        .chain(rest.iter().copied())
                        .collect::<Vec<_>>()
                        .join("::"),
                );
            }
        }
        None
    }

    /// The runtime type of that name, through re-exports.
    pub(crate) fn is_runtime_type(&self, ty: &Ty, names: &[&str]) -> bool {
        ty.path().is_some_and(|path| {
            names.contains(&last_segment(path)) && first_segment(&self.canonical(path)) == runtime::CRATE
                || self.runtime_name(path).is_some_and(|name| names.contains(&name.as_str()))
        })
    }

    /// The last segment of a path that leads into the runtime.
    pub(crate) fn runtime_name(&self, path: &str) -> Option<String> {
        let first = first_segment(path);
        if first != runtime::CRATE && !self.deps.contains_key(first) {
            return None;
        }
        let canonical = self.canonical(path);
        (first_segment(&canonical) == runtime::CRATE).then(|| last_segment(&canonical).to_owned())
    }

    /// True for a type that is declared as state.
    pub(crate) fn is_state(&self, ty: &Ty) -> bool {
        let Some(path) = ty.path() else { return false };
        if self.source.state_types.contains(path) {
            return true;
        }
        self.deps.contains_key(first_segment(path)) && {
            let canonical = self.canonical(path);
            self.deps
                .get(first_segment(&canonical))
                .is_some_and(|facts| facts.state_types.contains(&canonical))
        }
    }

    /// Fields of a user's type that the MIR shows.
    pub(crate) fn fields_of(&self, path: &str) -> Option<&BTreeSet<SeenField>> {
        self.fields.get(&self.canonical(path))
    }

    /// Canonical paths of this crate's types that hold an owner.
    pub(crate) fn owner_types(&self) -> Vec<String> {
        let own = format!("{}::", self.krate);
        let types = self.fields.iter().filter(|(path, _)| path.starts_with(&own));
        let holding =
            types.filter(|(_, fields)| fields.iter().any(|(_, _, ty)| crate::lints::holds_owner(self, ty)));
        holding.map(|(path, _)| path.clone()).collect()
    }

    /// What a closure captures, in order.
    pub(crate) fn captures_of(&self, closure: &str) -> Option<&Vec<Ty>> {
        self.captures.get(closure)
    }

    /// True for a type of another workspace crate that holds an owner.
    pub(crate) fn is_foreign_owner(&self, path: &str) -> bool {
        let canonical = self.canonical(path);
        self.deps.get(first_segment(&canonical)).is_some_and(|facts| facts.owner_types.contains(&canonical))
    }

    /// The body of a closure by the text of its type.
    pub(crate) fn closure_body(&self, text: &str) -> Option<usize> {
        self.closures.get(text).copied()
    }

    /// The bodies of this crate a call may go to.
    pub(crate) fn local_bodies(&self, path: &str) -> Vec<usize> {
        for key in keys_of_target(&names::target(path)) {
            if let Some(found) = self.by_key.get(&key) {
                return found.clone();
            }
        }
        Vec::new()
    }

    /// Facts of a function in another workspace crate.
    pub(crate) fn foreign_facts(&self, path: &str) -> Option<FnFacts> {
        let target = names::target(path);
        let facts = self.deps.get(first_segment(&self.canonical(target.home())))?;
        if let Target::Plain(path) = &target {
            let within = path.split_once("::").map_or(path.as_str(), |(_, rest)| rest);
            if let Some(found) = facts.functions_known.get(&format!("plain:{within}")) {
                return Some(found.clone());
            }
            // A re-exported function prints under the shorter name.
            let tail = format!("::{}", last_segment(path));
            let mut same = facts
                .functions_known
                .iter()
                .filter(|(key, _)| key.starts_with("plain:") && key.ends_with(&tail));
            if let (Some((_, found)), None) = (same.next(), same.next()) {
                return Some(found.clone());
            }
        }
        keys_of_target(&target).iter().find_map(|key| facts.functions_known.get(key)).cloned()
    }

    /// The keys of all functions of this crate with the bodies behind them, for the facts.
    pub(crate) fn keyed_bodies(&self) -> impl Iterator<Item = (&String, &Vec<usize>)> {
        self.by_key.iter()
    }

    /// Why a body is complex logic; `None` for a simple leaf: small, no loop, and calls only of simple things.
    pub(crate) fn complexity(&self, at: usize) -> Option<String> {
        if let Some(known) = self.complexity.borrow().get(&at) {
            return known.clone();
        }
        // While it is being looked at, a call back to it is recursion.
        self.complexity.borrow_mut().insert(at, Some("it is recursive".to_owned()));
        let found = self.complexity_of(&self.bodies[at]);
        self.complexity.borrow_mut().insert(at, found.clone());
        found
    }

    fn complexity_of(&self, body: &Body) -> Option<String> {
        const BLOCKS_MAX: usize = 60;
        if has_loop(body) {
            return Some("it has a loop".to_owned());
        }
        if body.blocks.iter().filter(|block| !block.cleanup).count() > BLOCKS_MAX {
            return Some("it is long".to_owned());
        }
        body.blocks.iter().filter(|block| !block.cleanup).find_map(|block| {
            let TerminatorKind::Call(call) = &block.terminator.kind else { return None };
            self.call_complexity(body, &call.callee, &call.args).map(|why| format!("it calls {why}"))
        })
    }

    /// Why a call leads to complex logic.
    pub(crate) fn call_complexity(&self, body: &Body, callee: &Callee, args: &[Operand]) -> Option<String> {
        let path = match callee {
            Callee::Pointer => return Some("a function pointer".to_owned()),
            Callee::Path(path) => path,
        };
        let target = names::target(path);
        if let Target::Trait { ty, trait_path, method } = &target {
            if is_std(trait_path) && matches!(last_segment(trait_path), "Fn" | "FnMut" | "FnOnce") {
                return self.callable_complexity(ty);
            }
            let ours = !is_std(trait_path) && self.is_ours(trait_path);
            if ours && (ty.starts_with("dyn ") || ty.starts_with("(dyn ")) {
                return Some(format!("`{method}` of a trait object"));
            }
            if ours && self.is_open(ty) {
                return Some(format!("`{method}` of a type parameter"));
            }
        }
        if self.is_ours(target.home())
            || matches!(&target, Target::Trait { ty, .. } if self.is_ours(&names::strip_generics(ty)))
        {
            let found = self.function_complexity(path);
            if found.is_some() {
                return found;
            }
        }
        if matches!(target.method(), "drop" | "forget") {
            return None;
        }
        self.callback_complexity(body, args)
    }

    /// Why a function of the workspace is complex.
    fn function_complexity(&self, path: &str) -> Option<String> {
        let name = names::target(path).method().to_owned();
        let local = self.local_bodies(path).into_iter().find_map(|at| self.complexity(at));
        let why = local.or_else(|| self.foreign_facts(path).and_then(|facts| facts.complex))?;
        Some(format!("`{name}`, and {why}"))
    }

    /// True if the path is of this crate or of another crate of the workspace.
    fn is_ours(&self, path: &str) -> bool {
        let path = names::strip_generics(path.trim_start_matches(['&', '(']).trim_start_matches("mut "));
        if path.is_empty() || is_std(&path) {
            return false;
        }
        let canonical = self.canonical(&path);
        let first = first_segment(&canonical);
        if first == runtime::CRATE {
            return false;
        }
        // Paths of this crate print without a crate name; those of a third party's start with its.
        self.deps.contains_key(first) || (first == self.krate && self.is_local(&path))
    }

    /// True if the path starts at an item of this crate's root.
    fn is_local(&self, path: &str) -> bool {
        self.source.roots.contains(first_segment(path)) || self.roots.contains(first_segment(path))
    }

    /// True for a type that the caller chooses: a parameter, `impl Trait`, a projection of one.
    fn is_open(&self, ty: &str) -> bool {
        let ty = ty.trim_start_matches('&').trim_start_matches("mut ");
        let parameter = !ty.contains("::") && ty.chars().next().is_some_and(char::is_uppercase);
        parameter
            && !ty.contains('<')
            && !self.fields.contains_key(&self.canonical(ty))
            && !self.source.types.contains(ty)
            || ty.starts_with("impl ")
    }

    /// Why calling a value of this type is complex.
    fn callable_complexity(&self, ty: &str) -> Option<String> {
        let ty = ty.trim_start_matches('&').trim_start_matches("mut ");
        if ty.starts_with("{closure@") {
            return match self.closure_body(ty) {
                Some(at) => self.complexity(at).map(|why| format!("a closure, and {why}")),
                None => None,
            };
        }
        if let (Some(open), true) = (ty.rfind(" {"), ty.contains("fn(")) {
            let item = ty[open + 2..].trim_end_matches('}');
            return self
                .is_ours(names::target(item).home())
                .then(|| self.function_complexity(item))
                .flatten();
        }
        Some("a callback".to_owned())
    }

    /// Why a callback among the arguments is complex.
    fn callback_complexity(&self, body: &Body, args: &[Operand]) -> Option<String> {
        args.iter().find_map(|arg| {
            let mut found = None;
            match arg {
                Operand::Const(text) => {
                    if let Some(closure) = text.strip_prefix("ZeroSized: ") {
                        found = closure
                            .starts_with("{closure@")
                            .then(|| self.callable_complexity(closure))
                            .flatten();
                    } else if !text.starts_with(['"', 'b', '\'']) && !self.local_bodies(text).is_empty() {
                        found = self.function_complexity(text);
                    }
                }
                Operand::Copy(place) | Operand::Move(place) => {
                    body.place_ty(place).walk(&mut |ty| {
                        let why = match ty {
                            Ty::Closure(text) if text.starts_with("{closure@") => {
                                self.callable_complexity(text)
                            }
                            Ty::FnItem(path) if self.is_ours(names::target(path).home()) => {
                                self.function_complexity(path)
                            }
                            _ => None,
                        };
                        found = found.take().or(why);
                    });
                }
            }
            found.map(|why| format!("a callback: {why}"))
        })
    }
}

/// The variant that a constructor's path names, if it is not the struct itself.
pub(crate) fn variant_of(constructor: &str, ty: &str) -> Option<String> {
    let stripped = names::strip_generics(constructor);
    (last_segment(&stripped) != last_segment(ty)).then(|| last_segment(&stripped).to_owned())
}

/// The closure type behind references and `Pin`.
fn closure_of(ty: &Ty) -> Ty {
    match ty {
        Ty::Ref { inner, .. } => closure_of(inner),
        Ty::Path { path, args } if path.ends_with("pin::Pin") => args.first().map_or(Ty::Unknown, closure_of),
        other => other.clone(),
    }
}

fn keys_of_target(target: &Target) -> Vec<String> {
    match target {
        Target::Plain(path) => {
            let mut keys = vec![format!("plain:{path}")];
            if let Some((around, method)) = path.rsplit_once("::") {
                keys.push(format!("method:{}:{method}", last_segment(around)));
                keys.push(format!("made:{}:{method}", last_segment(around)));
            }
            keys
        }
        Target::Inherent { ty, method, .. } => {
            let ty = names::type_name(ty);
            vec![format!("method:{ty}:{method}"), format!("made:{ty}:{method}")]
        }
        Target::Trait { ty, trait_path, method } => {
            let ty = names::type_name(ty);
            let name = last_segment(trait_path);
            vec![
                format!("trait:{ty}:{name}:{method}"),
                format!("trait:*:{name}:{method}"),
                format!("made:{ty}:{method}"),
                format!("plain:{trait_path}::{method}"),
            ]
        }
    }
}

/// True if control can come back to a block it was in, unwind paths left aside.
fn has_loop(body: &Body) -> bool {
    // 1 while on the way, 2 when done.
    let mut marks = vec![0_u8; body.blocks.len()];
    let mut stack = vec![(0_u32, false)];
    while let Some((number, done)) = stack.pop() {
        let Some(block) = body.blocks.get(number as usize) else { continue };
        if done {
            marks[number as usize] = 2;
            continue;
        }
        if block.cleanup || marks[number as usize] == 2 {
            continue;
        }
        if marks[number as usize] == 1 {
            return true;
        }
        marks[number as usize] = 1;
        stack.push((number, true));
        for next in block.terminator.successors() {
            match marks.get(next as usize) {
                Some(1) => return true,
                Some(0) => stack.push((next, false)),
                _ => {}
            }
        }
    }
    false
}
