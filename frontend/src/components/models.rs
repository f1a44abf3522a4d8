//! Tables of models: what is approved for production of each.

use super::chip::Chip;
use super::format::names;
use super::table::Heads;
use super::time::When;
use crate::links;
use leptos::prelude::*;
use weighhouse_types::reference::{ModelRef, VersionRef};
use weighhouse_types::versions::ProductionNow;

/// What a row says of its model.
pub(crate) struct ModelLine {
    pub(crate) reference: ModelRef,
    /// Small below its name, where there is anything to say.
    pub(crate) sub: String,
    pub(crate) production: Option<ProductionNow>,
    pub(crate) latest: Option<u32>,
}

/// Models with who approved what is in production.
#[component]
pub(crate) fn ModelTable(lines: Vec<ModelLine>) -> impl IntoView {
    let rows = lines
        .into_iter()
        .map(|line| {
            let by = line.production.as_ref().map_or_else(|| "–".to_owned(), |now| names(&now.by));
            view! {
                <ModelRow line=line>
                    <td data-label="By">{by}</td>
                </ModelRow>
            }
        })
        .collect_view();
    view! {
        <table class="table table-even cards">
            <Heads columns=&[
                ("Model", ""),
                ("Production", ""),
                ("Since", ""),
                ("By", ""),
                ("Latest", "r"),
            ] />
            <tbody>{rows}</tbody>
        </table>
    }
}

/// A model's row. `children` is the cell between since when and the latest.
#[component]
pub(crate) fn ModelRow(line: ModelLine, children: Children) -> impl IntoView {
    let ModelLine { reference, sub, production, latest } = line;
    let since = production.as_ref().map(|now| now.since);
    view! {
        <tr>
            <th scope="row">
                <a href=links::model(&reference)>{reference.model.clone()}</a>
                {(!sub.is_empty()).then(|| view! { <span class="sub">{sub}</span> })}
            </th>
            <td data-label="Production">
                <ProductionCell reference=reference production=production />
            </td>
            <td data-label="Since">
                {match since {
                    Some(at) => view! { <When at=at /> }.into_any(),
                    None => "–".into_any(),
                }}
            </td>
            {children()}
            <td data-label="Latest" class="r">
                {latest.map_or_else(|| "–".to_owned(), |n| n.to_string())}
            </td>
        </tr>
    }
}

/// The version that is approved for production, or that none is.
#[component]
fn ProductionCell(reference: ModelRef, production: Option<ProductionNow>) -> impl IntoView {
    match production {
        Some(now) => {
            let href = links::version(&VersionRef { model: reference, number: now.number });
            view! {
                <a href=href>{format!("version {}", now.number)}</a>
                " "
                <Chip kind="production" icon="circle-check" word="Approved" />
            }
            .into_any()
        }
        None => view! { <Chip kind="muted" icon="circle-dashed" word="Nothing yet" /> }.into_any(),
    }
}
