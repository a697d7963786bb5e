//! Two segments on one thread: logic of one may run inside a transaction of the other.

use resume_core::container::StaticVec;
use resume_core::{journal, transaction};

const JOURNAL: usize = 4096;

#[repr(C, align(4096))]
struct Segment {
    journal: [u8; JOURNAL],
    state: StaticVec<u64, 8>,
}

impl Segment {
    fn boxed() -> Box<Self> {
        Box::new(Self { journal: [0; JOURNAL], state: StaticVec::new() })
    }

    fn with<T>(&mut self, f: impl FnOnce(&mut StaticVec<u64, 8>) -> T) -> T {
        let base: *mut u8 = (&raw mut *self).cast();
        let offset = core::mem::offset_of!(Segment, state);
        // SAFETY: the segment is borrowed exclusively for longer than the guard lives, and used by this
        // thread alone; the journal is its first bytes.
        let active = unsafe { journal::activate(base, size_of::<Self>(), 0, JOURNAL) };
        // SAFETY: the state lies behind the journal, within the segment, and is reached through `f` only.
        let _active = unsafe { active.with_root(base.wrapping_add(offset), size_of_val(&self.state)) };
        // SAFETY: a valid, aligned field of `self`; `self` is not used while the reference lives.
        f(unsafe { &mut *base.wrapping_add(offset).cast() })
    }
}

#[test]
fn an_abort_of_the_outer_segment_leaves_the_inner_one_alone() {
    let (mut outer, mut inner) = (Segment::boxed(), Segment::boxed());
    outer.with(|state| {
        let aborted = transaction(state, |state, _| {
            let _ = state.push(1);
            inner.with(|other| {
                assert!(other.push(2).is_ok());
                let committed = transaction(other, |other, _| other.push(3));
                assert!(committed.is_ok());
            });
            assert!(state.push(4).is_ok());
            Err::<(), _>("abort")
        });
        assert!(aborted.is_err());
        assert!(state.is_empty(), "the outer transaction is undone: {:?}", state.as_slice());
    });
    inner.with(|state| assert_eq!(state.as_slice(), [2, 3], "the inner segment keeps what it did"));
}
