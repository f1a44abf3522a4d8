//! How the version did on its test sets, whole and by slice.

use crate::components::command::Digest;
use crate::components::format::{count, metric};
use crate::components::note::Empty;
use crate::components::table::Scroll;
use leptos::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;
use weighhouse_types::context::Evaluation;

#[component]
pub(super) fn EvidenceSection(evaluation: Option<Value>) -> impl IntoView {
    let sets: Vec<Evaluation> =
        evaluation.and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default();
    let content = if sets.is_empty() {
        view! {
            <Empty title="No evaluation">
                <p>
                    "The version came without the component " <code>"evaluation"</code>
                    ": metrics on test sets, whole and by slice. Without it a reviewer has nothing to weigh."
                </p>
            </Empty>
        }
        .into_any()
    } else {
        sets.into_iter().map(|set| view! { <SetTable set=set /> }).collect_view().into_any()
    };
    view! {
        <section class="card" id="evidence" aria-labelledby="evidence-title">
            <div class="card-head">
                <h2 id="evidence-title">"Evidence"</h2>
                <span class="push">"results by test set and slice"</span>
            </div>
            {content}
        </section>
    }
}

#[component]
fn SetTable(set: Evaluation) -> impl IntoView {
    let mut names: Vec<String> = set.metrics.keys().cloned().collect();
    for name in set.slices.iter().flat_map(|slice| slice.metrics.keys()) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    let heads = names
        .iter()
        .map(|name| {
            let direction =
                if set.lower_is_better.contains(name) { "lower is better" } else { "higher is better" };
            view! {
                <th scope="col" class="r">
                    {name.clone()}
                    <span class="sub">{direction}</span>
                </th>
            }
        })
        .collect_view();
    let slices = set
        .slices
        .iter()
        .map(|slice| {
            let label = format!("{} = {}", slice.by, slice.value);
            view! { <SliceRow label=label rows=slice.rows metrics=slice.metrics.clone() names=names.clone() /> }
        })
        .collect_view();
    view! {
        <div class="set">
            <strong>{set.dataset.clone()}</strong>
            {set.digest.map(|digest| view! { <Digest digest=digest of="the test set" short=true /> })}
        </div>
        <Scroll label=format!("Results on {}", set.dataset)>
            <table class="table table-tight">
                <thead>
                    <tr>
                        <th scope="col">"Slice"</th>
                        <th scope="col" class="r">
                            "Rows"
                        </th>
                        {heads}
                    </tr>
                </thead>
                <tbody>
                    <SliceRow
                        label="Whole test set".to_owned()
                        rows=set.rows
                        metrics=set.metrics
                        names=names
                    />
                    {slices}
                </tbody>
            </table>
        </Scroll>
    }
}

#[component]
fn SliceRow(
    label: String,
    rows: Option<u64>,
    metrics: BTreeMap<String, f64>,
    names: Vec<String>,
) -> impl IntoView {
    let cells = names
        .iter()
        .map(|name| {
            let value = metrics.get(name).map_or_else(|| "–".to_owned(), |value| metric(*value));
            view! { <td class="r">{value}</td> }
        })
        .collect_view();
    view! {
        <tr>
            <th scope="row" class="nowrap">
                {label}
            </th>
            <td class="r">{rows.map_or_else(|| "–".to_owned(), count)}</td>
            {cells}
        </tr>
    }
}
