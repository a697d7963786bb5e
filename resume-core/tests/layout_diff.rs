//! Each kind of edit is one change at its exact path; what follows from it is not.
#[path = "support/schema.rs"]
mod schema;

use resume_core::layout::{Class, Diff, Reason, diff};
use schema::layout;

const SCENE: &str = "
    SceneServer { tick: u64, players: Pool<Player, 5000>, scenes: StaticVec<Scene, 64>, names: StaticMap<u64, StaticString<16>, 128> }
    Player { id: u64, hp: u32, mana: u32, pos: Vec3, buffs: StaticVec<Buff, 8>, target: Handle<Player>, state: State }
    Vec3 { x: f32, y: f32, z: f32 }
    Buff { kind: u16, expires_at: u64 }
    Scene { id: u32, spawn: Vec3, reserved!: [u8; 20] }
    enum State: u8 { Idle, Walking { to: Vec3 }, Casting { skill: u32, until: u64 } }";

/// The diff of the scene and the scene with texts replaced.
fn edit(edits: &[(&str, &str)]) -> Diff {
    let mut new = SCENE.to_owned();
    for (from, to) in edits {
        assert!(new.contains(from), "{from} is in the schema");
        new = new.replace(from, to);
    }
    let (old, new) = (layout(SCENE), layout(&new));
    let diff = diff(&old, &new);
    assert_eq!(
        diff.is_identical(),
        (old.root().layout, old.root().schema) == (new.root().layout, new.root().schema),
        "the diff and the hashes agree: {diff}"
    );
    diff
}

#[track_caller]
fn assert_changes(edits: &[(&str, &str)], expected: &[(&str, Reason, Class)]) {
    let diff = edit(edits);
    let found: Vec<_> = diff.changes.iter().map(|c| (c.path.as_str(), c.reason, c.class)).collect();
    assert_eq!(found, expected, "\n{diff:#}");
    assert_eq!(diff.class, expected.iter().map(|c| c.2).max().unwrap_or(Class::Identical));
}

use Class::{Appended, Fatal, Migratable, Renamed};

#[test]
fn the_same_layout_is_identical() {
    assert_changes(&[], &[]);
}

#[test]
fn one_added_two_swapped_and_one_enlarged_are_three_changes() {
    assert_changes(
        &[
            ("kind: u16, expires_at: u64", "kind: u16, stacks: u16, expires_at: u64"),
            ("hp: u32, mana: u32", "mana: u32, hp: u32"),
            ("Pool<Player, 5000>", "Pool<Player, 8000>"),
        ],
        &[
            ("SceneServer.players", Reason::CapacityChanged, Migratable),
            ("SceneServer.players[].mana", Reason::FieldsSwapped, Migratable),
            ("SceneServer.players[].buffs[].stacks", Reason::FieldAdded, Migratable),
        ],
    );
    let diff = edit(&[("hp: u32, mana: u32", "mana: u32, hp: u32")]);
    assert_eq!(diff.changes[0].partner.as_deref(), Some("SceneServer.players[].hp"));
}

#[test]
fn a_field_that_shifts_others_is_one_change() {
    let diff = edit(&[("Player { id: u64,", "Player { level: u64, id: u64,")]);
    assert_eq!(diff.changes.len(), 1, "{diff:#}");
    assert_eq!(diff.changes[0].path, "SceneServer.players[].level");
    assert!(diff.consequences.iter().any(|c| c.path == "SceneServer.players[].buffs"), "{diff:#}");
    assert!(diff.consequences.iter().any(|c| c.path == "SceneServer.scenes"), "{diff:#}");
}

#[test]
fn a_type_on_several_paths_is_reported_once() {
    let diff = edit(&[("z: f32 }", "z: f32, w: f32 }")]);
    let change = &diff.changes[0];
    assert_eq!((diff.changes.len(), change.path.as_str()), (1, "SceneServer.players[].pos.w"), "{diff:#}");
    assert_eq!(change.other_paths, 2);
    assert!(diff.to_string().contains("also at 2 other paths"), "{diff}");
}

