//! The layout record of a root is in the executable, also when that is stripped.

#![allow(clippy::unwrap_used, reason = "a failing helper fails its test")]

mod segment_support;

use object::{Object, ObjectSection};
use resume_core::layout::{self, encode::SECTION};
use resume_core::root::RootRecord;
use segment_support::{Place, Probe};

fn section_of(executable: &std::path::Path) -> Vec<u8> {
    let bytes = std::fs::read(executable).unwrap();
    let file = object::File::parse(&*bytes).unwrap();
    file.section_by_name(SECTION).unwrap().data().unwrap().to_vec()
}

#[test]
fn the_section_of_this_executable_holds_the_record() {
    let section = section_of(&std::env::current_exe().unwrap());
    assert_eq!(section, Probe::RECORD);
    let layout = layout::decode(&section).unwrap();
    assert_eq!(layout.root().name, "Probe");
}

#[test]
fn stripping_keeps_it() {
    let folder = Folder(std::env::temp_dir().join(format!("resume-record-{}", std::process::id())));
    std::fs::create_dir(&folder.0).unwrap();
    let stripped = folder.0.join("stripped");
    let status = std::process::Command::new("strip")
        .arg("--strip-all")
        .arg("-o")
        .args([&stripped, &std::env::current_exe().unwrap()])
        .status();
    assert!(status.expect("binutils' strip is needed for this test").success());
    let bytes = std::fs::read(&stripped).unwrap();
    assert!(object::File::parse(&*bytes).unwrap().symbols().next().is_none(), "it is stripped");
    assert_eq!(section_of(&stripped), Probe::RECORD);
}

struct Folder(std::path::PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_segment_holds_the_same_record() {
    let place = Place::stopped();
    let seen = resume_core::segment::inspect(&place.name).unwrap();
    assert_eq!(seen.record, Probe::RECORD);
    assert_eq!(seen.prefix.root_name(), "Probe");
    assert_eq!(seen.object_bytes, seen.prefix.segment_bytes);
}
