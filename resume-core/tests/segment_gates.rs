//! Bad input: each gate refuses with its own error, and leaves every byte as it was.

#![allow(clippy::unwrap_used, reason = "a failing helper fails its test")]

mod segment_support;

use resume_core::root::{Context, Options, Resumed, Root};
use resume_core::segment::{self, BASE_DEFAULT, MAGIC, OpenError, Prefix, WordValues};
use segment_support::{Obstacle, Place, World, small_dev_shm};

/// Hooks for roots of which only the type matters.
macro_rules! idle_root {
    ($root:ty) => {
        resume_core::root!($root);
        impl Root for $root {
            type Env = World;
            fn start(&mut self, _: &mut World, _: &Context) {}
            fn resume(&mut self, _: &mut World, _: &Context, _: &Resumed) {}
            fn tick(&mut self, _: &mut World, _: &Context) {}
        }
    };
}

/// The `Probe` of another build, in which two fields of one type have changed places.
mod swapped {
    use super::{Context, Resumed, Root, World};
    use resume_core::ShmSafe;

    #[derive(ShmSafe)]
    #[repr(C)]
    pub(crate) struct Probe {
        ticks: u64,
        starts: u32,
        resumes: u32,
        right: u32,
        left: u32,
        flag: bool,
    }
    idle_root!(Probe);
}

/// More than any machine's shared memory: 8 TiB.
mod huge {
    use super::{Context, Resumed, Root, World};
    use resume_core::ShmSafe;

    #[derive(ShmSafe)]
    #[repr(C)]
    pub(crate) struct Huge {
        words: [u64; 1 << 40],
    }
    idle_root!(Huge);
}

mod other {
    use super::{Context, Resumed, Root, World};
    use resume_core::ShmSafe;

    #[derive(ShmSafe)]
    #[repr(C)]
    pub(crate) struct OtherServer {
        players: u32,
    }
    idle_root!(OtherServer);
}

fn field(name: &str) -> usize {
    Prefix::FIELDS.iter().find(|f| f.name == name).unwrap().offset
}

fn open_as<R: Root<Env = World>>(options: &Options) -> OpenError {
    options.open_or_create::<R>(&mut World::default()).unwrap_err()
}

