//! A folder for one test, gone at its end also when it fails, and the tool under test.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use object::write::Object;
use object::{Architecture, BinaryFormat, Endianness, SectionKind};

pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path).expect("a scratch folder");
        Self(path)
    }

    /// Writes a file and gives its path.
    pub(crate) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        std::fs::write(self.0.join(name), bytes).expect("a scratch file");
        self.path(name)
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("a path of UTF-8").to_owned()
    }

    /// Writes an ELF file with these bytes as its layout section.
    pub(crate) fn elf(&self, name: &str, record: &[u8]) -> String {
        let mut object = Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
        if !record.is_empty() {
            let section =
                object.add_section(Vec::new(), b".resume.layout".to_vec(), SectionKind::ReadOnlyData);
            object.append_section_data(section, record, 1);
        }
        self.file(name, object.write().expect("an ELF file"))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A folder that is left behind must not hide why the test failed.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    #[track_caller]
    pub(crate) fn assert_status(&self, expected: i32) {
        assert_eq!(self.status, expected, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
    }
}

/// Runs the tool as cargo does.
pub(crate) fn cargo_resume(args: &[&str]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_cargo-resume"))
        .arg("resume")
        .args(args)
        .output()
        .expect("the tool runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Run {
        status: output.status.code().expect("no signal"),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}
