//! What the user starts: runs cargo, passes its messages on, and ends with the summary and the exit status.

use std::ffi::OsString;
use std::hash::{DefaultHasher, Hasher};
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use cargo_metadata::{Artifact, Message, Metadata, MetadataCommand, PackageId};

use super::{canary, wrapper};
use crate::facts::{self, Facts};
use crate::report::CODE_PREFIX;
use crate::runtime;

/// No findings.
const CLEAN: u8 = 0;
/// Findings.
const FINDINGS: u8 = 1;
/// Bad usage, or the tool could not do its work.
const FAILED: u8 = 2;
/// A crate could not be looked at: nothing is said about it.
const NOT_ANALYSED: u8 = 3;

/// How messages are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum MessageFormat {
    /// As rustc prints them.
    Human,
    /// Cargo's JSON messages, one a line, on stdout.
    Json,
}

/// What to look at. The options are cargo's and go to `cargo check` as they are.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of cargo")]
pub(crate) struct Options {
    /// Path to Cargo.toml
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
    /// Package to look at (may be given more than once)
    #[arg(short, long, value_name = "SPEC")]
    package: Vec<String>,
    /// All packages of the workspace
    #[arg(long)]
    workspace: bool,
    /// Packages to leave out, with --workspace
    #[arg(long, value_name = "SPEC")]
    exclude: Vec<String>,
    /// Libraries, binaries, examples, tests and benches
    #[arg(long)]
    all_targets: bool,
    /// Features to switch on
    #[arg(short = 'F', long, value_name = "FEATURES")]
    features: Vec<String>,
    /// All features
    #[arg(long)]
    all_features: bool,
    /// No default features
    #[arg(long)]
    no_default_features: bool,
    /// Target triple
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,
    /// Use Cargo.lock as it is
    #[arg(long)]
    locked: bool,
    /// Do not use the network
    #[arg(long)]
    offline: bool,
    /// Nothing but findings and the summary
    #[arg(short, long)]
    quiet: bool,
    /// How messages are printed
    #[arg(long, value_enum, default_value = "human")]
    message_format: MessageFormat,
}

impl Options {
    fn cargo_args(&self) -> Vec<OsString> {
        let mut args: Vec<OsString> = Vec::new();
        let mut flag = |on: bool, name: &str| on.then(|| args.push(name.into()));
        flag(self.workspace, "--workspace");
        flag(self.all_targets, "--all-targets");
        flag(self.all_features, "--all-features");
        flag(self.no_default_features, "--no-default-features");
        flag(self.locked, "--locked");
        flag(self.offline, "--offline");
        flag(self.quiet, "--quiet");
        let mut value = |name: &str, value: OsString| args.extend([name.into(), value]);
        self.manifest_path.iter().for_each(|path| value("--manifest-path", path.into()));
        self.package.iter().for_each(|spec| value("--package", spec.into()));
        self.exclude.iter().for_each(|spec| value("--exclude", spec.into()));
        self.features.iter().for_each(|features| value("--features", features.into()));
        self.target.iter().for_each(|target| value("--target", target.into()));
        args
    }
}

/// Runs the lints.
pub(crate) fn run(options: &Options) -> ExitCode {
    match lint(options) {
        Ok(outcome) => {
            eprintln!("{}", outcome.summary());
            ExitCode::from(outcome.status())
        }
        Err(Failure { status, message }) => {
            eprintln!("error: {message}");
            ExitCode::from(status)
        }
    }
}

/// Why there is no outcome.
struct Failure {
    status: u8,
    message: String,
}

impl Failure {
    fn tool(message: impl Into<String>) -> Failure {
        Failure { status: FAILED, message: message.into() }
    }
}

/// What a run has seen.
#[derive(Debug, Default)]
struct Outcome {
    findings: usize,
    functions: usize,
    crates: usize,
    /// Crates that were not looked at, and why.
    skipped: Vec<(String, String)>,
}

impl Outcome {
    fn status(&self) -> u8 {
        if !self.skipped.is_empty() {
            NOT_ANALYSED
        } else if self.findings > 0 {
            FINDINGS
        } else {
            CLEAN
        }
    }

