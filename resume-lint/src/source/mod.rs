//! What the sources say beside the MIR: which types are state, whose `impl` a span is, what is exported under which
//! name, and which findings are suppressed where.
//!
//! Sources are read with `syn`, starting at the crate's root file and following `mod`. A file that does not parse is
//! left out: rustc has accepted the crate, so only code behind a false `cfg` or generated code can be affected.
//!
//! Neighbours: [`crate::program`] joins this with the MIR.

mod comments;
mod items;
mod suppress;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

pub(crate) use suppress::{Suppression, SuppressionError};

/// An `impl` block or a derive, found by where it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImplInfo {
    /// Last segment of the type's path; `*` for a type that is not nominal.
    pub(crate) self_ty: String,
    /// Last segment of the trait's path.
    pub(crate) trait_name: Option<String>,
}

/// All that was read of one crate's sources.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// Paths within the crate of the types that are state.
    pub(crate) state_types: BTreeSet<String>,
    /// Names of all types the crate declares, without their modules.
    pub(crate) types: BTreeSet<String>,
    /// Names of the items at the crate's root.
    pub(crate) roots: BTreeSet<String>,
    /// `file`, line and column (from one) of each `impl` and each derived trait.
    pub(crate) impls: HashMap<(String, u32, u32), ImplInfo>,
    /// `pub use`: the name within the crate, and what it stands for. A name ending in `*` is a glob.
    pub(crate) exports: BTreeMap<String, String>,
    /// Suppressions of all files.
    pub(crate) suppressions: Vec<Suppression>,
    /// Comments that try to suppress and do not say how.
    pub(crate) suppression_errors: Vec<SuppressionError>,
    /// The text of each file, for the report.
    pub(crate) texts: HashMap<String, String>,
}

impl Source {
    /// Reads a crate. `root` and all paths are relative to `dir`, as rustc prints them.
    pub(crate) fn read(dir: &Path, root: &str) -> Source {
        let mut source = Source::default();
        let mut waiting = vec![Module { file: root.to_owned(), path: Vec::new(), owns_dir: true }];
        let mut seen = BTreeSet::new();
        while let Some(module) = waiting.pop() {
            if !seen.insert(module.file.clone()) {
                continue;
            }
            let Ok(text) = std::fs::read_to_string(dir.join(&module.file)) else { continue };
            waiting.extend(source.file(dir, &module, &text));
            source.texts.insert(module.file, text);
        }
        source
    }

    /// Reads one file and gives the files of its modules.
    fn file(&mut self, dir: &Path, module: &Module, text: &str) -> Vec<Module> {
        let Ok(file) = syn::parse_file(text) else { return Vec::new() };
        let found = items::collect(&file, &module.path);
        for (at, info) in found.impls {
            self.impls.insert((module.file.clone(), at.0, at.1), info);
        }
        self.state_types.extend(found.state_types);
        self.exports.extend(found.exports);
        self.types.extend(found.types);
        if module.path.is_empty() {
            self.roots.extend(items::root_names(&file));
        }
        let (suppressions, errors) = suppress::find(&module.file, text, &file);
        self.suppressions.extend(suppressions);
        self.suppression_errors.extend(errors);
        found.modules.iter().filter_map(|declared| module.child(dir, declared)).collect()
    }
}

/// A module with a file of its own.
#[derive(Debug)]
struct Module {
    file: String,
    path: Vec<String>,
    /// True for `lib.rs`, `main.rs` and `mod.rs`: children lie beside it, not in a directory of its name.
    owns_dir: bool,
}

/// `mod name;` as declared.
#[derive(Debug)]
struct Declared {
    /// Modules around it within the file, then its own name.
    inline: Vec<String>,
    path_attribute: Option<String>,
}

impl Module {
    fn child(&self, dir: &Path, declared: &Declared) -> Option<Module> {
        let parent = Path::new(&self.file).parent().unwrap_or(Path::new(""));
        let (name, around) = declared.inline.split_last()?;
        let mut base = parent.to_path_buf();
        if !self.owns_dir {
            base.push(Path::new(&self.file).file_stem()?);
        }
        base.extend(around);
        let path = [self.path.as_slice(), declared.inline.as_slice()].concat();
        if let Some(file) = &declared.path_attribute {
            // Relative to the file's own directory, unless it stands in an inline module.
            let base = if around.is_empty() { parent.to_path_buf() } else { base };
            return Some(Module { file: text(base.join(file))?, path, owns_dir: true });
        }
        let flat = base.join(format!("{name}.rs"));
        let nested = base.join(name).join("mod.rs");
        if dir.join(&flat).is_file() {
            return Some(Module { file: text(flat)?, path, owns_dir: false });
        }
        Some(Module { file: text(nested)?, path, owns_dir: true })
    }
}

fn text(path: PathBuf) -> Option<String> {
    path.into_os_string().into_string().ok()
}
