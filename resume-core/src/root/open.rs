//! The writing half of an attach: take-over, roll-back, value check, rebuild, hooks, Live.
//!
//! Every step is recorded in the state word before it begins, so that a death in it is known, and each can
//! be run again: the next open of a segment that says Resuming starts at the roll-back.

use super::live::Inner;
use super::record::is_record_of;
use super::{Crash, Live, Opened, Options, Outcome, Resumed, Root};
use crate::check::{Checker, Heaps, Rebuild, present, write_base};
use crate::journal;
use crate::segment::{
    Attached, Candidate, Found, Identity, OpenError, Owner, SegmentName, State, Step, Word, WordValues,
    boottime_ns, create, lock, reexec,
};

fn identity<R: Root>() -> Identity {
    const {
        super::__private::assert_root::<R>();
        assert!(is_record_of::<R>(), "RootRecord: RECORD is not the record of this type; use root!");
    }
    Identity {
        root_id: R::DESC.id_hash,
        root_name: R::ID,
        layout: R::DESC.layout,
        schema: R::DESC.schema,
        bytes: R::DESC.size,
        align: R::DESC.align,
        record: R::RECORD,
    }
}

pub(super) fn open<R: Root>(
    options: &Options,
    may_create: bool,
    env: &mut R::Env,
) -> Result<Opened<R>, OpenError> {
    let taken = match attempt(options, may_create, env) {
        Err(taken @ OpenError::AddressTaken { .. }) => taken,
        other => return other,
    };
    // The lock is free again, and nothing was made or changed.
    Err(reexec(taken, options.reexec_max))
}

fn attempt<R: Root>(options: &Options, may_create: bool, env: &mut R::Env) -> Result<Opened<R>, OpenError> {
    let program = identity::<R>();
    let name = SegmentName::new(&options.name)?;
    check_options(options)?;
    match lock(&name, &options.backend, may_create)?.examine()? {
        Found::Unfinished(locked) if may_create => {
            Ok(start(create(locked, &program, &options.plan, &options.memory)?, env))
        }
        Found::Unfinished(_) => Err(OpenError::NotFound { name: name.to_string() }),
        Found::Complete(candidate) => {
            candidate.check_identity(&program)?;
            candidate.check_attempts(options.resumes_failed_max)?;
            resume(*candidate, options, env)
        }
    }
}

fn check_options(options: &Options) -> Result<(), OpenError> {
    let (found, min) = (options.plan.journal_bytes, journal::bytes_min() as u64);
    if found >= min {
        return Ok(());
    }
    Err(OpenError::Option {
        option: "journal_bytes",
        expected: format!("at least {min}"),
        found: found.to_string(),
    })
}

/// A segment whose start hook runs; when that unwinds, nothing is left of it.
struct Fresh<R: Root>(Option<Inner<R>>);

impl<R: Root> Drop for Fresh<R> {
    fn drop(&mut self) {
        if let Some(inner) = self.0.as_ref().filter(|inner| inner.attached().is_here()) {
            // A name that stays does no harm: its state says Creating.
            let _ = inner.attached().unlink();
        }
    }
}

/// Zero pages, the base state, the start hook, Live.
fn start<R: Root>(attached: Attached, env: &mut R::Env) -> Opened<R> {
    let generation = attached.words().get(Word::Generation);
    // SAFETY: the segment was made with the identity of `R` just now: its root is aligned zero pages that only
    // this process has, and `identity` asserts that there is a base state.
    unsafe { write_base(R::DESC, attached.root()) };
    // SAFETY: as above; the root is in its base state, a valid value.
    let inner = unsafe { Inner::<R>::new(attached, generation) };
    let mut fresh = Fresh(Some(inner));
    if let Some(inner) = &mut fresh.0 {
        inner.enter(|root, cx| root.start(env, cx));
    }
    let Some(inner) = fresh.0.take() else { unreachable!("nobody else takes it") };
    go_live(inner, Outcome::Created)
}

fn resume<R: Root>(
    candidate: Candidate,
    options: &Options,
    env: &mut R::Env,
) -> Result<Opened<R>, OpenError> {
    let before = candidate.words;
    let clean = candidate.state == State::Stopped;
    let owner = candidate.this_process()?;
    let attached = Attached::from_candidate(candidate, &options.memory)?;
    let asking = attached.seekable().map(|fd| present::ask(fd, attached.base(), attached.bytes()));
    let mut rebuild = clean && R::DESC.transient;
    let mut heaps = Heaps::default();
    let mut reached = None;
    // SAFETY: called when the root's bytes have passed the check; this process alone writes them.
    let reach = |root| options.reach.as_ref().map(|reach| unsafe { reach.bytes(R::DESC, root) });
    if clean {
        // A clean stop left valid values; the check is against damage since then, for a reference to a
        // broken value would be undefined behaviour. It comes before the first write.
        check_journal_empty(&attached)?;
        let checked = check_values::<R>(&attached, Checker::after_clean_stop())?;
        rebuild |= checked.rebuild;
        heaps = checked.heaps;
        reached = reach(attached.root());
    }
    let generation = begin(&attached, &before, &owner, clean);
    if rebuild {
        // What is transient is so after a clean stop too; all else that is derived comes out as it was, or was
        // damaged since.
        // SAFETY: the bytes passed the check, this process alone writes them, and no reference exists.
        unsafe { Rebuild::default().value(R::DESC, attached.root()) };
    } else if !heaps.is_empty() {
        // Blocks that no owner has are free again after a clean stop too; and an allocator whose words were
        // damaged would hand out memory twice.
        // SAFETY: as above; the check got the root's own pointer.
        unsafe { heaps.rebuild() };
    }
    let how = if clean {
        Resumed::AfterStop
    } else {
        let crash = recover::<R>(&attached, &before, generation, |root| reached = reach(root));
        Resumed::AfterCrash(crash.inspect_err(|_| attached.words().restore(&before))?)
    };
    drop(asking);
    // What ran at the crash is remembered; from here on the recorder is the hook's.
    attached.words().set_idle();
    attached.words().set_state(State::Resuming(Step::Hook));
    // SAFETY: the candidate passed the identity gate of `R`, and its root's bytes passed `check_values`.
    let mut inner = unsafe { Inner::<R>::new(attached, generation) };
    inner.enter(|root, cx| root.resume(env, cx, &how));
    inner.attached().words().set(Word::ResumesFailed, 0);
    let outcome = match how {
        Resumed::AfterStop => Outcome::ResumedAfterStop { generation },
        Resumed::AfterCrash(crash) => Outcome::ResumedAfterCrash(crash),
    };
    Ok(Opened { reached, ..go_live(inner, outcome) })
}

