//! One crate from MIR text to findings: parse, read the sources, run the lints, apply suppressions, sum up facts.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::facts::{Facts, FnFacts};
use crate::lints::{self, Finding, LINTS, Label};
use crate::mir::{self, Body, BodyKind, NotUnderstood, Span};
use crate::program::Program;
use crate::report::SUPPRESSION;
use crate::runtime;
use crate::source::{Source, Suppression};

/// What came out.
#[derive(Debug)]
pub(crate) struct Analysis {
    pub(crate) findings: Vec<Finding>,
    pub(crate) facts: Facts,
    /// Texts of the crate's files, for the report.
    pub(crate) texts: std::collections::HashMap<String, String>,
}

/// A crate to look at.
#[derive(Debug)]
pub(crate) struct Input<'i> {
    pub(crate) krate: &'i str,
    /// Where rustc ran; its paths are relative to this.
    pub(crate) dir: &'i Path,
    /// The crate's root file, as rustc was given it.
    pub(crate) root: &'i str,
    pub(crate) mir: &'i str,
    pub(crate) deps: Vec<Facts>,
    pub(crate) tool: &'i str,
}

/// Analyses a crate.
///
/// # Errors
///
/// [`NotUnderstood`] if the MIR has a line that is not known.
pub(crate) fn analyse(input: Input<'_>) -> Result<Analysis, NotUnderstood> {
    let bodies = mir::parse(input.mir)?;
    let source = Source::read(input.dir, input.root);
    let uses_runtime = !input.deps.is_empty() || input.mir.contains(runtime::CRATE);
    let program = Program::new(input.krate, bodies, source, input.deps, uses_runtime);
    let mut findings: Vec<Finding> = LINTS.iter().flat_map(|lint| (lint.check)(&program)).collect();
    findings.sort_by(|a, b| (&a.primary.span, a.lint).cmp(&(&b.primary.span, b.lint)));
    findings.dedup();
    let findings = suppress(&program, findings);
    let facts = facts_of(&program, input.tool, findings.len());
    Ok(Analysis { findings, facts, texts: program.source.texts })
}

/// Removes what is suppressed and adds what is wrong with suppressions.
fn suppress(program: &Program, findings: Vec<Finding>) -> Vec<Finding> {
    let suppressions = &program.source.suppressions;
    let mut used = vec![false; suppressions.len()];
    let mut kept: Vec<Finding> = Vec::new();
    for finding in findings {
        let by: Vec<usize> =
            (0..suppressions.len()).filter(|at| covers(&suppressions[*at], &finding)).collect();
        if by.is_empty() {
            kept.push(finding);
        }
        by.into_iter().for_each(|at| used[at] = true);
    }
    for (suppression, used) in suppressions.iter().zip(used) {
        if lints::find(&suppression.lint).is_none() {
            let known: Vec<&str> = LINTS.iter().map(|lint| lint.name).collect();
            let message = format!("`{}` is not a lint; there are {}", suppression.lint, known.join(", "));
            kept.push(about_suppression(&suppression.file, suppression.at, message));
        } else if !used && !is_compiled_out(program, suppression) {
            let message = format!("this suppression of `{}` suppresses nothing: remove it", suppression.lint);
            kept.push(about_suppression(&suppression.file, suppression.at, message));
        }
    }
    let errors = &program.source.suppression_errors;
    kept.extend(errors.iter().map(|error| about_suppression(&error.file, error.at, error.message.clone())));
    kept
}

/// True if a suppression stands at one of a finding's places.
fn covers(suppression: &Suppression, finding: &Finding) -> bool {
    suppression.lint == finding.lint
        && std::iter::once(&finding.primary).chain(&finding.others).any(|label| {
            let (first, last) = suppression.covers;
            *label.span.file == *suppression.file && (first..=last).contains(&label.span.lo.0)
        })
}

/// True if no code of the covered lines was compiled, in a file that has conditional code.
fn is_compiled_out(program: &Program, suppression: &Suppression) -> bool {
    let has_cfg = program.source.texts.get(&suppression.file).is_some_and(|text| text.contains("cfg"));
    let (first, last) = suppression.covers;
    let covered = |span: &Option<Span>| {
        span.as_ref()
            .is_some_and(|span| *span.file == *suppression.file && (first..=last).contains(&span.lo.0))
    };
    let compiled = |body: &Body| {
        body.blocks.iter().any(|block| {
            covered(&block.terminator.span)
                || block.statements.iter().any(|statement| covered(&statement.span))
        })
    };
    has_cfg && !program.bodies.iter().any(compiled)
}

fn about_suppression(file: &str, at: (u32, u32, u32), message: String) -> Finding {
    let span = Span { file: Arc::from(file), lo: (at.0, at.1), hi: (at.0, at.2) };
    Finding {
        lint: SUPPRESSION,
        message,
        primary: Label { span, text: "here".to_owned() },
        others: Vec::new(),
        notes: Vec::new(),
        help: "a suppression reads `// resume-lint: allow(LINT, reason = \"…\")` and stands above what it covers".to_owned(),
    }
}

/// What other crates and the summary need to know.
fn facts_of(program: &Program, tool: &str, findings: usize) -> Facts {
    let addresses = lints::summarise(program);
    let marking = lints::marking(program);
    let mut known = BTreeMap::new();
    for (key, bodies) in program.keyed_bodies() {
        let mut joined = FnFacts::default();
        for at in bodies {
            let mut facts = addresses[*at].clone();
            facts.complex = program.complexity(*at);
            facts.marks = marking.contains(at);
            joined.join(&facts);
        }
        known.insert(key.clone(), joined);
    }
    let within = |name: &str| format!("{}::{name}", program.krate);
    let exports = program.source.exports.iter().map(|(name, target)| {
        let first = crate::names::first_segment(target);
        let ours = matches!(first, "crate" | "self") || program.source.roots.contains(first);
        let target = target.trim_start_matches("crate::").trim_start_matches("self::");
        (within(name), if ours { within(target) } else { target.to_owned() })
    });
    let owner_types = program.owner_types().into_iter().collect();
    Facts {
        tool: tool.to_owned(),
        krate: program.krate.clone(),
        functions: program.bodies.iter().filter(|body| body.kind == BodyKind::Fn).count(),
        findings,
        not_analysed: None,
        state_types: program.source.state_types.iter().map(|name| within(name)).collect(),
        exports: exports.collect(),
        owner_types,
        functions_known: known,
    }
}
