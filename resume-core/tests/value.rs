//! The values that replace std's: layout, conversions, behaviour at the limits.
use std::time::Duration;

use resume_core::layout::{Kind, Prim};
use resume_core::value::ParseIdError;
use resume_core::{
    Id128, ShmDuration, ShmInstant, ShmIpAddr, ShmIpv4, ShmOption, ShmPair, ShmRange, ShmRangeInclusive,
    ShmResult, ShmSafe, ShmSocketAddr, ShmTriple,
};

#[test]
fn an_option_is_a_tag_byte_and_the_value() {
    let Kind::Enum { tag: Prim::U8, variants: [none, some] } = ShmOption::<u32>::DESC.kind else {
        panic!("{:?}", ShmOption::<u32>::DESC.kind)
    };
    assert_eq!((none.name, none.discriminant, none.fields.len()), ("None", 0, 0));
    assert_eq!((some.name, some.discriminant, some.fields[0].offset), ("Some", 1, 4));
    assert!(ShmOption::<core::num::NonZeroU8>::DESC.zero_valid, "zero is None");
    assert_eq!(ShmOption::<u32>::ID.to_string(), "ShmOption<u32>");
}

#[test]
fn an_option_converts_and_behaves_like_std() {
    let mut o = ShmOption::from(Some(3));
    assert_eq!(Option::from(o), Some(3));
    assert_eq!(o.replace(4), Some(3));
    if let Some(n) = o.as_mut() {
        *n += 1;
    }
    assert_eq!(o.iter().copied().collect::<Vec<_>>(), [5]);
    assert_eq!(o.map(|n| n * 2), ShmOption::Some(10));
    assert_eq!(o.take(), Some(5));
    assert_eq!((o, o.take(), o.unwrap_or(9), o.ok_or("none")), (ShmOption::None, None, 9, Err("none")));
    assert_eq!(*o.get_or_insert_with(|| 6), 6);
    assert_eq!(*o.get_or_insert_with(|| 7), 6);
    assert!(ShmOption::None < ShmOption::Some(0));
    assert_eq!(ShmOption::<u8>::default(), None.into());
}

#[test]
fn the_clock_runs_forward_from_the_boot() {
    let first = ShmInstant::now();
    std::thread::sleep(Duration::from_millis(2));
    let second = ShmInstant::now();
    assert!(second.saturating_since(first) >= ShmDuration::from_millis(2));
    let uptime = std::fs::read_to_string("/proc/uptime").unwrap();
    let uptime: f64 = uptime.split(' ').next().unwrap().parse().unwrap();
    assert!((first.as_nanos() as f64 / 1e9 - uptime).abs() < 60.0, "{first:?} is not near {uptime} s");
}

#[test]
fn time_saturates_at_its_ends() {
    let tick = ShmDuration::from_millis(1);
    assert_eq!(ShmInstant::NEVER + tick, ShmInstant::NEVER);
    assert_eq!(ShmInstant::BOOT - tick, ShmInstant::BOOT);
    assert_eq!(ShmInstant::BOOT.checked_since(ShmInstant::BOOT + tick), None);
    assert_eq!(ShmInstant::BOOT.saturating_since(ShmInstant::NEVER), ShmDuration::ZERO);
    assert_eq!(ShmDuration::from_secs(u64::MAX), ShmDuration::MAX);
    assert_eq!((ShmDuration::MAX + tick, ShmDuration::ZERO - tick), (ShmDuration::MAX, ShmDuration::ZERO));
    assert_eq!(
        (tick / 0, tick / 4, tick * u64::MAX),
        (ShmDuration::MAX, ShmDuration::from_micros(250), ShmDuration::MAX)
    );
    assert_eq!([tick; 3].into_iter().sum::<ShmDuration>(), tick * 3);
    assert_eq!(ShmDuration::from(Duration::MAX), ShmDuration::MAX);
    assert_eq!(Duration::from(ShmDuration::from_secs(7)), Duration::from_secs(7));
    assert_eq!(format!("{:?} {:?}", tick, ShmInstant::BOOT + tick), "1ms boot+1ms");
}

