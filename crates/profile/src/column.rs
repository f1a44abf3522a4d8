//! What is gathered of one column.

use crate::frequent::{Few, Texts, mix};
use crate::sketch::{Distinct, Ranks};
use crate::value::{self, Value};
use std::cmp::Reverse;
use twox_hash::XxHash3_64;
use weighhouse_types::datasets::{ColumnKind, ColumnProfile, Numbers, TOP_MAX, TopValue, VALUE_MAX};

/// A column while its values pass.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    kind: ColumnKind,
    count: u64,
    missing: u64,
    distinct: Distinct,
    spread: Spread,
    few: Few,
    texts: Texts,
}

impl Column {
    pub(crate) fn new(kind: ColumnKind) -> Self {
        Self {
            kind,
            count: 0,
            missing: 0,
            distinct: Distinct::new(),
            spread: Spread::default(),
            few: Few::default(),
            texts: Texts::default(),
        }
    }

    #[inline]
    pub(crate) fn add(&mut self, value: Value<'_>) {
        match value {
            Value::Missing => self.missing += 1,
            Value::Number(number, key) => {
                self.count += 1;
                let hash = mix(key);
                self.distinct.add(hash);
                self.few.add(hash, key, 1);
                self.spread.add(number);
            }
            Value::Text(text) => {
                let hash = XxHash3_64::oneshot(text.as_bytes());
                self.count += 1;
                self.distinct.add(hash);
                self.texts.add(hash, text, 1, cut);
            }
        }
    }

    /// Adds bytes that are no text: only how many different ones there are is kept.
    pub(crate) fn add_bytes(&mut self, bytes: &[u8]) {
        self.count += 1;
        self.distinct.add(XxHash3_64::oneshot(bytes));
    }

    /// Adds rows without a value.
    pub(crate) fn add_missing(&mut self, rows: u64) {
        self.missing += rows;
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.missing += other.missing;
        self.distinct.merge(&other.distinct);
        self.spread.merge(other.spread);
        self.few.merge(other.few);
        self.texts.merge(other.texts);
    }

    pub(crate) fn rows(&self) -> u64 {
        self.count + self.missing
    }

    /// The profile of the values that passed.
    pub(crate) fn finish(self, name: String) -> ColumnProfile {
        let numbers = self.spread.finish();
        let exact = match self.kind {
            ColumnKind::Other => None,
            ColumnKind::Text | ColumnKind::Boolean => self.texts.exact(),
            _ => self.few.all().map(|all| all.len()),
        };
        // Never more than there are values, which a sketch may say of few.
        let distinct =
            exact.map_or_else(|| rounded(self.distinct.estimate()), |n| u64::try_from(n).unwrap_or(0));
        let distinct = distinct.min(self.count);
        let top = self.top();
        let Self { kind, count, missing, .. } = self;
        ColumnProfile { name, kind, count, missing, distinct, numbers, top }
    }

    fn top(&self) -> Vec<TopValue> {
        let show = |(key, count): (u64, u64)| TopValue { value: value::show(self.kind, key), count };
        let mut top: Vec<TopValue> = match self.kind {
            ColumnKind::Text | ColumnKind::Boolean => {
                let texts = self.texts.top().into_iter();
                texts.map(|(text, count)| TopValue { value: text.replace('\0', "\u{fffd}"), count }).collect()
            }
            _ => self.few.all().into_iter().flatten().map(show).collect(),
        };
        // What occurs once is frequent only where that is all there is.
        if top.len() > TOP_MAX {
            top.retain(|value| value.count > 1);
        }
        top.sort_by(|a, b| (Reverse(a.count), &a.value).cmp(&(Reverse(b.count), &b.value)));
        top.truncate(TOP_MAX);
        top
    }
}

/// The beginning of a text that a profile keeps.
fn cut(text: &str) -> &str {
    if text.len() <= VALUE_MAX {
        return text;
    }
    match text.char_indices().nth(VALUE_MAX) {
        Some((end, _)) => text.get(..end).unwrap_or(text),
        None => text,
    }
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an estimate is never negative; it saturates"
)]
fn rounded(estimate: f64) -> u64 {
    estimate.round() as u64
}

/// How numbers lie: sums around the first one, ends, ranks.
#[derive(Clone, Default, Debug)]
struct Spread {
    count: f64,
    /// Sums are of distances from here, which keeps their digits.
    origin: f64,
    sum: f64,
    squares: f64,
    min: f64,
    max: f64,
    ranks: Ranks,
}

