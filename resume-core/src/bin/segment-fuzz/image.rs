//! The segments that are damaged: real ones, made by operations on a live root.

use std::fs::File;
use std::os::unix::fs::FileExt;

use resume_core::root::Opened;
use resume_core::segment::Memfd;
use resume_core::{Options, transaction};

use crate::places::{self, Place};
use crate::torture::{Env, JOURNAL_BYTES, Op, World, memfd};

/// Where a header has its state.
const STATE: usize = 512;
/// Where it counts failed resumes.
const RESUMES_FAILED: usize = 528;

/// The bytes of a segment, and what is where.
pub(crate) struct Image {
    pub(crate) what: &'static str,
    pub(crate) bytes: Vec<u8>,
    pub(crate) journal: usize,
    pub(crate) root: usize,
    /// Bytes of the journal that are in use, header included.
    pub(crate) journal_used: usize,
    /// Positions of bytes that are not zero.
    pub(crate) in_use: Vec<u32>,
    /// Each number in the root.
    pub(crate) places: Vec<Vec<Place>>,
}

/// A fresh segment and a second descriptor of it.
fn create(base: u64) -> Result<(Opened<World>, File), String> {
    let fd = memfd("segment-fuzz", &[])?;
    let file = File::from(fd.try_clone().map_err(|e| format!("dup: {e}"))?);
    let options = Options::memfd(Memfd::from_fd(fd)).base(base).journal_bytes(JOURNAL_BYTES);
    let opened = options.open_or_create::<World>(&mut Env::default()).map_err(|e| e.to_string())?;
    Ok((opened, file))
}

fn bytes_of(file: &File) -> Result<Vec<u8>, String> {
    let len = file.metadata().map_err(|e| format!("fstat: {e}"))?.len();
    let mut bytes = vec![0; len as usize];
    file.read_exact_at(&mut bytes, 0).map_err(|e| format!("reading a memfd: {e}"))?;
    Ok(bytes)
}

impl Image {
    fn new(what: &'static str, bytes: Vec<u8>) -> Self {
        let word = |at: usize| {
            let mut word = [0; 8];
            word.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(word) as usize
        };
        // See docs/LAYOUT.md.
        let (journal, root) = (word(56), word(72));
        let journal_used = 16 + word(journal);
        let in_use = (0..bytes.len() as u32).filter(|at| bytes[*at as usize] != 0).collect();
        Self { what, journal, root, journal_used, in_use, places: places::of_root::<World>(root), bytes }
    }

    fn with_state(&self, what: &'static str, state: &[u8; 8], resumes_failed: u8) -> Self {
        let mut bytes = self.bytes.clone();
        bytes[STATE..STATE + 8].copy_from_slice(state);
        bytes[RESUMES_FAILED] = resumes_failed;
        Self::new(what, bytes)
    }
}

/// A root that has seen this many operations: live, within a transaction, stopped.
fn images_after(base: u64, seed: u64, operations: u64, images: &mut Vec<Image>) -> Result<(), String> {
    let (mut opened, file) = create(base)?;
    let mut env = Env::default();
    let (live, within) = opened.live.with(|world, cx| {
        for number in 0..operations {
            cx.running(1, number);
            Op::at(seed, number).apply(world, &mut env);
        }
        let live = bytes_of(&file);
        let mut within = Err("no transaction".to_owned());
        let _ = transaction(world, |world, _| {
            (1..400).flat_map(|number| Op::at(!seed, number).parts()).take(30).for_each(|part| {
                part.apply(world, &mut env);
            });
            within = bytes_of(&file);
            Err::<(), _>(())
        });
        (live, within)
    });
    let live = Image::new("crashed", live?);
    let within = Image::new("crashed in a transaction", within?);
    opened.live.stop();
    let stopped = Image::new("stopped", bytes_of(&file)?);
    let mut wrapping = stopped.bytes.clone();
    places::wrap_generations(&stopped.places, &mut wrapping);
    images.push(within.with_state("crashed in the roll-back", b"RESU\x01\0\0\0", 1));
    images.push(live.with_state("crashed in the rebuild", b"RESU\x03\0\0\0", 1));
    images.push(live.with_state("crashed in the resume hook", b"RESU\x04\0\0\0", 2));
    let wrapping = Image::new("stopped, generations about to wrap", wrapping);
    images.push(wrapping.with_state("crashed, generations about to wrap", b"LIVE\0\0\0\0", 0));
    images.extend([wrapping, live, within, stopped]);
    Ok(())
}

/// All of them; the same for the same seed.
pub(crate) fn all(base: u64, seed: u64) -> Result<Vec<Image>, String> {
    let mut images = Vec::new();
    for (round, operations) in [0, 150, 2_000, 20_000].into_iter().enumerate() {
        images_after(base, seed ^ round as u64, operations, &mut images)?;
    }
    Ok(images)
}
