//! What safe code can do to a heap through owners that are copies, or that outlived their segment's attach.
//!
//! ```text
//! RUSTFLAGS=-Zsanitizer=address cargo +nightly test -p resume-core --target x86_64-unknown-linux-gnu --test attacks_heap
//! ```
#![allow(clippy::unwrap_used, reason = "a failure ends the test")]

mod container_support;
mod segment_support;

use container_support::Arena;
use resume_core::heap::{Heap, HeapError, HeapSlice, HeapString, HeapVec};
use resume_core::root::{Context, Outcome, Resumed};
use resume_core::transaction::transaction;
use resume_core::{ShmSafe, root};

#[derive(ShmSafe)]
#[repr(C)]
struct Bags {
    heap: Heap<4096>,
    bag: HeapVec<u8>,
    bags: HeapVec<HeapVec<u8>>,
    flags: HeapVec<bool>,
}

root!(Bags);

impl resume_core::Root for Bags {
    type Env = ();
    fn start(&mut self, (): &mut (), _: &Context) {}
    fn resume(&mut self, (): &mut (), _: &Context, _: &Resumed) {}
    fn tick(&mut self, (): &mut (), _: &Context) {}
}

/// A second owner of the block that `bag` has: a transaction hands it out, and is rolled back.
fn copy_of_bag(root: &mut Bags) -> HeapVec<u8> {
    let mut copy = None;
    let aborted = transaction(root, |root, _| {
        copy = Some(root.bag.take());
        Err::<(), _>(())
    });
    assert!(aborted.is_err());
    copy.unwrap()
}

/// An owner among the elements of a block has its id where a header would have it. A stale copy of that owner,
/// whose block was where the element is now, must not take it for one.
#[test]
fn an_owner_in_a_block_is_no_header() {
    let mut arena = Arena::new::<Bags>();
    arena.with(|root: &mut Bags| {
        // Granules: 0 ahead, 2 the bag, 4 what keeps the bag from growing where it is.
        let mut ahead = HeapVec::<u8>::with_capacity(&mut root.heap, 16).unwrap();
        root.bag.extend_from_slice(&mut root.heap, &[1; 16]).unwrap();
        root.flags.extend_from_slice(&mut root.heap, &[true; 300]).unwrap();
        let mut stale = copy_of_bag(root);
        root.bag.extend_from_slice(&mut root.heap, &[2; 64]).unwrap();
        assert_eq!(stale.as_slice(&root.heap), [0; 0]);
        ahead.free(&mut root.heap).unwrap();
        // The elements are granules 1, 2 and 3.
        root.bags = HeapVec::with_capacity(&mut root.heap, 3).unwrap();
        root.bags.push(&mut root.heap, HeapVec::new()).unwrap();
        let bag = root.bag.take();
        root.bags.push(&mut root.heap, bag).unwrap();
        root.bags.push(&mut root.heap, HeapVec::new()).unwrap();
        let written = stale.extend_from_slice(&mut root.heap, &[0xee; 100]);
        assert!(matches!(written, Err(HeapError::NotHere(()))), "{written:?}");
        assert!(matches!(stale.free(&mut root.heap), Err(HeapError::NotHere(()))));
        assert!(!root.bags.get(&root.heap, 2).unwrap().is_allocated());
        assert_eq!(root.flags.as_slice(&root.heap), [true; 300]);
    });
    assert_eq!(arena.check::<Bags>(), []);
}

