//! Lineage: what a version came from and what became of it, drawn and as a
//! table, on a version's page; and a page for what was made of data.

mod drawing;
mod layout;
pub(crate) mod server;
mod view;

pub(crate) use view::Shown;

use crate::components::card::Card;
use crate::components::frame::{Page, Tab};
use crate::components::note::{Note, Tone};
use crate::components::table::{Heads, Scroll};
use crate::components::time::When;
use crate::{links, session};
use drawing::Drawing;
use leptos::prelude::*;
use std::collections::HashMap;
use weighhouse_types::lineage::{DEPTH, DEPTH_MAX, Lineage, Node, NodeKind};

/// What was made of data or of a feature pipeline.
#[component]
pub(crate) fn InputPage() -> impl IntoView {
    let slug = session::param("tenant");
    let (kind, name, identity) =
        (session::query("kind"), session::query("name").unwrap_or_default(), session::query("identity"));
    let shown = Shown::read(session::query("hide"), session::query("depth"));
    session::page(async move |ctx| {
        let kind = kind.and_then(|kind| kind.parse().ok()).unwrap_or(NodeKind::Dataset);
        let (tenant, graph) = server::input(&ctx, &slug, kind, &name, identity.clone(), &shown).await?;
        let address = input_address(&slug, kind, &name, identity.as_deref());
        let of = identity.filter(|identity| !identity.is_empty());
        let body = view! {
            <div class="head">
                <h1>{name.clone()}</h1>
                <p class="head-sub">
                    {format!("{}. What was made of it, and what became of that. ", kind_word(kind))}
                    {of.map(|identity| view! { <span class="mono">{identity}</span> })}
                </p>
            </div>
            <LineageSection graph=graph shown=shown tenant=slug.clone() address=address />
        };
        Ok(Page::of(tenant, Tab::Models, name, body))
    })
}

/// The graph of something, as the visitor chose to see it.
#[component]
pub(crate) fn LineageSection(
    graph: Lineage,
    shown: Shown,
    tenant: String,
    /// The page's address without what was chosen.
    address: String,
) -> impl IntoView {
    let truncated = graph.truncated;
    let kinds: Vec<NodeKind> = NodeKind::ALL
        .iter()
        .copied()
        .filter(|kind| graph.nodes.iter().any(|node| !node.root && node.kind == *kind))
        .collect();
    let graph = view::fold(graph, &shown.hidden);
    let table = view! { <Nodes graph=graph.clone() tenant=tenant.clone() /> };
    view! {
        <Card id="lineage" icon="git-fork" title="Lineage">
            <Choices kinds=kinds shown=shown address=address />
            {truncated
                .then(|| {
                    view! {
                        <div class="card-body">
                            <Note tone=Tone::Plain>
                                "There is more than fits. Come nearer, or ask the API for up to 1,000 nodes."
                            </Note>
                        </div>
                    }
                })}
            <Drawing graph=graph tenant=tenant />
        </Card>
        {table}
    }
}

/// Kinds to fold away or show again, and how far to go: links, so that what
/// one sees has an address.
#[component]
fn Choices(kinds: Vec<NodeKind>, shown: Shown, address: String) -> impl IntoView {
    let to = move |other: &Shown| {
        let query = other.query();
        let joint = if address.contains('?') { '&' } else { '?' };
        if query.is_empty() { address.clone() } else { format!("{address}{joint}{query}") }
    };
    let depth = shown.depth.unwrap_or(DEPTH).clamp(1, DEPTH_MAX);
    let nearer = (depth > 1).then(|| to(&shown.with_depth(depth - 1)));
    let farther = (depth < DEPTH_MAX).then(|| to(&shown.with_depth(depth + 1)));
    let folds = kinds
        .into_iter()
        .map(|kind| {
            let hidden = shown.hidden.contains(&kind);
            let class = if hidden { "btn btn-small lineage-off" } else { "btn btn-small" };
            let word = if hidden { "Show" } else { "Hide" };
            let plural = kind_plural(kind);
            view! {
                <a class=class href=to(&shown.toggled(kind))>
                    {format!("{word} {plural}")}
                </a>
            }
        })
        .collect_view();
    view! {
        <nav class="card-body row lineage-choices" aria-label="What is shown">
            {folds} <span class="push small dim">{format!("{depth} steps")}</span>
            {nearer.map(|href| view! { <a class="btn btn-small" href=href>"Nearer"</a> })}
            {farther.map(|href| view! { <a class="btn btn-small" href=href>"Farther"</a> })}
        </nav>
    }
}