#[test]
fn all_zero_memory_is_the_empty_value_of_each() {
    fn zero<T: ShmSafe>() -> bool {
        T::DESC.zero_valid
    }
    assert!(zero::<ShmResult<u32, bool>>() && zero::<ShmPair<u8, char>>() && zero::<ShmTriple<u8, u8, u8>>());
    assert!(zero::<ShmRange<i64>>() && zero::<ShmRangeInclusive<f32>>() && zero::<ShmSocketAddr>());
    assert!(zero::<Id128>() && Id128::DESC.plain && ShmIpv4::DESC.plain && !ShmIpAddr::DESC.plain);
    assert!(!zero::<ShmResult<core::num::NonZeroU8, u8>>(), "zero is `Ok` of zero");
    assert_eq!((ShmSocketAddr::DESC.size, ShmIpAddr::DESC.size), (28, 17));
}

#[test]
fn results_pairs_and_triples_convert_and_order_like_std() {
    let mut result = ShmResult::<u8, u16>::from(Ok(3));
    if let Ok(n) = result.as_mut() {
        *n += 1;
    }
    assert_eq!((result.is_ok(), result.ok(), result.err()), (true, Some(4), None));
    assert!(ShmResult::<u8, u8>::Ok(9) < ShmResult::Err(0), "as std orders them");
    assert_eq!(ShmResult::<u8, u8>::default(), Ok(0).into());
    assert_eq!(ShmResult::<u8, u8>::Err(5).into_result(), Err(5));
    assert_eq!(<(u8, char)>::from(ShmPair::from((1, 'a'))), (1, 'a'));
    assert!(ShmTriple(1, 2, 3) < ShmTriple(1, 3, 0));
    assert_eq!(<(u8, u16, bool)>::from(ShmTriple(1, 2, true)), (1, 2, true));
}

#[test]
fn ranges_hold_what_std_ranges_hold() {
    for (start, end) in [(0, 0), (1, 5), (5, 1), (-3, 3)] {
        let (half, whole) = (ShmRange::from(start..end), ShmRangeInclusive::from(start..=end));
        assert_eq!((half.is_empty(), whole.is_empty()), ((start..end).is_empty(), (start..=end).is_empty()));
        for n in -5..7 {
            assert_eq!(half.contains(&n), (start..end).contains(&n));
            assert_eq!(whole.contains(&n), (start..=end).contains(&n));
        }
        assert_eq!((half.into_std(), whole.into_std()), (start..end, start..=end));
        assert_eq!(format!("{half:?} {whole:?}"), format!("{:?} {:?}", start..end, start..=end));
    }
    assert!(ShmRange { start: f32::NAN, end: 1.0 }.is_empty());
    assert!(ShmRangeInclusive { start: 1.0, last: f32::NAN }.is_empty());
}

#[test]
fn network_addresses_lose_nothing() {
    for text in ["0.0.0.0:0", "192.0.2.7:65535", "[::1]:80", "[fe80::1%7]:1"] {
        let std: std::net::SocketAddr = text.parse().unwrap();
        let ours = ShmSocketAddr::from(std);
        assert_eq!(std::net::SocketAddr::from(ours), std);
        assert_eq!((ours.to_string(), text.parse()), (std.to_string(), Ok(ours)));
    }
    assert_eq!(ShmIpAddr::default(), "0.0.0.0".parse().unwrap());
    assert!("1.2.3".parse::<ShmIpv4>().is_err());
}

