//! Suppressions: `// resume-lint: allow(lint_name, reason = "why this is safe here")`.
//!
//! A comment, because nothing else works everywhere on stable: attributes on expressions and on some statements are
//! unstable, a tool attribute (`#[resume::allow]`) needs `#![feature(register_tool)]`, and `#[cfg_attr(..)]` with an
//! unknown `cfg` makes rustc warn. A comment stands above any statement, item, field or match arm, costs nothing and
//! needs no dependency.
//!
//! It covers the statement, item, arm or field that starts on the next line of code, whole; at the end of a line of
//! code it covers that line. The reason is mandatory. A suppression that suppresses nothing is reported.

use std::collections::BTreeMap;

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::comments::{Comment, line_comments};

/// The word that makes a comment ours.
const MARKER: &str = "resume-lint:";

/// A valid suppression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Suppression {
    pub(crate) file: String,
    pub(crate) lint: String,
    pub(crate) reason: String,
    /// Where the comment stands: line, column, end column.
    pub(crate) at: (u32, u32, u32),
    /// The lines it covers, both included.
    pub(crate) covers: (u32, u32),
}

/// A comment that is ours and cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SuppressionError {
    pub(crate) file: String,
    pub(crate) at: (u32, u32, u32),
    pub(crate) message: String,
}

/// The suppressions of a file.
pub(super) fn find(file: &str, text: &str, parsed: &syn::File) -> (Vec<Suppression>, Vec<SuppressionError>) {
    let mut nodes = None;
    let mut found = Vec::new();
    let mut errors = Vec::new();
    for comment in line_comments(text) {
        let Some(directive) = comment.text.strip_prefix(MARKER) else { continue };
        let width = u32::try_from(comment.text.chars().count() + 3).unwrap_or(u32::MAX);
        let at = (comment.line, comment.column, comment.column + width);
        match directive_of(directive.trim()) {
            Ok((lint, reason)) => {
                let nodes = nodes.get_or_insert_with(|| nodes_by_start(parsed));
                let covers = covered(&comment, text, nodes);
                found.push(Suppression { file: file.to_owned(), lint, reason, at, covers });
            }
            Err(message) => errors.push(SuppressionError { file: file.to_owned(), at, message }),
        }
    }
    (found, errors)
}

/// `allow(lint, reason = "…")`.
fn directive_of(text: &str) -> Result<(String, String), String> {
    const SHAPE: &str = "write `// resume-lint: allow(LINT, reason = \"…\")`";
    let inner = text.strip_prefix("allow(").and_then(|rest| rest.trim_end().strip_suffix(')'));
    let Some(inner) = inner else { return Err(format!("expected `allow(…)`, found `{text}`; {SHAPE}")) };
    let Some((lint, rest)) = inner.split_once(',') else {
        return Err(format!("the suppression of `{}` gives no reason; {SHAPE}", inner.trim()));
    };
    let quoted =
        rest.trim().strip_prefix("reason").map(str::trim_start).and_then(|rest| rest.strip_prefix('='));
    let quoted = quoted.map(str::trim).and_then(|text| text.strip_prefix('"')?.strip_suffix('"'));
    match quoted.map(str::trim) {
        Some(reason) if !reason.is_empty() => Ok((lint.trim().to_owned(), reason.to_owned())),
        _ => Err(format!("the suppression of `{}` gives no reason; {SHAPE}", lint.trim())),
    }
}

/// The lines a comment covers.
fn covered(comment: &Comment<'_>, text: &str, nodes: &BTreeMap<u32, u32>) -> (u32, u32) {
    if comment.trailing {
        return (comment.line, comment.line);
    }
    let next = text
        .lines()
        .zip(1_u32..)
        .skip(comment.line as usize)
        .find(|(line, _)| !line.trim().is_empty() && !is_plain_comment(line.trim_start()))
        .map_or(comment.line + 1, |(_, number)| number);
    (next, nodes.get(&next).copied().unwrap_or(next))
}

/// Documentation is part of the item it stands on; other comments are not.
fn is_plain_comment(line: &str) -> bool {
    line.starts_with("//") && !line.starts_with("///") && !line.starts_with("//!")
}

/// Of all nodes that start on a line, the last line of the largest.
fn nodes_by_start(file: &syn::File) -> BTreeMap<u32, u32> {
    let mut nodes = Nodes(BTreeMap::new());
    nodes.visit_file(file);
    nodes.0
}

struct Nodes(BTreeMap<u32, u32>);

impl Nodes {
    fn note(&mut self, node: &impl Spanned) {
        let span = node.span();
        let line = |line: usize| u32::try_from(line).unwrap_or(u32::MAX);
        let end = self.0.entry(line(span.start().line)).or_default();
        *end = (*end).max(line(span.end().line));
    }
}

impl<'ast> Visit<'ast> for Nodes {
    fn visit_item(&mut self, node: &'ast syn::Item) {
        self.note(node);
        visit::visit_item(self, node);
    }
    fn visit_impl_item(&mut self, node: &'ast syn::ImplItem) {
        self.note(node);
        visit::visit_impl_item(self, node);
    }
    fn visit_trait_item(&mut self, node: &'ast syn::TraitItem) {
        self.note(node);
        visit::visit_trait_item(self, node);
    }
    fn visit_stmt(&mut self, node: &'ast syn::Stmt) {
        self.note(node);
        visit::visit_stmt(self, node);
    }
    fn visit_arm(&mut self, node: &'ast syn::Arm) {
        self.note(node);
        visit::visit_arm(self, node);
    }
    fn visit_field_value(&mut self, node: &'ast syn::FieldValue) {
        self.note(node);
        visit::visit_field_value(self, node);
    }
}
