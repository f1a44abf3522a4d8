//! Which part of a graph is shown: kinds that are folded away take their
//! nodes with them, and what lay on both sides is joined.

use std::collections::{BTreeSet, HashSet};
use weighhouse_types::lineage::{Lineage, LineageEdge, NodeKind};

/// What a visitor chose to see; it stands in the address.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(crate) struct Shown {
    pub(crate) hidden: BTreeSet<NodeKind>,
    pub(crate) depth: Option<u32>,
}

impl Shown {
    /// From the address's `hide=promotion.production` and `depth=4`; what it
    /// does not know is as if it were not there.
    pub(crate) fn read(hide: Option<String>, depth: Option<String>) -> Self {
        let hidden = hide.unwrap_or_default().split('.').filter_map(|kind| kind.parse().ok()).collect();
        Self { hidden, depth: depth.and_then(|depth| depth.parse().ok()) }
    }

    /// The query of an address that shows this.
    pub(super) fn query(&self) -> String {
        let hidden: Vec<&str> = self.hidden.iter().map(|kind| kind.as_str()).collect();
        let hide = (!hidden.is_empty()).then(|| format!("hide={}", hidden.join(".")));
        let depth = self.depth.map(|depth| format!("depth={depth}"));
        let parts: Vec<String> = hide.into_iter().chain(depth).collect();
        parts.join("&")
    }

    /// The same with a kind folded away, or shown again.
    pub(super) fn toggled(&self, kind: NodeKind) -> Self {
        let mut other = self.clone();
        if !other.hidden.remove(&kind) {
            other.hidden.insert(kind);
        }
        other
    }

    pub(super) fn with_depth(&self, depth: u32) -> Self {
        Self { depth: Some(depth), ..self.clone() }
    }
}

/// Folds kinds away; what was asked about always stays.
pub(super) fn fold(mut graph: Lineage, hidden: &BTreeSet<NodeKind>) -> Lineage {
    let gone: Vec<String> = graph
        .nodes
        .iter()
        .filter(|node| !node.root && hidden.contains(&node.kind))
        .map(|node| node.id.clone())
        .collect();
    for id in &gone {
        let (touching, mut edges): (Vec<_>, Vec<_>) =
            graph.edges.into_iter().partition(|edge| edge.from == *id || edge.to == *id);
        let mut known: HashSet<_> = edges.iter().map(|e| (e.from.clone(), e.to.clone())).collect();
        for before in touching.iter().filter(|edge| edge.to == *id) {
            for after in touching.iter().filter(|edge| edge.from == *id) {
                if known.insert((before.from.clone(), after.to.clone())) {
                    let (from, to, label) = (before.from.clone(), after.to.clone(), after.label.clone());
                    edges.push(LineageEdge { from, to, label });
                }
            }
        }
        graph.edges = edges;
    }
    graph.nodes.retain(|node| !gone.contains(&node.id));
    graph
}

#[cfg(test)]
mod tests {
    use super::*;
    use weighhouse_types::lineage::Node;

    fn node(id: &str, kind: NodeKind, root: bool) -> Node {
        Node {
            id: id.into(),
            kind,
            title: id.into(),
            detail: String::new(),
            root,
            stage: None,
            at: None,
            version: None,
            promotion: None,
            identity: None,
        }
    }

    fn edge(from: &str, to: &str) -> LineageEdge {
        LineageEdge { from: from.into(), to: to.into(), label: format!("{from}{to}") }
    }

    #[test]
    fn what_lay_on_both_sides_is_joined() {
        let graph = Lineage {
            nodes: vec![
                node("v", NodeKind::Version, true),
                node("p", NodeKind::Promotion, false),
                node("q", NodeKind::Production, false),
            ],
            edges: vec![edge("v", "p"), edge("p", "q")],
            truncated: false,
        };
        let hidden = [NodeKind::Promotion, NodeKind::Version].into();
        let folded = fold(graph, &hidden);
        assert_eq!(folded.nodes.len(), 2, "what was asked about stays");
        let ends: Vec<_> = folded.edges.iter().map(|e| (e.from.as_str(), e.to.as_str())).collect();
        assert_eq!(ends, [("v", "q")]);
    }

    #[test]
    fn what_is_shown_stands_in_the_address() {
        let shown = Shown::read(Some("promotion.nonsense".into()), Some("2".into()));
        assert_eq!(shown.query(), "hide=promotion&depth=2");
        assert_eq!(shown.toggled(NodeKind::Promotion).query(), "depth=2");
        assert_eq!(Shown::read(None, Some("x".into())), Shown::default());
    }
}
