//! What the root uses of the journal.

pub(super) use crate::journal::{RolledBack, activate, bytes_min, rollback};
