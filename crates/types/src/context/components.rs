//! The components of a version, in the order of the record.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// A file of the artifact.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Relative, with `/` between folders.
    #[schema(min_length = 1, max_length = 1024)]
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Lower-case hex.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub sha256: String,
}

/// Component 1: the files.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Artifact {
    /// By path, in byte order.
    #[schema(max_items = 10_000)]
    pub files: Vec<FileEntry>,
}

/// One entry of component 2.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    pub name: String,
    pub uri: Option<String>,
    pub digest: Option<String>,
    pub snapshot: Option<String>,
    pub rows: Option<u64>,
    pub schema: Option<BTreeMap<String, String>>,
    pub split: Option<String>,
    pub time_range: Option<TimeRange>,
    pub note: Option<String>,
    /// The tenant's dataset version that it is, as `name@3`.
    pub version: Option<String>,
}

/// The span of time that data covers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeRange {
    pub from: String,
    pub until: String,
}

/// Component 3: preprocessing and feature pipeline.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Features {
    pub name: String,
    pub version: String,
    /// Where its code or artifact is.
    pub reference: Option<String>,
    pub steps: Option<Vec<String>>,
    /// The tenant's pipeline version that it is, as `name@3`.
    pub pipeline: Option<String>,
}

/// Component 4: hyperparameters and training configuration.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Training {
    #[serde(default)]
    #[schema(value_type = Object)]
    pub hyperparameters: Map<String, Value>,
    #[serde(default)]
    #[schema(value_type = Object)]
    pub config: Map<String, Value>,
}

/// One entry of component 5: the results on one test set.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Evaluation {
    pub dataset: String,
    pub digest: Option<String>,
    pub rows: Option<u64>,
    pub metrics: BTreeMap<String, f64>,
    #[serde(default)]
    pub slices: Vec<Slice>,
    /// Metrics of which less is better; of all others more is.
    #[serde(default)]
    pub lower_is_better: BTreeSet<String>,
}

/// The results on one part of a test set.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Slice {
    /// What the set was cut by, such as `region`.
    pub by: String,
    pub value: String,
    pub rows: Option<u64>,
    pub metrics: BTreeMap<String, f64>,
}

/// Component 6: the code.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeState {
    pub repository: Option<String>,
    pub commit: String,
    pub dirty: Option<bool>,
    pub diff_digest: Option<String>,
    pub entry_point: Option<String>,
    /// Lock files by path, with their SHA-256.
    pub lock: Option<BTreeMap<String, String>>,
}

/// Component 7: where training ran.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    #[schema(value_type = Option<Object>)]
    pub hardware: Option<Map<String, Value>>,
    pub os: Option<String>,
    pub languages: Option<BTreeMap<String, String>>,
    pub libraries: Option<BTreeMap<String, String>>,
    pub seeds: Option<BTreeMap<String, u64>>,
}

/// Component 8: how it is served.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    pub flavour: Option<String>,
    pub runtime: Option<String>,
    #[schema(value_type = Option<Object>)]
    pub resources: Option<Map<String, Value>>,
    pub port: Option<u16>,
    pub health_check: Option<String>,
}
