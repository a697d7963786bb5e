//! Fixtures of suppressions: a finding at each `//~`, and above each `//~^`.
#![allow(missing_docs)]

#[derive(resume_core::ShmSafe)]
#[repr(C)]
pub struct State {
    pub link: u64,
}

pub fn above_a_statement(state: &mut State, text: &str) {
    // resume-lint: allow(address_in_state, reason = "cleared before the tick ends")
    state.link = text.as_ptr() as u64;
}

pub fn above_a_long_statement(state: &mut State, text: &str) {
    // resume-lint: allow(address_in_state, reason = "cleared before the tick ends")
    state.link = {
        let address = text.as_ptr() as u64;
        address + 1
    };
}

// resume-lint: allow(address_in_state, reason = "the whole function is a debugging aid")
/// With documentation and an attribute between.
#[inline]
pub fn above_an_item(state: &mut State, text: &str) {
    state.link = text.as_ptr() as u64;
}

pub fn at_the_end_of_a_line(state: &mut State, text: &str) {
    state.link = text.as_ptr() as u64; // resume-lint: allow(address_in_state, reason = "cleared later")
}

pub fn where_the_address_is_made(state: &mut State, text: &str) {
    // resume-lint: allow(address_in_state, reason = "an identity, never followed")
    let address = text.as_ptr() as u64;
    state.link = address;
}

pub fn of_one_statement_only(state: &mut State, text: &str) {
    // resume-lint: allow(address_in_state, reason = "cleared before the tick ends")
    state.link = text.as_ptr() as u64;
    state.link = text.as_ptr() as u64; //~
}

pub fn without_a_reason(state: &mut State, text: &str) {
    // resume-lint: allow(address_in_state)
    //~^
    state.link = text.as_ptr() as u64; //~
}

pub fn with_an_empty_reason(state: &mut State, text: &str) {
    // resume-lint: allow(address_in_state, reason = " ")
    //~^
    state.link = text.as_ptr() as u64; //~
}

pub fn of_another_lint(state: &mut State, text: &str) {
    // resume-lint: allow(owner_held_across_call, reason = "the wrong one")
    //~^
    state.link = text.as_ptr() as u64; //~
}

pub fn of_no_lint(state: &mut State, text: &str) {
    // resume-lint: allow(adress_in_state, reason = "misspelt")
    //~^
    state.link = text.as_ptr() as u64; //~
}

pub fn stale(state: &mut State) {
    // resume-lint: allow(address_in_state, reason = "nothing to see here")
    //~^
    state.link = 1;
}

pub fn misspelt_directive(state: &mut State) {
    // resume-lint: alow(address_in_state, reason = "x")
    //~^
    state.link = 1;
}

pub fn in_a_string() -> &'static str {
    "// resume-lint: allow(nothing, reason = \"text\")"
}

/// Documentation may quote it: `// resume-lint: allow(nothing, reason = "…")`.
pub fn in_documentation() {}
