//! Which model versions were made of something registered, and its other versions.

use crate::components::chip::StageChip;
use crate::components::note::Empty;
use crate::components::table::Heads;
use crate::components::time::When;
use crate::links;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use weighhouse_types::datasets::{Use, UsedBy};

const fn word(component: Use) -> &'static str {
    match component {
        Use::Data => "among its data",
        Use::Features => "reads its features",
        Use::Evaluation => "evaluated on it",
    }
}

#[component]
pub(super) fn UsedByTable(used_by: Vec<UsedBy>) -> impl IntoView {
    if used_by.is_empty() {
        return view! {
            <Empty title="No model version yet">
                <p>"A version names it in its context, by reference or by the digest of the data."</p>
            </Empty>
        }
        .into_any();
    }
    let rows = used_by
        .into_iter()
        .map(|used| {
            let reference = used.version;
            let name = format!("{}@{}", reference.model.model, reference.number);
            view! {
                <tr>
                    <th scope="row">
                        <a href=links::version(&reference)>{name}</a>
                        <span class="sub">{reference.model.project}</span>
                    </th>
                    <td data-label="How">{word(used.component)}</td>
                    <td data-label="Stage">
                        <StageChip stage=used.stage />
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="table cards">
            <Heads columns=&[("Model version", ""), ("How", ""), ("Stage", "")] />
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

/// One of the versions under a name.
pub(super) struct Other {
    pub(super) number: u32,
    pub(super) at: DateTime<Utc>,
    pub(super) address: String,
    /// Where it is compared with the one shown, if it can be.
    pub(super) compare: Option<String>,
}

#[component]
pub(super) fn Others(others: Vec<Other>, current: u32) -> impl IntoView {
    let rows = others
        .into_iter()
        .map(|other| {
            let here = (other.number == current).then_some("page");
            view! {
                <tr>
                    <th scope="row">
                        <a href=other.address aria-current=here>
                            {format!("Version {}", other.number)}
                        </a>
                    </th>
                    <td>
                        <When at=other.at />
                    </td>
                    <td class="r">
                        {other
                            .compare
                            .filter(|_| here.is_none())
                            .map(|href| {
                                view! {
                                    <a href=href aria-label=format!("Drift against version {}", other.number)>
                                        "Drift"
                                    </a>
                                }
                            })}
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="table table-tight">
            <tbody>{rows}</tbody>
        </table>
    }
}