#[test]
fn a_segment_of_another_root_type_is_refused() {
    let place = Place::stopped();
    let before = place.bytes();
    let error = open_as::<other::OtherServer>(&place.options());
    assert!(place.bytes() == before);
    assert!(matches!(error, OpenError::OtherRoot { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("expected root OtherServer, found root Probe"), "{text}");
}

#[test]
fn two_swapped_fields_of_one_type_are_refused() {
    let place = Place::stopped();
    let before = place.bytes();
    let error = open_as::<swapped::Probe>(&place.options());
    assert!(place.bytes() == before);
    let OpenError::Layout(mismatch) = &error else { panic!("{error}") };
    let text = error.to_string();
    assert!(text.contains(".left") && text.contains(".right"), "{text}");
    let diff = mismatch.difference.as_ref().unwrap();
    assert_eq!(diff.changes.len(), 1, "{diff}");
    assert_eq!(diff.changes[0].reason.code(), "fields_swapped", "{diff}");
    // The bytes are laid out alike; only the meaning differs.
    assert_eq!(mismatch.expected_layout, mismatch.found_layout);
    assert_ne!(mismatch.expected_schema, mismatch.found_schema);
}

#[test]
fn a_damaged_record_does_not_hide_that_the_layouts_differ() {
    let place = Place::stopped();
    place.poke(1024 + 300, &[0xff; 8]);
    let error = open_as::<swapped::Probe>(&place.options());
    let OpenError::Layout(mismatch) = &error else { panic!("{error}") };
    assert!(mismatch.difference.as_ref().is_err_and(|why| why.contains("CRC")), "{error}");
    assert!(matches!(segment::inspect(&place.name), Err(OpenError::Inconsistent { .. })));
}

#[test]
fn every_truncation_is_refused() {
    let place = Place::stopped();
    let whole = place.bytes();
    let lengths = (1..1100).step_by(7).chain((1100..whole.len()).step_by(509)).chain([whole.len() - 1]);
    for length in lengths {
        std::fs::write(place.path(), &whole[..length]).unwrap();
        let error = place.refused();
        match length {
            ..1024 => assert!(matches!(error, OpenError::TooShort { .. }), "{length}: {error}"),
            _ => assert!(matches!(error, OpenError::Size { .. }), "{length}: {error}"),
        }
        assert!(error.to_string().contains(&length.to_string()), "{error}");
    }
    std::fs::write(place.path(), [&whole[..], &[0]].concat()).unwrap();
    assert!(matches!(place.refused(), OpenError::Size { .. }));
}

#[test]
fn every_single_bit_flipped_in_the_prefix_is_refused() {
    let place = Place::stopped();
    let whole = place.bytes();
    for bit in 0..512 * 8 {
        let (at, mask) = (bit / 8, 1 << (bit % 8));
        place.poke(at as u64, &[whole[at] ^ mask]);
        let error = place.refused();
        let right = match at {
            0..8 => matches!(error, OpenError::NotASegment { .. }),
            8..12 => matches!(error, OpenError::HeaderVersion { .. }),
            _ => matches!(error, OpenError::PrefixDamaged { .. }),
        };
        assert!(right, "bit {bit}: {error}");
        place.poke(at as u64, &whole[at..=at]);
    }
    assert!(place.open().is_ok());
}

#[test]
fn every_single_bit_flipped_in_the_state_of_a_live_segment_ends_well() {
    let place = Place::stopped();
    place.poke(512, b"LIVE\0\0\0\0");
    let crashed = place.bytes();
    for bit in 0..64 {
        let at = 512 + bit / 8;
        place.poke(at as u64, &[crashed[at] ^ 1 << (bit % 8)]);
        let error = place.refused();
        assert!(matches!(error, OpenError::StateUnknown { .. }), "bit {bit}: {error}");
        place.poke(at as u64, &crashed[at..=at]);
    }
}

#[test]
fn another_header_version_is_refused_even_with_a_right_crc() {
    let place = Place::stopped();
    place.forge(field("header_version"), &2u32.to_le_bytes());
    let error = place.refused();
    assert!(matches!(error, OpenError::HeaderVersion { expected: 1, found: 2, .. }), "{error}");
}

#[test]
fn a_prefix_of_another_machine_is_refused() {
    for (name, value) in [("endianness", 2u32), ("pointer_bytes", 4), ("page_bytes", 65536)] {
        let place = Place::stopped();
        place.forge(field(name), &value.to_le_bytes());
        let error = place.refused();
        assert!(matches!(error, OpenError::OtherMachine { .. }), "{name}: {error}");
    }
}

#[test]
fn a_prefix_that_contradicts_itself_is_refused() {
    let numbers = [
        "base",
        "segment_bytes",
        "record_offset",
        "record_bytes",
        "journal_offset",
        "journal_bytes",
        "root_offset",
        "root_bytes",
        "root_align",
    ];
    let place = Place::stopped();
    let whole = place.bytes();
    for name in numbers {
        let at = field(name);
        let honest = u64::from_le_bytes(whole[at..at + 8].try_into().unwrap());
        let hostile = [0, 1, 7, 4096, honest / 2, honest + 1, honest ^ 0x1000, 1 << 47, 1 << 63, u64::MAX];
        for value in hostile.into_iter().filter(|v| *v != honest) {
            place.forge(at, &value.to_le_bytes());
            // A base elsewhere is the creator's choice; mapped there, it attaches as it should.
            if name == "base" && value.is_multiple_of(4096) && (0x1_0000..1 << 47).contains(&value) {
                continue;
            }
            let error = place.refused();
            let right = matches!(error, OpenError::Inconsistent { .. } | OpenError::Size { .. });
            assert!(right, "{name} = {value:#x}: {error}");
        }
        std::fs::write(place.path(), &whole).unwrap();
    }
}

#[test]
fn a_forged_prefix_with_a_right_crc_never_panics() {
    let place = Place::stopped();
    let whole = place.bytes();
    // A linear congruential generator (Knuth's constants): the same numbers in every run.
    let mut seed = 1u64;
    let mut random = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        seed >> 33
    };
    let (mut refused, mut opened) = (0, 0);
    for _ in 0..3000 {
        let at = (random() % 500) as usize;
        let bytes = (random() << 31 | random()).to_le_bytes();
        place.forge(at, &bytes[..1 + (random() % 8) as usize]);
        match place.open() {
            Ok(_) => opened += 1,
            Err(_) => refused += 1,
        }
        std::fs::write(place.path(), &whole).unwrap();
    }
    // Half of the prefix is text, ids and reserve, of which any bits are right.
    assert!(refused > 500 && opened > 500, "{refused} refused, {opened} opened");
}

#[test]
fn a_segment_from_before_a_reboot_is_refused() {
    let place = Place::stopped();
    place.forge(field("boot_id"), &[0x5a; 16]);
    let error = place.refused();
    assert!(matches!(error, OpenError::OtherBoot { .. }), "{error}");
    assert!(error.to_string().contains("5a5a5a5a-5a5a-5a5a-5a5a-5a5a5a5a5a5a"), "{error}");
    assert!(!segment::inspect(&place.name).unwrap().this_boot);
}

#[test]
fn a_foreign_file_of_that_name_is_refused() {
    let place = Place::new();
    std::fs::write(place.path(), vec![0; 8192]).unwrap();
    chmod(&place, 0o600);
    let error = place.refused();
    assert!(matches!(error, OpenError::NotASegment { .. }), "{error}");
    assert!(error.to_string().contains(&MAGIC.escape_ascii().to_string()), "{error}");
}

fn chmod(place: &Place, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(place.path(), std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn any_other_mode_is_refused() {
    let place = Place::stopped();
    for mode in [0o644, 0o660, 0o700, 0o4600, 0o601] {
        chmod(&place, mode);
        let error = place.refused();
        let OpenError::Mode { expected: 0o600, found, .. } = error else { panic!("{mode:o}: {error}") };
        assert_eq!(found, mode);
    }
    chmod(&place, 0o600);
    assert!(place.open().is_ok());
}

#[test]
fn a_segment_of_another_user_is_refused() {
    // Giving a file away takes root; CI and development containers run as root.
    assert!(rustix::process::geteuid().is_root(), "this test must run as root to chown a segment");
    let place = Place::stopped();
    std::os::unix::fs::chown(place.path(), Some(65534), None).unwrap();
    let error = place.refused();
    assert!(matches!(error, OpenError::OtherUser { expected: 0, found: 65534, .. }), "{error}");
}

#[test]
fn links_folders_and_pipes_are_refused() {
    let target = Place::stopped();
    let place = Place::new();
    std::os::unix::fs::symlink(target.path(), place.path()).unwrap();
    let before = target.bytes();
    let error = place.open().unwrap_err();
    assert!(matches!(error, OpenError::NotRegular { .. }), "{error}");
    assert!(error.to_string().contains("a symbolic link"), "{error}");
    assert!(target.bytes() == before);

    let place = Place::new();
    std::fs::create_dir(place.path()).unwrap();
    let error = place.open().unwrap_err();
    assert!(error.to_string().contains("a folder"), "{error}");

    let place = Place::new();
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, place.path(), rustix::fs::FileType::Fifo, mode, 0).unwrap();
    let error = place.open().unwrap_err();
    assert!(matches!(error, OpenError::NotRegular { .. }), "{error}");
}

#[test]
fn a_taken_address_range_is_named_and_nothing_is_changed_or_left() {
    let place = Place::stopped();
    let obstacle = Obstacle::at(place.base + 8192);
    let error = place.refused();
    let OpenError::AddressTaken { base, conflict, .. } = &error else { panic!("{error}") };
    assert_eq!(*base, place.base);
    assert!(conflict.starts_with(&format!("{:x}-", place.base + 8192)), "{conflict}");
    drop(obstacle);
    assert!(place.open().is_ok());

    let fresh = Place::new();
    let _obstacle = Obstacle::at(fresh.base);
    let error = fresh.open().unwrap_err();
    assert!(matches!(error, OpenError::AddressTaken { .. }), "{error}");
    assert!(!fresh.exists());
}

#[test]
fn too_little_shared_memory_is_an_error_at_create_that_leaves_nothing() {
    for reserve in [true, false] {
        let place = Place::new();
        let error = open_as::<huge::Huge>(&place.options().base(BASE_DEFAULT).reserve(reserve));
        let OpenError::NoSpace { needed, available, .. } = error else { panic!("{error}") };
        assert!(needed > 8 << 40 && available < needed, "{needed} {available}");
        assert!(!place.exists());
    }
}

#[test]
fn a_dev_shm_that_is_too_small_is_named_with_its_bytes() {
    let place = Place::new();
    let in_a_small_one = || {
        small_dev_shm("size=256k");
        for reserve in [true, false] {
            let options = place.options().journal_bytes(1 << 20).reserve(reserve);
            let error = open_as::<segment_support::Probe>(&options);
            let OpenError::NoSpace { needed, available, .. } = error else { panic!("{error}") };
            assert_eq!((needed, available), ((1 << 20) + 8192, 256 << 10));
            assert_eq!(std::fs::read_dir("/dev/shm").unwrap().count(), 0);
        }
        // What fits is made.
        assert!(place.open().is_ok());
    };
    std::thread::scope(|scope| scope.spawn(in_a_small_one).join()).unwrap();
    assert!(!place.exists(), "it was in the other /dev/shm");
}

#[test]
fn options_that_cannot_work_are_refused_before_anything_is_made() {
    let place = Place::new();
    let bad = [
        place.options().base(BASE_DEFAULT + 1),
        place.options().base(0),
        place.options().base(0x7fff_ffff_f000),
        place.options().base(!4095),
        place.options().journal_bytes(0),
        place.options().journal_bytes(u64::MAX - 7),
    ];
    for options in bad {
        let error = open_as::<other::OtherServer>(&options);
        assert!(matches!(error, OpenError::Option { .. }), "{options:?}: {error}");
        assert!(!place.exists());
    }
    let error = open_as::<other::OtherServer>(&Options::new("no-slash"));
    assert!(matches!(error, OpenError::Name(_)), "{error}");
}

#[test]
fn words_outside_the_frozen_prefix_never_panic_whatever_they_hold() {
    let place = Place::stopped();
    let whole = place.bytes();
    for word in WordValues::FIELDS.iter().filter(|w| w.name != "state") {
        for value in [1u64, 3, 1 << 31, 1 << 63, u64::MAX] {
            std::fs::write(place.path(), &whole).unwrap();
            place.poke(word.offset as u64, &value.to_le_bytes());
            place.poke(512, b"LIVE\0\0\0\0");
            let seen = segment::inspect(&place.name).unwrap();
            assert_eq!(seen.state, Some(segment::State::Live));
            let mut opened = place.open().unwrap();
            assert_eq!(opened.live.with(|root, _| root.ticks), 3, "{} = {value:#x}", word.name);
        }
    }
}

/// Not a test of its own: the entry of child processes.
#[test]
fn plays_its_role() {
    let Some((role, place)) = segment_support::role() else { return };
    segment_support::play(&role, &place);
}
