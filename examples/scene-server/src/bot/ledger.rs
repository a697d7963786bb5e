//! The books of one bot: what it asked for, what it was told, and whether the state agrees.
//!
//! A verdict is final. So the effects in the state must be exactly those of the commands that were
//! acknowledged as applied: fewer is *lost*, more is *duplicated*, the same number with other content or
//! in another order is *wrong*. The comparison waits until no verdict is outstanding.

use std::collections::VecDeque;

use super::tally::Tally;
use super::timing::{Blessing, Down, judge_buffs};
use crate::logic::audit::chained;
use crate::protocol::{Report, Request};
use crate::state::{Command, HANDLERS, Position, Refusal, Skill, Verdict, WINDOW};

/// A command without its place in the books yet.
#[derive(Debug, Clone, Copy)]
struct Pending {
    sequence: u64,
    command: Command,
    sent_ns: u64,
    /// The verdict, and when it came. An earlier command may still wait for its own.
    told: Option<(Verdict, u64)>,
}

/// The books.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger {
    /// The last command that was issued.
    issued: u64,
    window: VecDeque<Pending>,
    /// The verdicts of the last settled commands, to see contradictions.
    verdicts: VecDeque<(u64, Verdict)>,
    applied: [u64; HANDLERS],
    chain: u64,
    position: Position,
    blessings: Vec<Blessing>,
    /// Ends of buffs that the books know of.
    expired: u64,
    tally: Tally,
}

impl Ledger {
    /// Issues a command.
    pub(super) fn issue(&mut self, command: Command, now_ns: u64) -> Request {
        self.issued += 1;
        let sequence = self.issued;
        self.window.push_back(Pending { sequence, command, sent_ns: now_ns, told: None });
        Request::Do { sequence, command }
    }

    /// How many commands may be issued now.
    pub(super) fn room(&self) -> usize {
        WINDOW.saturating_sub(self.window.len())
    }

    /// How many buffs were asked for that have not ended as far as the bot can tell.
    pub(super) fn buffs_at(&self, now_ns: u64) -> usize {
        let asked = self.window.iter().filter(|p| matches!(p.command, Command::Bless { .. })).count();
        asked + self.blessings.iter().filter(|blessing| blessing.due_max_ns > now_ns).count()
    }

    /// What is to be said again after a reconnect, in order.
    pub(super) fn unsettled(&self) -> impl Iterator<Item = Request> {
        let untold = self.window.iter().filter(|pending| pending.told.is_none());
        untold.map(|pending| Request::Do { sequence: pending.sequence, command: pending.command })
    }

    /// Whether every command has its verdict.
    pub(super) fn is_settled(&self) -> bool {
        self.window.is_empty()
    }

    /// Whether the server remembers all verdicts it gave; `settled` is the last one it remembers.
    pub(super) fn agrees(&self, settled: u64) -> bool {
        let told = self.window.iter().filter(|p| p.told.is_some()).map(|p| p.sequence).max();
        settled >= told.unwrap_or(self.issued - self.window.len() as u64)
    }

    /// Takes a verdict. The same one may come twice: after a reconnect, the command may have been waiting
    /// in the server's queue, and its repetition behind it.
    pub(super) fn told(&mut self, sequence: u64, verdict: Verdict, now_ns: u64) {
        let first = self.issued + 1 - self.window.len() as u64;
        if sequence > self.issued {
            self.tally.wrong += 1;
        } else if sequence < first {
            let contradicts = |&(settled, before): &(u64, Verdict)| settled == sequence && before != verdict;
            self.tally.wrong += u64::from(self.verdicts.iter().any(contradicts));
        } else {
            let pending = &mut self.window[(sequence - first) as usize];
            if pending.told.is_some_and(|(before, _)| before != verdict) {
                self.tally.wrong += 1;
            }
            pending.told.get_or_insert((verdict, now_ns));
            while let Some(&Pending { told: Some((verdict, at_ns)), .. }) = self.window.front() {
                let pending = self.window.pop_front();
                pending.into_iter().for_each(|pending| self.settle(pending, verdict, at_ns));
            }
        }
    }

    fn settle(&mut self, pending: Pending, verdict: Verdict, told_ns: u64) {
        let Pending { sequence, command, sent_ns, .. } = pending;
        self.verdicts.push_back((sequence, verdict));
        if self.verdicts.len() > WINDOW {
            self.verdicts.pop_front();
        }
        let cursed = matches!(command, Command::Cast { skill: Skill::Curse, .. });
        match verdict {
            Verdict::Applied => {
                self.tally.acked += 1;
                self.applied[command.handler() as usize] += 1;
                self.chain = chained(self.chain, sequence, &command);
                match command {
                    Command::Walk { dx, dy } => {
                        self.position.x = self.position.x.wrapping_add(dx.into());
                        self.position.y = self.position.y.wrapping_add(dy.into());
                    }
                    Command::Bless { lasts, .. } => {
                        let lasts_ns = lasts.as_nanos();
                        let (due_min_ns, due_max_ns) = (sent_ns + lasts_ns, told_ns + lasts_ns);
                        self.blessings.push(Blessing { sequence, due_min_ns, due_max_ns });
                    }
                    _ => {}
                }
            }
            Verdict::Quarantined => {
                self.tally.quarantined += 1;
                self.tally.curses += u64::from(cursed);
            }
            // Commands go out in order and far less than a window apart: neither can happen.
            Verdict::Unknown | Verdict::Refused(Refusal::OutOfOrder) => self.tally.wrong += 1,
            Verdict::Refused(_) => self.tally.refused += 1,
        }
    }