#[test]
fn fields() {
    assert_changes(
        &[("id: u64, hp: u32, mana: u32", "id: u64, mana: u32")],
        &[("SceneServer.players[].hp", Reason::FieldRemoved, Migratable)],
    );
    assert_changes(
        &[("hp: u32", "health: u32")],
        &[("SceneServer.players[].health", Reason::FieldRenamedSuspected, Migratable)],
    );
    assert_changes(
        &[("tick: u64, ", ""), ("StaticString<16>, 128> }", "StaticString<16>, 128>, tick: u64 }")],
        &[("SceneServer.tick", Reason::FieldMoved, Migratable)],
    );
    assert_changes(
        &[("kind: u16", "kind: u32")],
        &[("SceneServer.players[].buffs[].kind", Reason::TypeChanged, Migratable)],
    );
    assert_changes(
        &[("expires_at: u64", "expires_at: u32")],
        &[("SceneServer.players[].buffs[].expires_at", Reason::TypeChanged, Fatal)],
    );
    assert_changes(
        &[("hp: u32", "hp: AtomicU32")],
        &[("SceneServer.players[].hp", Reason::TypeChanged, Renamed)],
    );
    assert_changes(
        &[("hp: u32", "hp: NonZeroU32")],
        &[("SceneServer.players[].hp", Reason::TypeChanged, Fatal)],
    );
    assert_changes(
        &[("hp: u32", "hp: Cell<u32>")],
        &[("SceneServer.players[].hp", Reason::TypeChanged, Migratable)],
    );
    assert_changes(
        &[("target: Handle<Player>", "target: Handle<Scene>")],
        &[("SceneServer.players[].target", Reason::HandleTargetChanged, Fatal)],
    );
    assert_changes(
        &[("spawn: Vec3", "spawn: Buff")],
        &[("SceneServer.scenes[].spawn", Reason::TypeChanged, Fatal)],
    );
    assert_changes(
        &[("Buff { kind", "align(64) Buff { kind")],
        &[("SceneServer.players[].buffs[]", Reason::AlignChanged, Migratable)],
    );
}

#[test]
fn space_that_was_reserved_takes_new_fields() {
    assert_changes(
        &[("reserved!: [u8; 20]", "level: u32, reserved!: [u8; 16]")],
        &[("SceneServer.scenes[].level", Reason::FieldAdded, Appended)],
    );
    assert_changes(
        &[("reserved!: [u8; 20]", "level: [u16; 10]")],
        &[("SceneServer.scenes[].level", Reason::FieldAdded, Appended)],
    );
    // Less space than there was: what comes behind moves.
    assert_changes(
        &[("reserved!: [u8; 20]", "level: u32")],
        &[("SceneServer.scenes[].level", Reason::FieldAdded, Migratable)],
    );
    assert_changes(
        &[("reserved!: [u8; 20]", "level: NonZeroU32, reserved!: [u8; 16]")],
        &[("SceneServer.scenes[].level", Reason::FieldAdded, Migratable)],
    );
    assert_changes(
        &[("id: u32, spawn: Vec3", "spawn: Vec3"), ("reserved!: [u8; 20]", "reserved!: [u8; 24]")],
        &[
            ("SceneServer.scenes[].id", Reason::FieldRemoved, Migratable),
            ("SceneServer.scenes[].reserved", Reason::ReservedChanged, Migratable),
        ],
    );
    assert_changes(
        &[("reserved!: [u8; 20]", "reserved!: [u8; 24]")],
        &[("SceneServer.scenes[].reserved", Reason::ReservedChanged, Migratable)],
    );
}

#[test]
fn a_field_given_back_to_reserved_space_is_one_change() {
    let old = layout("R { id: u32, level: u32, reserved!: [u8; 16] }");
    let new = layout("R { id: u32, reserved!: [u8; 20] }");
    let diff = diff(&old, &new);
    let found: Vec<_> = diff.changes.iter().map(|c| (c.path.as_str(), c.reason)).collect();
    assert_eq!(found, [("R.level", Reason::FieldRemoved)], "{diff:#}");
}

