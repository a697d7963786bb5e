//! Whatever the expansion says can also be a name of the user's, or be out of reach.
//!
//! Only constants that start with `__shm_` are the expansion's own: a pattern cannot hide them.
#![allow(dead_code, reason = "described, never built")]

#[no_implicit_prelude]
mod no_prelude {
    #[derive(::resume_core::ShmSafe)]
    #[repr(C)]
    pub(super) struct Player<T, const N: usize> {
        level: u32,
        items: [T; N],
    }

    #[derive(::resume_core::ShmSafe)]
    #[repr(u8)]
    pub(super) enum State {
        A,
        B,
    }

    #[derive(::resume_core::ShmSafe)]
    #[repr(C, u8)]
    pub(super) enum Event<T> {
        A(T) = 4,
        B { state: State },
        C,
    }

    #[derive(::resume_core::ShmSafe)]
    #[repr(C)]
    #[shm(renamed_from = "Other")]
    pub(super) struct Marked {
        #[shm(renamed_from = "b", reserved)]
        a: u32,
        #[shm(allow_usize)]
        count: usize,
    }

    #[derive(::resume_core::ShmSafe)]
    #[repr(transparent)]
    pub(super) struct Wrapper(Event<State>);
}

#[allow(
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    unused_macros,
    reason = "names that the expansion uses"
)]
mod shadowed {
    mod core {}
    mod std {}
    mod alloc {}
    mod resume_core {}
    mod __private {}

    use ::resume_core::ShmSafe as Derive;

    struct ShmSafe;
    struct TypeDesc;
    struct VariantDesc;
    struct Ident;
    struct IdentArg;
    struct FieldDesc;
    struct MaybeUninit;
    struct Prim;
    struct Sized;
    const None: u8 = 0;
    const Some: u8 = 0;
    const field: u8 = 0;
    const ID: u8 = 0;
    const DESC: u8 = 0;
    type usize = u8;
    type i128 = u8;
    type isize = u8;
    fn tagged() {}
    fn c_struct() {}
    fn offset_in() {}

    macro_rules! offset_of {
        () => {};
    }
    macro_rules! assert {
        () => {};
    }
    macro_rules! panic {
        () => {};
    }

    #[derive(Derive)]
    #[repr(C)]
    pub(super) struct Fields<const N: u8> {
        ID: u8,
        DESC: u16,
        field: u32,
        offset_of: u64,
        __shm_field_0: u8,
        __shm_at: usize,
    }

    #[derive(Derive)]
    #[repr(C, u8)]
    pub(super) enum Variants<None, const N: u8> {
        None(None) = field + 1,
        Some { Some: u8, __shm_start: u16, __shm_at: u64 } = ID + 7,
        Self_,
        __shm_bytes(u8, u32),
    }

    #[derive(Derive)]
    #[repr(i16)]
    pub(super) enum Units {
        None,
        Some = 2 + DESC as i16,
        DESC,
    }

    #[derive(Derive)]
    #[repr(C)]
    pub(super) struct SameAsConst<const DESC: u8, const ID: bool>([u8; 3]);

    #[derive(Derive)]
    #[repr(C)]
    #[shm(renamed_from = "Some")]
    pub(super) struct Marked {
        #[shm(renamed_from = "None", transient)]
        Some: u8,
        #[shm(reserved)]
        None: [u8; 3],
    }
}

mod renamed {
    mod engine {
        pub(super) mod parts {
            pub(in super::super) use ::resume_core as state;
        }
    }

    mod resume_core {}

    #[derive(engine::parts::state::ShmSafe)]
    #[shm(crate = "crate::accepted::hygiene::renamed::engine::parts::state", id = "game.Player:v1")]
    #[repr(C)]
    pub(super) struct Player<T> {
        level: T,
    }

    #[derive(engine::parts::state::ShmSafe)]
    #[shm(crate = "engine::parts::state")]
    #[repr(C, u8)]
    pub(super) enum Event<T> {
        Idle,
        Hit(Player<T>) = 8,
    }

    #[derive(engine::parts::state::ShmSafe)]
    #[shm(crate = "self::engine::parts::state")]
    #[repr(u32)]
    pub(super) enum State {
        Idle,
        Busy,
    }
}

/// Inherent items and traits that a careless path would find first.
mod inherent {
    use resume_core::ShmSafe;

    #[derive(ShmSafe)]
    #[repr(C)]
    pub(super) struct Player {
        id: u8,
        desc: u64,
    }

    #[allow(non_upper_case_globals, reason = "the point")]
    impl Player {
        const ID: u8 = 0;
        const DESC: u8 = 0;
        fn with_marks(&self) {}
    }

    pub(super) trait Other {
        const DESC: u8 = 0;
        const ID: u8 = 1;
    }

    impl<T> Other for T {}

    #[derive(ShmSafe)]
    #[repr(C)]
    #[shm(renamed_from = "Guild")]
    pub(super) struct Holder<T>(T, Player);
}

pub(super) fn types() -> Vec<super::Entry> {
    entries![
        no_prelude::Player<u8, 3>,
        no_prelude::State,
        no_prelude::Event<u64>,
        no_prelude::Marked,
        no_prelude::Wrapper,
        shadowed::Fields<3>,
        shadowed::Variants<u16, 0>,
        shadowed::Units,
        shadowed::SameAsConst<1, true>,
        shadowed::Marked,
        renamed::Player<u8>,
        renamed::Event<u32>,
        renamed::State,
        inherent::Player,
        inherent::Holder<u16>,
        ui_tests_edition_2018::Keywords,
        ui_tests_edition_2018::Event<u64>,
        ui_tests_edition_2018::State,
    ]
}
