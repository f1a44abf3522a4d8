//! What sweeps removed.

use super::server;
use crate::components::format::{bytes, count};
use crate::components::frame::{Page, Tab};
use crate::components::note::Empty;
use crate::components::table::{Fact, Heads, NextPage, Scroll};
use crate::components::time::{FullMoment, Moment};
use crate::{links, session};
use leptos::prelude::*;
use weighhouse_types::page;
use weighhouse_types::retention::{Sweep, SweepBatch, SweptClass};

#[component]
pub(super) fn Sweeps(sweeps: page::Page<Sweep>, tenant: String, address: String) -> impl IntoView {
    let content = if sweeps.items.is_empty() {
        view! {
            <Empty icon="history" title="Nothing was removed yet">
                <p>"Sweeps come every hour, and list here what they removed."</p>
            </Empty>
        }
        .into_any()
    } else {
        let rows = sweeps
            .items
            .into_iter()
            .map(|sweep| view! { <SweepRow sweep=sweep tenant=tenant.clone() /> })
            .collect_view();
        view! {
            <table class="table cards">
                <Heads columns=&[("Began (UTC)", ""), ("Removed", "wide"), ("Size", "r"), ("Ended (UTC)", "")] />
                <tbody>{rows}</tbody>
            </table>
            <NextPage path=address next=sweeps.next words="Older sweeps" />
        }
        .into_any()
    };
    view! {
        <section class="card" id="sweeps" aria-labelledby="sweeps-title">
            <div class="card-head">
                <h2 id="sweeps-title">"Sweeps"</h2>
                <span class="push">"newest first"</span>
            </div>
            {content}
        </section>
    }
}

fn in_words(removed: &[SweptClass]) -> String {
    removed.iter().map(SweptClass::words).collect::<Vec<_>>().join(", ")
}

fn size(removed: &[SweptClass]) -> String {
    bytes(removed.iter().map(|swept| swept.bytes).sum())
}

#[component]
fn SweepRow(sweep: Sweep, tenant: String) -> impl IntoView {
    let href = format!("{}/sweeps/{}", links::tenant_page(&tenant, "retention"), sweep.id);
    view! {
        <tr>
            <th scope="row">
                <a href=href>
                    <Moment at=sweep.started_at />
                </a>
            </th>
            <td data-label="Removed">{in_words(&sweep.removed)}</td>
            <td class="r nowrap" data-label="Size">
                {size(&sweep.removed)}
            </td>
            <td data-label="Ended (UTC)">
                {match sweep.finished_at {
                    Some(at) => view! { <Moment at=at /> }.into_any(),
                    None => "goes on".into_any(),
                }}
            </td>
        </tr>
    }
}

#[component]
pub(crate) fn SweepPage() -> impl IntoView {
    let slug = session::param("tenant");
    let id = session::param("sweep");
    let cursor = session::query("cursor");
    session::page(async move |ctx| {
        let id = crate::forms::id(&id, "sweep")?;
        let (tenant, sweep, batches) = server::sweep(&ctx, &slug, id, cursor).await?;
        let retention = links::tenant_page(&slug, "retention");
        let address = format!("{retention}/sweeps/{id}");
        let body = view! { <SweepView sweep=sweep batches=batches address=address /> };
        let title = "What a sweep removed";
        Ok(Page::of(tenant, Tab::Retention, title, body).under("Retention", retention))
    })
}

#[component]
fn SweepView(sweep: Sweep, batches: page::Page<SweepBatch>, address: String) -> impl IntoView {
    let ended = match sweep.finished_at {
        Some(at) => view! { <FullMoment at=at /> }.into_any(),
        None => "It goes on with the next turn.".into_any(),
    };
    let rows = batches.items.into_iter().map(|batch| view! { <BatchRow batch=batch /> }).collect_view();
    view! {
        <div class="head">
            <h1>"What a sweep removed"</h1>
            <p class="head-sub">"Each line is one transaction, with an entry of its own in the audit log."</p>
        </div>
        <div class="stack">
            <section class="card" aria-label="The sweep">
                <dl class="facts facts-plain">
                    <Fact term="Began">
                        <FullMoment at=sweep.started_at />
                    </Fact>
                    <Fact term="Ended">{ended}</Fact>
                    <Fact term="Removed">{format!("{}; {}", in_words(&sweep.removed), size(&sweep.removed))}</Fact>
                </dl>
            </section>
            <section class="card" aria-label="Transactions">
                <Scroll label="Transactions of the sweep">
                    <table class="table cards">
                        <Heads columns=&[
                            ("Time (UTC)", ""),
                            ("Records", ""),
                            ("Removed", "r"),
                            ("Size", "r"),
                            ("Which", "wide"),
                        ] />
                        <tbody>{rows}</tbody>
                    </table>
                </Scroll>
                <NextPage path=address next=batches.next words="Later ones" />
            </section>
        </div>
    }
}

#[component]
fn BatchRow(batch: SweepBatch) -> impl IntoView {
    view! {
        <tr>
            <td data-label="Time (UTC)">
                <Moment at=batch.at />
            </td>
            <td data-label="Records">{batch.class.title()}</td>
            <td class="r" data-label="Removed">
                {count(batch.items)}
            </td>
            <td class="r nowrap" data-label="Size">
                {bytes(batch.bytes)}
            </td>
            <td data-label="Which">{batch.what}</td>
        </tr>
    }
}
