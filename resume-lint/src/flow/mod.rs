//! Forward data flow over one body: which *tokens* may be in which *paths*.
//!
//! A token is something a lint follows (an owner acquired, an address made, an event read), named by a number that
//! only the lint understands. A [`Path`] is a place with field, variant and pointee steps, without types, after
//! references have been looked through by [`Aliases`]. A [`State`] says which tokens may be where; states of joining
//! blocks are united.
//!
//! Neighbours: [`crate::mir`] gives the bodies, [`crate::lints`] the transfer functions.

mod alias;
mod solve;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::mir::{Place, Proj};

pub(crate) use alias::Aliases;
pub(crate) use solve::{Transfer, reaches, solve};

/// What a lint follows.
pub(crate) type Token = u32;

/// One step into a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Step {
    Deref,
    Field(u32),
    Variant(String),
    Index,
}

/// A local and the steps into it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Path {
    pub(crate) local: u32,
    pub(crate) steps: Vec<Step>,
}

impl Path {
    /// The whole of a local.
    pub(crate) fn local(local: u32) -> Path {
        Path { local, steps: Vec::new() }
    }

    /// A place, references not looked through.
    pub(crate) fn of(place: &Place) -> Path {
        let mut path = Path::local(place.local);
        for proj in &place.proj {
            match proj {
                Proj::Deref => path.steps.push(Step::Deref),
                Proj::Field(field, _) => path.steps.push(Step::Field(*field)),
                Proj::Variant(name) => path.steps.push(Step::Variant(name.clone())),
                Proj::Index => path.steps.push(Step::Index),
                Proj::Subtype(_) => {}
            }
        }
        path
    }

    /// This path with more steps.
    pub(crate) fn join(&self, steps: &[Step]) -> Path {
        let mut joined = self.clone();
        joined.steps.extend_from_slice(steps);
        joined
    }

    /// What is left of `other` behind this path, if it lies within it.
    pub(crate) fn suffix_of<'o>(&self, other: &'o Path) -> Option<&'o [Step]> {
        if self.local != other.local {
            return None;
        }
        other.steps.strip_prefix(self.steps.as_slice())
    }

    /// True if one lies within the other.
    pub(crate) fn overlaps(&self, other: &Path) -> bool {
        self.suffix_of(other).is_some() || other.suffix_of(self).is_some()
    }
}

/// Which tokens may be where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct State {
    entries: BTreeMap<Path, BTreeSet<Token>>,
}

/// Steps and tokens taken out of a state.
pub(crate) type Taken = Vec<(Vec<Step>, BTreeSet<Token>)>;

/// Recursive types could make paths grow without end.
const STEPS_MAX: usize = 8;

impl State {
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Puts tokens at a path, besides those that are there.
    pub(crate) fn add(&mut self, path: &Path, tokens: impl IntoIterator<Item = Token>) {
        let mut tokens = tokens.into_iter().peekable();
        if tokens.peek().is_none() {
            return;
        }
        let mut path = path.clone();
        path.steps.truncate(STEPS_MAX);
        self.entries.entry(path).or_default().extend(tokens);
    }

    /// Puts what was taken elsewhere at a path.
    pub(crate) fn put(&mut self, path: &Path, taken: Taken) {
        for (steps, tokens) in taken {
            self.add(&path.join(&steps), tokens);
        }
    }

    /// Forgets what is at and within a path.
    pub(crate) fn kill(&mut self, path: &Path) {
        self.entries.retain(|at, _| path.suffix_of(at).is_none());
    }

    /// Forgets a token everywhere.
    pub(crate) fn kill_token(&mut self, token: Token) {
        for tokens in self.entries.values_mut() {
            tokens.remove(&token);
        }
        self.entries.retain(|_, tokens| !tokens.is_empty());
    }

    /// What is at and within a path; where nothing is, what is at the next path around it.
    pub(crate) fn read(&self, path: &Path) -> Taken {
        let within: Taken = self
            .entries
            .iter()
            .filter_map(|(at, tokens)| Some((path.suffix_of(at)?.to_vec(), tokens.clone())))
            .collect();
        if !within.is_empty() {
            return within;
        }
        let around = self.entries.iter().rev().find(|(at, _)| at.suffix_of(path).is_some());
        around.map(|(_, tokens)| vec![(Vec::new(), tokens.clone())]).unwrap_or_default()
    }

    /// Like [`State::read`], and takes it away.
    pub(crate) fn take(&mut self, path: &Path) -> Taken {
        let taken = self.read(path);
        let within = self.entries.keys().any(|at| path.suffix_of(at).is_some());
        if within {
            self.kill(path);
        } else {
            let around = self.entries.keys().rev().find(|at| at.suffix_of(path).is_some()).cloned();
            around.map(|at| self.entries.remove(&at));
        }
        taken
    }

    /// All tokens.
    pub(crate) fn tokens(&self) -> BTreeSet<Token> {
        self.entries.values().flatten().copied().collect()
    }

    /// Where a token may be.
    pub(crate) fn places_of(&self, token: Token) -> impl Iterator<Item = &Path> {
        self.entries.iter().filter(move |(_, tokens)| tokens.contains(&token)).map(|(path, _)| path)
    }

    /// Forgets the entries of which `doomed` says so.
    pub(crate) fn kill_if(&mut self, mut doomed: impl FnMut(&Path) -> bool) {
        self.entries.retain(|at, _| !doomed(at));
    }

    /// Unites with another state; true if that added something.
    pub(crate) fn join(&mut self, other: &State) -> bool {
        let mut changed = false;
        for (path, tokens) in &other.entries {
            let here = self.entries.entry(path.clone()).or_default();
            for token in tokens {
                changed |= here.insert(*token);
            }
        }
        changed
    }
}
