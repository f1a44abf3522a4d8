//! How one version's context differs from another's, in a few lines.

use serde_json::Value;
use weighhouse_types::compare::{MetricChange, Verdict, components_changed, evaluations, metric_changes};
use weighhouse_types::text::metric as number;

/// The most lines of metrics; `wh compare` compares in full.
const METRICS_SHOWN: usize = 12;

/// The components that differ, as they are called on a page.
pub(crate) fn components(before: &Value, after: &Value) -> Vec<String> {
    components_changed(before, after).into_iter().map(str::to_lowercase).collect()
}

/// What the metrics that both evaluations have became: those of whole test
/// sets, then those of slices that got worse, the worst first.
pub(crate) fn metrics(before: Option<&Value>, after: Option<&Value>) -> Vec<String> {
    let mut changes = metric_changes(&evaluations(before), &evaluations(after));
    changes.retain(|change| match change.delta.verdict {
        Verdict::Same => false,
        _ if change.before.is_none() || change.after.is_none() => false,
        verdict => change.slice.is_none() || verdict.is_worse(),
    });
    let more = changes.len().saturating_sub(METRICS_SHOWN);
    let more = (more > 0).then(|| format!("and {more} more, which `wh compare` shows"));
    changes.iter().take(METRICS_SHOWN).map(text).chain(more).collect()
}

fn text(change: &MetricChange) -> String {
    let MetricChange { dataset, slice, metric, .. } = change;
    let place = slice.as_ref().map_or_else(|| dataset.clone(), |slice| format!("{dataset}, {slice}"));
    let value = |value: Option<f64>| value.map_or_else(|| "–".into(), number);
    let (before, after) = (value(change.before), value(change.after));
    format!("{metric} {before} → {after} ({}) on {place}", change.words())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn evaluation(auc: f64, flagged_north: f64, flagged_south: f64) -> Value {
        json!([{
            "dataset": "holdout",
            "metrics": {"auc": auc, "constant": 1.0},
            "lower_is_better": ["flagged"],
            "slices": [
                {"by": "region", "value": "north", "metrics": {"flagged": flagged_north}},
                {"by": "region", "value": "south", "metrics": {"flagged": flagged_south}},
            ],
        }])
    }

    #[test]
    fn a_region_that_got_worse_is_not_hidden_by_the_whole() {
        let lines = metrics(Some(&evaluation(0.8, 0.02, 0.02)), Some(&evaluation(0.9, 0.06, 0.01)));
        assert_eq!(
            lines,
            [
                "auc 0.800 → 0.900 (+12 %, better) on holdout",
                "flagged 0.020 → 0.060 (× 3.0, much worse) on holdout, region = north",
            ]
        );
        assert!(metrics(None, Some(&evaluation(0.8, 0.0, 0.0))).is_empty());
    }
}
