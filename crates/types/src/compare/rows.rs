//! Metrics of several versions side by side, set by set and slice by slice.

use super::{Delta, Listed, Measured, MetricChange, Verdict};
use crate::context::Evaluation;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// One metric of every version that is compared.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MetricRow {
    pub dataset: String,
    /// The slice, as `name = value`; absent for the whole test set.
    pub slice: Option<String>,
    pub metric: String,
    pub higher_is_better: bool,
    /// In the order of the versions; null where it was not measured.
    pub values: Vec<Option<Measured>>,
    /// Against the first version, whose own is null.
    pub deltas: Vec<Option<Delta>>,
}

impl MetricRow {
    /// A version's change against the first; `None` for the first itself, and
    /// where neither was measured.
    #[must_use]
    pub fn change(&self, of: usize) -> Option<MetricChange> {
        let value = |at: usize| self.values.get(at).copied().flatten().map(|measured| measured.value);
        let (before, after) = (value(0), value(of));
        let delta = self.deltas.get(of).copied().flatten()?;
        before.or(after)?;
        Some(MetricChange {
            dataset: self.dataset.clone(),
            slice: self.slice.clone(),
            metric: self.metric.clone(),
            higher_is_better: self.higher_is_better,
            before,
            after,
            delta,
        })
    }

    /// Every version's change against the first.
    pub fn changes(&self) -> impl Iterator<Item = MetricChange> + '_ {
        (1..self.values.len()).filter_map(|of| self.change(of))
    }

    fn differs(&self) -> bool {
        self.changes().any(|change| change.delta.verdict != Verdict::Same)
    }

    fn worst(&self) -> f64 {
        self.changes().map(|change| change.gain()).fold(f64::MAX, f64::min)
    }
}

/// The evaluations of a context; one that cannot be read counts as none.
#[must_use]
pub fn evaluations(component: Option<&Value>) -> Vec<Evaluation> {
    component.and_then(|value| Vec::deserialize(value).ok()).unwrap_or_default()
}

/// Every metric of two versions side by side: of whole test sets first, then
/// of slices, what harms most on top.
#[must_use]
pub fn metric_changes(before: &[Evaluation], after: &[Evaluation]) -> Vec<MetricChange> {
    rows(&[before, after]).iter().flat_map(MetricRow::changes).collect()
}

pub(super) fn listed(sides: &[&[Evaluation]], all: bool) -> Listed<MetricRow> {
    Listed::of(rows(sides), all, MetricRow::differs)
}

type Key = (String, Option<String>, String);

fn rows(sides: &[&[Evaluation]]) -> Vec<MetricRow> {
    let lower: BTreeSet<&String> =
        sides.iter().flat_map(|side| side.iter()).flat_map(|e| &e.lower_is_better).collect();
    let mut values: BTreeMap<Key, Vec<Vec<f64>>> = BTreeMap::new();
    for (at, side) in sides.iter().enumerate() {
        for (key, value) in on_newest_data(side).flat_map(metrics) {
            let row = values.entry(key).or_insert_with(|| vec![Vec::new(); sides.len()]);
            row.get_mut(at).into_iter().for_each(|of| of.push(value));
        }
    }
    let row = |((dataset, slice, metric), values): (Key, Vec<Vec<f64>>)| {
        let higher_is_better = !lower.contains(&metric);
        let measured: Vec<_> =
            values.iter().map(|repeats| (!repeats.is_empty()).then(|| Measured::of(repeats))).collect();
        let first = measured.first().and_then(Option::as_ref);
        let delta = |(at, after): (usize, &Option<Measured>)| {
            let same_data = same_data(sides.first(), sides.get(at), &dataset);
            let judged = || Delta::between(first, after.as_ref(), higher_is_better);
            (at > 0).then(|| if same_data { judged() } else { Delta::incomparable() })
        };
        let deltas = measured.iter().enumerate().map(delta).collect();
        MetricRow { dataset, slice, metric, higher_is_better, values: measured, deltas }
    };
    let mut rows: Vec<MetricRow> = values.into_iter().map(row).collect();
    rows.sort_by(|a, b| {
        let place = (&a.dataset, a.slice.is_some()).cmp(&(&b.dataset, b.slice.is_some()));
        place.then_with(|| a.worst().total_cmp(&b.worst()))
    });
    rows
}

