//! What changed between two layouts, by path from the root, and what that means for live state.
//!
//! Vocabulary: a *change* is an edit somebody made (a field added, a pool enlarged). What follows from it
//! by itself (later fields shift, owners grow) is a *consequence*: kept apart, so that one edit is one
//! line. Types are compared pair by pair, each pair once ([`pair`]); within a pair, fields and variants
//! are matched by name ([`fields`], [`variants`], [`containers`]); [`report`] turns the pairs into paths, [`maps`] into
//! what a drawing needs.
//!
//! The descriptors decide, not the hashes: equal hashes never hide a difference here, and unequal ones
//! are never called identical, even when no change explains them ([`Reason::Unexplained`]).

mod containers;
mod fields;
mod maps;
mod pair;
mod report;
mod rules;
mod text;
mod variants;

pub use maps::{Part, Place, TypeMap};

use super::model::Layout;

/// What a change means for state that the old executable left behind. In order of severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Class {
    /// Nothing changed.
    Identical,
    /// The bytes are the same; only names differ, and the new source says that it is the same thing. A
    /// rename that nothing declares may be a removal and an addition, so it is [`Migratable`](Self::Migratable).
    Renamed,
    /// The bytes that existed are the same; something new took space that was reserved and zero.
    Appended,
    /// Old values must move, and each has an obvious place or default in the new layout.
    Migratable,
    /// Old values may have no counterpart: start from an empty segment, or convert by hand.
    Fatal,
}

impl Class {
    /// All classes, from the mildest on.
    pub const ALL: [Self; 5] =
        [Self::Identical, Self::Renamed, Self::Appended, Self::Migratable, Self::Fatal];

    /// The name in reports and on command lines.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::Renamed => "renamed",
            Self::Appended => "appended",
            Self::Migratable => "migratable",
            Self::Fatal => "fatal",
        }
    }
}

impl core::fmt::Display for Class {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(self.name())
    }
}

macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal,)*) => {
        /// Why two layouts differ at a path.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Reason {
            $($(#[doc = $doc])+ $variant,)*
        }

        impl Reason {
            /// All reasons.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable code in reports.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// What it means, in a sentence.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii(),)* }
            }
        }
    };
}

reasons! {
    /// A field that the old layout does not have.
    FieldAdded = "field_added",
    /// A field that the new layout does not have.
    FieldRemoved = "field_removed",
    /// A field has another name, and declares the old one (`renamed_from`).
    FieldRenamed = "field_renamed",
    /// A field of the same type at the same place has another name, and nothing declares that it is the same.
    FieldRenamedSuspected = "field_renamed_suspected",
    /// Two fields changed places.
    FieldsSwapped = "fields_swapped",
    /// A field moved among its neighbours.
    FieldMoved = "field_moved",
    /// A field starts at another offset although everything before it is as it was.
    PaddingMoved = "padding_moved",
    /// A consequence: a field starts at another offset because something before it changed.
    FieldShifted = "field_shifted",
    /// Space kept for later fields has another size or place.
    ReservedChanged = "reserved_changed",
    /// The type is another one.
    TypeChanged = "type_changed",
    /// A type has another name, and declares the old one (`renamed_from`).
    TypeRenamed = "type_renamed",
    /// A type of mostly the same fields has another name, and nothing declares that it is the same.
    TypeRenamedSuspected = "type_renamed_suspected",
    /// The length of an array or the capacity of a container.
    CapacityChanged = "capacity_changed",
    /// The capacity (of timers: the buckets) of a container that computes from it where an element is.
    PlacesChanged = "places_changed",
    /// The key of a hash map or set has a field that its old entries were not hashed with.
    KeysHashedAnew = "keys_hashed_anew",
    /// The inner structure of a container: another version of `resume-core` wrote it.
    ContainerFormatChanged = "container_format_changed",
    /// A variant that the old layout does not have.
    VariantAdded = "variant_added",
    /// A variant that the new layout does not have: values that hold it have no counterpart.
    VariantRemoved = "variant_removed",
    /// A variant of the same discriminant and fields has another name; it may be another thing.
    VariantRenamedSuspected = "variant_renamed_suspected",
    /// The variants are declared in another order, with the same discriminants.
    VariantsReordered = "variants_reordered",
    /// A variant has another number, so old tags mean something else.
    DiscriminantChanged = "discriminant_changed",
    /// An enum's tag has another integer type.
    TagChanged = "tag_changed",
    /// A handle leads into another pool.
    HandleTargetChanged = "handle_target_changed",
    /// An alignment was asked for (`align(N)`), changed or dropped.
    AlignChanged = "align_changed",
    /// The size; a consequence unless nothing else explains it.
    SizeChanged = "size_changed",
    /// The identities differ and no change above explains it.
    Unexplained = "unexplained",
}