/// Owners on the stack outlive the attach that they are from; what no owner in the state has is free after the
/// next one, and they find nothing.
fn an_owner_of_an_earlier_attach_finds_nothing(crash: bool) {
    let place = segment_support::Place::new();
    let options = place.options();
    let mut opened = options.open_or_create::<Bags>(&mut ()).unwrap();
    let (mut stale, mut slice, mut text) = opened.live.with(|root, _| {
        let heap = &mut root.heap;
        let mut ahead = HeapVec::<u8>::with_capacity(heap, 150).unwrap();
        let stale = HeapVec::<u8>::from_slice(heap, &[1; 1000]).unwrap();
        let slice = HeapSlice::<u8>::from_slice(heap, &[1; 100]).unwrap();
        root.flags.push(heap, true).unwrap();
        let text = HeapString::from_str(heap, "a text").unwrap();
        ahead.free(heap).unwrap();
        (stale, slice, text)
    });
    if crash {
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            opened.live.with(|_, _| std::panic::resume_unwind(Box::new(())));
        }));
        assert!(panicked.is_err());
    }
    drop(opened.live);
    let mut opened = options.attach::<Bags>(&mut ()).unwrap();
    assert_eq!(matches!(opened.outcome, Outcome::ResumedAfterCrash(_)), crash);
    opened.live.with(|root, _| {
        let heap = &mut root.heap;
        // In the spare room of the first is the header that was the stale one's, and its elements are the second.
        let mut ahead = HeapVec::<u8>::with_capacity(heap, 11 * 16).unwrap();
        let mut flags = HeapVec::<bool>::from_slice(heap, &[true; 40]).unwrap();
        assert_eq!(stale.as_mut_slice(heap), [0; 0]);
        assert_eq!((slice.as_mut_slice(heap).len(), text.as_str(heap)), (0, ""));
        assert!(matches!(stale.push(heap, 0xee), Err(HeapError::NotHere(0xee))));
        assert!(matches!(slice.free(heap), Err(HeapError::NotHere(()))));
        assert!(matches!(text.free(heap), Err(HeapError::NotHere(()))));
        assert_eq!(flags.as_slice(heap), [true; 40]);
        assert_eq!(root.flags.as_slice(heap), [true]);
        flags.free(heap).unwrap();
        ahead.free(heap).unwrap();
    });
    opened.live.remove().unwrap();
}

#[test]
fn an_owner_from_before_a_clean_stop_finds_nothing() {
    an_owner_of_an_earlier_attach_finds_nothing(false);
}

#[test]
fn an_owner_from_before_a_crash_finds_nothing() {
    an_owner_of_an_earlier_attach_finds_nothing(true);
}

#[test]
fn lengths_beyond_all_memory_are_refused() {
    let mut heap = Heap::<1024>::new();
    for len in [usize::MAX, usize::MAX / 8, usize::MAX / 16, 1 << 36, 1 << 34, 1025] {
        assert!(HeapVec::<u64>::with_capacity(&mut heap, len).is_err(), "{len}");
        assert!(HeapVec::<u8>::with_capacity(&mut heap, len).is_err(), "{len}");
        assert!(HeapSlice::from_fn(&mut heap, len, |_| 7_u64).is_err(), "{len}");
        let mut vec = HeapVec::from_slice(&mut heap, &[1_u64, 2]).unwrap();
        assert!(vec.reserve(&mut heap, len).is_err(), "{len}");
        assert!(vec.insert(&mut heap, len, 3).is_err() && vec.remove(&mut heap, len).is_err());
        assert!(vec.set(&mut heap, len, 3).is_err() && vec.swap_remove(&mut heap, len).is_err());
        assert!(vec.get(&heap, len).is_none() && vec.at(&mut heap, len).is_none());
        vec.truncate(&mut heap, len);
        assert_eq!(vec.as_slice(&heap), [1, 2]);
        vec.free(&mut heap).unwrap();
        let mut text = HeapString::from_str(&mut heap, "aß€").unwrap();
        text.truncate(&mut heap, len);
        assert_eq!(text.as_str(&heap), "aß€");
        text.truncate(&mut heap, 2);
        assert_eq!(text.as_str(&heap), "a");
        text.free(&mut heap).unwrap();
    }
    assert_eq!((heap.blocks(), heap.used_bytes()), (0, 0));
}

