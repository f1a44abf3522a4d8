//! The graph as a drawing: links in the order of their layers, which is the
//! way of the keyboard too.

use super::layout::{Layout, layout};
use super::{address, kind_word};
use leptos::prelude::*;
use std::collections::HashMap;
use std::fmt::Write;
use weighhouse_types::lineage::{Lineage, Node, NodeKind};

const WIDTH: usize = 180;
const HEIGHT: usize = 52;
const GAP_X: usize = 44;
const GAP_Y: usize = 16;
const MARGIN: usize = 12;
/// What fits into a node's width, of its title and of the smaller rest.
const LETTERS: (usize, usize) = (20, 26);

/// The upper left corner of a place; layers are centred on the tallest.
fn corner(at: &Layout, (layer, place): (usize, usize)) -> (usize, usize) {
    let tallest = at.layers.iter().copied().max().unwrap_or_default();
    let free = tallest - at.layers.get(layer).copied().unwrap_or_default().min(tallest);
    let x = MARGIN + layer * (WIDTH + GAP_X);
    (x, MARGIN + place * (HEIGHT + GAP_Y) + free * (HEIGHT + GAP_Y) / 2)
}

/// An edge as a path: curves between layers, straight through those it passes.
fn curve(at: &Layout, way: &[(usize, usize)]) -> String {
    let mut path = String::new();
    let middle = |place| {
        let (x, y) = corner(at, place);
        (x, y + HEIGHT / 2)
    };
    for pair in way.windows(2) {
        let (Some((from, fy)), Some((to, ty))) =
            (pair.first().map(|p| middle(*p)), pair.last().map(|p| middle(*p)))
        else {
            continue;
        };
        let (start, bend) = (from + WIDTH, GAP_X / 2);
        // Writing to a String cannot fail.
        if path.is_empty() {
            let _ = write!(path, "M{start} {fy}");
        } else {
            let _ = write!(path, " L{start} {fy}");
        }
        let _ = write!(path, " C{} {fy} {} {ty} {to} {ty}", start + bend, to - bend);
    }
    path
}

fn clip(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    let head: String = text.chars().take(letters - 1).collect();
    format!("{head}…")
}

#[component]
pub(super) fn Drawing(graph: Lineage, tenant: String) -> impl IntoView {
    let number: HashMap<&str, usize> =
        graph.nodes.iter().enumerate().map(|(n, node)| (node.id.as_str(), n)).collect();
    let ends = |from: &str, to: &str| Some((*number.get(from)?, *number.get(to)?));
    let edges: Vec<(usize, usize)> =
        graph.edges.iter().filter_map(|edge| ends(&edge.from, &edge.to)).collect();
    let at = layout(graph.nodes.len(), &edges);
    let tallest = at.layers.iter().copied().max().unwrap_or_default();
    let width = 2 * MARGIN + at.layers.len() * (WIDTH + GAP_X) - GAP_X.min(at.layers.len() * GAP_X);
    let height = 2 * MARGIN + tallest * (HEIGHT + GAP_Y) - GAP_Y.min(tallest * GAP_Y);
    let lines = at
        .ways
        .iter()
        .zip(&graph.edges)
        .map(|(way, edge)| {
            view! {
                <path class="lineage-edge" d=curve(&at, way)>
                    <title>{edge.label.clone()}</title>
                </path>
            }
        })
        .collect_view();
    let mut order: Vec<(usize, Node)> = graph.nodes.into_iter().enumerate().collect();
    order.sort_by_key(|(n, _)| at.places.get(*n).copied());
    let nodes = order
        .into_iter()
        .map(|(n, node)| {
            let place = at.places.get(n).copied().unwrap_or_default();
            view! { <Box node=node corner=corner(&at, place) tenant=tenant.clone() /> }
        })
        .collect_view();
    view! {
        <div class="scroll lineage" tabindex="0" role="region" aria-label="Lineage, drawn">
            <svg
                width=width
                height=height
                viewBox=format!("0 0 {width} {height}")
                role="group"
                aria-label="What came from what, from left to right"
            >
                <g>{lines}</g>
                {nodes}
            </svg>
        </div>
    }
}

#[component]
fn Box(node: Node, corner: (usize, usize), tenant: String) -> impl IntoView {
    let (x, y) = corner;
    let kind = node.kind;
    let href = address(&node, &tenant);
    // What is clipped, in full; the link's name is its text.
    let title = clip(&node.title, LETTERS.0);
    let full = (title != node.title).then(|| view! { <title>{node.title.clone()}</title> });
    // Of a version; a request's is where it asks to go.
    let stage = node.stage.filter(|_| matches!(kind, NodeKind::Version | NodeKind::System));
    let stage = stage.map(|stage| format!(" lineage-is-{stage}")).unwrap_or_default();
    let root = if node.root { " lineage-root" } else { "" };
    let current = node.root.then_some("true");
    let inside = view! {
        {full}
        <rect x=x y=y width=WIDTH height=HEIGHT rx="5" />
        <text class="lineage-kind" x=x + 12 y=y + 15>
            {kind_word(kind)}
        </text>
        <text class="lineage-title" x=x + 12 y=y + 30>
            {title}
        </text>
        <text class="lineage-detail" x=x + 12 y=y + 45>
            {clip(&node.detail, LETTERS.1)}
        </text>
    };
    let class = format!("lineage-node lineage-{kind}{stage}{root}");
    match href {
        Some(href) => view! {
            <a href=href class=class aria-current=current>
                {inside}
            </a>
        }
        .into_any(),
        None => view! { <g class=class>{inside}</g> }.into_any(),
    }
}