#[test]
fn space_that_moves_others_was_not_reserved_for_it() {
    let old = layout("R { id: u64, reserved!: [u8; 12], tail: u32 }");
    let class_of = |new: &str| {
        let diff = diff(&old, &layout(new));
        assert_eq!(diff.changes[0].path, "R.level", "{diff:#}");
        diff.class
    };
    assert_eq!(class_of("R { id: u64, level: u64, reserved!: [u8; 4], tail: u32 }"), Appended);
    assert_eq!(class_of("R { id: u64, level: u64, reserved!: u32, tail: u32 }"), Appended);
    // `tail` starts earlier, though the size is the same.
    assert_eq!(class_of("R { id: u64, level: u64, tail: u32 }"), Migratable);
    // Every value is where it was, but the alignment asks owners for other places.
    assert_eq!(class_of("align(16) R { id: u64, level: u64, reserved!: [u8; 4], tail: u32 }"), Migratable);
}

#[test]
fn containers() {
    assert_changes(
        &[("StaticVec<Scene, 64>", "StaticVec<Scene, 32>")],
        &[("SceneServer.scenes", Reason::CapacityChanged, Fatal)],
    );
    assert_changes(
        &[("StaticMap<u64, StaticString<16>, 128>", "StaticMap<u32, StaticString<32>, 128>")],
        &[
            ("SceneServer.names[].key", Reason::TypeChanged, Fatal),
            ("SceneServer.names[].value", Reason::CapacityChanged, Migratable),
        ],
    );
    assert_changes(
        &[("StaticMap<u64, StaticString<16>, 128>", "StaticMap<u64, StaticString<16>, 128, OtherHash>")],
        &[("SceneServer.names", Reason::ContainerFormatChanged, Fatal)],
    );
    assert_changes(
        &[("StaticVec<Scene, 64>", "Pool<Scene, 64>")],
        &[("SceneServer.scenes", Reason::TypeChanged, Fatal)],
    );
    assert_changes(
        &[("reserved!: [u8; 20]", "grid: [[u8; 4]; 5]")],
        &[("SceneServer.scenes[].grid", Reason::FieldAdded, Appended)],
    );
}

#[test]
fn enums() {
    assert_changes(
        &[("until: u64 } }", "until: u64 }, Dead }")],
        &[("SceneServer.players[].state.Dead", Reason::VariantAdded, Appended)],
    );
    assert_changes(
        &[("Idle, ", "Idle, Dead, ")],
        &[("SceneServer.players[].state.Dead", Reason::VariantAdded, Migratable)],
    );
    assert_changes(
        &[("Walking { to: Vec3 }, ", "")],
        &[("SceneServer.players[].state.Walking", Reason::VariantRemoved, Fatal)],
    );
    assert_changes(
        &[("Walking", "Moving")],
        &[("SceneServer.players[].state.Moving", Reason::VariantRenamedSuspected, Migratable)],
    );
    assert_changes(
        &[("Idle, Walking { to: Vec3 },", "Walking { to: Vec3 }, Idle,")],
        &[
            ("SceneServer.players[].state.Walking", Reason::DiscriminantChanged, Migratable),
            ("SceneServer.players[].state.Idle", Reason::DiscriminantChanged, Migratable),
        ],
    );
    assert_changes(
        &[
            ("Idle, Walking { to: Vec3 }", "Walking { to: Vec3 } = 1, Idle = 0"),
            ("until: u64 } }", "until: u64 } = 2 }"),
        ],
        &[("SceneServer.players[].state", Reason::VariantsReordered, Renamed)],
    );
    assert_changes(
        &[("enum State: u8", "enum State: u32")],
        &[("SceneServer.players[].state", Reason::TagChanged, Migratable)],
    );
    assert_changes(
        &[("skill: u32, until", "skill: u32, rank: u32, until")],
        &[("SceneServer.players[].state.Casting.rank", Reason::FieldAdded, Migratable)],
    );
}

#[test]
fn types_under_another_name() {
    assert_changes(
        &[("Player", "Unit")],
        &[("SceneServer.players[]", Reason::TypeRenamedSuspected, Migratable)],
    );
    assert_changes(&[("SceneServer", "World")], &[("World", Reason::TypeRenamedSuspected, Migratable)]);
    let lobby = layout("Lobby { rooms: StaticVec<u64, 16> }");
    let diff = diff(&layout(SCENE), &lobby);
    assert_eq!((diff.changes.len(), diff.changes[0].reason, diff.class), (1, Reason::TypeChanged, Fatal));
}