/// The same as a table: everything that a drawing says.
#[component]
fn Nodes(graph: Lineage, tenant: String) -> impl IntoView {
    let title: HashMap<String, String> =
        graph.nodes.iter().map(|node| (node.id.clone(), node.title.clone())).collect();
    let named =
        |id: &str, label: &str| title.get(id).map_or_else(String::new, |title| format!("{title} ({label})"));
    let rows = graph
        .nodes
        .iter()
        .map(|node| {
            let before: Vec<String> = graph
                .edges
                .iter()
                .filter(|edge| edge.to == node.id)
                .map(|edge| named(&edge.from, &edge.label))
                .collect();
            let after: Vec<String> = graph
                .edges
                .iter()
                .filter(|edge| edge.from == node.id)
                .map(|edge| named(&edge.to, &edge.label))
                .collect();
            view! { <NodeRow node=node.clone() before=before after=after tenant=tenant.clone() /> }
        })
        .collect_view();
    view! {
        <Card id="lineage-table" title="The same as a table">
            <Scroll label="Table of lineage">
                <table class="table table-tight cards">
                    <Heads columns=&[("What", ""), ("Kind", ""), ("Came from", ""), ("Led to", ""), ("Since", "")] />
                    <tbody>{rows}</tbody>
                </table>
            </Scroll>
        </Card>
    }
}

#[component]
fn NodeRow(node: Node, before: Vec<String>, after: Vec<String>, tenant: String) -> impl IntoView {
    let list = |items: Vec<String>| if items.is_empty() { "–".to_owned() } else { items.join(", ") };
    let name = match address(&node, &tenant) {
        Some(href) => view! { <a href=href>{node.title}</a> }.into_any(),
        None => node.title.into_any(),
    };
    view! {
        <tr>
            <th scope="row">
                {name}
                <span class="sub">{node.detail}</span>
            </th>
            <td data-label="Kind">{kind_word(node.kind)}</td>
            <td data-label="Came from">{list(before)}</td>
            <td data-label="Led to">{list(after)}</td>
            <td data-label="Since" class="nowrap">
                {match node.at {
                    Some(at) => view! { <When at=at /> }.into_any(),
                    None => "–".into_any(),
                }}
            </td>
        </tr>
    }
}

/// Where a node leads: to its own page, or to what was made of it.
fn address(node: &Node, tenant: &str) -> Option<String> {
    match (node.kind, &node.version, node.promotion) {
        (NodeKind::Dataset | NodeKind::Features, ..) => {
            Some(input_address(tenant, node.kind, &node.title, node.identity.as_deref()))
        }
        (NodeKind::Promotion, _, Some(id)) => Some(links::promotion(tenant, id)),
        (NodeKind::Production, Some(version), _) => Some(format!("{}#periods", links::model(&version.model))),
        (_, Some(version), _) => Some(links::version_tab(version, "lineage")),
        _ => None,
    }
}

fn input_address(tenant: &str, kind: NodeKind, name: &str, identity: Option<&str>) -> String {
    let page = links::tenant_page(tenant, "lineage");
    let identity = identity.map(|identity| format!("&identity={}", links::encode(identity)));
    format!("{page}?kind={kind}&name={}{}", links::encode(name), identity.unwrap_or_default())
}

/// What a node is, at the start of a sentence.
const fn kind_word(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Dataset => "Data",
        NodeKind::Features => "Feature pipeline",
        NodeKind::Version => "Version",
        NodeKind::System => "System",
        NodeKind::Promotion => "Promotion",
        NodeKind::Production => "Production",
    }
}

const fn kind_plural(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Dataset => "data",
        NodeKind::Features => "feature pipelines",
        NodeKind::Version => "versions",
        NodeKind::System => "systems",
        NodeKind::Promotion => "promotions",
        NodeKind::Production => "production",
    }
}
