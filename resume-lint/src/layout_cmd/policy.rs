//! The policy file: what a team lets pass without asking, and what it decided to let pass once.
//!
//! ```toml
//! # Classes that pass: renamed, appended, migratable. Fatal passes by exception only.
//! allow = ["renamed", "appended"]
//! # Reason codes that pass whatever their class (not fatal), and codes that never pass by class.
//! allow-reasons = ["capacity_changed"]
//! deny-reasons = ["field_renamed_suspected"]
//!
//! # What was decided for one place. `why` is mandatory; `reasons` is for all codes when it is not there.
//! [[exception]]
//! path = "SceneServer.players[].title"
//! reasons = ["field_added"]
//! why = "players are drained before the deploy of June 3rd"
//! ```
//!
//! The same may stand below `[policy]` (then exceptions are `[[policy.exception]]`), in a file with other
//! tables. In a path, `*` stands for any text. An exception goes before `deny-reasons`, which goes before the
//! rest. What is not named does not pass.

use std::path::Path;

use resume_core::layout::{Change, Class, Diff, Reason};
use serde::Deserialize;

use super::gate::shown;

/// Why a policy file decides nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum PolicyError {
    /// It cannot be read.
    #[error("policy `{path}`: {source}")]
    Io { path: String, source: std::io::Error },
    /// Not TOML, an unknown key, a missing `why`.
    #[error("policy `{path}`: {source}`cargo resume explain policy` shows a whole policy")]
    Syntax { path: String, source: Box<toml::de::Error> },
    /// A name that is no class or reason.
    #[error("policy `{path}`: expected {expected} in `{key}`, found `{found}`; {known}")]
    Name { path: String, key: &'static str, expected: &'static str, found: String, known: String },
    /// Fatal changes pass one by one only.
    #[error(
        "policy `{path}`: expected no `fatal` in `allow`: fatal changes destroy state, let them pass one by one with \
         [[exception]], a path and why"
    )]
    Fatal { path: String },
    /// An exception without a reason or a path.
    #[error("policy `{path}`: expected a text in `{key}` of exception {number}, found an empty one")]
    Empty { path: String, key: &'static str, number: usize },
}

/// A policy larger than this is something else.
const BYTES_MAX: u64 = 1 << 20;

