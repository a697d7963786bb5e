//! Numbers as people read them.

/// With thousands set apart: `5,000`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1,184 B`, from 10 KiB on in the largest unit that leaves a whole number: `5.6 MiB`.
pub fn bytes(number: u64) -> String {
    const UNITS: [(u64, &str); 6] = [
        (1 << 60, "EiB"),
        (1 << 50, "PiB"),
        (1 << 40, "TiB"),
        (1 << 30, "GiB"),
        (1 << 20, "MiB"),
        (1 << 10, "KiB"),
    ];
    match UNITS.iter().find(|(unit, _)| number >= *unit) {
        Some((unit, name)) if number >= 10 << 10 => {
            let tenths = (u128::from(number) * 10 + u128::from(*unit) / 2) / u128::from(*unit);
            format!("{}.{} {name}", tenths / 10, tenths % 10)
        }
        _ => format!("{} B", count(number)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_written_by_hand() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(5_000), "5,000");
        assert_eq!(count(u64::MAX), "18,446,744,073,709,551,615");
        assert_eq!(bytes(1_184), "1,184 B");
        assert_eq!(bytes(5_000 * 1_184), "5.6 MiB");
        assert_eq!(bytes(10 << 10), "10.0 KiB");
        assert_eq!(bytes(u64::MAX), "16.0 EiB");
    }
}
