//! Several changes as one: all of them are in the state, or none, after an error, a panic or a crash.
//!
//! ```
//! # use resume_core::transaction::{transaction, TransactionError};
//! # fn demo(root: &mut [u32; 2]) -> Result<(), TransactionError<&'static str>> {
//! transaction(root, |root, tx| {
//!     let [from, to] = root;
//!     tx.set(from, from.checked_sub(5).ok_or("too poor")?);
//!     tx.set(to, *to + 5);
//!     Ok(())
//! })
//! # }
//! ```
//!
//! Everything that is overwritten is saved in the [journal](crate::journal) first: by the containers on their
//! own, and for plain fields by [`Tx::set`], [`Tx::update`] and [`Tx::edit`]. A plain assignment to a field that was not
//! edited is not undone. Where of a value a part was saved, and the value then was assigned as a whole (another
//! variant of an enum whose payload was edited; a container swapped behind an operation on it), a rollback brings back
//! the part only. If what stands there then is no valid value, the process aborts, as no reference to that may
//! exist, and the next attach says where it is. So edit first what is assigned.
//!
//! A rollback looks at the values that it changed; at all of a container where elements came or went, but for a pool's; and
//! at the whole state where that owns blocks of a heap. So an abort costs least before the first change.
//!
//! # Why a transaction takes the whole root
//! A rollback writes bytes back behind the compiler's back. That is only sound if no reference into these
//! bytes is alive. The closure gets the root for a lifetime that it cannot name, so nothing that points into
//! the root can leave it, not even in the error; and since it is the *whole* root, nothing that points into
//! the segment's state can have come in. A part of the root would not do: a reference to another part could
//! be captured, changed through, and returned.
//!
//! A transaction inside another one is a savepoint: its rollback undoes its own changes only, and they become
//! final with the outermost commit.

use core::fmt;
use core::marker::PhantomData;
use core::ops::Range;
use core::panic::AssertUnwindSafe;
use std::panic::{catch_unwind, resume_unwind};

use crate::ShmSafe;
use crate::check::undone;
use crate::journal::{JournalFull, JournalOverflow, Savepoint, Span, root_of_segment, save_open};

/// An open transaction. It saves the places that plain assignments overwrite.
#[derive(Debug)]
pub struct Tx {
    _this_thread: PhantomData<*mut ()>,
}

impl Tx {
    /// Saves `place`, so that the changes made through the result are undone if the transaction is.
    ///
    /// A place that is not in the segment (a local variable) is given back as it is: it dies with the
    /// process, and no rollback touches it.
    ///
    /// A full journal ends the transaction at once, by unwinding to [`transaction`].
    pub fn edit<'a, T: ShmSafe>(&'a self, place: &'a mut T) -> &'a mut T {
        save_open(|| [Span::of(place)]);
        place
    }

    /// Saves `place` and overwrites it.
    pub fn set<T: ShmSafe>(&self, place: &mut T, value: T) {
        *self.edit(place) = value;
    }

    /// Saves `place` and overwrites it with what `f` makes of its value.
    ///
    /// `tx.set(&mut x.f, x.f + 1)` does not compile, as `x.f` is borrowed when it is read; this does:
    ///
    /// ```
    /// # use resume_core::transaction::{transaction, TransactionError};
    /// # fn demo(root: &mut [u32; 2]) -> Result<(), TransactionError<()>> {
    /// transaction(root, |root, tx| Ok(tx.update(&mut root[0], |gold| gold + 1)))
    /// # }
    /// ```
    ///
    /// `f` runs before the first write: where it panics, nothing has changed.
    pub fn update<T: ShmSafe + Copy>(&self, place: &mut T, f: impl FnOnce(T) -> T) {
        let value = f(*place);
        self.set(place, value);
    }
}