    fn summary(&self) -> String {
        let mut text = String::new();
        for (krate, why) in &self.skipped {
            text.push_str(&format!("error: `{krate}` was not analysed: {why}\n"));
        }
        let plural = |count: usize, one: &str, many: &str| {
            format!("{} {}", with_thousands(count), if count == 1 { one } else { many })
        };
        text.push_str(&format!(
            "resume lint: {}, {} analysed in {}, {} skipped",
            plural(self.findings, "finding", "findings"),
            plural(self.functions, "function", "functions"),
            plural(self.crates, "crate", "crates"),
            self.skipped.len(),
        ));
        text
    }
}

/// `1234567` as `1,234,567`.
fn with_thousands(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Names this build of the tool. In the wrapper, the front's name for it, which is in the wrapper's file name.
pub(super) fn tool_id() -> String {
    let exe = std::env::current_exe().unwrap_or_default();
    let stem = exe.file_name().unwrap_or_default().to_string_lossy().into_owned();
    match stem.strip_prefix(TOOL_PREFIX) {
        Some(id) if wrapper::is_wrapper() => id.to_owned(),
        _ => content_id(&exe).unwrap_or_default(),
    }
}

const TOOL_PREFIX: &str = "cargo-resume-";

fn content_id(path: &Path) -> Option<String> {
    let content = std::fs::read(path).ok()?;
    let mut hasher = DefaultHasher::new();
    hasher.write(&content);
    Some(format!("{:016x}", hasher.finish()))
}

/// Puts this executable under a name that says its content. Cargo rebuilds a crate of the workspace when the path of
/// the wrapper changes, so results of another build of this tool are never taken for this one's.
fn install_wrapper(dir: &Path, id: &str) -> std::io::Result<PathBuf> {
    std::fs::create_dir_all(dir)?;
    let wrapper = dir.join(format!("{TOOL_PREFIX}{id}"));
    if wrapper.is_file() {
        return Ok(wrapper);
    }
    let exe = std::env::current_exe()?;
    let draft = dir.join(format!("draft-{}", std::process::id()));
    if std::fs::hard_link(&exe, &draft).is_err() {
        std::fs::copy(&exe, &draft)?;
    }
    std::fs::rename(&draft, &wrapper)?;
    remove_old(dir, &wrapper);
    Ok(wrapper)
}

/// Removes builds of this tool that have not been touched for a day; a newer one may be in use beside this.
fn remove_old(dir: &Path, kept: &Path) {
    const DAY: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for path in entries.flatten().map(|entry| entry.path()).filter(|path| path != kept) {
        let age = path.metadata().and_then(|data| data.modified()).ok().and_then(|time| time.elapsed().ok());
        if age.is_some_and(|age| age > DAY) {
            // Another run may have been faster.
            let _ = std::fs::remove_file(path);
        }
    }
}

fn lint(options: &Options) -> Result<Outcome, Failure> {
    let metadata = metadata(options)?;
    let target = metadata.target_directory.as_std_path().join("resume-lint");
    let id = content_id(&std::env::current_exe().map_err(|error| Failure::tool(error.to_string()))?)
        .ok_or_else(|| Failure::tool("this executable cannot be read"))?;
    let wrapper = install_wrapper(&target.join("tool"), &id)
        .map_err(|error| Failure::tool(format!("{}: {error}", target.display())))?;
    canary::check(&target.join("canary"), metadata.workspace_root.as_std_path(), &id)
        .map_err(|message| Failure { status: NOT_ANALYSED, message })?;
    let outcome = run_cargo(options, &metadata, &target, &wrapper, &id)?;
    Ok(outcome)
}

fn metadata(options: &Options) -> Result<Metadata, Failure> {
    let mut command = MetadataCommand::new();
    command.no_deps();
    options.manifest_path.iter().for_each(|path| {
        command.manifest_path(path);
    });
    if options.offline {
        command.other_options(["--offline".to_owned()]);
    }
    command.exec().map_err(|error| match error {
        cargo_metadata::Error::CargoMetadata { stderr } => {
            Failure::tool(stderr.trim().trim_start_matches("error: "))
        }
        other => Failure::tool(other.to_string()),
    })
}

fn run_cargo(
    options: &Options,
    metadata: &Metadata,
    target: &Path,
    wrapper: &Path,
    id: &str,
) -> Result<Outcome, Failure> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let colours = options.message_format == MessageFormat::Human && std::io::stderr().is_terminal();
    let format = if colours { "json-diagnostic-rendered-ansi" } else { "json" };
    let mut command = Command::new(cargo);
    command.arg("check").args(options.cargo_args());
    command.arg(format!("--message-format={format}")).arg("--target-dir").arg(target);
    command.env("RUSTC_WORKSPACE_WRAPPER", wrapper).env(wrapper::WRAPPER_ENV, "1");
    let mut child =
        command.stdout(Stdio::piped()).spawn().map_err(|error| Failure::tool(format!("cargo: {error}")))?;
    let Some(stdout) = child.stdout.take() else { return Err(Failure::tool("cargo has no output")) };
    let mut run = Run { options, metadata, id, outcome: Outcome::default(), finished: None };
    for line in BufReader::new(stdout).lines() {
        run.line(&line.map_err(|error| Failure::tool(format!("cargo's output: {error}")))?);
    }
    let status = child.wait().map_err(|error| Failure::tool(format!("cargo: {error}")))?;
    match run.finished {
        Some(true) if status.success() => {}
        Some(_) => {
            let why = "it does not compile".to_owned();
            run.outcome.skipped.push(("workspace".to_owned(), why));
        }
        // Cargo has said on stderr what is wrong.
        None => return Err(Failure::tool(format!("cargo could not start the check ({status})"))),
    }
    if run.outcome.crates == 0 && run.outcome.skipped.is_empty() {
        return Err(Failure {
            status: NOT_ANALYSED,
            message: "nothing was analysed: no crate of this workspace was checked".into(),
        });
    }
    Ok(run.outcome)
}

