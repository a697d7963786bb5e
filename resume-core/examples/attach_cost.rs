//! What creating and attaching costs, by size: `cargo run --release -p resume-core --example attach_cost`.
//!
//! Prints the median and the worst of several runs, in microseconds. The page faults are those of the
//! calling thread; a root of which they touched every page would show 262,144 of them a GiB.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use resume_core::ShmSafe;
use resume_core::root::{Context, OpenError, Opened, Options, Resumed, Root};

/// A root of `MIB` mebibytes.
#[derive(ShmSafe)]
#[repr(C)]
struct Memory<const MIB: usize> {
    rows: [[[u64; 1024]; 128]; MIB],
}

macro_rules! sizes {
    ($($mib:literal)*) => {$(
        resume_core::root!(Memory<$mib>);

        impl Root for Memory<$mib> {
            type Env = ();
            fn start(&mut self, (): &mut (), _: &Context) {}
            fn resume(&mut self, (): &mut (), _: &Context, _: &Resumed) {}
            fn tick(&mut self, (): &mut (), _: &Context) {
                self.rows[0][0][0] += 1;
            }
        }
    )*};
}

sizes!(1 1024 16384);

const RUNS: usize = 21;

/// Times of one kind of open.
#[derive(Default)]
struct Samples {
    us: Vec<u128>,
    faults: Vec<u64>,
}

impl Samples {
    fn take<R: Root<Env = ()>>(&mut self, options: &Options) -> Result<Opened<R>, OpenError> {
        let (faults, start) = (minor_faults(), Instant::now());
        let opened = options.open_or_create::<R>(&mut ());
        self.us.push(start.elapsed().as_micros());
        self.faults.push(minor_faults() - faults);
        opened
    }

    fn print(&mut self, what: &str) {
        self.us.sort_unstable();
        self.faults.sort_unstable();
        let (us, faults) = (&self.us, &self.faults);
        let last = us.len() - 1;
        println!("{what:<40} {:>9} {:>9} {:>7}", us[last / 2], us[last], faults[last]);
    }
}

/// Page faults of this thread, the 10th field of its `stat`.
fn minor_faults() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    after_name.split_ascii_whitespace().nth(7).and_then(|n| n.parse().ok()).unwrap_or(0)
}

fn measure<R: Root<Env = ()>>(label: &str, runs: usize, reserve: bool) -> Result<(), OpenError> {
    let name = format!("/resume-attach-cost-{}", std::process::id());
    let options = Options::new(&name).reserve(reserve);
    let (mut create, mut stopped, mut crashed) = (Samples::default(), Samples::default(), Samples::default());
    for _ in 0..runs {
        create.take::<R>(&options)?.live.stop();
        let mut opened = stopped.take::<R>(&options)?;
        // A panic in the logic leaves the segment as a crash would.
        let panic = catch_unwind(AssertUnwindSafe(|| {
            opened.live.with(|_, _| std::panic::resume_unwind(Box::new(())))
        }));
        debug_assert!(panic.is_err());
        drop(opened);
        crashed.take::<R>(&options)?.live.remove()?;
    }
    create.print(&format!("{label}, create{}", if reserve { ", reserved" } else { "" }));
    if !reserve {
        stopped.print(&format!("{label}, attach after a clean stop"));
        crashed.print(&format!("{label}, attach after a crash"));
    }
    Ok(())
}

fn main() -> Result<(), OpenError> {
    println!("{:<40} {:>9} {:>9} {:>7}", "", "median us", "worst us", "faults");
    measure::<Memory<1>>("1 MiB", RUNS, false)?;
    measure::<Memory<1024>>("1 GiB", RUNS, false)?;
    measure::<Memory<16384>>("16 GiB", RUNS, false)?;
    measure::<Memory<1>>("1 MiB", RUNS, true)?;
    measure::<Memory<1024>>("1 GiB", 5, true)
}
