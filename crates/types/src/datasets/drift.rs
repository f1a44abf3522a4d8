//! Drift: how two dataset versions differ, column by column.

use super::{ColumnKind, ColumnProfile, DataRef, Field, Profile};
use crate::permission::named;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The least share that counts: an empty bin would make the index infinite.
const FLOOR: f64 = 1e-4;
/// From here on a distribution has moved (the usual reading of the index).
const MODERATE: f64 = 0.1;
/// From here on it is another one.
const LARGE: f64 = 0.25;
/// A missing rate that changes by this much of all rows is worth a look.
const MISSING: f64 = 0.05;
/// New or vanished values that are listed.
const LISTED: usize = 20;

named! {
    /// How much a column changed.
    Change {
        /// Nothing that matters: an index below 0.1.
        Stable = "stable",
        /// An index from 0.1, a missing rate that moved by 5 % of the rows, or new values.
        Moderate = "moderate",
        /// An index from 0.25, or another type.
        Large = "large",
        Added = "added",
        Removed = "removed",
    }
}

/// Which dataset version to compare with.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DriftQuery {
    /// The version that is the measure, as `name@2`.
    #[serde(default)]
    #[param(required = true)]
    pub against: String,
}

/// How one dataset version differs from another.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Drift {
    /// The measure, as `name@2`.
    pub from: String,
    /// What is compared with it.
    pub to: String,
    pub rows_from: Option<u64>,
    pub rows_to: Option<u64>,
    /// Whether both have a profile; without, only their schemas are compared.
    pub profiled: bool,
    /// What changed most comes first.
    pub columns: Vec<ColumnDrift>,
}

/// How one column differs.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ColumnDrift {
    pub name: String,
    pub change: Change,
    /// Its type in either version; absent where it has no such column.
    pub type_from: Option<String>,
    pub type_to: Option<String>,
    /// The population stability index; absent where it cannot be told, and of dates, which move by themselves.
    pub psi: Option<f64>,
    /// Shares of rows without a value.
    pub missing_from: Option<f64>,
    pub missing_to: Option<f64>,
    pub mean_from: Option<f64>,
    pub mean_to: Option<f64>,
    /// Values that there were none of, at most 20; only where that is certain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub new_values: Vec<String>,
    /// Values that there are none of any more, at most 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vanished_values: Vec<String>,
}

/// One side of a comparison.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    pub reference: &'a DataRef,
    pub rows: Option<u64>,
    pub schema: &'a [Field],
    pub profile: Option<&'a Profile>,
}

impl Drift {
    /// Compares two dataset versions, `from` being the measure.
    #[must_use]
    pub fn between(from: Side<'_>, to: Side<'_>) -> Self {
        let (before, after) = (from.columns(), to.columns());
        let mut columns: Vec<ColumnDrift> = Vec::new();
        for (name, column) in &before {
            columns.push(ColumnDrift::between(name, Some(column), after.get(name)));
        }
        for (name, column) in after.iter().filter(|(name, _)| !before.contains_key(*name)) {
            columns.push(ColumnDrift::between(name, None, Some(column)));
        }
        let weight = |column: &ColumnDrift| (column.change, column.psi.unwrap_or(0.0));
        columns.sort_by(|a, b| {
            let ((change_a, psi_a), (change_b, psi_b)) = (weight(a), weight(b));
            rank(change_b).cmp(&rank(change_a)).then(psi_b.total_cmp(&psi_a)).then(a.name.cmp(&b.name))
        });
        Self {
            from: from.reference.to_string(),
            to: to.reference.to_string(),
            rows_from: from.rows,
            rows_to: to.rows,
            profiled: from.profile.is_some() && to.profile.is_some(),
            columns,
        }
    }
}

const fn rank(change: Change) -> u8 {
    match change {
        Change::Added | Change::Removed => 3,
        Change::Large => 2,
        Change::Moderate => 1,
        Change::Stable => 0,
    }
}

/// What is known of a column.
#[derive(Clone, Copy)]
struct Column<'a> {
    kind: &'a str,
    profile: Option<&'a ColumnProfile>,
}

impl<'a> Side<'a> {
    fn columns(&self) -> BTreeMap<&'a str, Column<'a>> {
        let profiled = self.profile.into_iter().flat_map(|profile| &profile.columns);
        let mut columns: BTreeMap<&str, Column<'_>> =
            profiled.map(|p| (p.name.as_str(), Column { kind: p.kind.as_str(), profile: Some(p) })).collect();
        for field in self.schema {
            let profile = columns.get(field.name.as_str()).and_then(|column| column.profile);
            columns.insert(&field.name, Column { kind: &field.kind, profile });
        }
        columns
    }
}

impl ColumnDrift {
    fn between(name: &str, from: Option<&Column<'_>>, to: Option<&Column<'_>>) -> Self {
        let profiles = (from.and_then(|c| c.profile), to.and_then(|c| c.profile));
        let mean = |profile: Option<&ColumnProfile>| {
            let profile = profile.filter(|profile| profile.kind != ColumnKind::Time)?;
            Some(profile.numbers.as_ref()?.mean)
        };
        let mut drift = Self {
            name: name.to_owned(),
            change: Change::Stable,
            type_from: from.map(|column| column.kind.to_owned()),
            type_to: to.map(|column| column.kind.to_owned()),
            psi: None,
            missing_from: profiles.0.map(ColumnProfile::missing_share),
            missing_to: profiles.1.map(ColumnProfile::missing_share),
            mean_from: mean(profiles.0),
            mean_to: mean(profiles.1),
            new_values: Vec::new(),
            vanished_values: Vec::new(),
        };
        if let (Some(before), Some(after)) = profiles {
            drift.psi = psi(before, after);
            drift.new_values = only_in(after, before);
            drift.vanished_values = only_in(before, after);
        }
        drift.change = drift.verdict(profiles);
        drift
    }

