//! What a text in a CSV file is: a number, a moment, yes or no, or words.

use chrono::DateTime;
use weighhouse_types::datasets::ColumnKind;

/// A value of a column, in the column's kind.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Value<'a> {
    Missing,
    /// A number with the key by which equal ones are known.
    Number(f64, u64),
    Text(&'a str),
}

/// What stands for no value where it is not quoted, besides nothing at all.
const MISSING: [&str; 7] = ["NA", "N/A", "NaN", "nan", "null", "NULL", "None"];

pub(crate) fn is_missing(text: &str) -> bool {
    text.is_empty() || (text.len() <= 4 && MISSING.contains(&text))
}

/// Reads a text as a kind; `None` where it is not of that kind.
#[inline]
pub(crate) fn read(kind: ColumnKind, text: &str) -> Option<Value<'_>> {
    match kind {
        ColumnKind::Integer => integer(text).map(|whole| Value::Number(as_float(whole), key(whole))),
        ColumnKind::Number => number(text).map(|number| Value::Number(number, number.to_bits())),
        ColumnKind::Time => time(text).map(|seconds| Value::Number(seconds, seconds.to_bits())),
        ColumnKind::Boolean => boolean(text).map(|yes| Value::Text(if yes { "true" } else { "false" })),
        ColumnKind::Text | ColumnKind::Other => Some(Value::Text(text)),
    }
}

/// The narrowest kind of a text.
pub(crate) fn kind(text: &str) -> ColumnKind {
    let kinds = [ColumnKind::Integer, ColumnKind::Number, ColumnKind::Boolean, ColumnKind::Time];
    kinds.into_iter().find(|kind| read(*kind, text).is_some()).unwrap_or(ColumnKind::Text)
}

/// The narrowest kind that holds the values of both.
pub(crate) fn wider(a: ColumnKind, b: ColumnKind) -> ColumnKind {
    use ColumnKind::{Integer, Number, Text};
    match (a, b) {
        _ if a == b => a,
        (Integer, Number) | (Number, Integer) => Number,
        _ => Text,
    }
}

/// Whole numbers are known by all their digits, which a float may not hold.
const fn key(whole: i64) -> u64 {
    whole.cast_unsigned()
}

#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "how numbers lie needs no 53 bits")]
pub(crate) const fn as_float(whole: i64) -> f64 {
    whole as f64
}

/// Codes such as 00123 are words: as numbers they would lose their zeros.
fn is_code(text: &[u8]) -> bool {
    let digits = match text {
        [b'-' | b'+', rest @ ..] => rest,
        all => all,
    };
    matches!(digits, [b'0', b'0'..=b'9', ..])
}

/// The most digits that an `i64` certainly holds.
const DIGITS: usize = 18;

#[inline]
fn integer(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let (negative, digits) = match bytes {
        [b'-', rest @ ..] => (true, rest),
        all => (false, all),
    };
    if digits.is_empty() || digits.len() > DIGITS || is_code(digits) {
        return None;
    }
    let mut whole = 0_i64;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        whole = whole * 10 + i64::from(digit);
    }
    Some(if negative { -whole } else { whole })
}

#[inline]
fn number(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    // Words that the parser takes for numbers: inf, nan.
    let starts = matches!(bytes, [b'0'..=b'9', ..] | [b'-' | b'+' | b'.', b'0'..=b'9' | b'.', ..]);
    if !starts || is_code(bytes) {
        return None;
    }
    let number: f64 = text.parse().ok()?;
    // One zero, and nothing that JSON cannot carry.
    number.is_finite().then_some(number + 0.0)
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// A date or moment of ISO 8601, as seconds since 1970; UTC where it names no zone.
fn time(text: &str) -> Option<f64> {
    let date = text.get(..10)?;
    let [y, m, d] = parts(date, b'-')?;
    let days = days(y, m, d)?;
    let rest = text.get(10..)?;
    if rest.is_empty() {
        return Some(as_float(days * 86_400));
    }
    let clock = rest.strip_prefix(['T', ' '])?;
    let (clock, offset) = zone(clock)?;
    let (clock, fraction) = match clock.split_once('.') {
        Some((clock, digits)) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
            (clock, format!("0.{digits}").parse::<f64>().ok()?)
        }
        Some(_) => return None,
        None => (clock, 0.0),
    };
    let whole = if clock.len() == 5 { format!("{clock}:00") } else { clock.to_owned() };
    let [h, min, s] = parts(&whole, b':')?;
    if whole.len() != 8 || h > 23 || min > 59 || s > 60 {
        return None;
    }
    Some(as_float(days * 86_400 + h * 3_600 + min * 60 + s - offset) + fraction)
}