/// Whether two versions were tested on the same data, as far as they say.
fn same_data(before: Option<&&[Evaluation]>, after: Option<&&[Evaluation]>, dataset: &str) -> bool {
    let digest =
        |side: Option<&&'_ [Evaluation]>| side.and_then(|side| digest_of(side, dataset).map(str::to_owned));
    match (digest(before), digest(after)) {
        (Some(before), Some(after)) => before == after,
        _ => true,
    }
}

/// The digest of a test set as a version was tested last.
fn digest_of<'a>(side: &'a [Evaluation], dataset: &str) -> Option<&'a str> {
    side.iter().rev().find(|evaluation| evaluation.dataset == dataset)?.digest.as_deref()
}

/// The evaluations, oldest first, but those on data that a set no longer holds.
fn on_newest_data(side: &[Evaluation]) -> impl Iterator<Item = &Evaluation> {
    side.iter().filter(|evaluation| evaluation.digest.as_deref() == digest_of(side, &evaluation.dataset))
}

fn metrics(evaluation: &Evaluation) -> impl Iterator<Item = (Key, f64)> + '_ {
    let key = |slice: Option<String>, metric: &String| (evaluation.dataset.clone(), slice, metric.clone());
    let whole = evaluation.metrics.iter().map(move |(metric, value)| (key(None, metric), *value));
    let slices = evaluation.slices.iter().flat_map(move |slice| {
        let name = format!("{} = {}", slice.by, slice.value);
        slice.metrics.iter().map(move |(metric, value)| (key(Some(name.clone()), metric), *value))
    });
    whole.chain(slices)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sets(value: Value) -> Vec<Evaluation> {
        evaluations(Some(&value))
    }

    #[test]
    fn metrics_stand_side_by_side_what_harms_most_on_top() {
        let before = sets(json!([{"dataset": "test", "metrics": {"auc": 0.8}, "slices": [
            {"by": "region", "value": "east", "metrics": {"flag_rate": 0.05}},
            {"by": "region", "value": "north", "metrics": {"flag_rate": 0.05}}]}]));
        let after = sets(
            json!([{"dataset": "test", "metrics": {"auc": 0.9}, "lower_is_better": ["flag_rate"], "slices": [
            {"by": "region", "value": "east", "metrics": {"flag_rate": 0.04}},
            {"by": "region", "value": "north", "metrics": {"flag_rate": 0.15}}]}]),
        );
        let changes = metric_changes(&before, &after);
        let places: Vec<_> = changes.iter().map(|c| c.slice.as_deref()).collect();
        assert_eq!(places, [None, Some("region = north"), Some("region = east")]);
        assert!(changes[0].higher_is_better && !changes[1].higher_is_better);
        assert_eq!((changes[0].before, changes[0].after), (Some(0.8), Some(0.9)));
    }

    #[test]
    fn repeats_are_several_evaluations_of_a_set() {
        let repeats = |values: &[f64]| {
            sets(values.iter().map(|v| json!({"dataset": "a", "metrics": {"m": v}})).collect())
        };
        let row = rows(&[&repeats(&[0.80, 0.82]), &repeats(&[0.84])]).remove(0);
        let first = row.values[0].unwrap();
        assert_eq!((first.repeats, (first.value * 100.0).round()), (2, 81.0));
        assert_eq!(row.change(1).unwrap().delta.verdict, Verdict::WithinNoise);
        assert_eq!(row.change(0), None);
    }

    #[test]
    fn other_data_under_the_same_name_is_not_compared() {
        let on = |digest: &str| sets(json!([{"dataset": "a", "digest": digest, "metrics": {"m": 0.5}}]));
        let change = metric_changes(&on("x"), &on("y")).remove(0);
        assert_eq!(
            (change.delta.verdict, change.size().as_str()),
            (Verdict::Incomparable, "other test data")
        );
        assert_eq!(metric_changes(&on("x"), &on("x"))[0].delta.verdict, Verdict::Same);
        // What was measured on the data of before is no repeat.
        let again = [on("x"), on("y")].concat();
        assert_eq!(rows(&[&again])[0].values[0].unwrap().repeats, 1);
        assert_eq!(metric_changes(&on("y"), &again)[0].delta.verdict, Verdict::Same);
    }

    #[test]
    fn what_is_measured_on_one_side_only_is_said() {
        let with = sets(json!([{"dataset": "a", "metrics": {"m": 0.5}}]));
        assert_eq!(metric_changes(&[], &with)[0].size(), "not measured before");
        assert_eq!(metric_changes(&with, &[])[0].size(), "no longer measured");
        assert!(metric_changes(&[], &[]).is_empty());
    }
}
