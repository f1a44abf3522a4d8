//! How one version's context differs from another's, in a few lines.

use serde_json::Value;
use std::collections::BTreeMap;
use weighhouse_types::context::{Evaluation, components as all_components};

/// The most lines of metrics; the web UI compares in full.
const METRICS_SHOWN: usize = 12;

/// The components that differ, as they are called on a page.
pub(crate) fn components(before: &Value, after: &Value) -> Vec<String> {
    let differs = |key: &(&str, &str)| before.get(key.0) != after.get(key.0);
    all_components().filter(differs).map(|(_, name)| name.to_lowercase()).collect()
}

/// What the metrics that both versions have became: those of whole test sets,
/// then those of slices that got worse, the worst first.
pub(crate) fn metrics(before: &Value, after: &Value) -> Vec<String> {
    let before = measured(before);
    let after = measured(after);
    let both = after.iter().filter_map(|(at, now)| Some(Change { at, before: before.get(at)?.value, now }));
    let (whole, mut slices): (Vec<_>, Vec<_>) =
        both.filter(|c| c.before != c.now.value).partition(|c| c.at.slice.is_none());
    slices.retain(|change| change.gain() < 0.0);
    slices.sort_by(|a, b| a.gain().total_cmp(&b.gain()));
    let all: Vec<_> = whole.iter().chain(&slices).map(Change::text).collect();
    let more = all.len().saturating_sub(METRICS_SHOWN);
    let more = (more > 0).then(|| format!("and {more} more, which the version's page shows"));
    all.into_iter().take(METRICS_SHOWN).chain(more).collect()
}

/// What was measured: a metric of a test set, or of a slice of one.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct At {
    dataset: String,
    slice: Option<String>,
    metric: String,
}

struct Measured {
    value: f64,
    lower_is_better: bool,
}

struct Change<'a> {
    at: &'a At,
    before: f64,
    now: &'a Measured,
}

impl Change<'_> {
    /// The relative change; above zero is better.
    fn gain(&self) -> f64 {
        let sign = if self.now.lower_is_better { -1.0 } else { 1.0 };
        sign * (self.now.value - self.before) / self.before.abs().max(f64::MIN_POSITIVE)
    }

    fn text(&self) -> String {
        let At { dataset, slice, metric } = self.at;
        let place = slice.as_ref().map_or_else(|| dataset.clone(), |slice| format!("{dataset}, {slice}"));
        let relative = if self.before == 0.0 {
            String::new()
        } else {
            format!("{:+.1} %, ", 100.0 * (self.now.value - self.before) / self.before.abs())
        };
        let verdict = if self.gain() > 0.0 { "better" } else { "worse" };
        format!("{metric} {} → {} ({relative}{verdict}) on {place}", self.before, self.now.value)
    }
}

fn measured(context: &Value) -> BTreeMap<At, Measured> {
    let evaluations =
        context.get("evaluation").and_then(|e| serde_json::from_value::<Vec<Evaluation>>(e.clone()).ok());
    let mut all = BTreeMap::new();
    for evaluation in evaluations.unwrap_or_default() {
        let mut add = |slice: Option<String>, metrics: &BTreeMap<String, f64>| {
            for (metric, value) in metrics {
                let at =
                    At { dataset: evaluation.dataset.clone(), slice: slice.clone(), metric: metric.clone() };
                let lower_is_better = evaluation.lower_is_better.contains(metric);
                all.insert(at, Measured { value: *value, lower_is_better });
            }
        };
        add(None, &evaluation.metrics);
        for slice in &evaluation.slices {
            add(Some(format!("{} = {}", slice.by, slice.value)), &slice.metrics);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn context(auc: f64, flagged_north: f64, flagged_south: f64) -> Value {
        json!({
            "code": {"commit": "a"},
            "evaluation": [{
                "dataset": "holdout",
                "metrics": {"auc": auc, "constant": 1.0},
                "lower_is_better": ["flagged"],
                "slices": [
                    {"by": "region", "value": "north", "metrics": {"flagged": flagged_north}},
                    {"by": "region", "value": "south", "metrics": {"flagged": flagged_south}},
                ],
            }],
        })
    }

    #[test]
    fn a_region_that_got_worse_is_not_hidden_by_the_whole() {
        let lines = metrics(&context(0.8, 0.02, 0.02), &context(0.9, 0.06, 0.01));
        assert_eq!(
            lines,
            [
                "auc 0.8 → 0.9 (+12.5 %, better) on holdout",
                "flagged 0.02 → 0.06 (+200.0 %, worse) on holdout, region = north",
            ]
        );
    }

    #[test]
    fn components_that_differ_are_named() {
        let mut other = context(0.8, 0.0, 0.0);
        other["code"]["commit"] = "b".into();
        other["data"] = json!([{"name": "claims"}]);
        assert_eq!(components(&context(0.8, 0.0, 0.0), &other), ["training data", "code"]);
        assert!(metrics(&json!({}), &other).is_empty());
    }
}
