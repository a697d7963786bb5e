//! Did buffs end on time, by the bot's own boot clock?
//!
//! A buff that lasts `d` was given somewhere between the bot's asking and its hearing of it, so it is due
//! within `[asked + d, heard + d]`. It may not end before it is due. It ends within [`TOLERANCE_NS`] after
//! that; if no server was there by then, within the same after the bot could connect again.

use super::tally::Tally;
use crate::protocol::Report;
use crate::state::Expiry;

/// How late a buff may end, and how far two processes' readings of the boot clock may be taken apart. A
/// server ticks every millisecond; the rest is for a busy machine.
pub const TOLERANCE_NS: u64 = 500_000_000;

/// A buff that was acknowledged and has not been seen to end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Blessing {
    /// The command that gave it.
    pub sequence: u64,
    /// The earliest end.
    pub due_min_ns: u64,
    /// The latest end.
    pub due_max_ns: u64,
}

/// A time without a server, as the bot saw it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Down {
    /// The connection was lost.
    pub from_ns: u64,
    /// The next server answered.
    pub to_ns: u64,
}

/// Compares the buffs that the books know with what the state says, and forgets those that have ended.
pub(super) fn judge_buffs(
    tally: &mut Tally,
    blessings: &mut Vec<Blessing>,
    expired_before: u64,
    report: &Report,
    asked_ns: u64,
    down: Option<Down>,
) {
    let known = blessings.len() as u64;
    let ended = report.expired.saturating_sub(expired_before);
    // Every buff is there or has ended, none both or twice.
    if known != report.buffs.len() as u64 + ended {
        tally.mistimed += 1;
    }
    tally.expired += ended;
    blessings.retain(|blessing| {
        if let Some([_, due_ns]) = report.buffs.iter().find(|[sequence, _]| *sequence == blessing.sequence) {
            let overdue = due_ns + TOLERANCE_NS < asked_ns;
            tally.mistimed += u64::from(overdue || !blessing.due_at(*due_ns));
            return true;
        }
        match report.expiries.iter().find(|expiry| expiry.sequence == blessing.sequence) {
            Some(expiry) => judge_end(tally, blessing, expiry, down),
            // It ended so long ago that the state keeps only the count; not before it could be due.
            None => tally.mistimed += u64::from(asked_ns + TOLERANCE_NS < blessing.due_min_ns),
        }
        false
    });
}

fn judge_end(tally: &mut Tally, blessing: &Blessing, expiry: &Expiry, down: Option<Down>) {
    let (due_ns, at_ns) = (expiry.due.as_nanos(), expiry.at.as_nanos());
    let late_ns = at_ns.saturating_sub(due_ns);
    // The server died a little before the bot saw it, so what was due then may have missed its tick.
    let missed_its_tick = down.is_some_and(|down| {
        due_ns + TOLERANCE_NS >= down.from_ns && due_ns <= down.to_ns && at_ns <= down.to_ns + TOLERANCE_NS
    });
    let on_time = at_ns >= due_ns && (late_ns <= TOLERANCE_NS || missed_its_tick);
    tally.mistimed += u64::from(!on_time || !blessing.due_at(due_ns));
    if down.is_some_and(|down| due_ns >= down.from_ns && at_ns <= down.to_ns) {
        tally.expired_while_down += 1;
    } else if !missed_its_tick {
        tally.late_us_max = tally.late_us_max.max(late_ns / 1_000);
    }
}

impl Blessing {
    /// Whether the end is where it must be.
    fn due_at(&self, due_ns: u64) -> bool {
        (self.due_min_ns..=self.due_max_ns).contains(&due_ns)
    }
}

#[cfg(test)]
mod tests {
    use resume_core::ShmInstant;

    use super::*;

    const SECOND: u64 = 1_000_000_000;
    const BLESSING: Blessing =
        Blessing { sequence: 7, due_min_ns: 10 * SECOND, due_max_ns: 10 * SECOND + 5_000 };
    const DUE: u64 = 10 * SECOND + 1_000;

    fn judge(due_ns: u64, at_ns: u64, down: Option<Down>) -> Tally {
        let expiry =
            Expiry { sequence: 7, due: ShmInstant::from_nanos(due_ns), at: ShmInstant::from_nanos(at_ns) };
        let report = Report { expired: 1, expiries: vec![expiry], ..Report::default() };
        let (mut tally, mut blessings) = (Tally::default(), vec![BLESSING]);
        judge_buffs(&mut tally, &mut blessings, 0, &report, 30 * SECOND, down);
        assert!(blessings.is_empty());
        tally
    }

    #[test]
    fn an_end_in_the_next_tick_is_on_time() {
        let tally = judge(DUE, DUE + 900_000, None);
        assert_eq!((tally.expired, tally.mistimed, tally.late_us_max), (1, 0, 900));
    }

    #[test]
    fn early_late_and_moved_ends_are_mistimed() {
        assert_eq!(judge(DUE, DUE - 1, None).mistimed, 1);
        assert_eq!(judge(DUE, DUE + TOLERANCE_NS + 1, None).mistimed, 1);
        assert_eq!(judge(DUE + SECOND, DUE + SECOND, None).mistimed, 1);
    }

    #[test]
    fn what_is_due_while_no_server_is_there_ends_when_one_is_there_again() {
        let down = Some(Down { from_ns: 9 * SECOND, to_ns: 12 * SECOND });
        let tally = judge(DUE, 12 * SECOND - 1, down);
        assert_eq!((tally.mistimed, tally.expired_while_down), (0, 1));
        assert_eq!(judge(DUE, 12 * SECOND + TOLERANCE_NS + 1, down).mistimed, 1);
        // It was overdue before the server died.
        let died_later = Some(Down { from_ns: 11 * SECOND, to_ns: 12 * SECOND });
        assert_eq!(judge(DUE, 12 * SECOND, died_later).mistimed, 1);
    }

    #[test]
    fn a_buff_may_neither_vanish_nor_stay() {
        let mut tally = Tally::default();
        judge_buffs(&mut tally, &mut vec![BLESSING], 0, &Report::default(), 9 * SECOND, None);
        assert_eq!(tally.mistimed, 2);
        let overdue = Report { buffs: vec![[7, DUE]], ..Report::default() };
        let (mut tally, mut blessings) = (Tally::default(), vec![BLESSING]);
        judge_buffs(&mut tally, &mut blessings, 0, &overdue, DUE - 1, None);
        assert_eq!((tally.mistimed, blessings.len()), (0, 1));
        judge_buffs(&mut tally, &mut blessings, 0, &overdue, DUE + TOLERANCE_NS + 1, None);
        assert_eq!(tally.mistimed, 1);
    }
}
