//! How metrics compare: whether a change is for the better, how large it is,
//! and what it says in plain words.

use super::format::{metric, plural};
use std::cmp::Ordering;
use weighhouse_types::promotions::MetricChange;

/// Relative changes below this are noise in the last digit.
const SAME: f64 = 0.0005;
/// A metric that gets worse by this much deserves to be looked at.
const MUCH: f64 = 0.10;
/// From here on a growth reads better as a factor.
const FACTOR: f64 = 2.0;

/// What a change means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    Better,
    Worse,
    /// Worse by a tenth or more.
    MuchWorse,
    Same,
    /// Measured on one of the two only.
    Incomparable,
}

/// One metric on one slice, before and after.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Change {
    pub(crate) before: Option<f64>,
    pub(crate) after: Option<f64>,
    pub(crate) verdict: Verdict,
    /// How large it is: `+2.4 %`, `× 3.1`.
    pub(crate) size: String,
    /// The relative change in the bad direction; negative for the better.
    harm: f64,
}

impl Change {
    pub(crate) fn of(change: &MetricChange) -> Self {
        let (Some(before), Some(after)) = (change.before, change.after) else {
            let size = if change.before.is_some() { "no longer measured" } else { "not measured before" };
            let (before, after) = (change.before, change.after);
            return Self { before, after, verdict: Verdict::Incomparable, size: size.into(), harm: 0.0 };
        };
        let relative = if before == 0.0 {
            // There is no ratio to zero: any change counts as a whole one.
            if after == 0.0 { 0.0 } else { after.signum() }
        } else {
            (after - before) / before.abs()
        };
        let harm = if change.higher_is_better { -relative } else { relative };
        let verdict = match harm {
            h if h.abs() < SAME => Verdict::Same,
            h if h >= MUCH => Verdict::MuchWorse,
            h if h > 0.0 => Verdict::Worse,
            _ => Verdict::Better,
        };
        let (before_shown, after_shown) = (Some(before), Some(after));
        Self { before: before_shown, after: after_shown, verdict, size: size(before, after, relative), harm }
    }
}

fn size(before: f64, after: f64, relative: f64) -> String {
    if before == 0.0 && after != 0.0 {
        return "from zero".into();
    }
    if before > 0.0 && after / before >= FACTOR {
        return format!("× {:.1}", after / before);
    }
    let percent = relative * 100.0;
    if percent.abs() < SAME * 100.0 {
        return "no change".into();
    }
    let sign = if percent < 0.0 { "−" } else { "+" };
    let decimals = if percent.abs() >= 10.0 { 0 } else { 1 };
    format!("{sign}{:.decimals$} %", percent.abs())
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
    pub(crate) cells: Vec<Option<Change>>,
}

impl Row {
    /// Whether a metric gets much worse here.
    pub(crate) fn alarming(&self) -> bool {
        self.cells.iter().flatten().any(|cell| cell.verdict == Verdict::MuchWorse)
    }

    fn harm(&self) -> f64 {
        self.cells.iter().flatten().map(|cell| cell.harm).fold(f64::MIN, f64::max)
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
        let harms = of_set.iter().filter(|c| c.metric == name).map(|c| Change::of(c).harm);
        harms.fold(f64::MIN, f64::max)
    };
    metrics.sort_by(|a, b| harm_of(&b.0).partial_cmp(&harm_of(&a.0)).unwrap_or(Ordering::Equal));
    let row = |slice: Option<String>| {
        let cell = |(name, _): &(String, bool)| {
            of_set.iter().find(|c| c.slice == slice && c.metric == *name).map(|c| Change::of(c))
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
    let judged: Vec<(&MetricChange, Change)> = changes.iter().map(|c| (c, Change::of(c))).collect();
    let by_harm = |a: &&(&MetricChange, Change), b: &&(&MetricChange, Change)| {
        a.1.harm.partial_cmp(&b.1.harm).unwrap_or(Ordering::Equal)
    };
    let is_worse = |c: &&(&MetricChange, Change)| matches!(c.1.verdict, Verdict::Worse | Verdict::MuchWorse);
    let is_better = |c: &&(&MetricChange, Change)| c.1.verdict == Verdict::Better;
    let worst = judged.iter().filter(is_worse).max_by(by_harm);
    let whole = |c: &&(&MetricChange, Change)| c.0.slice.is_none();
    let best_whole = judged.iter().filter(is_better).filter(whole).min_by(by_harm);
    let best = best_whole.or_else(|| judged.iter().filter(is_better).min_by(by_harm));
    let finding = |word: &str, count: usize, found: &(&MetricChange, Change)| Finding {
        headline: format!("{word} in {}.", plural(u64::try_from(count).unwrap_or(u64::MAX), "place")),
        detail: sentence(found.0, &found.1),
    };
    Summary {
        worse: worst.map(|found| finding("Worse", judged.iter().filter(is_worse).count(), found)),
        better: best.map(|found| finding("Better", judged.iter().filter(is_better).count(), found)),
    }
}

fn sentence(change: &MetricChange, judged: &Change) -> String {
    let place = change.slice.as_ref().map_or_else(
        || format!("on the whole of {}", change.dataset),
        |slice| format!("for {slice} in {}", change.dataset),
    );
    let value = |v: Option<f64>| v.map_or_else(|| "–".into(), metric);
    let (before, after) = (value(judged.before), value(judged.after));
    format!("The largest: {} {place} goes from {before} to {after} ({}).", change.metric, judged.size)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(slice: Option<&str>, metric: &str, up: bool, before: f64, after: f64) -> MetricChange {
        MetricChange {
            dataset: "holdout".into(),
            slice: slice.map(Into::into),
            metric: metric.into(),
            higher_is_better: up,
            before: Some(before),
            after: Some(after),
        }
    }

    #[test]
    fn direction_decides_what_is_better() {
        let cases = [
            (true, 0.871, 0.892, Verdict::Better, "+2.4 %"),
            (false, 0.041, 0.126, Verdict::MuchWorse, "× 3.1"),
            (true, 0.57, 0.31, Verdict::MuchWorse, "−46 %"),
            (false, 0.041, 0.039, Verdict::Better, "−4.9 %"),
            (true, 0.5, 0.5, Verdict::Same, "no change"),
            (false, 0.0, 0.2, Verdict::MuchWorse, "from zero"),
            (true, 0.60, 0.59, Verdict::Worse, "−1.7 %"),
        ];
        for (up, before, after, verdict, size) in cases {
            let judged = Change::of(&change(None, "m", up, before, after));
            assert_eq!((judged.verdict, judged.size.as_str()), (verdict, size), "{before} to {after}");
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
        let new = MetricChange { before: None, ..change(None, "auc", true, 0.0, 0.9) };
        assert_eq!(Change::of(&new).verdict, Verdict::Incomparable);
    }
}
