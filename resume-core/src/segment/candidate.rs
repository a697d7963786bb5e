//! A segment whose header is proved, and the gates that compare it with the program.

use super::error::{LayoutMismatch, OpenError};
use super::gates::{Locked, check_equal, read_record};
use super::owner::Owner;
use super::prefix::Prefix;
use super::words::{State, Word, WordValues};
use crate::layout::{self, Diff, Ident};

/// What the program brings: the root's identity.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Identity {
    pub(crate) root_id: u128,
    pub(crate) root_name: &'static Ident,
    pub(crate) layout: u128,
    pub(crate) schema: u128,
    pub(crate) bytes: u64,
    pub(crate) align: u64,
    pub(crate) record: &'static [u8],
}

/// A segment that passed every gate of its header.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) locked: Locked,
    pub(crate) prefix: Prefix,
    pub(crate) words: WordValues,
    pub(crate) state: State,
}

impl Candidate {
    /// The last gate that only reads: root and layout.
    pub(crate) fn check_identity(&self, program: &Identity) -> Result<(), OpenError> {
        let name = self.locked.name.to_string();
        let p = &self.prefix;
        if p.root_id != program.root_id {
            return Err(OpenError::OtherRoot {
                name,
                expected: program.root_name.to_string(),
                found: p.root_name(),
            });
        }
        if (p.root_layout, p.root_schema) != (program.layout, program.schema) {
            return Err(OpenError::Layout(Box::new(LayoutMismatch {
                name,
                root: program.root_name.to_string(),
                expected_layout: program.layout,
                expected_schema: program.schema,
                found_layout: p.root_layout,
                found_schema: p.root_schema,
                difference: self.difference(program),
            })));
        }
        // Equal hashes imply these; they are what the mapping below relies on.
        let sizes = [
            ("root size", program.bytes, p.root_bytes),
            ("root alignment", program.align, p.root_align),
            ("record size", program.record.len() as u64, p.record_bytes),
        ];
        check_equal(&name, &sizes)
    }

    /// From the segment's layout to the program's; the record may be damaged, the hashes are not.
    fn difference(&self, program: &Identity) -> Result<Diff, String> {
        let record = read_record(&self.locked.name, &self.locked.object, &self.prefix);
        let old = layout::decode(&record.map_err(|e| e.to_string())?).map_err(|e| e.to_string())?;
        let new = layout::decode(program.record).map_err(|e| e.to_string())?;
        Ok(layout::diff(&old, &new))
    }

    /// Refuses what failed too often, and marks it so that it stays refused. This is the one gate that
    /// writes: the word that says so.
    pub(crate) fn check_attempts(&self, max: u64) -> Result<(), OpenError> {
        let found = self.words.resumes_failed;
        let exhausted = matches!(self.state, State::Resuming(_)) && found > 0 && found >= max;
        if exhausted {
            self.locked.write_word(Word::State, State::Quarantined.pack())?;
        }
        if exhausted || self.state == State::Quarantined {
            let (name, crashed) = (self.locked.name.to_string(), self.words.crashed_running());
            return Err(OpenError::Quarantined { name, max, found, crashed });
        }
        Ok(())
    }

    /// This process, as the header names owners.
    pub(crate) fn this_process(&self) -> Result<Owner, OpenError> {
        Owner::this_process().map_err(|e| self.locked.os("reading /proc/self/stat", super::errno(&e)))
    }
}
