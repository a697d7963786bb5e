//! What an author declares of a field or a type: recorded, and no part of the hashes.
use resume_core::ShmSafe;
use resume_core::check::{Checker, Rebuild};
use resume_core::layout::encode::{record, record_bytes};
use resume_core::layout::{Class, Layout, Marks, Shape, decode, diff};

mod old {
    use resume_core::ShmSafe;

    #[derive(ShmSafe)]
    #[repr(C)]
    pub(crate) struct Player {
        hp: u32,
        level: u32,
        #[shm(reserved)]
        spare: [u8; 8],
    }
}

mod new {
    use resume_core::ShmSafe;

    #[derive(ShmSafe)]
    #[repr(C)]
    #[shm(renamed_from = "Hero")]
    pub(crate) struct Player {
        #[shm(renamed_from = "hp")]
        health: u32,
        level: u32,
        gold: u32,
        #[shm(reserved)]
        spare: [u8; 4],
    }
}

fn layout<const BYTES: usize>(record: [u8; BYTES]) -> Layout {
    decode(&record).expect("written by the encoder")
}

macro_rules! layout {
    ($ty:ty) => {{
        const BYTES: usize = record_bytes(<$ty>::DESC);
        layout(record::<BYTES>(<$ty>::DESC))
    }};
}

#[test]
fn marks_are_in_the_record_and_survive_being_written_again() {
    let layout = layout!(new::Player);
    assert_eq!(layout.root().renamed_from.as_deref(), Some("Hero"));
    let Shape::Struct { fields } = &layout.root().shape else { panic!("a struct") };
    let renamed = Marks { renamed_from: Some("hp".into()), ..Marks::default() };
    let reserved = Marks { reserved: true, ..Marks::default() };
    let marks: Vec<_> = fields.iter().map(|f| &f.marks).collect();
    assert_eq!(marks, [&renamed, &Marks::default(), &Marks::default(), &reserved]);
    assert_eq!(decode(&layout.to_record()).as_ref(), Ok(&layout));
}

#[test]
fn a_declared_rename_and_a_field_in_reserved_space_are_no_migration() {
    let diff = diff(&layout!(old::Player), &layout!(new::Player));
    assert_eq!(diff.class, Class::Appended, "{diff:#}");
}

#[test]
fn marks_are_no_part_of_the_hashes() {
    mod plain {
        #[derive(resume_core::ShmSafe)]
        #[repr(C)]
        pub(crate) struct Player {
            hp: u32,
            level: u32,
            spare: [u8; 8],
        }
    }
    let (marked, plain) = (old::Player::DESC, plain::Player::DESC);
    assert_eq!((marked.layout, marked.schema), (plain.layout, plain.schema));
}

#[derive(ShmSafe, Debug, PartialEq)]
#[repr(C)]
struct Player {
    level: u32,
    #[shm(transient)]
    connection: u32,
    #[shm(transient)]
    typing: bool,
}

#[derive(ShmSafe)]
#[repr(C, u8)]
#[allow(dead_code, reason = "read as bytes")]
enum Seat {
    Free,
    Taken {
        by: u32,
        #[shm(transient)]
        ping: u16,
    },
}

#[derive(ShmSafe)]
#[repr(C)]
struct Room {
    players: [Player; 3],
    seat: Seat,
}

#[test]
fn a_resume_resets_what_is_transient_and_nothing_else() {
    assert!(Room::DESC.transient && Room::DESC.rebuilds);
    let mut room = Room {
        players: [1, 2, 3].map(|level| Player { level, connection: 9, typing: true }),
        seat: Seat::Taken { by: 4, ping: 5 },
    };
    let mut rebuild = Rebuild::default();
    // SAFETY: a valid value of the type that the descriptor describes, borrowed for writing.
    unsafe { rebuild.value(Room::DESC, (&raw mut room).cast()) };
    assert_eq!(rebuild.transient_reset, 7);
    assert_eq!(room.players, [1, 2, 3].map(|level| Player { level, connection: 0, typing: false }));
    assert!(matches!(room.seat, Seat::Taken { by: 4, ping: 0 }));
}

#[test]
fn a_torn_transient_value_is_no_reason_to_refuse() {
    let bytes = [7_u32, 7, 7];
    let mut checker = Checker::new();
    // SAFETY: twelve bytes, aligned for and as large as a `Player`.
    unsafe { checker.value(Player::DESC, bytes.as_ptr().cast()) };
    assert_eq!(checker.finish(), (Vec::new(), 0));
}

/// Old state reads a field in reserved space as zero: where a fresh one is something else, that is no append.
#[test]
fn a_field_that_starts_as_something_else_is_not_appended() {
    macro_rules! player {
        ($module:ident, $($field:tt)*) => {
            mod $module {
                #[derive(resume_core::ShmSafe)]
                #[repr(C)]
                #[allow(dead_code, reason = "looked at as a type")]
                pub(crate) struct Inner {
                    a: u16,
                    #[shm(default = 5)]
                    b: u16,
                }
                #[derive(resume_core::ShmSafe)]
                #[repr(C)]
                #[allow(dead_code, reason = "looked at as a type")]
                pub(crate) struct Player {
                    hp: u32,
                    level: u32,
                    $($field)*
                    #[shm(reserved)]
                    spare: [u8; 4],
                }
            }
        };
    }
    player!(zero, gold: u32,);
    player!(given, #[shm(default = 100)] gold: u32,);
    player!(inside, gold: Inner,);
    player!(in_array, gold: [Inner; 1],);
    let old = layout!(old::Player);
    assert_eq!(diff(&old, &layout!(zero::Player)).class, Class::Appended);
    for new in [layout!(given::Player), layout!(inside::Player), layout!(in_array::Player)] {
        let diff = diff(&old, &new);
        assert_eq!(diff.class, Class::Migratable, "{diff:#}");
    }
    assert_eq!(decode(&layout!(given::Player).to_record()).as_ref(), Ok(&layout!(given::Player)));
}
