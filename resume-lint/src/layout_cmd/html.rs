//! stub
use super::gate::Verdict;
use resume_core::layout::{Diff, Layout};
pub(super) struct Sides<'a> {
    _o: &'a Layout,
}
impl<'a> Sides<'a> {
    pub(super) fn new(_: &str, old: &'a Layout, _: &str, _: &'a Layout) -> Self {
        Self { _o: old }
    }
}
pub(super) fn write(_: &Sides<'_>, _: &Diff, _: &Verdict) -> String {
    String::new()
}
