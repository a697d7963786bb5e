//! What creating and attaching costs: `cargo run --release -p resume-core --example attach_cost`.
//!
//! ```text
//! exec        from before the spawn of a process to its `main`, and to a root that it can use; the last column is
//!             what the attach adds
//! in use      values in each of the three containers of the root: a pool of units (which have invalid bit
//!             patterns, so that each is looked at), a pool of plain numbers, a map
//! crashed     the same behind a SIGKILL, in this process: all that is derived is made anew
//! ```
//! Medians, and the worst of each. It needs some 4 GiB of shared memory, and removes what it made. A create of 64 GiB
//! needs a `/dev/shm` that is larger than that, if not the memory; as root:
//! ```text
//! unshare -m sh -c 'mount -t tmpfs -o size=80g tmpfs /dev/shm && target/release/examples/attach_cost create'
//! ```

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use resume_core::container::StaticMap;
use resume_core::pool::{Handle, Pool};
use resume_core::root::{Context, OpenError, Outcome, Resumed, Root};
use resume_core::{Options, ShmSafe, segment};

/// An object of a game, of 64 bytes.
#[derive(ShmSafe, Clone, Copy)]
#[repr(C)]
struct Unit {
    id: u64,
    target: Handle<Unit>,
    place: [f32; 6],
    hp: u32,
    kind: Kind,
    alive: bool,
    marks: [u8; 18],
}

#[derive(ShmSafe, Clone, Copy)]
#[repr(u8)]
enum Kind {
    Player = 1,
    Monster = 2,
}

impl Unit {
    fn new(id: u64) -> Self {
        let kind = if id.is_multiple_of(2) { Kind::Player } else { Kind::Monster };
        Self { id, target: Handle::NULL, place: [0.0; 6], hp: 7, kind, alive: true, marks: [0; 18] }
    }
}

const SLOTS: usize = 32 << 20;
const BUCKETS: usize = 2 << 20;
const MIB: usize = 12_700;

/// A root of 16 GiB.
#[derive(ShmSafe)]
#[repr(C)]
struct Large {
    units: Pool<Unit, SLOTS>,
    numbers: Pool<[u64; 4], SLOTS>,
    map: StaticMap<u64, u64, BUCKETS>,
    rest: [[[u64; 1024]; 128]; MIB],
}

/// A root of 64 GiB.
#[derive(ShmSafe)]
#[repr(C)]
struct Huge {
    rows: [[[u64; 1024]; 128]; 65_536],
}

/// Nothing but slots.
#[derive(ShmSafe)]
#[repr(C)]
struct Slots {
    numbers: Pool<[u64; 4], SLOTS>,
}

/// Nothing but units.
#[derive(ShmSafe)]
#[repr(C)]
struct Units {
    units: Pool<Unit, SLOTS>,
}

macro_rules! roots {
    ($($root:ty)*) => {$(
        resume_core::root!($root);

        impl Root for $root {
            type Env = ();
            fn start(&mut self, (): &mut (), _: &Context) {}
            fn resume(&mut self, (): &mut (), _: &Context, _: &Resumed) {}
            fn tick(&mut self, (): &mut (), _: &Context) {}
        }
    )*};
}

roots!(Large Huge Slots Units);

type Outcomes<T> = Result<T, Box<dyn std::error::Error>>;

/// The segment; dropped, it is gone.
struct Segment(String);

impl Drop for Segment {
    fn drop(&mut self) {
        let _ = segment::remove(&self.0);
    }
}

impl Segment {
    fn new() -> Self {
        Self(format!("/resume-attach-cost-{}", std::process::id()))
    }

    fn options(&self) -> Options {
        Options::new(&self.0).reserve(false)
    }

    /// Makes it crashed: what a stop wrote, taken back.
    fn crash(&self) -> std::io::Result<()> {
        use std::os::unix::fs::FileExt;
        let file = std::fs::OpenOptions::new().write(true).open(format!("/dev/shm{}", self.0))?;
        file.write_all_at(b"LIVE\0\0\0\0", 512)
    }

    fn bytes_in_memory(&self) -> u64 {
        use std::os::unix::fs::MetadataExt;
        std::fs::metadata(format!("/dev/shm{}", self.0)).map_or(0, |stat| stat.blocks() * 512)
    }
}

/// Times of one kind.
#[derive(Default)]
struct Samples(Vec<u64>);

impl Samples {
    fn median(&mut self) -> u64 {
        self.0.sort_unstable();
        self.0.get(self.0.len() / 2).copied().unwrap_or(0)
    }

    fn worst(&self) -> u64 {
        self.0.iter().copied().max().unwrap_or(0)
    }
}

