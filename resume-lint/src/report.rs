//! Findings as rustc's JSON diagnostics, so that cargo colours, caches and replays them and editors show them.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};
use serde_json::{Value, json};

use crate::lints::{Finding, Label};
use crate::mir::Span;

/// What stands before a lint's name in a diagnostic's code.
pub(crate) const CODE_PREFIX: &str = "resume::";

/// The code of diagnostics that say that a crate was not analysed.
pub(crate) const NOT_ANALYSED: &str = "not_analysed";

/// The code of diagnostics about suppressions themselves.
pub(crate) const SUPPRESSION: &str = "suppression";

/// The texts of the files that spans point into.
#[derive(Debug)]
pub(crate) struct Texts<'d> {
    dir: &'d Path,
    texts: HashMap<String, String>,
}

impl<'d> Texts<'d> {
    pub(crate) fn new(dir: &'d Path, texts: HashMap<String, String>) -> Self {
        Texts { dir, texts }
    }

    fn load(&mut self, file: &str) {
        if !self.texts.contains_key(file) {
            let text = std::fs::read_to_string(self.dir.join(file)).unwrap_or_default();
            self.texts.insert(file.to_owned(), text);
        }
    }

    fn get(&self, file: &str) -> &str {
        self.texts.get(file).map_or("", String::as_str)
    }
}

/// A finding as one line of JSON.
pub(crate) fn finding_json(finding: &Finding, texts: &mut Texts<'_>, colours: bool) -> String {
    let labels: Vec<&Label> = std::iter::once(&finding.primary).chain(&finding.others).collect();
    labels.iter().for_each(|label| texts.load(&label.span.file));
    let code = format!("{CODE_PREFIX}{}", finding.lint);
    let spans: Vec<Value> =
        labels.iter().enumerate().map(|(at, label)| span_json(label, at == 0, texts)).collect();
    let child = |level: &str, message: &str| json!({"message": message, "code": null, "level": level, "spans": [], "children": [], "rendered": null});
    let notes = finding.notes.iter().map(|note| child("note", note));
    let children: Vec<Value> = notes.chain([child("help", &finding.help)]).collect();
    json!({
        "$message_type": "diagnostic",
        "message": finding.message,
        "code": {"code": code, "explanation": null},
        "level": "error",
        "spans": spans,
        "children": children,
        "rendered": render(finding, &code, &labels, texts, colours),
    })
    .to_string()
}

/// A message without a place in the source, as one line of JSON.
pub(crate) fn plain_json(code: &str, message: &str, note: &str) -> String {
    let code = format!("{CODE_PREFIX}{code}");
    json!({
        "$message_type": "diagnostic",
        "message": message,
        "code": {"code": code, "explanation": null},
        "level": "error",
        "spans": [],
        "children": [],
        "rendered": format!("error[{code}]: {message}\n  = note: {note}\n\n"),
    })
    .to_string()
}

/// The bytes of a span within its file; empty at the start if the file does not reach that far.
fn bytes(span: &Span, text: &str) -> Range<usize> {
    let offset = |(line, column): (u32, u32)| {
        let start = line_start(text, line)?;
        let rest = &text[start..];
        let line_text = &rest[..rest.find('\n').unwrap_or(rest.len())];
        let within = line_text.char_indices().nth(column.saturating_sub(1) as usize);
        Some(start + within.map_or(line_text.len(), |(at, _)| at))
    };
    match (offset(span.lo), offset(span.hi)) {
        (Some(lo), Some(hi)) if lo <= hi => lo..hi,
        _ => 0..0,
    }
}

/// The byte at which a line starts; lines count from one.
fn line_start(text: &str, line: u32) -> Option<usize> {
    let before = (line as usize).checked_sub(1)?;
    if before == 0 {
        return Some(0);
    }
    text.match_indices('\n').nth(before - 1).map(|(at, _)| at + 1)
}

fn span_json(label: &Label, primary: bool, texts: &Texts<'_>) -> Value {
    let span = &label.span;
    let text = texts.get(&span.file);
    let range = bytes(span, text);
    let lines: Vec<Value> = (span.lo.0..=span.hi.0)
        .filter_map(|number| {
            let line = text.lines().nth(number as usize - 1)?;
            let width = u32::try_from(line.chars().count()).unwrap_or(u32::MAX);
            let start = if number == span.lo.0 { span.lo.1 } else { 1 };
            let end = if number == span.hi.0 { span.hi.1 } else { width.saturating_add(1) };
            Some(json!({"text": line, "highlight_start": start, "highlight_end": end}))
        })
        .collect();
    json!({
        "file_name": &*span.file,
        "byte_start": range.start,
        "byte_end": range.end,
        "line_start": span.lo.0,
        "line_end": span.hi.0,
        "column_start": span.lo.1,
        "column_end": span.hi.1,
        "is_primary": primary,
        "text": lines,
        "label": label.text,
        "suggested_replacement": null,
        "suggestion_applicability": null,
        "expansion": null,
    })
}

/// The text that a person reads, in rustc's style.
fn render(finding: &Finding, code: &str, labels: &[&Label], texts: &Texts<'_>, colours: bool) -> String {
    let mut group = Group::with_title(Level::ERROR.primary_title(finding.message.as_str()).id(code));
    let mut files: Vec<&str> = labels.iter().map(|label| &*label.span.file).collect();
    files.dedup();
    let mut done: Vec<&str> = Vec::new();
    for file in files {
        if done.contains(&file) || texts.get(file).is_empty() {
            continue;
        }
        done.push(file);
        let text = texts.get(file);
        let mut snippet: Snippet<'_, Annotation<'_>> = Snippet::source(text).path(file).fold(true);
        for (at, label) in labels.iter().enumerate().filter(|(_, label)| &*label.span.file == file) {
            let kind = if at == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
            snippet = snippet.annotation(kind.span(bytes(&label.span, text)).label(label.text.as_str()));
        }
        group = group.element(snippet);
    }
    for note in &finding.notes {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    group = group.element(Level::HELP.message(finding.help.as_str()));
    let renderer = if colours { Renderer::styled() } else { Renderer::plain() };
    format!("{}\n\n", renderer.render(&[group]))
}