impl Spread {
    #[inline]
    fn add(&mut self, number: f64) {
        if self.count == 0.0 {
            (self.origin, self.min, self.max) = (number, number, number);
        }
        let distance = number - self.origin;
        self.count += 1.0;
        self.sum += distance;
        self.squares += distance * distance;
        self.min = self.min.min(number);
        self.max = self.max.max(number);
        self.ranks.add(number);
    }

    fn merge(&mut self, other: Self) {
        if other.count == 0.0 {
            return;
        }
        if self.count == 0.0 {
            *self = other;
            return;
        }
        // Their sums, around our origin.
        let shift = other.origin - self.origin;
        self.squares += other.squares + 2.0 * shift * other.sum + other.count * shift * shift;
        self.sum += other.sum + other.count * shift;
        self.count += other.count;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.ranks.merge(other.ranks);
    }

    fn finish(&self) -> Option<Numbers> {
        if self.count == 0.0 {
            return None;
        }
        let near = self.sum / self.count;
        let variance = if self.count > 1.0 {
            (self.squares - self.sum * near).max(0.0) / (self.count - 1.0)
        } else {
            0.0
        };
        let (min, max) = (self.min, self.max);
        let finite = |number: f64| if number.is_finite() { number } else { f64::MAX };
        let mean = finite(self.origin + near).clamp(min, max);
        Some(Numbers {
            min,
            max,
            mean,
            std: finite(variance.sqrt()),
            quantiles: self.ranks.quantiles(min, max),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sketch::float;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn of(kind: ColumnKind, texts: &[String]) -> Column {
        let mut column = Column::new(kind);
        for text in texts {
            let missing = value::is_missing(text);
            column.add(if missing { Value::Missing } else { value::read(kind, text).unwrap() });
        }
        column
    }

    proptest! {
        #[test]
        fn a_profile_is_what_counting_says(values in prop::collection::vec(-400_i32..400, 1..700), cut in 0_usize..700) {
            let texts: Vec<String> =
                values.iter().map(|v| if *v % 10 == 0 { String::new() } else { v.to_string() }).collect();
            let (left, right) = texts.split_at(cut.min(texts.len()));
            let mut column = of(ColumnKind::Integer, left);
            column.merge(of(ColumnKind::Integer, right));
            let found = column.finish("a".into());
            let kept: Vec<i32> = values.into_iter().filter(|v| v % 10 != 0).collect();
            let different: BTreeSet<i32> = kept.iter().copied().collect();
            prop_assert_eq!(found.count, u64::try_from(kept.len()).unwrap());
            prop_assert_eq!(found.missing, u64::try_from(texts.len() - kept.len()).unwrap());
            let error = float(different.len()) * 0.02;
            prop_assert!((float(usize::try_from(found.distinct).unwrap()) - float(different.len())).abs() <= error);
            if kept.is_empty() {
                prop_assert!(found.numbers.is_none());
                return Ok(());
            }
            let numbers = found.numbers.unwrap();
            let n = float(kept.len());
            let mean = kept.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
            let variance = kept.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
            prop_assert_eq!(numbers.min, f64::from(*kept.iter().min().unwrap()));
            prop_assert_eq!(numbers.max, f64::from(*kept.iter().max().unwrap()));
            prop_assert!((numbers.mean - mean).abs() < 1e-9);
            prop_assert!((numbers.std - variance.sqrt()).abs() < 1e-6);
            for top in &found.top {
                let count = kept.iter().filter(|v| v.to_string() == top.value).count();
                prop_assert_eq!(top.count, u64::try_from(count).unwrap());
            }
        }
    }

    #[test]
    fn long_texts_are_cut_and_told_apart() {
        let long = |end: &str| format!("{}{end}", "ä".repeat(150));
        let column = of(ColumnKind::Text, &[long("a"), long("b"), long("b")]).finish("t".into());
        assert_eq!((column.distinct, column.top.len()), (2, 2));
        assert_eq!((column.top[0].count, column.top[0].value.chars().count()), (2, VALUE_MAX));
    }

    #[test]
    fn digits_far_from_zero_are_kept() {
        let texts: Vec<String> = (0..1000).map(|n| (1_000_000_000_000_i64 + n % 2).to_string()).collect();
        let numbers = of(ColumnKind::Integer, &texts).finish("t".into()).numbers.unwrap();
        assert!((numbers.std - 0.50025).abs() < 1e-4, "{}", numbers.std);
    }
}
