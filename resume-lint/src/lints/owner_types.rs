//! Which types own a shared-memory resource, and where in their values the owner sits.

use crate::flow::Step;
use crate::mir::Ty;
use crate::names::{is_std, last_segment};
use crate::program::Program;
use crate::runtime;

/// Types may be recursive.
const DEPTH_MAX: u32 = 5;

/// Types of the standard library that own their arguments, without a field that a lint could follow.
const OWNING: &[&str] = &[
    "Vec",
    "VecDeque",
    "LinkedList",
    "BTreeMap",
    "HashMap",
    "BinaryHeap",
    "Cell",
    "RefCell",
    "UnsafeCell",
    "OnceCell",
    "Mutex",
    "RwLock",
    "Rc",
    "Arc",
    "ManuallyDrop",
    "MaybeUninit",
    "IntoIter",
    "Once",
    "Pin",
    "Peekable",
    "Chain",
    "Zip",
];

/// True if a value of the type may hold an owner.
pub(crate) fn holds_owner(program: &Program, ty: &Ty) -> bool {
    !owner_steps(program, ty).is_empty()
}

/// The ways to the owners in a value of the type; an empty way is the value itself.
pub(super) fn owner_steps(program: &Program, ty: &Ty) -> Vec<Vec<Step>> {
    steps(program, ty, 0)
}

fn steps(program: &Program, ty: &Ty, depth: u32) -> Vec<Vec<Step>> {
    if depth > DEPTH_MAX {
        return Vec::new();
    }
    let within = |first: Vec<Step>, inner: &Ty| -> Vec<Vec<Step>> {
        let join = |rest: Vec<Step>| first.iter().cloned().chain(rest).collect();
        steps(program, inner, depth + 1).into_iter().map(join).collect()
    };
    match ty {
        Ty::Tuple(items) => {
            let fields = items.iter().zip(0_u32..);
            fields.flat_map(|(item, index)| within(vec![Step::Field(index)], item)).collect()
        }
        Ty::Array(inner) => within(vec![Step::Index], inner),
        Ty::Closure(text) => {
            let captures = program.captures_of(text).into_iter().flatten().zip(0_u32..);
            captures.flat_map(|(capture, index)| within(vec![Step::Field(index)], capture)).collect()
        }
        Ty::Path { path, args } if is_std(path) => standard(last_segment(path), args, &within),
        Ty::Path { .. } if program.is_runtime_type(ty, runtime::OWNERS) => vec![Vec::new()],
        Ty::Path { path, args } => users(program, path, args, &within),
        _ => Vec::new(),
    }
}

type Within<'w> = &'w dyn Fn(Vec<Step>, &Ty) -> Vec<Vec<Step>>;

fn variant(name: &str) -> Vec<Step> {
    vec![Step::Variant(name.to_owned()), Step::Field(0)]
}

fn standard(name: &str, args: &[Ty], within: Within<'_>) -> Vec<Vec<Step>> {
    let types: Vec<&Ty> = args.iter().filter(|arg| !matches!(arg, Ty::NotAType)).collect();
    match (name, types.as_slice()) {
        ("Option", [some]) => within(variant("Some"), some),
        ("Poll", [ready]) => within(variant("Ready"), ready),
        ("Result", [ok, err]) => [within(variant("Ok"), ok), within(variant("Err"), err)].concat(),
        ("ControlFlow", [broken, go]) => {
            [within(variant("Break"), broken), within(variant("Continue"), go)].concat()
        }
        ("Box", [inner, ..]) => within(vec![Step::Deref], inner),
        (name, types) if OWNING.contains(&name) => {
            let holds = types.iter().any(|inner| !within(Vec::new(), inner).is_empty());
            if holds { vec![Vec::new()] } else { Vec::new() }
        }
        _ => Vec::new(),
    }
}

/// A user's type: the fields that the MIR shows; a generic one that stores its parameter counts as a whole.
fn users(program: &Program, path: &str, args: &[Ty], within: Within<'_>) -> Vec<Vec<Step>> {
    if program.is_foreign_owner(path) {
        return vec![Vec::new()];
    }
    let mut found: Vec<Vec<Step>> = Vec::new();
    let mut stores_a_parameter = false;
    for (name, index, ty) in program.fields_of(path).into_iter().flatten() {
        let mut first: Vec<Step> = name.iter().map(|name| Step::Variant(name.clone())).collect();
        first.push(Step::Field(*index));
        found.extend(within(first, ty));
        stores_a_parameter |= ty.path().is_some_and(|path| {
            !path.contains("::") && path.len() <= 2 && path.starts_with(char::is_uppercase)
        });
    }
    found.sort();
    found.dedup();
    if found.is_empty() && stores_a_parameter && args.iter().any(|arg| !within(Vec::new(), arg).is_empty()) {
        return vec![Vec::new()];
    }
    found
}