#[derive(Debug, Deserialize)]
struct Nested {
    policy: Rules,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Rules {
    #[serde(default)]
    allow: Vec<String>,
    #[serde(default)]
    allow_reasons: Vec<String>,
    #[serde(default)]
    deny_reasons: Vec<String>,
    #[serde(default)]
    exception: Vec<RawException>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawException {
    path: String,
    reasons: Option<Vec<String>>,
    why: String,
}

/// What passes.
#[derive(Debug)]
pub(super) struct Policy {
    path: String,
    classes: Vec<Class>,
    allowed: Vec<Reason>,
    denied: Vec<Reason>,
    exceptions: Vec<Exception>,
}

#[derive(Debug)]
struct Exception {
    path: String,
    reasons: Option<Vec<Reason>>,
    why: String,
}

impl Policy {
    pub(super) fn read(path: &Path) -> Result<Self, PolicyError> {
        use std::io::Read;
        let io = |source| PolicyError::Io { path: shown(path), source };
        let mut text = String::new();
        std::fs::File::open(path).map_err(io)?.take(BYTES_MAX).read_to_string(&mut text).map_err(io)?;
        Self::parse(shown(path), &text)
    }

    fn parse(path: String, text: &str) -> Result<Self, PolicyError> {
        let syntax = |source| PolicyError::Syntax { path: path.clone(), source: Box::new(source) };
        let table: toml::Table = toml::from_str(text).map_err(syntax)?;
        let rules = match table.contains_key("policy") {
            true => toml::from_str::<Nested>(text).map_err(syntax)?.policy,
            false => toml::from_str(text).map_err(syntax)?,
        };
        let classes = rules.allow.iter().map(|name| class_of(&path, name)).collect::<Result<Vec<_>, _>>()?;
        if classes.contains(&Class::Fatal) {
            return Err(PolicyError::Fatal { path });
        }
        let exceptions = rules.exception.into_iter().enumerate().map(|(at, raw)| {
            for (key, text) in [("path", &raw.path), ("why", &raw.why)] {
                if text.trim().is_empty() {
                    return Err(PolicyError::Empty { path: path.clone(), key, number: at + 1 });
                }
            }
            let reasons = raw.reasons.map(|names| reasons_of(&path, "reasons", &names)).transpose()?;
            Ok(Exception { path: raw.path, reasons, why: raw.why })
        });
        Ok(Self {
            classes,
            allowed: reasons_of(&path, "allow-reasons", &rules.allow_reasons)?,
            denied: reasons_of(&path, "deny-reasons", &rules.deny_reasons)?,
            exceptions: exceptions.collect::<Result<_, _>>()?,
            path,
        })
    }

    pub(super) fn class_passes(&self, class: Class) -> bool {
        // Changes that are not listed may have any class up to this one.
        Class::ALL.iter().all(|c| *c == Class::Identical || *c > class || self.classes.contains(c))
    }

    /// Why a change may pass.
    pub(super) fn lets_pass(&self, change: &Change) -> Option<String> {
        if let Some(exception) = self.exceptions.iter().find(|exception| exception.holds(change)) {
            return Some(format!("exception: {}", exception.why));
        }
        if self.denied.contains(&change.reason) || change.class == Class::Fatal {
            return None;
        }
        if self.allowed.contains(&change.reason) {
            return Some(format!("allow-reasons {}", change.reason.code()));
        }
        self.classes.contains(&change.class).then(|| format!("allow {}", change.class))
    }

    /// The decision in short, and exceptions that nothing needs any more.
    pub(super) fn notes(&self, diff: &Diff, passes: &[Option<String>]) -> Vec<String> {
        let held: Vec<_> = diff.changes.iter().zip(passes).filter(|(_, why)| why.is_none()).collect();
        let mut notes = Vec::new();
        if !diff.changes.is_empty() {
            notes.push(format!(
                "{}: {} of {} changes pass",
                self.path,
                passes.len() - held.len(),
                passes.len()
            ));
        }
        for (change, why) in diff.changes.iter().zip(passes) {
            if let Some(why) = why.as_ref().filter(|why| why.starts_with("exception")) {
                notes.push(format!("passes: {} {} ({why})", change.path, change.reason.code()));
            }
        }
        notes.extend(
            held.iter().map(|(c, _)| format!("does not pass: {} {} ({})", c.path, c.reason.code(), c.class)),
        );
        let stale = |e: &&Exception| !diff.changes.iter().any(|change| e.holds(change));
        notes.extend(self.exceptions.iter().filter(stale).map(|e| {
            format!("the exception for `{}` matches no change; remove it once it is deployed", e.path)
        }));
        notes
    }
}

impl Exception {
    fn holds(&self, change: &Change) -> bool {
        let reason = self.reasons.as_ref().is_none_or(|reasons| reasons.contains(&change.reason));
        reason && matches(&self.path, &change.path)
    }
}

fn class_of(path: &str, name: &str) -> Result<Class, PolicyError> {
    let all = Class::ALL.into_iter().filter(|class| *class != Class::Identical);
    all.clone().find(|class| class.name() == name).ok_or_else(|| PolicyError::Name {
        path: path.to_owned(),
        key: "allow",
        expected: "a class",
        found: name.to_owned(),
        known: format!("there are {}", all.map(Class::name).collect::<Vec<_>>().join(", ")),
    })
}

fn reasons_of(path: &str, key: &'static str, names: &[String]) -> Result<Vec<Reason>, PolicyError> {
    let reason = |name: &String| {
        Reason::ALL.iter().copied().find(|reason| reason.code() == name).ok_or_else(|| PolicyError::Name {
            path: path.to_owned(),
            key,
            expected: "a reason code",
            found: name.clone(),
            known: "`cargo resume explain` lists all".to_owned(),
        })
    };
    names.iter().map(reason).collect()
}

/// Whether `text` is the pattern, in which `*` stands for any text. Takes time by the product of both at most.
fn matches(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else { return rest.is_empty() };
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, expected) in [
            ("A.b", "A.b", true),
            ("A.b", "A.bc", false),
            ("A.*", "A.b[].c", true),
            ("*.c", "A.b[].c", true),
            ("A.*.c", "A.b[].c", true),
            ("A.*.c", "A.c", false),
            ("*", "", true),
            ("a*a", "a", false),
            ("**b**", "abc", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn the_page_shows_a_policy_that_is_one() {
        let page = super::super::explain("policy").expect("a page");
        let (_, rest) = page.split_once("```toml\n").expect("an example");
        let (example, _) = rest.split_once("```").expect("its end");
        let policy = Policy::parse("page".into(), example).expect("a policy");
        assert_eq!((policy.classes.len(), policy.exceptions.len()), (2, 1));
        let nested = format!("other = 1\n[policy]\n{}", example.replace("[[exception", "[[policy.exception"));
        assert_eq!(Policy::parse("page".into(), &nested).expect("a policy").exceptions.len(), 1);
    }

    #[test]
    fn what_is_misspelt_is_an_error() {
        let error = |text: &str| Policy::parse("p.toml".into(), text).expect_err(text).to_string();
        for (text, says) in [
            ("alow = []", "unknown field `alow`"),
            (
                "allow = [\"renamd\"]",
                "expected a class in `allow`, found `renamd`; there are renamed, appended",
            ),
            ("allow = [\"fatal\"]", "one by one with [[exception]]"),
            ("deny-reasons = [\"x\"]", "expected a reason code in `deny-reasons`, found `x`"),
            ("[[exception]]\npath = \"A\"", "missing field `why`"),
            ("[[exception]]\npath = \"A\"\nwhy = \" \"", "expected a text in `why` of exception 1"),
            ("[policy]\nx = 1", "unknown field `x`"),
            ("allow = [", "policy `p.toml`"),
        ] {
            let error = error(text);
            assert!(error.contains(says), "{says}\nis not in\n{error}");
        }
    }
}
