//! How one version of a dataset differs from another, column by column.

use super::histogram::percent;
use super::{known, server};
use crate::components::chip::Chip;
use crate::components::format::{metric, plural};
use crate::components::frame::{Page, Tab};
use crate::components::note::{Note, Tone};
use crate::components::table::{Heads, Scroll};
use crate::{forms, links, session};
use leptos::prelude::*;
use weighhouse_types::datasets::{Change, ColumnDrift, DataRef, Drift};

#[component]
pub(crate) fn DriftPage() -> impl IntoView {
    let (tenant, name, number) = (session::param("tenant"), session::param("name"), session::param("number"));
    let against = session::query("against");
    session::page(async move |ctx| {
        let to = DataRef { name, number: forms::id(&number, "dataset")? };
        let (tenant, drift) = server::drift(&ctx, &tenant, &to, against).await?;
        let (all, version) =
            (links::tenant_page(&tenant.slug, "datasets"), links::dataset(&tenant.slug, &to));
        let slug = tenant.slug.clone();
        let page = Page::of(tenant, Tab::Data, "Drift", view! { <DriftView tenant=slug drift=drift /> });
        Ok(page.under("Data", all).under(to.to_string(), version))
    })
}

#[component]
fn DriftView(tenant: String, drift: Drift) -> impl IntoView {
    let side = |reference: &str, rows: Option<u64>| {
        let href = reference.parse::<DataRef>().map(|reference| links::dataset(&tenant, &reference)).ok();
        view! {
            <a href=href>{reference.to_owned()}</a>
            {format!(" ({} rows)", known(rows))}
        }
    };
    let (to, from) = (side(&drift.to, drift.rows_to), side(&drift.from, drift.rows_from));
    let of = |wanted: Change| drift.columns.iter().filter(|column| column.change == wanted).count();
    let stable = u64::try_from(of(Change::Stable)).unwrap_or(0);
    let changed = u64::try_from(drift.columns.len()).unwrap_or(0) - stable;
    let rows = drift.columns.into_iter().map(|column| view! { <DriftRow column=column /> }).collect_view();
    view! {
        <div class="head">
            <div class="head-title">
                <h1>"Drift"</h1>
            </div>
            <div class="head-sub">
                <p>{to} " against " {from}</p>
                <p>{format!("{} changed, {stable} stable", plural(changed, "column"))}</p>
            </div>
        </div>
        <div class="stack">
            {(!drift.profiled)
                .then(|| {
                    view! {
                        <Note tone=Tone::Warn>
                            "One of the two has no profile, so that only their columns are compared. "
                            <code>"wh data add"</code>" makes one."
                        </Note>
                    }
                })} <section class="card" aria-label="Columns">
                <Scroll label="Columns and how they changed">
                    <table class="table table-tight">
                        <Heads columns=&[
                            ("Column", ""),
                            ("Change", ""),
                            ("PSI", "r"),
                            ("Missing", "r"),
                            ("Mean", "r"),
                            ("What", "wide"),
                        ] />
                        <tbody>{rows}</tbody>
                    </table>
                </Scroll>
                <p class="card-body dim small">
                    "PSI is the population stability index, over the tenths of the measure or over its values: below 0.1 is
                    stable, from 0.25 on it is another distribution."
                </p>
            </section>
        </div>
    }
}

#[component]
fn DriftRow(column: ColumnDrift) -> impl IntoView {
    let (kind, icon, word) = match column.change {
        Change::Stable => ("muted", "check", "Stable"),
        Change::Moderate => ("staging", "triangle-alert", "Moderate"),
        Change::Large => ("rejected", "octagon-x", "Large"),
        Change::Added => ("staging", "plus", "Added"),
        Change::Removed => ("rejected", "circle-minus", "Removed"),
    };
    let pair = |from: Option<f64>, to: Option<f64>, show: fn(f64) -> String| match (from, to) {
        (Some(from), Some(to)) if show(from) == show(to) => show(to),
        (Some(from), Some(to)) => format!("{} → {}", show(from), show(to)),
        _ => "–".to_owned(),
    };
    let bad = matches!(column.change, Change::Large | Change::Removed).then_some("row-bad");
    let types = match (&column.type_from, &column.type_to) {
        (Some(from), Some(to)) if from == to => to.clone(),
        (Some(from), Some(to)) => format!("{from} → {to}"),
        (from, to) => from.clone().or_else(|| to.clone()).unwrap_or_default(),
    };
    let listed = |word: &str, values: &[String]| {
        (!values.is_empty())
            .then(|| view! { <span class="line">{format!("{word}: {}", values.join(", "))}</span> })
    };
    view! {
        <tr class=bad>
            <th scope="row">
                {column.name.clone()} <span class="sub">{types}</span>
            </th>
            <td>
                <Chip kind=kind icon=icon word=word />
            </td>
            <td class="r">{column.psi.map_or_else(|| "–".to_owned(), |psi| format!("{psi:.3}"))}</td>
            <td class="r nowrap">{pair(column.missing_from, column.missing_to, percent)}</td>
            <td class="r nowrap">{pair(column.mean_from, column.mean_to, metric)}</td>
            <td class="small">
                {listed("New", &column.new_values)} {listed("Vanished", &column.vanished_values)}
            </td>
        </tr>
    }
}
