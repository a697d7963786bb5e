//! Lines that processes of the demo tell each other: a word, then `key=value` pairs.

use std::collections::HashMap;

/// A line, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<'t> {
    /// What it is about.
    pub word: &'t str,
    values: HashMap<&'t str, &'t str>,
}

impl<'t> Line<'t> {
    /// Takes a line apart; whatever is no pair is left out.
    pub fn parse(text: &'t str) -> Self {
        let mut parts = text.split_whitespace();
        let word = parts.next().unwrap_or_default();
        Self { word, values: parts.filter_map(|part| part.split_once('=')).collect() }
    }

    /// The text of a key.
    pub fn text(&self, key: &str) -> Option<&'t str> {
        self.values.get(key).copied()
    }

    /// The number of a key.
    pub fn number(&self, key: &str) -> Option<u64> {
        self.text(key)?.parse().ok()
    }
}
