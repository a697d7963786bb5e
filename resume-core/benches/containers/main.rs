//! Containers against their heap peers, in one run, interleaved: ratios of the fastest rounds.
//!
//! ```text
//! cargo bench -p resume-core --bench containers                  in cache: the goals
//! cargo bench -p resume-core --bench containers -- large         and a working set of 1 GiB for each side
//! cargo bench -p resume-core --bench containers -- map           containers whose name has `map` in it
//! cargo bench -p resume-core --bench containers -- rounds=200    default 60
//! ```
//! Ours are in shared memory with the journal of a segment active, as in a server; the peers are on the heap.
//! Rounds of the two sides alternate, so that a change of the machine's speed hits both, and are short (some
//! 100 µs), so that the fastest of many is one that no other process interrupted. At the end: the median of
//! the ratios of reads and of mutations, each against its goal.

#![allow(clippy::unwrap_used, dropping_copy_types, reason = "a benchmark")]

mod compare;
mod hashed;
mod linked;
mod queues;
mod sequences;
mod slots;
mod support;
mod timers;

use compare::Table;

fn main() {
    let (mut large, mut rounds, mut filter) = (false, 60, String::new());
    for arg in std::env::args().skip(1) {
        match arg.strip_prefix("rounds=").map(str::parse) {
            Some(number) => rounds = number.expect("rounds=NUMBER"),
            None if arg == "large" => large = true,
            None if arg.starts_with("--") => {} // what cargo passes to every benchmark
            None => filter = arg,
        }
    }
    let mut table = Table::new(filter, rounds);
    hashed::maps::<1024>(&mut table);
    hashed::maps::<16384>(&mut table);
    hashed::units::<4096>(&mut table);
    hashed::sets::<16384>(&mut table);
    sequences::vecs::<1024>(&mut table);
    sequences::vecs::<65536>(&mut table);
    sequences::units::<1024>(&mut table);
    sequences::strings(&mut table);
    queues::rings::<1024>(&mut table);
    queues::queues::<1024>(&mut table);
    queues::versioned(&mut table);
    slots::pools::<1024>(&mut table);
    slots::pools::<16384>(&mut table);
    slots::bit_sets::<1024>(&mut table);
    linked::lists::<1024>(&mut table);
    linked::lists::<16384>(&mut table);
    linked::ordered::<1024>(&mut table);
    linked::ordered::<16384>(&mut table);
    timers::timers::<4096>(&mut table);
    if large {
        table.large = true;
        hashed::maps::<{ 1 << 26 }>(&mut table);
        sequences::vecs::<{ 1 << 27 }>(&mut table);
        slots::pools::<{ 1 << 24 }>(&mut table);
        // 64 MiB: beyond some 16,000 entries a search takes longer in proportion, as its docs say.
        linked::ordered::<{ 1 << 20 }>(&mut table);
        linked::lists::<{ 1 << 25 }>(&mut table);
    }
    table.print_medians();
}