/// The first writes of a resume; gives the generation of this process.
fn begin(attached: &Attached, before: &WordValues, owner: &Owner, clean: bool) -> u64 {
    let words = attached.words();
    // A failed resume keeps what the crash before it left: that is what has to be resumed.
    if !matches!(before.state(), Some(State::Resuming(_))) {
        let running = if clean { None } else { before.running() };
        attached.remember_crash(before.generation, running);
    }
    words.set(Word::ResumesFailed, before.resumes_failed.saturating_add(1));
    words.set_state(State::Resuming(if clean { Step::Hook } else { Step::Rollback }));
    attached.take_over(owner)
}

/// Makes the bytes of a crashed root valid: journal, value check, rebuild. No reference to the root exists
/// before it is done.
fn recover<R: Root>(
    attached: &Attached,
    before: &WordValues,
    generation: u64,
    look: impl FnOnce(*const u8),
) -> Result<Crash, OpenError> {
    let (offset, bytes) = attached.journal();
    // SAFETY: the range is the mapped segment, the journal lies in it by the geometry that the gates
    // proved, and no reference into the segment exists.
    let rolled_back = unsafe { journal::rollback(attached.base(), attached.bytes(), offset, bytes) };
    let rolled_back = rolled_back.map_err(|damage| OpenError::Journal {
        name: attached.name().to_owned(),
        what: damage.to_string(),
    })?;
    attached.words().set_state(State::Resuming(Step::Values));
    check_values::<R>(attached, Checker::new())?;
    look(attached.root());
    attached.words().set_state(State::Resuming(Step::Rebuild));
    let mut rebuild = Rebuild::default();
    // SAFETY: as above, the bytes passed the check, and no reference to them exists.
    unsafe { rebuild.value(R::DESC, attached.root()) };
    let (crashed_generation, running) = attached.remembered_crash();
    let died_at = match before.state() {
        Some(State::Resuming(step)) => Some(step),
        _ => None,
    };
    Ok(Crash {
        generation,
        crashed_generation,
        running,
        resumes_failed: before.resumes_failed,
        resume_died_at: died_at,
        resume_was_running: died_at.filter(|step| *step == Step::Hook).and_then(|_| before.running()),
        rolled_back,
        rebuild,
    })
}

/// A clean stop leaves an empty journal: what is in it now is damage, and no log of anything.
fn check_journal_empty(attached: &Attached) -> Result<(), OpenError> {
    let (offset, bytes) = attached.journal();
    // SAFETY: the range is the mapped segment, and no reference into it exists.
    let empty = unsafe { journal::is_empty(attached.base(), attached.bytes(), offset, bytes) };
    let what = match empty {
        Ok(true) => return Ok(()),
        Ok(false) => "entries in a segment that was stopped cleanly".to_owned(),
        Err(damage) => damage.to_string(),
    };
    Err(OpenError::Journal { name: attached.name().to_owned(), what })
}

/// What a check found to be done, where it found nothing wrong.
struct Checked {
    /// Derived data has to be made anew.
    rebuild: bool,
    heaps: Heaps,
}

/// Looks for bytes that are no valid `R`; forms no reference to them and writes nothing.
fn check_values<R: Root>(attached: &Attached, mut checker: Checker) -> Result<Checked, OpenError> {
    // SAFETY: the root is aligned and mapped for all bytes of `R`, and this process alone writes it.
    unsafe { checker.value(R::DESC, attached.root()) };
    let checked = Checked { rebuild: checker.needs_rebuild(), heaps: checker.take_heaps() };
    let (problems, dropped) = checker.finish();
    if problems.is_empty() {
        return Ok(checked);
    }
    Err(OpenError::Values { name: attached.name().to_owned(), problems, dropped })
}

fn go_live<R: Root>(inner: Inner<R>, outcome: Outcome) -> Opened<R> {
    let words = inner.attached().words();
    words.set(Word::HeartbeatNs, boottime_ns());
    words.set_idle();
    words.set_state(State::Live);
    let memory = inner.attached().memory().clone();
    Opened { live: Live { inner }, outcome, memory, reached: None }
}
