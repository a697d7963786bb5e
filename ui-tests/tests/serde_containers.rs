//! The feature `serde` of `resume-core`: containers are written as their std counterparts are, and read again.
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use resume_core::container::{
    BitSet, OrderedMap, Ring, StaticList, StaticMap, StaticSet, Versioned, buckets_for,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

#[track_caller]
fn as_std<Ours, Std>(ours: &Ours, std: &Std)
where
    Ours: Serialize + DeserializeOwned + Debug,
    Std: Serialize,
{
    let json = serde_json::to_string(ours).expect("it is written");
    assert_eq!(json, serde_json::to_string(std).expect("it is written"));
    let again: Ours = serde_json::from_str(&json).expect("it fits");
    assert_eq!(format!("{again:?}"), format!("{ours:?}"));
}

#[track_caller]
fn refused<Ours: DeserializeOwned>(json: &str, why: &str) {
    let error = serde_json::from_str::<Ours>(json).err().expect("it does not fit").to_string();
    assert!(error.contains(why), "{error}");
}

#[test]
fn containers_are_written_as_std_writes_them() {
    let mut ring = Ring::<u8, 3>::new();
    let mut list = StaticList::<u8, 3>::new();
    for value in [2, 3, 1] {
        ring.push_back(value).expect("it fits");
        list.push_back(value).expect("it fits");
    }
    as_std(&ring, &[2, 3, 1]);
    as_std(&list, &[2, 3, 1]);
    let mut bits = BitSet::<1>::new();
    bits.insert(63).expect("it fits");
    as_std(&bits, &BTreeSet::from([63]));
    let mut set = StaticSet::<u8, 16>::new();
    set.insert(9).expect("it fits");
    as_std(&set, &BTreeSet::from([9]));
    let mut map = StaticMap::<u8, bool, { buckets_for(1) }>::new();
    map.insert(9, true).expect("it fits");
    as_std(&map, &BTreeMap::from([(9, true)]));
    let mut ordered = OrderedMap::<u8, bool, 2>::new();
    ordered.insert(9, true).expect("it fits");
    ordered.insert(3, false).expect("it fits");
    as_std(&ordered, &BTreeMap::from([(9, true), (3, false)]));
    let mut versioned = Versioned::<u8>::new();
    assert_eq!(serde_json::to_string(&versioned).expect("it is written"), "null");
    versioned.set(4);
    as_std(&versioned, &Some(4));
}

#[test]
fn what_does_not_fit_is_an_error() {
    refused::<Ring<u8, 2>>("[1,2,3]", "invalid length 3");
    refused::<StaticList<u8, 2>>("[1,2,3]", "invalid length 3");
    refused::<BitSet<1>>("[64]", "64 places");
    refused::<OrderedMap<u8, u8, 1>>(r#"{"1":1,"2":2}"#, "at most 1 entries");
    refused::<Versioned<u8>>("300", "300");
}
