//! Timers.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;

use resume_core::container::Timers;
use resume_core::pool::Handle;
use resume_core::{ShmInstant, ShmSafe};

use crate::compare::Kind::Mutation;
use crate::compare::Table;
use crate::support::{Random, Shared};

/// A heap forgets a cancelled deadline when it comes up: each has a number, and the current one is in `current`.
struct HeapTimers {
    heap: BinaryHeap<Reverse<(u64, u32, u32)>>,
    current: Vec<u32>,
}

const TICK_NS: u64 = 50_000_000;

/// Half of the places in use; deadlines within 30 s. What a server does in each tick: some deadlines come up and
/// are set anew, ten times as many are refreshed.
pub(crate) fn timers<const N: usize>(table: &mut Table) {
    if !table.wants("timers") {
        return;
    }
    let live = N / 2;
    let mut shared = Shared::new::<Timers<u32, N, 512>>();
    shared.with(|ours: &mut Timers<u32, N, 512>| {
        let deadline = |random: &mut Random, now: u64| now + random.next() % 30_000_000_000;
        let (mut ours_random, mut peer_random) = (Random(6), Random(6));
        let mut handles: Vec<Handle<u32>> = (0..live as u32)
            .map(|i| ours.schedule(ShmInstant::from_nanos(deadline(&mut ours_random, 0)), i).unwrap())
            .collect();
        let mut peer = HeapTimers { heap: BinaryHeap::with_capacity(N * 64), current: vec![0; live] };
        for i in 0..live as u32 {
            peer.heap.push(Reverse((deadline(&mut peer_random, 0), i, 0)));
        }
        let refreshes = live / 64;
        let (mut our_now, mut peer_now) = (0, 0);
        // Both sides see the same deadlines in the same ticks, as their random numbers are the same.
        table.compare(
            Mutation,
            ("timers", "tick: pop due, refresh", live),
            "BinaryHeap",
            refreshes,
            (
                || {
                    our_now += TICK_NS;
                    while let Some(i) = ours.pop_due(ShmInstant::from_nanos(our_now)) {
                        let at = ShmInstant::from_nanos(deadline(&mut ours_random, our_now));
                        handles[i as usize] = ours.schedule(at, i).unwrap();
                    }
                    for _ in 0..refreshes {
                        let i = ours_random.below(live);
                        let at = ShmInstant::from_nanos(deadline(&mut ours_random, our_now));
                        ours.reschedule(handles[i], at).unwrap();
                    }
                },
                || {
                    peer_now += TICK_NS;
                    while let Some(&Reverse((at, i, number))) = peer.heap.peek() {
                        if at > peer_now {
                            break;
                        }
                        peer.heap.pop();
                        if peer.current[i as usize] == number {
                            peer.current[i as usize] += 1;
                            let at = deadline(&mut peer_random, peer_now);
                            peer.heap.push(Reverse((at, i, peer.current[i as usize])));
                        }
                    }
                    for _ in 0..refreshes {
                        let i = peer_random.below(live);
                        peer.current[i] += 1;
                        let at = deadline(&mut peer_random, peer_now);
                        peer.heap.push(Reverse((at, i as u32, peer.current[i])));
                    }
                },
            ),
        );
        schedule_and_cancel(table, ours);
    });
}

fn schedule_and_cancel<T: ShmSafe + From<u8>, const N: usize, const B: usize>(
    table: &mut Table,
    ours: &mut Timers<T, N, B>,
) {
    ours.clear();
    let ops = N / 2;
    let mut random = Random(8);
    let deadlines: Vec<u64> = (0..ops).map(|_| random.next() % 30_000_000_000).collect();
    let mut heap = BinaryHeap::with_capacity(N);
    table.compare(
        Mutation,
        ("timers", "schedule all, pop all", ops),
        "BinaryHeap",
        ops * 2,
        (
            || {
                for &at in &deadlines {
                    black_box(ours.schedule(ShmInstant::from_nanos(at), T::from(1)).is_ok());
                }
                for tick in 0..=600 {
                    while ours.pop_due(ShmInstant::from_nanos(tick * TICK_NS)).is_some() {}
                }
            },
            || {
                for (i, &at) in deadlines.iter().enumerate() {
                    heap.push(Reverse((at, i as u32)));
                }
                for tick in 0..=600 {
                    while heap.peek().is_some_and(|Reverse((at, _))| *at <= tick * TICK_NS) {
                        black_box(heap.pop());
                    }
                }
            },
        ),
    );
}
