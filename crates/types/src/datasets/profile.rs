//! Profiles: what the columns of a dataset hold, small enough to keep and to
//! compare without the data.

use super::{COLUMNS_MAX, COUNT_MAX, required, text_check};
use crate::context::ContextError;
use crate::permission::named;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How many quantiles a profile has: 0, 2 %, 4 %, … 100 %.
pub const QUANTILES: usize = 51;
/// The most frequent values that a profile has of a column.
pub const TOP_MAX: usize = 50;
/// The longest frequent value, in characters; what is longer is cut.
pub const VALUE_MAX: usize = 100;

named! {
    /// What the values of a column are.
    ColumnKind {
        Integer = "integer",
        Number = "number",
        Boolean = "boolean",
        /// Dates and moments; as numbers, seconds since 1970 in UTC.
        Time = "time",
        Text = "text",
        /// Bytes and what else has neither order nor words.
        Other = "other",
    }
}

/// What the columns of a dataset hold.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    pub rows: u64,
    #[schema(max_items = 5_000)]
    pub columns: Vec<ColumnProfile>,
}

/// What one column holds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnProfile {
    pub name: String,
    pub kind: ColumnKind,
    /// Rows with a value.
    pub count: u64,
    /// Rows without one: absent, empty, or no finite number.
    pub missing: u64,
    /// Different values; within 2 % where there are many.
    pub distinct: u64,
    /// Of numbers and times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numbers: Option<Numbers>,
    /// The most frequent values, most frequent first. Where there are as many
    /// as `distinct` says, these are all, and their counts are exact.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 50)]
    pub top: Vec<TopValue>,
}

/// How the numbers of a column lie.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Numbers {
    pub min: f64,
    pub max: f64,
    pub mean: f64,
    /// The standard deviation of the sample.
    pub std: f64,
    /// At 0, 2 %, 4 %, … 100 % of the values in order; ranks within 1 %.
    #[schema(min_items = 51, max_items = 51)]
    pub quantiles: Vec<f64>,
}

/// A value and how often it occurs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TopValue {
    pub value: String,
    pub count: u64,
}

impl Profile {
    pub(super) fn check(&self) -> Result<(), ContextError> {
        required(self.rows <= COUNT_MAX, "profile.rows", "is more than 2^53 - 1")?;
        let few = self.columns.len() <= COLUMNS_MAX;
        required(few, "profile.columns", "holds too many; at most 5,000 are allowed")?;
        let mut seen = BTreeSet::new();
        for (n, column) in self.columns.iter().enumerate() {
            let at = format!("profile.columns[{n}]");
            text_check(&format!("{at}.name"), Some(&column.name))?;
            let new = seen.insert(column.name.as_str());
            required(new, &format!("{at}.name"), "stands here a second time")?;
            column.check(&at, self.rows)?;
        }
        Ok(())
    }
}

impl ColumnProfile {
    /// Whether `top` holds every value there is, with exact counts.
    #[must_use]
    pub fn top_is_all(&self) -> bool {
        u64::try_from(self.top.len()) == Ok(self.distinct)
    }

    /// The share of rows without a value.
    #[must_use]
    pub fn missing_share(&self) -> f64 {
        share(self.missing, self.count.saturating_add(self.missing))
    }

    fn check(&self, at: &str, rows: u64) -> Result<(), ContextError> {
        let adds_up = self.count.checked_add(self.missing) == Some(rows);
        required(adds_up, &format!("{at}.count"), "and `missing` do not add up to the profile's rows")?;
        required(self.distinct <= COUNT_MAX, &format!("{at}.distinct"), "is more than 2^53 - 1")?;
        required(self.top.len() <= TOP_MAX, &format!("{at}.top"), "holds more than 50 values")?;
        let mut left = self.count;
        for (n, top) in self.top.iter().enumerate() {
            let short = top.value.chars().count() <= VALUE_MAX && !top.value.contains('\0');
            required(short, &format!("{at}.top[{n}].value"), "is longer than 100 characters, or holds NUL")?;
            let fits = left.checked_sub(top.count);
            required(fits.is_some(), &format!("{at}.top[{n}].count"), "is more than the column has values")?;
            left = fits.unwrap_or(0);
        }
        let Some(numbers) = &self.numbers else { return Ok(()) };
        let at = format!("{at}.numbers");
        let ascending = numbers.quantiles.is_sorted();
        let whole = numbers.quantiles.len() == QUANTILES;
        required(
            whole && ascending,
            &format!("{at}.quantiles"),
            "must be 51 numbers, none below the one before",
        )?;
        required(numbers.min <= numbers.max, &format!("{at}.min"), "is more than `max`")?;
        required(numbers.std >= 0.0, &format!("{at}.std"), "is negative")
    }
}

impl Numbers {
    /// The share of values that are `x` or less. Between two quantiles, values
    /// are taken to lie evenly; where several quantiles are the same, they are
    /// one value that occurs often.
    #[must_use]
    pub fn share_up_to(&self, x: f64) -> f64 {
        let not_more = self.quantiles.partition_point(|q| *q <= x);
        let steps = f64::from(u16::try_from(self.quantiles.len().saturating_sub(1)).unwrap_or(u16::MAX));
        let Some(below) = not_more.checked_sub(1) else { return 0.0 };
        let (low, high) = (self.quantiles.get(below), self.quantiles.get(not_more));
        let within = match (low, high) {
            (Some(low), Some(high)) if high > low => (x - low) / (high - low),
            _ => 0.0,
        };
        ((f64::from(u16::try_from(below).unwrap_or(u16::MAX)) + within) / steps).clamp(0.0, 1.0)
    }
}

/// A part of a whole; of nothing, none.
#[must_use]
#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "shares need no 53 bits")]
pub(super) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
