//! Lineage: what a version came from, and what became of it.

use crate::ids::PromotionId;
use crate::permission::named;
use crate::reference::VersionRef;
use crate::versions::Stage;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// How far a graph goes unless asked.
pub const DEPTH: u32 = 4;
/// How far a graph may go.
pub const DEPTH_MAX: u32 = 16;
/// How many nodes a graph has at most unless asked.
pub const NODES: u32 = 200;
/// How many nodes a graph may have.
pub const NODES_MAX: u32 = 1000;

named! {
    /// What a node of a lineage graph is.
    NodeKind {
        Dataset = "dataset",
        /// A feature pipeline.
        Features = "features",
        /// A version of a model.
        Version = "version",
        /// A version of a system.
        System = "system",
        /// A promotion request.
        Promotion = "promotion",
        /// A span of time in production.
        Production = "production",
    }
}

/// How far a graph goes.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LineageQuery {
    /// Steps from version to version in either direction, 1 to 16; 4 unless given.
    #[serde(default)]
    #[param(minimum = 1, maximum = 16)]
    pub depth: Option<u32>,
    /// Nodes at most, 1 to 1000; 200 unless given.
    #[serde(default)]
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
}

/// What was made of data or of a feature pipeline, and how far to go.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct InputQuery {
    /// `dataset` or `features`; `dataset` unless given.
    #[serde(default)]
    pub kind: Option<String>,
    /// Its name, as versions give it.
    #[serde(default)]
    #[param(required = true, min_length = 1, max_length = 1000)]
    pub name: String,
    /// The data's digest or the pipeline's version; every one unless given.
    #[serde(default)]
    pub identity: Option<String>,
    /// Steps from version to version, 1 to 16; 4 unless given.
    #[serde(default)]
    #[param(minimum = 1, maximum = 16)]
    pub depth: Option<u32>,
    /// Nodes at most, 1 to 1000; 200 unless given.
    #[serde(default)]
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
}

/// What something came from and what became of it. Edges go with time: from
/// data to version to system, from version to promotion to production.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Lineage {
    pub nodes: Vec<Node>,
    pub edges: Vec<LineageEdge>,
    /// Whether there is more than the limits let in.
    pub truncated: bool,
}

/// Something that has a place in lineage.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Node {
    /// Unique in the graph: the kind and what tells it apart.
    pub id: String,
    pub kind: NodeKind,
    /// What people call it.
    pub title: String,
    /// What else tells it apart, in a few words.
    pub detail: String,
    /// Whether it is what was asked about.
    pub root: bool,
    pub stage: Option<Stage>,
    /// When it came to be.
    pub at: Option<DateTime<Utc>>,
    /// The version that it is, or is about.
    pub version: Option<VersionRef>,
    pub promotion: Option<PromotionId>,
    /// The digest of data, the version of a pipeline; empty where none is given.
    pub identity: Option<String>,
}

/// What one node has to do with another that came after it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LineageEdge {
    /// A node's id.
    pub from: String,
    /// A node's id.
    pub to: String,
    /// What it is: `trained on`, a role in a system, `asked for`, `approved`.
    pub label: String,
}
