//! Crashing one operation at every instruction, and comparing what recovery makes of it with the model.
//!
//! ```text
//! allowed := contents before, after each part of the operation that is public by itself, and after it;
//!            what is after it, a model made of std collections says where the operation has one
//! for each instruction of the operation:
//!     copy := the region
//!     recover(copy): roll back, check, rebuild        -- no problem found
//!     contents(copy) in allowed                       -- all or nothing
//!     work_on(copy)                                   -- nothing leaked, goes on working
//!     on a sample: for each instruction of recover(copy): recover again, same comparison
//! ```

use std::collections::HashSet;

use resume_core::ShmSafe;
use resume_core::layout::TypeDesc;

use crate::region::Region;
use crate::step::{marker, step_through};

/// Does an operation in its atomic parts, and calls its second argument after each but the last.
type Model<S> = fn(&mut S, &mut dyn FnMut(&S));

/// A start state's name, and how it is made.
pub(crate) type Start<S> = (&'static str, fn(&mut S));

/// A function on a region, with the state's type erased.
type OnRegion<T> = Box<dyn Fn(&mut Region) -> T + Send + Sync>;

/// A public mutating operation of a container.
pub(crate) struct Operation<S> {
    name: &'static str,
    run: fn(&mut S),
    model: Model<S>,
    /// The contents after the operation, made without it from the state before.
    after: Option<fn(&S) -> String>,
}

impl<S> Operation<S> {
    /// All or nothing.
    pub(crate) fn atomic(name: &'static str, run: fn(&mut S)) -> Self
    where
        S: 'static,
    {
        Self { name, run, model: |_, _| {}, after: None }
    }

    /// All or nothing; `after` says what all is, by other means than the container's own.
    pub(crate) fn modelled(name: &'static str, run: fn(&mut S), after: fn(&S) -> String) -> Self
    where
        S: 'static,
    {
        Self { after: Some(after), ..Self::atomic(name, run) }
    }

    /// Documented as a sequence of atomic parts; a crash may leave what `model` shows between them.
    pub(crate) fn in_parts(name: &'static str, run: fn(&mut S), model: Model<S>) -> Self {
        Self { name, run, model, after: None }
    }
}

/// A kind of state and what can be done with it.
pub(crate) struct Subject<S: ShmSafe> {
    /// The container's name.
    pub(crate) name: &'static str,
    /// States to start from, made from all-zero bytes.
    pub(crate) starts: Vec<Start<S>>,
    /// The operations.
    pub(crate) operations: Vec<Operation<S>>,
    /// The logical contents, to compare.
    pub(crate) contents: fn(&S) -> String,
    /// Goes on working: checks counts against contents, fills up, empties; tells what is wrong.
    pub(crate) work_on: fn(&mut S) -> Result<(), String>,
}

/// One operation from one start state, with the type erased.
pub(crate) struct Case {
    /// `container::operation`.
    pub(crate) operation: String,
    /// The start state's name.
    pub(crate) start: &'static str,
    ty: &'static TypeDesc,
    prepare: OnRegion<()>,
    /// Between two markers: their instructions, and those that activate the journal, are not counted.
    run: OnRegion<()>,
    allowed: OnRegion<HashSet<String>>,
    contents: OnRegion<String>,
    work_on: OnRegion<Result<(), String>>,
}

impl<S: ShmSafe> Subject<S> {
    /// Every operation from every start state.
    pub(crate) fn cases(self) -> Vec<Case> {
        let mut cases = Vec::new();
        for &Operation { name: operation, run, model, after } in &self.operations {
            for &(start, prepare) in &self.starts {
                let (contents, work_on) = (self.contents, self.work_on);
                cases.push(Case {
                    operation: format!("{}::{operation}", self.name),
                    start,
                    ty: S::DESC,
                    prepare: Box::new(move |region| region.with(prepare)),
                    run: Box::new(move |region| {
                        region.with(|state| {
                            marker();
                            run(state);
                            marker();
                        });
                    }),
                    allowed: Box::new(move |region| {
                        let image = region.bytes().to_vec();
                        let mut allowed = HashSet::new();
                        region.with(|state: &mut S| {
                            allowed.insert(contents(state));
                            allowed.extend(after.map(|after| after(state)));
                            model(state, &mut |state| _ = allowed.insert(contents(state)));
                        });
                        region.load(&image);
                        if after.is_none() {
                            region.with(|state: &mut S| {
                                run(state);
                                allowed.insert(contents(state));
                            });
                        }
                        allowed
                    }),
                    contents: Box::new(move |region| region.with(|state: &mut S| contents(state))),
                    work_on: Box::new(move |region| region.with(work_on)),
                });
            }
        }
        cases
    }
}

/// A crash point from which recovery did not give an allowed state.
pub(crate) struct Violation {
    pub(crate) operation: String,
    pub(crate) start: &'static str,
    pub(crate) step: u64,
    pub(crate) location: String,
    pub(crate) what: String,
}

/// What exploring a case found.
#[derive(Default)]
pub(crate) struct Explored {
    /// Instructions of the operation: each is a crash point.
    pub(crate) instructions: u64,
    /// Instructions of recoveries that were stepped through: crash points as well.
    pub(crate) recovery_instructions: u64,
    /// Different contents of memory that were recovered.
    pub(crate) images: u64,
    pub(crate) violations: Vec<Violation>,
}

/// How many violations of one case are kept in full.
const VIOLATIONS_KEPT: usize = 3;

/// Explores a case; every `recovery_every`-th image's recovery is stepped through as well.
pub(crate) fn explore(case: &Case, recovery_every: u64) -> Result<Explored, String> {
    let new_region = || Region::new(case.ty).map_err(|e| format!("cannot map a region: {e}"));
    let (mut live, mut copy, mut nested) = (new_region()?, new_region()?, new_region()?);
    (case.prepare)(&mut live);
    copy.load(live.bytes());
    let allowed = (case.allowed)(&mut copy);

    let mut found = Explored::default();
    let mut last_image = live.bytes().to_vec();
    let mut seen_bad = HashSet::new();
    // The child gets its own view of `live` through the fork; here it is only read, while the child stands.
    let shared = SharedView(&raw mut live);
    let run = &case.run;
    found.instructions = step_through(
        move || run(shared.region()),
        |stop| {
            let image = shared.region().bytes();
            if image == last_image {
                return Ok(());
            }
            last_image.copy_from_slice(image);
            found.images += 1;
            copy.load(&last_image);
            let verdict = judge(case, &allowed, &mut copy);
            if let Err(what) = verdict {
                if seen_bad.insert(what.clone()) && found.violations.len() < VIOLATIONS_KEPT {
                    found.violations.push(Violation {
                        operation: case.operation.clone(),
                        start: case.start,
                        step: stop.step,
                        location: stop.location(),
                        what,
                    });
                }
            } else if found.images % recovery_every == 0 {
                explore_recovery(case, &allowed, &last_image, &mut copy, &mut nested, &mut found)?;
            }
            Ok(())
        },
    )?;
    Ok(found)
}

/// Steps through the recovery of `image`, and recovers again at each step.
fn explore_recovery(
    case: &Case,
    allowed: &HashSet<String>,
    image: &[u8],
    copy: &mut Region,
    nested: &mut Region,
    found: &mut Explored,
) -> Result<(), String> {
    copy.load(image);
    let mut last_image = image.to_vec();
    let shared = SharedView(copy);
    let mut bad = None;
    let instructions = step_through(
        move || {
            marker();
            drop(shared.region().recover(case.ty));
            marker();
        },
        |stop| {
            let now = shared.region().bytes();
            if now == last_image || bad.is_some() {
                return Ok(());
            }
            last_image.copy_from_slice(now);
            nested.load(&last_image);
            if let Err(what) = judge(case, allowed, nested) {
                bad = Some((stop.step, stop.location(), what));
            }
            Ok(())
        },
    )?;
    found.recovery_instructions += instructions;
    if let Some((step, location, what)) = bad
        && found.violations.len() < VIOLATIONS_KEPT
    {
        found.violations.push(Violation {
            operation: format!("{} (in its recovery)", case.operation),
            start: case.start,
            step,
            location,
            what,
        });
    }
    Ok(())
}

/// Recovers a copy and says what is wrong with it.
fn judge(case: &Case, allowed: &HashSet<String>, copy: &mut Region) -> Result<(), String> {
    copy.recover(case.ty)?;
    let contents = (case.contents)(copy);
    if !allowed.contains(&contents) {
        let mut allowed: Vec<_> = allowed.iter().map(|s| format!("\n      {s}")).collect();
        allowed.sort();
        return Err(format!(
            "the contents are neither before nor after:\n      {contents}\n    allowed:{}",
            allowed.concat()
        ));
    }
    (case.work_on)(copy).map_err(|what| format!("recovered, but then: {what}"))
}

/// A region that a forked child works on while the parent reads it at the child's stops.
#[derive(Clone, Copy)]
struct SharedView(*mut Region);

impl SharedView {
    #[expect(clippy::mut_from_ref, reason = "one process at a time uses it: see SAFETY")]
    fn region(&self) -> &mut Region {
        // SAFETY: the pointer is to a local of the caller that outlives the stepping. Parent and child are
        // different processes, each with its own `Region` value; in the parent each reference made here ends
        // before the next is made.
        unsafe { &mut *self.0 }
    }
}