    /// Compares the books with the state, at a time when no verdict is outstanding or the server has
    /// forgotten some. `asked_ns` is the bot's clock before it asked. What differs is counted once: the
    /// books then go on from the state.
    pub(super) fn compare(&mut self, report: &Report, asked_ns: u64, down: Option<Down>) {
        let forgotten = !self.agrees(report.settled);
        let (mut lost, mut duplicated) = (0, 0);
        for (booked, found) in self.applied.iter().zip(&report.applied) {
            lost += booked.saturating_sub(*found);
            duplicated += found.saturating_sub(*booked);
        }
        let content = self.chain != report.chain || self.position != report.position;
        self.tally.lost += lost;
        self.tally.duplicated += duplicated;
        self.tally.wrong += u64::from((content || forgotten) && lost + duplicated == 0);
        if content || forgotten || lost + duplicated > 0 {
            self.rebase(report);
            return;
        }
        judge_buffs(&mut self.tally, &mut self.blessings, self.expired, report, asked_ns, down);
        self.expired = report.expired;
    }

    fn rebase(&mut self, report: &Report) {
        self.issued = report.settled;
        self.window.clear();
        self.verdicts.clear();
        self.applied = report.applied;
        self.chain = report.chain;
        self.position = report.position;
        self.blessings.clear();
        self.expired = report.expired;
    }

    /// What was found so far.
    pub(super) fn tally(&self) -> Tally {
        self.tally
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Command = Command::Walk { dx: 2, dy: 5 };

    /// Books with that many commands, all acknowledged, and what a server would report that had applied
    /// those of these sequence numbers, in this order.
    fn books(commands: u64, applied: &[u64]) -> (Ledger, Report) {
        let mut ledger = Ledger::default();
        for sequence in 1..=commands {
            ledger.issue(STEP, 0);
            ledger.told(sequence, Verdict::Applied, 0);
        }
        let mut report = Report { settled: applied.iter().copied().max().unwrap_or(0), ..Report::default() };
        for &sequence in applied {
            report.applied[STEP.handler() as usize] += 1;
            report.chain = chained(report.chain, sequence, &STEP);
            report.position.x += 2;
            report.position.y += 5;
        }
        (ledger, report)
    }

    fn found((mut ledger, report): (Ledger, Report)) -> (u64, u64, u64) {
        ledger.compare(&report, 0, None);
        let first = ledger.tally();
        ledger.compare(&report, 0, None);
        assert_eq!(ledger.tally(), first, "what differs is counted once");
        (first.lost, first.duplicated, first.wrong)
    }

    #[test]
    fn equal_books_and_state_are_no_finding() {
        assert_eq!(found(books(3, &[1, 2, 3])), (0, 0, 0));
    }

    #[test]
    fn every_difference_is_a_finding() {
        assert_eq!(found(books(3, &[1, 2])), (1, 0, 0), "the last one is lost");
        assert_eq!(found(books(3, &[1, 3])), (1, 0, 0), "one within is lost");
        assert_eq!(found(books(3, &[1, 2, 3, 3])), (0, 1, 0), "one twice");
        assert_eq!(found(books(3, &[1, 2, 2])), (0, 0, 1), "one twice, another lost");
        assert_eq!(found(books(3, &[2, 1, 3])), (0, 0, 1), "another order");
        let (ledger, mut report) = books(3, &[1, 2, 3]);
        report.position.x += 1;
        assert_eq!(found((ledger, report)), (0, 0, 1), "another effect");
        let (ledger, mut report) = books(3, &[1, 2, 3]);
        report.settled = 2;
        assert_eq!(found((ledger, report)), (0, 0, 1), "a verdict is forgotten");
    }

    #[test]
    fn verdicts_may_come_twice_and_out_of_order_but_not_differ() {
        let mut ledger = Ledger::default();
        (1..=3).for_each(|_| drop(ledger.issue(STEP, 0)));
        ledger.told(2, Verdict::Applied, 0);
        assert!(!ledger.agrees(1), "2 was acknowledged");
        assert!(ledger.agrees(2));
        let open: Vec<_> = ledger.unsettled().collect();
        assert_eq!(open, [1, 3].map(|sequence| Request::Do { sequence, command: STEP }));
        ledger.told(1, Verdict::Quarantined, 0);
        ledger.told(3, Verdict::Applied, 0);
        ledger.told(3, Verdict::Applied, 0);
        assert!(ledger.is_settled());
        let tally = ledger.tally();
        assert_eq!((tally.acked, tally.quarantined, tally.wrong), (2, 1, 0));
        ledger.told(1, Verdict::Applied, 0);
        ledger.told(4, Verdict::Applied, 0);
        assert_eq!(ledger.tally().wrong, 2);
    }
}