/// A header has 32 bits for the number of elements; beyond that they would be counted from 0 again.
#[test]
fn more_elements_than_a_header_can_count_are_refused() {
    const BYTES: usize = 5 << 30;
    let bytes = size_of::<Heap<BYTES>>();
    let (prot, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: a new mapping at an address of the kernel's choice; its pages are there when they are touched.
    let at = unsafe { libc::mmap(core::ptr::null_mut(), bytes, prot, flags | libc::MAP_NORESERVE, -1, 0) };
    assert_ne!(at, libc::MAP_FAILED);
    // SAFETY: mapped, aligned to a page and zero, which is the empty heap; nobody else knows it.
    let heap = unsafe { &mut *at.cast::<Heap<BYTES>>() };
    assert!(matches!(HeapVec::<u8>::with_capacity(heap, (1 << 32) + 7), Err(HeapError::Full { .. })));
    let mut vec = HeapVec::<u8>::with_capacity(heap, u32::MAX as usize).unwrap();
    vec.push(heap, 1).unwrap();
    assert!(
        vec.reserve(heap, u32::MAX as usize - 1).is_ok() && vec.reserve(heap, u32::MAX as usize).is_err()
    );
    let mut wide = HeapVec::<u16>::with_capacity(heap, 1 << 28).unwrap();
    wide.free(heap).unwrap();
    vec.free(heap).unwrap();
    // SAFETY: the mapping made above, to which nothing refers any more.
    assert_eq!(unsafe { libc::munmap(at, bytes) }, 0);
}

#[test]
fn a_closure_that_panics_changes_nothing_but_leaks() {
    let mut heap = Heap::<1024>::new();
    let mut vec = HeapVec::from_slice(&mut heap, &[1_u8, 2, 3]).unwrap();
    let quietly = |f: &mut dyn FnMut()| {
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(f));
        assert!(caught.is_err());
    };
    quietly(&mut || {
        let _ =
            vec.retain(&mut heap, |v| if *v == 1 { false } else { std::panic::resume_unwind(Box::new(())) });
    });
    quietly(&mut || {
        let make = |i| if i == 0 { 7_u8 } else { std::panic::resume_unwind(Box::new(())) };
        let _ = HeapSlice::from_fn(&mut heap, 5, make);
    });
    assert_eq!((vec.as_slice(&heap), heap.blocks()), (&[1, 2, 3][..], 2));
}

#[test]
fn owners_and_heaps_that_change_places_lead_to_their_own_blocks_or_to_none() {
    let (mut one, mut two) = (Box::new(Heap::<512>::new()), Box::new(Heap::<512>::new()));
    let mut a = HeapString::from_str(&mut one, "one").unwrap();
    let mut b = HeapString::from_str(&mut two, "two").unwrap();
    std::mem::swap(&mut a, &mut b);
    assert_eq!((a.as_str(&one), a.as_str(&two), b.as_str(&one)), ("", "two", "one"));
    std::mem::swap(&mut *one, &mut *two);
    assert_eq!((a.as_str(&one), b.as_str(&two)), ("two", "one"));
    let old = std::mem::take(&mut *one);
    assert_eq!((a.as_str(&one), a.as_str(&old)), ("", "two"));
    assert!(matches!(a.push(&mut one, 'x'), Err(HeapError::NotHere(()))));
    let mut c = HeapString::from_str(&mut one, "new").unwrap();
    assert_eq!((a.as_str(&one), c.as_str(&one), c.as_str(&old)), ("", "new", ""));
    // A heap in a block of another one moves with it, and its own owners stay good.
    let mut outer = Box::new(Heap::<16384>::new());
    let mut heaps = HeapVec::<Heap<512>>::with_capacity(&mut outer, 1).unwrap();
    heaps.push(&mut outer, old).unwrap();
    let _blocker = HeapString::from_str(&mut outer, "keeps the block from growing").unwrap();
    heaps.push(&mut outer, Heap::new()).unwrap();
    assert_eq!(a.as_str(heaps.get(&outer, 0).unwrap()), "two");
    let place = heaps.at(&mut outer, 0).unwrap();
    let mut inner = place.project(|heap| heap);
    a.push_str(&mut inner, " and on").unwrap();
    assert_eq!(a.as_str(heaps.get(&outer, 0).unwrap()), "two and on");
    c.free(&mut one).unwrap();
}
