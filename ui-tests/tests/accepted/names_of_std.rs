//! A type is judged by what it is, not by what it is called.
#![allow(dead_code)]

mod state {
    use resume_core::ShmSafe as Derive;

    #[derive(Derive)]
    #[repr(C)]
    pub struct Box(u32);

    #[derive(Derive)]
    #[repr(C)]
    pub struct Vec<Option> {
        first: Option,
    }

    #[derive(Derive)]
    #[repr(C, u8)]
    pub enum Option<String> {
        None,
        Some(String),
    }

    #[derive(Derive)]
    #[repr(C)]
    pub struct String {
        r#box: Box,
        vec: Vec<Option<Box>>,
        instant: Instant,
    }

    #[derive(Derive)]
    #[repr(u8)]
    pub enum Instant {
        Result,
        Ok,
        Err,
    }

    #[derive(Derive)]
    #[repr(C)]
    pub struct u32(i32);

    type i32 = u8;
    type i128 = ();

    pub trait ShmSafe {}
    pub struct Self_;
}

fn main() {
    assert_eq!(<state::String as resume_core::ShmSafe>::DESC.size, 4);
}