/// Why a transaction changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransactionError<E> {
    /// The closure gave an error.
    #[error("the transaction was aborted: {0}")]
    Aborted(E),
    /// The undo log has no room for all that is to be changed.
    #[error(transparent)]
    JournalFull(#[from] JournalFull),
    /// The value is not the root of the segment that is active on this thread.
    #[error(
        "expected the whole root of the segment that is active on this thread ({expected}), found \
         {found}; run transactions within `Live::tick` or `Live::with`, on the root that they give"
    )]
    NotTheRoot {
        /// The active root.
        expected: Place,
        /// The value that was given.
        found: Place,
    },
}

/// Where a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Address; 0 when there is none.
    pub address: usize,
    /// Bytes.
    pub bytes: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address {
            0 => f.write_str("none"),
            address => write!(f, "{} bytes at {address:#x}", self.bytes),
        }
    }
}

/// Runs `f` on the root: its changes are kept if it gives `Ok`, with one store, and undone if it gives `Err`,
/// panics (the panic goes on), fills the journal, or the process dies.
///
/// # Errors
/// What `f` gave, a full journal, or a value that is not the segment's root.
pub fn transaction<R: ShmSafe, T, E>(
    root: &mut R,
    f: impl for<'r> FnOnce(&'r mut R, &'r Tx) -> Result<T, E>,
) -> Result<T, TransactionError<E>> {
    let raw: *mut R = root;
    let found = Place { address: raw.addr(), bytes: size_of::<R>() };
    let expected = root_of_segment()
        .map_or(Place { address: 0, bytes: 0 }, |(at, bytes)| Place { address: at.addr(), bytes });
    if expected != found {
        return Err(TransactionError::NotTheRoot { expected, found });
    }
    let Some(savepoint) = Savepoint::open() else {
        return Err(TransactionError::NotTheRoot { expected, found });
    };
    let tx = Tx { _this_thread: PhantomData };
    // SAFETY: `raw` comes from the exclusive borrow `root`, which is not used again.
    let borrow = unsafe { &mut *raw };
    // After a panic the state is as before, and nothing else of `f` is looked at.
    let outcome = catch_unwind(AssertUnwindSafe(|| f(borrow, &tx)));
    let overflow = savepoint.overflow();
    match (outcome, overflow) {
        (Ok(Ok(value)), None) => {
            savepoint.commit();
            Ok(value)
        }
        (outcome, overflow) => {
            // SAFETY: `raw` is the active root (checked above) and may write it; `f` has ended, and nothing
            // that it borrowed from the root can have left it: see the module.
            let restored = unsafe { savepoint.undo(raw.cast()) };
            // SAFETY: as above: the root is borrowed exclusively, and what `f` borrowed of it has ended.
            unsafe { expect_valid(raw, &restored) };
            match (outcome, overflow) {
                (Err(payload), _) if !payload.is::<JournalOverflow>() => resume_unwind(payload),
                (_, Some(full)) => Err(TransactionError::JournalFull(full)),
                (Ok(Err(error)), None) => Err(TransactionError::Aborted(error)),
                // An overflow's payload without an overflow: that of an outer transaction goes on.
                (Err(payload), None) => resume_unwind(payload),
                (Ok(Ok(_)), None) => unreachable_commit(),
            }
        }
    }
}

/// Ends the process where a rollback left bytes that are no `R`: see the module.
///
/// # Safety
/// `root` is borrowed exclusively and was valid, but for the bytes that were restored.
unsafe fn expect_valid<R: ShmSafe>(root: *mut R, restored: &[Range<usize>]) {
    if const { R::DESC.plain } || restored.is_empty() {
        return;
    }
    // SAFETY: the caller's promise; `R::DESC` describes an `R`.
    let Err(problems) = (unsafe { undone(R::DESC, root.cast(), restored) }) else { return };
    eprintln!(
        "resume-core: a transaction was undone, and left no valid {}: in it something was assigned plainly of which a \
         part had been saved; use `Tx::edit` or `Tx::set` on the whole. This process ends, as no reference to the \
         state may exist.",
        R::ID
    );
    problems.iter().for_each(|problem| eprintln!("  {problem}"));
    std::process::abort()
}

/// The commit arm took this case.
fn unreachable_commit() -> ! {
    std::process::abort()
}
