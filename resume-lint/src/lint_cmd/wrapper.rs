//! What cargo runs in place of rustc for each crate of the workspace.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use super::rustc;
use crate::analysis::{Analysis, Input, analyse};
use crate::facts::{self, Facts};
use crate::report::{self, NOT_ANALYSED, Texts};
use crate::runtime;

/// Set by the front: this process was started by cargo in place of rustc.
pub(super) const WRAPPER_ENV: &str = "RESUME_LINT_WRAPPER";

/// True if this process is the wrapper.
pub(crate) fn is_wrapper() -> bool {
    std::env::var_os(WRAPPER_ENV).is_some()
}

/// Runs rustc as asked, then looks at the crate.
pub(crate) fn run() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let Some(rustc) = args.next() else {
        eprintln!("error: the wrapper was started without a rustc to run");
        return ExitCode::from(2);
    };
    let args: Vec<_> = args.collect();
    let status = match Command::new(&rustc).args(&args).status() {
        Ok(status) => status,
        Err(error) => {
            eprintln!("error: {}: {error}", rustc.display());
            return ExitCode::from(2);
        }
    };
    if !status.success() {
        return ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(101));
    }
    let args: Option<Vec<String>> = args.into_iter().map(|arg| arg.into_string().ok()).collect();
    if let Some(unit) = args.and_then(Unit::of) {
        look_at(Path::new(&rustc), &unit);
    }
    ExitCode::SUCCESS
}

/// A compilation that is analysed.
struct Unit {
    args: Vec<String>,
    krate: String,
    root: String,
    facts: PathBuf,
    colours: bool,
}

impl Unit {
    /// `None` for what is not analysed: build scripts, proc macros, the runtime itself, and cargo's own questions.
    fn of(args: Vec<String>) -> Option<Unit> {
        let krate = value(&args, "--crate-name")?.to_owned();
        let out_dir = PathBuf::from(value(&args, "--out-dir")?);
        let extra = codegen(&args, "extra-filename").unwrap_or_default().to_owned();
        let proc_macro = values(&args, "--crate-type").any(|kind| kind == "proc-macro");
        if proc_macro || krate.starts_with("build_script_") || krate == runtime::CRATE {
            return None;
        }
        let root = args.iter().find(|arg| arg.ends_with(".rs") && !arg.starts_with('-'))?.clone();
        let colours = values(&args, "--json").any(|value| value.contains("diagnostic-rendered-ansi"));
        let facts = facts::path_beside(&out_dir.join(format!("lib{krate}{extra}.rmeta")));
        Some(Unit { args, krate, root, facts, colours })
    }

    /// Facts of the workspace crates this one uses.
    fn deps(&self, tool: &str) -> Result<Vec<Facts>, String> {
        let mut deps = Vec::new();
        for (_, file) in values(&self.args, "--extern").filter_map(|value| value.split_once('=')) {
            let path = facts::path_beside(Path::new(file));
            if !path.is_file() {
                continue;
            }
            let facts = facts::read(&path)?;
            if facts.tool != tool {
                return Err(format!("{}: written by another version of this tool", path.display()));
            }
            deps.push(facts);
        }
        Ok(deps)
    }
}

/// Analyses a crate, prints what was found and writes the facts. Failures are diagnostics too: cargo keeps those.
fn look_at(rustc: &Path, unit: &Unit) {
    let tool = super::front::tool_id();
    let dir = std::env::current_dir().unwrap_or_default();
    // The boundary where a bug of ours becomes a message instead of a crate that silently passed.
    let result = std::panic::catch_unwind(|| analysis(rustc, unit, &dir, &tool));
    let result = result.unwrap_or_else(|_| Err("the lint tool panicked: this is a bug in it".to_owned()));
    let facts = match result {
        Ok(analysis) => {
            let mut texts = Texts::new(&dir, analysis.texts);
            for finding in &analysis.findings {
                eprintln!("{}", report::finding_json(finding, &mut texts, unit.colours));
            }
            analysis.facts
        }
        Err(why) => {
            let message = format!("the crate `{}` was not analysed", unit.krate);
            eprintln!("{}", report::plain_json(NOT_ANALYSED, &message, &why));
            Facts { tool, krate: unit.krate.clone(), not_analysed: Some(why), ..Facts::default() }
        }
    };
    if let Err(why) = facts::write(&unit.facts, &facts) {
        let message = format!("the facts of `{}` could not be written", unit.krate);
        eprintln!("{}", report::plain_json(NOT_ANALYSED, &message, &why));
    }
}

fn analysis(rustc: &Path, unit: &Unit, dir: &Path, tool: &str) -> Result<Analysis, String> {
    let deps = unit.deps(tool)?;
    let mir = rustc::mir(rustc, &unit.args, dir)?;
    let input = Input { krate: &unit.krate, dir, root: &unit.root, mir: &mir, deps, tool };
    analyse(input).map_err(|error| error.to_string())
}

/// The values of an option, given as `--name value` or `--name=value`.
fn values<'a>(args: &'a [String], name: &'a str) -> impl Iterator<Item = &'a str> {
    args.iter().enumerate().filter_map(move |(at, arg)| {
        if arg == name {
            return args.get(at + 1).map(String::as_str);
        }
        arg.strip_prefix(name)?.strip_prefix('=')
    })
}

fn value<'a>(args: &'a [String], name: &'a str) -> Option<&'a str> {
    values(args, name).next()
}

/// The value of `-C name=…`.
fn codegen<'a>(args: &'a [String], name: &str) -> Option<&'a str> {
    args.iter().enumerate().find_map(|(at, arg)| {
        let option = if arg == "-C" { args.get(at + 1)?.as_str() } else { arg.strip_prefix("-C")? };
        option.strip_prefix(name)?.strip_prefix('=')
    })
}
