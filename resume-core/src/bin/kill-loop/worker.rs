//! The process that is killed.

use core::sync::atomic::{Ordering, fence};
use std::fs::OpenOptions;

use resume_core::root::Live;

use crate::log::{Log, Phase, Word, now_ns};
use crate::segment::options;
use crate::torture::{Env, Op, World};

/// Operations between two looks at the clock and the heartbeat.
const BATCH: u64 = 64;

/// Attaches and does what the log says until the end comes.
pub(crate) fn work(log: &str, kind: &str, place: &str) -> Result<(), String> {
    // The supervisor may die first.
    let death = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
    death.map_err(|e| format!("PR_SET_PDEATHSIG: {e}"))?;
    let file = OpenOptions::new().read(true).write(true).open(log).map_err(|e| format!("{log}: {e}"))?;
    let log = Log::map(&file).map_err(|e| format!("cannot map the log: {e}"))?;
    let mut env = Env::default();
    let options = options(kind, place)?
        .journal_bytes(crate::torture::JOURNAL_BYTES)
        // Kills within an attach are failed resumes, and there may be many in a row.
        .resumes_failed_max(u64::MAX);
    log.set(Word::OpenBegan, now_ns());
    log.set_phase(Phase::Open);
    let opened = options.open_or_create::<World>(&mut env).map_err(|e| e.to_string())?;
    log.set(Word::OpenEnded, now_ns());
    log.set_phase(Phase::Live);
    run(&log, opened.live, env);
    Ok(())
}

fn run(log: &Log, mut live: Live<World>, mut env: Env) {
    let (seed, stop) = (log.get(Word::Seed), log.get(Word::StopBefore));
    let plant = log.get(Word::Plant) == 1;
    let mut number = log.get(Word::First);
    while number != stop {
        live.heartbeat();
        live.with(|world, cx| {
            let end = stop.min(number + BATCH);
            while number < end {
                let op = Op::at(seed, number);
                cx.running(1, number);
                op.apply(world, &mut env);
                if plant {
                    take_and_give(world);
                }
                number += 1;
                log.set(Word::Done, number);
            }
        });
    }
    log.set_phase(Phase::Stop);
    live.stop();
}

/// Two stores that a kill can come between: what the loop has to find.
fn take_and_give(world: &mut World) {
    world.gold[0] = world.gold[0].wrapping_sub(1);
    fence(Ordering::SeqCst);
    (0..500).for_each(|_| core::hint::spin_loop());
    fence(Ordering::SeqCst);
    world.gold[0] = world.gold[0].wrapping_add(1);
}
