//! Numbers and names as people read them.

/// Bytes with a decimal unit: `312 B`, `41.2 kB`, `2.0 GB`.
#[must_use]
pub fn bytes(size: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if size < 1000 {
        return format!("{size} B");
    }
    let mut unit = "kB";
    // Tenths of the unit, rounded, so that no float is needed.
    let mut tenths = size.saturating_add(50) / 100;
    for next in UNITS.iter().skip(1) {
        if tenths < 10_000 {
            break;
        }
        tenths = tenths.saturating_add(500) / 1000;
        unit = next;
    }
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

/// A whole number in groups of three: `1,204,882`.
#[must_use]
pub fn count(number: impl Into<u64>) -> String {
    let digits = number.into().to_string();
    let mut out = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 file`, `3 files`.
#[must_use]
pub fn plural(number: impl Into<u64>, one: &str) -> String {
    let number = number.into();
    let s = if number == 1 { "" } else { "s" };
    format!("{} {one}{s}", count(number))
}

/// A metric: as many decimals as tell values apart, and no more.
#[must_use]
pub fn metric(value: f64) -> String {
    let size = value.abs();
    if value.fract() == 0.0 && size < 1e15 {
        format!("{value}")
    } else if size >= 100.0 {
        format!("{value:.1}")
    } else if size >= 0.001 {
        format!("{value:.3}")
    } else {
        format!("{value:.2e}")
    }
}

/// Names as a list in words: `a`, `a and b`, `a, b and c`.
#[must_use]
pub fn names(names: &[String]) -> String {
    match names {
        [] => "nobody".into(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_one_decimal() {
        let cases = [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (41_249, "41.2 kB"),
            (999_999, "1.0 MB"),
            (2_000_000_000, "2.0 GB"),
            (u64::MAX, "18446.7 PB"),
        ];
        for (size, words) in cases {
            assert_eq!(bytes(size), words);
        }
    }

    #[test]
    fn counts_have_groups() {
        assert_eq!(count(7_u64), "7");
        assert_eq!(count(1_204_u64), "1,204");
        assert_eq!(count(1_204_882_u64), "1,204,882");
        assert_eq!(plural(1_u32, "file"), "1 file");
        assert_eq!(plural(0_u32, "file"), "0 files");
    }

    #[test]
    fn metrics_are_short() {
        let cases =
            [(0.8921, "0.892"), (3.0, "3"), (1234.56, "1234.6"), (0.000_012, "1.20e-5"), (-0.5, "-0.500")];
        for (value, words) in cases {
            assert_eq!(metric(value), words);
        }
    }

    #[test]
    fn names_read_as_a_list() {
        let list = |n: &[&str]| names(&n.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>());
        assert_eq!(list(&[]), "nobody");
        assert_eq!(list(&["a"]), "a");
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
    }
}