#[test]
fn an_id_is_read_as_it_is_written() {
    for id in [Id128::NIL, Id128::new(1), Id128::new(u128::MAX), Id128::new(0xabc << 100)] {
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(Id128::from(<[u8; 16]>::from(id)), id);
        assert_eq!(Id128::from(u128::from(id)), id);
    }
    assert_eq!("12".parse::<Id128>(), Err(ParseIdError::Length { found: 2 }));
    assert_eq!("0".repeat(33).parse::<Id128>(), Err(ParseIdError::Length { found: 33 }));
    assert_eq!("zz".parse::<Id128>(), Err(ParseIdError::Digit { found: 'z', at: 0 }));
    assert_eq!(format!("{:?}", Id128::new(255)), format!("Id128({}ff)", "0".repeat(30)));
}

#[test]
fn what_a_rust_user_reaches_for_is_there() {
    let mut o = ShmOption::<u32>::None;
    assert_eq!((*o.get_or_insert(3), *o.get_or_insert(4), *o.insert(5)), (3, 3, 5));
    assert_eq!(
        (o.and_then(|n| ShmOption::Some(n + 1)), o.and_then(|_| ShmOption::<u8>::None).is_none()),
        (6.into(), true)
    );
    assert_eq!((o.filter(|n| *n > 5), o.filter(|n| *n == 5)), (ShmOption::None, 5.into()));
    assert_eq!((o.or(ShmOption::Some(9)), ShmOption::None.or(o)), (o, o));
    assert_eq!(
        (o.map_or(0, |n| n * 2), o.ok_or_else(|| ""), o.unwrap(), o.expect("is there")),
        (10, Ok(5), 5, 5)
    );
    let caught = std::panic::catch_unwind(|| ShmOption::<u32>::None.expect("a target"));
    assert_eq!(caught.unwrap_err().downcast_ref::<String>().map(String::as_str), Some("a target"));

    let tick = ShmDuration::from_millis(250);
    assert_eq!((ShmDuration::from_secs_f64(0.25), ShmDuration::from_secs_f32(0.25)), (tick, tick));
    assert_eq!((tick.as_secs_f64(), tick.as_secs_f32()), (0.25, 0.25));
    for nothing in [f64::NAN, -1.0, f64::NEG_INFINITY, 0.0] {
        assert!(
            ShmDuration::from_secs_f64(nothing).is_zero() && tick.mul_f64(nothing).is_zero(),
            "{nothing}"
        );
    }
    assert_eq!((ShmDuration::from_secs_f64(f64::INFINITY), tick.mul_f64(2.0)), (ShmDuration::MAX, tick * 2));
    assert_eq!((tick.checked_add(ShmDuration::MAX), tick.checked_add(tick)), (None, Some(tick * 2)));
    assert_eq!((tick.checked_sub(tick * 2), (tick * 2).checked_sub(tick)), (None, Some(tick)));
    assert_eq!(
        (tick.saturating_sub(tick * 2), tick.saturating_add(ShmDuration::MAX)),
        (tick - tick * 2, ShmDuration::MAX)
    );
    assert_eq!(
        (ShmInstant::NEVER.checked_add(tick), ShmInstant::BOOT.checked_add(tick)),
        (None, Some(ShmInstant::BOOT + tick))
    );
    assert!(ShmInstant::BOOT.elapsed() > ShmDuration::ZERO && ShmInstant::NEVER.elapsed().is_zero());

    let mut walked = Vec::new();
    for n in ShmRange::from(1..4) {
        walked.push(n);
    }
    walked.extend(ShmRangeInclusive::from(4..=6));
    assert_eq!(walked, [1, 2, 3, 4, 5, 6]);

    let v4: std::net::SocketAddrV4 = "192.0.2.7:80".parse().unwrap();
    let v6: std::net::SocketAddrV6 = "[fe80::1%7]:1".parse().unwrap();
    assert_eq!(
        (ShmSocketAddr::from(v4).to_string(), ShmSocketAddr::from(v6).to_string()),
        (v4.to_string(), v6.to_string())
    );
    assert_eq!(
        (ShmIpAddr::from(*v4.ip()).to_string(), ShmIpAddr::from(*v6.ip()).to_string()),
        ("192.0.2.7".into(), "fe80::1".into())
    );
}