    fn verdict(&self, profiles: (Option<&ColumnProfile>, Option<&ColumnProfile>)) -> Change {
        let (Some(type_from), Some(type_to)) = (&self.type_from, &self.type_to) else {
            return if self.type_from.is_none() { Change::Added } else { Change::Removed };
        };
        // Stores name the same type differently: what the values are decides.
        let other_kind = match profiles {
            (Some(before), Some(after)) => !akin(before.kind, after.kind),
            _ => type_from != type_to,
        };
        let psi = self.psi.unwrap_or(0.0);
        let missing = match (self.missing_from, self.missing_to) {
            (Some(before), Some(after)) => (after - before).abs(),
            _ => 0.0,
        };
        if other_kind || psi >= LARGE {
            Change::Large
        } else if psi >= MODERATE || missing >= MISSING || !self.new_values.is_empty() {
            Change::Moderate
        } else {
            Change::Stable
        }
    }
}

/// Whether values of two kinds can be compared: whole numbers are numbers.
fn akin(a: ColumnKind, b: ColumnKind) -> bool {
    let number = |kind| matches!(kind, ColumnKind::Integer | ColumnKind::Number);
    a == b || (number(a) && number(b))
}

/// Values of a column that another certainly does not have.
fn only_in(column: &ColumnProfile, other: &ColumnProfile) -> Vec<String> {
    let named = matches!(column.kind, ColumnKind::Text | ColumnKind::Boolean) && other.top_is_all();
    let new = column.top.iter().filter(|top| !other.top.iter().any(|known| known.value == top.value));
    new.filter(|_| named).take(LISTED).map(|top| top.value.clone()).collect()
}

/// The population stability index, over the same bins of both: the values
/// where they are few, else the tenths of the measure.
#[must_use]
pub fn psi(from: &ColumnProfile, to: &ColumnProfile) -> Option<f64> {
    // Later data has later dates: that is no drift.
    let dates = from.kind == ColumnKind::Time;
    if from.count == 0 || to.count == 0 || !akin(from.kind, to.kind) || dates {
        return None;
    }
    let bins = if from.top_is_all() && to.top_is_all() { by_value(from, to) } else { by_tenth(from, to) };
    let bins = bins.or_else(|| by_value(from, to))?;
    Some(bins.iter().map(|(before, after)| index(*before, *after)).sum())
}

fn index(before: f64, after: f64) -> f64 {
    let (before, after) = (before.max(FLOOR), after.max(FLOOR));
    (after - before) * (after / before).ln()
}

/// Shares of each tenth of the measure; `None` where it has no numbers.
fn by_tenth(from: &ColumnProfile, to: &ColumnProfile) -> Option<Vec<(f64, f64)>> {
    let (before, after) = (from.numbers.as_ref()?, to.numbers.as_ref()?);
    let mut edges: Vec<f64> = before.quantiles.iter().skip(5).step_by(5).take(9).copied().collect();
    // Below a heap at the lower end there was nothing, which is a bin of its own.
    if before.quantiles.get(1) == Some(&before.min) {
        edges.insert(0, before.min.next_down());
    }
    edges.dedup();
    let (mut bins, mut last) = (Vec::new(), (0.0, 0.0));
    for edge in edges {
        let here = (before.share_up_to(edge), after.share_up_to(edge));
        bins.push((here.0 - last.0, here.1 - last.1));
        last = here;
    }
    bins.push((1.0 - last.0, 1.0 - last.1));
    Some(bins)
}

/// Shares of each value. Where not all values are known, those that both know
/// are told apart and the rest is one bin; `None` where they know none.
fn by_value(from: &ColumnProfile, to: &ColumnProfile) -> Option<Vec<(f64, f64)>> {
    let shares = |column: &ColumnProfile| -> BTreeMap<String, f64> {
        let share = |count| super::profile::share(count, column.count);
        column.top.iter().map(|top| (top.value.clone(), share(top.count))).collect()
    };
    let (before, after) = (shares(from), shares(to));
    let (all_before, all_after) = (from.top_is_all(), to.top_is_all());
    let told = |value: &&String| {
        (all_before || before.contains_key(*value)) && (all_after || after.contains_key(*value))
    };
    let values: std::collections::BTreeSet<&String> =
        before.keys().chain(after.keys()).filter(told).collect();
    if values.is_empty() {
        return None;
    }
    let of = |shares: &BTreeMap<String, f64>, value: &String| shares.get(value).copied().unwrap_or(0.0);
    let mut bins: Vec<(f64, f64)> = values.iter().map(|v| (of(&before, v), of(&after, v))).collect();
    if !(all_before && all_after) {
        let (sum_before, sum_after) = bins.iter().fold((0.0, 0.0), |sum, bin| (sum.0 + bin.0, sum.1 + bin.1));
        bins.push((1.0 - sum_before, 1.0 - sum_after));
    }
    Some(bins)
}
