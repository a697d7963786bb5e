//! The values that replace std's: layout, conversions, behaviour at the limits.
use std::time::Duration;

use resume_core::layout::{Kind, Prim};
use resume_core::{ShmDuration, ShmInstant, ShmOption, ShmSafe};

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