fn now_ns() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// A process that says when it came to `main`, and when it had its root.
fn child(name: &str) -> Outcomes<()> {
    let main_ns = now_ns();
    let mut opened = Options::new(name).attach::<Large>(&mut ())?;
    let used = opened.live.with(|root, _| root.units.len());
    let usable_ns = now_ns();
    println!("{main_ns} {usable_ns} {used}");
    Ok(())
}

/// Starts processes that attach after a clean stop; the times from their spawn on, in microseconds.
fn exec(segment: &Segment, runs: usize) -> Outcomes<(Samples, Samples, Samples)> {
    let (mut main, mut usable, mut attach) = (Samples::default(), Samples::default(), Samples::default());
    for _ in 0..runs {
        let spawned = now_ns();
        let output = Command::new(std::env::current_exe()?)
            .args(["child", &segment.0])
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()?;
        let text = String::from_utf8(output.stdout)?;
        let times: Vec<u64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [main_ns, usable_ns, _] = times[..] else { return Err(format!("a child said {text:?}").into()) };
        main.0.push((main_ns - spawned) / 1000);
        usable.0.push((usable_ns - spawned) / 1000);
        attach.0.push((usable_ns - main_ns) / 1000);
    }
    Ok((main, usable, attach))
}

fn clean_attach(runs: usize) -> Outcomes<()> {
    let segment = Segment::new();
    println!(
        "16 GiB root, stopped cleanly          exec to main  exec to root    attach     worst  in memory"
    );
    let mut used = 0;
    for target in [0, 1_000, 100_000, 1_000_000_u64] {
        let mut live = segment.options().open_or_create::<Large>(&mut ())?.live;
        live.with(|root, _| {
            for id in used..target {
                let _ = root.units.insert(Unit::new(id));
                let _ = root.numbers.insert([id; 4]);
                let _ = root.map.insert(id, id);
            }
        });
        used = target;
        live.stop();
        let (mut main, mut usable, mut attach) = exec(&segment, runs)?;
        println!(
            "{used:>9} in use of each           {:>10} us {:>10} us {:>6} us {:>6} us {:>6} MiB",
            main.median(),
            usable.median(),
            attach.median(),
            attach.worst(),
            segment.bytes_in_memory() >> 20
        );
    }
    println!("\n16 GiB root, crashed                        attach     worst");
    let mut attach = Samples::default();
    for _ in 0..runs.min(11) {
        segment.crash()?;
        let began = Instant::now();
        let opened = segment.options().attach::<Large>(&mut ())?;
        attach.0.push(began.elapsed().as_micros() as u64);
        debug_assert!(matches!(opened.outcome, Outcome::ResumedAfterCrash(_)));
    }
    println!("{used:>9} in use of each           {:>10} us {:>6} us", attach.median(), attach.worst());
    Ok(())
}

/// How fast slots are rebuilt.
fn rebuild<R: Root<Env = ()>>(what: &str, fill: impl Fn(&mut R)) -> Outcomes<()> {
    let segment = Segment::new();
    let mut live = segment.options().open_or_create::<R>(&mut ())?.live;
    live.with(|root, _| fill(root));
    live.stop();
    let (mut best, mut slots) = (Duration::MAX, 0);
    for _ in 0..5 {
        segment.crash()?;
        let began = Instant::now();
        let opened = segment.options().attach::<R>(&mut ())?;
        best = best.min(began.elapsed());
        let Outcome::ResumedAfterCrash(crash) = opened.outcome else { return Err("not a crash".into()) };
        slots = crash.rebuild.slots_visited;
    }
    let rate = slots as f64 / best.as_secs_f64() / 1e6;
    println!("{what:<36} {slots:>10} slots {:>8} us {rate:>8.1} million slots a second", best.as_micros());
    Ok(())
}

fn create() -> Result<(), OpenError> {
    let mut times = Samples::default();
    for _ in 0..21 {
        let segment = Segment::new();
        let began = Instant::now();
        let opened = segment.options().open_or_create::<Huge>(&mut ())?;
        times.0.push(began.elapsed().as_micros() as u64);
        opened.live.remove()?;
    }
    println!(
        "\ncreate of 64 GiB, not reserved       {:>10} us, worst {:>6} us",
        times.median(),
        times.worst()
    );
    Ok(())
}

fn main() -> Outcomes<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match &args[..] {
        [role, name] if role == "child" => return child(name),
        [what] if what == "create" => return Ok(create()?),
        _ => {}
    }
    clean_attach(31)?;
    println!();
    let count = 24_000_000;
    rebuild::<Slots>("pool of numbers, 40 B a slot", |root| {
        (0..count).for_each(|id| _ = root.numbers.insert([id; 4]));
    })?;
    rebuild::<Units>("pool of units, 72 B a slot", |root| {
        (0..count).for_each(|id| _ = root.units.insert(Unit::new(id)));
    })?;
    println!();
    if let Err(error) = create() {
        println!("create of 64 GiB: {error}; see the top of this program");
    }
    Ok(())
}
