//! Rows made into a graph of a bounded size.

use super::queries::{ComponentRow, InputRow, PeriodRow, PromotionRow, VersionRow};
use crate::kernel::error::{Error, Result, fit};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;
use weighhouse_types::context::Kind;
use weighhouse_types::lineage::{Lineage, LineageEdge, Node, NodeKind};
use weighhouse_types::reference::{ModelRef, VersionRef};

/// A graph while it is gathered. Once it is full, further nodes are left out,
/// with the edges to them, and it says so.
pub(super) struct Graph {
    nodes: Vec<Node>,
    edges: Vec<LineageEdge>,
    /// By the version's own id.
    versions: HashMap<Uuid, VersionRef>,
    known: HashSet<String>,
    roots: HashSet<Uuid>,
    /// The one input to show, by kind, name and identity, where one was asked about.
    only: Option<(NodeKind, String, Option<String>)>,
    room: usize,
    truncated: bool,
}

fn version_id(version: &VersionRef) -> String {
    format!("version {}/{}@{}", version.model.project, version.model.model, version.number)
}

impl Graph {
    pub(super) fn new(room: usize) -> Self {
        Self {
            nodes: Vec::new(),
            edges: Vec::new(),
            versions: HashMap::new(),
            known: HashSet::new(),
            roots: HashSet::new(),
            only: None,
            room,
            truncated: false,
        }
    }

    /// What is asked about is a version.
    pub(super) fn roots(&mut self, ids: &[Uuid]) {
        self.roots = ids.iter().copied().collect();
    }

    /// What is asked about is an input: others are left out.
    pub(super) fn only_input(&mut self, kind: NodeKind, name: &str, identity: Option<&str>) {
        self.only = Some((kind, name.to_owned(), identity.map(str::to_owned)));
    }

    pub(super) fn finish(self) -> Lineage {
        Lineage { nodes: self.nodes, edges: self.edges, truncated: self.truncated }
    }

    /// Whether a node is there: it was, or there was room for it.
    fn add(&mut self, node: Node) -> bool {
        if self.known.contains(&node.id) {
            return true;
        }
        if self.nodes.len() >= self.room {
            self.truncated = true;
            return false;
        }
        self.known.insert(node.id.clone());
        self.nodes.push(node);
        true
    }

    fn join(&mut self, from: &str, to: &str, label: &str) {
        if self.known.contains(from) && self.known.contains(to) {
            let (from, to, label) = (from.to_owned(), to.to_owned(), label.to_owned());
            self.edges.push(LineageEdge { from, to, label });
        }
    }

    pub(super) fn versions(&mut self, mut rows: Vec<VersionRow>, tenant: &str) -> Result<()> {
        // What was asked about is there, however many others there are.
        rows.sort_by_key(|row| !self.roots.contains(&row.id));
        for row in rows {
            let model = ModelRef { tenant: tenant.to_owned(), project: row.project, model: row.model };
            let version = VersionRef { model, number: fit(row.number)? };
            let kind: Kind = row.kind.parse().map_err(Error::internal)?;
            let node = Node {
                id: version_id(&version),
                kind: if kind == Kind::System { NodeKind::System } else { NodeKind::Version },
                title: format!("{}@{}", version.model.model, version.number),
                detail: format!("{} · {}", version.model.project, short(&hex::encode(row.digest))),
                root: self.roots.contains(&row.id),
                stage: Some(row.stage.parse().map_err(Error::internal)?),
                at: Some(row.created_at),
                version: Some(version.clone()),
                promotion: None,
                identity: None,
            };
            self.add(node);
            self.versions.insert(row.id, version);
        }
        Ok(())
    }

    pub(super) fn components(&mut self, rows: Vec<ComponentRow>) {
        for row in rows {
            let (Some(part), Some(system)) =
                (self.versions.get(&row.component_id), self.versions.get(&row.system_id))
            else {
                continue;
            };
            self.join(&version_id(part), &version_id(system), &row.role);
        }
    }

    pub(super) fn inputs(&mut self, rows: Vec<InputRow>) -> Result<()> {
        for row in rows {
            let kind: NodeKind = row.kind.parse().map_err(Error::internal)?;
            let Some(version) = self.versions.get(&row.version_id).map(version_id) else { continue };
            let asked = self.only.as_ref().map(|(only, name, identity)| {
                *only == kind && *name == row.name && identity.as_ref().is_none_or(|i| *i == row.identity)
            });
            if asked == Some(false) {
                continue;
            }
            let (label, detail) = match (kind, row.identity.as_str()) {
                (NodeKind::Features, version) => ("prepared by", format!("version {version}")),
                (_, "") => ("trained on", "no digest".to_owned()),
                (_, digest) => ("trained on", short(digest).to_owned()),
            };
            let node = Node {
                id: format!("{kind} {}@{}", row.name, row.identity),
                kind,
                title: row.name,
                detail,
                root: asked == Some(true),
                stage: None,
                at: None,
                version: None,
                promotion: None,
                identity: Some(row.identity),
            };
            let id = node.id.clone();
            if self.add(node) {
                self.join(&id, &version, label);
            }
        }
        Ok(())
    }

    pub(super) fn promotions(&mut self, rows: Vec<PromotionRow>) -> Result<()> {
        for row in rows {
            let Some(version) = self.versions.get(&row.version_id).cloned() else { continue };
            let target = row.target;
            let node = Node {
                id: format!("promotion {}", row.id),
                kind: NodeKind::Promotion,
                title: format!("to {target}"),
                detail: format!("{} · {}", row.state, row.requester),
                root: false,
                stage: Some(target.parse().map_err(Error::internal)?),
                at: Some(row.created_at),
                version: Some(version.clone()),
                promotion: Some(row.id.into()),
                identity: None,
            };
            let id = node.id.clone();
            if self.add(node) {
                self.join(&version_id(&version), &id, &format!("asked for {target}"));
            }
        }
        Ok(())
    }

    pub(super) fn periods(&mut self, rows: Vec<PeriodRow>) {
        for row in rows {
            let Some(version) = self.versions.get(&row.version_id).cloned() else { continue };
            let until = row.ended.map_or_else(|| "now".to_owned(), |at| at.format("%-d %b %Y").to_string());
            let node = Node {
                id: format!("production {}", row.id),
                kind: NodeKind::Production,
                title: "in production".to_owned(),
                detail: format!("{} to {until}", row.begun.format("%-d %b %Y")),
                root: false,
                stage: None,
                at: Some(row.begun),
                version: Some(version.clone()),
                promotion: None,
                identity: None,
            };
            let id = node.id.clone();
            if !self.add(node) {
                continue;
            }
            let promotion = row.promotion_id.map(|id| format!("promotion {id}"));
            let own = |promotion: &String| {
                let from = version_id(&version);
                self.edges.iter().any(|edge| edge.from == from && edge.to == *promotion)
            };
            // A system's promotion is another version's: both led here.
            let label = if row.began_by == "rollback" { "restored" } else { "in production" };
            if !promotion.as_ref().is_some_and(own) {
                self.join(&version_id(&version), &id, label);
            }
            if let Some(promotion) = promotion {
                self.join(&promotion, &id, "approved");
            }
        }
    }
}

fn short(digest: &str) -> &str {
    let bare = digest.strip_prefix("sha256:").unwrap_or(digest);
    bare.get(..12).unwrap_or(bare)
}
