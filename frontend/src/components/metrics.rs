//! How metrics compare, in a grid and in plain words.

use super::format::{metric, plural};
use std::cmp::Ordering;
use weighhouse_types::compare::{MetricChange, Verdict};

/// How a verdict looks: the class, and the icon.
pub(crate) const fn look(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Better => ("change change-better", "check"),
        Verdict::Worse => ("change change-worse", "arrow-down"),
        Verdict::MuchWorse => ("change change-worse", "triangle-alert"),
        Verdict::Same | Verdict::WithinNoise | Verdict::Incomparable => ("change", "minus"),
    }
}

/// The changes on one test set: a row a slice, a column a metric.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Grid {
    pub(crate) dataset: String,
    /// The metrics, and whether more of them is better.
    pub(crate) metrics: Vec<(String, bool)>,
    pub(crate) rows: Vec<Row>,
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Row {
    /// `None` for the whole test set.
    pub(crate) slice: Option<String>,
    /// In the order of the grid's metrics.
    pub(crate) cells: Vec<Option<MetricChange>>,
}

impl Row {
    /// Whether a metric gets much worse here.
    pub(crate) fn alarming(&self) -> bool {
        self.cells.iter().flatten().any(|cell| cell.delta.verdict == Verdict::MuchWorse)
    }

    fn harm(&self) -> f64 {
        self.cells.iter().flatten().map(|cell| -cell.gain()).fold(f64::MIN, f64::max)
    }
}

/// Groups changes by test set. The whole set comes first, then the slices with
/// what harms them most on top; metrics with the largest harm come first, too.
pub(crate) fn grids(changes: &[MetricChange]) -> Vec<Grid> {
    let mut datasets: Vec<&str> = Vec::new();
    for change in changes {
        if !datasets.contains(&change.dataset.as_str()) {
            datasets.push(&change.dataset);
        }
    }
    datasets.into_iter().map(|dataset| grid(dataset, changes)).collect()
}

fn grid(dataset: &str, changes: &[MetricChange]) -> Grid {
    let of_set: Vec<_> = changes.iter().filter(|change| change.dataset == dataset).collect();
    let mut metrics: Vec<(String, bool)> = Vec::new();
    let mut slices: Vec<Option<String>> = Vec::new();
    for change in &of_set {
        if !metrics.iter().any(|(name, _)| *name == change.metric) {
            metrics.push((change.metric.clone(), change.higher_is_better));
        }
        if !slices.contains(&change.slice) {
            slices.push(change.slice.clone());
        }
    }
    let harm_of = |name: &str| {
        let harms = of_set.iter().filter(|c| c.metric == name).map(|c| -c.gain());
        harms.fold(f64::MIN, f64::max)
    };
    metrics.sort_by(|a, b| harm_of(&b.0).partial_cmp(&harm_of(&a.0)).unwrap_or(Ordering::Equal));
    let row = |slice: Option<String>| {
        let cell = |(name, _): &(String, bool)| {
            of_set.iter().find(|c| c.slice == slice && c.metric == *name).map(|c| (*c).clone())
        };
        Row { cells: metrics.iter().map(cell).collect(), slice }
    };
    let mut rows: Vec<Row> = slices.into_iter().map(row).collect();
    rows.sort_by(|a, b| {
        let whole = a.slice.is_some().cmp(&b.slice.is_some());
        whole.then_with(|| b.harm().partial_cmp(&a.harm()).unwrap_or(Ordering::Equal))
    });
    Grid { dataset: dataset.into(), metrics, rows }
}

/// What a set of changes says in a sentence or two.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Summary {
    pub(crate) worse: Option<Finding>,
    pub(crate) better: Option<Finding>,
}

/// A number of places, and the one that stands out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Finding {
    pub(crate) headline: String,
    pub(crate) detail: String,
}

/// Sums changes up: the worst one named, and the best one on a whole test set.
pub(crate) fn summary(changes: &[MetricChange]) -> Summary {
    let by_gain = |a: &&MetricChange, b: &&MetricChange| a.gain().total_cmp(&b.gain());
    let worse = || changes.iter().filter(|c| c.delta.verdict.is_worse());
    let better = || changes.iter().filter(|c| c.delta.verdict == Verdict::Better);
    let best_whole = better().filter(|c| c.slice.is_none()).max_by(by_gain);
    let best = best_whole.or_else(|| better().max_by(by_gain));
    let finding = |word: &str, count: usize, found: &MetricChange| Finding {
        headline: format!("{word} in {}.", plural(u64::try_from(count).unwrap_or(u64::MAX), "place")),
        detail: sentence(found),
    };
    Summary {
        worse: worse().min_by(by_gain).map(|found| finding("Worse", worse().count(), found)),
        better: best.map(|found| finding("Better", better().count(), found)),
    }
}

fn sentence(change: &MetricChange) -> String {
    let place = change.slice.as_ref().map_or_else(
        || format!("on the whole of {}", change.dataset),
        |slice| format!("for {slice} in {}", change.dataset),
    );
    let value = |v: Option<f64>| v.map_or_else(|| "–".into(), metric);
    let (before, after) = (value(change.before), value(change.after));
    format!("The largest: {} {place} goes from {before} to {after} ({}).", change.metric, change.size())
}

#[cfg(test)]
mod tests {
    use super::*;
    use weighhouse_types::compare::{Delta, Measured};

    fn change(slice: Option<&str>, metric: &str, up: bool, before: f64, after: f64) -> MetricChange {
        let measured = |value| Measured { value, repeats: 1, deviation: None };
        MetricChange {
            dataset: "holdout".into(),
            slice: slice.map(Into::into),
            metric: metric.into(),
            higher_is_better: up,
            before: Some(before),
            after: Some(after),
            delta: Delta::between(Some(&measured(before)), Some(&measured(after)), up),
        }
    }

    #[test]
    fn the_harmed_slice_comes_right_after_the_whole() {
        let changes = [
            change(Some("region = Harbour"), "flag_rate", false, 0.041, 0.039),
            change(None, "flag_rate", false, 0.043, 0.047),
            change(Some("region = Lakes"), "flag_rate", false, 0.041, 0.126),
        ];
        let grids = grids(&changes);
        let order: Vec<_> = grids[0].rows.iter().map(|row| row.slice.as_deref()).collect();
        assert_eq!(order, [None, Some("region = Lakes"), Some("region = Harbour")]);
        assert!(grids[0].rows[1].alarming());
        assert!(!grids[0].rows[0].alarming());
    }

    #[test]
    fn the_summary_names_the_worst_and_the_best() {
        let changes = [
            change(None, "auc", true, 0.871, 0.892),
            change(Some("region = Lakes"), "flag_rate", false, 0.041, 0.126),
        ];
        let summary = summary(&changes);
        assert_eq!(
            summary.worse.unwrap().detail,
            "The largest: flag_rate for region = Lakes in holdout goes from 0.041 to 0.126 (× 3.1)."
        );
        assert_eq!(summary.better.unwrap().headline, "Better in 1 place.");
    }

    #[test]
    fn nothing_to_compare_says_nothing() {
        assert_eq!(summary(&[]), Summary { worse: None, better: None });
    }
}
