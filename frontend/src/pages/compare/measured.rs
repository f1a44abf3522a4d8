//! Metrics of every version: a table a test set, a row a metric of a slice.

use super::table::VersionsTable;
use crate::components::change::{ChangeMark, Findings};
use crate::components::format::{metric, plural};
use crate::components::note::{Note, Tone};
use leptos::prelude::*;
use weighhouse_types::compare::{Comparison, MetricRow, Verdict, tally};

#[component]
pub(super) fn Measurements(comparison: Comparison) -> impl IntoView {
    let labels = comparison.labels();
    let list = comparison.metrics.clone();
    let mut sets: Vec<(String, Vec<MetricRow>)> = Vec::new();
    for row in list.items {
        match sets.last_mut().filter(|(dataset, _)| *dataset == row.dataset) {
            Some((_, rows)) => rows.push(row),
            None => sets.push((row.dataset.clone(), vec![row])),
        }
    }
    let words = match (sets.is_empty(), list.same) {
        (true, 0) => Some("Nothing was measured of these versions.".to_owned()),
        (true, same) => Some(format!(
            "No metric differs: {} the same.",
            plural(u64::try_from(same).unwrap_or(0), "value")
        )),
        _ => None,
    };
    let said =
        words.is_none().then(|| view! { <Said comparison=comparison.clone() labels=labels.clone() /> });
    let tables = sets
        .into_iter()
        .map(|(dataset, rows)| view! { <SetTable dataset=dataset rows=rows labels=labels.clone() /> })
        .collect_view();
    let omitted = (list.omitted > 0).then(|| {
        view! { <p class="card-body dim">{format!("and {} more", list.omitted)}</p> }
    });
    view! {
        <section class="card" id="metrics" aria-labelledby="metrics-title">
            <div class="card-head">
                <h2 id="metrics-title">"Metrics"</h2>
                <span class="push">"what harms most on top"</span>
            </div>
            {words
                .map(|words| {
                    view! {
                        <div class="card-body">
                            <Note tone=Tone::Plain>{words}</Note>
                        </div>
                    }
                })} {said} {tables} {omitted}
        </section>
    }
}

/// In words: of two versions what stands out, of more a line each.
#[component]
fn Said(comparison: Comparison, labels: Vec<String>) -> impl IntoView {
    if labels.len() == 2 {
        return view! { <Findings changes=comparison.metric_changes(1) /> }.into_any();
    }
    let line = |(of, label): (usize, String)| {
        view! {
            <li>
                <strong>{label}</strong>
                {format!(": {}", tally(&comparison.metric_changes(of)))}
            </li>
        }
    };
    view! {
        <ul class="card-body plain">{labels.into_iter().enumerate().skip(1).map(line).collect_view()}</ul>
    }
    .into_any()
}

#[component]
fn SetTable(dataset: String, rows: Vec<MetricRow>, labels: Vec<String>) -> impl IntoView {
    let lines =
        rows.into_iter().map(|row| view! { <MetricLine row=row labels=labels.clone() /> }).collect_view();
    view! {
        <p class="set">
            <strong>{dataset.clone()}</strong>
        </p>
        <VersionsTable
            label=format!("Metrics on {dataset}")
            first="Metric"
            kind="table-metrics"
            labels=labels.clone()
        >
            {lines}
        </VersionsTable>
    }
}

#[component]
fn MetricLine(row: MetricRow, labels: Vec<String>) -> impl IntoView {
    let alarming = row.changes().any(|change| change.delta.verdict == Verdict::MuchWorse);
    let direction = if row.higher_is_better { "higher is better" } else { "lower is better" };
    let place = row.slice.clone().unwrap_or_else(|| "whole test set".into());
    let cells = labels
        .into_iter()
        .enumerate()
        .map(|(of, label)| view! { <MetricCell row=row.clone() of=of label=label /> })
        .collect_view();
    view! {
        <tr class=alarming.then_some("row-bad")>
            <th scope="row">
                {row.metric.clone()} <span class="sub">{format!("{place}, {direction}")}</span>
            </th>
            {cells}
        </tr>
    }
}

#[component]
fn MetricCell(row: MetricRow, of: usize, label: String) -> impl IntoView {
    let measured = row.values.get(of).copied().flatten();
    let value = measured.map_or_else(|| "–".to_owned(), |measured| metric(measured.value));
    let repeats = measured.filter(|measured| measured.repeats > 1).map(|measured| {
        let deviation = measured.deviation.map_or_else(|| "?".into(), metric);
        view! { <span class="sub">{format!("mean of {}, ± {deviation}", measured.repeats)}</span> }
    });
    let change = row.change(of).map(|change| {
        let noise = change.delta.noise.map(metric);
        view! {
            <ChangeMark change=change />
            {noise.map(|noise| view! { <span class="sub">{format!("noise ± {noise}")}</span> })}
        }
    });
    view! {
        <td data-label=label>
            <span class="num">{value}</span>
            <div>{repeats} {change}</div>
        </td>
    }
}
