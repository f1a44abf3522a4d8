//! The audit log in plain sentences: a client's, or an agency's own.

mod filter;
mod proof;
pub(crate) mod server;

use crate::components::command::Digest;
use crate::components::frame::{Page, Tab};
use crate::components::icon::Icon;
use crate::components::note::Empty;
use crate::components::table::{Heads, NextPage, Scroll};
use crate::components::time::{in_full, machine};
use crate::{links, session};
use filter::{Filter, FilterForm};
use leptos::prelude::*;
use proof::{ProofCard, Refused};
use server::Log;
use weighhouse_types::audit::AuditEntry;

#[component]
pub(crate) fn AuditPage() -> impl IntoView {
    let slug = session::param("tenant");
    let (filter, cursor) = (Filter::of_request(), session::query("cursor"));
    session::page(async move |ctx| {
        let (tenant, log) = server::tenant_log(&ctx, &slug, &filter.query(cursor)).await?;
        let address = links::tenant_page(&slug, "audit");
        let body = view! {
            <LogView log=log of=tenant.name.clone() tenant=slug address=address filter=filter models=true />
        };
        Ok(Page::of(tenant, Tab::Audit, "Audit log", body))
    })
}

#[component]
pub(crate) fn AgencyAuditPage() -> impl IntoView {
    let slug = session::param("agency");
    let (filter, cursor) = (Filter::of_request(), session::query("cursor"));
    session::page(async move |ctx| {
        let (name, log) = server::agency_log(&ctx, &slug, &filter.query(cursor)).await?;
        let address = format!("/agencies/{slug}/audit");
        let body = view! { <LogView log=log of=name address=address filter=filter models=false /> };
        Ok(Page::new("Audit log of the agency", body).under("Portfolio", "/"))
    })
}

#[component]
fn LogView(
    log: Log,
    of: String,
    /// The client whose log it is, if it is one's.
    #[prop(optional)]
    tenant: Option<String>,
    address: String,
    filter: Filter,
    /// Whether the log has models to ask about.
    models: bool,
) -> impl IntoView {
    let Log { head, signed, entries, next } = log;
    let (list, filtered) = (filter.address(&address), !filter.is_empty());
    view! {
        <div class="head">
            <h1>"Audit log"</h1>
            <p class="head-sub">
                {format!("Every change at {of}, newest first. ")}
                "Entries are the leaves of an append-only Merkle tree (RFC 6962): none can be changed or left out without the root showing it."
            </p>
        </div>
        <div class="stack">
            <Refused refusal=signed.refusal.clone() />
            <ProofCard head=head signed=signed tenant=tenant />
            <FilterForm filter=filter address=address models=models />
            <Entries entries=entries address=list next=next filtered=filtered />
        </div>
    }
}

#[component]
fn Entries(entries: Vec<AuditEntry>, address: String, next: Option<String>, filtered: bool) -> impl IntoView {
    if entries.is_empty() && filtered {
        return view! {
            <section class="card">
                <Empty icon="scroll-text" title="No entry is like that">
                    <p>"Ask for a longer time, or for less at once."</p>
                </Empty>
            </section>
        }
        .into_any();
    }
    if entries.is_empty() {
        return view! {
            <section class="card">
                <Empty icon="scroll-text" title="Nothing has happened yet">
                    <p>"The first change writes the first entry."</p>
                </Empty>
            </section>
        }
        .into_any();
    }
    let rows = entries.into_iter().map(|entry| view! { <EntryRow entry=entry /> }).collect_view();
    view! {
        <section class="card" aria-label="Entries">
            <Scroll label="Entries of the log">
                <table class="table cards">
                    <Heads columns=&[
                        ("No.", "r"),
                        ("Time (UTC)", ""),
                        ("What happened", "wide"),
                        ("Came by", ""),
                        ("Leaf", ""),
                    ] />
                    <tbody>{rows}</tbody>
                </table>
            </Scroll>
            <NextPage path=address next=next words="Older entries" />
        </section>
    }
    .into_any()
}

#[component]
fn EntryRow(entry: AuditEntry) -> impl IntoView {
    view! {
        <tr id=format!("entry-{}", entry.index)>
            <td class="r" data-label="No.">
                {entry.index}
            </td>
            <td class="nowrap" data-label="Time (UTC)">
                <time datetime=machine(entry.at) title=in_full(entry.at)>
                    {entry.at.format("%-d %b %Y, %H:%M:%S").to_string()}
                </time>
            </td>
            <td data-label="Event">{entry.sentence} <span class="sub mono">{entry.event}</span></td>
            <td data-label="Came by">
                <Via via=entry.via />
            </td>
            <td data-label="Leaf">
                <Digest digest=entry.leaf_hash of="the leaf" short=true />
            </td>
        </tr>
    }
}

/// By what kind of credential somebody came.
#[component]
fn Via(via: String) -> impl IntoView {
    let (icon, words) = match via.split_once(' ') {
        Some(("token", _)) => ("key-round", "API token"),
        _ if via == "session" => ("user-round", "browser"),
        _ if via == "console" => ("terminal", "console"),
        _ if via == "link" => ("mail", "link"),
        _ => ("circle-dot", "system"),
    };
    view! {
        <span class="nowrap" title=via>
            <Icon name=icon />
            " "
            {words}
        </span>
    }
}