/// A time of day without its zone, and how many seconds that is ahead of UTC.
fn zone(clock: &str) -> Option<(&str, i64)> {
    if let Some(clock) = clock.strip_suffix('Z') {
        return Some((clock, 0));
    }
    let Some(at) = clock.rfind(['+', '-']) else { return Some((clock, 0)) };
    let (clock, offset) = clock.split_at_checked(at)?;
    let digits: String = offset.chars().filter(char::is_ascii_digit).collect();
    let shape = matches!(offset.len(), 3 | 5 | 6) && matches!(digits.len(), 2 | 4);
    let number = |range| digits.get(range).unwrap_or("0").parse::<i64>().ok();
    let seconds = number(0..2)? * 3_600 + number(2..4)? * 60;
    shape.then_some((clock, if offset.starts_with('-') { -seconds } else { seconds }))
}

/// Three numbers of digits alone.
fn parts(text: &str, joint: u8) -> Option<[i64; 3]> {
    let mut split = text.split(char::from(joint)).map(|part| {
        let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse::<i64>().ok()).flatten()
    });
    match (split.next(), split.next(), split.next(), split.next()) {
        (Some(Some(a)), Some(Some(b)), Some(Some(c)), None) => Some([a, b, c]),
        _ => None,
    }
}

/// Days since 1970 in the Gregorian calendar (Howard Hinnant's algorithm).
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=longest).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// How a key of a kind reads, for the most frequent values.
pub(crate) fn show(kind: ColumnKind, key: u64) -> String {
    match kind {
        ColumnKind::Integer => key.cast_signed().to_string(),
        ColumnKind::Time => show_time(f64::from_bits(key)),
        _ => f64::from_bits(key).to_string(),
    }
}

fn show_time(seconds: f64) -> String {
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        reason = "saturates, and is no moment then"
    )]
    let whole = seconds.floor() as i64;
    match DateTime::from_timestamp(whole, 0) {
        Some(at) if whole % 86_400 == 0 => at.format("%Y-%m-%d").to_string(),
        Some(at) => at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        None => seconds.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;
    use proptest::prelude::*;

    #[test]
    fn texts_are_what_they_look_like() {
        use ColumnKind::{Boolean, Integer, Number, Text, Time};
        for (text, expected) in [
            ("0", Integer),
            ("-17", Integer),
            ("999999999999999999", Integer),
            ("9999999999999999999", Number),
            ("0.5", Number),
            ("-.5", Number),
            ("1e-7", Number),
            ("1e999", Text),
            ("007", Text),
            ("-01", Text),
            ("inf", Text),
            ("-", Text),
            ("1,5", Text),
            ("True", Boolean),
            ("yes", Text),
            ("2025-02-28", Time),
            ("2025-02-29", Text),
            ("2025-13-01", Text),
            ("2025-03-01T09:30", Time),
            ("2025-03-01 09:30:15.25+01:00", Time),
            ("2025-03-01T25:00:00Z", Text),
            ("12345678-1", Text),
            ("Zürich-Nord", Text),
        ] {
            assert_eq!(kind(text), expected, "{text}");
        }
    }

    #[test]
    fn moments_are_seconds_in_utc() {
        for (text, seconds) in [
            ("1970-01-01", 0.0),
            ("1969-12-31T23:59:59Z", -1.0),
            ("2025-03-01T09:30:00+01:00", 1_740_817_800.0),
            ("2025-03-01T08:30:00.5", 1_740_817_800.5),
        ] {
            assert_eq!(time(text), Some(seconds), "{text}");
        }
        assert_eq!(show(ColumnKind::Time, 0.0_f64.to_bits()), "1970-01-01");
        assert_eq!(show(ColumnKind::Time, 5.0_f64.to_bits()), "1970-01-01T00:00:05Z");
    }

    proptest! {
        #[test]
        fn days_are_the_calendars(n in -700_000_i64..700_000) {
            let date = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap() + chrono::Days::new(0);
            let date = date + chrono::TimeDelta::days(n);
            use chrono::Datelike as _;
            let found = days(date.year().into(), date.month().into(), date.day().into());
            prop_assert_eq!(found, Some(n));
        }

        #[test]
        fn numbers_are_what_the_parser_says(number in any::<f64>().prop_filter("finite", |n| n.is_finite())) {
            let text = number.to_string();
            prop_assert!(matches!(kind(&text), ColumnKind::Integer | ColumnKind::Number));
        }

        #[test]
        fn nothing_panics(text in ".{0,30}") {
            let _ = kind(&text);
        }
    }
}
