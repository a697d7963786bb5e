//! The feature `serde` of `resume-core`: values are written as their std counterparts are.
use std::fmt::Debug;
use std::time::Duration;

use resume_core::container::{StaticString, StaticVec};
use resume_core::{
    Id128, ShmDuration, ShmInstant, ShmIpAddr, ShmIpv4, ShmIpv6, ShmOption, ShmPair, ShmRange,
    ShmRangeInclusive, ShmResult, ShmSafe, ShmSocketAddr, ShmTriple,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

#[track_caller]
fn as_std<Ours, Std>(ours: &Ours, std: &Std)
where
    Ours: Serialize + DeserializeOwned + PartialEq + Debug,
    Std: Serialize,
{
    let json = serde_json::to_string(ours).expect("it fits");
    assert_eq!(json, serde_json::to_string(std).expect("it fits"));
    assert_eq!(&serde_json::from_str::<Ours>(&json).expect("it fits"), ours);
}

#[test]
fn values_are_written_as_std_writes_them() {
    as_std(&ShmOption::Some(3), &Some(3));
    as_std(&ShmOption::<u8>::None, &None::<u8>);
    as_std(&ShmResult::<u8, bool>::Err(true), &Err::<u8, _>(true));
    as_std(&ShmPair(1, 'x'), &(1, 'x'));
    as_std(&ShmTriple(1, 2, 3), &(1, 2, 3));
    as_std(&ShmRange::from(3..5), &(3..5));
    as_std(&ShmRangeInclusive::from(3..=5), &(3..=5));
    as_std(&ShmDuration::from_millis(1500), &Duration::from_millis(1500));
    as_std(&ShmInstant::from_nanos(7), &7_u64);
    as_std(&"1.2.3.4".parse::<ShmIpv4>().unwrap(), &"1.2.3.4");
    as_std(&"::1".parse::<ShmIpv6>().unwrap(), &"::1");
    as_std(&"::1".parse::<ShmIpAddr>().unwrap(), &"::1");
    as_std(&"1.2.3.4:5".parse::<ShmSocketAddr>().unwrap(), &"1.2.3.4:5");
    as_std(&Id128::new(255), &format!("{:032x}", 255));
    as_std(&StaticString::<8>::try_from("Ada").unwrap(), &"Ada");
}

#[test]
fn what_does_not_fit_is_an_error_and_no_cut() {
    let error = serde_json::from_str::<StaticString<3>>("\"Grace\"").unwrap_err().to_string();
    assert!(error.contains("length 5, expected a text of at most 3 bytes"), "{error}");
    let error = serde_json::from_str::<StaticVec<u8, 2>>("[1, 2, 3]").unwrap_err().to_string();
    assert!(error.contains("expected a sequence of at most 2 elements"), "{error}");
    let error = serde_json::from_str::<Id128>("\"12\"").unwrap_err().to_string();
    assert!(error.contains("expected an id of 32 hexadecimal digits, found 2"), "{error}");
    assert_eq!(serde_json::from_str::<StaticVec<u8, 3>>("[1, 2, 3]").unwrap().as_slice(), [1, 2, 3]);
}

/// State types may derive both.
#[test]
fn a_state_type_derives_serde_beside() {
    #[derive(ShmSafe, serde::Serialize, serde::Deserialize, Debug, PartialEq, Default)]
    #[repr(C)]
    struct Player {
        name: StaticString<8>,
        target: ShmOption<u32>,
        expires: ShmInstant,
        levels: ShmRange<u16>,
    }
    let player = Player { target: ShmOption::Some(4), ..Player::default() };
    let json = serde_json::to_string(&player).unwrap();
    assert_eq!(json, r#"{"name":"","target":4,"expires":0,"levels":{"start":0,"end":0}}"#);
    assert_eq!(serde_json::from_str::<Player>(&json).unwrap(), player);
}
