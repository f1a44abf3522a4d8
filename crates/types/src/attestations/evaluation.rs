//! Evaluations that came later, and how much repeated ones differ.

use crate::context::{ContextError, Evaluation};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The most results in one attestation.
const RESULTS_MAX: usize = 200;

/// Results on test sets. Several of one set are repeats of it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Evaluated {
    pub results: Vec<Evaluation>,
    /// The run that made them, as whoever attests them names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Evaluated {
    pub(super) fn check(&self) -> Result<(), ContextError> {
        if self.results.is_empty() || self.results.len() > RESULTS_MAX {
            let detail = format!("holds {} results; 1 to {RESULTS_MAX} are allowed", self.results.len());
            return Err(ContextError::new("body.results", detail));
        }
        for (n, result) in self.results.iter().enumerate() {
            let at = |part: &str| format!("body.results[{n}].{part}");
            if result.dataset.trim().is_empty() {
                return Err(ContextError::new(at("dataset"), "is empty; name the test set"));
            }
            if result.metrics.is_empty() && result.slices.is_empty() {
                return Err(ContextError::new(at("metrics"), "holds no metric; give at least one"));
            }
        }
        Ok(())
    }

    pub(super) fn summary(&self) -> String {
        let sets: BTreeSet<&str> = self.results.iter().map(|result| result.dataset.as_str()).collect();
        let sets: Vec<&str> = sets.into_iter().collect();
        format!("evaluation on {}", sets.join(", "))
    }
}

/// One metric over repeated results of one test set, or of one slice of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Band {
    pub dataset: String,
    /// The slice, as `name = value`; absent for the whole test set.
    pub slice: Option<String>,
    pub metric: String,
    pub lower_is_better: bool,
    /// How many results there are.
    pub count: usize,
    pub mean: f64,
    pub min: f64,
    pub max: f64,
    /// The newest of them.
    pub latest: f64,
}

/// The metrics of results, given oldest first. Results of one set under
/// another digest are another set's.
#[must_use]
pub fn bands<'a>(results: impl IntoIterator<Item = &'a Evaluation>) -> Vec<Band> {
    let mut found: BTreeMap<_, Vec<f64>> = BTreeMap::new();
    let mut lower: BTreeSet<(&str, &str)> = BTreeSet::new();
    for result in results {
        let set = (result.dataset.as_str(), result.digest.as_deref());
        lower.extend(result.lower_is_better.iter().map(|metric| (set.0, metric.as_str())));
        for (metric, value) in &result.metrics {
            found.entry((set, None, metric.as_str())).or_default().push(*value);
        }
        for slice in &result.slices {
            let name = format!("{} = {}", slice.by, slice.value);
            for (metric, value) in &slice.metrics {
                found.entry((set, Some(name.clone()), metric.as_str())).or_default().push(*value);
            }
        }
    }
    let band = |((set, slice, metric), values): (((&str, _), Option<String>, &str), Vec<f64>)| {
        let latest = *values.last()?;
        let count = values.len();
        let sum: f64 = values.iter().sum();
        Some(Band {
            dataset: set.0.to_owned(),
            slice,
            metric: metric.to_owned(),
            lower_is_better: lower.contains(&(set.0, metric)),
            count,
            mean: sum / f64::from(u32::try_from(count).ok()?),
            min: values.iter().copied().fold(f64::INFINITY, f64::min),
            max: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            latest,
        })
    };
    found.into_iter().filter_map(band).collect()
}

/// The newest result of each test set, of results given oldest first.
#[must_use]
pub fn latest(results: Vec<Evaluation>) -> Vec<Evaluation> {
    let mut newest: Vec<Evaluation> = Vec::new();
    for result in results {
        let same = |other: &&mut Evaluation| other.dataset == result.dataset && other.digest == result.digest;
        match newest.iter_mut().find(same) {
            Some(older) => *older = result,
            None => newest.push(result),
        }
    }
    newest
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn results() -> Vec<Evaluation> {
        serde_json::from_value(json!([
            {"dataset": "a", "metrics": {"auc": 0.8, "loss": 0.3}, "lower_is_better": ["loss"]},
            {"dataset": "b", "metrics": {"auc": 0.7}},
            {"dataset": "a", "metrics": {"auc": 0.9}, "slices": [{"by": "region", "value": "n", "metrics": {"auc": 0.6}}]},
            {"dataset": "a", "digest": "other", "metrics": {"auc": 0.1}},
        ]))
        .unwrap()
    }

    #[test]
    fn repeats_make_a_band() {
        let results = results();
        let found = bands(&results);
        let whole = found.iter().find(|b| b.dataset == "a" && b.count == 2).unwrap();
        assert_eq!((whole.min, whole.max, whole.latest), (0.8, 0.9, 0.9));
        assert!((whole.mean - 0.85).abs() < 1e-12);
        assert_eq!(found.len(), 5);
        assert!(found.iter().any(|b| b.metric == "loss" && b.lower_is_better));
        assert!(found.iter().any(|b| b.slice.as_deref() == Some("region = n")));
    }

    #[test]
    fn the_newest_of_each_set_counts() {
        let newest = latest(results());
        assert_eq!(newest.len(), 3);
        assert_eq!(newest[0].metrics["auc"], 0.9);
    }
}