#[test]
fn declared_renames_are_harmless_and_suspected_ones_are_not() {
    assert_changes(
        &[("hp: u32", "health@hp: u32")],
        &[("SceneServer.players[].health", Reason::FieldRenamed, Renamed)],
    );
    // A declared rename may move as well; only that must be migrated.
    assert_changes(
        &[("hp: u32, mana: u32", "mana: u32, health@hp: u32")],
        &[
            ("SceneServer.players[].mana", Reason::FieldsSwapped, Migratable),
            ("SceneServer.players[].health", Reason::FieldRenamed, Renamed),
        ],
    );
    // What the declaration names is not there: nothing is declared.
    assert_changes(
        &[("hp: u32", "health@life: u32")],
        &[("SceneServer.players[].health", Reason::FieldRenamedSuspected, Migratable)],
    );
    // The old field is still there, so the new one is another.
    assert_changes(
        &[("hp: u32", "hp: u32, health@hp: u32")],
        &[("SceneServer.players[].health", Reason::FieldAdded, Migratable)],
    );
    assert_changes(
        &[("Player {", "Unit@Player {"), ("<Player", "<Unit")],
        &[("SceneServer.players[]", Reason::TypeRenamed, Renamed)],
    );
    // Another type of the same bytes under the name of one that is gone: declared, but fields say more.
    assert_changes(
        &[("Buff { kind", "Effect@Buff { sort"), ("<Buff", "<Effect")],
        &[
            ("SceneServer.players[].buffs[]", Reason::TypeRenamed, Renamed),
            ("SceneServer.players[].buffs[].sort", Reason::FieldRenamedSuspected, Migratable),
        ],
    );
}

#[test]
fn space_is_reserved_by_declaration_only() {
    let class_of = |old: &str, new: &str| diff(&layout(old), &layout(new)).class;
    let (old, new) = ("R { id: u32, spare: [u8; 8] }", "R { id: u32, level: u32, spare: [u8; 4] }");
    assert_eq!(class_of(&old.replace("spare", "spare!"), &new.replace("spare", "spare!")), Appended);
    assert_ne!(class_of(old, new), Appended);
    assert_ne!(class_of(&old.replace("spare", "reserved"), &new.replace("spare", "reserved")), Appended);
}

#[test]
fn a_scalar_of_another_machine_is_no_rename() {
    // Found by the fuzz loop: the same primitive, aligned otherwise, moves what is around it.
    use resume_core::layout::{Draft, Field, Layout, Prim, Shape};
    let root = |name: &str, align| {
        let draft = |name: &str, shape, size, align| Draft {
            name: name.into(),
            renamed_from: None,
            shape,
            size,
            align,
            claim: None,
        };
        let fields = vec![Field { name: "x".into(), offset: 0, ty: 1, marks: Default::default() }];
        let scalar = Shape::Scalar { prim: Prim::U64, non_zero: false };
        let drafts = vec![draft("R", Shape::Struct { fields }, 8, align), draft(name, scalar, 8, align)];
        Layout::new(drafts).expect("a layout")
    };
    for name in ["u64", "AtomicU64"] {
        let diff = diff(&root("u64", 8), &root(name, 4));
        assert_eq!(diff.changes[0].reason, Reason::AlignChanged, "{diff}");
        assert_eq!(diff.class, Migratable);
    }
}

#[test]
fn explosive_graphs_end() {
    // 2^60 paths through 60 types: once as structs, once as containers that are reported at each path.
    let chain = |leaf: &str, open: &str, close: &str| {
        let mut text = String::from("Root { a: T0 }");
        for i in 0..48 {
            text += &format!("T{i} {{ a: {open}T{}{close}, b: {open}T{}{close} }}", i + 1, i + 1);
        }
        layout(&format!("{text} T48 {{ x: {leaf} }}"))
    };
    let diff = diff(&chain("u8", "", ""), &chain("u16", "", ""));
    assert_eq!(diff.changes.len(), 1);
    assert_eq!(diff.changes[0].other_paths, (1 << 48) - 1);
    let start = std::time::Instant::now();
    let diff = resume_core::layout::diff(&chain("[u8; 0]", "Cell<", ">"), &chain("[u16; 0]", "Cell<", ">"));
    assert!(!diff.is_identical());
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}