/// A place in one of the two layouts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Side {
    /// The name of the field or variant; of the type, for the root and for elements.
    pub name: String,
    /// The type.
    pub ty: String,
    /// Bytes from the start of the owner.
    pub offset: u64,
    /// Bytes.
    pub size: u64,
    /// The length or capacity, for [`Reason::CapacityChanged`] and [`Reason::PlacesChanged`].
    pub count: Option<u64>,
    /// The discriminant, for reasons about variants.
    pub discriminant: Option<i128>,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// From the root, as the new layout names it: `SceneServer.players[].hp`. Elements are `[]`, those of
    /// a map `[].key` and `[].value`.
    pub path: String,
    /// The other field of a swap, as a path.
    pub partner: Option<String>,
    /// Why.
    pub reason: Reason,
    /// What it means for old state.
    pub class: Class,
    /// Before; `None` when it was not there.
    pub old: Option<Side>,
    /// After; `None` when it is not there.
    pub new: Option<Side>,
    /// How many more paths lead to the same type, which is reported once.
    pub other_paths: u64,
}

/// One of the two layouts, as a headline.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Head {
    /// The root's name.
    pub root: String,
    /// The root's bytes.
    pub size: u64,
    /// Its LAYOUT hash.
    pub layout: u128,
    /// Its SCHEMA hash.
    pub schema: u128,
}

impl Head {
    fn of(layout: &Layout) -> Self {
        let root = layout.root();
        Self { root: root.name.clone(), size: root.size, layout: root.layout, schema: root.schema }
    }
}

/// What changed between two layouts. `Display` prints it for people, with what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diff {
    /// The worst class of all changes.
    pub class: Class,
    /// The edits, in the order of the paths.
    pub changes: Vec<Change>,
    /// What follows from them.
    pub consequences: Vec<Change>,
    /// Changes that are not listed because the list would be absurdly long; `class` knows them.
    pub changes_dropped: u64,
    /// The structs and enums in which something changed or shifted, part by part: for drawings.
    pub maps: Vec<TypeMap>,
    /// The old side.
    pub old: Head,
    /// The new side.
    pub new: Head,
}

impl Diff {
    /// Nothing changed.
    pub fn is_identical(&self) -> bool {
        self.class == Class::Identical
    }
}

/// Compares two layouts. Takes time about proportional to their size.
pub fn diff(old: &Layout, new: &Layout) -> Diff {
    let report::Report { mut changes, consequences, changes_dropped, maps, class } =
        report::report(pair::Pairs::compare(old, new));
    let (old, new) = (Head::of(old), Head::of(new));
    let mut class = class.unwrap_or(Class::Identical);
    if class == Class::Identical && (old.layout, old.schema) != (new.layout, new.schema) {
        let side = |head: &Head| {
            Some(Side {
                name: head.root.clone(),
                ty: head.root.clone(),
                offset: 0,
                size: head.size,
                count: None,
                discriminant: None,
            })
        };
        changes.push(Change {
            path: new.root.clone(),
            partner: None,
            reason: Reason::Unexplained,
            class: Class::Fatal,
            old: side(&old),
            new: side(&new),
            other_paths: 0,
        });
        class = Class::Fatal;
    }
    Diff { class, changes, consequences, changes_dropped, maps, old, new }
}
