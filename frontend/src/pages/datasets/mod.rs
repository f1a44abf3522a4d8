//! Datasets and feature pipelines of a client: all of them, a version with its
//! profile, and how two versions differ.

mod drift;
mod histogram;
mod pipeline;
mod server;
mod used;
mod version;

pub(crate) use drift::DriftPage;
pub(crate) use pipeline::PipelinePage;
pub(crate) use version::DatasetPage;

use crate::components::card::Card;
use crate::components::command::{Command, Digest};
use crate::components::format::count;
use crate::components::frame::{Page, Tab};
use crate::components::note::Empty;
use crate::components::table::{Heads, NextPage};
use crate::components::time::When;
use crate::{links, session};
use leptos::prelude::*;
use server::{AllShown, Cursors};
use weighhouse_types::datasets::{DatasetRecord, PipelineRecord, Registered};
use weighhouse_types::permission::{Action, allows};

/// A client's datasets and pipelines.
#[component]
pub(crate) fn DataPage() -> impl IntoView {
    let tenant = session::param("tenant");
    let cursors = Cursors { datasets: session::query("cursor"), pipelines: session::query("pipelines") };
    session::page(async move |ctx| {
        let shown = server::all(&ctx, &tenant, cursors).await?;
        let tenant = shown.tenant.clone();
        Ok(Page::of(tenant, Tab::Data, "Data", view! { <AllView shown=shown /> }))
    })
}

#[component]
fn AllView(shown: AllShown) -> impl IntoView {
    let AllShown { tenant, datasets, pipelines } = shown;
    let here = links::tenant_page(&tenant.slug, "datasets");
    let adds = allows(tenant.role, Action::DataRegister);
    let slug = tenant.slug;
    let more_pipelines = pipelines.next.map(|cursor| {
        let href = format!("{here}?pipelines={}", links::encode(&cursor));
        view! {
            <div class="card-foot row">
                <a class="btn btn-small push" href=href rel="next">
                    "More pipelines"
                </a>
            </div>
        }
    });
    let dataset_table = if datasets.items.is_empty() {
        view! { <NoDatasets tenant=slug.clone() adds=adds /> }.into_any()
    } else {
        view! { <DatasetTable tenant=slug.clone() versions=datasets.items /> }.into_any()
    };
    let pipeline_table = if pipelines.items.is_empty() {
        view! { <NoPipelines tenant=slug adds=adds /> }.into_any()
    } else {
        view! { <PipelineTable tenant=slug versions=pipelines.items /> }.into_any()
    };
    view! {
        <div class="head">
            <div class="head-title">
                <h1>"Data"</h1>
            </div>
            <div class="head-sub">
                <p>"What models are made of: registered by digest and profile. The data itself stays where it is."</p>
            </div>
        </div>
        <div class="stack">
            <Card id="datasets" icon="database" title="Datasets">
                {dataset_table} <NextPage path=here next=datasets.next words="More datasets" />
            </Card>
            <Card id="pipelines" icon="workflow" title="Feature pipelines">
                {pipeline_table} {more_pipelines}
            </Card>
        </div>
    }
}

#[component]
fn NoDatasets(tenant: String, adds: bool) -> impl IntoView {
    view! {
        <Empty icon="database" title="No datasets yet">
            {if adds {
                view! { <Command lines=vec![format!("wh data add data.parquet --name {tenant}/my-data --split train")] /> }
                    .into_any()
            } else {
                view! { <p>"The agency registers what it trains on."</p> }.into_any()
            }}
        </Empty>
    }
}

#[component]
fn NoPipelines(tenant: String, adds: bool) -> impl IntoView {
    view! {
        <Empty icon="workflow" title="No feature pipelines yet">
            {if adds {
                view! { <Command lines=vec![format!("wh pipeline add features.toml --name {tenant}/my-features")] /> }
                    .into_any()
            } else {
                view! { <p>"The agency registers what lies between data and model."</p> }.into_any()
            }}
        </Empty>
    }
}

/// A number that may not be known.
fn known(number: Option<u64>) -> String {
    number.map_or_else(|| "–".to_owned(), count)
}

#[component]
fn DatasetTable(tenant: String, versions: Vec<Registered<DatasetRecord>>) -> impl IntoView {
    let rows = versions
        .into_iter()
        .map(|version| {
            let href = links::dataset(&tenant, &version.reference());
            let record = version.record;
            let columns = u64::try_from(record.schema.len()).ok().filter(|n| *n > 0);
            view! {
                <tr>
                    <th scope="row">
                        <a href=href>{version.name}</a>
                        {record.note.map(|note| view! { <span class="sub">{note}</span> })}
                    </th>
                    <td data-label="Newest" class="r">
                        {version.number}
                    </td>
                    <td data-label="Split">{record.split.unwrap_or_else(|| "–".into())}</td>
                    <td data-label="Rows" class="r">
                        {known(record.rows)}
                    </td>
                    <td data-label="Columns" class="r">
                        {known(columns)}
                    </td>
                    <td data-label="Digest">
                        {match record.content_digest {
                            Some(digest) => view! { <Digest digest=digest of="the data" short=true /> }.into_any(),
                            None => record.snapshot.unwrap_or_default().into_any(),
                        }}
                    </td>
                    <td data-label="Registered">
                        <When at=version.created_at />
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="table cards">
            <Heads columns=&[
                ("Dataset", ""),
                ("Newest", "r"),
                ("Split", ""),
                ("Rows", "r"),
                ("Columns", "r"),
                ("Digest", ""),
                ("Registered", ""),
            ] />
            <tbody>{rows}</tbody>
        </table>
    }
}

#[component]
fn PipelineTable(tenant: String, versions: Vec<Registered<PipelineRecord>>) -> impl IntoView {
    let size = |length: usize| known(u64::try_from(length).ok());
    let rows = versions
        .into_iter()
        .map(|version| {
            let href = links::pipeline(&tenant, &version.reference());
            view! {
                <tr>
                    <th scope="row">
                        <a href=href>{version.name}</a>
                        {version.record.code.map(|code| view! { <span class="sub mono">{code}</span> })}
                    </th>
                    <td data-label="Newest" class="r">
                        {version.number}
                    </td>
                    <td data-label="Steps" class="r">
                        {size(version.record.steps.len())}
                    </td>
                    <td data-label="Features" class="r">
                        {size(version.record.output.len())}
                    </td>
                    <td data-label="Registered">
                        <When at=version.created_at />
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="table cards">
            <Heads columns=&[
                ("Pipeline", ""),
                ("Newest", "r"),
                ("Steps", "r"),
                ("Features", "r"),
                ("Registered", ""),
            ] />
            <tbody>{rows}</tbody>
        </table>
    }
}