/// Cargo's messages as they come.
struct Run<'r> {
    options: &'r Options,
    metadata: &'r Metadata,
    id: &'r str,
    outcome: Outcome,
    finished: Option<bool>,
}

impl Run<'_> {
    fn line(&mut self, line: &str) {
        let message = serde_json::from_str::<Message>(line);
        if self.options.message_format == MessageFormat::Json {
            // A closed pipe downstream does not change what is found.
            let _ = writeln!(std::io::stdout(), "{line}");
        }
        match message {
            Ok(Message::CompilerMessage(message)) if self.options.message_format == MessageFormat::Human => {
                let ours =
                    message.message.code.as_ref().is_some_and(|code| code.code.starts_with(CODE_PREFIX));
                if ours || !self.options.quiet {
                    eprint!("{}", message.message.rendered.unwrap_or_default());
                }
            }
            Ok(Message::CompilerArtifact(artifact)) => self.artifact(&artifact),
            Ok(Message::BuildFinished(finished)) => self.finished = Some(finished.success),
            _ => {}
        }
    }

    fn is_member(&self, package: &PackageId) -> bool {
        self.metadata.workspace_members.contains(package)
    }

    /// The facts of an artifact, which may be fresh or have been made long ago.
    fn artifact(&mut self, artifact: &Artifact) {
        let kinds = || artifact.target.kind.iter().map(ToString::to_string);
        let not_ours = kinds().any(|kind| kind == "custom-build" || kind == "proc-macro");
        let krate = artifact.target.name.replace('-', "_");
        if not_ours || !self.is_member(&artifact.package_id) || krate == runtime::CRATE {
            return;
        }
        let metadata = artifact.filenames.iter().find(|file| file.extension() == Some("rmeta"));
        let Some(metadata) = metadata else {
            self.outcome.skipped.push((krate, "cargo names no metadata for it".to_owned()));
            return;
        };
        match facts::read(&facts::path_beside(metadata.as_std_path())) {
            Ok(facts) => self.add(facts),
            Err(why) => self.outcome.skipped.push((krate, why)),
        }
    }

    fn add(&mut self, facts: Facts) {
        if facts.tool != self.id {
            self.outcome
                .skipped
                .push((facts.krate, "its facts are from another version of this tool".to_owned()));
        } else if let Some(why) = facts.not_analysed {
            self.outcome.skipped.push((facts.krate, why));
        } else {
            self.outcome.findings += facts.findings;
            self.outcome.functions += facts.functions;
            self.outcome.crates += 1;
        }
    }
}
