//! What changes against production: in words, then metric by metric and
//! slice by slice, what harms most on top.

use crate::components::change::{ChangeMark, Findings};
use crate::components::format::metric;
use crate::components::icon::Icon;
use crate::components::metrics::{Grid, Row, grids};
use crate::components::note::{Note, Tone};
use crate::components::table::Scroll;
use leptos::prelude::*;
use weighhouse_types::compare::MetricChange;

#[component]
pub(super) fn Changes(
    changes: Vec<MetricChange>,
    /// The version that is asked into production, and the one there now.
    number: u32,
    production: Option<u32>,
    /// The page that compares the two in full.
    compare: Option<String>,
) -> impl IntoView {
    let versus = production.map_or_else(
        || format!("nothing → version {number}"),
        |now| format!("version {now} → version {number}"),
    );
    let content = match (production, changes.is_empty()) {
        (None, _) => view! {
            <p class="card-body dim">
                "Nothing is in production yet, so that there is nothing to compare with. The results are on the version’s page."
            </p>
        }
        .into_any(),
        (_, true) => view! {
            <div class="card-body">
                <Note tone=Tone::Warn>
                    "The two versions have no test set in common: nothing says whether this one is better."
                </Note>
            </div>
        }
        .into_any(),
        _ => view! {
            <Findings changes=changes.clone() />
            {grids(&changes).into_iter().map(|grid| view! { <GridTable grid=grid /> }).collect_view()}
        }
        .into_any(),
    };
    view! {
        <section class="card" aria-labelledby="changes">
            <div class="card-head">
                <h2 id="changes">"What changes against production"</h2>
                <span class="push num">{versus}</span>
            </div>
            {content}
            {compare
                .map(|href| {
                    view! {
                        <div class="card-foot row">
                            <a class="btn btn-small push" href=href>
                                <Icon name="scale" />
                                "Compare in full"
                            </a>
                        </div>
                    }
                })}
        </section>
    }
}

#[component]
fn GridTable(grid: Grid) -> impl IntoView {
    let heads = grid
        .metrics
        .iter()
        .map(|(name, higher)| {
            let direction = if *higher { "higher is better" } else { "lower is better" };
            view! {
                <th scope="col">
                    {name.clone()} <span class="sub">{direction}</span>
                </th>
            }
        })
        .collect_view();
    let names: Vec<String> = grid.metrics.iter().map(|(name, _)| name.clone()).collect();
    let rows =
        grid.rows.into_iter().map(|row| view! { <GridRow row=row names=names.clone() /> }).collect_view();
    view! {
        <p class="set">
            <strong>{grid.dataset.clone()}</strong>
        </p>
        <Scroll label=format!("Changes on {}", grid.dataset)>
            <table class="table table-metrics cards">
                <thead>
                    <tr>
                        <th scope="col">"Slice"</th>
                        {heads}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </Scroll>
    }
}

#[component]
fn GridRow(row: Row, names: Vec<String>) -> impl IntoView {
    let alarming = row.alarming();
    let class = alarming.then_some("row-bad");
    let label = row.slice.unwrap_or_else(|| "Whole test set".into());
    let cells = names
        .into_iter()
        .zip(row.cells)
        .map(|(name, cell)| {
            view! {
                <td data-label=name>
                    {match cell {
                        Some(change) => view! { <ChangeCell change=change /> }.into_any(),
                        None => "–".into_any(),
                    }}
                </td>
            }
        })
        .collect_view();
    view! {
        <tr class=class>
            <th scope="row">
                {label}
                {alarming
                    .then(|| {
                        view! {
                            <span class="sub">
                                <Icon name="triangle-alert" />
                                " much worse here"
                            </span>
                        }
                    })}
            </th>
            {cells}
        </tr>
    }
}

#[component]
fn ChangeCell(change: MetricChange) -> impl IntoView {
    let value = |v: Option<f64>| v.map_or_else(|| "–".to_owned(), metric);
    view! {
        <span class="nowrap num">
            {value(change.before)} <span class="faint">" → "</span> <strong>{value(change.after)}</strong>
        </span>
        <ChangeMark change=change />
    }
}
